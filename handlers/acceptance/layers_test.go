package acceptance

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

	"callboard/handlers/acceptance/harness"
)

const module = "callboard"

// layers states which package of this module may import which other one. It is
// policy: it is not changed to make a build pass.
//
// A row reads "package < those of ours it may import"; "." is package main.
// Every package has a row, and every row has a package. Several rows of one
// package add up.
const layers = `
	# Toolkits and parts. They know nothing of each other. The simulator does
	# not even know sipgate: shared structs would hide each other's mistakes.
	static               <
	static/iconfont      < # a program of go generate
	web                  <
	web/database         <
	web/cluster          < web/database # which of several nodes a team is at home at
	web/forward          < web # passes requests to the node at which their team is at home
	sipgate              <
	sipgate/announcement <
	sipgate/simulator    <

	# What a telephone team is and does. A package may import those that stand
	# above it.
	sipgate/account      < sipgate
	sipgate/switchboard  < sipgate sipgate/account
	sipgate/team         < sipgate sipgate/account sipgate/switchboard
	sipgate/webhook      < sipgate sipgate/account sipgate/switchboard sipgate/team
	sipgate/relay        < sipgate sipgate/team sipgate/webhook
	sipgate/directory    < sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook
	sipgate/stats        < sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory
	sipgate/journal      < sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory sipgate/stats
	sipgate/callhistory  < sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory sipgate/stats
	sipgate/callhistory  < sipgate/journal
	sipgate/callcontrol  < sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory sipgate/stats
	sipgate/callcontrol  < sipgate/journal sipgate/callhistory sipgate/announcement

	# What one sees: values only.
	views                < static sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory
	views                < sipgate/stats sipgate/journal sipgate/callhistory sipgate/callcontrol sipgate/announcement
	views/gallery        < views static sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook sipgate/directory
	views                < sipgate/relay
	views/gallery        < sipgate/relay
	views/gallery        < sipgate/stats sipgate/journal sipgate/callhistory sipgate/callcontrol sipgate/announcement

	# Keeps the pages of a board current.
	handlers/feed        < web views sipgate/switchboard

	# Exports to Prometheus what the program does.
	handlers/metrics     < handlers/feed web sipgate sipgate/switchboard sipgate/team sipgate/webhook sipgate/announcement web/database web/cluster

	# Which teams a process acts for, of several that share the work.
	handlers/homes       < web/cluster web/forward web/database

	# The one place where browsers and telephones meet.
	handlers             < handlers/feed web views views/gallery static sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook
	handlers             < sipgate/relay web/forward
	handlers             < sipgate/directory sipgate/stats sipgate/journal sipgate/callhistory sipgate/callcontrol sipgate/announcement

	# What an administrator does with the data, from the command line.
	handlers/maintenance < web web/database web/cluster sipgate sipgate/team sipgate/journal sipgate/announcement

	# Plugs it together: everything but what one sees.
	.                    < web web/database web/cluster handlers handlers/homes handlers/maintenance handlers/metrics sipgate sipgate/account sipgate/switchboard sipgate/team sipgate/webhook
	.                    < sipgate/relay web/forward
	.                    < sipgate/directory sipgate/stats sipgate/journal sipgate/callhistory sipgate/callcontrol
	.                    < sipgate/announcement sipgate/simulator

	# Support of tests. Nothing imports these packages but their own test files,
	# so the program does not contain them: TestLayersLinked.
	handlers/acceptance         <
	handlers/acceptance/browser <
	handlers/acceptance/cluster < handlers/acceptance/harness web/database/databasetest sipgate/team
	handlers/acceptance/harness < web/freeport handlers sipgate/team sipgate/announcement
	web/database/databasetest   < web/database web/freeport
	web/freeport                < # addresses at which programs of tests can listen
	web/database/databasetest/postgres < web/database/databasetest

	# A program that measures the other one from outside, as a process.
	handlers/acceptance/load    < web/database/databasetest web/freeport
`

