package team

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// TestRefreshLead shows that a refresh begins 60 s before the access token
// expires, or in the last fifth of a shorter lifetime, and only for a caller.
func TestRefreshLead(t *testing.T) {
	for _, test := range []struct{ lifetime, first time.Duration }{
		{300 * time.Second, 240 * time.Second},
		{1 * time.Hour, 59 * time.Minute},
		{100 * time.Second, 80 * time.Second},
		{0, 240 * time.Second}, // sipgate's usual lifetime
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			g := openGrants(t, newGrantsDB(t), refresherFunc(func(context.Context, string) (sipgate.Tokens, error) {
				n++
				return sipgate.Tokens{Access: "new", Refresh: "new"}, nil
			}))
			put(t, g, ada, "old", "old", test.lifetime)
			time.Sleep(test.first - time.Millisecond)
			if h := header(t, g, ada); h != "Bearer old" || n != 0 {
				t.Errorf("lifetime %v: %q after %d refreshes, too early", test.lifetime, h, n)
			}
			time.Sleep(time.Millisecond)
			if h := header(t, g, ada); h != "Bearer new" || n != 1 {
				t.Errorf("lifetime %v: %q after %d refreshes, too late", test.lifetime, h, n)
			}
		})
	}
}

// TestWaitTimeout shows that a caller waits for 15 s, and then gets the old token
// if that is still valid; and that the refresh goes on.
func TestWaitTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan bool)
		g := openGrants(t, newGrantsDB(t), refresherFunc(func(context.Context, string) (sipgate.Tokens, error) {
			<-answer // longer than any time limit
			return sipgate.Tokens{Access: "new", Refresh: "new", Lifetime: 300 * time.Second}, nil
		}))
		put(t, g, ada, "old", "old", 300*time.Second)
		time.Sleep(250 * time.Second)

		start := time.Now()
		if h := header(t, g, ada); h != "Bearer old" || time.Since(start) != waitTimeout {
			t.Errorf("%q after %v, want the old token after 15 s", h, time.Since(start))
		}
		time.Sleep(50 * time.Second) // the old one has expired
		start = time.Now()
		_, err := g.Credentials(ada).Authorization(t.Context())
		wantKind(t, err, sipgate.Unavailable)
		if time.Since(start) != waitTimeout {
			t.Errorf("waited %v, want 15 s", time.Since(start))
		}
		close(answer)
		synctest.Wait()
		if h := header(t, g, ada); h != "Bearer new" {
			t.Errorf("%q after the refresh", h)
		}
	})
}

// TestRequestTimeout shows that a token request ends after 10 s, that callers get
// the old token meanwhile, and that the pauses between requests grow.
func TestRequestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		g := openGrants(t, newGrantsDB(t), refresherFunc(func(ctx context.Context, _ string) (sipgate.Tokens, error) {
			n++
			<-ctx.Done()
			return sipgate.Tokens{}, &sipgate.OAuthError{Op: "refresh", MayHaveArrived: true, Err: ctx.Err()}
		}))
		put(t, g, ada, "old", "old", 300*time.Second)
		time.Sleep(240 * time.Second)
		start := time.Now()
		if h := header(t, g, ada); h != "Bearer old" || time.Since(start) != requestTimeout {
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
			t.Errorf("state %v: an outage must not sign members out", s)
		}
	})
}

// TestFailedRefreshesSayWhenToTryAgain shows that the pause after a failure grows,
// up to 30 s, that no request is sent during it, and that every caller is told
// how long it is.
func TestFailedRefreshesSayWhenToTryAgain(t *testing.T) {
	for name, test := range map[string]struct {
		reply  scriptedReply
		pauses []time.Duration
	}{
		"outage":         {errorReply(503, ""), []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 30e9, 30e9}},
		"refused client": {errorReply(401, "invalid_client"), []time.Duration{30e9, 30e9, 30e9}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scriptedRefresher{}
				for range test.pauses {
					s.replies = append(s.replies, test.reply)
				}
				s.replies = append(s.replies, tokensReply("AT-1", "RT-1"))
				g := openGrants(t, newGrantsDB(t), s)
				put(t, g, ada, "AT-0", "RT-0", expired)
				time.Sleep(expired)
				for i, pause := range test.pauses {
					for _, wait := range []time.Duration{0, pause - time.Millisecond} {
						time.Sleep(wait)
						_, err := g.Credentials(ada).Authorization(t.Context())
						if e, ok := errors.AsType[*sipgate.Error](err); !ok || e.Kind != sipgate.Unavailable || e.RetryAfter != pause || len(s.sent) != i+1 {
							t.Fatalf("failure %d, after %v: %v, %d requests; want a pause of %v", i+1, wait, err, len(s.sent), pause)
						}
					}
					time.Sleep(time.Millisecond)
				}
				if h := header(t, g, ada); h != "Bearer AT-1" {
					t.Errorf("header %q", h)
				}
			})
		})
	}
}

// TestLifetimeIsMonotonic shows that the lifetime of a token is measured by the
// monotonic clock, whatever happens to the wall clock.
func TestLifetimeIsMonotonic(t *testing.T) {
	g := openGrants(t, newGrantsDB(t), newTokenEndpoint(t).oauth())
	put(t, g, ada, "AT-0", "RT-0", time.Minute)
	if at := g.grants[ada].received.String(); !strings.Contains(at, " m=") {
		t.Errorf("received at %s, without a monotonic reading", at)
	}
	put(t, g, ada, "AT-0", "RT-0", expired)
	header(t, g, ada)
	if at := g.grants[ada].received.String(); !strings.Contains(at, " m=") {
		t.Errorf("refreshed at %s, without a monotonic reading", at)
	}
}
