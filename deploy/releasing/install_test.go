//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// inDebian runs a script in a root with the same Debian as this machine and the
// release in /release.
func inDebian(t *testing.T, script string) string {
	t.Helper()
	needs(t, "unshare", "ip", "dpkg", "systemd-analyze", "systemd-sysusers")
	return inRoot(t, "/", releaseOf(t).out, script)
}

// inRoot runs a script as root of a system of its own, which has the files below
// root, a directory as /release, and no network but its own. Nothing of what the
// script writes stays.
func inRoot(t *testing.T, root, release, script string) string {
	t.Helper()
	dir := t.TempDir()
	outer := fmt.Sprintf(`set -e
ip link set lo up
mount -t tmpfs none %[1]s
mkdir %[1]s/upper %[1]s/work %[1]s/root
mount -t overlay overlay -o lowerdir=%[2]s,upperdir=%[1]s/upper,workdir=%[1]s/work %[1]s/root
mount --bind /dev %[1]s/root/dev
mount -t proc proc %[1]s/root/proc
mount -t tmpfs none %[1]s/root/run
mkdir -p %[1]s/root/release
mount --bind %[3]s %[1]s/root/release
chroot %[1]s/root /bin/sh -eu <<'ENDOFSCRIPT'
%[4]s
ENDOFSCRIPT
`, dir, root, release, script)
	return run(t, "", "unshare", "--mount", "--pid", "--net", "--fork", "/bin/sh", "-c", outer)
}

// The package for Debian brings the program, its user and its service, keeps what
// was set and stored when it is removed or installed again, and leaves nothing when
// it is purged.
func TestDebianPackage(t *testing.T) {
	said := inDebian(t, `
dpkg -i /release/callboard_*_amd64.deb
getent passwd callboard
stat -c '%n %a %U' /var/lib/callboard /etc/callboard/callboard.env /etc/callboard/client-secret /usr/bin/callboard
callboard version
systemd-analyze verify callboard.service && echo verified
systemd-analyze security --offline=true --threshold=20 /usr/lib/systemd/system/callboard.service >/dev/null && echo hardened

# It says what is to be set.
set -a; . /etc/callboard/callboard.env; set +a
setpriv --reuid=callboard --regid=callboard --clear-groups callboard serve --data /var/lib/callboard 2>&1 || echo "status $?"

# What was set stays.
echo CALLBOARD_COUNTRY=AT >> /etc/callboard/callboard.env
echo stored > /var/lib/callboard/note
dpkg -i /release/callboard_*_amd64.deb >/dev/null
grep -c COUNTRY=AT /etc/callboard/callboard.env
dpkg -r callboard >/dev/null
test ! -e /usr/bin/callboard
cat /var/lib/callboard/note
ls /etc/callboard
dpkg -P callboard >/dev/null
ls -d /etc/callboard /var/lib/callboard 2>&1 || true
`)
	for _, want := range []string{
		"Callboard is installed, and not started yet", "callboard:x:", "/var/lib/callboard:/usr/sbin/nologin",
		"/var/lib/callboard 700 callboard", "/etc/callboard/callboard.env 600 root", "/etc/callboard/client-secret 600 root", "/usr/bin/callboard 755 root",
		"callboard v9.8.7, commit ", "verified", "hardened", "--public-url: is needed", "--client-id", "status 1",
		"\n1\nstored\ncallboard.env\nclient-secret\n",
		"cannot access '/etc/callboard'", "cannot access '/var/lib/callboard'",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
}

// The package for Red Hat is one that rpm can read, with the same files.
func TestRedHatPackage(t *testing.T) {
	r := releaseOf(t)
	needs(t, "rpm", "dpkg-deb")
	match, _ := filepath.Glob(filepath.Join(r.out, "*.x86_64.rpm"))
	if len(match) != 1 {
		t.Fatal(match)
	}
	listed := run(t, "", "rpm", "-qp", "--nosignature", "--list", match[0])
	if said := run(t, "", "rpm", "-K", "--nosignature", match[0]); !strings.Contains(said, "digests OK") {
		t.Error(said)
	}
	match, _ = filepath.Glob(filepath.Join(r.out, "*_amd64.deb"))
	for line := range strings.Lines(run(t, "", "dpkg-deb", "-c", match[0])) {
		fields := strings.Fields(line)
		if name := strings.TrimPrefix(fields[5], "."); !strings.HasSuffix(name, "/") && !strings.Contains(listed, name+"\n") {
			t.Errorf("%s is missing in the rpm:\n%s", name, listed)
		}
	}
	for _, name := range []string{"/usr/bin/callboard", "/usr/share/doc/callboard/examples/nginx/callboard.conf"} {
		if !strings.Contains(listed, name+"\n") {
			t.Errorf("%s is missing:\n%s", name, listed)
		}
	}
}

// The files of the image are all that the program needs: it runs in them alone, as
// the user of the image, and finds itself healthy as the image does.
func TestImageRuns(t *testing.T) {
	r := releaseOf(t)
	needs(t)
	dir, root := t.TempDir(), t.TempDir()
	f, err := os.Open(filepath.Join(r.out, "callboard_9.8.7_image.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpack(t, f, dir)
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatal(manifest, err)
	}
	if index, err = index.ImageIndex(manifest.Manifests[0].Digest); err != nil {
		t.Fatal(err)
	}
	if manifest, err = index.IndexManifest(); err != nil || len(manifest.Manifests) != 2 {
		t.Fatal(manifest, err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil || manifest.Manifests[0].Platform.Architecture != "amd64" {
		t.Fatal(manifest.Manifests[0].Platform, err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		unpack(t, content, root)
		content.Close()
	}
	for parent := root; parent != "/"; parent = filepath.Dir(parent) {
		os.Chmod(parent, 0o755) // directories of tests are closed to other users
	}

	addr := fmt.Sprint("127.0.0.1:", freePort(t))
	inside := func(args ...string) *exec.Cmd {
		cmd := exec.Command(config.Config.Entrypoint[0], args...)
		cmd.Dir = config.Config.WorkingDir
		cmd.Env = append(config.Config.Env, "CALLBOARD_ADDR="+addr)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: containerUser, Gid: containerUser}}
		return cmd
	}
	if config.Config.User != fmt.Sprintf("%d:%d", containerUser, containerUser) || !strings.Contains(strings.Join(config.Config.Env, " "), "CALLBOARD_DATA=/data") {
		t.Errorf("config: %+v", config.Config)
	}
	var log strings.Builder
	demo := inside("demo", "--simulator-addr", "127.0.0.1:0", "--timezone", "Europe/Berlin")
	demo.Stdout, demo.Stderr = &log, &log
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		demo.Process.Signal(syscall.SIGTERM)
		if err := demo.Wait(); err != nil || t.Failed() {
			t.Errorf("the program ended with %v\n%s", err, log.String())
		}
	}()
	health := config.Config.Healthcheck.Test[2:]
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		output, err := inside(health...).CombinedOutput()
		if err == nil {
			break
		} else if time.Since(began) > 20*time.Second {
			t.Fatalf("not healthy: %s", output)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "data", "callboard.db")); err != nil {
		t.Error("the data is not in the volume:", err)
	}
}
