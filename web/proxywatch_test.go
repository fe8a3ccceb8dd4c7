package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
)

// A watchedProgram is a Guard that watches how its proxy is set up. Whoever sends
// the cookie "member=…" is that member.
type watchedProgram struct {
	t     *testing.T
	guard http.Handler
	watch *web.ProxyWatch
	log   *journal
}

func newWatchedProgram(t *testing.T, trusted ...string) *watchedProgram {
	t.Helper()
	proxies, err := web.ParseProxies(trusted)
	if err != nil {
		t.Fatal(err)
	}
	p := &watchedProgram{t: t, log: &journal{}}
	p.watch = web.NewProxyWatch(p.log.logger(), appURL, proxies)
	o := web.GuardOptions{PublicURL: appURL, Proxies: proxies, ProxyWatch: p.watch, AnyHost: []string{"/healthz"}}
	p.guard = web.Guard(o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("member"); err == nil {
			web.Identified(r, c.Value)
		}
	}))
	return p
}

// get sends a request from an address with headers, "Name: value".
func (p *watchedProgram) get(from string, headers ...string) {
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.RemoteAddr = from + ":4711"
	for _, h := range headers {
		switch name, value, _ := strings.Cut(h, ": "); name {
		case "Host":
			r.Host = value
		case "Path":
			r.URL.Path = value
		default:
			r.Header.Add(name, value)
		}
	}
	p.guard.ServeHTTP(httptest.NewRecorder(), r)
}

