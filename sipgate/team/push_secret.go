package team

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// PushSecret returns the part of an address under which only the account's push
// events are accepted: the account's number and 192 bits that cannot be guessed
// without the key. It is the same as long as the key is.
func (k Key) PushSecret(account string) string {
	bits, err := hkdf.Key(sha256.New, k[:], nil, "callboard push "+account, 24)
	if err != nil {
		panic(err) // only for lengths that HKDF cannot derive
	}
	return account + "." + base64.RawURLEncoding.EncodeToString(bits)
}

// PushAccount returns the account that a PushSecret belongs to, and false if
// secret is not one.
func (k Key) PushAccount(secret string) (account string, ok bool) {
	account, _, ok = strings.Cut(secret, ".")
	if !ok || account == "" || len(secret) > 100 {
		return "", false
	}
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(k.PushSecret(account))) == 1
	return account, same
}
