package team

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// worn is a life so short that the token is due for a refresh at once.
const worn = time.Nanosecond

// TestF06 has 50 users of one grant at expiry, some of whom hurry.
func TestF06(t *testing.T) {
	e := newEndpoint(t)
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)

	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			c := g.Credentials(ada)
			h, err := c.Authorization(t.Context())
			if i%5 == 0 { // these were refused with the old token a moment ago
				h, err = c.Renew(t.Context(), "Bearer AT-0")
			}
			if h != "Bearer AT-1" || err != nil {
				t.Errorf("header %q, error %v", h, err)
			}
		})
	}
	all.Wait()
	e.wantRequests("RT-0")
	if r := stored(t, db, ada); r.refresh != "RT-1" || r.intent {
		t.Errorf("stored %+v, want RT-1 without an intent", r)
	}
}

// TestF06Storm goes through many expiries of several members, with sign-ins
// and refusals in between.
func TestF06Storm(t *testing.T) {
	db := memory(t)
	members := []MemberID{ada, bob, {"111", "w1"}}
	endpoints := make([]*endpoint, len(members))
	byToken := refresh(func(ctx context.Context, rt string) (sipgate.Tokens, error) {
		i := int(rt[0] - '0')
		tokens, err := endpoints[i].oauth().Refresh(ctx, rt[1:])
		tokens.Refresh, tokens.Lifetime = rt[:1]+tokens.Refresh, worn
		return tokens, err
	})
	g := grantsOf(t, db, byToken)
	for i, m := range members {
		endpoints[i] = newEndpoint(t)
		put(t, g, m, "AT-0", string('0'+rune(i))+"RT-0", worn)
	}
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			c := g.Credentials(members[i%len(members)])
			for range 5 {
				if _, err := c.Authorization(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for i, m := range members {
		if _, reused := endpoints[i].seen(); reused {
			t.Errorf("%v: a refresh token was sent twice", m)
		}
		if r := stored(t, db, m); r.refresh[1:] != endpoints[i].newest {
			t.Errorf("%v: stored %s, sipgate wants %s", m, r.refresh[1:], endpoints[i].newest)
		}
	}
}

// TestF09 has the one who caused the refresh go away in the middle of it.
func TestF09(t *testing.T) {
	e := newEndpoint(t)
	arrived, gone := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)

	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := g.Credentials(ada).Authorization(ctx)
		result <- err
	}()
	<-arrived
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled in it", err)
	}
	close(gone)
	if h := header(t, g, ada); h != "Bearer AT-1" {
		t.Errorf("header %q", h)
	}
	e.wantRequests("RT-0")
	if r := stored(t, db, ada); r.refresh != "RT-1" {
		t.Errorf("stored %+v, want RT-1", r)
	}
}

// TestRefreshIsStoredFirst looks into the store the moment an access token is
// handed out, and before it.
func TestRefreshIsStoredFirst(t *testing.T) {
	db := memory(t)
	var read row
	at := func(point string) {
		if point == "reply read" {
			read = stored(t, db, ada)
		}
	}
	g, err := newGrants(db, testKey, newEndpoint(t).oauth(), logTo(t), at)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	put(t, g, ada, "AT-0", "RT-0", worn)
	h := header(t, g, ada)
	if r := stored(t, db, ada); h != "Bearer AT-1" || r.refresh != "RT-1" {
		t.Errorf("handed out %q while %q is stored", h, r.refresh)
	}
	if !read.intent || read.refresh != "RT-0" { // I2
		t.Errorf("between reply and commit the store had %+v, want RT-0 with an intent", read)
	}
}

// TestF21 closes the grants in the middle of a refresh.
func TestF21(t *testing.T) {
	e := newEndpoint(t)
	arrived, proceed := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	result := make(chan string)
	go func() {
		h, _ := g.Credentials(ada).Authorization(t.Context())
		result <- h
	}()
	<-arrived
	closed := make(chan bool)
	go func() { g.Close(); close(closed) }()
	<-g.closing
	select {
	case <-closed:
		t.Error("Close did not wait")
	default:
	}
	close(proceed)
	<-closed
	if h := <-result; h != "Bearer AT-1" {
		t.Errorf("header %q", h)
	}
	if r := stored(t, db, ada); r.refresh != "RT-1" {
		t.Errorf("stored %+v, want RT-1", r)
	}
	if h := header(t, g, bob); h != "Bearer AT-b" {
		t.Errorf("header %q of a good token after Close", h)
	}
	put(t, g, bob, "AT-b", "RT-b", worn)
	_, err := g.Credentials(bob).Authorization(t.Context())
	if wantKind(t, err, sipgate.Unavailable); !errors.Is(err, errClosed) {
		t.Errorf("error %v, want errClosed", err)
	}
	e.wantRequests("RT-0")
}

// TestF21GivesUp shows that Close takes 15 s at most.
func TestF21GivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := grantsOf(t, memory(t), refresh(func(ctx context.Context, _ string) (sipgate.Tokens, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // deaf
			return sipgate.Tokens{}, ctx.Err()
		}))
		put(t, g, ada, "AT-0", "RT-0", worn)
		time.Sleep(worn)
		go g.Credentials(ada).Authorization(t.Context())
		synctest.Wait()
		start := time.Now()
		g.Close()
		if took := time.Since(start); took != patience {
			t.Errorf("Close took %v", took)
		}
		time.Sleep(2 * time.Minute)
	})
}

func BenchmarkAuthorization(b *testing.B) {
	g := grantsOf(b, memory(b), newEndpoint(b).oauth())
	put(b, g, ada, "AT-0", "RT-0", time.Hour)
	c := g.Credentials(ada)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Authorization(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkRefresh measures all of a refresh but sipgate's answer: three
// commits, each of them synced.
func BenchmarkRefresh(b *testing.B) {
	g := grantsOf(b, memory(b), refresh(func(context.Context, string) (sipgate.Tokens, error) {
		return sipgate.Tokens{Access: "a", Refresh: "r", Lifetime: worn}, nil
	}))
	put(b, g, ada, "AT-0", "RT-0", worn)
	for b.Loop() {
		header(b, g, ada)
	}
}
