package announcement

// Blocks of GSM 6.10 in WAV files ("WAV49"): two frames of 260 bits, the lowest bit
// of each byte first.
const (
	gsmBlockSize    = 65
	gsmFrameSamples = 160
	gsmBlockSamples = 2 * gsmFrameSamples
	gsmFrameBits    = 260
)

// gsmDecoder decodes GSM 6.10 full rate speech (ETSI EN 300 961: fixed-point
// arithmetic in 16 bits with saturation, so that every decoder returns the same
// samples).
type gsmDecoder struct {
	history [120 + 160]int // the excitation: 120 samples before the frame, then the frame
	lag     int            // of the last subframe with a valid one
	areas   [8]int         // log area ratios of the frame before
	lattice [9]int         // memory of the synthesis filter
	deemph  int            // memory of the de-emphasis
	bits    bitsLSB
}

func newGSMDecoder() *gsmDecoder { return &gsmDecoder{lag: 40} }

// bitsLSB reads bit fields, the lowest bit of each byte first.
type bitsLSB struct {
	data []byte
	at   int
}

func (b *bitsLSB) read(n int) (v int) {
	for i := range n {
		v |= int(b.data[b.at/8]>>(b.at%8)&1) << i
		b.at++
	}
	return v
}

// decode decodes a block, or the first frame of a block that was cut after it, and
// returns the number of samples.
func (g *gsmDecoder) decode(dst []float32, block []byte) int {
	g.bits = bitsLSB{data: block}
	n := 0
	for g.bits.at+gsmFrameBits <= 8*len(block) {
		g.frame(dst[n : n+gsmFrameSamples])
		n += gsmFrameSamples
	}
	return n
}

// Tables of the standard: the bits of the coded log area ratios, the values to
// decode them (3.1: MIC, B and 1/A), and the gains of the long-term predictor.
var (
	gsmAreaBits   = [8]int{6, 6, 5, 5, 4, 4, 3, 3}
	gsmAreaMin    = [8]int{-32, -32, -16, -16, -8, -8, -4, -4}
	gsmAreaOffset = [8]int{0, 0, 2048, -2560, 94, -1792, -341, -1144}
	gsmAreaScale  = [8]int{13107, 13107, 13107, 13107, 19223, 17476, 31454, 29708}
	gsmGains      = [4]int{3277, 11469, 21299, 32767}
)

// frame decodes 160 samples.
func (g *gsmDecoder) frame(dst []float32) {
	var areas [8]int
	for i := range areas {
		v := (g.bits.read(gsmAreaBits[i]) + gsmAreaMin[i]) << 10
		v = gsmMul(gsmAreaScale[i], saturate(v-2*gsmAreaOffset[i]))
		areas[i] = saturate(2 * v)
	}
	for at := 120; at < len(g.history); at += 40 {
		g.subframe(at)
	}
	excitation := g.history[120:]
	// The filter changes in four steps from that of the frame before.
	for _, step := range []struct{ from, to, quarters int }{{0, 13, 1}, {13, 27, 2}, {27, 40, 3}, {40, 160, 4}} {
		var reflection [8]int
		for i := range reflection {
			reflection[i] = reflectionOf(interpolateArea(g.areas[i], areas[i], step.quarters))
		}
		for k := step.from; k < step.to; k++ {
			s := g.synthesize(&reflection, excitation[k])
			g.deemph = saturate(s + gsmMul(g.deemph, 28180))
			dst[k] = float32(saturate(2*g.deemph)&^7) / (1 << 15)
		}
	}
	g.areas = areas
	copy(g.history[:120], g.history[160:])
}

// interpolateArea returns the value that is so many quarters of the way.
func interpolateArea(before, now, quarters int) int {
	switch quarters {
	case 1:
		return saturate(saturate(before>>2+now>>2) + before>>1)
	case 2:
		return saturate(before>>1 + now>>1)
	case 3:
		return saturate(saturate(before>>2+now>>2) + now>>1)
	}
	return now
}

// reflectionOf returns the reflection coefficient for a log area ratio.
func reflectionOf(area int) int {
	v := min(max(area, -area), 32767)
	switch {
	case v < 11059:
		v <<= 1
	case v < 20070:
		v += 11059
	default:
		v = saturate(v>>2 + 26112)
	}
	if area < 0 {
		return -v
	}
	return v
}

// synthesize passes one sample of the excitation through the lattice filter.
func (g *gsmDecoder) synthesize(reflection *[8]int, s int) int {
	v := &g.lattice
	for i := 7; i >= 0; i-- {
		s = saturate(s - gsmMul(reflection[i], v[i]))
		v[i+1] = saturate(v[i] + gsmMul(reflection[i], s))
	}
	v[0] = s
	return s
}

// subframe decodes 40 samples of the excitation at an index of history.
func (g *gsmDecoder) subframe(at int) {
	f := &g.bits
	lag, gain, grid := f.read(7), gsmGains[f.read(2)], f.read(2)
	if lag < 40 || lag > 120 {
		lag = g.lag
	}
	g.lag = lag
	exponent, mantissa := gsmScale(f.read(6))
	var pulses [40]int
	for i := range 13 {
		shift := 6 - exponent
		v := gsmMul(gsmMantissas[mantissa], (2*f.read(3)-7)<<12)
		if shift > 0 {
			v = saturate(v+1<<(shift-1)) >> shift
		}
		pulses[grid+3*i] = v
	}
	for k, pulse := range pulses {
		g.history[at+k] = saturate(pulse + gsmMul(gain, g.history[at+k-lag]))
	}
}

var gsmMantissas = [8]int{18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767}

// gsmScale decodes the scale of the pulses of a subframe.
func gsmScale(coded int) (exponent, mantissa int) {
	if coded > 15 {
		exponent = coded>>3 - 1
	}
	mantissa = coded - exponent<<3
	if mantissa == 0 {
		return -4, 7
	}
	for mantissa <= 7 {
		mantissa = mantissa<<1 | 1
		exponent--
	}
	return exponent, mantissa - 8
}

// gsmMul returns the rounded product of two fractions of 15 bits.
func gsmMul(a, b int) int { return saturate((a*b + 1<<14) >> 15) }

// saturate limits v to 16 bits.
func saturate(v int) int { return max(-32768, min(v, 32767)) }
