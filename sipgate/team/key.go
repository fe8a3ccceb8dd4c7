package team

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Key is the secret from which the keys of the stored grants are derived. It
// prints as "[redacted]".
type Key [32]byte

const (
	redacted  = "[redacted]"
	secretLen = 32 // bytes that a key must have at least
)

// Format implements [fmt.Formatter] for every verb.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler].
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LoadKey returns the key given as env, in base64 or hex, or if env is empty
// the one in file.
//
// A file that does not exist is made, with mode 0600 and a random key; it is
// there either completely or not at all. A file that others than its owner can
// read is refused, and so is any key of less than 32 bytes or of hardly any
// variety. No error contains a part of the key.
func LoadKey(file, env string) (Key, error) {
	if env = strings.TrimSpace(env); env != "" {
		secret, ok := decodeSecret(env)
		if !ok {
			return Key{}, errors.New("the encryption key is neither base64 nor hex")
		}
		return newKey(secret, "the encryption key")
	}
	content, err := readKeyFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKeyFile(file); err == nil {
			content, err = readKeyFile(file)
		}
	}
	if err != nil {
		return Key{}, err
	}
	secret, ok := decodeSecret(strings.TrimSpace(string(content)))
	if !ok || len(content) == secretLen {
		secret = content // raw bytes, as from /dev/urandom
	}
	return newKey(secret, "the encryption key in "+file)
}

// newKey checks secret, which an error calls by name.
func newKey(secret []byte, name string) (Key, error) {
	if len(secret) < secretLen {
		return Key{}, fmt.Errorf("%s has %d bytes, needs at least %d", name, len(secret), secretLen)
	}
	different := map[byte]bool{}
	for _, b := range secret {
		different[b] = true
	}
	if len(different) < 8 { // 32 random bytes have fewer than once in 10³⁶
		return Key{}, fmt.Errorf("%s is not random", name)
	}
	derived, err := hkdf.Key(sha256.New, secret, nil, "callboard key", len(Key{}))
	if err != nil {
		return Key{}, err
	}
	return Key(derived), nil
}

// decodeSecret reads hex or any spelling of base64.
func decodeSecret(s string) ([]byte, bool) {
	if b, err := hex.DecodeString(s); err == nil {
		return b, true
	}
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	b, err := base64.RawStdEncoding.DecodeString(s)
	return b, err == nil
}

func readKeyFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a file", file)
	}
	// Windows has no such bits; there the folder's rights count.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("the key file %s has mode %04o: others can read it; chmod 600 it, and make a new key if they may have done so", file, mode)
	}
	return io.ReadAll(io.LimitReader(f, 1<<16))
}

// makeKeyFile writes a new key beside file and then gives it its name. If
// another process was faster, its file stays.
func makeKeyFile(file string) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	secret := make([]byte, secretLen)
	rand.Read(secret)
	temp, err := os.CreateTemp(dir, filepath.Base(file)+".new-*") // has mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	text := base64.StdEncoding.AppendEncode(nil, secret)
	_, err = io.Copy(temp, bytes.NewReader(append(text, '\n')))
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without links. Renaming is as complete, but of two
		// starts at once the later one wins.
		if err := os.Rename(temp.Name(), file); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// syncDir makes a new name survive a power failure, where folders can be
// synced at all.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
