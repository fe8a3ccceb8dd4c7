package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
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
	host, err := asciiHost(u)
	if err != nil {
		return nil, fmt.Errorf("%q has no valid host name", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, nil
}

// asciiHost returns the host and port of u as browsers write them in Host and
// Origin: in lower case, and a name with other letters than those of ASCII in
// its ASCII form, xn--bro-hoa.example for büro.example.
func asciiHost(u *url.URL) (string, error) {
	host := strings.ToLower(u.Host)
	if strings.Trim(host, ascii) == "" {
		return host, nil
	}
	name, err := hostNames.ToASCII(u.Hostname())
	if err != nil {
		return "", err
	}
	if port := u.Port(); port != "" {
		return name + ":" + port, nil
	}
	return name, nil
}

// hostNames is idna.Lookup, and refuses names that are too long for the DNS.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// ascii are the characters of a host and a port that browsers do not rewrite.
const ascii = "abcdefghijklmnopqrstuvwxyz0123456789-._:[]%~!$&'()*+,;="

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
