package announcement

import (
	"fmt"
	"math"
	"testing"
)

// convert resamples samples in blocks of step samples, without rounding.
func convert(rate, step int, samples []float64) []float64 {
	r := newResampler(rate)
	var out []float64
	add := func(s []float32) {
		for _, v := range s {
			out = append(out, float64(v))
		}
	}
	in := make([]float32, len(samples))
	for i, s := range samples {
		in[i] = float32(s)
	}
	for len(in) > 0 {
		n := min(step, len(in))
		add(r.write(in[:n]))
		in = in[n:]
	}
	add(r.flush())
	return out
}

func peakDB(s []float64) float64 {
	most := 0.0
	for _, v := range s {
		most = max(most, math.Abs(v))
	}
	return decibel(most)
}

var rates = []int{8001, 11025, 16000, 21999, 22000, 24000, 37800, 44100, 44101, 48000, 192000}

// The telephone band passes unchanged, and frequencies above the new Nyquist
// frequency do not become aliases.
func TestResampleResponse(t *testing.T) {
	for _, rate := range rates {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			inner := func(hz float64) []float64 {
				s := convert(rate, blockSize, tone(rate, hz, 0.5, 0.15))
				return s[200 : len(s)-200]
			}
			for _, hz := range []float64{50, 300, 1000, 3400} {
				s := inner(hz)
				near(t, fmt.Sprintf("%v Hz", hz), toneDB(s, hz), decibel(0.5), 0.01)
				near(t, fmt.Sprintf("peak at %v Hz", hz), peakDB(s), decibel(0.5), 0.3)
			}
			for hz := 4000.0; hz < float64(rate)/2; hz *= 1.29 {
				below(t, fmt.Sprintf("alias of %.0f Hz", hz), peakDB(inner(hz)), decibel(0.5)-85)
			}
		})
	}
}

// Upsampling adds no images.
func TestResampleUp(t *testing.T) {
	for _, rate := range []int{4000, 4001, 5512, 6000, 7350, 7999} {
		s := convert(rate, blockSize, tone(rate, 1000, 0.5, 0.3))
		s = s[200 : len(s)-200]
		near(t, fmt.Sprint(rate), toneDB(s, 1000), decibel(0.5), 0.01)
		if image := float64(rate) - 1000; image < 3999 {
			below(t, fmt.Sprintf("image at %v Hz", image), toneDB(s, image), decibel(0.5)-85)
		}
	}
}

// A constant is preserved, and n samples become n × 8000 / rate, rounded up.
func TestResampleConstantAndLength(t *testing.T) {
	for _, rate := range append(rates, 4000, 7999, 8000) {
		for _, n := range []int{1, 2, 100, rate / 7, rate / 3} {
			in := make([]float64, n)
			for i := range in {
				in[i] = 0.25
			}
			out := convert(rate, 1000, in)
			if want := (n*TelephoneRate + rate - 1) / rate; len(out) != want {
				t.Errorf("%d samples at %d Hz became %d, want %d", n, rate, len(out), want)
			}
			if len(out) > 1000 {
				for _, v := range out[400 : len(out)-400] {
					if math.Abs(v-0.25) > 1e-5 {
						t.Fatalf("%d Hz: %v", rate, v)
					}
				}
			}
		}
	}
}

// The block size does not change the result, and the result is not delayed.
func TestResampleBlocksAndDelay(t *testing.T) {
	for _, rate := range []int{4000, 11025, 16000, 44100, 44101, 192000} {
		in := make([]float64, rate/5)
		in[rate/10] = 1 // a click at 0.1 s
		want := convert(rate, len(in), in)
		for _, step := range []int{1, 499, 4096} {
			got := convert(rate, step, in)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%d Hz in blocks of %d: sample %d is %v, not %v", rate, step, i, got[i], want[i])
				}
			}
		}
		centre, weight := 0.0, 0.0
		for i, v := range want {
			centre, weight = centre+float64(i)*v*v, weight+v*v
		}
		near(t, fmt.Sprintf("position of the click at %d Hz", rate), centre/weight, float64(rate/10)*TelephoneRate/float64(rate), 0.01)
	}
}

// Samples beyond full scale are clipped and do not wrap around.
func TestClipping(t *testing.T) {
	for _, amp := range []float64{1, 1.5, 8, 1e30} {
		square := make([]float64, 44100)
		for i := range square {
			square[i] = amp
			if i/50%2 == 1 {
				square[i] = -amp
			}
		}
		w := wavFile{tag: tagFloat, bits: 64, rate: 44100, channels: 2, samples: square}
		c := mustDecode(t, "x.wav", w.bytes())
		s := c.Samples()
		near(t, "peak", peakLevel(c.Samples()), 0, 0.01)
		for i, v := range s {
			// Sample i is at i × 44100 / 8000 of the input; in the middle of a
			// half wave it has the sign of the square wave.
			at := float64(i) * 44100 / TelephoneRate / 50
			if frac := at - math.Floor(at); frac > 0.3 && frac < 0.7 && (int(at)%2 == 0) != (v > 0) {
				t.Fatalf("amplitude %g: sample %d is %d", amp, i, v)
			}
		}
	}
}

// NaN and infinite samples do not spread.
func TestNotANumber(t *testing.T) {
	s := tone(44100, 1000, 0.5, 0.2)
	for i := 4000; i < 4410; i++ {
		s[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[i%3]
	}
	for _, bits := range []int{32, 64} {
		c := mustDecode(t, "x.wav", wavFile{tag: tagFloat, bits: bits, rate: 44100, channels: 1, samples: s}.bytes())
		near(t, "level afterwards", toneLevel(c.Samples()[1000:], 1000), decibel(0.5), 0.1)
	}
}

func TestLevels(t *testing.T) {
	full := make([]int16, 8000)
	for i, v := range tone(TelephoneRate, 440, 32767, 1) {
		full[i] = int16(math.Round(v))
	}
	near(t, "peak", peakLevel(full), 0, 0.01)
	near(t, "RMS", rmsLevel(full), 0, 0.01)
	near(t, "tone", toneLevel(full, 440), 0, 0.01)
	below(t, "another tone", toneLevel(full, 450), -60)
	near(t, "lowest sample", peakLevel([]int16{-32768}), 0, 0)
	for _, f := range []func([]int16) float64{peakLevel, rmsLevel} {
		if got := f(make([]int16, 10)); !math.IsInf(got, -1) {
			t.Errorf("silence has %v dBFS", got)
		}
	}
}

// A rate that has no small ratio to 8 kHz needs no more memory for coefficients than
// others.
func TestCoefficientsAreBounded(t *testing.T) {
	for _, rate := range []int{8001, 44100, 44101, 191999} {
		if f := newResampler(rate).final; len(f.bank) > (maxPhases+1)*f.taps {
			t.Errorf("%d Hz: %d coefficients for %d taps", rate, len(f.bank), f.taps)
		}
	}
}
