package sipgate

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// pushKey is the public key of sipgate's push events, from sipgate's own
// client library.
//
//go:embed push_key.pem
var pushKey []byte

// SignatureHeader is the header with the signature of a push event.
const SignatureHeader = "X-Sipgate-Signature"

// minKeyBits is the minimum size of an accepted key.
const minKeyBits = 2048

// DefaultPushKey returns the key that sipgate signs push events with. sipgate
// uses one key for all customers: a valid signature proves that sipgate sent
// the event, but not for whom, nor when.
func DefaultPushKey() *rsa.PublicKey {
	key, err := ParsePushKey(pushKey)
	if err != nil {
		panic("sipgate: the embedded key: " + err.Error())
	}
	return key
}

// ParsePushKey parses an RSA public key of at least 2048 bits from PEM: PKIX
// ("PUBLIC KEY") or PKCS #1 ("RSA PUBLIC KEY").
func ParsePushKey(data []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("sipgate: key is not PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, errors.New("sipgate: PEM block is not a public key")
	}
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok || public.N.BitLen() < minKeyBits {
		return nil, errors.New("sipgate: not an RSA key of at least 2048 bits")
	}
	return public, nil
}

// ErrSignature is returned by [VerifyPush] for every invalid signature.
var ErrSignature = errors.New("sipgate: invalid push signature")

// VerifyPush verifies the signature, as in the header, of the body of a push
// event: base64 of RSASSA-PKCS1-v1_5 with SHA-256 over exactly the received
// bytes. It refuses values that cannot be a signature before any cryptography.
func VerifyPush(key *rsa.PublicKey, body []byte, signature string) error {
	if len(signature) != base64.StdEncoding.EncodedLen(key.Size()) {
		return ErrSignature
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil || len(sig) != key.Size() {
		return ErrSignature
	}
	sum := sha256.Sum256(body)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil {
		return ErrSignature
	}
	return nil
}
