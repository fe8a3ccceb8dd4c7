package announcement

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func code(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// refused expects Decode to refuse b with the code want and a detail that contains
// word.
func refused(t *testing.T, b []byte, want Code, word string) {
	t.Helper()
	_, err := Decode(bytes.NewReader(b), "x.wav", Limits{})
	if code(err) != want || !strings.Contains(err.Error(), word) {
		t.Errorf("got %v, want %s with %q", err, want, word)
	}
}

func TestInvalidWAV(t *testing.T) {
	plain := wavFile{bits: 16, rate: 44100, channels: 2, samples: tone(44100, 1000, 0.5, 0.01)}
	align := func(n uint16) *uint16 { return &n }
	for name, tc := range map[string]struct {
		change func(*wavFile)
		want   Code
		word   string
	}{
		"no fmt":               {func(w *wavFile) { w.noFormat, w.noData = true, true }, Invalid, "no fmt"},
		"data before fmt":      {func(w *wavFile) { w.noFormat = true }, Invalid, "before"},
		"no data":              {func(w *wavFile) { w.noData = true }, Invalid, "no data"},
		"two fmt":              {func(w *wavFile) { w.before = chunk("fmt ", make([]byte, 16)) }, Invalid, "two fmt"},
		"truncated":            {func(w *wavFile) { w.cut = 100 }, Invalid, "truncated"},
		"truncated after data": {func(w *wavFile) { w.after, w.cut = chunk("LIST", make([]byte, 100)), 50 }, Invalid, "truncated"},
		"cut in the header":    {func(w *wavFile) { w.noData, w.cut = true, 3 }, Invalid, ""},
		"half a sample":        {func(w *wavFile) { w.dataSize = size(441*4 - 2) }, Invalid, "multiple"},
		"half a streamed one":  {func(w *wavFile) { w.dataSize, w.riffSize, w.cut = size(0xFFFFFFFF), size(0), 3 }, Invalid, "multiple"},
		"block align 0":        {func(w *wavFile) { w.align = align(0) }, Invalid, "align"},
		"block align 3":        {func(w *wavFile) { w.align = align(3) }, Invalid, "align"},
		"rate 0":               {func(w *wavFile) { w.rate = 0 }, Invalid, "rate 0"},
		"rate 3999":            {func(w *wavFile) { w.rate = 3999 }, Unsupported, "3999 Hz"},
		"rate 192001":          {func(w *wavFile) { w.rate = 192001 }, Unsupported, "192001 Hz"},
		"rate 4294967295":      {func(w *wavFile) { w.rate = 4294967295 }, Unsupported, "4294967295 Hz"},
		"channels 0":           {func(w *wavFile) { w.channels, w.align = 0, align(4) }, Invalid, "0 channels"},
		"channels 9":           {func(w *wavFile) { w.channels = 9 }, Unsupported, "9 channels"},
		"channels 255":         {func(w *wavFile) { w.channels, w.samples = 255, w.samples[:1] }, Unsupported, "255 channels"},
		"channels 256":         {func(w *wavFile) { w.channels, w.samples = 256, w.samples[:1] }, Invalid, "256 channels"},
		"channels 65535":       {func(w *wavFile) { w.channels, w.samples, w.align = 65535, w.samples[:1], align(4) }, Invalid, "65535"},
		"bits 0":               {func(w *wavFile) { w.bits, w.samples, w.align = 0, nil, align(4) }, Invalid, "0 bits"},
		"bits 64 PCM":          {func(w *wavFile) { w.bits, w.samples, w.align = 64, nil, align(16) }, Unsupported, "64-bit"},
		"float 16":             {func(w *wavFile) { w.tag, w.bits, w.samples = tagFloat, 16, nil }, Unsupported, "16-bit float"},
		"IMA, small blocks":    {func(w *wavFile) { w.tag, w.bits = 0x11, 4 }, Unsupported, "IMA ADPCM"},
		"IMA of 3 bits":        {func(w *wavFile) { w.tag, w.bits, w.align = 0x11, 3, align(512) }, Unsupported, "3-bit ADPCM"},
		"ADPCM, 9 channels":    {func(w *wavFile) { w.tag, w.bits, w.channels, w.align = 0x02, 4, 9, align(512) }, Unsupported, "9 channels"},
		"ADPCM, small blocks":  {func(w *wavFile) { w.tag, w.bits, w.align = 0x02, 4, align(14) }, Unsupported, "Microsoft ADPCM"},
		"GSM, stereo":          {func(w *wavFile) { w.tag, w.align = 0x31, align(65) }, Unsupported, "GSM 6.10"},
		"GSM, other blocks":    {func(w *wavFile) { w.tag, w.channels = 0x31, 1 }, Unsupported, "GSM 6.10"},
		"G.729":                {func(w *wavFile) { w.tag = 0x83 }, Unsupported, "G.729"},
		"codec unknown":        {func(w *wavFile) { w.tag = 0x1234 }, Unsupported, "0x1234"},
		"extensible ADPCM":     {func(w *wavFile) { w.tag, w.extensible = 2, true }, Unsupported, "ADPCM"},
		"extensible, short":    {func(w *wavFile) { w.tag = tagExtensible }, Invalid, "extensible"},
		"no samples":           {func(w *wavFile) { w.samples = nil }, Empty, ""},
		"chunks without end":   {func(w *wavFile) { w.before = bytes.Repeat(chunk("junk", nil), 2000) }, Invalid, "chunks"},
		"data chunk 0":         {func(w *wavFile) { w.dataSize = size(0) }, Empty, ""},
		"data chunk 15":        {func(w *wavFile) { w.dataSize = size(15) }, Invalid, "multiple"},
		"data chunk 17":        {func(w *wavFile) { w.dataSize = size(17) }, Invalid, "multiple"},
		"data chunk FFFFFFF7":  {func(w *wavFile) { w.dataSize = size(0xFFFFFFF7) }, Invalid, ""},
		"data chunk FFFFFFF8":  {func(w *wavFile) { w.dataSize = size(0xFFFFFFF8) }, Invalid, "truncated"},
		"data chunk 80000000":  {func(w *wavFile) { w.dataSize = size(0x80000000) }, Invalid, "truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			w := plain
			tc.change(&w)
			refused(t, w.bytes(), tc.want, tc.word)
		})
	}
	for _, n := range []uint32{0, 15, 17, 0xFFFFFFF7, 0x80000000, 0xFFFFFFFF} {
		w := plain
		w.fmtSize = size(n)
		refused(t, w.bytes(), Invalid, "fmt")
		if n == 0 || n >= 0x80000000 {
			continue // as the RIFF size it means "unknown"
		}
		w = plain
		w.riffSize = size(n)
		refused(t, w.bytes(), Invalid, "")
	}
}

