package announcement

import (
	"context"
	"sync"
)

// mostOutlines are remembered.
const maxCachedWaveforms = 500

// Outlines remembers the outlines of recordings, which never change, and draws
// two at a time.
type WaveformCache struct {
	slots chan struct{}

	mu        sync.Mutex
	waveforms map[string]Waveform
	order     []string // the oldest first
}

// NewOutlines returns Outlines that know none yet.
func NewWaveformCache() *WaveformCache {
	return &WaveformCache{slots: make(chan struct{}, 2), waveforms: map[string]Waveform{}}
}

// Get returns the outline that is known under the key, or draws it.
func (o *WaveformCache) Get(ctx context.Context, key string, draw func(context.Context) (Waveform, error)) (Waveform, error) {
	if found, ok := o.lookup(key); ok {
		return found, nil
	}
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-ctx.Done():
		return Waveform{}, ctx.Err()
	}
	if found, ok := o.lookup(key); ok { // drawn while we waited
		return found, nil
	}
	drawn, err := draw(ctx)
	if err == nil {
		o.store(key, drawn)
	}
	return drawn, err
}

func (o *WaveformCache) lookup(key string) (Waveform, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.waveforms[key]
	return found, ok
}

func (o *WaveformCache) store(key string, drawn Waveform) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.order) >= maxCachedWaveforms {
		delete(o.waveforms, o.order[0])
		o.order = o.order[1:]
	}
	o.waveforms[key] = drawn
	o.order = append(o.order, key)
}
