package announcement

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// fuzzLimits keep the fuzzer fast.
var fuzzLimits = Limits{Bytes: 1 << 20, Length: 5 * time.Second, DecodeTime: 2 * time.Second}

// checkDecode checks what holds for every input: Decode returns a canonical file
// or an *Error.
func checkDecode(t *testing.T, b []byte) {
	c, err := Decode(bytes.NewReader(b), "fuzz.wav", fuzzLimits)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Detail == "" || len(e.Detail) > 500 {
			t.Errorf("not an *Error with a detail: %v", err)
		}
		return
	}
	samples, err := TelephoneSamples(c.WAV())
	if err != nil || len(samples) == 0 || c.Source.Format == "" || c.Length() > fuzzLimits.Length+time.Millisecond {
		t.Errorf("%d samples, %+v, %v", len(samples), c.Source, err)
	}
	if c.Source.Rate < minRate || c.Source.Rate > maxRate || c.Source.Channels < 1 || c.Source.Channels > maxChannels {
		t.Errorf("source %+v", c.Source)
	}
}

func FuzzDecode(f *testing.F) {
	entries, err := testdata.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			f.Add(file(f, e.Name()))
		}
	}
	f.Add(wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 440, 0.5, 0.01)}.bytes())
	f.Add([]byte("ID3\x04\x00\x10\x00\x00\x00\x01x0123456789"))
	f.Add([]byte("<html>"))
	f.Fuzz(checkDecode)
}

func FuzzWAV(f *testing.F) {
	for _, w := range []wavFile{
		{bits: 8}, {bits: 16}, {bits: 24, channels: 3}, {bits: 32, extensible: true}, {tag: tagFloat, bits: 32}, {tag: tagFloat, bits: 64},
		{tag: tagALaw, bits: 8}, {tag: tagMuLaw, bits: 8, extensible: true}, {bits: 16, before: chunk("LIST", []byte("odd"))},
		{bits: 16, dataSize: size(0xFFFFFFFF), riffSize: size(0xFFFFFFFF)},
	} {
		w.rate, w.channels = 11025, max(1, w.channels)
		w.samples = tone(w.rate, 440, 0.5, 0.01)
		f.Add(w.bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		// Begin like a WAV file, so that the fuzzer varies the rest.
		if len(b) >= 12 {
			copy(b, "RIFF")
			copy(b[8:], "WAVE")
		}
		checkDecode(t, b)
	})
}

func FuzzLabel(f *testing.F) {
	for _, s := range []string{"a.wav", "../../x.mp3", "a\"\r\nX:y.wav", "\u202e.ogg", strings.Repeat("ä", 5000) + ".flac", "C:\\x.oga", "O\u200b\u0303.wav"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		label, err := labelFromFileName(name)
		if err != nil {
			return
		}
		if again := sanitize(label); again != label || len([]rune(label)) > maxLabel || label == "" || strings.ContainsAny(label, "\r\n\x00\u202e") {
			t.Errorf("%q became %q, then %q", name, label, again)
		}
	})
}

// Damaged variants of every file, the same in every run, of the kind that the
// fuzzer tries first.
func TestDamagedFiles(t *testing.T) {
	entries, _ := testdata.ReadDir("testdata")
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		whole := file(t, e.Name())
		for i := range 5 {
			b := bytes.Clone(whole[:min(len(whole), 6000)])
			for k := range 1 + i%4 {
				at := (i*7919 + k*104729) % min(len(b), 200+i*900)
				b[at] ^= byte(1 << (i % 8))
			}
			checkDecode(t, b)
		}
	}
}
