package simulator

import "math"

// Keypad tones as ITU-T Q.23 and Q.24 have them: the sum of one tone for the
// row and one for the column.
const (
	dtmfToneLength = sampleRate / 10 // samples a digit sounds
	dtmfPause      = sampleRate / 10 // samples of silence after each digit
	dtmfLevel      = 0.3162          // RMS of full scale of the sum: -10 dBFS
)

var (
	dtmfRows    = [4]float64{697, 770, 852, 941}
	dtmfColumns = [4]float64{1209, 1336, 1477, 1633}
)

// tonePair returns the two frequencies of a digit in Hz, or false if no key
// has it.
func dtmfFrequencies(digit rune) (row, column float64, ok bool) {
	for i, key := range "123A456B789C*0#D" {
		if key == digit {
			return dtmfRows[i/4], dtmfColumns[i%4], true
		}
	}
	return 0, 0, false
}

// keyTone is one digit at its place.
type dtmfTone struct {
	at          int64
	row, column float64
}

func (k dtmfTone) end() int64 { return k.at + dtmfToneLength }

// sound adds the digit to out, whose first sample has the position at. The
// tone swells and fades within 2 ms.
func (k dtmfTone) sound(out []float32, at int64) {
	const edge = sampleRate / 500
	for n := max(k.at, at); n < min(k.end(), at+int64(len(out))); n++ {
		i := n - k.at
		t := float64(i) / sampleRate * 2 * math.Pi
		x := dtmfLevel * (math.Sin(k.row*t) + math.Sin(k.column*t))
		out[n-at] += float32(x * min(1, float64(i+1)/edge, float64(dtmfToneLength-i)/edge))
	}
}

// holdTune is what a held call hears, in Hz: slow, soft, and too low to be
// taken for a keypad tone.
var holdNotes = [...]float64{261.6, 329.6, 392.0, 493.9, 440.0, 392.0, 329.6, 293.7}

const (
	holdNote  = sampleRate / 2 // samples per note
	holdLevel = 0.045          // amplitude
)

// playHold adds the music of a hold that began at from to out.
func addHoldMusic(out, gain []float32, at int64, held span) {
	for n := max(held.from, at); n < min(held.to, at+int64(len(out))); n++ {
		i := n - held.from
		note := holdNotes[i/holdNote%int64(len(holdNotes))]
		within := float64(i % holdNote)
		envelope := min(1, within/400) * (1 - within/holdNote)
		x := holdLevel * envelope * math.Sin(2*math.Pi*note*within/sampleRate)
		out[n-at] += gain[n-at] * float32(x)
	}
}
