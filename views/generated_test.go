package views

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"
)

// templates returns the paths of all templates.
func templates(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	return append(files, "gallery/gallery.templ")
}

// TestGenerated checks that the generated files match the templates and were
// made by the version of templ in go.mod: templ itself only warns about another
// version.
func TestGenerated(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`github.com/a-h/templ (v[0-9.]+)`).FindSubmatch(mod)
	if version == nil {
		t.Fatal("go.mod does not name templ")
	}
	for _, name := range templates(t) {
		file, err := parser.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if _, err := generator.Generate(file, &want, generator.WithVersion(string(version[1])), generator.WithFileName(name)); err != nil {
			t.Fatal(err)
		}
		tidy, err := format.Source(want.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(strings.TrimSuffix(name, ".templ") + "_templ.go")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(withoutPaths(got), withoutPaths(tidy)) {
			t.Errorf("%s was changed without \"go generate ./views\", or that was done with another version of templ", name)
		}
	}
}

// withoutPaths removes the file names of templates: they depend on the directory
// in which templ ran.
func withoutPaths(code []byte) []byte {
	return regexp.MustCompile("FileName: `[^`]*`").ReplaceAll(code, nil)
}
