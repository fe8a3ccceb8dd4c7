package web

import (
	"context"
	"maps"
	"slices"
)

// SessionTable is the table of sessions, which has a column id.
const SessionTable = "web_session"

// Removed says that another process has removed a session from the database, by its id
// there. With "" it may have removed any.
func (s *Sessions[T]) Removed(ctx context.Context, id string) error {
	if id != "" {
		s.ended([]string{id})
		return nil
	}
	s.mu.Lock()
	gone := maps.Clone(s.live)
	s.mu.Unlock()
	alive, err := s.store.allAlive(ctx)
	if err != nil {
		return busy(err)
	}
	for _, id := range alive {
		delete(gone, id)
	}
	s.ended(slices.Collect(maps.Keys(gone)))
	return nil
}
