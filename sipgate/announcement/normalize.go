package announcement

import "math"

// Level is the loudness that announcements are normalized to. A zero field
// means the default, which suits telephones: loud enough over a bad line, with
// headroom for the codecs on the way.
type Level struct {
	Off     bool    // announcements keep their loudness
	Target  float64 // loudness in LUFS; default −16
	Ceiling float64 // level that no sample exceeds, in dBFS; default −3
}

func (l Level) withDefaults() Level {
	if l.Target == 0 {
		l.Target = -16
	}
	if l.Ceiling == 0 {
		l.Ceiling = -3
	}
	return l
}

const (
	minLoudness  = -50.0 // LUFS; fainter clips are noise and are not amplified
	minOffset    = 0.005 // constant offset, relative to the peak; smaller ones are kept
	minGain      = 0.15  // dB; smaller changes are not worth another rounding
	maxBetween   = 1.0   // dB; peaks between samples may be so far above the ceiling in a clip that is loud enough
	maxReduction = 20.0  // dB; peaks are turned down by no more for the sake of the rest
	maxRounds    = 8     // attempts to reach the loudness
)

// Normalized returns the clip with the loudness l.Target. A limiter turns down
// the peaks that would exceed l.Ceiling, by up to 20 dB, because speech has
// peaks far above its loudness; the rest keeps its shape. A constant offset is
// removed: it causes clicks and takes up headroom. Silence, and sound too faint
// to be intended, is not amplified.
func (c *Clip) Normalized(l Level) *Clip {
	if l.Off {
		return c
	}
	l = l.withDefaults()
	samples := c.Samples()
	offset := meanSample(samples)
	if math.Abs(offset) < minOffset*maxDeviation(samples, offset) {
		offset = 0
	}
	ceiling := 32768 * math.Pow(10, l.Ceiling/20)
	gain := 0.0
	if loud := loudness(samples, offset); loud >= minLoudness {
		gain = l.Target - loud
	}
	limiter := newLimiter(samples, offset, ceiling*math.Pow(10, -(max(gain, 0)+maxReduction/2)/20))
	most := decibel(ceiling/limiter.highest()) + maxReduction
	// A limiter makes new peaks between samples, which it is not to pursue.
	if offset == 0 && math.Abs(gain) < minGain && maxDeviation(samples, 0) <= ceiling && most >= maxReduction-maxBetween {
		return c
	}
	if gain != 0 {
		gain = limiter.gainFor(l.Target, gain, most, ceiling)
	}
	gain = min(gain, most)
	highest := math.Floor(ceiling)
	out := make([]int16, 0, len(samples))
	limiter.run(math.Pow(10, gain/20), ceiling, func(v float64) {
		out = append(out, int16(max(-highest, min(math.RoundToEven(v), highest))))
	})
	return c.withSamples(out)
}

// gainFor returns the gain, in dB up to most, with which the limited sound has the
// loudness target. It begins with the gain that would be right without limiter.
func (l *limiter) gainFor(target, gain, most, ceiling float64) float64 {
	var before, loudBefore float64
	for round := range maxRounds {
		gain = min(gain, most)
		m := newMeter(len(l.samples))
		l.run(math.Pow(10, gain/20), ceiling, m.add)
		loud := m.loudness()
		missing := target - loud
		if math.Abs(missing) < minGain/2 || gain == most && missing > 0 {
			break // near enough
		}
		slope := 1.0 // LU for each dB of gain; the more is limited, the less
		if round > 0 && gain != before {
			slope = max(0.2, min((loud-loudBefore)/(gain-before), 1))
		}
		before, loudBefore = gain, loud
		gain += missing / slope
	}
	return min(gain, most)
}

func meanSample(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s)
	}
	return sum / float64(max(1, len(samples)))
}