func TestNotAudio(t *testing.T) {
	random := make([]byte, 200_000)
	rand.NewChaCha8([32]byte{7}).Read(random)
	for name, tc := range map[string]struct {
		b    []byte
		word string
	}{
		"HTML":        {[]byte("  <!DOCTYPE html><title>Hi</title>"), "HTML"},
		"SVG":         {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "XML"},
		"zip":         {[]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), "ZIP"},
		"ELF":         {[]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00"), "program"},
		"text":        {[]byte("Dear caller, all our agents are busy."), "text"},
		"one byte":    {[]byte("R"), "text"},
		"UTF-16":      {[]byte("\xff\xfeH\x00e\x00l\x00l\x00o\x00"), "neither"},
		"zeros":       {make([]byte, 100_000), "neither"},
		"ones":        {bytes.Repeat([]byte{0xFF}, 100_000), "neither"},
		"random":      {random, "neither"},
		"sync words":  {bytes.Repeat([]byte{0xFF, 0xFB, 0x90, 0x00, 1, 2, 3}, 20_000), "neither"},
		"RIFF of AVI": {[]byte("RIFF\x00\x00\x00\x00AVI LIST"), "not WAV"},
		"tag only":    {append([]byte("ID3\x03\x00\x00\x00\x00\x00\x04"), "abcd<html>"...), "HTML"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tc.b, NotAudio, tc.word) })
	}
	// Random bytes are not detected as MP3.
	for seed := range 50 {
		rand.NewChaCha8([32]byte{byte(seed), 1}).Read(random[:70_000])
		if _, err := Decode(bytes.NewReader(random[:70_000]), "x.wav", Limits{}); code(err) != NotAudio && code(err) != Unsupported {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestUnsupportedIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		b    []byte
		word string
	}{
		"MP4":       {[]byte("\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00"), "AAC"},
		"AIFF":      {[]byte("FORM\x00\x00\x10\x00AIFFCOMM"), "AIFF"},
		"RIFX":      {[]byte("RIFX\x00\x00\x10\x00WAVEfmt "), "big-endian"},
		"WMA":       {[]byte("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa"), "Windows Media"},
		"WebM":      {[]byte("\x1a\x45\xdf\xa3\x9f\x42\x86\x81"), "WebM"},
		"MPEG-2.5":  {file(t, "mpeg25-8k.mp3"), "8 kHz (MPEG-2.5)"},
		"Layer II":  {bytes.Repeat(append([]byte("\xff\xfd\xa4\x00"), make([]byte, 572)...), 5), "Layer II"},
		"Layer I":   {bytes.Repeat(append([]byte("\xff\xff\xc0\x00"), make([]byte, 412)...), 5), "Layer I ("},
		"free":      {append([]byte("\xff\xfb\x00\x00"), make([]byte, 2000)...), "free format"},
		"Opus":      {oggPage("OpusHead\x01\x02"), "Opus"},
		"Ogg FLAC":  {oggPage("\x7fFLAC\x01\x00"), "FLAC"},
		"AMR":       {[]byte("#!AMR\n\x3c\x91\x17\x16\xbe\x66\x78\x00\x00"), "AMR"},
		"Speex":     {oggPage("Speex   1.2"), "Speex"},
		"Ogg other": {oggPage("something"), "Ogg"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, tc.b, Unsupported, tc.word)
			if name != "RIFX" {
				refused(t, tc.b, Unsupported, "WAV")
				refused(t, tc.b, Unsupported, "MP3")
			}
		})
	}
}

