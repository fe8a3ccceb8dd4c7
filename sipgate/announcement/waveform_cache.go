package announcement

import (
	"context"
	"sync"
)

const (
	maxCachedWaveforms = 500
	maxDrawing         = 2 // waveforms drawn at the same time
)

// WaveformCache caches the waveforms of recordings, which never change, and
// limits how many are drawn at the same time. It is safe for concurrent use.
type WaveformCache struct {
	slots chan struct{}

	mu        sync.Mutex
	waveforms map[string]Waveform
	order     []string // keys, the oldest first
}

// NewWaveformCache returns an empty cache.
func NewWaveformCache() *WaveformCache {
	return &WaveformCache{slots: make(chan struct{}, maxDrawing), waveforms: map[string]Waveform{}}
}

// Get returns the cached waveform for key, or calls draw and caches its result.
// It returns the error of draw, or that of ctx if ctx ends while others draw.
func (c *WaveformCache) Get(ctx context.Context, key string, draw func(context.Context) (Waveform, error)) (Waveform, error) {
	if w, ok := c.lookup(key); ok {
		return w, nil
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Waveform{}, ctx.Err()
	}
	if w, ok := c.lookup(key); ok { // drawn while this call waited
		return w, nil
	}
	w, err := draw(ctx)
	if err == nil {
		c.store(key, w)
	}
	return w, err
}

func (c *WaveformCache) lookup(key string) (Waveform, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.waveforms[key]
	return w, ok
}

func (c *WaveformCache) store(key string, w Waveform) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.order) >= maxCachedWaveforms {
		delete(c.waveforms, c.order[0])
		c.order = c.order[1:]
	}
	c.waveforms[key] = w
	c.order = append(c.order, key)
}
