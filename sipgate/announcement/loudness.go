package announcement

import "math"

// decibel returns the level of an amplitude in dB. Relative to full scale (a
// sample, or the peak of a sine wave, of 32768) it is in dBFS: 0 for full scale,
// −Inf for silence.
func decibel(ratio float64) float64 { return 20 * math.Log10(ratio) }

// Loudness returns the loudness of samples at [TelephoneRate] in LUFS, measured
// as in ITU-R BS.1770-4: frequencies are weighted like the ear does, and blocks
// of 400 ms that are silent or 10 LU below the average do not count. A sine
// wave of 1 kHz at full scale has −3 LUFS; silence has −Inf.
//
// The threshold of silence is 70 dB below the peak of the samples, not below
// full scale. So twice the amplitude is always 6 LU more.
func Loudness(samples []int16) float64 {
	return loudness(samples, 0, maxDeviation(samples, 0))
}

// loudness returns the loudness of samples minus offset. peak is their largest
// magnitude.
func loudness(samples []int16, offset, peak float64) float64 {
	if peak == 0 {
		return math.Inf(-1)
	}
	blocks := blockLoudness(samples, offset, 1/peak)
	blocks = louderThan(blocks, -70)
	blocks = louderThan(blocks, meanLoudness(blocks)-10)
	return meanLoudness(blocks) + decibel(peak/32768)
}

// maxDeviation returns the largest distance of a sample from offset.
func maxDeviation(samples []int16, offset float64) (peak float64) {
	for _, s := range samples {
		peak = max(peak, math.Abs(float64(s)-offset))
	}
	return peak
}

const (
	hopSize        = TelephoneRate / 10 // samples between the beginnings of two blocks, 100 ms
	blockHops      = 4                  // hops in a block, 400 ms
	loudnessOffset = -0.691             // of BS.1770: 0 LUFS for 1 kHz in both channels of a stereo signal
)

// blockLoudness returns the loudness of each block of the samples minus offset,
// multiplied by scale, in LUFS. Samples shorter than a block are one block.
func blockLoudness(samples []int16, offset, scale float64) []float64 {
	shelf, highPass := kWeighting(TelephoneRate)
	sums := make([]float64, 0, len(samples)/hopSize+1)
	sum := 0.0
	for i, s := range samples {
		v := highPass.next(shelf.next((float64(s) - offset) * scale))
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

// louderThan returns the blocks that are louder than threshold.
func louderThan(blocks []float64, threshold float64) []float64 {
	var over []float64
	for _, b := range blocks {
		if b > threshold {
			over = append(over, b)
		}
	}
	return over
}

// meanLoudness returns the loudness of the mean power of blocks, −Inf without
// blocks.
func meanLoudness(blocks []float64) float64 {
	sum := 0.0
	for _, b := range blocks {
		sum += math.Pow(10, b/10)
	}
	return 10 * math.Log10(sum/float64(max(1, len(blocks))))
}

// biquad is a second-order filter in transposed direct form II.
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

// kWeighting returns the two filters of BS.1770 for a sample rate: a shelf for
// how the head amplifies high frequencies, and a high-pass. The standard gives
// coefficients for 48 kHz; these follow from the analogue prototypes by the
// bilinear transform.
func kWeighting(rate float64) (shelf, highPass biquad) {
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
