// Command releasing builds a release of Callboard: programs for all systems as
// archives, packages for Debian and Red Hat, a container image, a list of what is
// in them, and checksums. The same commit gives the same bytes.
//
//	go run . -out dist
//
// It is a module of its own, so that the program's own module does not depend on
// the libraries that write packages.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	r := release{}
	var platforms string
	flag.StringVar(&r.out, "out", "dist", "`directory` of the release, in the root of the source unless absolute")
	flag.StringVar(&r.version, "version", "", "such as v1.2.3 (default: the tag of the commit, else its date and hash)")
	flag.StringVar(&platforms, "platforms", strings.Join(allPlatforms, ","), "systems to build for")
	flag.Parse()
	if err := r.describe(platforms); err != nil {
		fatal(err)
	}
	if err := r.build(); err != nil {
		fatal(err)
	}
	fmt.Println(r.out)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "release:", err)
	os.Exit(1)
}

var allPlatforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// A platform is a system to build for.
type platform struct{ os, arch string }

// A release is what is built, and from what.
type release struct {
	root      string // of the source
	out       string
	version   string // "v1.2.3"
	commit    string // 40 hex digits
	date      time.Time
	platforms []platform
}

// describe finds out what is released.
func (r *release) describe(platforms string) error {
	var err error
	if r.root, err = git("", "rev-parse", "--show-toplevel"); err != nil {
		return err
	}
	if !filepath.IsAbs(r.out) {
		r.out = filepath.Join(r.root, r.out)
	}
	if r.commit, err = git(r.root, "rev-parse", "HEAD"); err != nil {
		return err
	}
	seconds, err := git(r.root, "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return fmt.Errorf("date of the commit: %w", err)
	}
	r.date = time.Unix(unix, 0).UTC()
	if r.version == "" {
		r.version = r.tag()
	}
	if !strings.HasPrefix(r.version, "v") {
		return fmt.Errorf("-version: %q does not begin with v", r.version)
	}
	for name := range strings.SplitSeq(platforms, ",") {
		system, arch, ok := strings.Cut(strings.TrimSpace(name), "/")
		if !ok || !slices.Contains(allPlatforms, system+"/"+arch) {
			return fmt.Errorf("-platforms: %q is none of %s", name, strings.Join(allPlatforms, ", "))
		}
		r.platforms = append(r.platforms, platform{system, arch})
	}
	return nil
}

// tag returns the tag of the commit or, without one, a version before every tagged
// one.
func (r *release) tag() string {
	if tag, err := git(r.root, "describe", "--tags", "--exact-match", "--match", "v*"); err == nil {
		return tag
	}
	return "v0.0.0-" + r.date.Format("20060102.150405") + ".g" + r.commit[:8]
}

// number is the version without its v, as in names of files.
func (r *release) number() string { return strings.TrimPrefix(r.version, "v") }

// build builds everything into a directory that did not exist or is empty.
func (r *release) build() error {
	if entries, err := os.ReadDir(r.out); err == nil && len(entries) > 0 {
		return fmt.Errorf("-out: %s is not empty", r.out)
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "callboard-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	programs := map[platform]string{}
	for _, p := range r.platforms {
		if programs[p], err = r.compile(p, work); err != nil {
			return err
		}
		if err := r.writeArchive(p, programs[p]); err != nil {
			return err
		}
		if p.os != "linux" {
			continue
		}
		for _, format := range []string{"deb", "rpm"} {
			if err := r.writePackage(p, format, programs[p]); err != nil {
				return fmt.Errorf("%s for %s: %w", format, p.arch, err)
			}
		}
	}
	if err := r.writeImage(programs); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	if err := r.writeSBOM(programs); err != nil {
		return fmt.Errorf("list of modules: %w", err)
	}
	return r.writeSums()
}

// notInlined are packages that are compiled without inlining, so that the program for
// Linux is small enough: it would have 33 MB. A page costs about a twentieth more CPU
// by that. What a change costs on the way to the sockets stays the same. encoding/json and
// reflect are not among them: reading a list of calls would cost a sixth more.
var notInlined = []string{
	"callboard", "callboard/handlers", "callboard/handlers/maintenance", "callboard/handlers/metrics", "callboard/views/...", "callboard/web/database",
	"callboard/sipgate/callcontrol", "callboard/sipgate/journal", "callboard/sipgate/simulator",
	"github.com/alecthomas/...", "github.com/coreos/...", "github.com/go-jose/...", "github.com/pressly/...",
	"github.com/lib/pq/...", "github.com/prometheus/...", "google.golang.org/...", "golang.org/x/crypto/acme/...", "golang.org/x/oauth2/...",
	"callboard/handlers/homes", "callboard/sipgate/account", "callboard/sipgate/callhistory", "callboard/sipgate/relay", "callboard/web/cluster",
	"callboard/web/forward", "github.com/boombuler/...", "github.com/go-json-experiment/...", "github.com/nyaruka/...", "golang.org/x/net/...", "net/http/httputil",
	"callboard/sipgate/directory", "callboard/sipgate/stats", "callboard/sipgate/team", "callboard/sipgate/webhook", "crypto/ecdsa", "crypto/rsa",
	"bufio", "callboard/sipgate", "github.com/gorilla/...", "golang.org/x/sys/...", "net/textproto", "net/url", "time",
	"golang.org/x/text/...", "log/slog", "os", "vendor/golang.org/x/net/...",
	"crypto/tls", "crypto/x509", "database/sql", "encoding/asn1", "encoding/gob", "encoding/xml", "html/...", "internal/profile", "math/big",
	"fmt", "github.com/gorilla/...", "mime/...", "net", "net/http", "regexp/...", "runtime/pprof", "text/template/...",
}

// compile builds the program for a platform and returns its file.
func (r *release) compile(p platform, work string) (string, error) {
	file := filepath.Join(work, p.os+"_"+p.arch, "callboard")
	if p.os == "windows" {
		file += ".exe"
	}
	set := func(name, value string) string { return " -X callboard/web." + name + "=" + value }
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags=release",
		"-ldflags=-s -w -buildid= -funcalign=8" + set("buildVersion", r.version) + set("buildCommit", r.commit) + set("buildDate", r.date.Format(time.RFC3339)),
		"-o", file}
	for _, packages := range notInlined {
		args = append(args, "-gcflags="+packages+"=-l")
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOFLAGS=", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build for %s/%s: %w\n%s", p.os, p.arch, err, output)
	}
	return file, nil
}

// git returns what a command of git prints.
func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	output, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(output)), err
}
