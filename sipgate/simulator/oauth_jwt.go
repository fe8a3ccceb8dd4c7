package simulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// signingKeys sign the tokens of all Simulators of the process.
var signingKeys keyRing

// A keyRing holds the key that signs and the others that are still valid. The first
// one is generated at first use.
type keyRing struct {
	mu   sync.Mutex
	keys []*rsa.PrivateKey // the newest first
}

// current returns the key that signs.
func (k *keyRing) current() *rsa.PrivateKey { return k.all()[0] }

// all returns the keys whose signatures count.
func (k *keyRing) all() []*rsa.PrivateKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) == 0 {
		k.keys = []*rsa.PrivateKey{newTokenKey()}
	}
	return slices.Clone(k.keys)
}

// rotate makes a new key the one that signs. The last one still counts, unless
// it is to be forgotten.
func (k *keyRing) rotate(forget bool) {
	fresh, old := newTokenKey(), k.all()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = []*rsa.PrivateKey{fresh}
	if !forget {
		k.keys = append(k.keys, old[0])
	}
}

func newTokenKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("simulator: no RSA key: " + err.Error())
	}
	return key
}

// keyID returns the id of the signing key in JWT headers and in the key set.
func keyID() string { return idOf(signingKeys.current()) }

func idOf(key *rsa.PrivateKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signJWT returns the claims as a JWT signed with RS256.
func signJWT(claims map[string]any) string {
	key := signingKeys.current()
	return signJWTWith(key, idOf(key), claims)
}

// signJWTWith returns the claims as a JWT that key has signed and that names the
// key id.
func signJWTWith(key *rsa.PrivateKey, id string, claims map[string]any) string {
	signed := jsonPart(map[string]string{"alg": "RS256", "typ": "JWT", "kid": id}) + "." + jsonPart(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic("simulator: cannot sign a token: " + err.Error())
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jsonPart(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("simulator: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// keySet returns the JSON Web Key Set with the public halves of the keys.
func keySet() map[string]any {
	set := []map[string]string{}
	for _, key := range signingKeys.all() {
		exponent := binary.BigEndian.AppendUint32(nil, uint32(key.E))[1:]
		set = append(set, map[string]string{
			"kid": idOf(key),
			"kty": "RSA",
			"alg": "RS256",
			"use": "sig",
			"n":   base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e":   base64.RawURLEncoding.EncodeToString(exponent),
		})
	}
	return map[string]any{"keys": set}
}

// uuid formats 16 bytes as a version 4 UUID.
func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	const digits = "0123456789abcdef"
	var s strings.Builder
	for i, x := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			s.WriteByte('-')
		}
		s.WriteByte(digits[x>>4])
		s.WriteByte(digits[x&15])
	}
	return s.String()
}

// randomUUID returns a random version 4 UUID.
func randomUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return uuid(b)
}
