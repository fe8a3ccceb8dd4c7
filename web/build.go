package web

import (
	"runtime/debug"
	"strings"
	"time"
)

// Set by deploy/release with -ldflags -X; else the Go toolchain knows some of it.
var (
	buildVersion string // "v1.2.3"
	buildCommit  string // 40 hex digits
	buildDate    string // RFC 3339, of the commit
)

// A Build says which program this is. What is not known is empty.
type Build struct {
	Version string // "v1.2.3"; "(devel)" of a build by hand
	Commit  string // 40 hex digits, followed by "+" if the source had been changed
	Date    string // of the commit, "2026-11-29"
	Go      string // "1.26.0"
}

// ReadBuild returns what this program was built from.
func ReadBuild() Build {
	b := Build{Version: buildVersion, Commit: buildCommit, Date: buildDate}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b.short()
	}
	b.Go = strings.TrimPrefix(info.GoVersion, "go")
	if b.Version != "" {
		return b.short()
	}
	b.Version = info.Main.Version
	changed := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if changed && b.Commit != "" {
		b.Commit += "+"
	}
	return b.short()
}

// short leaves the day of the date.
func (b Build) short() Build {
	if t, err := time.Parse(time.RFC3339, b.Date); err == nil {
		b.Date = t.UTC().Format(time.DateOnly)
	}
	return b
}

// Name returns the version; of a build by hand with its commit, "(devel) at
// 0cb1132e": what an administrator would install again.
func (b Build) Name() string {
	name := b.Version
	if name == "" {
		name = "(unknown)"
	}
	if strings.HasPrefix(name, "v") || b.Commit == "" {
		return "Callboard " + name
	}
	return "Callboard " + name + " at " + b.Commit[:min(len(b.Commit), 8)]
}

// String returns one line: "v1.2.3, commit 0cb1132e, 2026-11-29, go 1.26.0".
func (b Build) String() string {
	text := b.Version
	if text == "" {
		text = "unknown version"
	}
	if b.Commit != "" {
		text += ", commit " + b.Commit
	}
	if b.Date != "" {
		text += ", " + b.Date
	}
	if b.Go != "" {
		text += ", go " + b.Go
	}
	return text
}
