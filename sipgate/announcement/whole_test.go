package announcement

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// decoded returns what Decode says about a file: its notes, or the reason or code of
// its refusal.
func decoded(b []byte) (*Clip, string) {
	c, err := Decode(bytes.NewReader(b), "x.wav", Limits{})
	var e *Error
	switch {
	case err == nil:
		return c, fmt.Sprint(c.Notes)
	case errors.As(err, &e) && e.Reason != "":
		return nil, string(e.Reason)
	case errors.As(err, &e):
		return nil, string(e.Code)
	}
	return nil, err.Error()
}

// Where only a part of a WAV file would become an announcement, the file is refused
// or its owner is told.
func TestNoPartOfAWAVFileIsDroppedSilently(t *testing.T) {
	one := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.5)}
	whole := one.bytes()
	garbage := bytes.Repeat([]byte{0x81, 0x12, 0xfe}, 100)
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	for name, tc := range map[string]struct {
		b    []byte
		want string
	}{
		"whole":                     {whole, "[]"},
		"zeros after it":            {append(bytes.Clone(whole), make([]byte, 500)...), "[]"},
		"a tag after it":            {append(bytes.Clone(whole), id3v1...), "[]"},
		"a few stray bytes":         {append(bytes.Clone(whole), 1, 2, 3), "[]"},
		"something else after it":   {append(bytes.Clone(whole), garbage...), "[tail]"},
		"the size of half of it":    {with(one, func(w *wavFile) { w.dataSize = size(4000) }), "[tail]"},
		"a chunk that is cut":       {append(bytes.Clone(whole), "LIST\x00\x01\x00\x00INFO"...), "[]"},
		"a strange chunk, cut":      {append(bytes.Clone(whole), "kwex\x00\x01\x00\x00INFO"...), "[tail]"},
		"two files":                 {append(bytes.Clone(whole), whole...), "two_files"},
		"two files, padded":         {bytes.Join([][]byte{whole, whole}, chunk("LIST", []byte("INFO"))), "two_files"},
		"two data chunks":           {with(one, func(w *wavFile) { w.after = chunk("data", make([]byte, 100)) }), "two_files"},
		"two files from a pipe":     {append(wavSizes(0, 0, 0), wavSizes(0, 0, 0)...), "two_files"},
		"two files, one size":       {append(wavSizes(16080, 16044, 0), whole...), "two_files"},
		"RF64 after it":             {append(bytes.Clone(whole), "RF64\xff\xff\xff\xffWAVEfmt "...), "two_files"},
		"the words inside it alone": {with(one, func(w *wavFile) { w.after = chunk("LIST", []byte("WAVEfmt ")) }), "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := decoded(tc.b); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	// The second header is found wherever the blocks end in which the file is read.
	for n := 8150; n < 8230; n++ {
		first := wavFile{bits: 8, rate: 8000, channels: 1, samples: make([]float64, n), dataSize: size(0), riffSize: size(0)}
		if _, got := decoded(append(first.bytes(), whole...)); got != "two_files" {
			t.Errorf("%d samples before: %s", n, got)
		}
	}
}

func with(w wavFile, change func(*wavFile)) []byte {
	change(&w)
	return w.bytes()
}

// So it is with MP3: what is damaged is noted, two files are both heard.
func TestNoPartOfAnMP3IsDroppedSilently(t *testing.T) {
	whole := file(t, "padded-22k.mp3")
	list := frames(t, whole)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	front, back := join(list[:8]...), join(list[8:]...)
	damaged := bytes.Clone(whole)
	for at := len(damaged) / 2; at < len(damaged)/2+300; at++ {
		damaged[at] = byte(at * 37)
	}
	ape := append([]byte("APETAGEX\xd0\x07\x00\x00\x0a\x00\x00\x00"), make([]byte, 26)...)
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	noise := bytes.Repeat([]byte{0x12, 0x81}, 200)
	for name, tc := range map[string]struct {
		b    []byte
		want string
		same bool // the sound is that of the whole file
	}{
		"whole":                     {whole, "[]", true},
		"zeros at the end":          {join(whole, make([]byte, 600)), "[]", true},
		"a tag between":             {join(front, id3v1, back), "[]", true},
		"another tag between":       {join(front, ape, back), "[]", true},
		"a few stray bytes":         {join(whole, noise[:11]), "[]", true},
		"a few more":                {join(whole, noise[:12]), "[tail]", true},
		"3DI at the end":            {join(whole, []byte("3DI and more than that")), "[]", true},
		"a tag before":              {join(id3Tag(), whole), "[]", true},
		"a tag with a footer":       {join([]byte("ID3\x04\x00\x10\x00\x00\x00\x05abcde3DI\x04\x00\x10\x00\x00\x00\x05"), whole), "[]", true},
		"two tags before":           {join(id3Tag(), id3Tag(), whole), "[]", true},
		"a megabyte between":        {join(front, make([]byte, maxGarbage), back), "audio_invalid", false},
		"lyrics at the end":         {join(whole, []byte("LYRICSBEGINsomething")), "[]", true},
		"a cut tag at the end":      {join(whole, id3v1[:60]), "[]", true},
		"something else at the end": {join(whole, noise), "[tail]", true},
		"something else between":    {join(front, noise, back), "[gaps]", true},
		"zeros between":             {join(front, make([]byte, 600), back), "[gaps]", true},
		"something else before":     {join(noise, whole), "[gaps]", true},
		"zeros before":              {join(make([]byte, 600), whole), "[]", true},
		"damaged in the middle":     {damaged, "[gaps]", false},
		"a frame cut short":         {join(front, list[8][:50], join(list[9:]...)), "[gaps]", false},
		"its end missing":           {whole[:len(whole)-20], "truncated", false},
		"frames at the end missing": {join(frames(t, file(t, "cbr.mp3"))[:15]...), "truncated", false},
		"another rate after it":     {join(whole, file(t, "mpeg2-16k.mp3")), "rate_change", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, got := decoded(tc.b)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if tc.same && (c == nil || !bytes.Equal(c.WAV(), mustDecode(t, "x.mp3", whole).WAV())) {
				t.Error("another sound")
			}
		})
	}
	for _, name := range []string{"padded-22k.mp3", "cbr.mp3", "vbr.mp3"} {
		for between, tag := range map[string][]byte{"": nil, " and a tag": id3v1} {
			b := file(t, name)
			c, got := decoded(join(b, tag, b))
			if want := 2 * mustDecode(t, name, b).Length().Seconds(); got != "[]" {
				t.Errorf("%s twice%s: %s", name, between, got)
			} else if s := c.Length().Seconds(); s < want-0.001 || s > want+0.16 {
				t.Errorf("%s twice%s: %.3f s, want %.3f", name, between, s, want)
			}
		}
	}
}

