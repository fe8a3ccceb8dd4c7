package sipgate

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// Requests time out, measured on a fake clock.
func TestTimeouts(t *testing.T) {
	tests := []struct {
		name  string
		do    func(context.Context, *Client) error
		delay time.Duration
		fails bool
	}{
		{"poll in time", func(ctx context.Context, c *Client) error { _, err := c.Calls(ctx); return err }, 4900 * time.Millisecond, false},
		{"poll too late", func(ctx context.Context, c *Client) error { _, err := c.Calls(ctx); return err }, 5100 * time.Millisecond, true},
		{"action in time", actions["put"], 9900 * time.Millisecond, false},
		{"action too late", actions["put"], 10100 * time.Millisecond, true},
		{"users too late", func(ctx context.Context, c *Client) error { _, err := c.Users(ctx); return err }, 10100 * time.Millisecond, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, done := bubbleClient(t, func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(tt.delay):
					case <-r.Context().Done():
					}
					answer(http.StatusOK, "application/json", `{"data":[]}`)(w, r)
				})
				defer done()
				begin := time.Now()
				err := tt.do(t.Context(), c)
				if (err != nil) != tt.fails {
					t.Fatalf("error is %v", err)
				}
				if !tt.fails {
					return
				}
				if KindOf(err) != Unavailable || !MayHaveArrived(err) {
					t.Errorf("error is %v, may have arrived %v", err, MayHaveArrived(err))
				}
				if took := time.Since(begin).Round(time.Second); took != 5*time.Second && took != 10*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// The timeout covers the last byte of the body.
func TestTimeoutCoversBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, done := bubbleClient(t, func(w http.ResponseWriter, r *http.Request) {
			for range 100 {
				if _, err := w.Write([]byte(" ")); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-time.After(time.Second):
				case <-r.Context().Done():
					return
				}
			}
		})
		defer done()
		begin := time.Now()
		if _, err := c.Calls(t.Context()); KindOf(err) != Unavailable {
			t.Errorf("error is %v", err)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Connections of NewHTTPClient are as its documentation says.
func TestHTTPClientConnections(t *testing.T) {
	hc := NewHTTPClient()
	tr := hc.Transport.(*http.Transport)
	if tr.Proxy != nil || hc.Timeout != 0 || tr.TLSHandshakeTimeout != 5*time.Second || tr.TLSClientConfig.InsecureSkipVerify {
		t.Errorf("transport %+v", tr)
	}
	if err := hc.CheckRedirect(nil, nil); err != http.ErrUseLastResponse {
		t.Errorf("redirects: %v", err)
	}
	if a, b := sharedHTTP(), sharedHTTP(); a != b {
		t.Error("clients without one of their own do not share one")
	}
}
