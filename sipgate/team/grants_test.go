package team

import (
	"context"
	"errors"
	"slices"
	"strings"
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
	members := []Member{ada, bob, {"111", "w1"}}
	endpoints := make([]*endpoint, len(members))
	byToken := refresh(func(ctx context.Context, rt string) (sipgate.Tokens, error) {
		i := int(rt[0] - '0')
		tokens, err := endpoints[i].oauth().Refresh(ctx, rt[1:])
		tokens.Refresh, tokens.Life = rt[:1]+tokens.Refresh, worn
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

// TestRefreshAhead shows that a refresh begins 60 s before the access token
// dies, or at the last fifth of a shorter life, and not by itself.
func TestRefreshAhead(t *testing.T) {
	for _, test := range []struct{ life, first time.Duration }{
		{300 * time.Second, 240 * time.Second},
		{1 * time.Hour, 59 * time.Minute},
		{100 * time.Second, 80 * time.Second},
		{0, 240 * time.Second}, // sipgate's usual life
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			g := grantsOf(t, memory(t), refresh(func(context.Context, string) (sipgate.Tokens, error) {
				n++
				return sipgate.Tokens{Access: "new", Refresh: "new"}, nil
			}))
			put(t, g, ada, "old", "old", test.life)
			time.Sleep(test.first - time.Millisecond)
			if h := header(t, g, ada); h != "Bearer old" || n != 0 {
				t.Errorf("life %v: %q after %d refreshes, too early", test.life, h, n)
			}
			time.Sleep(time.Millisecond)
			if h := header(t, g, ada); h != "Bearer new" || n != 1 {
				t.Errorf("life %v: %q after %d refreshes, too late", test.life, h, n)
			}
		})
	}
}

// TestWaitersLeave shows that a caller waits for 15 s, and then takes the old
// token if it still lives; and that the refresh goes on.
func TestWaitersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan bool)
		g := grantsOf(t, memory(t), refresh(func(context.Context, string) (sipgate.Tokens, error) {
			<-answer // longer than any time limit
			return sipgate.Tokens{Access: "new", Refresh: "new", Life: 300 * time.Second}, nil
		}))
		put(t, g, ada, "old", "old", 300*time.Second)
		time.Sleep(250 * time.Second)

		start := time.Now()
		if h := header(t, g, ada); h != "Bearer old" || time.Since(start) != patience {
			t.Errorf("%q after %v, want the old token after 15 s", h, time.Since(start))
		}
		time.Sleep(50 * time.Second) // the old one is dead
		start = time.Now()
		_, err := g.Credentials(ada).Authorization(t.Context())
		wantKind(t, err, sipgate.Unavailable)
		if time.Since(start) != patience {
			t.Errorf("waited %v, want 15 s", time.Since(start))
		}
		close(answer)
		synctest.Wait()
		if h := header(t, g, ada); h != "Bearer new" {
			t.Errorf("%q after all", h)
		}
	})
}

// TestTokenRequestLimit shows that a token request ends after 10 s, that the
// next one waits longer each time, and that the old token serves meanwhile.
func TestTokenRequestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		g := grantsOf(t, memory(t), refresh(func(ctx context.Context, _ string) (sipgate.Tokens, error) {
			n++
			<-ctx.Done()
			return sipgate.Tokens{}, &sipgate.OAuthError{Op: "refresh", MayHaveArrived: true, Err: ctx.Err()}
		}))
		put(t, g, ada, "old", "old", 300*time.Second)
		time.Sleep(240 * time.Second)
		start := time.Now()
		if h := header(t, g, ada); h != "Bearer old" || time.Since(start) != reach {
			t.Errorf("%q after %v, want the old token after 10 s", h, time.Since(start))
		}
		time.Sleep(50 * time.Second)
		for range 600 { // 10 minutes of polling, each second
			_, err := g.Credentials(ada).Authorization(t.Context())
			wantKind(t, err, sipgate.Unavailable)
			time.Sleep(time.Second)
		}
		if n > 30 {
			t.Errorf("%d token requests in 10 minutes", n)
		}
		if s := g.State(ada); s != StateOK {
			t.Errorf("state %v: an outage must log nobody out", s)
		}
	})
}

