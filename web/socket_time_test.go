package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"callboard/web"
)

// pipes is a net.Listener whose connections are in memory, so that a server
// can run where time is not real.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error   { close(l.closed); return nil }
func (l *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// A bubble is a server in a synctest bubble.
type bubble struct {
	t     *testing.T
	srv   *web.Server
	ln    *pipes
	mux   *http.ServeMux
	ended atomic.Int32 // sockets
}

// inBubble runs f with a server in a bubble, and expects Serve to return in
// order afterwards.
func inBubble(t *testing.T, f func(b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, ln: &pipes{make(chan net.Conn), make(chan struct{})}, mux: http.NewServeMux()}
		b.srv = web.NewServer(web.ServerOptions{PublicURL: appURL})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- b.srv.Serve(ctx, b.ln, web.Guard(web.GuardOptions{PublicURL: appURL}, b.mux))
		}()
		f(b)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// joins adds a route of sockets, which are sent on the returned channel.
func (b *bubble) joins(path string) chan *web.Socket {
	joined := make(chan *web.Socket, 10)
	b.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		err := b.srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
			joined <- k
			return func() { b.ended.Add(1) }
		})
		if err != nil {
			b.t.Error(err)
		}
	})
	return joined
}

// dial opens a socket; the net.Conn is its transport.
func (b *bubble) dial(path string, o websocket.DialOptions) (*websocket.Conn, net.Conn) {
	var wire net.Conn
	o.HTTPHeader = http.Header{"Origin": {appURL.String()}}
	o.Host = appURL.Host
	o.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		var server net.Conn
		wire, server = net.Pipe()
		b.ln.conns <- server
		return wire, nil
	}}}
	c, _, err := websocket.Dial(b.t.Context(), "ws://app.example"+path, &o)
	if err != nil {
		b.t.Fatal(err)
	}
	return c, wire
}

// TestPingPong: a client that answers stays for hours, one that is silent,
// has vanished or never reads goes within 33 s.
func TestPingPong(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.joins("/feed")
		var pings atomic.Int32
		alive, _ := b.dial("/feed", websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool { pings.Add(1); return true }})
		gone := alive.CloseRead(b.t.Context())
		mute, _ := b.dial("/feed", websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool { return false }})
		muteGone := mute.CloseRead(b.t.Context())
		b.dial("/feed", websocket.DialOptions{}) // never reads: even the ping gets stuck
		begin := time.Now()
		<-muteGone.Done()
		if took := time.Since(begin); took > 33*time.Second || took < 30*time.Second {
			t.Errorf("a client without pongs was closed after %v, want at most 33 s", took)
		}
		time.Sleep(33*time.Second - time.Since(begin))
		synctest.Wait()
		if n := b.ended.Load(); n != 2 {
			t.Errorf("%d sockets have ended after 33 s, want 2", n)
		}
		time.Sleep(2 * time.Hour)
		if gone.Err() != nil {
			t.Error("a client that answers was closed")
		}
		if n := pings.Load(); n < 2*3600/26 || n > 2*3600/24+2 {
			t.Errorf("%d pings in two hours", n)
		}
		alive.CloseNow()
	})
}

// TestSlowReaderIsCutOff: one of two browsers that are sent the same does not read.
// It is cut off within 5 s and the watchdog's second, and the other does not wait.
func TestSlowReaderIsCutOff(t *testing.T) {
	inBubble(t, func(b *bubble) {
		joined := b.joins("/feed")
		slow, _ := b.dial("/feed", websocket.DialOptions{})
		defer slow.CloseNow()
		fast, _ := b.dial("/feed", websocket.DialOptions{})
		sockets := []*web.Socket{<-joined, <-joined}
		begin := time.Now()
		for i := range 1000 {
			f := frameOf(fmt.Sprint(i))
			for _, k := range sockets {
				k.Send(f)
			}
			if got := read(t, fast); got != fmt.Sprint(i) {
				t.Fatalf("%s, want %d", got, i)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("others waited %v for the slow one", took)
		}
		for b.ended.Load() == 0 && time.Since(begin) < time.Minute {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if took := time.Since(begin); took < 5*time.Second || took > 6*time.Second+100*time.Millisecond {
			t.Errorf("the slow one was cut off after %v, want 5 s and a tick", took)
		}
		fast.CloseNow()
	})
}

// TestFramesSentTogetherAreOneWrite, and those that wait for the browser are whole
// and in order.
func TestFramesSentTogetherAreOneWrite(t *testing.T) {
	inBubble(t, func(b *bubble) {
		joined := b.joins("/feed")
		client, wire := b.dial("/feed", websocket.DialOptions{})
		defer client.CloseNow()
		k := <-joined
		k.Send(frameOf("a"), frameOf("b"), frameOf("c"))
		k.Send(frameOf("d"))
		k.Send(frameOf("e"), frameOf("f"))
		for _, want := range []string{"abc", "d", "ef"} {
			buf := make([]byte, 1<<10)
			n, err := wire.Read(buf) // over a pipe, what one Write has written
			var frames []byte
			for _, c := range []byte(want) {
				frames = append(frames, text, 1, c)
			}
			if err != nil || !bytes.Equal(buf[:n], frames) {
				t.Errorf("%x, %v, want the frames of %q", buf[:n], err, want)
			}
		}
	})
}

// TestASocketOutlivesItsHandshake: by hours, without the time limits of an answer.
func TestASocketOutlivesItsHandshake(t *testing.T) {
	inBubble(t, func(b *bubble) {
		joined := b.joins("/feed")
		client, _ := b.dial("/feed", websocket.DialOptions{})
		k := <-joined
		messages := make(chan string)
		go func() {
			defer close(messages)
			for {
				_, m, err := client.Read(b.t.Context())
				if err != nil {
					return
				}
				messages <- string(m)
			}
		}()
		for i := range 5 {
			time.Sleep(47 * time.Minute)
			k.Send(frameOf(fmt.Sprint(i)))
			if got := <-messages; got != fmt.Sprint(i) {
				t.Errorf("%q, want %d", got, i)
			}
		}
		client.CloseNow()
		<-messages
	})
}

// TestShutdownWithDeadSockets: clients that read nothing and answer nothing
// do not keep the server from ending within 20 s.
func TestShutdownWithDeadSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begin time.Time
		func() {
			b := &bubble{t: t, ln: &pipes{make(chan net.Conn), make(chan struct{})}, mux: http.NewServeMux()}
			b.srv = web.NewServer(web.ServerOptions{PublicURL: appURL})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- b.srv.Serve(ctx, b.ln, b.mux) }()
			b.joins("/idle")
			stuck := b.joins("/stuck")
			for range 3 {
				b.dial("/idle", websocket.DialOptions{})
				b.dial("/stuck", websocket.DialOptions{})
				(<-stuck).Send(frameOf("x"))
			}
			synctest.Wait()
			begin = time.Now()
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}()
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("shutdown took %v", took)
		} else {
			t.Logf("shutdown took %v", took)
		}
	})
}

