package announcement

import (
	"io"
	"math"
	"time"
)

// Outline is the shape of a sound, to be drawn.
type Outline struct {
	Bars   []uint8 // loudness over time, 0 to 100 on a scale that suits the eye
	Length time.Duration
}

// Limits of an outline.
const (
	mostBars    = 1000
	outlineStep = 50 * time.Millisecond // what is looked at together at first
)

// DrawOutline reads a sound file of any kind that [Decode] reads to its end,
// and makes an outline of so many bars at most. The sound itself is not kept:
// an hour takes 288 kB while it is read. Limits and errors are those of Decode.
func DrawOutline(r io.Reader, bars int, l Limits) (Outline, error) {
	l = l.orDefault()
	in := newInput(r, l.Bytes)
	o, err := drawOutline(in, min(max(bars, 1), mostBars), l)
	if in.err != nil {
		return Outline{}, in.err
	}
	return o, err
}

func drawOutline(in *input, bars int, l Limits) (Outline, error) {
	d, err := open(in, "recording")
	if err != nil {
		return Outline{}, err
	}
	rate := d.source().Rate
	step := max(1, int(int64(rate)*int64(outlineStep)/int64(time.Second)))
	var peaks []float32
	frames, limit := 0, int(l.Length.Seconds()*float64(rate))
	buf := make([]float32, block)
	for {
		n, err := d.read(buf)
		if err != nil && err != io.EOF {
			return Outline{}, err
		}
		for _, s := range buf[:n] {
			if frames%step == 0 {
				peaks = append(peaks, 0)
			}
			frames++
			peaks[len(peaks)-1] = max(peaks[len(peaks)-1], s, -s)
		}
		switch {
		case frames > limit:
			return Outline{}, refuse(TooLong, "longer than %v", l.Length)
		case in.worked() > l.Work:
			return Outline{}, invalid("decoding takes longer than %v", l.Work)
		case err == io.EOF && frames == 0:
			return Outline{}, refuse(Empty, "no samples")
		case err == io.EOF:
			length := time.Duration(float64(frames) / float64(rate) * float64(time.Second))
			return Outline{gather(peaks, bars), length}, nil
		}
	}
}

// gather makes so many bars at most of peaks, each as loud as its loudest one.
// The loudness of speech is judged by the ear: −50 dB and less is 0.
func gather(peaks []float32, bars int) []uint8 {
	out := make([]uint8, min(bars, len(peaks)))
	for i := range out {
		loudest := float32(0)
		for _, p := range peaks[i*len(peaks)/len(out) : (i+1)*len(peaks)/len(out)] {
			loudest = max(loudest, p)
		}
		out[i] = uint8(math.Round(min(100, max(0, 100+2*decibel(float64(loudest))))))
	}
	return out
}