// homes states which packages may import a library. A row reads "library < its
// homes" and covers the packages below the library too; a longer row wins over
// a shorter one. "none" is no package: for tests only, or unwanted. Every
// library outside the standard library needs a row; of the standard library
// only the packages named here are bound.
const homes = `
	# One home per library.
	github.com/coder/websocket        < web handlers/acceptance/harness # the harness reads feeds
	github.com/gorilla/sessions       < web
	golang.org/x/oauth2               < web
	github.com/coreos/go-oidc/v3      < web
	golang.org/x/net/idna             < web
	github.com/pressly/goose/v3       < web/database
	modernc.org/sqlite                < web/database
	github.com/lib/pq                 < web/database web/database/databasetest
	github.com/a-h/templ              < views views/gallery sipgate/simulator
	github.com/boombuler/barcode      < views
	golang.org/x/text/message         < views
	golang.org/x/text/feature/plural  < views
	github.com/nyaruka/phonenumbers   < sipgate
	github.com/cenkalti/backoff/v5    < sipgate/switchboard
	github.com/hajimehoshi/go-mp3     < sipgate/announcement
	github.com/go-json-experiment     < web sipgate/simulator
	github.com/alecthomas/kong        < .
	golang.org/x/crypto/x509roots     < sipgate
	golang.org/x/crypto/acme          < web
	honnef.co/go/curve                < static/iconfont
	github.com/prometheus             < handlers/metrics

	# Used wherever there are caches, languages, foreign file names, limits.
	github.com/hashicorp/golang-lru/v2 < web sipgate/announcement sipgate/callcontrol sipgate/callhistory sipgate/journal sipgate/stats sipgate/webhook
	golang.org/x/text/language        < views handlers sipgate sipgate/simulator
	golang.org/x/text/unicode/norm    < sipgate sipgate/announcement
	golang.org/x/time                 < web sipgate/switchboard sipgate/webhook

	# Who speaks HTTP, and who speaks to the database.
	net/http                          < . static web web/cluster web/forward handlers handlers/homes handlers/metrics sipgate sipgate/simulator handlers/acceptance/harness handlers/acceptance/load
	database/sql                      < . web web/database web/database/databasetest web/cluster handlers/homes sipgate/team sipgate/journal sipgate/announcement

	# Random numbers that may be guessed: jitter, and a simulator that can
	# be replayed. Secrets come from crypto/rand.
	math/rand/v2                      < web web/cluster handlers/homes sipgate/switchboard sipgate/simulator handlers/acceptance/load
	math/rand                         < none

	# The clock that runs on while the machine is suspended.
	golang.org/x/sys                  < web/cluster

	# Nothing that ships starts programs or leaves Go's memory model.
	os/exec                           < handlers/acceptance/harness handlers/acceptance/load web/database/databasetest # start programs
	plugin                            < none
	unsafe                            < none
	C                                 < none

	# Tests only.
	testing                           < handlers/acceptance/harness web/database/databasetest
	net/http/httptest                 < none
	github.com/chromedp               < none
	github.com/piglig/go-qr           < none # reads what views writes
	github.com/google/go-cmp          < none
	go.uber.org/goleak                < none
	pgregory.net/rapid                < none
`

// A listed is a package in the output of "go list". Imports are those of code
// that ships; test files are free.
type listed struct {
	ImportPath string
	Imports    []string
}

// TestLayers checks every package of the module against layers and homes, on
// each system that Callboard is built for.
func TestLayers(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			for _, complaint := range violations(layers, homes, goList(t, goos)) {
				t.Error(complaint)
			}
		})
	}
}

// TestLayersLinked checks that no test library is linked into the program
// through another package.
func TestLayersLinked(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Dir = harness.File(t, ".")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, lib := range []string{"testing", "net/http/httptest", module + "/handlers/acceptance/harness"} {
		if slices.Contains(deps, lib) {
			t.Errorf("the program links %s; go mod why shows through what", lib)
		}
	}
}

// TestLayersNotice breaks each rule once, so that a rule that never reports
// anything is noticed.
func TestLayersNotice(t *testing.T) {
	const (
		layers = "low <\nmid < low\n. < mid"
		homes  = "net/http < mid\nnet/http/httptest < none\nexample.com/lib < low"
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

// violations returns a sentence for each violation of the two policies.
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
			found = append(found, fmt.Sprintf("package %s stands in no row: decide what it is first", pkg))
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

// rows parses a policy.
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
	cmd.Dir = harness.File(t, ".")
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
