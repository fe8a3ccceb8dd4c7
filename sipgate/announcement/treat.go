package announcement

import (
	"encoding/binary"
	"math"
)

// Level says how loud announcements are made. A zero field means the default,
// which is for telephones: loud enough over a bad line, with room for the
// codecs on the way.
type Level struct {
	Off     bool    // they stay as they are
	Target  float64 // loudness in LUFS; default −16
	Ceiling float64 // that no sample exceeds, in dBFS; default −3
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
	minLoudness = -50.0 // LUFS; what is fainter is noise, and is not made louder
	minOffset   = 0.005 // the least constant offset that is taken away, of the peak
	minGain     = 0.1   // dB; less is not worth another rounding
)

// Levelled returns the clip as loud as l wants it, or as loud as the ceiling
// allows if that is less: all of it is made louder or softer alike, so nothing
// is distorted, and doing it twice is doing it once. A constant offset is taken
// away, because it makes clicks and takes up room. Silence stays silence, and
// what is too faint to be meant is not made louder.
func (c *Clip) Normalized(l Level) *Clip {
	if l.Off {
		return c
	}
	l = l.withDefaults()
	samples := c.Samples()
	offset := meanSample(samples)
	most := maxDeviation(samples, offset)
	if math.Abs(offset) < minOffset*most {
		offset, most = 0, maxDeviation(samples, 0)
	}
	gain := 0.0
	if loud := loudness(samples, offset, most); loud >= minLoudness {
		gain = l.Target - loud
	}
	if gain = min(gain, l.Ceiling-decibel(most/32768)); math.Abs(gain) < minGain {
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

// Silence at the ends of a clip is what stays, in frames of 10 ms, 35 dB below
// the loudest frame, or below −60 dBFS. Of it, so much is kept: a sound begins
// before it is loud and rings after it.
const (
	trimFrameSize       = TelephoneRate / 100
	silenceBelowLoudest = 35.0
	silenceLevel        = -60.0
	keepBefore          = TelephoneRate / 10
	keepAfter           = TelephoneRate / 5
)

// Trimmed returns the clip without the silence at its ends, but for a little
// room. A clip that is nothing but silence stays as it is.
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

// ripple is the level of samples beside their mean.
func acLevel(samples []int16) float64 {
	n, sum, squares := float64(len(samples)), 0.0, 0.0
	for _, s := range samples {
		sum += float64(s)
		squares += float64(s) * float64(s)
	}
	return decibel(math.Sqrt(max(0, squares-sum*sum/n)*2/n) / 32768)
}

// with is the clip with other samples.
func (c *Clip) withSamples(samples []int16) *Clip {
	next := &Clip{Source: c.Source, wav: append(make([]byte, 0, wavHeaderSize+2*len(samples)), wavHeader(2*len(samples))...)}
	for _, s := range samples {
		next.wav = binary.LittleEndian.AppendUint16(next.wav, uint16(s))
		next.peak = max(next.peak, int(s), -int(s))
	}
	return next
}

// waveBars is how many bars the picture of a clip has.
const clipBars = 64

// Wave is a picture of the clip for people: how loud each 64th of it is, as
// one digit of base 32 each, 0 for silence. A clip of fewer samples has fewer.
func (c *Clip) Waveform() string {
	samples := c.Samples()
	bars := min(clipBars, len(samples))
	wave := make([]byte, bars)
	for i := range wave {
		most := math.Pow(10, Peak(samples[i*len(samples)/bars:(i+1)*len(samples)/bars])/20)
		wave[i] = "0123456789abcdefghijklmnopqrstuv"[int(math.Round(31*math.Sqrt(min(most, 1))))]
	}
	return string(wave)
}
