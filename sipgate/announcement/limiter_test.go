package announcement

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// speech returns seconds of a sound like speech: pulses of a voice through two
// formants, in syllables of different strength with pauses between words, and a
// few bursts as of a P too close to the microphone, which stand far above the
// rest.
func speech(seed uint64, seconds, burst float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	out := make([]float64, int(seconds*TelephoneRate))
	formants := [2]biquad{resonance(500, 80), resonance(1500, 120)}
	phase, strength := 0.0, 0.0
	for i := range out {
		syllable := i % (TelephoneRate / 5)
		if syllable == 0 {
			strength = math.Pow(10, -r.Float64()*12/20)
			if i/TelephoneRate%4 == 3 { // a pause
				strength = 0.001
			}
		}
		pulse := 0.0
		if phase += (110 + 20*r.Float64()) / TelephoneRate; phase >= 1 {
			phase, pulse = phase-1, 1
		}
		envelope := math.Sin(math.Pi * float64(syllable) / (TelephoneRate / 5))
		voice := formants[0].next(pulse) + 0.5*formants[1].next(pulse)
		out[i] = strength * envelope * voice * 0.2
		if i%(TelephoneRate*3/2) < 40 {
			out[i] += burst * (2*r.Float64() - 1)
		}
	}
	return out
}

// resonance returns a filter that rings at hz.
func resonance(hz, width float64) biquad {
	radius := math.Exp(-math.Pi * width / TelephoneRate)
	return biquad{b0: 1, a1: -2 * radius * math.Cos(2*math.Pi*hz/TelephoneRate), a2: radius * radius}
}

// measured is the loudness of a clip in LUFS and its true peak in dBFS, as a meter
// for 48 kHz measures them: with the coefficients that ITU-R BS.1770-4 prints, on
// six times as many samples.
func measured(samples []int16) (loud, peak float64) {
	const factor, reach = 6, 24
	up := make([]float64, len(samples)*factor)
	for p := range factor {
		var taps [2 * reach]float64
		for k := range taps {
			d := float64(p)/factor - float64(k-reach+1)
			taps[k] = sinc(d) * (0.5 + 0.5*math.Cos(math.Pi*d/(reach+1)))
		}
		for i := range samples {
			for k, c := range taps {
				if at := i + k - reach + 1; at >= 0 && at < len(samples) {
					up[i*factor+p] += c * float64(samples[at]) / 32768
				}
			}
		}
	}
	shelf := biquad{b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585}
	high := biquad{b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621}
	var blocks []float64
	powers := make([]float64, len(up)/4800)
	for i, v := range up {
		peak = max(peak, math.Abs(v))
		if v = high.next(shelf.next(v)); i/4800 < len(powers) {
			powers[i/4800] += v * v
		}
	}
	for i := 3; i < len(powers); i++ {
		blocks = append(blocks, (powers[i-3]+powers[i-2]+powers[i-1]+powers[i])/19200)
	}
	gate := math.Pow(10, (-70+0.691)/10)
	for range 2 {
		sum, n := 0.0, 0
		for _, b := range blocks {
			if b > gate {
				sum, n = sum+b, n+1
			}
		}
		loud = -0.691 + 10*math.Log10(sum/float64(n))
		gate = math.Pow(10, (loud-10+0.691)/10)
	}
	return loud, decibel(peak)
}

// Speech becomes as loud as everything else in the library, however far its peaks
// stand above it, and no peak exceeds the ceiling.
func TestSpeechReachesTheLoudness(t *testing.T) {
	sounds := map[string][]float64{"music": tone(8000, 440, 0.5, 8), "already right": tone(8000, 997, 0.224, 8)}
	for i, burst := range []float64{0, 0.5, 0.99} {
		sounds[fmt.Sprintf("speech with bursts of %v", burst)] = speech(uint64(i), 8, burst)
		quiet := speech(uint64(10+i), 8, burst)
		for k := range quiet {
			quiet[k] *= 0.3
		}
		sounds[fmt.Sprintf("quiet speech with bursts of %v", burst)] = quiet
	}
	var all []float64
	highest := 0.0
	for name, s := range sounds {
		before := clipOf(s)
		loudBefore, peakBefore := measured(before.Samples())
		highest = max(highest, peakBefore-loudBefore)
		loud, peak := measured(before.Normalized(Level{}).Samples())
		near(t, name+": loudness", loud, -16, 0.4)
		below(t, name+": true peak", peak, -3+0.8) // four times as many samples show all but 0.6 dB
		all = append(all, loud)
		t.Logf("%s: %.1f LUFS with peaks of %.1f became %.1f with %.1f", name, loudBefore, peakBefore, loud, peak)
	}
	for _, a := range all {
		for _, b := range all {
			below(t, "difference within the library", a-b, 1)
		}
	}
	if highest < 20 {
		t.Errorf("the peaks stand only %.1f dB above the loudness", highest)
	}
}

