package simulator

import "math"

// Keypad tones according to ITU-T Q.23 and Q.24: the sum of one tone for the
// row and one for the column.
const (
	dtmfToneLength = sampleRate / 10 // in samples
	dtmfPause      = sampleRate / 10 // in samples, after each digit
	dtmfLevel      = 0.3162          // amplitude of each tone: the sum is at -10 dBFS
)

var (
	dtmfRows    = [4]float64{697, 770, 852, 941}
	dtmfColumns = [4]float64{1209, 1336, 1477, 1633}
)

// dtmfFrequencies returns the two frequencies of a digit in Hz, or false if it
// is not on a keypad.
func dtmfFrequencies(digit rune) (row, column float64, ok bool) {
	for i, key := range "123A456B789C*0#D" {
		if key == digit {
			return dtmfRows[i/4], dtmfColumns[i%4], true
		}
	}
	return 0, 0, false
}

// dtmfTone is one digit at its position.
type dtmfTone struct {
	at          int64
	row, column float64
}

func (k dtmfTone) end() int64 { return k.at + dtmfToneLength }

// add adds the digit to out, whose first sample has the position at. The tone
// rises and falls within 2 ms.
func (k dtmfTone) add(out []float32, at int64) {
	const edge = sampleRate / 500
	for n := max(k.at, at); n < min(k.end(), at+int64(len(out))); n++ {
		i := n - k.at
		t := float64(i) / sampleRate * 2 * math.Pi
		x := dtmfLevel * (math.Sin(k.row*t) + math.Sin(k.column*t))
		out[n-at] += float32(x * min(1, float64(i+1)/edge, float64(dtmfToneLength-i)/edge))
	}
}

// A voice is a tone that swells four times a second. Its pitch is far below
// the upper keypad tones, so that no voice is taken for a digit.
const (
	turnLength     = 5 * syllableLength // in samples: one party speaks, then the next
	syllableLength = sampleRate / 4     // in samples
	voiceLevel     = 0.22               // amplitude: -20 dBFS on average
)

// voicePitches are the pitches of the voices in Hz, a tenth or more apart.
var voicePitches = [...]float64{225, 275, 325, 375, 425, 475, 525, 625}

// addVoice adds one turn of p to out, whose first sample has the position at,
// each sample times its gain.
func (p *audioParty) addVoice(out, gain []float32, at, turn int64) {
	start := turn * turnLength
	for _, s := range p.present {
		for n := max(start, s.from, at); n < min(start+turnLength, s.to, at+int64(len(out))); n++ {
			i := 2 * math.Pi * float64(n-start)
			swell := (1 - math.Cos(i/syllableLength)) / 2
			out[n-at] += gain[n-at] * float32(voiceLevel*swell*math.Sin(i*voicePitches[p.voice]/sampleRate))
		}
	}
}

// holdNotes are the frequencies of the hold music in Hz: slow, soft, and far
// below the upper keypad tones.
var holdNotes = [...]float64{261.6, 329.6, 392.0, 493.9, 440.0, 392.0, 329.6, 293.7}

const (
	holdNoteLength = sampleRate / 2 // in samples
	holdLevel      = 0.045          // amplitude
)

// addHoldMusic adds the music of a hold to out.
func addHoldMusic(out, gain []float32, at int64, hold span) {
	for n := max(hold.from, at); n < min(hold.to, at+int64(len(out))); n++ {
		i := n - hold.from
		note := holdNotes[i/holdNoteLength%int64(len(holdNotes))]
		within := float64(i % holdNoteLength)
		envelope := min(1, within/400) * (1 - within/holdNoteLength)
		x := holdLevel * envelope * math.Sin(2*math.Pi*note*within/sampleRate)
		out[n-at] += gain[n-at] * float32(x)
	}
}
