package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// HealthcheckSettings say which program is asked. Addr is that of [ListenSettings],
// so that the environment of a container serves for both.
type HealthcheckSettings struct {
	Addr      string        `default:"127.0.0.1:8080" help:"Address on which the program listens that is asked."`
	PublicURL string        `name:"public-url" placeholder:"URL" help:"Its public address, if it serves https itself and has several certificates."`
	Timeout   time.Duration `default:"3s" help:"How long the answer may take."`
}

// Healthcheck asks the program that listens on the address whether it is ready to
// serve, and returns nil if it is: for containers, which have no other program that
// could ask. An address without a host, ":8080", is that of this machine.
func (s *HealthcheckSettings) Healthcheck(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %q is not host:port", s.Addr)
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	resp, err := s.get(ctx, "http://"+net.JoinHostPort(host, port))
	if err == nil && resp.StatusCode == http.StatusBadRequest { // to plain http, from a program that serves https
		resp.Body.Close()
		resp, err = s.get(ctx, "https://"+net.JoinHostPort(host, port))
	}
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		reason, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what came of it
		return fmt.Errorf("not ready: %s: %s", resp.Status, strings.TrimSpace(string(reason)))
	}
	return nil
}

// get asks the program at an origin. Whose certificate it has does not matter: it
// is on this machine, and is told nothing.
func (s *HealthcheckSettings) get(ctx context.Context, origin string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/readyz", nil)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{InsecureSkipVerify: true}
	if u, err := url.Parse(s.PublicURL); err == nil {
		config.ServerName = u.Hostname()
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	return client.Do(req)
}
