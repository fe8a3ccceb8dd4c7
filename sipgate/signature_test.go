package sipgate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// testKeys returns two keys. They are generated once, since that is slow.
var testKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

func sign(t testing.TB, key *rsa.PrivateKey, body string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestVerifyPush(t *testing.T) {
	keys := testKeys()
	key := &keys[0].PublicKey
	sig := sign(t, keys[0], captured)
	std := base64.StdEncoding.EncodeToString
	if err := VerifyPush(key, []byte(captured), std(sig)); err != nil {
		t.Fatalf("a good signature: %v", err)
	}
	sum256, sum1 := sha256.Sum256([]byte(captured)), sha1.Sum([]byte(captured))
	pss, err := rsa.SignPSS(rand.Reader, keys[0], crypto.SHA256, sum256[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.SignPKCS1v15(rand.Reader, keys[0], crypto.SHA1, sum1[:])
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), sig...)
	flipped[100] ^= 1
	for name, tt := range map[string]struct{ body, sig string }{
		"none":                 {captured, ""},
		"short":                {captured, "AAAA"},
		"not base64":           {captured, strings.Repeat("*", 344)},
		"zeros":                {captured, std(make([]byte, 256))},
		"two":                  {captured, std(sig) + ", " + std(sig)},
		"line break":           {captured, std(sig)[:100] + "\n" + std(sig)[101:]},
		"line break more":      {captured, std(sig)[:100] + "\n" + std(sig)[100:]},
		"no padding":           {captured, base64.RawStdEncoding.EncodeToString(sig)},
		"other body":           {captured + "\n", std(sig)},
		"encoded again":        {strings.ReplaceAll(captured, "%5B%5D", "[]"), std(sig)},
		"empty body":           {"", std(sig)},
		"SHA-1":                {captured, std(old)},
		"PSS":                  {captured, std(pss)},
		"other key":            {captured, std(sign(t, keys[1], captured))},
		"one byte short":       {captured, std(sig[:255])},
		"one byte more":        {captured, std(append([]byte{0}, sig...))},
		"one bit":              {captured, std(flipped)},
		"other spelling":       {captured, respellBase64(std(sig))},
		"another body's":       {captured, std(sign(t, keys[0], "event=hangup&callId=A"))},
		"sipgate's key missed": {captured, std(make([]byte, 512))},
	} {
		if err := VerifyPush(key, []byte(tt.body), tt.sig); err != ErrSignature {
			t.Errorf("%s: %v", name, err)
		}
	}
	// URL base64 differs only if the signature contains such characters.
	if u := base64.URLEncoding.EncodeToString(sig); u != std(sig) && VerifyPush(key, []byte(captured), u) == nil {
		t.Error("URL base64 is taken")
	}
	if VerifyPush(DefaultPushKey(), []byte(captured), std(sig)) == nil {
		t.Error("sipgate's key accepts ours")
	}
}

// respellBase64 changes bits of the last character that have no meaning.
func respellBase64(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := len(strings.TrimRight(s, "=")) - 1
	return s[:i] + string(alphabet[strings.IndexByte(alphabet, s[i])|1]) + s[i+1:]
}

func TestParsePushKey(t *testing.T) {
	if key := DefaultPushKey(); key.N.BitLen() != 4096 || key.E != 65537 {
		t.Errorf("sipgate's key has %d bits", key.N.BitLen())
	}
	key := &testKeys()[0].PublicKey
	pkix, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{"PUBLIC KEY": pkix, "RSA PUBLIC KEY": x509.MarshalPKCS1PublicKey(key)} {
		got, err := ParsePushKey(pem.EncodeToMemory(&pem.Block{Type: name, Bytes: der}))
		if err != nil || !got.Equal(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	weak := rsa.PublicKey{N: new(big.Int).Rsh(key.N, 1024), E: key.E}
	for name, data := range map[string][]byte{
		"nothing":     nil,
		"text":        []byte("key"),
		"private":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkix}),
		"broken":      pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix[:50]}),
		"broken PKCS": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkix}),
		"ECDSA":       pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: other}),
		"1024 bits":   pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&weak)}),
	} {
		if key, err := ParsePushKey(data); err == nil || key != nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func BenchmarkVerifyPush(b *testing.B) {
	key := testKeys()[0]
	sig := base64.StdEncoding.EncodeToString(sign(b, key, captured))
	b.Run("good", func(b *testing.B) {
		for b.Loop() {
			if VerifyPush(&key.PublicKey, []byte(captured), sig) != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("sipgate's key, forged", func(b *testing.B) {
		forged := base64.StdEncoding.EncodeToString(make([]byte, 512))
		for b.Loop() {
			VerifyPush(DefaultPushKey(), []byte(captured), forged)
		}
	})
}