// TestSlowClientsAreCutOff: a client that does not finish a header is cut off after
// 5 s, and one that keeps a connection without a request after 60 s.
func TestSlowClientsAreCutOff(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
		for name, test := range map[string]struct {
			send string
			want time.Duration
		}{
			"half a header": {"GET / HTTP/1.1\r\nHost: app.ex", 5 * time.Second},
			"nothing":       {"", 5 * time.Second},
			"idle":          {"GET / HTTP/1.1\r\nHost: app.example\r\n\r\n", 60 * time.Second},
		} {
			client, server := net.Pipe()
			b.ln.conns <- server
			begin := time.Now()
			go io.WriteString(client, test.send)
			io.Copy(io.Discard, client)
			if took := time.Since(begin); took != test.want {
				t.Errorf("%s: closed after %v, want %v", name, took, test.want)
			}
			client.Close()
		}
	})
}

// TestClientThatNeverReadsIsCutOff: whatever it was sent, within 65 s. A client
// that reads slowly gets everything.
func TestClientThatNeverReadsIsCutOff(t *testing.T) {
	page := strings.Repeat("0123456789abcdef", 1<<16) // 1 MB
	for name, answer := range map[string]func(w http.ResponseWriter){
		"at once":     func(w http.ResponseWriter) { io.WriteString(w, page) },
		"in pieces":   func(w http.ResponseWriter) { io.Copy(w, struct{ io.Reader }{strings.NewReader(page)}) },
		"from memory": func(w http.ResponseWriter) { io.Copy(w, strings.NewReader(page)) },
		"flushed": func(w http.ResponseWriter) {
			w.(http.Flusher).Flush()
			io.WriteString(w, page)
		},
		"small": func(w http.ResponseWriter) { io.WriteString(w, "small") },
		"empty": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"after a while": func(w http.ResponseWriter) {
			io.WriteString(w, "small")
			time.Sleep(time.Minute) // within it nobody waits for the client
			io.WriteString(w, page)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				var returned atomic.Int64
				b.mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					answer(w)
					returned.Store(time.Now().UnixNano())
				})
				begin := time.Now()
				request := "POST / HTTP/1.1\r\nHost: app.example\r\nOrigin: https://app.example\r\nContent-Length: 4\r\n\r\nbody"
				client, server := net.Pipe()
				defer client.Close()
				b.ln.conns <- server
				io.WriteString(client, request)
				limit := 65 * time.Second
				if name == "after a while" {
					limit += time.Minute
				}
				time.Sleep(limit)
				synctest.Wait()
				if returned.Load() == 0 {
					t.Fatal("the handler still waits")
				}
				if _, err := client.Write([]byte("x")); err == nil {
					t.Errorf("the connection is still open after %v", time.Since(begin))
				}

				slow, server := net.Pipe()
				defer slow.Close()
				b.ln.conns <- server
				go io.WriteString(slow, request)
				resp, err := http.ReadResponse(bufio.NewReaderSize(slowly{slow}, 32<<10), nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				if want := name != "small" && name != "empty"; err != nil || strings.HasSuffix(string(body), page[:1024]) != want {
					t.Errorf("a slow client got %d bytes, %v", len(body), err)
				}
			})
		})
	}
}

// TestConnectionIsUsedAgainMuchLater: the time for one answer is not that for the
// next one on the connection.
func TestConnectionIsUsedAgainMuchLater(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
			io.Copy(w, r.Body)
		})
		client, server := net.Pipe()
		defer client.Close()
		b.ln.conns <- server
		br := bufio.NewReader(client)
		for range 3 {
			io.WriteString(client, "POST / HTTP/1.1\r\nHost: app.example\r\nOrigin: https://app.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
			if resp, err := http.ReadResponse(br, nil); err != nil || resp.StatusCode != 100 {
				t.Fatalf("%v, %v", resp, err)
			}
			go io.WriteString(client, "body")
			resp, err := http.ReadResponse(br, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "body" {
				t.Fatalf("%q, %v", body, err)
			}
			time.Sleep(45 * time.Second)
		}
	})
}

// slowly reads at most 32 KB in five seconds.
type slowly struct{ net.Conn }

func (c slowly) Read(p []byte) (int, error) {
	time.Sleep(5 * time.Second)
	return c.Conn.Read(p[:min(len(p), 32<<10)])
}
