package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// built is a release of the commit that is checked out, for all platforms.
var built = sync.OnceValues(func() (*release, error) {
	dir, err := os.MkdirTemp("", "callboard-release-test-")
	if err != nil {
		return nil, err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(dir) })
	r := &release{out: dir, version: "v9.8.7"}
	if err := r.describe(strings.Join(allPlatforms, ",")); err != nil {
		return nil, err
	}
	return r, r.build()
})

// plain is the program for this machine alone.
var plain = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "callboard-release-test-")
	if err != nil {
		return "", err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(dir) })
	r := &release{version: "v9.8.7"}
	if err := r.describe(allPlatforms[0]); err != nil {
		return dir, err
	}
	return r.compile(r.platforms[0], dir)
})

// beforeTests and afterTests are what tests need around all others.
var beforeTests, afterTests []func()

func TestMain(m *testing.M) {
	flag.Parse()
	for _, f := range beforeTests {
		f()
	}
	status := m.Run()
	for i := 0; i < len(afterTests); i++ { // which may add others
		afterTests[i]()
	}
	os.Exit(status)
}

// releaseOf returns the release, and skips short tests: it takes minutes when
// nothing is cached.
func releaseOf(t *testing.T) *release {
	t.Helper()
	if testing.Short() {
		t.Skip("builds for six platforms")
	}
	r, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// needs skips the test, or fails it where all tests are required, unless the
// programs are installed and the test runs as root.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	missing := ""
	if os.Getuid() != 0 {
		missing = "root"
	}
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			missing = name
		}
	}
	if missing == "" {
		return
	}
	if os.Getenv("CALLBOARD_DEPLOY_TESTS") == "required" {
		t.Fatalf("it needs %s", missing)
	}
	t.Skipf("it needs %s", missing)
}

// run returns what a command prints, and fails the test if it fails.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output)
}

// unpack writes the files of a tar archive below a directory.
func unpack(t *testing.T, r io.Reader, dir string) {
	t.Helper()
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(file, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			var content []byte
			if content, err = io.ReadAll(archive); err == nil {
				err = os.WriteFile(file, content, fs.FileMode(h.Mode))
			}
		}
		if err == nil {
			err = os.Chmod(file, h.FileInfo().Mode())
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Lchown(file, h.Uid, h.Gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// programIn returns the program in the archive of a platform.
func programIn(t *testing.T, r *release, p platform) string {
	t.Helper()
	name, dir := fmt.Sprintf("callboard_9.8.7_%s_%s", p.os, p.arch), t.TempDir()
	if p.os == "windows" {
		z, err := zip.OpenReader(filepath.Join(r.out, name+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if err := os.CopyFS(dir, z); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name, "callboard.exe")
	}
	f, err := os.Open(filepath.Join(r.out, name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	unpack(t, z, dir)
	return filepath.Join(dir, name, "callboard")
}

// Each archive has the program for its system, which says what it was built from,
// and needs no library.
func TestArchives(t *testing.T) {
	r := releaseOf(t)
	for _, p := range r.platforms {
		program := programIn(t, r, p)
		machine := ""
		switch p.os {
		case "linux":
			f, err := elf.Open(program)
			if err != nil {
				t.Fatal(err)
			}
			machine = f.Machine.String()
			if libraries, _ := f.ImportedLibraries(); len(libraries) > 0 {
				t.Errorf("%v needs %v", p, libraries)
			}
			f.Close()
			if info, _ := os.Stat(program); info.Size() > maxProgram {
				t.Errorf("%v: the program has %d bytes, at most %d are allowed", p, info.Size(), maxProgram)
			}
		case "darwin":
			f, err := macho.Open(program)
			if err != nil {
				t.Fatal(err)
			}
			machine = f.Cpu.String()
			f.Close()
		case "windows":
			f, err := pe.Open(program)
			if err != nil {
				t.Fatal(err)
			}
			machine = fmt.Sprintf("%#x", f.Machine)
			f.Close()
		}
		if want := map[string]string{"amd64": "EM_X86_64 CpuAmd64 0x8664", "arm64": "EM_AARCH64 CpuArm64 0xaa64"}[p.arch]; !strings.Contains(want, machine) {
			t.Errorf("%v: the program is for %s", p, machine)
		}
	}
	if said := run(t, "", programIn(t, r, platform{"linux", "amd64"}), "version"); !strings.Contains(said, "callboard v9.8.7, commit "+r.commit) {
		t.Errorf("version: %s", said)
	}
	run(t, r.out, "sha256sum", "--check", "--strict", "SHA256SUMS")
}

// maxProgram bounds the program for Linux, in bytes.
const maxProgram = 30_000_000

// The same commit gives the same files, wherever it was checked out.
func TestSameCommitGivesTheSameFiles(t *testing.T) {
	r := releaseOf(t)
	clone := filepath.Join(t.TempDir(), "elsewhere")
	run(t, "", "git", "clone", "-q", r.root, clone)
	run(t, clone, "git", "checkout", "-q", r.commit)
	if changed := run(t, r.root, "git", "status", "--porcelain"); changed != "" {
		t.Skipf("what is checked out is no commit: %s", changed)
	}
	again := filepath.Join(t.TempDir(), "again")
	run(t, clone, "deploy/release", "-out", again, "-version", "v9.8.7", "-platforms", "linux/amd64,linux/arm64")
	files, err := os.ReadDir(again)
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if f.Name() == "SHA256SUMS" || strings.HasSuffix(f.Name(), ".cdx.json") {
			continue // of fewer platforms
		}
		one, err := os.ReadFile(filepath.Join(r.out, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if two, err := os.ReadFile(filepath.Join(again, f.Name())); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s is another file: %v", f.Name(), err)
		}
	}
}

// The list of modules has every module that the program imports.
func TestEveryModuleIsListed(t *testing.T) {
	r := releaseOf(t)
	content, err := os.ReadFile(filepath.Join(r.out, "callboard_9.8.7.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(content, &b); err != nil || b.Format != "CycloneDX" {
		t.Fatal(b.Format, err)
	}
	modules := strings.Fields(run(t, r.root, "go", "list", "-tags=release", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "."))
	if len(modules) < 50 {
		t.Fatalf("only %d packages of modules", len(modules))
	}
	for _, m := range append(modules, "stdlib@"+strings.TrimPrefix(run(t, r.root, "go", "env", "GOVERSION"), "go")) {
		want := "pkg:golang/" + strings.TrimSpace(m)
		if !slices.ContainsFunc(b.Components, func(c component) bool { return c.PURL == want }) {
			t.Errorf("%s is missing", want)
		}
	}
}

// Every setting in the examples, packages and documents is one that exists.
func TestSettingsInExamplesExist(t *testing.T) {
	root, err := git("", "rev-parse", "--show-toplevel")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(root, "docs/settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	look := func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".png") {
			return err
		}
		content, err := os.ReadFile(file)
		for _, name := range regexp.MustCompile(`CALLBOARD_[A-Z_]+`).FindAllString(string(content), -1) {
			n++
			if !bytes.Contains(settings, []byte("`"+name+"`")) {
				t.Errorf("%s: there is no %s", file, name)
			}
		}
		return err
	}
	for _, dir := range []string{"deploy", "docs", "README.md"} {
		if err := filepath.WalkDir(filepath.Join(root, dir), look); err != nil {
			t.Error(err)
		}
	}
	if n < 30 {
		t.Errorf("only %d settings were found", n)
	}
}
