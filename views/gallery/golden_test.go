package gallery

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"callboard/views"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// html renders a view.
func html(t testing.TB, view templ.Component) string {
	t.Helper()
	var buf bytes.Buffer
	if err := view.Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// TestGolden compares every example in every language with its golden file. Run
// it with -update to write the files, and review what changed.
func TestGolden(t *testing.T) {
	for _, lang := range views.Langs {
		for _, example := range Examples(lang) {
			name := example.Name + "." + lang.String() + ".html"
			t.Run(name, func(t *testing.T) {
				got := unhashed(html(t, example.View)) + "\n"
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
