// Package harness starts Callboard and the simulated sipgate as processes, the
// way an administrator starts them, and talks to both over the network. The
// tests of the whole program share it; nothing that ships imports it.
package harness

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var program = flag.String("program", "", "test this `file` instead of a program that is built from the tree")

// Main runs the tests of a package and returns the exit status. Three tests run
// at a time unless -parallel says otherwise: the two packages of acceptance
// tests may run side by side, and most tests wait most of the time.
func Main(m *testing.M) int {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "3"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	os.RemoveAll(buildDir)
	return code
}

// buildDir holds the built program; "" until a test needs it.
var buildDir string

// raced reports whether the program is built with the race detector.
var raced = raceEnabled

// Unraced has the program started without the race detector also in raced tests:
// for those of pages in a browser, which would take most of the time of the run.
// Call it before the first test.
func Unraced() { raced = false }

// built returns the file name of the program. It is built when the first test
// needs it, with the race detector if the tests run with it.
var built = sync.OnceValues(func() (string, error) { return build("callboard", raced) })

// builtPlain is the program without the race detector. It runs the simulated
// sipgate, whose own tests look for races, and the demo with its gallery, whose
// many pages would take most of the time of a raced run.
var builtPlain = sync.OnceValues(func() (string, error) {
	if !raced {
		return built()
	}
	return build("callboard-plain", false)
})

var makeBuildDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "callboard-test-")
	buildDir = dir
	return dir, err
})

func build(name string, race bool) (string, error) {
	if *program != "" {
		return filepath.Abs(*program)
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir, err := makeBuildDir()
	if err != nil {
		return "", err
	}
	name = filepath.Join(dir, name)
	args := []string{"build", "-o", name}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = root
	if !race { // as README.md builds it; the race detector needs C
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, nil
}

// Program returns the file name of the program under test.
func Program(t testing.TB) string { return must(t, built) }

// PlainProgram returns the file name of the program as users build it, without
// the race detector.
func PlainProgram(t testing.TB) string { return must(t, builtPlain) }

// must returns what built does. It skips the test with -short: starting the
// program takes longer than most tests of a part.
func must(t testing.TB, built func() (string, error)) string {
	t.Helper()
	if testing.Short() {
		t.Skip("tests of the whole program are left out with -short")
	}
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Root returns the folder of go.mod. Tests run in the folder of their package.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = parent
	}
}

// File returns the name of a file of the tree, given by its path from the root.
func File(t testing.TB, path string) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, filepath.FromSlash(path))
}

// Eventually fails the test unless ok returns true within a minute. It asks less
// often the longer it waits: asking takes time from what is waited for.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	began := time.Now()
	for !ok() {
		waited := time.Since(began)
		if waited > time.Minute {
			t.Fatalf("timed out waiting for: %s", what)
		}
		<-time.After(min(max(waited/8, 10*time.Millisecond), 250*time.Millisecond))
	}
}
