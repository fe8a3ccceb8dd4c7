package browser

import (
	"bytes"
	"math"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// telephoneTone returns the test tone as a telephone plays it.
func telephoneTone(t *testing.T) []byte {
	t.Helper()
	clip, err := announcement.Decode(bytes.NewReader(harness.ToneWAV(announceHz, announceFor)), "tone.wav", announcement.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return clip.WAV()
}

var (
	lowTones  = []float64{697, 770, 852, 941}
	highTones = []float64{1209, 1336, 1477, 1633}
	keys      = []string{"123A", "456B", "789C", "*0#D"}
)

// goertzel returns the power of one frequency in samples at 8 kHz.
func goertzel(samples []int16, hz float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/8000)
	var a, b float64
	for _, s := range samples {
		a, b = float64(s)+c*a-b, a
	}
	return (a*a + b*b - c*a*b) / float64(len(samples))
}

// keypadDigits returns the keypad tones in samples: two frequencies that
// together hold most of the power, in two windows of 25 ms in a row.
func keypadDigits(samples []int16) string {
	const window = 200
	var found []byte
	var last, reported byte
	for i := 0; i+window <= len(samples); i += window {
		key := keypadKey(samples[i : i+window])
		if key != 0 && key == last && key != reported {
			found, reported = append(found, key), key
		}
		if key == 0 && last == 0 {
			reported = 0
		}
		last = key
	}
	return string(found)
}

func keypadKey(w []int16) byte {
	var power float64
	for _, s := range w {
		power += float64(s) * float64(s)
	}
	strongest := func(tones []float64) (best int, p float64) {
		for i, hz := range tones {
			if g := goertzel(w, hz); g > p {
				best, p = i, g
			}
		}
		return best, p
	}
	row, low := strongest(lowTones)
	column, high := strongest(highTones)
	if power/float64(len(w)) < 1e5 || 2*(low+high) < 0.7*power || low > 10*high || high > 10*low {
		return 0
	}
	return keys[row][column]
}

// hearsTone checks that telephoneTone is in a recording.
func hearsTone(t *testing.T, samples []int16) {
	t.Helper()
	reference, err := announcement.TelephoneSamples(telephoneTone(t))
	if err != nil {
		t.Fatal(err)
	}
	at, r := correlate(samples, reference)
	t.Logf("the announcement is heard %.2f s into the recording of %.1f s, correlation %.2f", float64(at)/8000, float64(len(samples))/8000, r)
	if r < 0.7 {
		t.Errorf("the announcement is not in the recording: best correlation %.2f", r)
	}
	if math.IsNaN(r) {
		t.Error("silence")
	}
}

// correlate returns where the reference fits best, and how well: from 0 to 1.
func correlate(samples, reference []int16) (at int, best float64) {
	const step = 4 // first roughly, then exactly
	// The middle second is enough, and quick.
	part := reference[len(reference)/3 : len(reference)/3+8000]
	score := func(i, step int) float64 {
		var xy, xx, yy float64
		for j := 0; j < len(part); j += step {
			x, y := float64(samples[i+j]), float64(part[j])
			xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
		}
		if xx == 0 || yy == 0 {
			return 0
		}
		return xy / math.Sqrt(xx*yy)
	}
	for i := 0; i+len(part) <= len(samples); i++ {
		if s := score(i, 8*step); s > 0.5 {
			if s = score(i, 1); s > best {
				at, best = i, s
			}
		}
	}
	return at, best
}
