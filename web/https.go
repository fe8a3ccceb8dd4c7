package web

import (
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/time/rate"
)

// HTTPSSettings say how the program serves https itself, without a reverse proxy.
type HTTPSSettings struct {
	TLSCert       string `name:"tls-cert" placeholder:"FILE" help:"Certificate and its chain (PEM): serve https without a reverse proxy. Read again when it changes."`
	TLSKey        string `name:"tls-key" placeholder:"FILE" help:"Private key of the certificate (PEM)."`
	ACME          bool   `name:"acme" help:"Get the certificate by ACME, and accept the terms of the authority."`
	ACMEDirectory string `name:"acme-directory" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" help:"Directory of the ACME authority."`
	ACMEEmail     string `name:"acme-email" placeholder:"ADDRESS" help:"Where the authority writes to if something is wrong."`
	RedirectAddr  string `name:"redirect-addr" placeholder:"ADDRESS" help:"Second address, such as :80, that leads browsers to https, and answers the ACME authority."`
}

// HTTPSOptions are those of [NewHTTPS].
type HTTPSOptions struct {
	Cert, Key    string // files; "" for ACME
	ACME         bool
	Directory    string
	Email        string
	RedirectAddr string
}

// Enabled reports whether the program serves https itself.
func (o HTTPSOptions) Enabled() bool { return o.ACME || o.Cert != "" }

// Options checks the settings, for the address at which browsers reach the
// program. The zero value, as in the demo, is valid. The error joins all mistakes, each as "--flag: what is wrong".
func (s *HTTPSSettings) Options(public *url.URL) (HTTPSOptions, error) {
	o := HTTPSOptions{s.TLSCert, s.TLSKey, s.ACME, s.ACMEDirectory, s.ACMEEmail, s.RedirectAddr}
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case (o.Cert == "") != (o.Key == ""):
		wrong("--tls-cert: and --tls-key are given together")
	case o.Cert != "" && o.ACME:
		wrong("--acme: makes --tls-cert needless")
	case o.Cert != "":
		if _, err := tls.LoadX509KeyPair(o.Cert, o.Key); err != nil {
			wrong("--tls-cert: %w", err)
		}
	}
	if u, err := url.Parse(o.Directory); (o.ACME || o.Directory != "") && (err != nil || u.Scheme != "https" || u.Host == "") {
		wrong("--acme-directory: %q is not an address like https://acme.example.com/directory", o.Directory)
	}
	if o.Enabled() && public != nil && public.Scheme != "https" {
		wrong("--public-url: must begin with https:// for --tls-cert and --acme")
	}
	if o.RedirectAddr != "" {
		if _, _, err := net.SplitHostPort(o.RedirectAddr); err != nil {
			wrong("--redirect-addr: %q is not host:port", o.RedirectAddr)
		} else if !o.Enabled() {
			wrong("--redirect-addr: needs --acme or --tls-cert")
		}
	}
	return o, errors.Join(errs...)
}

// An HTTPS has the certificate of the program.
type HTTPS struct {
	o      HTTPSOptions
	public *url.URL
	log    *slog.Logger
	config *tls.Config
	acme   *autocert.Manager // nil without ACME

	failures rate.Sometimes // to get a certificate: anyone can make them

	mu      sync.Mutex
	looked  time.Time // when the files were looked at
	changed [2]time.Time
	cert    *tls.Certificate
}

// filesEvery is how often the files of the certificate are looked at, at most.
const filesEvery = 10 * time.Second

