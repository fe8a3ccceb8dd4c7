package main

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers the format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers the format
)

// writePackage writes the package of a platform in a format, "deb" or "rpm".
func (r *release) writePackage(p platform, format, program string) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "callboard", Arch: p.arch, Platform: "linux", Version: r.version, Release: "1", MTime: r.date,
		Section: "comm", Priority: "optional", Maintainer: "Callboard maintainers", Vendor: "Callboard", License: "MIT",
		Description: "Live dashboard of the calls of a sipgate telephone system\n" +
			"A team sees its running calls in the browser and acts on them: hold, mute,\n" +
			"transfer, record, announcements, keypad tones. One program with its own\n" +
			"database; it needs a host name and an OAuth client of sipgate.",
		DisableGlobbing: true,
		Overridables: nfpm.Overridables{
			Contents: r.contents(program),
			Scripts: nfpm.Scripts{
				PostInstall: r.file("deploy/package/postinst"),
				PreRemove:   r.file("deploy/package/prerm"),
				PostRemove:  r.file("deploy/package/postrm"),
			},
			Deb: nfpm.Deb{Compression: "xz"},
			RPM: nfpm.RPM{Compression: "xz", Group: "Applications/Communications", Summary: "Live dashboard of the calls of a sipgate telephone system", BuildHost: "callboard"},
		},
	})
	if err := nfpm.Validate(info); err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	return r.writeFile(packager.ConventionalFileName(info), func(w io.Writer) error { return packager.Package(info, w) })
}

// file returns a file of the source.
func (r *release) file(name string) string { return filepath.Join(r.root, filepath.FromSlash(name)) }

// contents are the files of a package.
func (r *release) contents(program string) (all files.Contents) {
	add := func(from, to, kind string, mode int) {
		c := &files.Content{Source: from, Destination: to, Type: kind}
		c.FileInfo = &files.ContentFileInfo{Owner: "root", Group: "root", Mode: fs.FileMode(mode), MTime: r.date}
		all = append(all, c)
	}
	add(program, "/usr/bin/callboard", "", 0o755)
	add(r.file("deploy/systemd/callboard.service"), "/usr/lib/systemd/system/callboard.service", "", 0o644)
	add(r.file("deploy/systemd/callboard.sysusers"), "/usr/lib/sysusers.d/callboard.conf", "", 0o644)
	add("", "/etc/callboard", "dir", 0o755)
	add(r.file("deploy/package/callboard.env"), "/etc/callboard/callboard.env", files.TypeConfigNoReplace, 0o600)
	add(r.file("deploy/package/client-secret"), "/etc/callboard/client-secret", files.TypeConfigNoReplace, 0o600)
	for _, text := range []string{"README.md", "LICENSE", "CHANGELOG.md", "docs/settings.md"} {
		add(r.file(text), "/usr/share/doc/callboard/"+filepath.Base(text), "", 0o644)
	}
	for _, example := range []string{"nginx/callboard.conf", "caddy/Caddyfile", "apache/callboard.conf", "traefik/callboard.yml"} {
		add(r.file("deploy/"+example), fmt.Sprintf("/usr/share/doc/callboard/examples/%s", example), "", 0o644)
	}
	return all
}
