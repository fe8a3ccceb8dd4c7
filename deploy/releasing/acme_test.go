package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// An authority is an ACME authority that finds every host on this machine.
type authority struct {
	directory string
	roots     string         // file with the certificate of the directory itself
	issues    *x509.CertPool // what its certificates are checked with
}

// startAuthority starts an authority that asks hosts on these ports.
func startAuthority(t *testing.T, httpPort, tlsPort int) authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	resolver, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	names := &dns.Server{Listener: resolver, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		a := new(dns.Msg)
		a.SetReply(q)
		if question := q.Question[0]; question.Qtype == dns.TypeA {
			a.Answer = append(a.Answer, &dns.A{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		}
		w.WriteMsg(a)
	})}
	go names.ActivateAndServe()
	t.Cleanup(func() { names.Shutdown() })

	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "the only one"}})
	validation := va.New(quiet, httpPort, tlsPort, false, resolver.Addr().String(), store)
	front := wfe.New(quiet, store, validation, issuer, []string{"authority.example"}, false, false, 1, 1)
	srv := httptest.NewTLSServer(front.Handler())
	t.Cleanup(srv.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if root := issuer.GetRootCert(0); root == nil || !pool.AppendCertsFromPEM(root.PEM()) {
		t.Fatal("the authority has no certificate")
	}
	return authority{srv.URL + wfe.DirectoryPath, roots, pool}
}

// freePort returns a port of this machine that is free now, and that the system chooses
// for no connection.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 8000+rand.N(2000)))
		if err == nil {
			defer ln.Close()
			return ln.Addr().(*net.TCPAddr).Port
		}
	}
}

// The program gets its certificate from an ACME authority, over either port, and
// has it again after a restart without asking for another.
func TestCertificateFromAnAuthority(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	for _, over := range []string{"https", "http"} {
		t.Run(over, func(t *testing.T) {
			httpsPort, httpPort := freePort(t), freePort(t)
			asked := httpsPort
			if over == "http" {
				asked = freePort(t) // where nothing listens
			}
			// The authority asks port 80, whose number is not in Host.
			port80 := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + strconv.Itoa(httpPort)})
				r.Out.Host, _, _ = net.SplitHostPort(r.In.Host)
			}})
			defer port80.Close()
			authority := startAuthority(t, port80.Listener.Addr().(*net.TCPAddr).Port, asked)
			data := t.TempDir()
			start := func() (certificate []byte) {
				t.Helper()
				ctx, stop := context.WithCancel(t.Context())
				var output bytes.Buffer
				cmd := exec.CommandContext(ctx, program, "serve", "--public-url", "https://calls.example.com", "--client-id", "x", "--client-secret", "y", "--data", data,
					"--addr", "127.0.0.1:"+strconv.Itoa(httpsPort), "--redirect-addr", "127.0.0.1:"+strconv.Itoa(httpPort), "--acme", "--acme-directory", authority.directory)
				cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+authority.roots)
				cmd.Stdout, cmd.Stderr = &output, &output
				cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				defer func() {
					stop()
					cmd.Wait()
					if t.Failed() {
						t.Log(output.String())
					}
				}()
				client := &http.Client{Transport: &http.Transport{
					TLSClientConfig: &tls.Config{RootCAs: authority.issues},
					DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
						return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(httpsPort))
					},
				}}
				for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
					resp, err := client.Get("https://calls.example.com/readyz")
					if err == nil {
						resp.Body.Close()
						if resp.StatusCode != http.StatusOK {
							t.Error(resp.Status)
						}
						return resp.TLS.PeerCertificates[0].Raw
					} else if time.Since(began) > time.Minute {
						t.Errorf("no answer: %v", err)
						return nil
					}
				}
			}
			first := start()
			if again := start(); !bytes.Equal(first, again) {
				t.Error("after a restart it has another certificate")
			}
		})
	}
}
