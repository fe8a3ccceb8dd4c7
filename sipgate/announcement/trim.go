package announcement

import "math"

// Frames at the ends of a clip are silence if their level is 35 dB below the
// loudest frame, or below −60 dBFS. Trimming keeps some of the silence, because
// a sound begins before it is loud and rings after it.
const (
	trimFrameSize       = TelephoneRate / 100 // samples, 10 ms
	silenceBelowLoudest = 35.0                // dB
	silenceLevel        = -60.0               // dBFS
	keepBefore          = TelephoneRate / 10  // samples, 100 ms
	keepAfter           = TelephoneRate / 5   // samples, 200 ms
)

// Trimmed returns the clip without the silence at its ends, apart from 100 ms
// before and 200 ms after the sound. It returns a clip of silence unchanged.
func (c *Clip) Trimmed() *Clip {
	samples := c.Samples()
	var levels []float64
	loudest := math.Inf(-1)
	for at := 0; at < len(samples); at += trimFrameSize {
		l := acLevel(samples[at:min(at+trimFrameSize, len(samples))])
		levels, loudest = append(levels, l), max(loudest, l)
	}
	threshold := max(loudest-silenceBelowLoudest, silenceLevel)
	first, last := -1, -1
	for i, l := range levels {
		if l > threshold {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return c
	}
	from := max(0, first*trimFrameSize-keepBefore)
	to := min(len(samples), (last+1)*trimFrameSize+keepAfter)
	if to-from == len(samples) {
		return c
	}
	return c.withSamples(samples[from:to])
}

// acLevel returns the level of samples without their constant offset, in dBFS.
func acLevel(samples []int16) float64 {
	n, sum, squares := float64(len(samples)), 0.0, 0.0
	for _, s := range samples {
		sum += float64(s)
		squares += float64(s) * float64(s)
	}
	return decibel(math.Sqrt(max(0, squares-sum*sum/n)*2/n) / 32768)
}
