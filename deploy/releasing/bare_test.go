//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// bareRoot is the root of a Debian with what every Debian has, and with sudo and
// curl, from where this machine has its packages.
var bareRoot = sync.OnceValues(func() (string, error) {
	targets, err := exec.Command("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages", "Component: main", "Origin: Debian", "Label: Debian").Output()
	if err != nil {
		return "", fmt.Errorf("sources of packages: %w", err)
	}
	site, release, _ := strings.Cut(strings.SplitN(string(targets), "\n", 2)[0], " ")
	dir, err := os.MkdirTemp("", "callboard-release-test-")
	if err != nil {
		return "", err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(dir) })
	root := filepath.Join(dir, "root")
	if out, err := exec.Command("mmdebstrap", "--mode=root", "--variant=minbase", "--include=sudo,curl", release, root, site).CombinedOutput(); err != nil {
		return root, fmt.Errorf("mmdebstrap: %w\n%s", err, out)
	}
	return root, nil
})

// The root is made beside the tests before, since it waits for downloads.
func init() {
	beforeTests = append(beforeTests, func() {
		if os.Getenv("CALLBOARD_DEPLOY_TESTS") == "required" && !testing.Short() {
			made := make(chan struct{})
			go func() { bareRoot(); close(made) }()
			afterTests = append(afterTests, func() { <-made })
		}
	})
}

// asSystemd stands in for systemctl where systemd does not run: it does with the
// unit what matters to the program. Sandboxing is not in it; systemd-analyze looks
// at that in TestDebianPackage.
const asSystemd = `#!/bin/sh
set -eu
unit=/usr/lib/systemd/system/callboard.service
of() { sed -n "s/^$1=//p" $unit; }
stop() {
	test -f /run/callboard.pid || return 0
	kill "$(cat /run/callboard.pid)"
	while kill -0 "$(cat /run/callboard.pid)" 2>/dev/null; do sleep 0.05; done
	rm /run/callboard.pid
}
start() {
	install -d -o "$(of User)" -g "$(of Group)" -m "$(of StateDirectoryMode)" "/var/lib/$(of StateDirectory)"
	credential=$(of LoadCredential)
	install -D -o "$(of User)" -m 0400 "${credential#*:}" "/run/credentials/${credential%%:*}"
	set -a
	. "$(of EnvironmentFile)"
	eval "$(of Environment | sed s,%d,/run/credentials,)"
	set +a
	umask "$(of UMask)"
	setpriv --reuid="$(of User)" --regid="$(of Group)" --clear-groups $(of ExecStart) >>/run/callboard.log 2>&1 </dev/null &
	echo $! >/run/callboard.pid
	ready
}
case " $* " in
*" enable "* | *" start "*) start ;;
*" disable "* | *" stop "*) stop ;;
*" restart "*) stop; start ;;
esac
`

// ready waits until a program listens, as a person does before the next command.
const ready = `#!/bin/sh
for i in $(seq 400); do
	curl -fsS -o /dev/null http://127.0.0.1:8080/readyz 2>/dev/null && exit 0
	sleep 0.05
done
cat /run/*.log
exit 1
`

// editor stands in for the person who writes what install.md says.
const editor = `#!/bin/sh
case $1 in
*secret*) printf secret >"$1" ;;
*) cat /release/settings >"$1" ;;
esac
`

// prepare makes a bare root one that steps can run in, without a network but its own.
const prepare = `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root EDITOR=/release/editor DEBIAN_FRONTEND=noninteractive
echo "127.0.0.1 localhost $(hostname)" >/etc/hosts
install -m 0755 /release/systemctl /release/ready /usr/local/sbin/
printf '#!/bin/sh\ntail -n 20 /run/callboard.log\n' | install -m 0755 /dev/stdin /usr/local/sbin/journalctl
cd /root
`

// firstPage asks for the first page as a reverse proxy does for a browser, and for
// the address at sipgate that the sign-in leads to.
const firstPage = `setpriv --reuid=nobody --regid=nogroup --clear-groups callboard simulator >/run/simulator.log 2>&1 &
simulator=$!
curl -fsSL --connect-to calls.example.com:80:127.0.0.1:8080 http://calls.example.com/ | grep -o '<title>[^<]*'
curl -fsS -o /dev/null -w '%{redirect_url}\n' -H 'Host: calls.example.com' -H 'Origin: https://calls.example.com' -d '' http://127.0.0.1:8080/login
curl -fsS -o /dev/null --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:18090/auth/realms/third-party/.well-known/openid-configuration
`

