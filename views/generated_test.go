package views

import (
	"bytes"
	"compress/gzip"
	"context"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"

	"callboard/sipgate/switchboard"
	"callboard/static"
)

// TestGenerated shows that the generated files are those of the templates, and
// that they were made by the version of templ that go.mod names: with another
// one templ itself would only warn.
func TestGenerated(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`github.com/a-h/templ (v[0-9.]+)`).FindSubmatch(mod)
	if version == nil {
		t.Fatal("go.mod does not name templ")
	}
	templates, err := filepath.Glob("*.templ")
	if err != nil || len(templates) == 0 {
		t.Fatal("no templates")
	}
	for _, name := range templates {
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

// withoutPaths takes out the names of templates: they depend on the folder in
// which templ was started.
func withoutPaths(code []byte) []byte {
	return regexp.MustCompile("FileName: `[^`]*`").ReplaceAll(code, nil)
}

// packed is the size of content as it is sent.
func packed(t *testing.T, content []byte) int {
	t.Helper()
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Len()
}

// TestFirstVisit shows what a first visit of a board with 50 calls weighs: at
// most 60 KB in all, and 14 KB before something can be seen.
func TestFirstVisit(t *testing.T) {
	var calls []switchboard.Call
	for range 4 {
		calls = append(calls, galleryCalls(moment)...)
	}
	m, err := galleryFormat.BoardFor(context.Background(), calls[:50], galleryPermit, German)
	if err != nil {
		t.Fatal(err)
	}
	page := html(t, Board(Page{Lang: German, Member: "Mia Brandt", Path: "/", Now: moment}, m))
	first := packed(t, []byte(page))
	style, err := os.ReadFile("../static/dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	critical := first + packed(t, style)
	all := critical
	for _, path := range []string{"dist/dialogs.css", "dist/board.js", "icons.svg", "favicon.svg", "vendor/htmx.min.js", "vendor/hx-ws.min.js"} {
		name := strings.TrimPrefix(path, "dist/")
		if !strings.Contains(page, static.URL(name)) {
			t.Errorf("the board does not use %s", name)
		}
		content, err := os.ReadFile("../static/" + path)
		if err != nil {
			t.Fatal(err)
		}
		all += packed(t, content)
	}
	t.Logf("page %d bytes, with style sheet %d, all %d", first, critical, all)
	if all > 60_000 || critical > 14_000 {
		t.Errorf("page %d bytes, with style sheet %d, all %d", first, critical, all)
	}
}

// TestAddressesInPages shows that every static file, icon and element that a
// page refers to exists.
func TestAddressesInPages(t *testing.T) {
	drawings, err := os.ReadFile("../static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Langs {
		for _, picture := range Gallery(lang) {
			page := html(t, picture.Show)
			for _, m := range regexp.MustCompile(`icons\.[0-9a-f]+\.svg#([a-z-]+)"`).FindAllStringSubmatch(page, -1) {
				if !bytes.Contains(drawings, []byte(`<symbol id="`+m[1]+`"`)) {
					t.Errorf("%s: no drawing %s", picture.Name, m[1])
				}
			}
			for _, m := range regexp.MustCompile(`(?:aria-labelledby|list|href)="#?([a-z][a-z-]*)"`).FindAllStringSubmatch(page, -1) {
				if !strings.Contains(page, `id="`+m[1]+`"`) {
					t.Errorf("%s: no element with id %s", picture.Name, m[1])
				}
			}
			ids := map[string]bool{}
			for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
				if ids[m[1]] {
					t.Errorf("%s: id %s is there twice", picture.Name, m[1])
				}
				ids[m[1]] = true
			}
		}
	}
}
