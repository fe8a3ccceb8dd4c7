package announcement

import "math"

// The filters pass frequencies below passband × the lower Nyquist frequency (3.4
// of 4 kHz, the telephone band) and attenuate those that would become aliases by
// stopband dB.
const (
	passband = 0.85
	stopband = 92.0
)

// resampler converts a stream of samples to [TelephoneRate]. It halves the rate
// as long as that is cheap, and one polyphase filter does the rest. The filters
// are symmetric windowed sinc functions: they have linear phase, and their delay
// is compensated. The coefficients of each phase sum to one, so a constant is
// preserved.
type resampler struct {
	rate    int // of the input
	halvers []*halver
	final   *polyphase // nil if halving ends at TelephoneRate
	in, out int64      // samples written and returned
}

// halveAbove is the lowest rate that is halved. The result, 11 kHz or more, is far
// enough above the telephone band for short filters.
const halveAbove = 22000

func newResampler(rate int) *resampler {
	r := &resampler{rate: rate}
	den := 1 // the halvers convert to rate/den
	for ; rate >= halveAbove*den; den *= 2 {
		r.halvers = append(r.halvers, newHalver(float64(rate)/float64(den)))
	}
	if rate != TelephoneRate*den {
		r.final = newPolyphase(rate, TelephoneRate*den, float64(rate)/float64(den))
	}
	return r
}

// write adds samples to the input and returns the output that is ready. The
// result is valid until the next call.
func (r *resampler) write(s []float32) []float32 {
	r.in += int64(len(s))
	s = r.run(s)
	r.out += int64(len(s))
	return s
}

func (r *resampler) run(s []float32) []float32 {
	for _, h := range r.halvers {
		s = h.write(s)
	}
	if r.final != nil {
		s = r.final.write(s)
	}
	return s
}

// flush returns the rest of the output after the last input. In all, n samples
// become n × TelephoneRate / rate, rounded up.
func (r *resampler) flush() []float32 {
	want := (r.in*TelephoneRate+int64(r.rate)-1)/int64(r.rate) - r.out
	var tail []float32
	silence := make([]float32, blockSize)
	for int64(len(tail)) < want {
		tail = append(tail, r.run(silence)...)
	}
	return tail[:max(0, want)]
}

// halver halves a sample rate with a half-band filter: every second coefficient
// is zero, and the one in the middle is 1/2.
type halver struct {
	coefficients []float32 // the coefficients at distance 1, 3, 5, … from the middle
	buf          []float32
	out          []float32
}

func newHalver(rate float64) *halver {
	// Frequencies above rate/2 − 4 kHz would become aliases in the telephone band.
	width := rate/2 - TelephoneRate
	n := kaiserLength(width / rate)
	h := &halver{coefficients: make([]float32, (n+3)/4)}
	half := float64(2 * len(h.coefficients))
	sum := 0.0
	c := make([]float64, len(h.coefficients))
	for i := range c {
		d := float64(2*i + 1)
		c[i] = math.Sin(math.Pi*d/2) / (math.Pi * d) * kaiser(d/half)
		sum += 2 * c[i]
	}
	for i := range c {
		h.coefficients[i] = float32(c[i] / sum / 2)
	}
	h.buf = make([]float32, h.middle(), h.middle()+2*blockSize)
	return h
}

// middle returns how many samples the filter reaches to either side.
func (h *halver) middle() int { return 2*len(h.coefficients) - 1 }

func (h *halver) write(in []float32) []float32 {
	h.buf = append(h.buf, in...)
	h.out = h.out[:0]
	mid := h.middle()
	at := 0
	for ; at+2*mid < len(h.buf); at += 2 {
		w := h.buf[at : at+2*mid+1]
		sum := 0.5 * w[mid]
		lo, hi := mid-1, mid+1
		for _, c := range h.coefficients {
			sum += c * (w[lo] + w[hi])
			lo -= 2
			hi += 2
		}
		h.out = append(h.out, sum)
	}
	h.buf = h.buf[:copy(h.buf, h.buf[at:])]
	return h.out
}

// maxPhases bounds the memory for coefficients. Rates that need more phases
// interpolate between this many, at half the speed.
const maxPhases = 512

// polyphase resamples by any ratio: output k is at k × from/to samples of the
// input.
type polyphase struct {
	taps int
	bank []float32 // taps coefficients for each phase, for the oldest sample first

	whole, part, phases int // the step from output to output: whole + part/phases
	storedPhases        int // phases in bank if it interpolates, else 0

	phase int // of the next output
	skip  int // samples to skip, once they arrive, before those for the next output
	buf   []float32
	out   []float32
}

// newPolyphase returns the filter for the ratio from : to and input at rate Hz.
func newPolyphase(from, to int, rate float64) *polyphase {
	g := gcd(from, to)
	from, to = from/g, to/g
	nyquist := min(rate, TelephoneRate) / 2
	width := (1 - passband) * nyquist / rate // of the transition band, relative to rate
	taps := (kaiserLength(width) + 7) / 8 * 8
	p := &polyphase{taps: taps, whole: from / to, part: from % to, phases: to}
	rows := to
	if to > maxPhases {
		p.storedPhases, rows = maxPhases, maxPhases
	}
	cutoff := (1 + passband) * nyquist / rate
	p.bank = make([]float32, (rows+1)*taps)
	for r := range rows + 1 {
		fillPhase(p.bank[r*taps:][:taps], float64(r)/float64(rows), cutoff)
	}
	p.buf = make([]float32, taps/2-1, taps+2*blockSize)
	return p
}

// fillPhase computes the coefficients for an output that is a fraction of a sample
// after the sample in the middle. cutoff is relative to the Nyquist frequency.
func fillPhase(row []float32, fraction, cutoff float64) {
	half := float64(len(row) / 2)
	c := make([]float64, len(row))
	sum := 0.0
	for i := range c {
		d := fraction - (float64(i) - half + 1)
		c[i] = sinc(cutoff*d) * kaiser(d/half)
		sum += c[i]
	}
	for i := range c {
		row[i] = float32(c[i] / sum)
	}
}

func (p *polyphase) write(in []float32) []float32 {
	p.buf = append(p.buf, in...)
	p.out = p.out[:0]
	at := p.skip
	for at+p.taps <= len(p.buf) {
		p.out = append(p.out, p.outputFor(p.buf[at:at+p.taps]))
		at += p.whole
		if p.phase += p.part; p.phase >= p.phases {
			p.phase -= p.phases
			at++
		}
	}
	gone := min(at, len(p.buf))
	p.skip = at - gone
	p.buf = p.buf[:copy(p.buf, p.buf[gone:])]
	return p.out
}

// outputFor returns the next output from the taps samples around it.
func (p *polyphase) outputFor(x []float32) float32 {
	if p.storedPhases == 0 {
		return dot(p.bank[p.phase*p.taps:][:p.taps], x)
	}
	scaled := p.phase * p.storedPhases
	row, rest := scaled/p.phases, scaled%p.phases
	a := dot(p.bank[row*p.taps:][:p.taps], x)
	b := dot(p.bank[(row+1)*p.taps:][:p.taps], x)
	return a + (b-a)*float32(rest)/float32(p.phases)
}

// dot returns the dot product of two slices of the same length, a multiple of 8.
// It keeps four sums, because each addition to a sum waits for the one before.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0]*b[0] + a[4]*b[4]
		s1 += a[1]*b[1] + a[5]*b[5]
		s2 += a[2]*b[2] + a[6]*b[6]
		s3 += a[3]*b[3] + a[7]*b[7]
		a, b = a[8:], b[8:]
	}
	return (s0 + s1) + (s2 + s3)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
