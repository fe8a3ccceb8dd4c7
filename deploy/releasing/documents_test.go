//go:build linux

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block is a block of commands in a document.
type block struct{ page, heading, text string }

func (b block) firstLine() string {
	line, _, _ := strings.Cut(b.text, "\n")
	return line
}

// A step runs one block of a document.
type step struct {
	page, heading string
	begins        string // the block is the first below the heading that begins so
	before, after string // what the test does around it
	says          string // is printed
}

func (s step) covers(b block) bool {
	return b.page == s.page && b.heading == s.heading && strings.HasPrefix(b.text, s.begins)
}

// block returns the block of a step.
func (s step) block(t *testing.T) block {
	t.Helper()
	for _, b := range documented(t) {
		if s.covers(b) {
			return b
		}
	}
	t.Fatalf("%s has no block %q below %q", s.page, s.begins, s.heading)
	return block{}
}

// script returns the commands of a step, with the version of the release. What
// serves until it is stopped goes on beside the commands that follow.
func (s step) script(t *testing.T) string {
	t.Helper()
	text := strings.ReplaceAll(s.block(t).text, "1.2.3", "9.8.7")
	text = servesAtTheEnd.ReplaceAllString(text, "(exec $1) >/run/beside.log 2>&1 &\nbeside=$$!\n")
	return fmt.Sprintf("echo '\n== %s, %s'\n%s\n%s%s\n", s.page, s.heading, s.before, text, s.after)
}

var servesAtTheEnd = regexp.MustCompile(`(?s)(callboard (?:demo|serve).*)\n$`)

var (
	headingLine = regexp.MustCompile(`^#+ (.*)$`)
	fenceLine   = regexp.MustCompile("^ *```(.*)$")
)

// documented returns the blocks of commands in the documents for administrators.
func documented(t *testing.T) (all []block) {
	t.Helper()
	root, err := git("", "rev-parse", "--show-toplevel")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"README.md", "docs/install.md", "docs/operate.md", "docs/settings.md", "docs/security.md", "docs/sipgate.md", "docs/privacy.md"} {
		content, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		heading, language, inside := "", "", false
		var text strings.Builder
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSuffix(line, "\n")
			fence := fenceLine.FindStringSubmatch(line)
			switch {
			case fence != nil && !inside:
				inside, language = true, fence[1]
				text.Reset()
			case fence != nil:
				inside = false
				if language == "sh" {
					all = append(all, block{page, heading, text.String()})
				}
			case inside:
				text.WriteString(strings.TrimPrefix(line, "   ") + "\n")
			default:
				if m := headingLine.FindStringSubmatch(line); m != nil {
					heading = m[1]
				}
			}
		}
	}
	return all
}

// notRun are the blocks that no test can run as they stand, each by its first line,
// and why.
var notRun = map[string]string{
	"sudo dnf install ./callboard-1.2.3-1.x86_64.rpm":                                         "needs a Red Hat; TestRedHatPackage reads the package with rpm",
	"docker load -i callboard_1.2.3_image.tar":                                                "needs a container engine; TestImageRuns runs what is in the image as it says",
	"printf %s YOUR-CLIENT-SECRET > client-secret":                                            "needs a container engine; TestContainersOfExamples reads the compose file",
	"kubectl create secret generic callboard --from-literal=client-secret=YOUR-CLIENT-SECRET": "needs a cluster; TestContainersOfExamples reads the manifests",
	"deploy/release -out dist":                                                                "TestSameCommitGivesTheSameFiles runs it for two platforms",
	"go run . demo     # try it: an office with simulated telephones":                         "TestInstallationAsDocumented runs the demo from the archive; the tests are those of the continuous integration",
	"go tool pprof http://127.0.0.1:9090/debug/pprof/heap":                                    "waits for commands of its own",
	"CALLBOARD_ADDR=:443":                                                                     "settings; TestCertificateFromAnAuthority serves with them",
	"CALLBOARD_BACKUP_DIR=/var/backups/callboard":                                             "settings; TestSettingsInExamplesExist",
}

// The blocks of commands in the documents are run by the tests here, or are known
// not to be.
func TestEveryCommandInTheDocumentsIsRun(t *testing.T) {
	run := map[block]bool{}
	for _, s := range slices.Concat(installation, fromSource) {
		run[s.block(t)] = true
	}
	unused := maps.Clone(notRun)
	for _, b := range documented(t) {
		_, known := notRun[b.firstLine()]
		delete(unused, b.firstLine())
		if run[b] == known {
			t.Errorf("%s, %s: is run: %v, is in the list of those that are not: %v\n%s", b.page, b.heading, run[b], known, b.text)
		}
	}
	for line := range unused {
		t.Errorf("no document has the block %q", line)
	}
}

// fromSource are the steps that build the program from its source.
var fromSource = []step{
	{page: "docs/install.md", heading: "Source", begins: "CGO_ENABLED=0"},
	{page: "README.md", heading: "Back up and upgrade", begins: "CGO_ENABLED=0"},
}

// What the documents say builds the program from its source, and puts it in place.
func TestBuiltFromSourceAsDocumented(t *testing.T) {
	needs(t, "unshare")
	r := releaseOf(t)
	clone := filepath.Join(t.TempDir(), "source")
	run(t, "", "git", "clone", "-q", r.root, clone)
	script := "set -eu\nmount -t tmpfs none /usr/local/bin\n"
	for name, text := range map[string]string{"sudo": `exec "$@"`, "systemctl": `echo systemctl "$@"`} {
		script += fmt.Sprintf("printf '#!/bin/sh\n%s\n' >/usr/local/bin/%s\n", text, name)
	}
	script += "chmod 755 /usr/local/bin/*\nexport PATH=/usr/local/bin:$PATH\n"
	for _, s := range fromSource {
		script += s.script(t) + "callboard version\n"
	}
	said := run(t, clone, "unshare", "--mount", "/bin/sh", "-c", script)
	if n := strings.Count(said, "callboard (devel)"); n != 2 || !strings.Contains(said, "systemctl restart callboard") {
		t.Error(said)
	}
}