// TestF35 shows that the life of a token is measured by the monotonic clock:
// nothing else of a time is compared.
func TestF35(t *testing.T) {
	g := grantsOf(t, memory(t), newEndpoint(t).oauth())
	put(t, g, ada, "AT-0", "RT-0", time.Minute)
	if at := g.grants[ada].received.String(); !strings.Contains(at, " m=") {
		t.Errorf("received at %s, without a monotonic reading", at)
	}
	put(t, g, ada, "AT-0", "RT-0", worn)
	header(t, g, ada)
	if at := g.grants[ada].received.String(); !strings.Contains(at, " m=") {
		t.Errorf("refreshed at %s, without a monotonic reading", at)
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
	wantKind(t, err, sipgate.Unavailable)
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

// TestD12 shows that two accounts have different people of the same id.
func TestD12(t *testing.T) {
	g := grantsOf(t, memory(t), newEndpoint(t).oauth())
	put(t, g, ada, "AT-a", "RT-a", time.Hour)
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	if a, b := header(t, g, ada), header(t, g, bob); a != "Bearer AT-a" || b != "Bearer AT-b" {
		t.Errorf("headers %q and %q", a, b)
	}
	for _, m := range []Member{{"", "w0"}, {"111", ""}} {
		if g.Put(t.Context(), m, sipgate.Tokens{Access: "a", Refresh: "r"}) == nil {
			t.Errorf("took a grant of %q", m)
		}
	}
	for _, tokens := range []sipgate.Tokens{{Access: "a"}, {Refresh: "r"}} {
		if g.Put(t.Context(), ada, tokens) == nil {
			t.Error("took half a grant")
		}
	}
}

func TestMembersAndDrop(t *testing.T) {
	e := newEndpoint(t)
	g := grantsOf(t, memory(t), e.oauth())
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	put(t, g, ada, "AT-0", "RT-0", worn)

	members, err := g.Members(t.Context())
	if !slices.Equal(members, []Member{ada, bob}) || err != nil {
		t.Errorf("members %v, error %v", members, err)
	}
	// Drop waits for the refresh and so returns the token that works.
	arrived, proceed := e.hold()
	go g.Credentials(ada).Authorization(t.Context())
	<-arrived
	dropped := make(chan string)
	go func() {
		rt, err := g.Drop(t.Context(), ada)
		if err != nil {
			t.Error(err)
		}
		dropped <- rt
	}()
	close(proceed)
	if rt := <-dropped; rt != "RT-1" {
		t.Errorf("dropped %q, want the newest", rt)
	}
	_, err = g.Credentials(ada).Authorization(t.Context())
	wantKind(t, err, sipgate.Unauthorized)
	if members, _ := g.Members(t.Context()); !slices.Equal(members, []Member{bob}) {
		t.Errorf("members %v", members)
	}
	if rt, err := g.Drop(t.Context(), ada); rt != "" || err != nil {
		t.Errorf("dropped %q again, error %v", rt, err)
	}
	put(t, g, ada, "AT-2", "RT-2", time.Hour)
	if h := header(t, g, ada); h != "Bearer AT-2" {
		t.Errorf("header %q after signing in again", h)
	}
}

// TestDropDuringRefresh has a sign-out that does not wait, and a sign-in right
// after it: the late refresh of the old grant touches nothing of the new one.
func TestDropDuringRefresh(t *testing.T) {
	e := newEndpoint(t)
	arrived, proceed := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)
	result := make(chan error)
	go func() {
		_, err := g.Credentials(ada).Authorization(t.Context())
		result <- err
	}()
	<-arrived
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Drop(hurry, ada); err == nil {
		t.Error("dropped without having looked")
	}
	if _, err := g.store.drop(t.Context(), ada, stored(t, db, ada).generation); err != nil {
		t.Fatal(err)
	}
	delete(g.grants, ada)
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	wantKind(t, <-result, sipgate.Unauthorized)
	if h := header(t, g, ada); h != "Bearer AT-new" || stored(t, db, ada).refresh != "RT-new" {
		t.Errorf("%q and %q after a late refresh", h, stored(t, db, ada).refresh)
	}
	e.wantRequests("RT-0")
}

// TestPutDuringRefresh has a sign-in while the old grant is being refreshed.
func TestPutDuringRefresh(t *testing.T) {
	e := newEndpoint(t)
	arrived, proceed := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)
	result := make(chan string)
	go func() {
		h, _ := g.Credentials(ada).Authorization(t.Context())
		result <- h
	}()
	<-arrived
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	if h := <-result; h != "Bearer AT-new" {
		t.Errorf("waiter got %q", h)
	}
	if rt := stored(t, db, ada).refresh; rt != "RT-new" {
		t.Errorf("stored %q, want the token of the sign-in", rt)
	}
	e.wantRequests("RT-0")
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
		return sipgate.Tokens{Access: "a", Refresh: "r", Life: worn}, nil
	}))
	put(b, g, ada, "AT-0", "RT-0", worn)
	for b.Loop() {
		header(b, g, ada)
	}
}
