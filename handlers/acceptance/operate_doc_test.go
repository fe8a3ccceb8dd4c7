package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A machine is a directory in place of the one that the documents are written for:
// with the program, the service's data, and what an administrator uses.
type machine struct {
	t    *testing.T
	root string
}

// fakes are the programs that need more than a user's permissions.
var fakes = map[string]string{
	"sudo": `[ "$1" = -u ] && shift 2
exec "$@"`,
	"systemctl": `exit 0`,
	// Files get their owner from the test.
	"install": `args=
while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2;; *) args="$args $1"; shift;; esac; done
exec /usr/bin/install $args`,
}

func newMachine(t *testing.T, data string) *machine {
	t.Helper()
	m := &machine{t, t.TempDir()}
	for _, dir := range []string{"bin", "root", "var/lib", "etc/callboard"} {
		os.MkdirAll(filepath.Join(m.root, dir), 0o700)
	}
	for name, text := range fakes {
		os.WriteFile(filepath.Join(m.root, "bin", name), []byte("#!/bin/sh\n"+text+"\n"), 0o700)
	}
	if err := os.Symlink(harness.PlainProgram(t), filepath.Join(m.root, "bin/callboard")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(data, filepath.Join(m.root, "var/lib/callboard")); err != nil {
		t.Fatal(err)
	}
	return m
}

// paths matches the directories that a machine has of its own.
var paths = regexp.MustCompile(`/(var/lib|root|etc/callboard)\b`)

// run runs commands as they stand in a document.
func (m *machine) run(commands string) string {
	m.t.Helper()
	cmd := exec.Command("sh", "-euc", paths.ReplaceAllString(commands, m.root+"$0"))
	cmd.Env = []string{"PATH=" + filepath.Join(m.root, "bin") + ":/usr/bin:/bin", "HOME=" + m.root}
	cmd.Dir = m.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Errorf("%s\n%v\n%s", commands, err, out)
	}
	return string(out)
}

var shellBlock = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```")

// commandsOf returns the blocks of commands below a heading of a document.
func commandsOf(t *testing.T, page, heading string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(harness.File(t, page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no %q", page, heading)
	}
	if end := regexp.MustCompile(`(?m)^#{1,3} `).FindStringIndex(section); end != nil {
		section = section[:end[0]]
	}
	for _, m := range shellBlock.FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// The commands for backing up, restoring, moving and erasing do what the documents
// say, one after the other, on the data of a dashboard.
func TestCommandsOfTheDocumentsWork(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	anna := s.SignIn(t, 0)
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	row := anna.Rows()[0]
	anna.Submit("/calls/"+row, "/calls/"+row+"/notes", "text=Wants+an+offer")
	s.Elapse(1)
	s.Stop()
	m := newMachine(t, s.Data)

	for _, step := range []struct {
		page, heading string
		blocks        int
		says          string
	}{
		{"docs/operate.md", "## Backing up", 3, "everything of the database"},
		{"docs/operate.md", "### Restoring", 1, "The key fits. Sign-ins at sipgate that it holds: 1."},
		{"docs/operate.md", "## Moving to another machine", 1, "callboard-move.db"},
		{"docs/privacy.md", "## Erasing a caller", 1, "Would remove in account"},
	} {
		blocks := commandsOf(t, step.page, step.heading)
		if len(blocks) != step.blocks {
			t.Errorf("%s has %d blocks of commands, expected %d", step.heading, len(blocks), step.blocks)
		}
		if said := m.run(strings.Join(blocks, "\n")); !strings.Contains(said, step.says) {
			t.Errorf("%s: %q is not in\n%s", step.heading, step.says, said)
		}
	}

	dir := filepath.Join(m.root, "var/lib/callboard")
	for i, a := range s.Args {
		if a == s.Data {
			s.Args[i] = dir
		}
	}
	s.Data = dir
	s.StartIn(m.root)
	if page := anna.Page("/calls/" + row); !strings.Contains(page, "Wants an offer") {
		t.Error("the note is missing")
	}
}
