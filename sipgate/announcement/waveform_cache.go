package announcement

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	maxCachedWaveforms = 500
	maxDrawing         = 2 // waveforms drawn at the same time
)

// WaveformCache caches the waveforms of recordings, which never change, and
// limits how many are drawn at the same time. It is safe for concurrent use.
type WaveformCache struct {
	slots     chan struct{}
	waveforms *lru.Cache[string, Waveform]
}

// NewWaveformCache returns an empty cache.
func NewWaveformCache() *WaveformCache {
	waveforms, _ := lru.New[string, Waveform](maxCachedWaveforms) // fails only for a size below 1
	return &WaveformCache{slots: make(chan struct{}, maxDrawing), waveforms: waveforms}
}

// Get returns the cached waveform for key, or calls draw and caches its result.
// It returns the error of draw, or that of ctx if ctx ends while others draw.
func (c *WaveformCache) Get(ctx context.Context, key string, draw func(context.Context) (Waveform, error)) (Waveform, error) {
	if w, ok := c.waveforms.Get(key); ok {
		return w, nil
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Waveform{}, ctx.Err()
	}
	if w, ok := c.waveforms.Get(key); ok { // drawn while this call waited
		return w, nil
	}
	w, err := draw(ctx)
	if err == nil {
		c.waveforms.Add(key, w)
	}
	return w, err
}
