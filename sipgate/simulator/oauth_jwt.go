package simulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync"
)

// tokenKey signs the tokens of all Simulators of the process. It is generated at
// first use.
var tokenKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("simulator: no RSA key: " + err.Error())
	}
	return key
})

// keyID returns the id of the signing key in JWT headers and in the key set.
func keyID() string {
	sum := sha256.Sum256(tokenKey().N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signJWT returns the claims as a JWT signed with RS256.
func signJWT(claims map[string]any) string {
	var b strings.Builder
	b.WriteString(jsonPart(map[string]string{"alg": "RS256", "typ": "JWT", "kid": keyID()}))
	b.WriteByte('.')
	b.WriteString(jsonPart(claims))
	sum := sha256.Sum256([]byte(b.String()))
	signature, err := rsa.SignPKCS1v15(nil, tokenKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic("simulator: cannot sign a token: " + err.Error())
	}
	b.WriteByte('.')
	b.WriteString(base64.RawURLEncoding.EncodeToString(signature))
	return b.String()
}

func jsonPart(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("simulator: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// keySet returns the JSON Web Key Set with the public half of the signing key.
func keySet() map[string]any {
	public := tokenKey().PublicKey
	exponent := binary.BigEndian.AppendUint32(nil, uint32(public.E))[1:]
	return map[string]any{"keys": []map[string]string{{
		"kid": keyID(),
		"kty": "RSA",
		"alg": "RS256",
		"use": "sig",
		"n":   base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e":   base64.RawURLEncoding.EncodeToString(exponent),
	}}}
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
