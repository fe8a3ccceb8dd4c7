package announcement

import (
	"encoding/binary"
	"math"
)

// A mixFunc decodes the samples of one channel, multiplies them by gain and adds
// them to dst. The first sample is at the beginning of src, and each of the
// others step bytes after the one before.
type mixFunc func(dst []float32, src []byte, step int, gain float32)

// mixChannels stores the average of the channels of interleaved samples, of size
// bytes each, in dst. An average cannot clip.
func mixChannels(c mixFunc, dst []float32, src []byte, channels, size int) {
	frame := channels * size
	n := len(src) / frame
	clear(dst[:n])
	for ch := range channels {
		if n > 0 {
			c(dst[:n], src[ch*size:], frame, 1/float32(channels))
		}
	}
}

// tableMix returns the mixFunc for samples of one byte that are indices into
// values.
func tableMix(values *[256]float32) mixFunc {
	return func(dst []float32, src []byte, step int, gain float32) {
		for i := range dst {
			dst[i] += gain * values[src[i*step]]
		}
	}
}

func pcm16(dst []float32, src []byte, step int, gain float32) {
	gain /= 1 << 15
	for i := range dst {
		dst[i] += gain * float32(int16(binary.LittleEndian.Uint16(src[i*step:])))
	}
}

func pcm24(dst []float32, src []byte, step int, gain float32) {
	gain /= 1 << 31
	for i := range dst {
		s := src[i*step:][:3]
		dst[i] += gain * float32(int32(uint32(s[0])<<8|uint32(s[1])<<16|uint32(s[2])<<24))
	}
}

func pcm32(dst []float32, src []byte, step int, gain float32) {
	gain /= 1 << 31
	for i := range dst {
		dst[i] += gain * float32(int32(binary.LittleEndian.Uint32(src[i*step:])))
	}
}

func float32s(dst []float32, src []byte, step int, gain float32) {
	for i := range dst {
		dst[i] += gain * clamp(math.Float32frombits(binary.LittleEndian.Uint32(src[i*step:])))
	}
}

func float64s(dst []float32, src []byte, step int, gain float32) {
	for i := range dst {
		dst[i] += gain * clamp(float32(math.Float64frombits(binary.LittleEndian.Uint64(src[i*step:]))))
	}
}

// clamp limits s to 24 dB above full scale and returns 0 for NaN, because one
// infinite sample would spoil all its neighbours in the filters.
func clamp(s float32) float32 {
	const limit = 16
	switch {
	case s >= -limit && s <= limit:
		return s
	case s > limit:
		return limit
	case s < -limit:
		return -limit
	}
	return 0
}

var (
	pcm8  = tableMix(levelTable(func(b byte) int { return (int(b) - 128) << 8 }))
	alaw  = tableMix(levelTable(alawLevel))
	mulaw = tableMix(levelTable(mulawLevel))
)

// levelTable returns the samples that f decodes from each byte.
func levelTable(f func(byte) int) *[256]float32 {
	var t [256]float32
	for i := range t {
		t[i] = float32(f(byte(i))) / (1 << 15)
	}
	return &t
}

// alawLevel decodes A-law to 16 bits (ITU-T G.711, table 1a).
func alawLevel(b byte) int {
	b ^= 0x55
	level, segment := int(b&0x0F)<<4+8, b>>4&7
	if segment > 0 {
		level = (level + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -level
	}
	return level
}

// mulawLevel decodes µ-law to 16 bits (ITU-T G.711, table 2a).
func mulawLevel(b byte) int {
	b = ^b
	level := (int(b&0x0F)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -level
	}
	return level
}
