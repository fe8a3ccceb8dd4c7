package team

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// keyVersion is the first byte of everything sealed, and says with which key
// and in what manner it was. 1 is AES-256-GCM with a random nonce.
const keyVersion = 1

// errUnsealed says that stored bytes are not what was sealed for this place
// with this key.
var errUnsealed = errors.New("stored data cannot be decrypted")

// A sealer encrypts what is stored. Sealed bytes are bound to a place, and
// opening them for any other place fails.
type sealer struct{ aead cipher.AEAD }

func newSealer(key Key) (sealer, error) {
	derived, err := hkdf.Key(sha256.New, key[:], nil, "callboard grants, AES-256-GCM", 32)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// place names a row in one of its generations, so that neither two rows nor
// two generations of one row can be exchanged.
func place(m MemberID, generation int64) string {
	return fmt.Sprintf("grant %q %q %d", m.Account, m.User, generation)
}

func (s sealer) seal(plain, place string) []byte {
	return s.aead.Seal([]byte{keyVersion}, nil, []byte(plain), aad(place))
}

func (s sealer) open(sealed []byte, place string) (string, error) {
	if len(sealed) == 0 || sealed[0] != keyVersion {
		return "", errUnsealed
	}
	plain, err := s.aead.Open(nil, nil, sealed[1:], aad(place))
	if err != nil {
		return "", errUnsealed
	}
	return string(plain), nil
}

func aad(place string) []byte { return append([]byte{keyVersion}, place...) }
