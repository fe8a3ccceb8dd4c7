package sipgate

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
)

// arrival is a request that a peer has read, completely or in part.
type arrival struct {
	connection int // 1 is the first
	method     string
}

// dyingPeer answers the first request of a connection and lets the connection
// die with the second.
type dyingPeer struct {
	net.Listener
	die  func(net.Conn, *bufio.Reader) // reads as much of the second request as it likes and ends the connection
	done sync.WaitGroup

	mu          sync.Mutex
	connections int
	arrived     []arrival
}

func newDyingPeer(t *testing.T, die func(net.Conn, *bufio.Reader)) *dyingPeer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &dyingPeer{Listener: ln, die: die}
	p.done.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.connections++
			n := p.connections
			p.mu.Unlock()
			p.done.Go(func() { p.serve(conn, n) })
		}
	})
	return p
}

func (p *dyingPeer) serve(conn net.Conn, n int) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	io.Copy(io.Discard, req.Body)
	p.record(n, req.Method)
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"data\":[]}")
	first, err := r.Peek(3)
	if err == nil {
		p.record(n, map[string]string{"PUT": "PUT", "POS": "POST", "DEL": "DELETE"}[string(first)])
	}
	p.die(conn, r)
}

func (p *dyingPeer) record(connection int, method string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived = append(p.arrived, arrival{connection, method})
}

// actionsArrived returns on which connections an action arrived.
func (p *dyingPeer) actionsArrived() (on []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.arrived {
		if a.method != http.MethodGet {
			on = append(on, a.connection)
		}
	}
	return on
}

func reset(conn net.Conn) {
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// An action goes out on a connection that was kept from the request before; if
// the peer ends that when it has read the action, or a part of it, the action is
// not sent again.
func TestActionOnDyingKeptConnectionIsSentOnce(t *testing.T) {
	for how, die := range map[string]func(net.Conn, *bufio.Reader){
		"closed after the request": func(conn net.Conn, r *bufio.Reader) {
			if req, err := http.ReadRequest(r); err == nil {
				io.Copy(io.Discard, req.Body)
			}
			conn.Close()
		},
		"reset after the request": func(conn net.Conn, r *bufio.Reader) {
			if req, err := http.ReadRequest(r); err == nil {
				io.Copy(io.Discard, req.Body)
			}
			reset(conn)
		},
		"reset within the request": func(conn net.Conn, _ *bufio.Reader) { reset(conn) },
		"cut within the answer": func(conn net.Conn, r *bufio.Reader) {
			http.ReadRequest(r)
			io.WriteString(conn, "HTTP/1.1 2")
			conn.Close()
		},
	} {
		for name, do := range actions {
			t.Run(how+"/"+name, func(t *testing.T) {
				p := newDyingPeer(t, die)
				c := clientOf(t, "http://"+p.Addr().String())
				if _, err := c.Calls(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := do(t.Context(), c); !MayHaveArrived(err) || KindOf(err) != Unavailable {
					t.Errorf("error is %v, want one that may have arrived", err)
				}
				p.Close()
				p.done.Wait()
				if on := p.actionsArrived(); len(on) != 1 || on[0] != 1 {
					t.Errorf("the action arrived on connections %v, want once on the kept one", on)
				}
			})
		}
	}
}

// deadConn is a connection whose writes fail once it is dead, with nothing sent.
type deadConn struct {
	net.Conn
	dead *bool
}

func (c deadConn) Write(p []byte) (int, error) {
	if *c.dead {
		return 0, &net.OpError{Op: "write", Err: syscall.ECONNRESET}
	}
	return c.Conn.Write(p)
}

// If not a byte of an action could be written to a kept connection, the action
// arrives once on a new one, or is reported as failed and does not arrive.
func TestActionThatCouldNotBeWrittenArrivesOnceAtMost(t *testing.T) {
	for name, do := range actions {
		t.Run(name, func(t *testing.T) {
			p := newDyingPeer(t, func(net.Conn, *bufio.Reader) {})
			c := clientOf(t, "http://"+p.Addr().String())
			tr, dials, dead := c.HTTP.Transport.(*http.Transport), 0, false
			tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if dials++; dials == 1 && err == nil {
					return deadConn{conn, &dead}, nil
				}
				return conn, err
			}
			if _, err := c.Calls(t.Context()); err != nil {
				t.Fatal(err)
			}
			dead = true
			err := do(t.Context(), c)
			tr.CloseIdleConnections()
			p.Close()
			p.done.Wait()
			on := p.actionsArrived()
			if len(on) > 1 || len(on) == 1 && (on[0] == 1 || err != nil) || len(on) == 0 && err == nil {
				t.Errorf("arrived on connections %v, error %v", on, err)
			}
		})
	}
}
