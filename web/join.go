package web

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
)

// joinFrom is the size in bytes from which a body does not fit into the buffer of
// net/http, which then writes the headers and the beginning of the body on their own.
const joinFrom = 4 << 10

// A joiningConn can write the headers of an answer and its body with one system call.
// Two of them cost as much as a tenth of all that is done for a page.
type joiningConn struct {
	net.Conn
	first *bytes.Buffer // where what is written next waits for what follows, or nil
}

type connKey struct{}

// withConn keeps the connection of requests in their context, for joinable.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// joinable returns the connection of r, or nil if it cannot join, as one with TLS.
func joinable(r *http.Request) *joiningConn {
	if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
		return &c.joiningConn
	}
	return nil
}

// joined calls write, whose first write to the connection waits for the second one.
// Nothing waits any more when joined returns. It may be called on nil.
func (c *joiningConn) joined(write func([]byte) (int, error), p []byte) (n int, err error) {
	if c == nil {
		return write(p)
	}
	c.first = buffers.Get().(*bytes.Buffer)
	c.first.Reset()
	n, err = write(p)
	if c.first == nil {
		return n, err
	}
	if c.first.Len() > 0 {
		_, e := c.Conn.Write(c.first.Bytes())
		err = errors.Join(err, e)
	}
	c.drop()
	return n, err
}

// Write implements net.Conn.
func (c *joiningConn) Write(p []byte) (int, error) {
	switch {
	case c.first == nil:
		return c.Conn.Write(p)
	case c.first.Len() == 0:
		return c.first.Write(p)
	}
	waited := int64(c.first.Len())
	both := net.Buffers{c.first.Bytes(), p}
	n, err := both.WriteTo(c.Conn)
	c.drop()
	return int(max(0, n-waited)), err
}

// drop ends the waiting.
func (c *joiningConn) drop() {
	buffers.Put(c.first)
	c.first = nil
}