// The limiter changes nothing far from the peaks, and turns down smoothly near them.
func TestLimiterIsLocal(t *testing.T) {
	s := tone(8000, 300, 0.1, 4)
	for i := 16000; i < 16008; i++ {
		s[i] = 0.9
	}
	c := clipOf(s)
	out := c.Normalized(Level{Target: loudnessOf(c)}).Samples() // only the peak is too high
	in := c.Samples()
	for i := range in {
		ratio := float64(out[i]) / float64(in[i])
		switch far := i < 16000-2*lookAhead || i > 16000+TelephoneRate; {
		case math.Abs(float64(in[i])) < 1000:
		case far && math.Abs(ratio-1) > 0.06:
			t.Fatalf("sample %d: %d became %d", i, in[i], out[i])
		case ratio > 1.06 || ratio < 0.6:
			t.Fatalf("sample %d: %d became %d", i, in[i], out[i])
		}
	}
	below(t, "peak", peakLevel(out), -3)
}

func loudnessOf(c *Clip) float64 { return Loudness(c.Samples()) }

// Peaks between samples count: a tone of a quarter of the sample rate can have all
// its samples 3 dB below its peaks.
func TestPeaksBetweenSamplesAreLimited(t *testing.T) {
	s := make([]float64, 16000)
	for i := range s {
		s[i] = 0.9 * math.Sin(math.Pi/2*float64(i)+math.Pi/4)
	}
	_, before := measured(clipOf(s).Samples())
	near(t, "true peak before", before, -0.9, 0.2)
	_, after := measured(clipOf(s).Normalized(Level{Target: -1, Ceiling: -6}).Samples())
	near(t, "true peak after", after, -6, 0.3)
}

// For every sound and gain, no sample is above the ceiling and none louder than the
// gain alone would make it.
func TestLimiterProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawClip(t).Samples()
		gain, ceiling := rapid.Float64Range(0.1, 50).Draw(t, "gain"), rapid.Float64Range(100, 30000).Draw(t, "ceiling")
		l := newLimiter(samples, 0, 0)
		i := 0
		l.run(gain, ceiling, func(v float64) {
			if math.Abs(v) > ceiling+0.001 || math.Abs(v) > gain*math.Abs(float64(samples[i]))+0.001 {
				t.Fatalf("sample %d of %d became %v", i, samples[i], v)
			}
			i++
		})
		if i != len(samples) {
			t.Fatalf("%d samples of %d", i, len(samples))
		}
	})
}

// The highest peak in a moving window is that of a simple search.
func TestHighestPeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		peaks := rapid.SliceOfN(rapid.Uint32Range(0, 5), 1, 40).Draw(t, "peaks")
		width := rapid.IntRange(0, 10).Draw(t, "width")
		m := highestPeak{peaks: peaks}
		for i := range peaks {
			want := uint32(0)
			for _, p := range peaks[i:min(i+width+1, len(peaks))] {
				want = max(want, p)
			}
			if got := m.over(i, i+width); got != float64(want) {
				t.Fatalf("at %d: %v, want %d", i, got, want)
			}
		}
	})
}

// What the decoder noted stays with the clip whatever is done to it.
func TestNotesStayWithTheClip(t *testing.T) {
	b := append(wavSizes(8036, 8000, 0), bytes.Repeat([]byte{0x81}, 100)...)
	c := mustDecode(t, "x.wav", b).Trimmed().Normalized(Level{})
	if fmt.Sprint(c.Notes) != "[tail]" {
		t.Error(c.Notes)
	}
}

// The wave between the samples may be more than twice as high as any of them, and
// is turned down all the same.
func TestPeaksFarAboveTheSamplesAreLimited(t *testing.T) {
	samples := tone(8000, 3900, 1, 0.4) // nearly every sample changes the sign, and some do not
	for i := range samples {
		samples[i] = math.Copysign(0.999, samples[i])
	}
	l := Level{Target: -10, Ceiling: -6}
	once := clipOf(samples).Normalized(l)
	if before := newLimiter(clipOf(samples).Samples(), 0, 0).highest(); before < 2*32768 {
		t.Fatalf("the peaks are only %.0f", before)
	}
	if peak := decibel(newLimiter(once.Samples(), 0, 0).highest() / 32768); peak > l.Ceiling+minGain {
		t.Errorf("peaks of %.2f dBFS, want %.0f", peak, l.Ceiling)
	}
}

// An announcement that is downloaded and uploaded again stays as it is, bit for bit,
// however much the limiter did to it.
func TestNormalizingAgainChangesNothing(t *testing.T) {
	for i, burst := range []float64{0, 0.1, 0.3, 0.99} {
		for _, amp := range []float64{0.05, 0.3, 1} {
			s := speech(uint64(i), 2, burst)
			for k := range s {
				s[k] *= amp
			}
			once := clipOf(s).Normalized(Level{})
			if !bytes.Equal(once.WAV(), once.Normalized(Level{}).WAV()) {
				t.Errorf("bursts of %v, times %v: another sound", burst, amp)
			}
		}
	}
}
