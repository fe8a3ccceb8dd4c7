package announcement

import (
	"io"
	"math"
	"slices"
	"time"
)

// Outline is the shape of a sound, to be drawn.
type Waveform struct {
	Bars   []uint8 // loudness over time; the loudest is 100, and silence 0
	Length time.Duration
}

// Limits of an outline.
const (
	maxBars      = 1000
	waveformStep = 50 * time.Millisecond // what is looked at together at first
)

// DrawOutline reads a sound file of any kind that [Decode] reads to its end,
// and makes an outline of so many bars at most. The sound itself is not kept:
// an hour takes 576 kB while it is read. Limits and errors are those of Decode.
func DrawWaveform(r io.Reader, bars int, l Limits) (Waveform, error) {
	l = l.withDefaults()
	in := newInput(r, l.Bytes)
	o, err := drawWaveform(in, min(max(bars, 1), maxBars), l)
	if in.err != nil {
		return Waveform{}, in.err
	}
	return o, err
}

func drawWaveform(in *input, bars int, l Limits) (Waveform, error) {
	d, err := newDecoder(in, "recording")
	if err != nil {
		return Waveform{}, err
	}
	rate := d.source().Rate
	step := max(1, int(int64(rate)*int64(waveformStep)/int64(time.Second)))
	var power []float64 // of each step
	frames, limit := 0, int(l.Length.Seconds()*float64(rate))
	buf := make([]float32, blockSize)
	for {
		n, err := d.read(buf)
		if err != nil && err != io.EOF {
			return Waveform{}, err
		}
		for _, s := range buf[:n] {
			if frames%step == 0 {
				power = append(power, 0)
			}
			frames++
			power[len(power)-1] += float64(s) * float64(s)
		}
		switch {
		case frames > limit:
			return Waveform{}, errorf(TooLong, "longer than %v", l.Length)
		case in.decodeTime() > l.DecodeTime:
			return Waveform{}, invalidf("decoding takes longer than %v", l.DecodeTime)
		case err == io.EOF && frames == 0:
			return Waveform{}, errorf(Empty, "no samples")
		case err == io.EOF:
			length := time.Duration(float64(frames) / float64(rate) * float64(time.Second))
			return Waveform{barHeights(power, bars), length}, nil
		}
	}
}

// gather makes so many bars at most of the power of each step, each as high as
// its loudest one. A sound that is nowhere louder than −60 dB is silence.
func barHeights(power []float64, bars int) []uint8 {
	loudest := max(slices.Max(power), 50*TelephoneRate/1000*1e-6/2)
	out := make([]uint8, min(bars, len(power)))
	for i := range out {
		part := slices.Max(power[i*len(power)/len(out) : (i+1)*len(power)/len(out)])
		out[i] = uint8(math.Round(100 * math.Sqrt(part/loudest)))
	}
	return out
}
