package announcement

import (
	"context"
	"sync"
)

// mostOutlines are remembered.
const mostOutlines = 500

// Outlines remembers the outlines of recordings, which never change, and draws
// two at a time.
type Outlines struct {
	drawing chan struct{}

	mu    sync.Mutex
	known map[string]Outline
	order []string // the oldest first
}

// NewOutlines returns Outlines that know none yet.
func NewOutlines() *Outlines {
	return &Outlines{drawing: make(chan struct{}, 2), known: map[string]Outline{}}
}

// Get returns the outline that is known under the key, or draws it.
func (o *Outlines) Get(ctx context.Context, key string, draw func(context.Context) (Outline, error)) (Outline, error) {
	if found, ok := o.find(key); ok {
		return found, nil
	}
	select {
	case o.drawing <- struct{}{}:
		defer func() { <-o.drawing }()
	case <-ctx.Done():
		return Outline{}, ctx.Err()
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

func (o *Outlines) find(key string) (Outline, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.known[key]
	return found, ok
}

func (o *Outlines) keep(key string, drawn Outline) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.order) >= mostOutlines {
		delete(o.known, o.order[0])
		o.order = o.order[1:]
	}
	o.known[key] = drawn
	o.order = append(o.order, key)
}
