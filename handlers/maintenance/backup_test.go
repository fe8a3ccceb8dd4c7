package maintenance

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"callboard/sipgate/team"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// A backup says where the key is, of which it holds nothing, and replaces no
// file.
func TestBackup(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	databasetest.OpenIn(t, dir, Owners())
	for name, c := range map[string]struct {
		keys team.KeySettings
		want string
	}{
		"in the data directory": {want: filepath.Join(dir, "key")},
		"in a file":             {team.KeySettings{KeyFile: "/etc/callboard/key"}, "/etc/callboard/key"},
		"given":                 {team.KeySettings{Key: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}, "the value of --key"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			b := Backup{File: filepath.Join(t.TempDir(), "copy.db"), DataSettings: DataSettings{Place: database.Place{Data: dir}, KeySettings: c.keys}}
			if err := b.Run(t.Context(), &out); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.want+"\n") || !strings.Contains(out.String(), "key is not part of it") {
				t.Errorf("says\n%s", &out)
			}
			if c.keys.Key != "" && strings.Contains(out.String(), c.keys.Key) {
				t.Error("prints the key")
			}
		})
	}
	b := Backup{File: file, DataSettings: DataSettings{Place: database.Place{Data: dir}}}
	b.Run(t.Context(), new(bytes.Buffer))
	if err := b.Run(t.Context(), new(bytes.Buffer)); !errors.Is(err, database.ErrExists) {
		t.Errorf("the second time: %v", err)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 kB", 1: "1 kB", 98304: "99 kB", 1_500_000: "1.5 MB", 2_000_000_000: "2.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
