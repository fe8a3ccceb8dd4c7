package announcement

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strconv"
	"testing"
	"time"
)

// TestDrawWaveform draws a second of silence, one of a loud tone and one of a soft
// tone.
func TestDrawWaveform(t *testing.T) {
	samples := make([]int16, 3*8000)
	for i := range 8000 {
		s := math.Sin(2 * math.Pi * 440 * float64(i) / 8000)
		samples[8000+i] = int16(32767 * s)
		samples[16000+i] = int16(8192 * s) // a quarter
	}
	file := wavHeader(2 * len(samples))
	for _, s := range samples {
		file = append(file, byte(s), byte(uint16(s)>>8))
	}
	for bars, want := range map[int][]uint8{3: {0, 100, 25}, 6: {0, 0, 100, 100, 25, 25}, 0: {100}} {
		o, err := DrawWaveform(bytes.NewReader(file), bars, Limits{})
		if err != nil || o.Length != 3*time.Second || !bytes.Equal(o.Bars, want) {
			t.Errorf("%d bars: %+v, %v; want %v", bars, o, err, want)
		}
	}
	if o, err := DrawWaveform(bytes.NewReader(file), 1<<20, Limits{}); err != nil || len(o.Bars) != 60 {
		t.Errorf("maximum number of bars: %d, %v", len(o.Bars), err)
	}
	if o, err := DrawWaveform(bytes.NewReader(append(wavHeader(32000), make([]byte, 32000)...)), 4, Limits{}); err != nil || !bytes.Equal(o.Bars, make([]byte, 4)) {
		t.Errorf("silence: %+v, %v", o, err)
	}
	for code, test := range map[Code]struct {
		file []byte
		l    Limits
	}{
		TooLong: {file, Limits{Length: 2 * time.Second}}, TooLarge: {file, Limits{Bytes: 1000}},
		NotAudio: {[]byte("<html>"), Limits{}}, Empty: {nil, Limits{}}, Invalid: {file[:5000], Limits{}},
	} {
		_, err := DrawWaveform(bytes.NewReader(test.file), 10, test.l)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

// The cache keeps results, but not errors, and drops the oldest.
func TestWaveformCache(t *testing.T) {
	c := NewWaveformCache()
	drawn := 0
	get := func(key string, err error) error {
		_, err = c.Get(t.Context(), key, func(context.Context) (Waveform, error) {
			drawn++
			return Waveform{Length: time.Second}, err
		})
		return err
	}
	failed := errors.New("failed")
	if err := get("a", failed); err != failed {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if err := get("a", nil); err != nil || drawn != 2 {
			t.Errorf("drawn %d times, %v", drawn, err)
		}
	}
	for i := range maxCachedWaveforms {
		get(strconv.Itoa(i), nil)
	}
	if get("a", nil); drawn != 3+maxCachedWaveforms || c.waveforms.Len() != maxCachedWaveforms {
		t.Errorf("drawn %d times, %d cached", drawn, c.waveforms.Len())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range maxDrawing {
		c.slots <- struct{}{}
	}
	if _, err := c.Get(ctx, "b", nil); err != context.Canceled {
		t.Errorf("waiting for others: %v", err)
	}
}
