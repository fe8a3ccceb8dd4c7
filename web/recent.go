package web

import (
	"sync"
	"time"
)

// maxRecent bounds how many clients of one group are remembered.
const maxRecent = 10_000

// A Recent counts the clients of each group that did something lately. It is
// safe for concurrent use.
type Recent struct {
	window time.Duration

	mu     sync.Mutex
	groups map[string]*recentGroup
}

// recentGroup is when each client of a group did it last.
type recentGroup struct {
	clients map[string]time.Time
	last    time.Time
}

// NewRecent returns a Recent for which the last window counts.
func NewRecent(window time.Duration) *Recent {
	return &Recent{window: window, groups: map[string]*recentGroup{}}
}

// Note records that a client of a group does it now.
func (s *Recent) Note(group, client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[group]
	if g == nil {
		g = &recentGroup{clients: map[string]time.Time{}}
		s.groups[group] = g
	}
	now := time.Now()
	g.last = now
	if _, known := g.clients[client]; !known && len(g.clients) >= maxRecent {
		if s.forget(g, now); len(g.clients) >= maxRecent {
			return
		}
	}
	g.clients[client] = now
}

// Count returns how many clients of a group did it within the window, and when
// one of them did it last; the zero time if none ever did.
func (s *Recent) Count(group string) (clients int, last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[group]
	if g == nil {
		return 0, time.Time{}
	}
	s.forget(g, time.Now())
	return len(g.clients), g.last
}

// forget removes the clients of g that did it before the window.
func (s *Recent) forget(g *recentGroup, now time.Time) {
	for client, at := range g.clients {
		if now.Sub(at) >= s.window {
			delete(g.clients, client)
		}
	}
}
