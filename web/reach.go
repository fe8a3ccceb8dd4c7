package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Reach is whether our own public address leads to us, as far as that can be
// found out from here.
type Reach string

// What asking ourselves can show. Only ReachOK is good news, and no proof: a
// way that leads here from here may be closed to others.
const (
	ReachOK    Reach = "ok"
	ReachLocal Reach = "local" // the address is that of this machine: nobody else can know it
	ReachName  Reach = "name"  // no such host
	ReachTLS   Reach = "tls"   // the certificate is not good, or there is none
	ReachSlow  Reach = "slow"  // no answer in time
	ReachNone  Reach = "none"  // nobody takes the connection
	ReachOther Reach = "other" // somebody else answers
)

// reachFor is how long an answer may take.
const reachFor = 3 * time.Second

// Ask asks public, at a path whose answer is known, whether that is us. No
// redirect is followed, and no more is read than is expected.
func Ask(ctx context.Context, public *url.URL, path, want string) Reach {
	if Loopback(public.Hostname()) {
		return ReachLocal
	}
	return ask(ctx, http.DefaultTransport, public, path, want)
}

func ask(ctx context.Context, by http.RoundTripper, public *url.URL, path, want string) Reach {
	ctx, cancel := context.WithTimeout(ctx, reachFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, public.JoinPath(path).String(), nil)
	if err != nil {
		return ReachOther
	}
	resp, err := by.RoundTrip(req)
	if err != nil {
		return unreached(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(want))+1))
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
		return ReachOther
	}
	return ReachOK
}

func unreached(err error) Reach {
	if e, ok := errors.AsType[*net.DNSError](err); ok && !e.Timeout() {
		return ReachName
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ReachTLS
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return ReachTLS
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return ReachTLS
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return ReachSlow
	}
	return ReachNone
}
