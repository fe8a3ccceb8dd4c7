package announcement

import "math"

// The limiter looks ahead as long as it takes to turn down, so that it never
// clips, and turns up again slowly, so that it is not heard.
const (
	lookAhead   = TelephoneRate / 200 // samples, 5 ms
	releaseTime = 0.08                // seconds
)

// limiter turns down the passages of a sound that would exceed a level, also
// between its samples.
type limiter struct {
	samples []int16
	offset  float64  // subtracted from the samples
	peaks   []uint32 // true peak near each sample, rounded up; at least the sample's magnitude
}

// newLimiter returns a limiter of samples minus offset. It looks for peaks
// between samples where one of them is above floor.
func newLimiter(samples []int16, offset, floor float64) *limiter {
	l := &limiter{samples: samples, offset: offset, peaks: make([]uint32, len(samples))}
	for i, s := range samples {
		v := math.Abs(float64(s) - offset)
		l.raise(i, v)
		if v > floor/2 {
			between := betweenSamples(samples, i, offset)
			l.raise(i, between)
			if i+1 < len(samples) {
				l.raise(i+1, between)
			}
		}
	}
	return l
}

func (l *limiter) raise(i int, peak float64) {
	l.peaks[i] = max(l.peaks[i], uint32(min(math.Ceil(peak), math.MaxUint32)))
}

// highest returns the highest peak.
func (l *limiter) highest() (peak float64) {
	for _, p := range l.peaks {
		peak = max(peak, float64(p))
	}
	return peak
}

// Interpolation for true peaks: a windowed sinc at three points between two
// samples, as in ITU-R BS.1770-4, annex 2.
const peakTaps = 24

var peakFilters = func() (f [3][peakTaps]float64) {
	for p := range f {
		for i := range f[p] {
			d := float64(p+1)/4 - float64(i-peakTaps/2+1)
			f[p][i] = sinc(d) * (0.5 + 0.5*math.Cos(math.Pi*d/(peakTaps/2+1)))
		}
	}
	return f
}()

// betweenSamples returns the largest magnitude between sample i and the next, at four times
// the sample rate.
func betweenSamples(samples []int16, i int, offset float64) (peak float64) {
	from := i - peakTaps/2 + 1
	var window [peakTaps]float64
	for k := range window {
		if at := from + k; at >= 0 && at < len(samples) {
			window[k] = float64(samples[at]) - offset
		}
	}
	for p := range peakFilters {
		sum := 0.0
		for k, c := range &peakFilters[p] {
			sum += c * window[k]
		}
		peak = max(peak, sum, -sum)
	}
	return peak
}

// run passes the samples, multiplied by gain and limited to ceiling, to emit.
//
// At each sample, the gain is the mean of the gains that the next lookAhead
// samples of the last lookAhead samples allow. Therefore it is never higher than
// that sample allows.
func (l *limiter) run(gain, ceiling float64, emit func(float64)) {
	release := 1 - math.Exp(-1/(releaseTime*TelephoneRate))
	const window = lookAhead + 1
	var ring [window]float64 // the last gains
	for i := range ring {
		ring[i] = gain
	}
	sum, current := gain*window, gain
	ahead := highestPeak{peaks: l.peaks}
	for i := -lookAhead; i < len(l.samples); i++ {
		allowed := gain
		if peak := ahead.over(i, i+lookAhead); peak*gain > ceiling {
			allowed = ceiling / peak
		}
		current = min(allowed, current+(gain-current)*release)
		slot := (i + window) % window
		sum += current - ring[slot]
		ring[slot] = current
		if i >= 0 {
			emit((float64(l.samples[i]) - l.offset) * min(sum/window, gain))
		}
	}
}

// highestPeak finds the highest peak in a window that moves forward.
type highestPeak struct {
	peaks []uint32
	queue []int // indices of peaks, each higher than those after it
	next  int   // the first index that was not in a window
}

// over returns the highest peak from one index to another. Neither may be lower
// than in the call before.
func (m *highestPeak) over(from, to int) float64 {
	for ; m.next <= to && m.next < len(m.peaks); m.next++ {
		for len(m.queue) > 0 && m.peaks[m.queue[len(m.queue)-1]] <= m.peaks[m.next] {
			m.queue = m.queue[:len(m.queue)-1]
		}
		m.queue = append(m.queue, m.next)
	}
	for m.queue[0] < from {
		m.queue = m.queue[1:]
	}
	return float64(m.peaks[m.queue[0]])
}
