package announcement

import "encoding/binary"

// A blockCodec decodes blocks of a fixed size into samples, the channels mixed to
// mono.
type blockCodec struct {
	channels int
	size     int // bytes of a block
	samples  int // samples of each channel in a block of that size

	// decode decodes a block, or as much of a shorter one as makes samples, and
	// returns the number of samples.
	decode func(dst []float32, block []byte) int
}

var imaSteps = [89]int{7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
	73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
	724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428,
	4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385,
	24623, 27086, 29794, 32767}

var imaSteppings = [8]int{-1, -1, -1, -1, 2, 4, 6, 8}

// newIMA returns the decoder of IMA ADPCM as Microsoft stores it: for each channel
// a header with the first sample and the step, then in turns 4 bytes, which are 8
// samples, of each channel (IMA Digital Audio Focus, 1992; Microsoft's mmreg.h).
func newIMA(channels, size int) *blockCodec {
	header := 4 * channels
	if size < 2*header {
		return nil
	}
	count := func(n int) int { return 1 + (n-header)/header*8 }
	c := &blockCodec{channels: channels, size: size, samples: count(size)}
	c.decode = func(dst []float32, block []byte) int {
		if len(block) < header {
			return 0
		}
		n := count(len(block))
		clear(dst[:n])
		for ch := range channels {
			h := block[4*ch:]
			value, step := int(int16(binary.LittleEndian.Uint16(h))), min(int(h[2]), len(imaSteps)-1)
			dst[0] += c.share(value)
			for i := range n - 1 {
				at := header + i/8*header + 4*ch + i%8/2
				nibble := int(block[at] >> (i % 2 * 4) & 15)
				value, step = imaNext(value, step, nibble)
				dst[1+i] += c.share(value)
			}
		}
		return n
	}
	return c
}

// imaNext returns the next sample and index of a step.
func imaNext(value, step, nibble int) (int, int) {
	size := imaSteps[step]
	diff := size >> 3
	for bit, part := range [3]int{size >> 2, size >> 1, size} {
		if nibble>>bit&1 == 1 {
			diff += part
		}
	}
	if nibble&8 != 0 {
		diff = -diff
	}
	return saturate(value + diff), max(0, min(step+imaSteppings[nibble&7], len(imaSteps)-1))
}

// share returns what a sample of one channel adds to the mix.
func (c *blockCodec) share(value int) float32 { return float32(value) / float32(c.channels<<15) }

// msCoefficients are the predictors of Microsoft ADPCM that every file has.
var msCoefficients = [][2]int{{256, 0}, {512, -256}, {0, 0}, {192, 64}, {240, 0}, {460, -208}, {392, -232}}

var msAdaption = [16]int{230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230}

// msChannel is the state of one channel of Microsoft ADPCM.
type msChannel struct {
	predictor   [2]int
	delta       int
	last, older int
}

func (c *msChannel) next(nibble int) int {
	signed := nibble
	if nibble >= 8 {
		signed -= 16
	}
	predicted := (c.last*c.predictor[0] + c.older*c.predictor[1]) >> 8
	c.older, c.last = c.last, saturate(predicted+signed*c.delta)
	c.delta = min(max(16, msAdaption[nibble]*c.delta>>8), 1<<20)
	return c.last
}

// newMSADPCM returns the decoder of Microsoft ADPCM: a header with predictor, step
// and two samples of each channel, then a nibble for each sample, channel by
// channel (Microsoft Multimedia Standards Update, 1994).
func newMSADPCM(channels, size int, coefficients [][2]int) *blockCodec {
	header := 7 * channels
	if size <= header {
		return nil
	}
	count := func(n int) int { return 2 + 2*(n-header)/channels }
	c := &blockCodec{channels: channels, size: size, samples: count(size)}
	state := make([]msChannel, channels)
	c.decode = func(dst []float32, block []byte) int {
		if len(block) < header {
			return 0
		}
		n := count(len(block))
		clear(dst[:n])
		word := func(at int) int { return int(int16(binary.LittleEndian.Uint16(block[at:]))) }
		for ch := range state {
			s := &state[ch]
			s.predictor = coefficients[min(int(block[ch]), len(coefficients)-1)]
			s.delta, s.last, s.older = word(channels+2*ch), word(3*channels+2*ch), word(5*channels+2*ch)
			dst[0] += c.share(s.older)
			dst[1] += c.share(s.last)
		}
		for i := range (n - 2) * channels {
			nibble := int(block[header+i/2] >> ((1 - i%2) * 4) & 15)
			dst[2+i/channels] += c.share(state[i%channels].next(nibble))
		}
		return n
	}
	return c
}

// newGSM returns the decoder of GSM 6.10.
func newGSM() *blockCodec {
	return &blockCodec{channels: 1, size: gsmBlockSize, samples: gsmBlockSamples, decode: newGSMDecoder().decode}
}
