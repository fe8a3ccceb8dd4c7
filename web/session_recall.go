package web

import (
	"net/http"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxRecalled bounds the sessions that [Sessions.Recall] remembers.
const maxRecalled = 10_000

// recalled are values of sessions that may have ended, by database id.
type recalled[T any] struct {
	mu     *sync.Mutex
	values *simplelru.LRU[string, T]
}

func newRecalled[T any]() recalled[T] {
	values, _ := simplelru.NewLRU[string, T](maxRecalled, nil) // fails only for a size below 1
	return recalled[T]{&sync.Mutex{}, values}
}

func (c recalled[T]) get(id string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values.Get(id)
}

func (c recalled[T]) add(id string, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values.Add(id, v)
}

// Recall returns the value of the session of r, which may have ended: it reads a
// session once and never again. It is for what a session says for all time, such as
// which node it belongs to, and admits nobody to anything.
func (s *Sessions[T]) Recall(r *http.Request) (v T, ok bool, err error) {
	id, ok := s.store.id(r)
	if !ok {
		return v, false, nil
	}
	if v, ok = s.recalled.get(id); ok {
		Identified(r, s.subject(v))
		return v, true, nil
	}
	found, ok, err := s.Peek(r)
	if err != nil || !ok {
		return v, false, err
	}
	s.recalled.add(id, found.Value)
	return found.Value, true, nil
}
