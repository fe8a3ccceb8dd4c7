package sipgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// passwordServer is a token endpoint and an API within a bubble. The tokens
// are A1, A2 and so on.
type passwordServer struct {
	tokens  atomic.Int64 // requests to the token endpoint
	status  atomic.Int64 // of its responses, 200 if zero
	current atomic.Int64 // number of the token that the API accepts
	rejects atomic.Bool  // the API rejects even that
}

func (g *passwordServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer A%d", g.current.Load()) || g.rejects.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"data":[]}`)
		return
	}
	n := g.tokens.Add(1)
	if s := g.status.Load(); s != 0 {
		w.WriteHeader(int(s))
		return
	}
	g.current.Store(n)
	fmt.Fprintf(w, `{"access_token":"A%d","refresh_token":"R","expires_in":300}`, n)
}

// withPasswordClient runs f with a client with a password.
func withPasswordClient(t *testing.T, f func(t *testing.T, c *Client, g *passwordServer)) {
	synctest.Test(t, func(t *testing.T) {
		g := &passwordServer{}
		c, end := bubbleClient(t, g.ServeHTTP)
		defer end()
		c.Auth = NewPassword(&OAuth{TokenURL: "http://api.example/token", HTTP: c.HTTP}, "mia", "SENTINEL-PW")
		f(t, c, g)
	})
}

func (g *passwordServer) wantTokens(t *testing.T, want int64) {
	t.Helper()
	if n := g.tokens.Load(); n != want {
		t.Errorf("%d token requests, want %d", n, want)
	}
}

func TestPasswordRefreshesBeforeExpiry(t *testing.T) {
	withPasswordClient(t, func(t *testing.T, c *Client, g *passwordServer) {
		for range 60 {
			if _, err := c.Calls(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second)
		}
		g.wantTokens(t, 8) // one per 240 s, in 30 minutes
	})
}

// While the old token is valid, a failing token endpoint has no effect.
func TestPasswordKeepsTokenDuringOutage(t *testing.T) {
	withPasswordClient(t, func(t *testing.T, c *Client, g *passwordServer) {
		if _, err := c.Calls(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.status.Store(http.StatusServiceUnavailable)
		for begun := time.Now(); time.Since(begun) < 299*time.Second; time.Sleep(time.Second) {
			if _, err := c.Calls(t.Context()); err != nil {
				t.Fatalf("after %v: %v", time.Since(begun), err)
			}
		}
		if n := g.tokens.Load(); n < 10 || n > 14 {
			t.Errorf("%d token requests, want one each 5 s in the last minute", n)
		}
		time.Sleep(2 * time.Second)
		if _, err := c.Calls(t.Context()); KindOf(err) != Unavailable || MayHaveArrived(err) {
			t.Errorf("expired and no new one: %v", err)
		}
		g.status.Store(0)
		time.Sleep(passwordRetryDelay)
		if _, err := c.Calls(t.Context()); err != nil {
			t.Errorf("not recovered: %v", err)
		}
	})
}

// If the API rejects every token, two are requested, and no more for 30 s.
func TestPasswordBacksOffAfterRefusals(t *testing.T) {
	withPasswordClient(t, func(t *testing.T, c *Client, g *passwordServer) {
		g.rejects.Store(true)
		for range 20 {
			if _, err := c.Calls(t.Context()); KindOf(err) != Unauthorized {
				t.Errorf("error is %v", err)
			}
		}
		g.wantTokens(t, 2)
		g.rejects.Store(false)
		time.Sleep(passwordRefusedDelay)
		if _, err := c.Calls(t.Context()); err != nil {
			t.Errorf("not recovered: %v", err)
		}
		g.wantTokens(t, 3)
	})
}

// Who gives up waiting for a token hears so, and nobody else is held up by it.
func TestPasswordWaitIsAbandoned(t *testing.T) {
	withPasswordClient(t, func(t *testing.T, c *Client, g *passwordServer) {
		p := c.Auth.(*Password)
		gone, leave := context.WithCancel(t.Context())
		leave()
		if h, err := p.Authorization(gone); h != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("gone before asking: %q, %v", h, err)
		}
		p.lock <- struct{}{} // somebody else is getting a token
		if h, err := p.Authorization(gone); h != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("gone while another asks: %q, %v", h, err)
		}
		<-p.lock
		if h, err := p.Authorization(t.Context()); !strings.HasPrefix(h, "Bearer A") || err != nil {
			t.Errorf("the next one: %q, %v", h, err)
		}
	})
}

func TestPasswordIsRedacted(t *testing.T) {
	p := NewPassword(&OAuth{}, "mia", "SENTINEL-PW")
	p.access = "SENTINEL-AT"
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+verb+verb, p, &Client{Auth: p}, struct{ C Credentials }{p})
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "credential", p)
	if _, err := json.Marshal(p); err == nil {
		t.Error("it marshals")
	}
	if strings.Contains(b.String(), "SENTINEL") {
		t.Errorf("a secret is in %s", b.String())
	}
}
