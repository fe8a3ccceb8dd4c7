package main

import (
	"bytes"
	"encoding/binary"
	"math"
)

// A recording is a WAV file of steady tones, written here as a sound program
// writes it, without anything of the code that reads it.
type recording struct {
	coding     uint16 // 1 PCM, 3 float, 6 A-law, 7 µ-law
	bits       int
	rate       int
	channels   int // the tones are in all of them
	extensible bool
	streamed   bool // the sizes are not known: FFFFFFFF
	littered   bool // odd chunks before and behind, with their pad bytes
	hz         []float64
	seconds    float64
}

const loudEach = 0.25 // amplitude of each tone

func steady(hz float64, seconds float64) []byte {
	return recording{1, 16, 44100, 2, false, false, false, []float64{hz}, seconds}.file()
}

func (r recording) file() []byte {
	le := binary.LittleEndian
	var data []byte
	for i := range int(r.seconds * float64(r.rate)) {
		v := 0.0
		for _, hz := range r.hz {
			v += loudEach * math.Sin(2*math.Pi*hz*float64(i)/float64(r.rate))
		}
		for range r.channels {
			data = r.sample(data, v)
		}
	}
	tag, align := r.coding, r.bits/8*r.channels
	if r.extensible {
		tag = 0xFFFE
	}
	var format []byte
	for _, v := range []any{tag, uint16(r.channels), uint32(r.rate), uint32(r.rate * align), uint16(align), uint16(r.bits)} {
		format, _ = binary.Append(format, le, v)
	}
	if r.extensible {
		format, _ = binary.Append(format, le, []uint16{22, uint16(r.bits), 0, 0, r.coding})
		format = append(format, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	litter := r.chunk("LIST", []byte("INFOodd"))
	file := append([]byte("RIFF\x00\x00\x00\x00WAVE"), r.chunk("fmt ", format)...)
	if r.littered {
		file = append(file, bytes.Repeat(litter, 3)...)
	}
	file = append(file, r.chunk("data", data)...)
	if r.littered {
		file = append(file, litter...)
	}
	le.PutUint32(file[4:], uint32(len(file)-8))
	if r.streamed {
		le.PutUint32(file[4:], math.MaxUint32)
		le.PutUint32(file[bytes.Index(file, []byte("data"))+4:], math.MaxUint32)
	}
	return file
}

func (r recording) chunk(id string, body []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	return append(append(c, body...), make([]byte, len(body)%2)...)
}

func (r recording) sample(to []byte, v float64) []byte {
	le := binary.LittleEndian
	switch {
	case r.coding == 3 && r.bits == 32:
		return le.AppendUint32(to, math.Float32bits(float32(v)))
	case r.coding == 3:
		return le.AppendUint64(to, math.Float64bits(v))
	case r.coding == 6:
		return append(to, aLaw(v))
	case r.coding == 7:
		return append(to, muLaw(v))
	case r.bits == 8:
		return append(to, byte(math.Round(v*127)+128))
	}
	n := uint64(int64(math.Round(v * (math.Exp2(float64(r.bits-1)) - 1))))
	return append(to, le.AppendUint64(nil, n)[:r.bits/8]...)
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
