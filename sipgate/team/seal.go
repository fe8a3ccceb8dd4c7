package team

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// keyVersion is the first byte of all sealed data and identifies the key and
// the algorithm. 1 is AES-256-GCM with a random nonce.
const keyVersion = 1

// errSealBroken is returned for bytes that were not sealed with this key for
// this row.
var errSealBroken = errors.New("stored data cannot be decrypted")

// A sealer encrypts and authenticates stored data. Sealed data is bound to the
// row it is stored in: it cannot be opened with another binding.
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

// grantBinding returns the binding of one generation of a member's grant, so
// that neither two rows nor two generations of one row can be exchanged.
func grantBinding(id MemberID, generation int64) string {
	return fmt.Sprintf("grant %q %q %d", id.Account, id.User, generation)
}

func (s sealer) seal(plain, binding string) []byte {
	return s.aead.Seal([]byte{keyVersion}, nil, []byte(plain), additionalData(binding))
}

func (s sealer) open(sealed []byte, binding string) (string, error) {
	if len(sealed) == 0 || sealed[0] != keyVersion {
		return "", errSealBroken
	}
	plain, err := s.aead.Open(nil, nil, sealed[1:], additionalData(binding))
	if err != nil {
		return "", errSealBroken
	}
	return string(plain), nil
}

func additionalData(binding string) []byte { return append([]byte{keyVersion}, binding...) }