// signIn signs in to the demo as its first user, and shows the title of the board.
const signIn = `at=$(curl -fsS -c /run/jar -o /dev/null -w '%{redirect_url}' -H 'Origin: http://127.0.0.1:8080' -d '' http://127.0.0.1:8080/login)
curl -fsS "$at" >/run/form
action=$(grep -o 'action="[^"]*' /run/form | head -1 | cut -d'"' -f2 | sed 's/&amp;/\&/g')
user=$(grep -o 'name="user" value="[^"]*' /run/form | head -1 | cut -d'"' -f4)
curl -fsSL -b /run/jar -c /run/jar -d "user=$user" "http://127.0.0.1:18090$action" | grep -o '<title>[^<]*'
`

const (
	noCopies   = "rm -f /root/callboard.key /root/callboard-*.db"
	untilReady = "ready; kill $beside; wait $beside || true\n"
)

// installation are the steps of an administrator on a bare Debian, in their order.
var installation = []step{
	{page: "docs/install.md", heading: "Debian and Ubuntu", begins: "sha256sum", before: "cd /release", after: "cd /root", says: "Callboard is installed, and not started yet"},
	{page: "docs/install.md", heading: "Debian and Ubuntu", begins: "sudoedit"},
	{page: "docs/install.md", heading: "Debian and Ubuntu", begins: "CALLBOARD_PUBLIC_URL"}, // which the editor writes
	{page: "docs/install.md", heading: "Debian and Ubuntu", begins: "sudo systemctl", after: firstPage, says: "/auth/realms/third-party/protocol/openid-connect/auth?client_id=2678637"},
	{page: "docs/operate.md", heading: "Is it up?", begins: "curl", says: "ok"},
	{page: "docs/operate.md", heading: "The log", begins: "curl", says: "debug"},
	{page: "docs/operate.md", heading: "Looking for a fault", begins: "sudo sh -c", before: "set +e", after: `echo "status $?"; set -e`, says: "All settings are valid."},
	{page: "docs/operate.md", heading: "Backing up", begins: "sudo cp"},
	{page: "docs/operate.md", heading: "Backing up", begins: "sudo callboard backup", says: "everything of the database"},
	{page: "docs/operate.md", heading: "Restoring", begins: "sudo systemctl stop", says: "The key fits."},
	{page: "docs/operate.md", heading: "Moving to another machine", begins: "sudo systemctl disable", says: "callboard-move.db"},
	{page: "docs/privacy.md", heading: "Erasing a caller", begins: "sudo -u callboard", says: "Nothing"},
	{page: "README.md", heading: "Install", begins: "sudo apt", before: "cd /release", after: "cd /root"},
	{page: "README.md", heading: "Back up and upgrade", begins: "sudo cp", before: noCopies, after: "sudo systemctl stop callboard; kill $simulator", says: "everything of the database"},
	{page: "docs/install.md", heading: "Archive", begins: "tar", before: "cd /release", after: "ready\n" + signIn + untilReady, says: "<title>Anruftafel"},
	{page: "docs/install.md", heading: "Archive", begins: "callboard serve", before: "cd /root; install -m 0600 /etc/callboard/client-secret .", after: untilReady},
}

// What install.md says leads from a bare Debian to the first page, and what the
// other documents say works there.
func TestInstallationAsDocumented(t *testing.T) {
	needs(t, "mmdebstrap", "unshare", "ip")
	r := releaseOf(t)
	root, err := bareRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run(t, r.out, "sh", "-c", "ln *_amd64.deb *_linux_amd64.tar.gz SHA256SUMS "+dir)
	var settings string
	script := prepare
	for _, s := range installation {
		script += s.script(t)
		if s.begins == "CALLBOARD_PUBLIC_URL" {
			settings = strings.ReplaceAll(s.block(t).text, "YOUR-CLIENT-ID", simulatedClient) + simulatedSipgate
		}
	}
	for name, text := range map[string]string{"systemctl": asSystemd, "ready": ready, "editor": editor, "settings": settings} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	said := strings.Split(inRoot(t, root, dir, script), "\n== ")[1:]
	for i, s := range installation {
		if i >= len(said) || !strings.Contains(said[i], s.says) {
			t.Errorf("%s, %s: %q is not in what the commands say:\n%s", s.page, s.heading, s.says, strings.Join(said, "\n== "))
			return
		}
	}
}

// simulatedClient is the OAuth client that the simulated sipgate knows, and
// simulatedSipgate what settings name it by; the second address is for operate.md.
const (
	simulatedClient  = "2678637-1-60b58b61-2f0e-11ec-9a4b-31b99c83912e:third-party"
	simulatedSipgate = "CALLBOARD_API=http://127.0.0.1:18090/v2/\nCALLBOARD_LOGIN=http://127.0.0.1:18090\nCALLBOARD_ADMIN_ADDR=:9090\n"
)
