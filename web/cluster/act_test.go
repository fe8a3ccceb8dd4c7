package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A platform counts the requests that reach it.
type platform struct {
	*httptest.Server
	requests atomic.Int64
}

func newPlatform(t *testing.T) *platform {
	p := &platform{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.requests.Add(1)
		io.Copy(w, r.Body)
	}))
	t.Cleanup(p.Close)
	return p
}

func post(ctx context.Context, t *testing.T, via http.RoundTripper, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := via.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

// A node stops while others still believe in its lease. The clocks of the two may differ
// by a quarter.
func TestANodeStopsBeforeOthersBegin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	n := r.startAt(newLink(r), Options{Renew: time.Hour})
	r.claim(n, "one")
	p := newPlatform(t)
	via := n.Transport(p.Client().Transport, "one")
	if err := post(t.Context(), t, via, p.URL); err != nil {
		t.Fatal(err)
	}
	n.clock.ahead.Store(int64(leaseTime*3/4 - time.Second))
	if err := post(t.Context(), t, via, p.URL); err != nil {
		t.Errorf("just before the end of trust: %v", err)
	}
	n.clock.ahead.Store(int64(leaseTime * 3 / 4))
	traced := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn:          func(string) { traced++ },
		WroteHeaderField: func(string, []string) { t.Error("a header was written") },
	})
	err := post(ctx, t, via, p.URL)
	after, again := RetryAfter(err)
	if !errors.Is(err, ErrNoLease) || !again || after != 3*time.Second {
		t.Errorf("at the end of trust: %v, again %v after %v", err, again, after)
	}
	same(t, "connections asked for", traced, 1)
	same(t, "requests", p.requests.Load(), 2)
	same(t, "refused", n.Counts().Refused, 1)
	nodes, err := n.Nodes(t.Context())
	if err != nil || !nodes[0].Live {
		t.Errorf("for others: %+v, %v", nodes, err)
	}
}

// A request that was checked, and then waits for its connection until the lease has run
// out, is not sent: neither on a new connection nor on one that was kept.
func TestARequestIsCheckedAgainWhenItIsWritten(t *testing.T) {
	r := newRig(t)
	n := r.startAt(newLink(r), Options{Renew: time.Hour})
	r.claim(n, "one")
	p := newPlatform(t)
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.clock.ahead.Store(int64(leaseTime)) // as if the process had been stopped here
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	base := &http.Transport{DialContext: dial}
	defer base.CloseIdleConnections()
	client := &http.Client{Transport: base}
	n.Guard(client)
	via := client.Transport
	ctx := WithTeam(t.Context(), "one")
	if err := post(ctx, t, via, p.URL); !errors.Is(err, ErrNoLease) {
		t.Errorf("new connection: %v", err)
	}
	same(t, "requests", p.requests.Load(), 0)

	n.clock.ahead.Store(0)
	base.DialContext = n.Dial((&net.Dialer{}).DialContext)
	kept := make(chan error, 1)
	if err := post(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{PutIdleConn: func(err error) { kept <- err }}), t, via, p.URL); err != nil {
		t.Fatal(err)
	}
	if err := <-kept; err != nil {
		t.Fatal(err)
	}
	var reused []bool // the transport tries a new connection after the kept one
	stopped := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		reused = append(reused, i.Reused)
		n.clock.ahead.Store(int64(leaseTime))
	}})
	if err := post(stopped, t, via, p.URL); !errors.Is(err, ErrNoLease) {
		t.Errorf("kept connection: %v", err)
	}
	same(t, "kept", reused[0], true)
	same(t, "requests", p.requests.Load(), 1)
}

// A team's requests go out at its home only. Those of no team need a lease.
func TestTransportKnowsTheTeam(t *testing.T) {
	r := newRig(t)
	a, b := r.start(), r.start()
	r.claim(a, "one")
	p := newPlatform(t)
	via := b.Transport(p.Client().Transport, "")
	if err := post(WithTeam(t.Context(), "one"), t, via, p.URL); !errors.Is(err, ErrElsewhere) {
		t.Errorf("a team elsewhere: %v", err)
	}
	if err := post(t.Context(), t, via, p.URL); err != nil {
		t.Errorf("no team: %v", err)
	}
	b.clock.ahead.Store(int64(time.Hour))
	b.link.set(linkCut)
	b.lease.renewed.Store(&instant{})
	if err := post(t.Context(), t, via, p.URL); !errors.Is(err, ErrNoLease) {
		t.Errorf("no team, no lease: %v", err)
	}
	same(t, "requests", p.requests.Load(), 1)
}

// Without a clock that runs on while the machine is suspended, the wall clock ends the
// lease, too, and never lengthens it.
func TestTwoClocks(t *testing.T) {
	var at instant
	l := lease{clock: func() instant { return at }, trust: 6 * time.Second}
	l.renewed.Store(&instant{})
	for _, c := range []struct {
		name string
		at   instant
		held bool
	}{
		{"soon", instant{5 * time.Second, 5 * time.Second}, true},
		{"late", instant{6 * time.Second, 6 * time.Second}, false},
		{"suspended", instant{time.Second, time.Hour}, false},
		{"wall clock set back", instant{5 * time.Second, -time.Hour}, true},
		{"wall clock set back, late", instant{6 * time.Second, -time.Hour}, false},
	} {
		if at = c.at; l.held() != c.held {
			t.Errorf("%s: held %v", c.name, !c.held)
		}
	}
	before := readClocks()
	if readClocks().since(before) < 0 || readClock().since(readClock()) > time.Second {
		t.Error("the clocks do not run")
	}
}
