package maintenance

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/web/database"
	"callboard/web/database/databasetest"
)

// noRefresh is a login server that is never asked.
type noRefresh struct{}

func (noRefresh) Refresh(context.Context, string) (sipgate.Tokens, error) {
	panic("nothing is refreshed")
}

var anna = team.MemberID{Account: "2556404", User: "w0"}

// newData returns a data directory with a member who is signed in at sipgate.
func newData(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	db := databasetest.OpenIn(t, dir, Owners())
	defer db.Close()
	key, err := (&team.KeySettings{}).Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	stores, err := team.OpenStores(t.Context(), db.DB, key, noRefresh{}, team.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stores.Close()
	if _, err := stores.Members.SignIn(t.Context(), anna, "Anna Bergmann", true); err != nil {
		t.Fatal(err)
	}
	if err := stores.Grants.Put(t.Context(), anna, sipgate.Tokens{Access: "AT", Refresh: "RT", Lifetime: time.Hour}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newBackup(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := database.Backup(t.Context(), dir, file); err != nil {
		t.Fatal(err)
	}
	return file
}

func copyKey(t *testing.T, from, to string) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(from, "key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A restore with the right key keeps all sign-ins. Without it the members are
// named, and nothing is done unless that is accepted.
func TestRestoreAndTheKey(t *testing.T) {
	data := newData(t)
	backup := newBackup(t, data)
	other := func(t *testing.T, dir string) {
		if _, err := (&team.KeySettings{}).Load(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name       string
		key        func(t *testing.T, dir string)
		withoutKey bool
		refused    bool
		want       []string
	}{
		{"the right key", func(t *testing.T, dir string) { copyKey(t, data, dir) }, false, false, []string{"Restored", "The key fits", ": 1."}},
		{"the right key, and a flag that is not needed", func(t *testing.T, dir string) { copyKey(t, data, dir) }, true, false, []string{"The key fits", ": 1."}},
		{"no key", func(*testing.T, string) {}, false, true, []string{"There is no key in", "Anna Bergmann (2556404/w0)", "--without-key", "Nothing has been restored"}},
		{"another key", other, false, true, []string{"is not the one of this backup", "Anna Bergmann", "webhooks"}},
		{"no key, accepted", func(*testing.T, string) {}, true, false, []string{"Restored", "There is no key", "Anna Bergmann", "sign out and in again", "webhooks"}},
		{"another key, accepted", other, true, false, []string{"Restored", "Anna Bergmann", "webhooks"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.key(t, dir)
			r := Restore{File: backup, WithoutKey: c.withoutKey, DataSettings: DataSettings{Place: database.Place{Data: dir}}}
			var out bytes.Buffer
			err := r.Run(t.Context(), &out)
			text := out.String()
			if err != nil {
				text += err.Error()
			}
			if (err != nil) != c.refused {
				t.Fatalf("%v\n%s", err, &out)
			}
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("does not say %q:\n%s", part, text)
				}
			}
			_, statErr := os.Stat(filepath.Join(dir, "callboard.db"))
			if there := statErr == nil; there == c.refused {
				t.Fatalf("there is a database: %v", there)
			}
			if c.refused {
				return
			}
			if kept := opens(t, dir); kept == strings.Contains(text, "sign out and in again") {
				t.Errorf("the member can go on: %v", kept)
			}
		})
	}
}

// opens opens the restored data as the program does and reports whether the
// member's grant can be used.
func opens(t *testing.T, dir string) bool {
	t.Helper()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := database.Migrate(t.Context(), db.DB, "test", Owners()); err != nil {
		t.Fatal(err)
	}
	key, err := (&team.KeySettings{}).Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	stores, err := team.OpenStores(t.Context(), db.DB, key, noRefresh{}, team.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stores.Close()
	if m, ok := stores.Members.Get(anna); !ok || m.Name != "Anna Bergmann" {
		t.Errorf("the member: %+v", m)
	}
	fit, err := team.CheckKey(t.Context(), db.DB, &key, database.HasTables)
	if err != nil || !fit.Fits {
		t.Fatalf("%+v, %v", fit, err)
	}
	return fit.Usable == 1
}

// A backup of a newer program is refused, and a key that cannot be read as well.
func TestRestoreRefuses(t *testing.T) {
	data := newData(t)
	db, err := database.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`insert into goose_team (version_id, is_applied) values (9999, true)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	dir := t.TempDir()
	copyKey(t, data, dir)
	r := Restore{File: newBackup(t, data), DataSettings: DataSettings{Place: database.Place{Data: dir}}}
	if err := r.Run(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("%v", err)
	}
	r = Restore{File: newBackup(t, newData(t)), WithoutKey: true, DataSettings: DataSettings{Place: database.Place{Data: dir}, KeySettings: team.KeySettings{Key: "secret"}}}
	if err := r.Run(t.Context(), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "encryption key") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "callboard.db")); err == nil {
		t.Error("there is a database all the same")
	}
}
