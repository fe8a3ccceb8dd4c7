package team

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// TestLoadKeyFromText gives LoadKey valid and invalid keys, and looks for parts
// of them in the errors.
func TestLoadKeyFromText(t *testing.T) {
	raw := make([]byte, 32)
	rand.Read(raw)
	long := append(bytes.Clone(raw), raw[:16]...)
	for _, test := range []struct{ name, text, err string }{
		{"hex", hex.EncodeToString(raw), ""},
		{"HEX", strings.ToUpper(hex.EncodeToString(raw)), ""},
		{"base64", base64.StdEncoding.EncodeToString(raw), ""},
		{"base64, raw", base64.RawStdEncoding.EncodeToString(raw), ""},
		{"base64, for URLs", base64.URLEncoding.EncodeToString(raw), ""},
		{"with a line end", base64.StdEncoding.EncodeToString(raw) + "\n", ""},
		{"long", hex.EncodeToString(long), ""},
		{"31 bytes", hex.EncodeToString(raw[:31]), "needs at least 32"},
		{"31 bytes of base64", base64.StdEncoding.EncodeToString(raw[:31]), "needs at least 32"},
		{"words", "correct horse battery staple, and some more", "neither base64 nor hex"},
		{"zeros", strings.Repeat("0", 64), "not random"},
		{"sample", strings.Repeat("changeme", 8), "not random"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The file is not read if a key is given.
			key, err := LoadKey("/nonexistent/folder/key", test.text)
			if test.err == "" && (err != nil || key == Key{}) {
				t.Errorf("refused: %v", err)
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if err != nil && strings.Contains(err.Error(), test.text[:8]) {
				t.Errorf("the error quotes the key: %v", err)
			}
		})
	}
	a, _ := LoadKey("", hex.EncodeToString(raw))
	if b, _ := LoadKey("", base64.StdEncoding.EncodeToString(raw)); a != b {
		t.Error("hex and base64 of the same bytes are different keys")
	}
	if c, _ := LoadKey("", hex.EncodeToString(long)); a == c {
		t.Error("bytes after the 32nd are ignored")
	}
}

// TestLoadKeyFromFile gives LoadKey files of valid and invalid content and modes.
func TestLoadKeyFromFile(t *testing.T) {
	write := func(content string, mode os.FileMode) string {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	text := base64.StdEncoding.EncodeToString(raw) + "\n"
	for _, test := range []struct {
		name, content string
		mode          os.FileMode
		err           string
	}{
		{"text", text, 0o600, ""},
		{"read-only", text, 0o400, ""},
		{"raw", string(raw), 0o600, ""},
		{"empty", "", 0o600, "needs at least 32"},
		{"short", text[:40], 0o600, "needs at least 32"},
		{"short raw", string(raw[:31]), 0o600, "needs at least 32"},
		{"group reads", text, 0o640, "others can read it"},
		{"all read", text, 0o604, "others can read it"},
		{"all write", text, 0o602, "others can read it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && test.mode&0o077 != 0 {
				t.Skip("Windows has no such modes")
			}
			key, err := LoadKey(write(test.content, test.mode), "")
			if test.err == "" && (err != nil || key == Key{}) {
				t.Errorf("refused: %v", err)
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
	if _, err := LoadKey(t.TempDir(), ""); err == nil {
		t.Error("accepted a folder as a key")
	}
}

// TestKeyFileIsCreatedOnce loads a key from a missing file in a missing folder
// several times at once.
func TestKeyFileIsCreatedOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(dir, "key")
	keys := make([]Key, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = LoadKey(file, ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if key != keys[0] || key == (Key{}) {
			t.Fatal("two calls returned different keys")
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %04o", mode)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	other, err := LoadKey(filepath.Join(t.TempDir(), "key"), "")
	if err != nil || other == keys[0] {
		t.Errorf("the key of another folder is the same, or %v", err)
	}
}
