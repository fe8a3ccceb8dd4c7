package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A ProxyFault is a mistake in how the reverse proxy in front of the program is set
// up.
type ProxyFault string

// The mistakes that a [ProxyWatch] recognises.
const (
	ProxyNotTrusted    ProxyFault = "untrusted" // its address is that of all visitors
	ProxyDropsUpgrades ProxyFault = "upgrade"   // no websocket comes through
	ProxyChangesHost   ProxyFault = "host"      // nothing comes through
)

// A ProxyFinding is a fault that requests show, and the setting that mends it.
type ProxyFinding struct {
	Fault ProxyFault
	Proxy netip.Addr // where these requests come from
	// Settings are lines by the name of the program that they are for.
	Settings []ProxySetting
}

// A ProxySetting is a line for the settings of a program.
type ProxySetting struct{ Program, Line string }

// proxySettings mend what is wrong at the proxy.
var proxySettings = map[ProxyFault][]ProxySetting{
	ProxyDropsUpgrades: {{"nginx", `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`},
		{"Apache", "ProxyPass … upgrade=websocket"}},
	ProxyChangesHost: {{"nginx", "proxy_set_header Host $http_host;"}, {"Apache", "ProxyPreserveHost On"}},
}

// proxyMessages are the texts of the log.
var proxyMessages = map[ProxyFault]string{
	ProxyNotTrusted:    "reverse proxy is not trusted",
	ProxyDropsUpgrades: "reverse proxy drops upgrades to websockets",
	ProxyChangesHost:   "reverse proxy changes the header Host",
}

const (
	// proxyWindow is for how long a request counts as evidence.
	proxyWindow = time.Hour
	// proxyQuiet is for how long a proxy that passed on the Host must not have done
	// so before it is said to change it, and proxyRun is how many requests in a row
	// must show that.
	proxyQuiet = 15 * time.Minute
	proxyRun   = 3
	// proxyLogEvery is how often one fault is logged at most.
	proxyLogEvery = 24 * time.Hour
	// maxProxies bounds the addresses that are watched, less than 1 KiB each.
	maxProxies = 100
)

// A ProxyWatch recognises from the requests that a [Guard] answers whether the
// reverse proxy in front of it is set up wrongly. It logs each fault once a day.
//
// It must not be fooled. What a stranger sends is no evidence that a proxy is not
// trusted or drops upgrades: only requests with a session are, and of those that name
// other visitors, two members must have sent some. One visitor can write any number of
// addresses into X-Forwarded-For, but has one membership. A proxy that changes the
// Host lets nobody sign in. So there the request must come from a proxy or a private
// network, name the public address besides, and come where no request has the right
// Host; a stranger behind a proxy that is set up well is contradicted by everybody
// else. All that is remembered is bounded.
type ProxyWatch struct {
	log     *slog.Logger
	trusted Proxies
	site    site

	mu     sync.Mutex
	seen   *simplelru.LRU[proxyWay, *proxyEvidence]
	logged map[ProxyFault]time.Time
}

// A proxyWay is what may be wrong with requests from an address. The Host of
// handshakes counts apart: at nginx, a location with headers of its own loses the
// others.
type proxyWay struct {
	fault     ProxyFault
	from      netip.Addr
	handshake bool
}

// A proxyEvidence is what requests have shown on one way.
type proxyEvidence struct {
	right, wrong time.Time // the last requests without and with the mistake
	run          int       // wrong ones since a right one
	who          string    // the member of the first of them, "" if that is not known
	reported     netip.Addr
	faulty       bool
}

// NewProxyWatch returns a ProxyWatch for a program at a public address that trusts
// some proxies.
func NewProxyWatch(log *slog.Logger, public *url.URL, trusted Proxies) *ProxyWatch {
	seen, _ := simplelru.NewLRU[proxyWay, *proxyEvidence](maxProxies, nil) // fails only for a size below 1
	return &ProxyWatch{log: logger(log), trusted: trusted, site: newSite(public), seen: seen, logged: map[ProxyFault]time.Time{}}
}

// Findings returns what is wrong now. A fault is over with the first request that
// shows the contrary, and otherwise an hour after the last one that shows it.
func (p *ProxyWatch) Findings() (all []ProxyFinding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, way := range p.seen.Keys() {
		e, _ := p.seen.Peek(way)
		f := p.finding(way)
		same := func(x ProxyFinding) bool { return x.Fault == f.Fault && x.Proxy == f.Proxy }
		if e.faulty && time.Since(e.wrong) < proxyWindow && !slices.ContainsFunc(all, same) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b ProxyFinding) int {
		if a.Fault != b.Fault {
			return strings.Compare(string(a.Fault), string(b.Fault))
		}
		return a.Proxy.Compare(b.Proxy)
	})
	return all
}

func (p *ProxyWatch) finding(way proxyWay) ProxyFinding {
	f := ProxyFinding{Fault: way.fault, Proxy: way.from, Settings: proxySettings[way.fault]}
	if way.fault == ProxyNotTrusted {
		f.Settings = []ProxySetting{{"Callboard", "--trusted-proxies=" + p.trusted.with(way.from)}}
	}
	return f
}

