package simulator

import (
	"hash/fnv"
	"math"
	"sync"
)

// Speech is synthetic: trains of glottal pulses, filtered by the formants of a
// few vowels, in the rhythm of syllables. Every voice can be rendered from any
// sample on, because all that is chosen comes from a hash of seed and place.
//
// Two properties are guaranteed to those who analyse a recording. The band of
// the upper keypad tones (1209–1633 Hz) is empty of speech, so that no word is
// taken for a digit; and the voices of a call differ in pitch by a quarter at
// least, as long as it has no more than four parties.

const (
	turnLength   = sampleRate * 128 / 100 // one party speaks, then perhaps the next
	tableSize    = 512
	speechLevel  = 0.1  // RMS of full scale while somebody speaks: -20 dBFS
	hissLevel    = 0.02 // RMS of the consonants
	hissLength   = sampleRate / 40
	vowels       = 4
	pitchWobble  = 0.03 // of each syllable, up and down
	pitchDecline = 0.03 // from the first to the last syllable of a turn, up and down
)

// formants of i, e, u, o in Hz for a male speaker, chosen from the textbook
// vowels (Peterson and Barney 1952) so that none falls among the upper keypad
// tones.
var formants = [vowels][3]float64{
	{270, 2290, 3010},
	{400, 2000, 2550},
	{300, 870, 2240},
	{450, 860, 2410},
}

// voicePitches are the fundamental frequencies in Hz of the voices there are.
var voicePitches = [...]float64{92, 106, 122, 140, 162, 187, 215, 248}

// voice is one speaker. It never changes.
type voice struct {
	pitch  float64 // Hz
	vowels [vowels][tableSize + 1]float32
}

// voices returns the speakers. They are computed once per process.
var voices = sync.OnceValue(func() []*voice {
	list := make([]*voice, len(voicePitches))
	for i, pitch := range voicePitches {
		list[i] = newVoice(pitch)
	}
	return list
})

func newVoice(pitch float64) *voice {
	v := &voice{pitch: pitch}
	tract := 0.92 + 0.24*(pitch-voicePitches[0])/(voicePitches[len(voicePitches)-1]-voicePitches[0])
	for i := range v.vowels {
		v.vowels[i] = vowelPeriod(pitch, tract, formants[i])
	}
	return v
}

// vowelPeriod computes one period of a vowel with an RMS of 1, and its first
// sample again at the end. The formants are scaled by tract.
func vowelPeriod(pitch, tract float64, f [3]float64) (table [tableSize + 1]float32) {
	var sum [tableSize]float64
	var power float64
	for k := 1; float64(k)*pitch < 3300; k++ {
		amp := harmonic(float64(k)*pitch, tract, f) / float64(k)
		phase := 0.35 * float64(k*k) // spreads the pulse, so that it never clips
		for n := range sum {
			sum[n] += amp * math.Sin(2*math.Pi*float64(k*n)/tableSize+phase)
		}
	}
	for _, x := range sum {
		power += x * x / tableSize
	}
	for n := range table {
		table[n] = float32(sum[n%tableSize] / math.Sqrt(power))
	}
	return table
}

// harmonic is the gain of the vocal tract at hertz. Between 1060 and 1860 Hz it
// is nearly zero: the keypad's upper tones and the wobble of the pitch.
func harmonic(hertz, tract float64, f [3]float64) float64 {
	gain := 0.0
	for i, centre := range f {
		width := 60.0 + 40*float64(i)
		x := (hertz - centre*tract) / width
		gain += 3 * float64(i+1) / math.Sqrt(1+x*x)
	}
	if hertz > 1060 && hertz < 1860 {
		gain *= 0.01
	}
	return gain
}

// pickVoice returns the index of the voice of a party: the same one in every
// call with this seed, unless it is too close to one already taken.
func pickVoice(seed uint64, party string, taken []int) int {
	h := fnv.New64a()
	h.Write([]byte(party))
	first := int(mix(seed^h.Sum64()) % uint64(len(voicePitches)))
	for distance := 2; distance > 0; distance-- {
		for i := range voicePitches {
			candidate := (first + 3*i) % len(voicePitches)
			if farFrom(candidate, taken, distance) {
				return candidate
			}
		}
	}
	return first
}

func farFrom(candidate int, taken []int, distance int) bool {
	for _, t := range taken {
		if d := candidate - t; -distance < d && d < distance {
			return false
		}
	}
	return true
}

// speak adds turn number turn of v to out, whose first sample has the position
// at, each sample times its gain.
func (v *voice) speak(out, gain []float32, at int64, seed uint64, turn int64) {
	start := turn*turnLength + 400
	end := turn*turnLength + turnLength - 1200 - int64(mix(seed^uint64(turn))%1600)
	phase := 0.0
	for i := uint64(0); start < end; i++ {
		rng := mix(seed + uint64(turn)<<20 + i)
		y := syllable{
			at:     start,
			length: min(1200+int64(rng>>8%700), end-start),
			phase:  phase,
			vowel:  int(rng % vowels),
			next:   int(rng >> 4 % vowels),
			noise:  rng,
		}
		height := 1 + pitchDecline*(1-2*float64(start-turn*turnLength)/turnLength)
		wobble := pitchWobble * (float64(rng>>24%1000)/500 - 1)
		y.step = v.pitch * height * (1 + wobble) * tableSize / sampleRate
		v.utter(out, gain, at, y)
		phase = math.Mod(phase+y.step*float64(y.length), tableSize)
		start += y.length + 160
	}
}

// syllable is one vowel that glides into another, after a short hiss.
type syllable struct {
	at, length  int64
	phase, step float64 // into the table, at the start and per sample
	vowel, next int
	noise       uint64
}

func (v *voice) utter(out, gain []float32, at int64, y syllable) {
	from, to := max(y.at, at), min(y.at+y.length, at+int64(len(out)))
	a, b := &v.vowels[y.vowel], &v.vowels[y.next]
	pos := math.Mod(y.phase+y.step*float64(from-y.at), tableSize)
	for n := from; n < to; n, pos = n+1, pos+y.step {
		if pos >= tableSize {
			pos -= tableSize
		}
		g, i := gain[n-at], n-y.at
		if g == 0 {
			continue
		}
		cell := int(pos)
		frac := float32(pos - float64(cell))
		glide := float32(i) / float32(y.length)
		x := (1-glide)*(a[cell]+frac*(a[cell+1]-a[cell])) + glide*(b[cell]+frac*(b[cell+1]-b[cell]))
		x *= 1.25 * speechLevel * swell(i, y.length)
		if i < hissLength {
			x += hiss(y.noise, i) * (1 - float32(i)/hissLength)
		}
		out[n-at] += g * x
	}
}

// swell is the envelope of a syllable: 25 ms up, 45 ms down.
func swell(i, length int64) float32 {
	const up, down = sampleRate / 40, sampleRate * 45 / 1000
	x := min(1, float32(i)/up, float32(length-i)/down)
	return x * x * (3 - 2*x)
}

// hiss is noise whose power lies near the upper end of the telephone band.
func hiss(seed uint64, i int64) float32 {
	white := func(i int64) float32 { return float32(mix(seed+uint64(i))>>40)/(1<<23) - 1 }
	return hissLevel * (white(i) - 2*white(i-1) + white(i-2))
}

// mix is the finaliser of SplitMix64: a hash of one word.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
