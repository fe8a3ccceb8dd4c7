package web

import (
	"net"
	"net/http"
	"sync"
)

// unused are the connections over which nothing has come yet. Browsers open some in
// advance. http.Server waits five seconds at shutdown for what may be on its way there.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// watch is for http.Server's ConnState.
func (u *unused) watch(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.conns, c)
		return
	}
	if u.conns == nil {
		u.conns = map[net.Conn]struct{}{}
	}
	u.conns[c] = struct{}{}
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		c.Close()
	}
}
