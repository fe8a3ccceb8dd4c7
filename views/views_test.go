package views

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// html renders a view.
func html(t testing.TB, view templ.Component) string {
	t.Helper()
	var buf bytes.Buffer
	if err := view.Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// TestGolden holds every view in every language against the file that was
// looked at when it was last changed. Run it with -update after looking.
func TestGolden(t *testing.T) {
	for _, lang := range Langs {
		for _, picture := range Gallery(lang) {
			name := picture.Name + "." + lang.String() + ".html"
			t.Run(name, func(t *testing.T) {
				got := unhashed(html(t, picture.Show)) + "\n"
				file := filepath.Join("testdata", name)
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(lines(string(want)), lines(got)); diff != "" {
					t.Errorf("(-golden +rendered)\n%s", diff)
				}
			})
		}
	}
}
