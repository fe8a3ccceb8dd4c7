package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ParsePublicURL parses the address at which browsers reach the program. It must
// be an origin, that is a scheme, a host and perhaps a port, and its scheme must
// be https unless the host is this machine: anyone on the way can read session
// cookies that are sent over plain http.
func ParsePublicURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not an address like https://calls.example.com", s)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q must begin with https://", s)
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%q must be scheme and host only", s)
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return nil, fmt.Errorf("%q must be https: plain http is only for this machine itself", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

// Loopback reports whether host is "localhost" or a loopback address.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// A site is the origin of this program. The zero site matches nothing.
type site struct {
	origin string // as browsers write it: lower case, without the default port
	host   string // lower case, without the default port
	port   string // the default port of the scheme
	secure bool
}

func newSite(u *url.URL) site {
	if u == nil {
		return site{}
	}
	s := site{secure: u.Scheme == "https", port: "80"}
	if s.secure {
		s.port = "443"
	}
	s.host = strings.TrimSuffix(strings.ToLower(u.Host), ":"+s.port)
	s.origin = u.Scheme + "://" + s.host
	return s
}

// serves reports whether a Host header names this site, in upper or lower case,
// with or without the default port.
func (s site) serves(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ":"+s.port)
	return s.host != "" && host == s.host
}

// sent reports whether the only Origin of r is this site.
func (s site) sent(r *http.Request) bool {
	o := r.Header["Origin"]
	return s.origin != "" && len(o) == 1 && o[0] == s.origin
}

var (
	errBadHost   = Fault{Status: http.StatusMisdirectedRequest, Code: CodeBadHost}
	errBadOrigin = Fault{Status: http.StatusForbidden, Code: CodeBadOrigin}
)

// checkHost refuses a request for another host. Otherwise an attacker's host name
// that resolves to our address (DNS rebinding) would make the attacker's page
// same-origin with ours.
func (s site) checkHost(r *http.Request) error {
	if strings.ContainsAny(r.Host, "@/\\ \t\"'<>") {
		return Fault{Status: http.StatusBadRequest, Code: CodeBadHost}
	}
	if !s.serves(r.Host) {
		return errBadHost
	}
	return nil
}

// checkOrigin refuses an unsafe request that is not proven to come from one of our
// pages. It accepts the Origin of this site and, without an Origin, a browser
// that says same-origin. Browsers too old to send either are refused. The
// standard library's protection also refuses contradictory headers.
func (s site) checkOrigin(r *http.Request) error {
	var std http.CrossOriginProtection
	if err := std.Check(r); err != nil {
		return fmt.Errorf("%w: %w", errBadOrigin, err)
	}
	switch _, ok := r.Header["Origin"]; {
	case ok && s.sent(r):
		return nil
	case !ok && r.Header.Get("Sec-Fetch-Site") == "same-origin":
		return nil
	}
	return errBadOrigin
}

// ClientIP returns the address of the client: the peer of the connection or, if
// [Guard] trusts that peer as a proxy, the address that the proxy reports. It
// returns the /64 network of an IPv6 address, because one customer has that many
// addresses, and the zero Addr if the address is unknown.
func ClientIP(r *http.Request) netip.Addr {
	if ip, ok := r.Context().Value(clientIPKey).(netip.Addr); ok {
		return ip
	}
	return network(peer(r))
}

// peer returns the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// network returns the /64 of an IPv6 address, and other addresses as they are.
func network(ip netip.Addr) netip.Addr {
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip
}

// clientIP follows X-Forwarded-For from the right as long as the addresses are
// trusted proxies. What a client wrote to the left of them is ignored.
func clientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	ip := peer(r)
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, ip); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		ip = next.Unmap().WithZone("")
	}
	return network(ip)
}

func contains(ps []netip.Prefix, ip netip.Addr) bool {
	for _, p := range ps {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// remoteAddr returns the peer of a connection that has no request yet.
func remoteAddr(c net.Conn) (netip.Addr, error) {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}, errors.New("not an IP connection")
	}
	return network(ap.Addr().Unmap().WithZone("")), nil
}
