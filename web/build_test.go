package web

import (
	"strings"
	"testing"
)

// A program says what it was built from: what a release was given, else what the
// toolchain knows.
func TestBuildIsNamed(t *testing.T) {
	if b := ReadBuild(); b.Go == "" || b.Version == "" || !strings.Contains(b.String(), "go "+b.Go) {
		t.Errorf("without a release: %+v", b)
	}
	defer func() { buildVersion, buildCommit, buildDate = "", "", "" }()
	buildVersion, buildCommit, buildDate = "v1.2.3", "0cb1132e", "2026-11-29T17:11:09+02:00"
	if b := ReadBuild(); !strings.HasPrefix(b.String(), "v1.2.3, commit 0cb1132e, 2026-11-29, go 1.") {
		t.Errorf("of a release: %s", b)
	}
	if got := (Build{}).String(); got != "unknown version" {
		t.Errorf("of nothing: %s", got)
	}
}
