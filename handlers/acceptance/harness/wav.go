package harness

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"callboard/sipgate/announcement"
)

// A WAV describes a WAV file of steady tones. It is written as a sound program
// writes it, without any code of the package that reads it.
type WAV struct {
	Coding     uint16 // 1 PCM, 3 float, 6 A-law, 7 µ-law
	Bits       int
	Rate       int
	Channels   int // the tones are in all of them
	Extensible bool
	Streamed   bool // the sizes are unknown: FFFFFFFF
	Padded     bool // chunks of odd length before and behind, with their pad bytes
	Hz         []float64
	Seconds    float64
}

const toneAmplitude = 0.25 // amplitude of each tone

// Steady returns a stereo file at 44.1 kHz with a steady tone.
func Steady(hz, seconds float64) []byte {
	return WAV{Coding: 1, Bits: 16, Rate: 44100, Channels: 2, Hz: []float64{hz}, Seconds: seconds}.Bytes()
}

// Bytes returns the file.
func (r WAV) Bytes() []byte {
	le := binary.LittleEndian
	var data []byte
	for i := range int(r.Seconds * float64(r.Rate)) {
		v := 0.0
		for _, hz := range r.Hz {
			v += toneAmplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(r.Rate))
		}
		for range r.Channels {
			data = r.sample(data, v)
		}
	}
	tag, align := r.Coding, r.Bits/8*r.Channels
	if r.Extensible {
		tag = 0xFFFE
	}
	var format []byte
	for _, v := range []any{tag, uint16(r.Channels), uint32(r.Rate), uint32(r.Rate * align), uint16(align), uint16(r.Bits)} {
		format, _ = binary.Append(format, le, v)
	}
	if r.Extensible {
		format, _ = binary.Append(format, le, []uint16{22, uint16(r.Bits), 0, 0, r.Coding})
		format = append(format, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	padding := r.chunk("LIST", []byte("INFOodd"))
	file := append([]byte("RIFF\x00\x00\x00\x00WAVE"), r.chunk("fmt ", format)...)
	if r.Padded {
		file = append(file, bytes.Repeat(padding, 3)...)
	}
	file = append(file, r.chunk("data", data)...)
	if r.Padded {
		file = append(file, padding...)
	}
	le.PutUint32(file[4:], uint32(len(file)-8))
	if r.Streamed {
		le.PutUint32(file[4:], math.MaxUint32)
		le.PutUint32(file[bytes.Index(file, []byte("data"))+4:], math.MaxUint32)
	}
	return file
}

func (r WAV) chunk(id string, body []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	return append(append(c, body...), make([]byte, len(body)%2)...)
}

func (r WAV) sample(to []byte, v float64) []byte {
	le := binary.LittleEndian
	switch {
	case r.Coding == 3 && r.Bits == 32:
		return le.AppendUint32(to, math.Float32bits(float32(v)))
	case r.Coding == 3:
		return le.AppendUint64(to, math.Float64bits(v))
	case r.Coding == 6:
		return append(to, aLaw(v))
	case r.Coding == 7:
		return append(to, muLaw(v))
	case r.Bits == 8:
		return append(to, byte(math.Round(v*127)+128))
	}
	n := uint64(int64(math.Round(v * (math.Exp2(float64(r.Bits-1)) - 1))))
	return append(to, le.AppendUint64(nil, n)[:r.Bits/8]...)
}

// muLaw and aLaw are the encoders of ITU-T G.711.
func muLaw(v float64) byte {
	s, sign := int(math.Round(math.Abs(v)*32767/4)), byte(0x80)
	if v < 0 {
		sign = 0
	}
	s = min(s, 8158) + 33
	segment := 0
	for s>>(segment+6) > 0 {
		segment++
	}
	return (sign | byte(7-segment)<<4 | byte(15-(s>>(segment+1)&15)))
}

func aLaw(v float64) byte {
	s, sign := int(math.Round(math.Abs(v)*32767/8)), byte(0x80)
	if v < 0 {
		sign = 0
	}
	s = min(s, 4095)
	segment := 0
	for s>>(segment+5) > 0 {
		segment++
	}
	if segment == 0 {
		return (sign | byte(s>>1&15)) ^ 0x55
	}
	return (sign | byte(segment)<<4 | byte(s>>segment&15)) ^ 0x55
}

// ToneWAV returns a stereo file at 44.1 kHz with a tone whose loudness swells twice
// a second, so that its place in a recording can be found exactly.
func ToneWAV(hz float64, seconds int) []byte {
	const rate = 44100
	var data bytes.Buffer
	for i := range rate * seconds {
		t := float64(i) / rate
		swell := 0.3 + 0.2*math.Sin(2*math.Pi*(1+t)*t)
		v := int16(32767 * swell * math.Sin(2*math.Pi*hz*t))
		binary.Write(&data, binary.LittleEndian, [2]int16{v, v})
	}
	var file bytes.Buffer
	file.WriteString("RIFF")
	binary.Write(&file, binary.LittleEndian, uint32(36+data.Len()))
	file.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(2), uint32(rate), uint32(rate * 4), uint16(4), uint16(16)} {
		binary.Write(&file, binary.LittleEndian, v)
	}
	file.WriteString("data")
	binary.Write(&file, binary.LittleEndian, uint32(data.Len()))
	file.Write(data.Bytes())
	return file.Bytes()
}

// CheckTone fails the test unless the middle of samples is a tone of hz and
// nothing else, at the loudness to which announcements are brought.
func CheckTone(t testing.TB, what string, samples []int16, hz float64) {
	t.Helper()
	mid := samples[len(samples)/4 : len(samples)*3/4]
	tone, all := ToneLevel(mid, hz), RMSLevel(mid)
	if math.Abs(tone-all) > 0.5 {
		t.Errorf("%s: %.0f Hz has %.1f dBFS of %.1f", what, hz, tone, all)
	}
	if loud := announcement.Loudness(samples); math.Abs(loud+16) > 1 {
		t.Errorf("%s: %.1f LUFS", what, loud)
	}
}

// CheckAtMost fails the test if got is above limit or not a number.
func CheckAtMost(t testing.TB, what string, got, limit float64) {
	t.Helper()
	if !(got <= limit) {
		t.Errorf("%s: %.1f, want at most %.1f", what, got, limit)
	}
}