// note takes from a request that was answered what it shows.
func (p *ProxyWatch) note(r *http.Request, v *visit) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	member, known := v.member()
	from, handshake := v.peer, isHandshake(r)
	if p.trusted.believe(from) || from.IsPrivate() || from.IsLoopback() {
		if p.site.serves(r.Host) {
			p.right(proxyWay{ProxyChangesHost, from, handshake})
		} else if p.namesSite(r) {
			p.wrongHost(proxyWay{ProxyChangesHost, from, handshake})
		}
	}
	if known && handshake {
		if way := (proxyWay{ProxyDropsUpgrades, from, true}); hasUpgrade(r) {
			p.right(way)
		} else {
			p.dropped(way, member)
		}
	}
	if known && member != "" && v.reported.IsValid() {
		p.forwarded(proxyWay{fault: ProxyNotTrusted, from: v.ip}, member, network(v.reported))
	}
}

// right notes that a request came as it should.
func (p *ProxyWatch) right(way proxyWay) {
	*p.evidence(way) = proxyEvidence{right: time.Now()}
}

// wrongHost notes a request with a Host that is not the public one.
func (p *ProxyWatch) wrongHost(way proxyWay) {
	e := p.evidence(way)
	e.wrong = time.Now()
	e.run++
	if e.run >= proxyRun && (e.right.IsZero() || time.Since(e.right) >= proxyQuiet) {
		p.raise(way, e)
	}
}

// dropped notes a handshake without its upgrade. Where others came through, two
// members must be without: one alone may sit behind a proxy of their own.
func (p *ProxyWatch) dropped(way proxyWay, member string) {
	e := p.evidence(way)
	e.wrong = time.Now()
	if e.run == 0 {
		e.who = member
	}
	e.run++
	if e.right.IsZero() || e.who != member {
		p.raise(way, e)
	}
}

// forwarded notes a member's request whose headers name a visitor who is not
// believed. Visitors have proxies as well, whose clients have private addresses: such
// a proxy comes from a public one.
func (p *ProxyWatch) forwarded(way proxyWay, member string, reported netip.Addr) {
	if inside := func(ip netip.Addr) bool { return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() }; inside(reported) && !inside(way.from) {
		return
	}
	e := p.evidence(way)
	if e.wrong.IsZero() || time.Since(e.wrong) >= proxyWindow {
		*e = proxyEvidence{who: member, reported: reported}
	}
	e.wrong = time.Now()
	if e.who != member && e.reported != reported {
		p.raise(way, e)
	}
}

func (p *ProxyWatch) evidence(way proxyWay) *proxyEvidence {
	e, ok := p.seen.Get(way)
	if !ok {
		e = &proxyEvidence{}
		p.seen.Add(way, e)
	}
	return e
}

// raise makes a way faulty, and logs that unless it did so lately.
func (p *ProxyWatch) raise(way proxyWay, e *proxyEvidence) {
	e.faulty = true
	if last, ok := p.logged[way.fault]; ok && time.Since(last) < proxyLogEvery {
		return
	}
	p.logged[way.fault] = time.Now()
	attrs := []any{"address", way.from.String()}
	for _, s := range p.finding(way).Settings {
		attrs = append(attrs, s.Program, s.Line)
	}
	p.log.Warn(proxyMessages[way.fault], attrs...)
}

// namesSite reports whether the browser asked for our public address, whatever the
// Host of r is now: a proxy says so, or the page that r comes from. Pages of other
// sites cannot write these headers.
func (p *ProxyWatch) namesSite(r *http.Request) bool {
	for host := range strings.SplitSeq(strings.Join(r.Header["X-Forwarded-Host"], ","), ",") {
		if p.site.serves(strings.TrimSpace(host)) {
			return true
		}
	}
	for pair := range strings.FieldsFuncSeq(strings.Join(r.Header["Forwarded"], ","), func(c rune) bool { return c == ',' || c == ';' }) {
		if name, host, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(name, "host") && p.site.serves(strings.Trim(host, `"`)) {
			return true
		}
	}
	from, err := url.Parse(r.Referer())
	return p.site.sent(r) || r.Header.Get("Sec-Fetch-Site") == "same-origin" && err == nil && newSite(from).origin == p.site.origin
}

// isHandshake reports whether a browser meant r to become a websocket.
func isHandshake(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.Header.Get("Sec-WebSocket-Key") != "" || r.Header.Get("Sec-Fetch-Mode") == "websocket")
}

// hasUpgrade reports whether r asks for a websocket in the headers that a proxy does
// not pass on by itself.
func hasUpgrade(r *http.Request) bool {
	has := func(name, token string) bool {
		for value := range strings.SplitSeq(strings.Join(r.Header[name], ","), ",") {
			if strings.EqualFold(strings.TrimSpace(value), token) {
				return true
			}
		}
		return false
	}
	return has("Upgrade", "websocket") && has("Connection", "upgrade")
}
