package announcement

import (
	"bytes"
	"embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"testing"
	"testing/iotest"
	"time"
)

//go:embed testdata/*.mp3 testdata/*.flac testdata/*.ogg testdata/*.wav testdata/*.pcm
var testdata embed.FS

func file(t testing.TB, name string) []byte {
	b, err := testdata.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustDecode(t testing.TB, name string, b []byte) *Clip {
	t.Helper()
	c, err := Decode(bytes.NewReader(b), name, Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// A tone of 1 kHz at −6 dBFS keeps its pitch, level and length in every sample
// format of WAV.
func TestWAVSampleFormats(t *testing.T) {
	for _, tc := range []struct {
		tag   uint16
		bits  int
		noise float64 // of the sample format next to the tone, in dBFS
	}{
		{tagPCM, 8, -40}, {tagPCM, 16, -85}, {tagPCM, 24, -85}, {tagPCM, 32, -85},
		{tagFloat, 32, -85}, {tagFloat, 64, -85}, {tagALaw, 8, -35}, {tagMuLaw, 8, -35},
	} {
		for _, extensible := range []bool{false, true} {
			for _, channels := range []int{1, 2, 6} {
				checkWAV(t, wavFile{tag: tc.tag, bits: tc.bits, rate: 16000, channels: channels, extensible: extensible}, tc.noise)
			}
		}
	}
}

// It also does at every rate, with every number of channels.
func TestWAVRatesAndChannels(t *testing.T) {
	for i, rate := range []int{4000, 7999, 8000, 11025, 16000, 22050, 32000, 37800, 44100, 44101, 48000, 88200, 96000, 176400, 192000} {
		checkWAV(t, wavFile{tag: tagPCM, bits: 16, rate: rate, channels: 1 + i%maxChannels}, -85)
	}
}

func checkWAV(t *testing.T, w wavFile, noise float64) {
	t.Run(fmt.Sprintf("%#x, %d bits, %d Hz, %d, %v", w.tag, w.bits, w.rate, w.channels, w.extensible), func(t *testing.T) {
		w.samples = tone(w.rate, 1000, 0.5, 0.1)
		c := mustDecode(t, "x.wav", w.bytes())
		if c.Source.Rate != w.rate || c.Source.Channels != w.channels {
			t.Errorf("source %+v", c.Source)
		}
		checkTone(t, c, 0.5, 0.1)
		below(t, "noise at 2.5 kHz", toneLevel(c.Samples()[80:720], 2500), noise)
	})
}

// checkTone expects c to be a tone of 1 kHz.
func checkTone(t *testing.T, c *Clip, amp, seconds float64) {
	t.Helper()
	s, err := TelephoneSamples(c.WAV())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "length", c.Length().Seconds(), seconds, 0.0002)
	near(t, "source length", c.Source.Length.Seconds(), seconds, 0.0002)
	inner := s[len(s)/10 : len(s)*9/10]
	near(t, "level at 1 kHz", toneLevel(inner, 1000), 20*math.Log10(amp), 0.2)
	near(t, "level", rmsLevel(inner), 20*math.Log10(amp), 0.3)
}

// The files in testdata contain tones of 1 kHz and 6 kHz at −12 dBFS each. The one
// of 6 kHz must not become an alias at 2 kHz.
func TestMP3Kinds(t *testing.T) {
	for _, tc := range []struct {
		name     string
		format   string
		rate     int
		channels int
		seconds  float64
	}{
		{"cbr.mp3", "MP3", 44100, 2, 0.5},
		{"vbr.mp3", "MP3", 44100, 2, 0.5},
		{"id3.mp3", "MP3", 44100, 1, 1152 * 21 / 44100.}, // without a Xing header the encoder's delay is unknown
		{"padded-22k.mp3", "MP3", 22050, 1, 576 * 22 / 22050.},
		{"mpeg2-16k.mp3", "MP3", 16000, 1, 576 * 16 / 16000.},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustDecode(t, tc.name, file(t, tc.name))
			if c.Source.Format != tc.format || c.Source.Rate != tc.rate || c.Source.Channels != tc.channels {
				t.Errorf("source %+v", c.Source)
			}
			near(t, "length", c.Length().Seconds(), tc.seconds, 0.001)
			s := c.Samples()
			s = s[len(s)/5 : len(s)*4/5]
			near(t, "1 kHz", toneLevel(s, 1000), -12.04, 0.3)
			near(t, "RMS", rmsLevel(s), -12.04, 0.3)
			below(t, "alias of 6 kHz", toneLevel(s, 2000), -12.04-60)
		})
	}
}

