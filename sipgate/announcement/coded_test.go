package announcement

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// A recording of a telephone system in GSM 6.10 or ADPCM sounds the same as from
// SoX, whose samples are in the .pcm files.
func TestRecordingsOfTelephoneSystemsAreDecoded(t *testing.T) {
	for _, tc := range []struct {
		name, format string
		channels     int
		samples      int
		most         float64 // difference, because the implementations round differently
	}{
		{"gsm-mono", "WAV, GSM 6.10", 1, 2080, 0},
		{"ima-mono", "WAV, IMA ADPCM", 1, 2080, 0},
		{"ima-stereo", "WAV, IMA ADPCM", 2, 2080, 1},
		{"ms-mono", "WAV, Microsoft ADPCM", 1, 2080, 0},
		{"ms-stereo", "WAV, Microsoft ADPCM", 2, 2080, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustDecode(t, tc.name, file(t, tc.name+".wav"))
			if c.Source.Format != tc.format || c.Source.Channels != tc.channels || c.Source.Rate != 8000 || len(c.Notes) > 0 {
				t.Errorf("source %+v, notes %v", c.Source, c.Notes)
			}
			samples, want := c.Samples(), file(t, tc.name+".pcm")
			if len(samples) != tc.samples {
				t.Errorf("%d samples", len(samples))
			}
			loudest := 0.0
			for i, got := range samples {
				sum := 0.0
				for ch := range tc.channels {
					sum += float64(int16(binary.LittleEndian.Uint16(want[2*(i*tc.channels+ch):])))
				}
				mean := sum / float64(tc.channels)
				loudest = max(loudest, math.Abs(mean))
				if math.Abs(float64(got)-mean) > tc.most {
					t.Fatalf("sample %d is %d, want %.1f", i, got, mean)
				}
			}
			if loudest < 1000 {
				t.Errorf("nothing but silence: %v", loudest)
			}
		})
	}
}

// Files from the field: written through a pipe, recorded by a telephone system, with
// a chunk that lacks its padding.
func TestFilesFromTheField(t *testing.T) {
	for _, tc := range []struct {
		name, format string
		seconds      float64
		tolerance    float64
	}{
		{"bwf24.wav", "WAV, 24-bit PCM", 0.5, 0},
		{"gsm.wav", "WAV, GSM 6.10", 0.5, 0},
		{"ima.wav", "WAV, IMA ADPCM", 0.51, 0.001},
		{"odd-list-unpadded.wav", "WAV, 16-bit PCM", 0.5, 0},
		{"size-7fffffff.wav", "WAV, 16-bit PCM", 0.5, 0},
		{"size-ffffffff.wav", "WAV, 16-bit PCM", 0.5, 0},
		{"size-zero-both.wav", "WAV, 16-bit PCM", 0.5, 0},
		{"size-zero-data.wav", "WAV, 16-bit PCM", 0.5, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := mustDecode(t, tc.name, file(t, tc.name))
			if c.Source.Format != tc.format || len(c.Notes) > 0 {
				t.Errorf("%s, notes %v", c.Source.Format, c.Notes)
			}
			near(t, "length", c.Length().Seconds(), tc.seconds, tc.tolerance+1e-9)
			below(t, "silence", -rmsLevel(c.Samples()), 40)
		})
	}
}

// MP3 at 11.025 and 12 kHz (MPEG-2.5) keeps its pitch, level and length.
func TestMP3OfLowRates(t *testing.T) {
	for name, rate := range map[string]int{"mpeg25-11k.mp3": 11025, "mpeg25-12k.mp3": 12000} {
		c := mustDecode(t, name, file(t, name))
		if c.Source.Rate != rate || len(c.Notes) > 0 {
			t.Errorf("%s: %+v, %v", name, c.Source, c.Notes)
		}
		near(t, name+": length", c.Length().Seconds(), 13*576/float64(rate), 576/float64(rate)) // the files do not state their delay
		s := c.Samples()[800:3200]
		near(t, name+": 1 kHz", toneLevel(s, 1000), -12.04, 0.6)
		near(t, name+": RMS", rmsLevel(s), -12.04, 0.6)
	}
}

// wavSizes returns half a second of samples with these sizes in the header.
func wavSizes(riff, data uint32, cut int, after ...byte) []byte {
	return wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.5), riffSize: &riff, dataSize: &data, cut: cut, after: after}.bytes()
}

