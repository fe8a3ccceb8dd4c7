package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "callboard"

// layers states which package of this module may import which other one. It is
// policy: it is not changed to make a build pass.
//
// A row reads "package < those of ours it may import"; "." is package main.
// Every package has exactly one row, and every row has a package.
const layers = `
	# Toolkits and parts. They know nothing of each other. The simulator does
	# not even know sipgate: shared structs would hide each other's mistakes.
	static               <
	web                  <
	web/database         <
	sipgate              <
	sipgate/announcement <
	sipgate/simulator    <

	# What a telephone team is and does.
	sipgate/switchboard  < sipgate
	sipgate/team         < sipgate
	sipgate/journal      < sipgate sipgate/switchboard
	sipgate/directory    < sipgate
	sipgate/stats      < sipgate

	# What one sees: values only.
	views                < sipgate/switchboard sipgate/team sipgate/announcement static
	views                < sipgate/journal sipgate/directory sipgate/stats

	# The one place where browsers and telephones meet.
	handlers             < web views static sipgate sipgate/switchboard sipgate/team sipgate/announcement
	handlers             < sipgate/journal sipgate/directory sipgate/stats

	# Plugs it together.
	.                    < web web/database handlers sipgate sipgate/switchboard sipgate/team
	.                    < sipgate/announcement sipgate/journal sipgate/simulator
`

// homes states which packages may import a library. A row reads
// "library < its homes" and covers the packages below the library too; a
// longer row beats a shorter one. "nobody" is no package at all: tests only,
// or not wanted. Every library outside the standard library needs a row; of
// the standard library only what is named here is bound.
const homes = `
	# One home per library.
	github.com/coder/websocket        < web
	github.com/gorilla/sessions       < web
	golang.org/x/oauth2               < web
	github.com/pressly/goose/v3       < web/database
	modernc.org/sqlite                < web/database
	github.com/a-h/templ              < views
	golang.org/x/text/message         < views
	golang.org/x/text/feature/plural  < views
	github.com/nyaruka/phonenumbers   < sipgate
	github.com/cenkalti/backoff/v5    < sipgate/switchboard
	github.com/hajimehoshi/go-mp3     < sipgate/announcement
	github.com/go-json-experiment     < web
	github.com/alecthomas/kong        < .

	# Used wherever there are languages, foreign file names, limits.
	golang.org/x/text/language        < views handlers sipgate/simulator
	golang.org/x/text/unicode/norm    < sipgate/announcement sipgate/directory
	golang.org/x/time                 < web handlers sipgate/switchboard

	# Who speaks HTTP, and who speaks to the database.
	net/http                          < . static web handlers sipgate sipgate/simulator
	database/sql                      < . web web/database sipgate/team sipgate/journal sipgate/announcement

	# Random numbers that anybody may guess: jitter, and a simulator that can
	# be replayed. Secrets come from crypto/rand.
	math/rand/v2                      < web sipgate/switchboard sipgate/simulator
	math/rand                         < nobody

	# Nothing that ships starts programs or leaves Go's memory model.
	os/exec                           < nobody
	plugin                            < nobody
	unsafe                            < nobody
	C                                 < nobody

	# Tests only.
	testing                           < nobody
	net/http/httptest                 < nobody
	github.com/chromedp               < nobody
	github.com/google/go-cmp          < nobody
	go.uber.org/goleak                < nobody
	pgregory.net/rapid                < nobody
`

// A listed is what "go list" says about one package. Imports are those of the
// code that ships; test files are free.
type listed struct {
	ImportPath string
	Imports    []string
}

// TestLayers holds every package of the module against layers and homes, on
// each of the systems that Callboard is built for.
func TestLayers(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			for _, complaint := range violations(layers, homes, goList(t, goos)) {
				t.Error(complaint)
			}
		})
	}
}

// TestLayersLinked shows that no test library is linked into the program by
// way of a package that is not ours.
func TestLayersLinked(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, lib := range []string{"testing", "net/http/httptest"} {
		if slices.Contains(deps, lib) {
			t.Errorf("the program links %s; go mod why or go list -deps tells through what", lib)
		}
	}
}

