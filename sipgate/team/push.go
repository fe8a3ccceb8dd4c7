package team

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// PushSecret is the part of an address under which only this account's push
// events are taken: the account's number and 192 bits that nobody can know
// without the key. It stays the same as long as the key does.
func (k Key) PushSecret(account string) string {
	bits, err := hkdf.Key(sha256.New, k[:], nil, "callboard push "+account, 24)
	if err != nil {
		panic(err) // only for lengths that HKDF cannot make
	}
	return account + "." + base64.RawURLEncoding.EncodeToString(bits)
}

// PushAccount returns the account whose PushSecret it is, and false if it is
// nobody's.
func (k Key) PushAccount(secret string) (account string, ok bool) {
	account, _, ok = strings.Cut(secret, ".")
	if !ok || account == "" || len(secret) > 100 {
		return "", false
	}
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(k.PushSecret(account))) == 1
	return account, same
}
