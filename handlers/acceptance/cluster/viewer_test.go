package cluster

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"callboard/handlers/acceptance/harness"
)

// A viewer is an open page of the board: it connects again whenever its socket is
// closed, as the page's script does.
type viewer struct {
	client *harness.Client
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	shown  strings.Builder // all that has come
	closed []websocket.StatusCode
	opened int
	since  int // opened at the last reset
}

// view opens a page of the board.
func view(t *testing.T, c *harness.Client) *viewer {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	v := &viewer{client: c, stop: stop, done: make(chan struct{})}
	go v.run(ctx)
	t.Cleanup(func() {
		stop()
		<-v.done
	})
	return v
}

// pause is how long a page waits before it connects again.
const pause = 250 * time.Millisecond

func (v *viewer) run(ctx context.Context) {
	defer close(v.done)
	for ctx.Err() == nil {
		v.connect(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// connect reads a socket until it ends.
func (v *viewer) connect(ctx context.Context) {
	at, err := url.Parse(v.client.Stack.URL)
	if err != nil {
		return
	}
	header := http.Header{"Origin": {v.client.Stack.URL}}
	for _, c := range v.client.HTTP.Jar.Cookies(at) {
		header.Add("Cookie", c.String())
	}
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	conn, _, err := websocket.Dial(limited, "ws://"+at.Host+"/feed", &websocket.DialOptions{HTTPHeader: header, HTTPClient: &http.Client{Transport: v.client.HTTP.Transport}})
	cancel()
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	v.mu.Lock()
	v.opened++
	v.mu.Unlock()
	for {
		// A page takes a feed that says nothing for so long for broken.
		limited, cancel := context.WithTimeout(ctx, 12*time.Second)
		_, msg, err := conn.Read(limited)
		cancel()
		v.mu.Lock()
		v.shown.Write(msg)
		if err != nil {
			v.closed = append(v.closed, websocket.CloseStatus(err))
		}
		v.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// has reports whether a text has come.
func (v *viewer) has(text string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Contains(v.shown.String(), text)
}

// reset forgets what has come.
func (v *viewer) reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shown.Reset()
	v.since = v.opened
}

// wasOpened reports whether the page has connected since the last reset: what changed
// before is not in what has come.
func (v *viewer) wasOpened() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.opened > v.since
}

// wasClosed reports whether a socket of the page was closed with a code.
func (v *viewer) wasClosed(code websocket.StatusCode) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Contains(v.closed, code)
}

// at returns a client with the same cookies whose requests to Callboard go to one node.
func at(c *harness.Client, n *node) *harness.Client {
	pinned, client := *c, *c.HTTP
	client.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == c.Stack.URL[len("http://"):] {
			addr = n.addr
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	pinned.HTTP = &client
	return &pinned
}
