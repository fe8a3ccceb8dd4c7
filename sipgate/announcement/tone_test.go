package announcement

import (
	"encoding/binary"
	"math"
	"testing"
)

// tone returns a sine wave with a peak of full scale times amp.
func tone(rate int, hz, amp, seconds float64) []float64 {
	s := make([]float64, int(float64(rate)*seconds))
	for i := range s {
		s[i] = amp * math.Sin(2*math.Pi*hz/float64(rate)*float64(i))
	}
	return s
}

func sum(a, b []float64) []float64 {
	s := make([]float64, len(a))
	for i := range s {
		s[i] = a[i] + b[i]
	}
	return s
}

// wavFile describes a WAV file. Zero fields are written as a sound program writes
// them.
type wavFile struct {
	tag        uint16
	bits       int
	rate       int
	channels   int
	extensible bool
	samples    []float64 // of each channel the same

	before, after []byte // chunks around the data chunk
	fmtSize       *uint32
	dataSize      *uint32
	riffSize      *uint32
	align         *uint16
	noFormat      bool
	noData        bool
	cut           int // bytes missing at the end
}

func size(n uint32) *uint32 { return &n }

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func (w wavFile) bytes() []byte {
	le := binary.LittleEndian
	if w.tag == 0 {
		w.tag = tagPCM
	}
	step := (w.bits + 7) / 8
	align := uint16(step * w.channels)
	if w.align != nil {
		align = *w.align
	}
	tag := w.tag
	if w.extensible {
		tag = tagExtensible
	}
	f := le.AppendUint16(nil, tag)
	f = le.AppendUint16(f, uint16(w.channels))
	f = le.AppendUint32(f, uint32(w.rate))
	f = le.AppendUint32(f, uint32(w.rate)*uint32(align))
	f = le.AppendUint16(f, align)
	f = le.AppendUint16(f, uint16(w.bits))
	if w.extensible {
		f = le.AppendUint16(f, 22)
		f = le.AppendUint16(f, uint16(w.bits))
		f = le.AppendUint32(f, 3)
		f = le.AppendUint16(f, w.tag)
		f = append(f, tagGUID...)
	} else if w.tag != tagPCM {
		f = le.AppendUint16(f, 0)
	}
	var data []byte
	for _, s := range w.samples {
		for range w.channels {
			data = appendSample(data, w.tag, w.bits, s)
		}
	}
	format, sound := chunk("fmt ", f), chunk("data", data)
	if w.fmtSize != nil {
		le.PutUint32(format[4:], *w.fmtSize)
	}
	if w.dataSize != nil {
		le.PutUint32(sound[4:], *w.dataSize)
		sound = sound[:8+len(data)]
	}
	b := []byte("RIFF\x00\x00\x00\x00WAVE")
	if !w.noFormat {
		b = append(b, format...)
	}
	b = append(b, w.before...)
	if !w.noData {
		b = append(b, sound...)
	}
	b = append(b, w.after...)
	le.PutUint32(b[4:], uint32(len(b)-8))
	if w.riffSize != nil {
		le.PutUint32(b[4:], *w.riffSize)
	}
	return b[:len(b)-w.cut]
}

func appendSample(b []byte, tag uint16, bits int, s float64) []byte {
	le := binary.LittleEndian
	clamp := func(scale float64) int64 { return int64(math.Round(max(-scale, min(s*scale, scale-1)))) }
	switch {
	case tag == tagFloat && bits == 32:
		return le.AppendUint32(b, math.Float32bits(float32(s)))
	case tag == tagFloat:
		return le.AppendUint64(b, math.Float64bits(s))
	case tag == tagALaw:
		return append(b, nearest(s, alawLevel))
	case tag == tagMuLaw:
		return append(b, nearest(s, mulawLevel))
	case bits == 8:
		return append(b, byte(clamp(128)+128))
	case bits == 24:
		v := clamp(1 << 23)
		return append(b, byte(v), byte(v>>8), byte(v>>16))
	case bits == 32:
		return le.AppendUint32(b, uint32(clamp(1<<31)))
	}
	return le.AppendUint16(b, uint16(clamp(1<<15)))
}

// nearest returns the code word whose level is nearest to s.
func nearest(s float64, level func(byte) int) byte {
	best, word := math.Inf(1), byte(0)
	for b := range 256 {
		if d := math.Abs(float64(level(byte(b))) - s*32768); d < best {
			best, word = d, byte(b)
		}
	}
	return word
}

// Levels of samples in dBFS: 0 dB is a sample, or the peak of a sine wave, of full
// scale. Silence is −Inf.

// peakLevel returns the level of the loudest sample.
func peakLevel(samples []int16) float64 { return decibel(maxDeviation(samples, 0) / 32768) }

// rmsLevel returns the level of the sine wave with the same power as the samples.
func rmsLevel(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return decibel(math.Sqrt(2*sum/float64(max(1, len(samples)))) / 32768)
}

// toneLevel returns the level of the sine wave of hz in samples at TelephoneRate.
func toneLevel(samples []int16, hz float64) float64 {
	s := make([]float64, len(samples))
	for i, v := range samples {
		s[i] = float64(v) / 32768
	}
	return toneDB(s, hz)
}

// toneDB is toneLevel for samples between −1 and 1. It measures through a Hann
// window: other tones count if they are closer than two divided by the duration.
func toneDB(s []float64, hz float64) float64 {
	var re, im, weight float64
	for i, v := range s {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(s)))
		sin, cos := math.Sincos(2 * math.Pi * hz / TelephoneRate * float64(i))
		re, im, weight = re+w*cos*v, im+w*sin*v, weight+w
	}
	return decibel(2 * math.Hypot(re, im) / weight)
}

// near fails t unless got is want to within tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.2f, want %.2f ± %.2f", what, got, want, tolerance)
	}
}

// below fails t unless got is at most limit.
func below(t *testing.T, what string, got, limit float64) {
	t.Helper()
	if !(got <= limit) {
		t.Errorf("%s: %.2f, want at most %.2f", what, got, limit)
	}
}
