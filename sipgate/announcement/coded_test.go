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
		// Random codes reach every limit of the arithmetic.
		{"gsm-random", "WAV, GSM 6.10", 1, 2560, 0},
		{"ima-random", "WAV, IMA ADPCM", 1, 2020, 0},
		{"ms-random", "WAV, Microsoft ADPCM", 1, 3500, 0},
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

// blockFile returns a WAV file with chunks before the data chunk and n bytes of
// zeros in blocks of GSM or ADPCM.
func blockFile(tag, align uint16, n int, before ...byte) []byte {
	w := wavFile{tag: tag, rate: 8000, channels: 1, align: &align, before: before, noData: true, after: chunk("data", make([]byte, n))}
	if tag != tagGSM {
		w.bits = 4
	}
	return w.bytes()
}

// The last block of a recording is filled up, and the fact chunk says how much of it
// is sound. What it says counts as far as that is possible, wherever the blocks end
// in which the file is read.
func TestFactChunkEndsTheSound(t *testing.T) {
	le := binary.LittleEndian
	for _, codec := range []struct {
		tag, align uint16
		samples    int // of a block
	}{{tagGSM, 65, 320}, {tagIMA, 256, 505}, {tagMSADPCM, 256, 500}} {
		blocks := blockSize/codec.samples + 1 // one more than are read at a time
		whole := blocks * codec.samples
		for said, want := range map[int]int{
			whole: whole, whole - 1: whole - 1, whole - codec.samples: whole - codec.samples, whole - 2*codec.samples + 1: whole - 2*codec.samples + 1,
			whole - 2*codec.samples: whole, whole + 1: whole, 0: whole, 1: whole,
		} {
			b := blockFile(codec.tag, codec.align, blocks*int(codec.align), chunk("fact", le.AppendUint32(nil, uint32(said)))...)
			if got := len(mustDecode(t, "x.wav", b).Samples()); got != want {
				t.Errorf("codec %d, %d samples according to the file: %d of %d, want %d", codec.tag, said, got, whole, want)
			}
		}
		for name, other := range map[string][]byte{
			"another chunk":     chunk("LIST", le.AppendUint32(nil, uint32(whole-1))),
			"a long fact chunk": chunk("fact", le.AppendUint64(nil, uint64(whole-1))),
		} {
			if got := len(mustDecode(t, name, blockFile(codec.tag, codec.align, blocks*int(codec.align), other...)).Samples()); got != whole {
				t.Errorf("codec %d, %s: %d samples, want %d", codec.tag, name, got, whole)
			}
		}
	}
	samples := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 440, 0.5, 0.1), before: chunk("fact", le.AppendUint32(nil, 799))}
	if got := len(mustDecode(t, "x.wav", samples.bytes()).Samples()); got != 800 {
		t.Errorf("a fact chunk beside samples that stand alone: %d", got)
	}
}

// A recording may end within a block, as far as something can be decoded of it.
func TestLastBlockMayBeShort(t *testing.T) {
	for _, test := range []struct {
		tag, align uint16
		rest       int // bytes of the second block
		want       int // samples of both; 0: refused
	}{
		{tagGSM, 65, 0, 320}, {tagGSM, 65, 1, 320}, {tagGSM, 65, 2, 0}, {tagGSM, 65, 32, 0}, {tagGSM, 65, 33, 480}, {tagGSM, 65, 64, 480}, {tagGSM, 65, 65, 640},
		{tagIMA, 256, 1, 505}, {tagIMA, 256, 3, 0}, {tagIMA, 256, 4, 506}, {tagIMA, 256, 7, 506}, {tagIMA, 256, 8, 514}, {tagIMA, 256, 256, 1010},
		{tagMSADPCM, 256, 1, 500}, {tagMSADPCM, 256, 6, 0}, {tagMSADPCM, 256, 7, 502}, {tagMSADPCM, 256, 8, 504}, {tagMSADPCM, 256, 256, 1000},
		{tagIMA, 8, 0, 9}, {tagMSADPCM, 8, 0, 4}, // the smallest blocks
	} {
		b := blockFile(test.tag, test.align, int(test.align)+test.rest)
		if test.want == 0 {
			refused(t, b, Invalid, "not a multiple")
		} else if got := len(mustDecode(t, "x.wav", b).Samples()); got != test.want {
			t.Errorf("codec %d, a block and %d bytes: %d samples, want %d", test.tag, test.rest, got, test.want)
		}
	}
}

// Microsoft ADPCM may bring predictors of its own, after the seven usual ones.
func TestPredictorsOfTheFile(t *testing.T) {
	extension := func(n uint16, pairs int) []byte {
		b := binary.LittleEndian.AppendUint16([]byte{0xF4, 1}, n)
		for i := range 2 * pairs {
			b = binary.LittleEndian.AppendUint16(b, uint16(int16(100-30*i)))
		}
		return b
	}
	for name, test := range map[string]struct {
		extension []byte
		own       int // 0: the usual ones
	}{
		"none": {nil, 0}, "cut": {extension(8, 0)[:3], 0}, "none of them": {extension(0, 0), 0}, "too few": {extension(6, 6), 0},
		"seven": {extension(7, 7), 7}, "nine": {extension(9, 9), 9}, "more than there are": {extension(8, 7), 0}, "one cut": {extension(7, 7)[:31], 0},
	} {
		got := wavFields{afterExtraBytes: test.extension}.coefficients()
		if test.own == 0 && &got[0] != &msCoefficients[0] || test.own > 0 && (len(got) != test.own || got[0] != [2]int{100, 70} || got[6] != [2]int{-260, -290}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The samples of G.711 are those of its tables 1a and 2a, in 16 bits.
func TestCompandedSamplesAreThoseOfTheStandard(t *testing.T) {
	for word, want := range map[byte]int{0xD5: 8, 0x55: -8, 0x2A: -32256, 0xAA: 32256, 0x80: 5504, 0x00: -5504, 0xC5: 264, 0x45: -264, 0xE5: 1056, 0x91: 2624} {
		if got := alawLevel(word); got != want {
			t.Errorf("A-law %#x: %d, want %d", word, got, want)
		}
	}
	for word, want := range map[byte]int{0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0xEF: 132, 0x6F: -132, 0xC3: 1692, 0x9A: 10876} {
		if got := mulawLevel(word); got != want {
			t.Errorf("µ-law %#x: %d, want %d", word, got, want)
		}
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
