package announcement

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// What programs write behind the samples is not played, and samples that look a
// little like it are.
func TestChunksAtTheEndAreNoSound(t *testing.T) {
	sound := bytes.Repeat([]byte{1, 2}, 100)
	odd := chunk("LIST", []byte("INFOodd"))
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, test := range map[string]struct {
		after []byte
		sound int // of it, in bytes
	}{
		"nothing":            {nil, 0},
		"a chunk":            {chunk("LIST", []byte("INFO")), 0},
		"an empty chunk":     {chunk("cue ", nil), 0},
		"a padded one":       {odd, 0},
		"without padding":    {odd[:len(odd)-1], 0},
		"three":              {join(odd, chunk("id3 ", []byte("ab")), odd[:len(odd)-1]), 0},
		"a chunk and a tag":  {join(odd, id3v1), 0},
		"a tag":              {id3v1, 0},
		"a short tag":        {id3v1[:127], 127},
		"a cut chunk":        {odd[:len(odd)-2], len(odd) - 2},
		"half a name":        {[]byte("LIS"), 3},
		"a name only":        {[]byte("LIST"), 4},
		"an unknown chunk":   {chunk("abcd", []byte("INFO")), 12},
		"a name in sound":    {join([]byte("LIST"), sound), 4 + len(sound)},
		"a name and a chunk": {join([]byte("cue "), sound, odd), 4 + len(sound)},
		"unknown and known":  {join(chunk("abcd", nil), odd), 8},
	} {
		if got := tailAt(join(sound, test.after)) - len(sound); got != test.sound {
			t.Errorf("%s: %d bytes are sound, want %d", name, got, test.sound)
		}
	}
	if got := tailAt(nil); got != 0 {
		t.Errorf("nothing at all: %d", got)
	}
}

// The notes name what the decoder leaves out behind the sound, unless it is a tag,
// padding or a few bytes.
func TestStrangeEndsAreNoted(t *testing.T) {
	plain := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 1000, 0.5, 0.1)}
	want, riff := mustDecode(t, "x.wav", plain.bytes()).WAV(), uint32(36+1600)
	for name, test := range map[string]struct {
		after []byte
		noted bool
	}{
		"nine bytes":       {bytes.Repeat([]byte{0xF1}, 9), true},
		"eight bytes":      {bytes.Repeat([]byte{0xF1}, 8), false},
		"a text":           {[]byte("\nWritten by a sound program\n"), true},
		"zeros":            {make([]byte, 5000), false},
		"a cut unknown":    {chunk("ab~d", make([]byte, 40))[:30], true},
		"an unknown chunk": {chunk("ab~d", []byte("INFOINFOINFO")), false},
		"a cut known":      {chunk("LIST", make([]byte, 40))[:30], false},
		"a tag":            {append([]byte("TAG"), bytes.Repeat([]byte("x"), 125)...), false},
		"an APE tag":       {append([]byte("APETAGEX"), bytes.Repeat([]byte{0xF1}, 24)...), false},
		"lyrics":           {[]byte("LYRICSBEGIN and other text"), false},
	} {
		w := plain
		w.after, w.riffSize = test.after, &riff
		c := mustDecode(t, name, w.bytes())
		if slices.Contains(c.Notes, NoteTail) != test.noted || !bytes.Equal(c.WAV(), want) {
			t.Errorf("%s: notes %v", name, c.Notes)
		}
	}
}

// A second file within the first is noticed.
func TestHeaderInside(t *testing.T) {
	for text, want := range map[string]bool{
		"":                              false,
		"xxRIFF1234WAVEfmt ":            true,
		"RIFF1234WAVEfmt ":              true,
		"RF641234WAVEfmt ":              true,
		"BW641234WAVEfmt xx":            true,
		"RIFX1234WAVEfmt ":              false,
		"IFF1234WAVEfmt ":               false,
		"WAVEfmt ":                      false,
		"RIFF1234WAVEfmt":               false,
		"WAVEfmt WAVEfmt ":              false,
		"WAVEfmt xRIFF1234WAVEfmt more": true,
	} {
		if got := hasHeaderInside([]byte(text)); got != want || hasHeaderInside([]byte(strings.Repeat("x", 9)+text)) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
