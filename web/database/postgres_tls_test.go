package database_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"callboard/web/database"
	"callboard/web/database/databasetest"
)

func TestTLSToPostgres(t *testing.T) {
	t.Parallel()
	server := databasetest.OwnPostgres(t)
	ca := serveTLS(t, server)
	db := openPostgres(t, withTLS(server, "verify-full", ca))
	var encrypted bool
	if err := db.QueryRow(`select ssl from pg_stat_ssl where pid = pg_backend_pid()`).Scan(&encrypted); err != nil || !encrypted {
		t.Errorf("encrypted: %v, %v", encrypted, err)
	}
	other := newCertificate(t)
	for address, want := range map[string]string{
		withTLS(server, "verify-full", other.file):                                       "certificate signed by unknown authority",
		withTLS(server, "verify-full", ""):                                               "certificate",
		strings.Replace(withTLS(server, "verify-full", ca), "127.0.0.1", "localhost", 1): "localhost",
	} {
		if db, err := database.OpenPostgres(t.Context(), address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
			if err == nil {
				db.Close()
			}
		}
	}
	openPostgres(t, withTLS(server, "require", ""))
	openPostgres(t, strings.Replace(withTLS(server, "verify-ca", ca), "127.0.0.1", "localhost", 1))
}

// withTLS returns the address of a server with a mode and the certificate to trust.
func withTLS(s *databasetest.Server, mode, ca string) string {
	u := *s.URL
	q := url.Values{"sslmode": {mode}}
	if ca != "" {
		q.Set("sslrootcert", ca)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// A certificate is one for 127.0.0.1 that signed itself.
type certificate struct{ cert, key, file string }

func newCertificate(t *testing.T) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := certificate{
		cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		file: filepath.Join(t.TempDir(), "ca.pem"),
	}
	if err := os.WriteFile(c.file, []byte(c.cert), 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

// serveTLS has a server take TLS from its next start on, starts it, and returns the file
// of the certificate to trust. The server writes its files itself: they have to be its own.
func serveTLS(t *testing.T, s *databasetest.Server) (file string) {
	t.Helper()
	db := openPostgres(t, s.URL.String())
	c := newCertificate(t)
	for _, statement := range []string{
		`copy (select ` + pq.QuoteLiteral(c.cert) + `) to program 'umask 077; printf "%b" "$(cat)" > server.crt'`,
		`copy (select ` + pq.QuoteLiteral(c.key) + `) to program 'umask 077; printf "%b" "$(cat)" > server.key'`,
		`alter system set ssl = on`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Stop(), s.Start()); err != nil {
		t.Fatal(err)
	}
	return c.file
}
