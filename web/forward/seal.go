package forward

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"sync"
)

// ErrNotSealed is returned by Open for what no node has sealed, or what was opened
// before.
var ErrNotSealed = errors.New("not sealed by a node, or opened before")

const (
	nonceSize = 12
	maxOpened = 1024 // of the last ones; more are not under way at a time
)

// A sealer seals what nodes tell each other beside a request.
type sealer struct {
	aead cipher.AEAD

	mu     sync.Mutex
	opened map[[nonceSize]byte]bool
	last   [maxOpened][nonceSize]byte // a ring
	next   int
}

func newSealer(secret []byte) (*sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "callboard nodes, AES-256-GCM", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead: aead, opened: map[[nonceSize]byte]bool{}}, err
}

// Seal encrypts text for another node of the installation.
func (f *Forwarder) Seal(text []byte) []byte { return f.sealer.aead.Seal(nil, nil, text, nil) }

// Open returns what another node has sealed, once: what it opened before is
// ErrNotSealed, as is what no node has sealed.
func (f *Forwarder) Open(sealed []byte) ([]byte, error) {
	text, err := f.sealer.aead.Open(nil, nil, sealed, nil)
	if err != nil || !f.sealer.first([nonceSize]byte(sealed)) {
		return nil, ErrNotSealed
	}
	return text, nil
}

// first reports whether a nonce comes for the first time.
func (s *sealer) first(nonce [nonceSize]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened[nonce] {
		return false
	}
	delete(s.opened, s.last[s.next])
	s.opened[nonce], s.last[s.next] = true, nonce
	s.next = (s.next + 1) % maxOpened
	return true
}
