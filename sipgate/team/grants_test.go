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

// expired is a lifetime so short that the access token needs a refresh at once.
const expired = time.Nanosecond

// TestConcurrentCallersShareOneRefresh has 50 callers use one grant when its
// access token expires, some of whom report the old one as refused.
func TestConcurrentCallersShareOneRefresh(t *testing.T) {
	e := newTokenEndpoint(t)
	db := newGrantsDB(t)
	g := openGrants(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", expired)

	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			c := g.Credentials(ada)
			h, err := c.Authorization(t.Context())
			if i%5 == 0 { // the old token was refused
				h, err = c.Renew(t.Context(), "Bearer AT-0")
			}
			if h != "Bearer AT-1" || err != nil {
				t.Errorf("header %q, error %v", h, err)
			}
		})
	}
	all.Wait()
	e.wantRequests("RT-0")
	if r := stored(t, db, ada); r.refreshToken != "RT-1" || r.refreshing {
		t.Errorf("stored %+v, want RT-1 and no refresh in progress", r)
	}
}

// TestRefreshTokensAreUsedOnce lets the access tokens of several members expire
// again and again while many callers use them.
func TestRefreshTokensAreUsedOnce(t *testing.T) {
	db := newGrantsDB(t)
	members := []MemberID{ada, bob, {"111", "w1"}}
	endpoints := make([]*tokenEndpoint, len(members))
	byToken := refresherFunc(func(ctx context.Context, rt string) (sipgate.Tokens, error) {
		i := int(rt[0] - '0')
		tokens, err := endpoints[i].oauth().Refresh(ctx, rt[1:])
		tokens.Refresh, tokens.Lifetime = rt[:1]+tokens.Refresh, expired
		return tokens, err
	})
	g := openGrants(t, db, byToken)
	for i, m := range members {
		endpoints[i] = newTokenEndpoint(t)
		put(t, g, m, "AT-0", string('0'+rune(i))+"RT-0", expired)
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
		if _, reused := endpoints[i].received(); reused {
			t.Errorf("%v: a refresh token was sent twice", m)
		}
		if r := stored(t, db, m); r.refreshToken[1:] != endpoints[i].newest {
			t.Errorf("%v: stored %s, sipgate wants %s", m, r.refreshToken[1:], endpoints[i].newest)
		}
	}
}

// TestRefreshOutlivesItsCaller cancels the caller who started a refresh.
func TestRefreshOutlivesItsCaller(t *testing.T) {
	e := newTokenEndpoint(t)
	arrived, proceed := e.block()
	db := newGrantsDB(t)
	g := openGrants(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", expired)

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
	close(proceed)
	if h := header(t, g, ada); h != "Bearer AT-1" {
		t.Errorf("header %q", h)
	}
	e.wantRequests("RT-0")
	if r := stored(t, db, ada); r.refreshToken != "RT-1" {
		t.Errorf("stored %+v, want RT-1", r)
	}
}

// TestRefreshIsStoredFirst shows that a refresh token is stored before any caller
// gets the access token, and that its start is stored before the request.
func TestRefreshIsStoredFirst(t *testing.T) {
	db := newGrantsDB(t)
	var read storedGrant
	checkpoint := func(name string) {
		if name == "reply read" {
			read = stored(t, db, ada)
		}
	}
	g, err := newGrants(db, testKey, newTokenEndpoint(t).oauth(), testLogger(t), checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	put(t, g, ada, "AT-0", "RT-0", expired)
	h := header(t, g, ada)
	if r := stored(t, db, ada); h != "Bearer AT-1" || r.refreshToken != "RT-1" {
		t.Errorf("handed out %q while %q is stored", h, r.refreshToken)
	}
	if !read.refreshing || read.refreshToken != "RT-0" {
		t.Errorf("between response and commit %+v was stored, want RT-0 with a refresh in progress", read)
	}
}

// TestCloseWaitsForRefreshes closes the grants in the middle of a refresh.
func TestCloseWaitsForRefreshes(t *testing.T) {
	e := newTokenEndpoint(t)
	arrived, proceed := e.block()
	db := newGrantsDB(t)
	g := openGrants(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", expired)
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
	if r := stored(t, db, ada); r.refreshToken != "RT-1" {
		t.Errorf("stored %+v, want RT-1", r)
	}
	if h := header(t, g, bob); h != "Bearer AT-b" {
		t.Errorf("header %q of a valid token after Close", h)
	}
	put(t, g, bob, "AT-b", "RT-b", expired)
	_, err := g.Credentials(bob).Authorization(t.Context())
	if wantKind(t, err, sipgate.Unavailable); !errors.Is(err, errClosed) {
		t.Errorf("error %v, want errClosed", err)
	}
	e.wantRequests("RT-0")
}

// TestCloseTimeout shows that Close takes 15 s at most.
func TestCloseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openGrants(t, newGrantsDB(t), refresherFunc(func(ctx context.Context, _ string) (sipgate.Tokens, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // ignores its context
			return sipgate.Tokens{}, ctx.Err()
		}))
		put(t, g, ada, "AT-0", "RT-0", expired)
		time.Sleep(expired)
		go g.Credentials(ada).Authorization(t.Context())
		synctest.Wait()
		start := time.Now()
		g.Close()
		if took := time.Since(start); took != waitTimeout {
			t.Errorf("Close took %v", took)
		}
		time.Sleep(2 * time.Minute)
	})
}

func BenchmarkAuthorization(b *testing.B) {
	g := openGrants(b, newGrantsDB(b), newTokenEndpoint(b).oauth())
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

// BenchmarkRefresh measures a refresh without sipgate's response time: three
// commits, each of them synced.
func BenchmarkRefresh(b *testing.B) {
	g := openGrants(b, newGrantsDB(b), refresherFunc(func(context.Context, string) (sipgate.Tokens, error) {
		return sipgate.Tokens{Access: "a", Refresh: "r", Lifetime: expired}, nil
	}))
	put(b, g, ada, "AT-0", "RT-0", expired)
	for b.Loop() {
		header(b, g, ada)
	}
}
