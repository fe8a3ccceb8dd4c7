package announcement

import "math"

// Loudness is how loud samples at the telephone's rate are, in LUFS, measured
// as ITU-R BS.1770-4 does it: weighted by frequency like the ear, in blocks of
// 400 ms, of which silent ones and those 10 dB below the rest do not count. A
// sine wave of 1 kHz at full scale has −3 LUFS; silence has −Inf.
//
// The gate for silence lies 70 dB below full scale for samples whose peak is
// full scale, and with the peak for all others. So twice the amplitude is 6 dB
// more, whatever the samples are.
func Loudness(samples []int16) float64 {
	return loudness(samples, 0, maxDeviation(samples, 0))
}

// loudness is that of how far the samples are from a constant: most at most.
func loudness(samples []int16, offset, most float64) float64 {
	if most == 0 {
		return math.Inf(-1)
	}
	blocks := blockPowers(samples, offset, 1/most)
	over := louderThan(blocks, -70)
	over = louderThan(over, meanLoudness(over)-10)
	return meanLoudness(over) + decibel(most/32768)
}

// farthest is how far samples get from a constant.
func maxDeviation(samples []int16, offset float64) (most float64) {
	for _, s := range samples {
		most = max(most, math.Abs(float64(s)-offset))
	}
	return most
}

const (
	hopSize        = TelephoneRate / 10 // a block begins every 100 ms
	blockHops      = 4                  // and is 400 ms long
	loudnessOffset = -0.691             // of the standard: 0 LUFS at 1 kHz in both channels of a stereo signal
)

// blockPowers is the loudness of each block of the samples, less the offset and
// times scale, in LUFS. Less than a block is one.
func blockPowers(samples []int16, offset, scale float64) []float64 {
	shelf, low := kWeighting(TelephoneRate)
	sums := make([]float64, 0, len(samples)/hopSize+1)
	sum := 0.0
	for i, s := range samples {
		v := low.next(shelf.next((float64(s) - offset) * scale))
		sum += v * v
		if (i+1)%hopSize == 0 {
			sums, sum = append(sums, sum), 0
		}
	}
	if len(sums) < blockHops {
		for _, s := range sums {
			sum += s
		}
		return []float64{loudnessOffset + 10*math.Log10(sum/float64(len(samples)))}
	}
	var blocks []float64
	for i := range len(sums) - blockHops + 1 {
		power := 0.0
		for _, s := range sums[i : i+blockHops] {
			power += s
		}
		blocks = append(blocks, loudnessOffset+10*math.Log10(power/(blockHops*hopSize)))
	}
	return blocks
}

// gated returns the blocks that are louder than a threshold.
func louderThan(blocks []float64, threshold float64) []float64 {
	var over []float64
	for _, b := range blocks {
		if b > threshold {
			over = append(over, b)
		}
	}
	return over
}

// mean is the loudness of several blocks together, −Inf if there is none.
func meanLoudness(blocks []float64) float64 {
	sum := 0.0
	for _, b := range blocks {
		sum += math.Pow(10, b/10)
	}
	return 10 * math.Log10(sum/float64(max(1, len(blocks))))
}

// biquad is a filter of the second order.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             float64
}

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// kWeighting makes the two filters of BS.1770 for a sample rate: what the head
// adds to high tones, and what the ear leaves out of low ones. The standard
// gives their coefficients for 48 kHz; these are the analogue filters that
// those are made from, brought to the rate by the bilinear transform.
func kWeighting(rate float64) (shelf, low biquad) {
	const f, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
	k := math.Tan(math.Pi * f / rate)
	vh := math.Pow(10, gain/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	shelf = biquad{b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0,
		a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	const f2, q2 = 38.13547087602444, 0.5003270373238773
	k = math.Tan(math.Pi * f2 / rate)
	a0 = 1 + k/q2 + k*k
	return shelf, biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q2 + k*k) / a0}
}
