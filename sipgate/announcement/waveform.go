package announcement

import (
	"io"
	"math"
	"slices"
	"time"
)

// clipBars is the number of bars in the picture of a clip.
const clipBars = 64

// Waveform returns a picture of the clip: the peak of each 64th of it as one
// digit of base 32, 0 for silence. A clip of fewer samples has fewer digits.
func (c *Clip) Waveform() string {
	samples := c.Samples()
	bars := min(clipBars, len(samples))
	picture := make([]byte, bars)
	for i := range picture {
		peak := maxDeviation(samples[i*len(samples)/bars:(i+1)*len(samples)/bars], 0) / 32768
		picture[i] = "0123456789abcdefghijklmnopqrstuv"[int(math.Round(31*math.Sqrt(peak)))]
	}
	return string(picture)
}

// Waveform is a picture of a recording.
type Waveform struct {
	Bars   []uint8 // level over time: 100 for the loudest, 0 for silence
	Length time.Duration
}

const (
	maxBars      = 1000
	waveformStep = 50 * time.Millisecond // sound whose power is measured together
)

// DrawWaveform reads a sound file of any kind that [Decode] reads to its end and
// returns a picture of at most bars bars. It does not keep the sound: an hour
// takes 576 kB of memory. Limits and errors are those of Decode.
func DrawWaveform(r io.Reader, bars int, l Limits) (Waveform, error) {
	l = l.withDefaults()
	in := newInput(r, l.Bytes)
	w, err := drawWaveform(in, min(max(bars, 1), maxBars), l)
	if in.err != nil {
		return Waveform{}, in.err
	}
	return w, err
}

func drawWaveform(in *input, bars int, l Limits) (Waveform, error) {
	d, err := newDecoder(in, "recording")
	if err != nil {
		return Waveform{}, err
	}
	rate := d.source().Rate
	step := max(1, int(int64(rate)*int64(waveformStep)/int64(time.Second)))
	var power []float64 // of each step
	seen := 0
	n, err := readSamples(in, d, l, func(samples []float32) {
		for _, s := range samples {
			if seen%step == 0 {
				power = append(power, 0)
			}
			seen++
			power[len(power)-1] += float64(s) * float64(s)
		}
	})
	if err != nil {
		return Waveform{}, err
	}
	return Waveform{barHeights(power, bars), duration(n, rate)}, nil
}

// barHeights returns the heights of at most bars bars, each that of its loudest
// step. Sound that never exceeds −60 dBFS is silence.
func barHeights(power []float64, bars int) []uint8 {
	loudest := max(slices.Max(power), 50*TelephoneRate/1000*1e-6/2)
	heights := make([]uint8, min(bars, len(power)))
	for i := range heights {
		part := slices.Max(power[i*len(power)/len(heights) : (i+1)*len(power)/len(heights)])
		heights[i] = uint8(math.Round(100 * math.Sqrt(part/loudest)))
	}
	return heights
}
