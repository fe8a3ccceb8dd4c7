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

// A URLStatus says whether the program's public URL leads to the program, as
// far as that can be found out from here.
type URLStatus string

// Results of CheckPublicURL. Even URLReachable is no proof: a route that works
// from here may be closed to others.
const (
	URLReachable  URLStatus = "ok"
	URLLoopback   URLStatus = "local" // the host is this machine, which others cannot reach
	URLNoHost     URLStatus = "name"  // the host name does not resolve
	URLBadTLS     URLStatus = "tls"   // the certificate is not valid, or there is none
	URLTimeout    URLStatus = "slow"  // no answer in time
	URLNoAnswer   URLStatus = "none"  // nothing accepts the connection
	URLOtherReply URLStatus = "other" // another server answers
)

// checkTimeout is how long an answer may take.
const checkTimeout = 3 * time.Second

// CheckPublicURL requests path, whose body is known to be want, from the public
// URL. It follows no redirects and reads no more than it expects.
func CheckPublicURL(ctx context.Context, public *url.URL, path, want string) URLStatus {
	if Loopback(public.Hostname()) {
		return URLLoopback
	}
	return checkURL(ctx, http.DefaultTransport, public, path, want)
}

func checkURL(ctx context.Context, transport http.RoundTripper, public *url.URL, path, want string) URLStatus {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, public.JoinPath(path).String(), nil)
	if err != nil {
		return URLOtherReply
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return failedStatus(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(want))+1))
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
		return URLOtherReply
	}
	return URLReachable
}

// failedStatus returns what the error of a request means.
func failedStatus(err error) URLStatus {
	if e, ok := errors.AsType[*net.DNSError](err); ok && !e.Timeout() {
		return URLNoHost
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return URLBadTLS
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return URLBadTLS
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return URLBadTLS
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return URLTimeout
	}
	return URLNoAnswer
}
