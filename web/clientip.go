package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the reverse proxies that are believed: what one of them reports
// as its client's address counts. The zero value believes none.
type Proxies []netip.Prefix

// namedProxies are networks that have a name: this machine, and those that are not
// routed in the internet (RFC 1918, RFC 4193).
var namedProxies = map[string]Proxies{
	"none":     nil,
	"loopback": {netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	"private": {netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("fc00::/7")},
}

// ParseProxies parses addresses and networks, such as 127.0.0.1, 10.0.0.0/8 and
// fd00::/8, and the names "loopback", "private" and "none".
func ParseProxies(list []string) (Proxies, error) {
	var ps Proxies
	for _, s := range list {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if named, ok := namedProxies[s]; ok {
			ps = append(ps, named...)
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			ip, ok := parseHop(s)
			if !ok || strings.Contains(s, "/") {
				return nil, fmt.Errorf("%q is not an address or network such as 127.0.0.1 or 10.0.0.0/8, nor loopback, private or none", s)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if ip := p.Addr(); ip.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
		}
		ps = append(ps, p.Masked())
	}
	return ps, nil
}

// believe reports whether ip is one of the proxies.
func (ps Proxies) believe(ip netip.Addr) bool {
	for _, p := range ps {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// with returns the value of --trusted-proxies that believes ip as well.
func (ps Proxies) with(ip netip.Addr) string {
	var all []string
	for _, name := range []string{"loopback", "private"} {
		if named := namedProxies[name]; !slices.ContainsFunc(named, ps.lacks) {
			all = append(all, name)
			ps = slices.DeleteFunc(slices.Clone(ps), func(p netip.Prefix) bool { return !named.lacks(p) })
		}
	}
	for _, p := range ps {
		if p.IsSingleIP() {
			all = append(all, p.Addr().String())
		} else {
			all = append(all, p.String())
		}
	}
	return strings.Join(append(all, ip.String()), ",")
}

func (ps Proxies) lacks(p netip.Prefix) bool { return !slices.Contains(ps, p) }

// client returns the address of the visitor of a request that came from peer with headers. It follows the hops from
// the right as long as the addresses are believed proxies. What stands to the left
// of the visitor's address comes from the visitor and is ignored, as is everything
// to the left of an entry that is not an address. Reported is the next of the ignored
// addresses, or the zero Addr.
func (ps Proxies) client(peer netip.Addr, h http.Header) (ip, reported netip.Addr) {
	ip = peer
	hops := forwardedFor(h)
	for i := len(hops) - 1; i >= 0; i-- {
		next, ok := parseHop(hops[i])
		if !ok {
			break
		}
		if !ps.believe(ip) {
			return ip, next
		}
		ip = next
	}
	return ip, netip.Addr{}
}

// forwardedFor returns the hops that the headers name, the visitor's first. Forwarded
// (RFC 7239) counts only without X-Forwarded-For: a proxy writes one of them, and
// passes on the other as the visitor wrote it.
func forwardedFor(h http.Header) (hops []string) {
	if lines := h["X-Forwarded-For"]; len(lines) > 0 {
		return strings.Split(strings.Join(lines, ","), ",")
	}
	if len(h["Forwarded"]) == 0 {
		return nil
	}
	for element := range strings.SplitSeq(strings.Join(h["Forwarded"], ","), ",") {
		hop := "" // no address: the hops before it do not count
		for pair := range strings.SplitSeq(element, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(name, "for") {
				hop = value
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// parseHop parses an address with or without port, brackets and quotes, in the
// spellings of nginx, Caddy, Apache, IIS and load balancers.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plainAddr(ap.Addr()), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			s = inner
		}
	}
	ip, err := netip.ParseAddr(s)
	return plainAddr(ip), err == nil
}

// plainAddr returns ip without a zone, and an IPv4 address as such.
func plainAddr(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// ClientIP returns the address of the visitor: the peer of the connection or, if
// [Guard] believes that peer as a proxy, the address that the proxy reports. It
// returns the zero Addr if the address is unknown.
func ClientIP(r *http.Request) netip.Addr {
	if v := visitOf(r.Context()); v != nil {
		return v.ip
	}
	return peer(r)
}

// ClientNetwork returns what limits count by: the address of the visitor or,
// because one customer has that many addresses, its /64 network if it is an IPv6
// address.
func ClientNetwork(r *http.Request) netip.Addr { return network(ClientIP(r)) }

// peer returns the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plainAddr(ap.Addr())
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

// remoteAddr returns the peer of a connection that has no request yet.
func remoteAddr(c net.Conn) (netip.Addr, error) {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}, errors.New("not an IP connection")
	}
	return plainAddr(ap.Addr()), nil
}