// The content decides the format, not the name, also after an ID3 tag.
func TestFormatIsDetectedByContent(t *testing.T) {
	a := mustDecode(t, "misnamed.wav", file(t, "cbr.mp3"))
	b := mustDecode(t, "misnamed.flac", append(id3Tag(), file(t, "cbr.mp3")...))
	if !bytes.Equal(a.WAV(), b.WAV()) {
		t.Error("a tag changed the sound")
	}
	for _, name := range []string{"misnamed.wav", "misnamed.mp3", "stereo.flac"} {
		checkRefusesFLACAndOgg(t, func(b []byte) error {
			_, err := Decode(bytes.NewReader(b), name, Limits{})
			return err
		})
	}
}

func id3Tag() []byte {
	return append([]byte("ID3\x03\x00\x00\x00\x00\x01\x00"), make([]byte, 128)...)
}

// Readers may return one byte at a time, or io.EOF together with data.
func TestUnusualReaders(t *testing.T) {
	readers := []func([]byte) io.Reader{
		func(b []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(b)) },
		func(b []byte) io.Reader { return iotest.DataErrReader(bytes.NewReader(b)) },
	}
	for _, name := range []string{"cbr.mp3", "vbr.mp3"} {
		want := mustDecode(t, name, file(t, name)).WAV()
		for i, reader := range readers {
			c, err := Decode(reader(file(t, name)), name, Limits{})
			if err != nil {
				t.Fatalf("%s, reader %d: %v", name, i, err)
			}
			if !bytes.Equal(c.WAV(), want) {
				t.Errorf("%s, reader %d: another result", name, i)
			}
		}
	}
	for _, reader := range readers {
		checkRefusesFLACAndOgg(t, func(b []byte) error {
			_, err := Decode(reader(b), "x.wav", Limits{})
			return err
		})
	}
}

func TestWAVChunks(t *testing.T) {
	plain := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.1)}
	want := mustDecode(t, "x.wav", plain.bytes()).WAV()
	list := chunk("LIST", []byte("INFOodd"))
	for name, change := range map[string]func(*wavFile){
		"metadata before":      func(w *wavFile) { w.before = list },
		"metadata after":       func(w *wavFile) { w.after = list },
		"unknown chunks":       func(w *wavFile) { w.before = bytes.Repeat(chunk("ab\x00\xff", []byte("x")), 900) },
		"junk after":           func(w *wavFile) { w.after = []byte("TAG and more"); w.riffSize = size(36 + 1600) },
		"streamed":             func(w *wavFile) { w.dataSize, w.riffSize = size(0xFFFFFFFF), size(0xFFFFFFFF) },
		"streamed, RIFF 0":     func(w *wavFile) { w.dataSize, w.riffSize = size(0xFFFFFFFF), size(0) },
		"streamed by SoX":      func(w *wavFile) { w.dataSize, w.riffSize = size(0x7FFFF000), size(0x7FFFF024) },
		"RIFF counts itself":   func(w *wavFile) { w.riffSize = size(44 + 1600) },
		"RIFF of unknown size": func(w *wavFile) { w.riffSize = size(0xFFFFFFFF) },
		"extensible":           func(w *wavFile) { w.extensible = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := plain
			change(&w)
			if !bytes.Equal(mustDecode(t, "x.wav", w.bytes()).WAV(), want) {
				t.Error("another result")
			}
		})
	}
}