// A refusal says what the file is and what to do with it, and never that the kind of
// file is understood that it is.
func TestRefusalsNameTheKind(t *testing.T) {
	pcm := func(tag uint16) []byte { return wavFile{tag: tag, bits: 8, rate: 8000, channels: 1}.bytes() }
	for name, tc := range map[string]struct {
		b    []byte
		want Error
	}{
		"G.729":         {pcm(0x83), Error{Code: Unsupported, Reason: UnknownCodec, Format: "G.729"}},
		"MP3 in WAV":    {pcm(0x55), Error{Code: Unsupported, Reason: UnknownCodec, Format: "MP3"}},
		"unknown":       {pcm(0x1234), Error{Code: Unsupported, Reason: UnknownCodec, Format: "Codec 0x1234"}},
		"MPEG-2.5":      {file(t, "mpeg25-8k.mp3"), Error{Code: Unsupported, Reason: UnknownMP3, Format: "MP3, 8 kHz (MPEG-2.5)"}},
		"FLAC":          {file(t, "stereo.flac"), Error{Code: Unsupported, Reason: UnknownFormat, Format: "FLAC"}},
		"Vorbis":        {file(t, "stereo.ogg"), Error{Code: Unsupported, Reason: UnknownFormat, Format: "Ogg Vorbis"}},
		"big-endian":    {[]byte("RIFX\x00\x00\x10\x00WAVEfmt "), Error{Code: Unsupported, Reason: UnknownFormat, Format: "RIFX"}},
		"rate":          {wavFile{bits: 8, rate: 3000, channels: 1}.bytes(), Error{Code: Unsupported, Reason: RateOutOfRange, Number: 3000}},
		"channels":      {wavFile{bits: 8, rate: 8000, channels: 12}.bytes(), Error{Code: Unsupported, Reason: TooManyChannels, Number: 12}},
		"ZIP":           {[]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), Error{Code: NotAudio, Reason: OtherFile, Format: "zip"}},
		"text":          {[]byte("Dear caller, all our agents are busy."), Error{Code: NotAudio, Reason: OtherFile, Format: "text"}},
		"two WAV files": {append(wavSizes(8036, 8000, 0), wavSizes(8036, 8000, 0)...), Error{Code: Invalid, Reason: TwoFiles}},
	} {
		_, err := Decode(bytes.NewReader(tc.b), "x.wav", Limits{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := *e
		if got.Detail = ""; got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
