//go:build unix

package database

import (
	"net"
	"syscall"
)

// quietly reports whether a connection is open and nothing has arrived on it. A server
// that ends says so, and closes.
func quietly(c net.Conn) bool {
	s, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, err := syscall.Read(int(fd), b[:])
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true // without waiting
	})
	return err == nil && quiet
}
