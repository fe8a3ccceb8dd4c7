package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// HealthcheckSettings say which program is asked. Addr is that of [ListenSettings],
// so that the environment of a container serves for both.
type HealthcheckSettings struct {
	Addr    string        `default:"127.0.0.1:8080" help:"Address on which the program listens that is asked."`
	Timeout time.Duration `default:"3s" help:"How long the answer may take."`
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
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
