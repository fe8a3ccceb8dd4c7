package web_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
	"callboard/web/freeport"
)

// writeCertificate writes a certificate for calls.example that is valid for some
// time, and its key.
func writeCertificate(t *testing.T, certFile, keyFile string, valid time.Duration) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"calls.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(valid).Truncate(time.Second)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var publicHTTPS = &url.URL{Scheme: "https", Host: "calls.example"}

// A server with a certificate speaks https, HTTP/2 for pages and HTTP/1.1 for
// sockets, and refuses old versions of TLS.
func TestServesHTTPS(t *testing.T) {
	dir := t.TempDir()
	o := web.HTTPSOptions{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
	writeCertificate(t, o.Cert, o.Key, time.Hour)
	h, err := web.NewHTTPS(o, publicHTTPS, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- web.NewServer(web.ServerOptions{PublicURL: publicHTTPS, TLS: h.Config()}).Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Proto)
		}))
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	get := func(change func(*tls.Config, *http.Transport)) (string, error) {
		config := &tls.Config{InsecureSkipVerify: true, ServerName: "calls.example"}
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		change(config, transport)
		resp, err := (&http.Client{Transport: transport}).Get("https://" + ln.Addr().String())
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
	if proto, err := get(func(*tls.Config, *http.Transport) {}); proto != "HTTP/2.0" {
		t.Error(proto, err)
	}
	if proto, err := get(func(_ *tls.Config, tr *http.Transport) { tr.ForceAttemptHTTP2 = false }); proto != "HTTP/1.1" {
		t.Error(proto, err)
	}
	if _, err := get(func(c *tls.Config, _ *http.Transport) {
		c.MaxVersion = tls.VersionTLS11
		c.MinVersion = tls.VersionTLS10
	}); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	health := web.HealthcheckSettings{Addr: ln.Addr().String(), PublicURL: publicHTTPS.String(), Timeout: 10 * time.Second}
	if err := health.Healthcheck(t.Context()); err != nil {
		t.Error("healthcheck:", err)
	}
}

// A certificate that is renewed is served without a restart. Files that cannot be
// read change nothing.
func TestCertificateIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		dir := t.TempDir()
		o := web.HTTPSOptions{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
		writeCertificate(t, o.Cert, o.Key, time.Hour)
		touch := func() {
			for _, name := range []string{o.Cert, o.Key} {
				os.Chtimes(name, time.Now(), time.Now())
			}
		}
		touch()
		h, err := web.NewHTTPS(o, publicHTTPS, nil, nil, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		served := func() time.Duration {
			t.Helper()
			if _, err := h.Config().GetCertificate(&tls.ClientHelloInfo{}); err != nil {
				t.Fatal(err)
			}
			return time.Until(h.Expires()).Round(time.Minute)
		}
		if got := served(); got != time.Hour {
			t.Errorf("at first: for %v", got)
		}
		time.Sleep(time.Minute)
		writeCertificate(t, o.Cert, o.Key, 48*time.Hour)
		touch()
		if got := served(); got != 48*time.Hour {
			t.Errorf("renewed: for %v", got)
		}
		for range 3 {
			time.Sleep(time.Minute)
			os.WriteFile(o.Cert, []byte("half a certif"), 0o600)
			if got := served(); got < 47*time.Hour {
				t.Errorf("damaged: for %v", got)
			}
		}
		if n := strings.Count(log.String(), "go on with the last one"); n < 1 {
			t.Errorf("said %d times:\n%s", n, log.String())
		}
		time.Sleep(time.Minute)
		writeCertificate(t, o.Cert, o.Key, 100*time.Hour)
		touch()
		if got := served(); got != 100*time.Hour {
			t.Errorf("mended: for %v", got)
		}
	})
}

// Plain http leads pages of our host to https. What is secret was sent openly
// already: it is refused, so that this is noticed.
func TestPlainHTTPLeadsPagesToHTTPS(t *testing.T) {
	dir := t.TempDir()
	o := web.HTTPSOptions{Cert: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
	writeCertificate(t, o.Cert, o.Key, time.Hour)
	var err error
	if o.RedirectAddr, err = freeport.Addr(); err != nil {
		t.Fatal(err)
	}
	h, err := web.NewHTTPS(o, publicHTTPS, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := h.StartRedirect()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, test := range []struct {
		method, host, path string
		status             int
		to                 string
	}{
		{"GET", "calls.example", "/history?q=a%20b", 301, "https://calls.example/history?q=a%20b"},
		{"HEAD", "CALLS.example:80", "/", 301, "https://calls.example/"},
		{"GET", "evil.example", "/", 421, ""},
		{"GET", "calls.example", "//evil.example/x", 301, "https://calls.example//evil.example/x"},
		{"POST", "calls.example", "/push/secret", 403, ""},
	} {
		req, _ := http.NewRequest(test.method, "http://"+o.RedirectAddr+test.path, nil)
		req.Host = test.host
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status || resp.Header.Get("Location") != test.to {
			t.Errorf("%+v: %d %s", test, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

// Mistakes in the settings are all named.
func TestHTTPSSettings(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	writeCertificate(t, cert, key, time.Hour)
	const directory = "https://acme.example/directory"
	for name, test := range map[string]struct {
		s       web.HTTPSSettings
		public  string
		want    string
		enabled bool
	}{
		"none":           {web.HTTPSSettings{ACMEDirectory: directory}, "http://localhost", "", false},
		"files":          {web.HTTPSSettings{TLSCert: cert, TLSKey: key, ACMEDirectory: directory, RedirectAddr: ":80"}, "https://calls.example", "", true},
		"acme":           {web.HTTPSSettings{ACME: true, ACMEDirectory: directory}, "https://calls.example", "", true},
		"one file":       {web.HTTPSSettings{TLSCert: cert, ACMEDirectory: directory}, "https://calls.example", "--tls-key are given together", true},
		"wrong file":     {web.HTTPSSettings{TLSCert: key, TLSKey: key, ACMEDirectory: directory}, "https://calls.example", "--tls-cert: ", true},
		"both":           {web.HTTPSSettings{TLSCert: cert, TLSKey: key, ACME: true, ACMEDirectory: directory}, "https://calls.example", "--acme: makes --tls-cert needless", true},
		"plain":          {web.HTTPSSettings{ACME: true, ACMEDirectory: directory}, "http://localhost", "--public-url: must begin with https://", true},
		"directory":      {web.HTTPSSettings{ACME: true, ACMEDirectory: "acme"}, "https://calls.example", "--acme-directory: \"acme\"", true},
		"redirect":       {web.HTTPSSettings{ACMEDirectory: directory, RedirectAddr: ":80"}, "https://calls.example", "--redirect-addr: needs", false},
		"redirect where": {web.HTTPSSettings{ACME: true, ACMEDirectory: directory, RedirectAddr: "80"}, "https://calls.example", "--redirect-addr: \"80\" is not host:port", true},
	} {
		public, _ := url.Parse(test.public)
		o, err := test.s.Options(public)
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if o.Enabled() != test.enabled {
			t.Errorf("%s: enabled %v", name, o.Enabled())
		}
	}
}

// Without settings, as in the demo, nothing is wrong, and https is not served.
func TestNoHTTPSWithoutSettings(t *testing.T) {
	if o, err := new(web.HTTPSSettings).Options(nil); err != nil || o.Enabled() {
		t.Errorf("%+v, %v", o, err)
	}
}