// The sizes of an RF64 file are in a chunk of their own.
func TestRF64(t *testing.T) {
	w := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.1),
		dataSize: size(0xFFFFFFFF), riffSize: size(0xFFFFFFFF)}
	b := w.bytes()
	want := mustDecode(t, "x.wav", b).WAV()
	sizes := make([]byte, 28)
	binary.LittleEndian.PutUint64(sizes[8:], 1600)
	rf64 := append([]byte("RF64\xff\xff\xff\xffWAVE"), chunk("ds64", sizes)...)
	rf64 = append(rf64, b[12:]...)
	rf64 = append(rf64, chunk("LIST", []byte("after"))...)
	if !bytes.Equal(mustDecode(t, "x.wav", rf64).WAV(), want) {
		t.Error("another result")
	}
}

// An RF64 file whose sizes cannot be is refused.
func TestOddRF64(t *testing.T) {
	w := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.1), dataSize: size(0xFFFFFFFF), riffSize: size(0xFFFFFFFF)}
	with := func(n int, dataSize uint64) []byte {
		sizes := make([]byte, max(n, 16))
		binary.LittleEndian.PutUint64(sizes[8:], dataSize)
		return append(append([]byte("RF64\xff\xff\xff\xffWAVE"), chunk("ds64", sizes[:n])...), w.bytes()[12:]...)
	}
	for _, n := range []int{28, 1 << 16} {
		mustDecode(t, "x.wav", with(n, 1600))
	}
	if c := mustDecode(t, "x.wav", with(28, 0)); c.Length() != 100*time.Millisecond { // written by a program that did not know
		t.Errorf("without a size: %v", c.Length())
	}
	for _, n := range []int{0, 8, 26, 1<<16 + 2} {
		refused(t, with(n, 1600), Invalid, "ds64")
	}
	refused(t, with(28, 1<<63), Invalid, "data size")
	refused(t, with(28, 1600)[:40], Invalid, "")
}

// A converted file has a canonical header and contains no metadata of the source.
func TestMetadataIsRemoved(t *testing.T) {
	html := []byte("<script>alert(1)</script>")
	w := wavFile{bits: 16, rate: 44100, channels: 1, samples: tone(44100, 440, 0.1, 0.05), before: chunk("LIST", html), after: html}
	wav := mustDecode(t, "x.wav", w.bytes()).WAV()
	if bytes.Contains(wav, html[:7]) {
		t.Error("metadata survived")
	}
	if _, err := TelephoneSamples(wav); err != nil {
		t.Error(err)
	}
	if len(wav) != 44+2*400 {
		t.Errorf("%d bytes", len(wav))
	}
}

// A file that is in the telephone format is converted to itself.
func TestTelephoneFormatIsUnchanged(t *testing.T) {
	samples := make([]float64, 8000)
	for i := range samples {
		samples[i] = float64(i*7919%65536-32768) / 32768
	}
	b := wavFile{bits: 16, rate: 8000, channels: 1, samples: samples}.bytes()
	c := mustDecode(t, "x.wav", b)
	if !bytes.Equal(c.WAV(), b) {
		t.Error("changed")
	}
	if peakLevel(c.Samples()) != 0 || c.Length() != time.Second {
		t.Errorf("peak %v, length %v", peakLevel(c.Samples()), c.Length())
	}
}

func TestTelephoneSamplesRefusesOtherFiles(t *testing.T) {
	good := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.01)}
	for name, b := range map[string][]byte{
		"empty":   nil,
		"header":  good.bytes()[:43],
		"odd":     good.bytes()[:101],
		"short":   good.bytes()[:102],
		"44.1":    wavFile{bits: 16, rate: 44100, channels: 1, samples: good.samples}.bytes(),
		"stereo":  wavFile{bits: 16, rate: 8000, channels: 2, samples: good.samples}.bytes(),
		"chunked": wavFile{bits: 16, rate: 8000, channels: 1, samples: good.samples, after: chunk("LIST", nil)}.bytes(),
	} {
		if _, err := TelephoneSamples(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if s, err := TelephoneSamples(good.bytes()); err != nil || len(s) != 80 {
		t.Errorf("%d samples, %v", len(s), err)
	}
}
