package web

import (
	"bytes"
	"database/sql"
	"io/fs"
	"testing"

	"golang.org/x/crypto/acme/autocert"
	_ "modernc.org/sqlite" // the database of tests
)

// openTestDB returns a database in memory with the table of certificates.
func openTestDB(t *testing.T) *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	up, err := fs.ReadFile(Migrations, "00002_certificates.sql")
	if err != nil {
		t.Fatal(err)
	}
	create, _, _ := bytes.Cut(up, []byte("-- +goose Down"))
	if _, err := db.Exec(string(create)); err != nil {
		t.Fatal(err)
	}
	return db
}

// What the authority issued is sealed in the database. With another key it is
// issued anew.
func TestCertificatesAreSealed(t *testing.T) {
	db := openTestDB(t)
	cache := func(secret string) autocert.Cache {
		c, err := newCertificateCache(db, []byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, ctx := cache("a key of 32 bytes"), t.Context()
	if _, err := one.Get(ctx, "calls.example"); err != autocert.ErrCacheMiss {
		t.Error("nothing there:", err)
	}
	for _, value := range []string{"PRIVATE KEY", "another PRIVATE KEY"} {
		if err := one.Put(ctx, "calls.example", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := one.Get(ctx, "calls.example"); string(got) != value || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	var stored []byte
	if err := db.QueryRow(`select data from web_certificate`).Scan(&stored); err != nil || bytes.Contains(stored, []byte("PRIVATE")) {
		t.Errorf("stored openly: %q %v", stored, err)
	}
	if _, err := cache("another key").Get(ctx, "calls.example"); err != autocert.ErrCacheMiss {
		t.Error("with another key:", err)
	}
	if _, err := db.Exec(`update web_certificate set name = 'other.example'`); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Get(ctx, "other.example"); err != autocert.ErrCacheMiss {
		t.Error("under another name:", err)
	}
	if err := one.Delete(ctx, "other.example"); err != nil {
		t.Error(err)
	}
	if n := 0; db.QueryRow(`select count(*) from web_certificate`).Scan(&n) != nil || n != 0 {
		t.Errorf("%d are left", n)
	}
}
