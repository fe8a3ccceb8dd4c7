package sipgate

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrRecordingURL is wrapped by the error of [Client.OpenRecording] for an
// address that recordings may not be fetched from.
var ErrRecordingURL = errors.New("recording address not allowed")

// recordingURL checks the address of a recording. own reports whether its
// origin is that of the API: only then may the token be sent, and only then
// may it be a private address or use plain http, as far as Base does.
func (c *Client) recordingURL(address string) (u *url.URL, own bool, err error) {
	if len(address) > maxAddress {
		return nil, false, ErrRecordingURL
	}
	u, err = url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || u.Host == "" {
		return nil, false, ErrRecordingURL
	}
	u.Fragment, u.RawFragment = "", ""
	from := origin(u)
	if from == origin(c.Base) {
		return u, true, nil
	}
	if u.Scheme != "https" {
		return nil, false, ErrRecordingURL
	}
	for _, allowed := range c.RecordingOrigins {
		if a, err := url.Parse(allowed); err == nil && a.Host != "" && origin(a) == from {
			return u, false, nil
		}
	}
	return nil, false, ErrRecordingURL
}

// origin returns scheme, host and port of u in canonical form.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// ErrPrivateNetwork is wrapped by errors of [PublicHTTPClient].
var ErrPrivateNetwork = errors.New("address of a private network")

// PublicHTTPClient returns a client as [NewHTTPClient] does that connects only to
// addresses of the public internet, whatever name led to them.
func PublicHTTPClient() *http.Client {
	return newHTTPClient(&net.Dialer{Timeout: dialLimit, KeepAlive: 30 * time.Second, Control: denyPrivate})
}

// publicHTTP is the client for origins other than the API's.
var publicHTTP = sync.OnceValue(PublicHTTPClient)

// denyPrivate is called after name resolution, immediately before each
// connection, so that no name can lead to a private address.
func denyPrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrPrivateNetwork, err)
	}
	if !IsPublic(at.Addr()) {
		return ErrPrivateNetwork
	}
	return nil
}

// nonPublicNetworks lists networks that are not part of the public internet or
// lead back from it, apart from those that [netip.Addr] identifies: shared,
// reserved, documentation and benchmark addresses, and IPv4 embedded in IPv6.
var nonPublicNetworks = func() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
		"fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// IsPublic reports whether a is an address of the public internet.
func IsPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range nonPublicNetworks {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
