package handlers

import (
	"context"
	"sync"

	"callboard/sipgate/announcement"
)

// outlines remembers the outlines of recordings, which never change, and draws
// two at a time.
type outlines struct {
	drawing chan struct{}

	mu    sync.Mutex
	known map[string]announcement.Outline
	order []string // the oldest first
}

func newOutlines() *outlines {
	return &outlines{drawing: make(chan struct{}, 2), known: map[string]announcement.Outline{}}
}

// get returns the outline that is known under the key, or draws it.
func (o *outlines) get(ctx context.Context, key string, draw func(context.Context) (announcement.Outline, error)) (announcement.Outline, error) {
	if found, ok := o.find(key); ok {
		return found, nil
	}
	select {
	case o.drawing <- struct{}{}:
		defer func() { <-o.drawing }()
	case <-ctx.Done():
		return announcement.Outline{}, ctx.Err()
	}
	if found, ok := o.find(key); ok { // drawn while we waited
		return found, nil
	}
	drawn, err := draw(ctx)
	if err == nil {
		o.keep(key, drawn)
	}
	return drawn, err
}

func (o *outlines) find(key string) (announcement.Outline, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.known[key]
	return found, ok
}

func (o *outlines) keep(key string, drawn announcement.Outline) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.order) >= mostOutlines {
		delete(o.known, o.order[0])
		o.order = o.order[1:]
	}
	o.known[key] = drawn
	o.order = append(o.order, key)
}