// oggPage returns the first page of an Ogg stream with one packet.
func oggPage(packet string) []byte {
	h := append([]byte("OggS\x00\x02"), make([]byte, 20)...)
	h = append(h, byte(len(packet)/255+1))
	h = append(h, bytes.Repeat([]byte{255}, len(packet)/255)...)
	h = append(h, byte(len(packet)%255))
	return append(h, packet...)
}

// checkRefusesFLACAndOgg expects decode to refuse FLAC and Ogg files, whole,
// tagged, cut and damaged, with errors that name the format and what can be
// read instead.
func checkRefusesFLACAndOgg(t *testing.T, decode func([]byte) error) {
	t.Helper()
	for name, format := range map[string]string{"stereo.flac": "FLAC", "stereo.ogg": "Ogg Vorbis"} {
		whole := file(t, name)
		damaged := bytes.Clone(whole)
		for at := len(damaged) / 2; at < len(damaged)-4; at += 977 {
			damaged[at] ^= 0x10
		}
		for variant, b := range map[string][]byte{
			"whole": whole, "tagged": append(id3Tag(), whole...), "cut": whole[:len(whole)/2], "begun": whole[:64], "damaged": damaged,
		} {
			err := decode(b)
			if code(err) != Unsupported {
				t.Errorf("%s, %s: %v", name, variant, err)
				continue
			}
			for _, word := range []string{format, "WAV", "MP3"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%s, %s: %v does not name %s", name, variant, err, word)
				}
			}
		}
	}
}

// A truncated file is refused, not shortened.
func TestTruncatedIsRefused(t *testing.T) {
	for _, name := range []string{"cbr.mp3", "vbr.mp3"} {
		b := file(t, name)
		for _, part := range []int{10, 30, 50, 90, 98} {
			_, err := Decode(bytes.NewReader(b[:len(b)*part/100]), name, Limits{})
			if code(err) != Invalid && !(part == 10 && code(err) == NotAudio) {
				t.Errorf("%s cut to %d %%: %v", name, part, err)
			}
		}
	}
	b := file(t, "padded-22k.mp3") // no header with its length
	refused(t, b[:len(b)-20], Invalid, "truncated")
}

func TestEmptyFile(t *testing.T) { refused(t, nil, Empty, "empty") }

// zeros is an endless file.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += len(p)
	return len(p), nil
}

// Decode does not read beyond the limit.
func TestTooLarge(t *testing.T) {
	src := &zeros{}
	head := wavFile{bits: 32, rate: 192000, channels: 8, dataSize: size(0xFFFFFFFF)}.bytes()
	_, err := Decode(io.MultiReader(bytes.NewReader(head), src), "x.wav", Limits{})
	if code(err) != TooLarge {
		t.Errorf("got %v", err)
	}
	if most := 32<<20 + 2; src.read > most {
		t.Errorf("%d bytes were read", src.read)
	}
	// Bytes after the sound count.
	small := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 440, 0.5, 0.1)}.bytes()
	for limit, want := range map[int64]Code{int64(len(small)) + 1000: "", int64(len(small)) + 999: TooLarge} {
		_, err := Decode(bytes.NewReader(append(small, make([]byte, 1000)...)), "x.wav", Limits{Bytes: limit})
		if code(err) != want {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	b := wavFile{tag: tagMuLaw, bits: 8, rate: 8000, channels: 1, samples: make([]float64, 8001)}.bytes()
	if _, err := Decode(bytes.NewReader(b), "x.wav", Limits{Length: time.Second}); code(err) != TooLong {
		t.Errorf("got %v", err)
	}
	b = wavFile{tag: tagMuLaw, bits: 8, rate: 8000, channels: 1, samples: make([]float64, 8000)}.bytes()
	if _, err := Decode(bytes.NewReader(b), "x.wav", Limits{Length: time.Second}); err != nil {
		t.Errorf("exactly as long as allowed: %v", err)
	}
	head := wavFile{tag: tagALaw, bits: 8, rate: 8000, channels: 1, dataSize: size(0xFFFFFFFF)}.bytes()
	if _, err := Decode(io.MultiReader(bytes.NewReader(head), &zeros{}), "x.wav", Limits{}); code(err) != TooLong {
		t.Errorf("ten minutes and more: %v", err)
	}
}

// The error of a broken connection is returned, and not taken for a truncated file.
func TestReaderErrorIsPassedOn(t *testing.T) {
	broken := errors.New("connection reset")
	for name, b := range map[string][]byte{"cbr.mp3": file(t, "cbr.mp3"), "beep.wav": beep(440)} {
		for _, cause := range []error{broken, io.ErrUnexpectedEOF} {
			r := io.MultiReader(bytes.NewReader(b[:len(b)*99/100]), iotest.ErrReader(cause))
			if _, err := Decode(r, name, Limits{}); !errors.Is(err, cause) || code(err) != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
