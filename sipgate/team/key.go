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

	"callboard/sipgate"
)

// Key is the secret that the encryption key of the stored grants and the push
// secrets are derived from. It prints as "[redacted]".
type Key [32]byte

const (
	redacted  = "[redacted]"
	minSecret = 32 // bytes of a key at least
)

// Format implements [fmt.Formatter] for every verb.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler].
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LoadKey returns the key given as text, in base64 or hex, or the one in file
// if text is empty.
//
// It creates a file that does not exist, with mode 0600 and a random key; the
// file is there either completely or not at all. It refuses a file that others
// than its owner can read, unless that cannot be had otherwise (see
// [sipgate.KeptPrivate]), and a key that is shorter than 32 bytes or obviously
// not random. No error contains a part of the key.
func LoadKey(file, text string) (Key, error) {
	key, err := readKey(file, text)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKeyFile(file); err != nil {
		return Key{}, err
	}
	return readKey(file, text)
}

// readKey is LoadKey without creating a file: the error of a missing one is
// [fs.ErrNotExist].
func readKey(file, text string) (Key, error) {
	if text = strings.TrimSpace(text); text != "" {
		secret, ok := decodeSecret(text)
		if !ok {
			return Key{}, errors.New("the encryption key is neither base64 nor hex")
		}
		return newKey(secret, "the encryption key")
	}
	content, err := readKeyFile(file)
	if err != nil {
		return Key{}, err
	}
	secret, ok := decodeSecret(strings.TrimSpace(string(content)))
	if !ok || len(content) == minSecret {
		secret = content // raw bytes, as from /dev/urandom
	}
	return newKey(secret, "the encryption key in "+file)
}

// newKey checks a secret and derives the key from it. Errors begin with name.
func newKey(secret []byte, name string) (Key, error) {
	if len(secret) < minSecret {
		return Key{}, fmt.Errorf("%s has %d bytes, needs at least %d", name, len(secret), minSecret)
	}
	distinct := map[byte]bool{}
	for _, b := range secret {
		distinct[b] = true
	}
	if len(distinct) < 8 { // which 32 random bytes have once in 10³⁶ times
		return Key{}, fmt.Errorf("%s is not random", name)
	}
	derived, err := hkdf.Key(sha256.New, secret, nil, "callboard key", len(Key{}))
	if err != nil {
		return Key{}, err
	}
	return Key(derived), nil
}

// decodeSecret decodes hex or any variant of base64.
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
	if !sipgate.KeptPrivate(f, info) {
		return nil, fmt.Errorf("the key file %s has mode %04o: others can read it; chmod 600 it, and make a new key if they may have done so", file, info.Mode().Perm())
	}
	return io.ReadAll(io.LimitReader(f, 1<<16))
}

// createKeyFile writes a new key to a temporary file and then links it as file.
// If another process was faster, its file stays.
func createKeyFile(file string) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	secret := make([]byte, minSecret)
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
		// The file system has no links. Renaming is as atomic, but if two
		// processes start at once, the file of the later one stays.
		if err := os.Rename(temp.Name(), file); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// syncDir makes a new file name survive a power failure, on systems that can
// sync directories.
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
