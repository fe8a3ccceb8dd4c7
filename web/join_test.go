package web

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"testing"
)

// A fakeConn takes so many bytes.
type fakeConn struct {
	net.Conn
	got  []byte
	room int
}

func (c *fakeConn) Write(p []byte) (int, error) {
	n := min(len(p), c.room)
	c.got, c.room = append(c.got, p[:n]...), c.room-n
	if n < len(p) {
		return n, errors.New("full")
	}
	return n, nil
}

// Whatever is written, joined or not, the client gets it in order, nothing waits
// afterwards, and a connection that breaks is an error of the write or of the join.
func TestJoinedWritesAreThoseOfTheConnection(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		fake := &fakeConn{room: rng.IntN(300)}
		c := &joiningConn{Conn: fake}
		var want []byte
		failed := false
		for range 3 {
			writes := func([]byte) (int, error) {
				for range rng.IntN(4) {
					p := bytes.Repeat([]byte{byte('a' + rng.IntN(26))}, 1+rng.IntN(40))
					n, err := c.Write(p)
					if want = append(want, p...); err != nil || n < len(p) {
						return 0, err
					}
				}
				return 0, nil
			}
			var err error
			if rng.IntN(4) == 0 {
				_, err = writes(nil)
			} else {
				_, err = c.joined(writes, nil)
			}
			if failed = err != nil; failed || c.first != nil {
				break
			}
		}
		if c.first != nil {
			t.Fatal("something may still wait")
		}
		if !bytes.HasPrefix(want, fake.got) || !failed && len(fake.got) < len(want) || failed && fake.room > 0 {
			t.Fatalf("failed: %v, with room for %d, got\n%s\nwant\n%s", failed, fake.room, fake.got, want)
		}
	}
}
