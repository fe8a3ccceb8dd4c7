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
func Loudness(samples []int16) float64 { return loudness(samples, 0) }

// loudness returns the loudness of samples minus offset.
func loudness(samples []int16, offset float64) float64 {
	m := newMeter(len(samples))
	for _, s := range samples {
		m.add(float64(s) - offset)
	}
	return m.loudness()
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

// meter measures the loudness of the samples that are added.
type meter struct {
	shelf, highPass biquad
	peak            float64
	power           []float64 // sums of squares of the weighted samples of each hop
	sum             float64   // of the hop that is not complete
	count           int
}

func newMeter(samples int) *meter {
	m := &meter{power: make([]float64, 0, samples/hopSize+1)}
	m.shelf, m.highPass = kWeighting(TelephoneRate)
	return m
}

// add adds a sample; full scale is 32768.
func (m *meter) add(v float64) {
	m.peak = max(m.peak, v, -v)
	v = m.highPass.next(m.shelf.next(v))
	m.sum += v * v
	if m.count++; m.count%hopSize == 0 {
		m.power, m.sum = append(m.power, m.sum), 0
	}
}

func (m *meter) loudness() float64 {
	if m.peak == 0 {
		return math.Inf(-1)
	}
	blocks := louderThan(m.blocks(), decibel(m.peak/32768)-70)
	return meanLoudness(louderThan(blocks, meanLoudness(blocks)-10))
}

// blocks returns the loudness of each block in LUFS. Samples shorter than a block
// are one block.
func (m *meter) blocks() []float64 {
	lufs := func(power float64, samples int) float64 {
		return loudnessOffset + 10*math.Log10(power/float64(samples)/(32768*32768))
	}
	if len(m.power) < blockHops {
		power := m.sum
		for _, p := range m.power {
			power += p
		}
		return []float64{lufs(power, m.count)}
	}
	var blocks []float64
	for i := range len(m.power) - blockHops + 1 {
		power := 0.0
		for _, p := range m.power[i : i+blockHops] {
			power += p
		}
		blocks = append(blocks, lufs(power, blockHops*hopSize))
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
