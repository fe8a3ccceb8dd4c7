package sipgate

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	_ "golang.org/x/crypto/x509roots/fallback" // for systems that know no certificate authority, as empty containers
)

// Limits of a connection.
const (
	dialLimit      = 3 * time.Second
	handshakeLimit = 5 * time.Second
)

// NewHTTPClient returns a client for [Client] and [OAuth]: 3 s to dial and 5 s
// for the TLS handshake, TLS 1.2 or later with verified certificates, no
// redirects, and no proxy, whatever the environment says. It sets no timeout
// for whole requests; their senders do.
func NewHTTPClient() *http.Client {
	return newHTTPClient(&net.Dialer{Timeout: dialLimit, KeepAlive: 30 * time.Second})
}

func newHTTPClient(d *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			TLSHandshakeTimeout:    handshakeLimit,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        60 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			// Pings detect a connection that died silently.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var sharedHTTP = sync.OnceValue(NewHTTPClient)