// Whatever a program wrote for a size that it did not know, the sound reaches to
// the end of the file.
func TestUnknownSizesMeanToTheEnd(t *testing.T) {
	want := mustDecode(t, "x.wav", wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.5)}.bytes()).WAV()
	for _, tc := range []struct {
		riff, data uint32
		note       bool
	}{
		{0, 0, false}, {36, 0, false}, {44, 0, false}, {0xFFFFFFFF, 0, false}, {0x7FFFFFFF, 0, false},
		{0x7FFFFFFF, 0x7FFFFFFF, false}, {0x80000000, 0x80000000, false}, {0xFFFFFFFF, 0xFFFFFFFF, false},
		{0xFFFFFFFF, 0xFFFFFFFF - 36, false}, {0x7FFFFFFF, 0x7FFFFFFF - 36, false}, {0x80000024, 0x80000000, false},
		{0x7FFFF024, 0x7FFFF000, false}, {0, 0xFFFFFFFF, false}, {36, 0xFFFFFFFF, false}, {0, 0x7FFFFFFF, false}, {0, 0x80000000, false},
		{36, 0x7FFFFFFF, false}, {0x40000024, 0x40000000, true}, {0x40000000, 0x40000000, true}, {1_000_000_036, 1_000_000_000, true},
		{30_000_036, 30_000_000, true}, {0, 30_000_000, true}, {0xFFFFFFFF, 30_000_000, true},
		// The samples have the right size, and only the whole has not.
		{0, 8000, false}, {0x7FFFFFFF, 8000, false}, {0x80000000, 8000, false}, {0xFFFFFFFF, 8000, false}, {0xFFFFFFF7, 8000, false}, {36, 8000, false},
		{8036, 0xFFFFFFFF, false}, // nothing is missing
	} {
		for _, after := range [][]byte{nil, chunk("LIST", []byte("INFOISFT\x04\x00\x00\x00Lavf"))} {
			if after != nil && (tc.riff == 8036 || tc.data == 30_000_000) {
				continue // then the file does have another size; then the chunk is taken for sound
			}
			b := wavSizes(tc.riff, tc.data, 0, after...)
			c, err := Decode(bytes.NewReader(b), "x.wav", Limits{})
			if err != nil {
				t.Errorf("RIFF %#x, data %#x, %d bytes after: %v", tc.riff, tc.data, len(after), err)
				continue
			}
			if !bytes.Equal(c.WAV(), want) || fmt.Sprint(c.Notes) != fmt.Sprint(map[bool][]Note{true: {NoteOpenEnd}}[tc.note]) {
				t.Errorf("RIFF %#x, data %#x, %d bytes after: %v, notes %v", tc.riff, tc.data, len(after), c.Length(), c.Notes)
			}
		}
	}
}

// A file that lacks its end is refused as cut off, however the rest of its sizes
// look.
func TestCutFilesAreRefused(t *testing.T) {
	for _, tc := range []struct {
		riff, data uint32
		cut        int
	}{
		{8036, 8000, 2}, {8036, 8000, 4000}, {8036, 8000, 7990}, {0, 8000, 2}, {0xFFFFFFFF, 8000, 100}, {36, 8000, 100},
		{8036, 0xFFFFFFFF, 100}, {8036, 0x7FFFFFFF, 100}, {8036, 0x80000000, 0}, {8036, 0x7FFFFFFF, 0}, {8036, 16000, 0}, {8036, 0xFFFFFFF8, 0},
		{16036, 16000, 0}, {16036, 8000, 0}, {8036, 30_000_000, 0},
	} {
		_, err := Decode(bytes.NewReader(wavSizes(tc.riff, tc.data, tc.cut)), "x.wav", Limits{})
		if e, ok := err.(*Error); !ok || e.Code != Invalid || e.Reason != Truncated {
			t.Errorf("RIFF %#x, data %#x, cut by %d: %v", tc.riff, tc.data, tc.cut, err)
		}
	}
	for _, name := range []string{"gsm-mono.wav", "ima-mono.wav", "ms-stereo.wav"} {
		b := file(t, name)
		_, err := Decode(bytes.NewReader(b[:len(b)*2/3]), name, Limits{})
		if e, ok := err.(*Error); !ok || e.Reason != Truncated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A chunk of odd size is read with and without the byte that should follow it,
// before the samples and after them.
func TestOddChunksWithoutPadding(t *testing.T) {
	plain := wavFile{bits: 8, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.1)}
	plain.samples = plain.samples[:799]
	want := mustDecode(t, "x.wav", plain.bytes()).WAV()
	list := chunk("LIST", []byte("INFOodd"))
	for name, w := range map[string]wavFile{
		"padded":                   {before: list, after: list},
		"unpadded":                 {before: list[:len(list)-1], after: list[:len(list)-1]},
		"mixed":                    {before: append(bytes.Clone(list[:len(list)-1]), list...), after: list},
		"padded with another byte": {before: append(bytes.Clone(list[:len(list)-1]), 'x'), after: list},
	} {
		w.bits, w.rate, w.channels, w.samples = 8, 8000, 1, plain.samples
		c := mustDecode(t, name, w.bytes())
		if !bytes.Equal(c.WAV(), want) || len(c.Notes) > 0 {
			t.Errorf("%s: another sound, notes %v", name, c.Notes)
		}
	}
	w := plain
	w.after = chunk("LIST", []byte("INFO"))
	b := w.bytes()
	at := bytes.Index(b, []byte("LIST"))
	b = append(bytes.Clone(b[:at-1]), b[at:]...) // the samples themselves without padding
	if c := mustDecode(t, "samples", b); !bytes.Equal(c.WAV(), want) || len(c.Notes) > 0 {
		t.Errorf("another sound, notes %v", c.Notes)
	}
}
