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
	minLoudness = -50.0 // LUFS; fainter clips are noise and are not amplified
	minOffset   = 0.005 // constant offset, relative to the peak; smaller ones are kept
	minGain     = 0.1   // dB; smaller changes are not worth another rounding
)

// Normalized returns the clip with the loudness l.Target, or as loud as
// l.Ceiling allows if that is less. One gain applies to all samples, so nothing
// is distorted, and normalizing twice has the effect of normalizing once. A
// constant offset is removed: it causes clicks and takes up headroom. Silence,
// and sound too faint to be intended, is not amplified.
func (c *Clip) Normalized(l Level) *Clip {
	if l.Off {
		return c
	}
	l = l.withDefaults()
	samples := c.Samples()
	offset := meanSample(samples)
	peak := maxDeviation(samples, offset)
	if math.Abs(offset) < minOffset*peak {
		offset, peak = 0, maxDeviation(samples, 0)
	}
	gain := 0.0
	if loud := loudness(samples, offset, peak); loud >= minLoudness {
		gain = l.Target - loud
	}
	if gain = min(gain, l.Ceiling-decibel(peak/32768)); math.Abs(gain) < minGain {
		gain = 0
	}
	if gain == 0 && offset == 0 {
		return c
	}
	limit := 32767.0
	if gain != 0 {
		limit = math.Floor(math.Pow(10, l.Ceiling/20) * 32768)
	}
	factor := math.Pow(10, gain/20)
	for i, s := range samples {
		v := math.RoundToEven((float64(s) - offset) * factor)
		samples[i] = int16(max(-limit, min(v, limit)))
	}
	return c.withSamples(samples)
}

func meanSample(samples []int16) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += float64(s)
	}
	return sum / float64(max(1, len(samples)))
}
