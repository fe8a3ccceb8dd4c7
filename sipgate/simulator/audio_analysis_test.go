package simulator

import (
	"io"
	"math"
	"testing"
	"time"
)

var timelineStart = time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return timelineStart.Add(d) }

// twoPartyTimeline returns the timeline of a call with two parties that began at
// timelineStart.
func twoPartyTimeline() *audioTimeline {
	t := newAudioTimeline(1)
	t.join("owner", timelineStart)
	t.join("caller", timelineStart)
	return t
}

// record returns the samples of the last recording of tl.
func record(t *testing.T, tl *audioTimeline) []int16 {
	t.Helper()
	if len(tl.files) == 0 {
		t.Fatal("no recording")
	}
	samples, err := parseWAV(wavBytes(t, tl.files[len(tl.files)-1]))
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// wavBytes returns the whole WAV file.
func wavBytes(t testing.TB, f *audioFile) []byte {
	t.Helper()
	b, err := io.ReadAll(f.reader())
	if err != nil || int64(len(b)) != f.size() {
		t.Fatalf("%d bytes of %d, %v", len(b), f.size(), err)
	}
	return b
}

// power returns the mean square of x relative to full scale.
func power(x []int16) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) / 32768 * float64(v) / 32768
	}
	return sum / float64(max(1, len(x)))
}

func decibel(p float64) float64 { return 10 * math.Log10(p+1e-12) }

// goertzel returns the mean power of x at a frequency.
func goertzel(x []int16, hertz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hertz/sampleRate)
	var a, b float64
	for _, v := range x {
		a, b = float64(v)/32768+c*a-b, a
	}
	n := float64(len(x))
	return 2 * (a*a + b*b - c*a*b) / n / n
}

// digitIn returns the digit that sounds in x, or 0, independently of the code
// that generates tones.
func digitIn(x []int16) byte {
	strongest := func(tones []float64) (best int, p float64) {
		for i, f := range tones {
			if q := goertzel(x, f); q > p {
				best, p = i, q
			}
		}
		return best, p
	}
	row, p := strongest([]float64{697, 770, 852, 941})
	column, q := strongest([]float64{1209, 1336, 1477, 1633})
	if p+q < 0.7*power(x) || p < q/6 || q < p/6 || p+q < 1e-3 {
		return 0
	}
	return []string{"123A", "456B", "789C", "*0#D"}[row][column]
}

// digitsIn decodes keypad tones in frames of 20 ms and returns the digits and
// the sample at which each begins.
func digitsIn(x []int16) (digits string, begins []int) {
	const frame = 160
	last := byte(0)
	for n := 0; n+frame <= len(x); n += frame / 2 {
		d := digitIn(x[n : n+frame])
		if d != 0 && d != last {
			digits += string(d)
			begins = append(begins, n)
		}
		last = d
	}
	return digits, begins
}

// correlation returns where needle fits best in x, and how well, from 0 to 1.
func correlation(x, needle []int16) (at int, fit float64) {
	for n := 0; n+len(needle) <= len(x); n++ {
		if f := likeness(x[n:n+len(needle)], needle, 7); f > fit {
			at, fit = n, f
		}
	}
	return at, likeness(x[at:], needle, 1)
}

// likeness returns the normalized correlation of needle with the beginning of x,
// using every step-th sample.
func likeness(x, needle []int16, step int) float64 {
	var both, a, b int64
	for i := 0; i < len(needle); i += step {
		v, w := int64(x[i]), int64(needle[i])
		both, a, b = both+v*w, a+v*v, b+w*w
	}
	return float64(both) / math.Sqrt(float64(a)*float64(b)+1)
}

// chirp returns a sound of rising pitch, no part of which resembles another.
func chirp(seconds float64, level float64) []int16 {
	x := make([]int16, int(seconds*sampleRate))
	for i := range x {
		t := float64(i) / sampleRate
		x[i] = int16(32767 * level * math.Sin(2*math.Pi*(300+700*t)*t))
	}
	return x
}

// spectrum returns the relative power of x in 64 bands of 50 Hz.
func spectrum(x []int16) (bands [64]float64) {
	sum := 0.0
	for i := range bands {
		for n := 0; n+800 <= len(x); n += 800 {
			bands[i] += goertzel(x[n:n+800], float64(i)*50+25)
		}
		sum += bands[i]
	}
	for i := range bands {
		bands[i] /= sum
	}
	return bands
}