// TestLayersNotice breaks each rule once, so that a rule that never complains
// is noticed.
func TestLayersNotice(t *testing.T) {
	const (
		layers = "low <\nmid < low\n. < mid"
		homes  = "net/http < mid\nnet/http/httptest < nobody\nexample.com/lib < low"
	)
	for _, test := range []struct {
		name, pkg, imports, want string
	}{
		{"allowed", "mid", "fmt callboard/low net/http", ""},
		{"new package", "odd", "fmt", "odd stands in no row"},
		{"forbidden package", "low", "callboard/mid", "low must not import mid"},
		{"forbidden main", "mid", "callboard", "mid must not import ."},
		{"library away from home", "mid", "example.com/lib", "mid must not import example.com/lib"},
		{"part of a library", "mid", "example.com/lib/part", "mid must not import example.com/lib/part"},
		{"library without a row", "low", "example.com/library", "example.com/library stands in no row"},
		{"standard library", "low", "net/http", "low must not import net/http"},
		{"longer row wins", "mid", "net/http/httptest", "mid must not import net/http/httptest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pkgs := []listed{{module + "/low", nil}, {module + "/mid", nil}, {module, nil}}
			pkgs = append(pkgs, listed{module + "/" + test.pkg, strings.Fields(test.imports)})
			got := strings.Join(violations(layers, homes, pkgs), "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("complaints %q, want one with %q", got, test.want)
			}
		})
	}
	got := violations(layers, homes, []listed{{module, nil}, {module + "/low", nil}})
	if len(got) != 1 || !strings.Contains(got[0], "mid") {
		t.Errorf("complaints %q, want one about the row without a package", got)
	}
}

// violations returns a sentence for each breach of the two policies.
func violations(layers, homes string, pkgs []listed) []string {
	var (
		found    []string
		mayUse   = rows(layers)
		homesOf  = rows(homes)
		existing = map[string]bool{}
	)
	for _, p := range pkgs {
		pkg := ours(p.ImportPath)
		existing[pkg] = true
		allowed, known := mayUse[pkg]
		if !known {
			found = append(found, fmt.Sprintf("package %s stands in no row: decide who it is first", pkg))
		}
		for _, imp := range p.Imports {
			if dep := ours(imp); dep != "" {
				if known && !slices.Contains(allowed, dep) {
					found = append(found, fmt.Sprintf("%s must not import %s", pkg, dep))
				}
				continue
			}
			row, bound := longest(homesOf, imp)
			switch {
			case bound && !slices.Contains(homesOf[row], pkg):
				found = append(found, fmt.Sprintf("%s must not import %s; at home: %s",
					pkg, imp, strings.Join(homesOf[row], ", ")))
			case !bound && strings.Contains(strings.Split(imp, "/")[0], "."):
				found = append(found, fmt.Sprintf("library %s stands in no row: decide its home first", imp))
			}
		}
	}
	for pkg := range mayUse {
		if !existing[pkg] {
			found = append(found, fmt.Sprintf("the row of %s names no package", pkg))
		}
	}
	slices.Sort(found)
	return found
}

// rows reads a policy. Several rows of one name add up.
func rows(policy string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(policy) {
		line, _, _ = strings.Cut(line, "#")
		if name, list, ok := strings.Cut(line, "<"); ok {
			name = strings.TrimSpace(name)
			m[name] = append(m[name], strings.Fields(list)...)
		}
	}
	return m
}

// ours shortens the path of a package of this module, and returns "" for any
// other.
func ours(path string) string {
	if path == module {
		return "."
	}
	rest, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	return rest
}

// longest returns the most particular row that covers path.
func longest(rows map[string][]string, path string) (row string, ok bool) {
	for lib := range rows {
		if (path == lib || strings.HasPrefix(path, lib+"/")) && len(lib) >= len(row) {
			row, ok = lib, true
		}
	}
	return row, ok
}

// goList returns the packages of the module as they are built for goos.
func goList(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}