// want checks what is found, as "fault address: line; line".
func (p *watchedProgram) want(when string, want ...string) {
	p.t.Helper()
	var got []string
	for _, f := range p.watch.Findings() {
		text := string(f.Fault) + " " + f.Proxy.String() + ":"
		for _, s := range f.Settings {
			text += " " + s.Line
		}
		got = append(got, text)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// logged checks how many lines the log has, and that the last has the texts.
func (p *watchedProgram) logged(when string, lines int, texts ...string) {
	p.t.Helper()
	all := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	if len(all) == 1 && all[0] == "" {
		all = nil
	}
	if len(all) != lines {
		p.t.Errorf("%s: %d lines in the log, want %d:\n%s", when, len(all), lines, p.log)
	}
	for _, text := range texts {
		if len(all) == 0 || !strings.Contains(all[len(all)-1], text) {
			p.t.Errorf("%s: %q is not in the last line of the log:\n%s", when, text, p.log)
		}
	}
}

const (
	anna, jonas = "Cookie: member=anna", "Cookie: member=jonas"
	dropped     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	forAnna     = "X-Forwarded-For: 203.0.113.1"
	forJonas    = "X-Forwarded-For: 203.0.113.2"
)

// A proxy that is not trusted is recognised by members whom it names: each an
// address of their own. No stranger, no visitor alone, and no proxy of the visitors can
// feign one.
func TestProxyThatIsNotTrustedIsRecognised(t *testing.T) {
	const found = "untrusted 10.0.0.5: --trusted-proxies=loopback,192.0.2.0/24,10.0.0.5"
	synctest.Test(t, func(t *testing.T) {
		p := newWatchedProgram(t, "loopback", "192.0.2.0/24")
		for i := range 1000 {
			p.get("10.0.0.5", fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i%250))                                       // strangers
			p.get("10.0.0.5", anna, fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i%250))                                 // one member
			p.get("198.51.100.7", fmt.Sprintf("Cookie: member=%d", i), fmt.Sprintf("X-Forwarded-For: 10.1.1.%d", i%250)) // an office with a proxy
			p.get("10.0.0.6", fmt.Sprintf("Cookie: member=%d", i), forAnna)                                              // all from one address, as before
			p.get("127.0.0.1", fmt.Sprintf("Cookie: member=%d", i), fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", i%250))
			p.get("10.0.0.7", fmt.Sprintf("Cookie: member=%d", i)) // without a proxy
		}
		p.want("without a second member")
		p.logged("without a second member", 0)
		p.get("10.0.0.5", jonas, forJonas)
		p.want("with a second member", found)
		p.logged("with a second member", 1, `"level":"WARN"`, "reverse proxy is not trusted", `"address":"10.0.0.5"`, `"Callboard":"--trusted-proxies=loopback,192.0.2.0/24,10.0.0.5"`)
		p.get("10.0.0.5", anna, forAnna)
		p.logged("later", 1)
		time.Sleep(59 * time.Minute)
		p.want("almost an hour later", found)
		time.Sleep(time.Minute)
		p.want("an hour later")
		p.get("10.0.0.5", anna, forAnna)
		p.want("one member again")
		p.get("10.0.0.5", jonas, forJonas)
		p.want("both again", found)
		p.logged("on the same day", 1)
		// In front of a proxy that is trusted, and of Forwarded.
		p.get("127.0.0.1", anna, forAnna+", 10.0.0.9")
		p.get("127.0.0.1", jonas, "Forwarded: for=203.0.113.2, for=10.0.0.9")
		p.want("a second one", found, "untrusted 10.0.0.9: --trusted-proxies=loopback,192.0.2.0/24,10.0.0.9")
		p.logged("a second one", 1)
		time.Sleep(24 * time.Hour)
		p.get("10.0.0.5", anna, forAnna)
		p.get("10.0.0.5", jonas, forJonas)
		p.logged("the next day", 2)
	})
}

// A proxy that drops the upgrade is recognised by a member's handshake. One member
// alone may have such a proxy on their side, where others come through.
func TestProxyThatDropsUpgradesIsRecognised(t *testing.T) {
	const found = `upgrade 127.0.0.1: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; ProxyPass … upgrade=websocket`
	passed := []string{dropped, "Upgrade: websocket", "Connection: keep-alive, Upgrade"}
	synctest.Test(t, func(t *testing.T) {
		p := newWatchedProgram(t, "loopback")
		p.get("127.0.0.1", dropped) // a stranger
		p.get("127.0.0.1", anna)
		p.get("127.0.0.1", append(passed, anna)...)
		p.want("well")
		p.get("127.0.0.1", anna, dropped)
		p.get("127.0.0.1", anna, "Sec-Fetch-Mode: websocket", "Upgrade: websocket")
		p.want("one member of several")
		p.get("127.0.0.1", jonas, dropped, "Connection: close")
		p.want("two members", found)
		p.logged("two members", 1, "reverse proxy drops upgrades to websockets", `"nginx":"proxy_http_version`, `"Apache":"ProxyPass`)
		p.get("127.0.0.1", append(passed, anna)...)
		p.want("mended")

		p = newWatchedProgram(t, "loopback")
		p.get("127.0.0.1", anna, "Sec-Fetch-Mode: websocket")
		p.want("nobody came through", found)
		time.Sleep(time.Hour)
		p.want("an hour later")
	})
}

// A proxy that changes the Host is recognised by what it and the pages say besides.
func TestProxyThatChangesHostIsRecognised(t *testing.T) {
	const found = "host 10.0.0.5: proxy_set_header Host $http_host; ProxyPreserveHost On"
	evidence := map[string][]string{
		"of Apache":      {"X-Forwarded-Host: other.example, app.example"},
		"Forwarded":      {`Forwarded: for=203.0.113.1;host="app.example";proto=https`},
		"a form":         {"Origin: https://app.example"},
		"a style sheet":  {"Sec-Fetch-Site: same-origin", "Referer: https://app.example/login"},
		"with a port":    {"X-Forwarded-Host: APP.example:443"},
		"of a handshake": {"Origin: https://app.example", dropped},
	}
	const wrong = "Host: 127.0.0.1:8080"
	for name, headers := range evidence {
		synctest.Test(t, func(t *testing.T) {
			p := newWatchedProgram(t, "loopback")
			send := func() { p.get("10.0.0.5", append(headers, wrong)...) }
			send()
			send()
			p.want(name + ", twice")
			send()
			p.want(name, found)
			p.logged(name, 1, "reverse proxy changes the header Host", `"nginx":"proxy_set_header Host $http_host;"`)
			p.get("10.0.0.5", headers...)
			p.want(name + ", mended")
			for range 10 {
				send() // a stranger, where the proxy is set up well
			}
			p.want(name + ", forged")
			time.Sleep(15 * time.Minute)
			send()
			p.want(name+", changed", found)
			p.logged(name, 1)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := newWatchedProgram(t, "loopback")
		for range 10 {
			for name, headers := range evidence {
				p.get("198.51.100.7", append(headers, wrong)...)
				p.want(name + " of a stranger")
			}
			p.get("10.0.0.5", wrong)
			p.get("10.0.0.5", wrong, "Origin: https://other.example", "Referer: https://app.example/")
			p.get("10.0.0.5", wrong, "Path: /healthz", "X-Forwarded-Host: app.example")
			p.want("without evidence")
		}
	})
}

// However many addresses and names strangers and members send, little is remembered
// and logged.
func TestProxyWatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWatchedProgram(t, "loopback")
		for i := range 2000 {
			from := fmt.Sprintf("10.0.%d.%d", i/250, i%250)
			for n := range 3 {
				p.get(from, fmt.Sprintf("Cookie: member=%d", n), dropped, fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", n))
				p.get(from, "Host: other.example", "X-Forwarded-Host: app.example")
			}
		}
		if n := len(p.watch.Findings()); n == 0 || n > 100 {
			t.Errorf("%d findings", n)
		}
		p.logged("after all", 3)
	})
}
