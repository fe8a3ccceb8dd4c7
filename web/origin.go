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

// ParsePublicURL parses the address under which browsers reach the program. It
// must be an origin, scheme and host and perhaps a port, and it must be https
// unless the host is this machine: session cookies over plain http are
// anybody's.
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

// Loopback reports whether host is a name or an address of this machine alone.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// A site is the origin that this program serves. The zero site matches
// nothing.
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

// serves reports whether host, as a Host header gives it, names this site.
// Upper case and the default port are accepted, nothing else is.
func (s site) serves(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ":"+s.port)
	return s.host != "" && host == s.host
}

// sent reports whether r carries exactly one Origin and that is this site.
func (s site) sent(r *http.Request) bool {
	o := r.Header["Origin"]
	return s.origin != "" && len(o) == 1 && o[0] == s.origin
}

var (
	errBadHost   = Fault{Status: http.StatusMisdirectedRequest, Code: CodeBadHost}
	errBadOrigin = Fault{Status: http.StatusForbidden, Code: CodeBadOrigin}
)

// checkHost refuses a request that is meant for another host. Without it a
// name that an attacker points at our address (DNS rebinding) makes his page
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

// checkOrigin refuses a request that may change something and does not
// provably come from a page of ours. It passes if Origin is this site, or if
// there is no Origin and the browser says same-origin; a browser too old to
// send either is refused. The standard library's protection is asked as well:
// it knows the combinations that contradict each other.
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

// ClientIP returns the address of the browser: the peer of the connection, or,
// if [Guard] was told to trust that peer as a proxy, what the proxy says. IPv6
// addresses stand for their /64, since one customer has that many. It returns
// the zero Addr if there is none.
func ClientIP(r *http.Request) netip.Addr {
	if ip, ok := r.Context().Value(clientIPKey).(netip.Addr); ok {
		return ip
	}
	return network(peer(r))
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func network(ip netip.Addr) netip.Addr {
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip
}

// clientIP walks X-Forwarded-For from the right for as long as the addresses
// are those of trusted proxies. Nothing a client writes to the left of them
// counts.
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

// remoteAddr is peer for a connection that has no request yet.
func remoteAddr(c net.Conn) (netip.Addr, error) {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}, errors.New("web: not an IP connection")
	}
	return network(ap.Addr().Unmap().WithZone("")), nil
}
