package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/crypto/acme/autocert"
)

// A certificateCache keeps what an ACME authority issues, and the keys that belong
// to it, in the database. All of it is sealed, so that a backup gives away no key.
type certificateCache struct {
	db   *sql.DB
	aead cipher.AEAD
}

func newCertificateCache(db *sql.DB, secret []byte) (*certificateCache, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "callboard certificates, AES-256-GCM", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &certificateCache{db, aead}, err
}

// Get implements [autocert.Cache]. What cannot be opened any more, since the key of
// the installation is another one, is not there: the authority issues it anew.
func (c *certificateCache) Get(ctx context.Context, name string) ([]byte, error) {
	var sealed []byte
	err := c.db.QueryRowContext(ctx, `select data from web_certificate where name = $1`, name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, autocert.ErrCacheMiss
	} else if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	plain, err := c.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, autocert.ErrCacheMiss
	}
	return plain, nil
}

// Put implements [autocert.Cache].
func (c *certificateCache) Put(ctx context.Context, name string, plain []byte) error {
	sealed := c.aead.Seal(nil, nil, plain, []byte(name))
	_, err := c.db.ExecContext(ctx, `insert into web_certificate (name, data) values ($1, $2) on conflict (name) do update set data = excluded.data`, name, sealed)
	if err != nil {
		return fmt.Errorf("write certificate: %w", err)
	}
	return nil
}

// Delete implements [autocert.Cache].
func (c *certificateCache) Delete(ctx context.Context, name string) error {
	if _, err := c.db.ExecContext(ctx, `delete from web_certificate where name = $1`, name); err != nil {
		return fmt.Errorf("delete certificate: %w", err)
	}
	return nil
}
