package team

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	c, err := (&Settings{Accounts: "1234567, 7654321", AuditDays: 30}).Config()
	if err != nil || c.Accounts.String() != "1234567,7654321" || c.AuditRetention != 30*24*time.Hour {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := (&Settings{AuditDays: 1}).Config(); err != nil || c.Accounts.String() != "" {
		t.Errorf("without accounts: %+v, %v", c, err)
	}
	for want, s := range map[string]Settings{
		`--accounts: "w0" is not the number of an account; say any, or numbers separated by commas`: {Accounts: "w0", AuditDays: 180},
		"--audit-days: must be 1 or more": {},
		"--accounts: \"*\" is not the number of an account; say any, or numbers separated by commas\n--audit-days: must be 1 or more": {Accounts: "*", AuditDays: -1},
	} {
		if _, err := s.Config(); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, want %s", s, err, want)
		}
	}
}

// TestKeySettings shows that a key is preferred to a file, and that the file is
// in the data directory by default.
func TestKeySettings(t *testing.T) {
	dir := t.TempDir()
	inDir, err := (&KeySettings{}).Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "key")
	if key, err := (&KeySettings{KeyFile: file}).Load(t.TempDir()); err != nil || key != inDir {
		t.Errorf("the key of the file is another one, or %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := (&KeySettings{Key: string(text), KeyFile: filepath.Join(dir, "missing", "key")}).Load(dir); err != nil || key != inDir {
		t.Errorf("the key given directly is another one, or %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); !os.IsNotExist(err) {
		t.Error("a key file was created although a key was given")
	}
	if _, err := (&KeySettings{Key: "secret"}).Load(dir); err == nil || !strings.Contains(err.Error(), "encryption key") {
		t.Errorf("an invalid key: %v", err)
	}
}

// TestSettingsHaveHelp shows that each setting has a help text for the command
// line.
func TestSettingsHaveHelp(t *testing.T) {
	for _, s := range []any{Settings{}, KeySettings{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(s)) {
			if f.Tag.Get("help") == "" {
				t.Errorf("%T.%s has no help text", s, f.Name)
			}
		}
	}
}