// NewHTTPS returns the HTTPS for the host of public, and nil if it is not enabled.
// secret is the key of the installation, with which what the authority issues is
// sealed in the database.
func NewHTTPS(o HTTPSOptions, public *url.URL, db *sql.DB, secret []byte, log *slog.Logger) (*HTTPS, error) {
	if !o.Enabled() {
		return nil, nil
	}
	h := &HTTPS{o: o, public: public, log: logger(log), failures: rate.Sometimes{First: 3, Interval: time.Minute}}
	h.config = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: h.fromFiles}
	if !o.ACME {
		_, err := h.fromFiles(nil)
		return h, err
	}
	cache, err := newCertificateCache(db, secret)
	if err != nil {
		return nil, err
	}
	h.acme = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: cache, Email: o.Email, HostPolicy: autocert.HostWhitelist(public.Hostname()),
		Client: &acme.Client{DirectoryURL: o.Directory, UserAgent: "callboard"},
	}
	h.config.NextProtos = append(h.config.NextProtos, acme.ALPNProto)
	h.config.GetCertificate = h.fromAuthority
	return h, nil
}

// Config returns the configuration of a server, and nil for a nil HTTPS.
func (h *HTTPS) Config() *tls.Config {
	if h == nil {
		return nil
	}
	return h.config
}

// fromFiles returns the certificate of the files, which it reads again after they
// have changed. As long as new ones cannot be read, it returns the last one.
func (h *HTTPS) fromFiles(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.cert != nil && now.Sub(h.looked) < filesEvery {
		return h.cert, nil
	}
	h.looked = now
	var changed [2]time.Time
	for i, name := range []string{h.o.Cert, h.o.Key} {
		if info, err := os.Stat(name); err == nil {
			changed[i] = info.ModTime()
		}
	}
	if h.cert != nil && changed == h.changed {
		return h.cert, nil
	}
	cert, err := tls.LoadX509KeyPair(h.o.Cert, h.o.Key)
	switch {
	case err != nil && h.cert == nil:
		return nil, fmt.Errorf("--tls-cert: %w", err)
	case err != nil:
		h.log.Error("read the changed certificate, go on with the last one", "err", err)
		h.changed = changed // said once for each change
		return h.cert, nil
	case h.cert != nil:
		h.log.Info("certificate read again", "expires", cert.Leaf.NotAfter)
	}
	h.changed, h.cert = changed, &cert
	return h.cert, nil
}

// fromAuthority returns the certificate of the authority, and remembers it.
func (h *HTTPS) fromAuthority(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := h.acme.GetCertificate(hello)
	if err != nil {
		h.failures.Do(func() { h.log.Warn("no certificate", "host", clip(hello.ServerName, maxLogged), "err", err) })
		return nil, err
	}
	if cert.Leaf != nil && cert.Leaf.VerifyHostname(h.public.Hostname()) == nil {
		h.mu.Lock()
		h.cert = cert
		h.mu.Unlock()
	}
	return cert, nil
}

// Expires returns when the certificate that was served last expires. It is zero if
// none was yet, and for a nil HTTPS.
func (h *HTTPS) Expires() time.Time {
	if h == nil {
		return time.Time{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cert == nil || h.cert.Leaf == nil {
		return time.Time{}
	}
	return h.cert.Leaf.NotAfter
}

// StartRedirect serves plain http at the address of the options until stop is
// called: it answers the ACME authority, leads pages of the public host to https,
// and refuses everything else. A form, or a program with a secret, that came over
// plain http has told it to everyone on the way already.
func (h *HTTPS) StartRedirect() (stop func(), err error) {
	if h == nil || h.o.RedirectAddr == "" {
		return func() {}, nil
	}
	srv := &http.Server{Handler: h.redirect(), ReadTimeout: defaultBodyTimeout, WriteTimeout: answerWithin}
	_, stop, err = startBeside(h.o.RedirectAddr, srv, h.log, maxRedirectConns, maxRedirectConns/10)
	if err != nil {
		return nil, fmt.Errorf("--redirect-addr: %w", err)
	}
	return stop, nil
}

const maxRedirectConns = 500

// redirect is what plain http gets.
func (h *HTTPS) redirect() http.Handler {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "https only", http.StatusForbidden)
		case !strings.EqualFold(host, h.public.Hostname()):
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		default:
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, h.public.Scheme+"://"+h.public.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
		}
	})
	if h.acme != nil {
		return h.acme.HTTPHandler(refuse)
	}
	return refuse
}
