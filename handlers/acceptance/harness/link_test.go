package harness

import (
	"bufio"
	"net"
	"testing"
)

// A cut link ends connections and refuses new ones, until it is mended.
func TestLinksAreCutAndMended(t *testing.T) {
	ln, err := net.Listen("tcp", FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() { // answers a line with that line
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					c.Write([]byte(line))
				}
			}()
		}
	}()
	l := NewLink(t, ln.Addr().String())
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	passes := func(c net.Conn) bool {
		c.Write([]byte("hello\n"))
		line, err := bufio.NewReader(c).ReadString('\n')
		return err == nil && line == "hello\n"
	}
	c := dial()
	if !passes(c) {
		t.Fatal("nothing passes")
	}
	l.Cut()
	if passes(c) || passes(dial()) {
		t.Error("something passes a link that is cut")
	}
	l.Mend()
	if !passes(dial()) {
		t.Error("nothing passes a link that was mended")
	}
}
