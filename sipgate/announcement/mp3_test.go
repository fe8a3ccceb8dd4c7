package announcement

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// frames splits an MP3 file without tags into its frames.
func frames(t *testing.T, b []byte) [][]byte {
	var list [][]byte
	for len(b) >= 4 {
		h := parseMP3(b)
		if !h.valid() || h.size() > len(b) {
			t.Fatalf("no frame: %x", b[:4])
		}
		list = append(list, b[:h.size()])
		b = b[h.size():]
	}
	return list
}

// Garbage between frames does not change the sound.
func TestMP3Garbage(t *testing.T) {
	whole := file(t, "padded-22k.mp3")
	want := mustDecode(t, "x.mp3", whole).WAV()
	list := frames(t, whole)
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	for name, garbage := range map[string]string{
		"zeros":      string(make([]byte, 1000)),
		"text":       "LYRICSBEGIN and other text",
		"sync words": "\xff\xfb\x90\x00\xff\xfb\x90\x00",
		"an ID3 tag": "ID3\x03\x00\x00\x00\x00\x00\x05abcde",
		"one byte":   "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			b := bytes.Join([][]byte{bytes.Join(list[:8], nil), []byte(garbage), bytes.Join(list[8:], nil), id3v1}, nil)
			if !bytes.Equal(mustDecode(t, "x.mp3", b).WAV(), want) {
				t.Error("another sound")
			}
		})
	}
}

// A file that was cut out of another begins with frames whose bits are missing:
// they are silent, not noise.
func TestMP3MissingReservoir(t *testing.T) {
	list := frames(t, file(t, "cbr.mp3"))
	c := mustDecode(t, "x.mp3", bytes.Join(list[6:], nil))
	s := c.Samples()
	near(t, "level afterwards", toneLevel(s[1500:], 1000), -12.04, 0.3)
	below(t, "peak", peakLevel(c.Samples()), -11)
}

// The notes name a gap in a file. A file that was cut out of another has no gap.
func TestMP3GapsAreNoted(t *testing.T) {
	list := frames(t, file(t, "cbr.mp3"))
	for name, test := range map[string]struct {
		frames [][]byte
		want   []Note
	}{
		"whole":           {list[1:], nil}, // the first one counts the others
		"without a start": {list[6:], nil},
		"with a hole":     {slices.Concat(list[1:2], list[6:]), []Note{NoteGaps}},
	} {
		if got := mustDecode(t, "x.mp3", bytes.Join(test.frames, nil)).Notes; !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// A file that says how many frames it has may lack one, as some programs count; not
// two.
func TestMP3CountOfFrames(t *testing.T) {
	for _, name := range []string{"cbr.mp3", "vbr.mp3"} {
		list := frames(t, file(t, name))
		mustDecode(t, name, bytes.Join(list[:len(list)-1], nil))
		refused(t, bytes.Join(list[:len(list)-2], nil), Invalid, "truncated")
	}
}

// MPEG audio is recognized by frames that follow each other. Fewer than four count
// only where nothing else can be meant.
func TestMP3IsRecognizedByItsFrames(t *testing.T) {
	list, xing := frames(t, file(t, "padded-22k.mp3")), frames(t, file(t, "cbr.mp3"))[0]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	id3v1, ape, noise := append([]byte("TAG"), make([]byte, 125)...), []byte("APETAGEX\xd0\x07\x00\x00"), []byte("some other bytes")
	for name, test := range map[string]struct {
		b      []byte
		tagged bool
		at     int // −1: none
	}{
		"nothing":                         {nil, false, -1},
		"half a header":                   {list[0][:3], false, -1},
		"half a frame":                    {list[0][:40], false, -1},
		"one frame":                       {list[0], false, 0},
		"three frames":                    {join(list[:3]...), false, 0},
		"three and something else":        {join(join(list[:3]...), noise), false, -1},
		"three and a tag":                 {join(join(list[:3]...), id3v1), false, 0},
		"three and another tag":           {join(join(list[:3]...), ape), false, 0},
		"three and half a frame":          {join(join(list[:3]...), list[3][:40]), false, -1},
		"four and something else":         {join(join(list[:4]...), noise), false, 0},
		"something else and four":         {join(noise, join(list[:4]...), noise), false, len(noise)},
		"something else and three":        {join(noise, join(list[:3]...)), false, -1},
		"a tag, something else and some":  {join(noise, join(list[:3]...)), true, len(noise)},
		"a count of frames":               {join(noise, xing, noise), false, len(noise)},
		"free format":                     {[]byte("\xff\xfb\x00\x00"), false, 0},
		"free format later":               {join(noise, []byte("\xff\xfb\x00\x00")), false, -1},
		"free format of Layer II":         {[]byte("\xff\xfd\x00\x00"), false, -1},
		"more than is looked at, and one": {join(make([]byte, peekSize), list[0]), false, -1},
		"one, and more than is looked at": {join(list[0], make([]byte, peekSize)), false, -1},
	} {
		in := newInput(bytes.NewReader(test.b), 1<<20)
		h, ok := findMP3(in, test.tagged)
		if ok != (test.at >= 0) || int(in.offset()) != max(test.at, 0) || ok != h.valid() {
			t.Errorf("%s: found is %v at %d, want %d", name, ok, in.offset(), test.at)
		}
	}
}

// What LAME and others say in the first frame is read as they write it.
func TestXingHeaders(t *testing.T) {
	const h = mp3Header(0xFFFB9000)
	frame := func(id string, rest ...string) []byte {
		b := append(make([]byte, 4+h.sideSize()), id...)
		return append(b, strings.Join(rest, "")...)
	}
	const count, size, quality, lame = "\x00\x00\x01\x02", "\x00\x00\x10\x00", "\x00\x00\x00\x09", "LAME3.100xxxxxxxxxxxx" + "\x24\x05\x76"
	toc := strings.Repeat("t", 100)
	vbri := append(make([]byte, 36), "VBRI\x00\x01\x00\x00\x00\x00\x00\x00\x10\x00\x80\x00\x01\x02\x00"...)
	for name, test := range map[string]struct {
		frame []byte
		want  xingInfo
	}{
		"no frame":               {nil, xingInfo{}},
		"silence":                {frame("\x00\x00\x00\x00", "\x00\x00\x00\x01", count), xingInfo{}},
		"Xing, no count":         {frame("Xing", "\x00\x00\x00\x00", lame), xingInfo{present: true}},
		"Xing, count":            {frame("Xing", "\x00\x00\x00\x01", count), xingInfo{present: true, frames: 258}},
		"Info, count and LAME":   {frame("Info", "\x00\x00\x00\x01", count, lame), xingInfo{true, 258, true, 576, 1398}},
		"Info, count and libav":  {frame("Info", "\x00\x00\x00\x01", count, "Lavc", lame[4:]), xingInfo{true, 258, true, 576, 1398}},
		"another encoder":        {frame("Info", "\x00\x00\x00\x01", count, "Gogo", lame[4:]), xingInfo{present: true, frames: 258}},
		"everything":             {frame("Info", "\x00\x00\x00\x0f", count, size, toc, quality, lame), xingInfo{true, 258, true, 576, 1398}},
		"all but the table":      {frame("Info", "\x00\x00\x00\x0b", count, size, quality, lame), xingInfo{true, 258, true, 576, 1398}},
		"everything but a count": {frame("Info", "\x00\x00\x00\x0e", size, toc, quality, lame), xingInfo{present: true}},
		"cut before the delay":   {frame("Info", "\x00\x00\x00\x01", count, lame[:len(lame)-1]), xingInfo{present: true, frames: 258}},
		"cut before the flags":   {frame("Info", "\x00\x00\x00"), xingInfo{}},
		"VBRI":                   {vbri, xingInfo{present: true, frames: 258}}, // without the sign
		"VBRI, cut in the count": {vbri[:54], xingInfo{}},
		"VBRI, cut after it":     {vbri[:55], xingInfo{present: true, frames: 258}},
	} {
		if got := parseXing(h, test.frame); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// Bits are read from the highest on, and are zeros after the end.
func TestBitReader(t *testing.T) {
	b := bitReader{data: []byte{0xA5, 0x0F}}
	for _, c := range []struct{ n, want int }{{1, 0b1}, {2, 0b01}, {0, 0}, {5, 0b00101}, {4, 0}, {8, 0b11110000}, {3, 0}} {
		if got := b.read(c.n); got != c.want {
			t.Errorf("%d bits: %b, want %b", c.n, got, c.want)
		}
	}
}

// Repacked frames contain all their bits.
func TestMP3Repacking(t *testing.T) {
	for _, name := range []string{"cbr.mp3", "vbr.mp3", "id3.mp3", "padded-22k.mp3", "mpeg2-16k.mp3"} {
		in := newInput(bytes.NewReader(file(t, name)), 1<<20)
		tagged, err := skipID3(in)
		first, ok := findMP3(in, tagged)
		if err != nil || !ok {
			t.Fatal(name, err, ok)
		}
		m := &mp3Repacker{in: in, first: first, noted: noteSet{}}
		if err := m.start(); err != nil {
			t.Fatal(err)
		}
		silent := 0
		for !m.done {
			if err := m.advance(); err != nil {
				t.Fatal(err)
			}
			if len(m.out) == 0 {
				continue
			}
			h := parseMP3(m.out)
			if h.size() != len(m.out) || h.crc() || !h.compatibleWith(first) {
				t.Fatalf("%s: header %08x for %d bytes", name, uint32(h), len(m.out))
			}
			begin, length := mainData(h, m.out[4:4+h.sideSize()])
			if begin != 0 {
				t.Errorf("%s: bits begin %d bytes before the frame", name, begin)
			}
			if length == 0 && !m.done { // the encoder's last frame is silent
				silent++
			}
		}
		if silent > 0 {
			t.Errorf("%s: %d of %d frames are silent", name, silent, m.framesRead)
		}
	}
}

// Bits that do not fit into the largest frame begin in the frame before.
func TestMP3PackUsesRoomBefore(t *testing.T) {
	h := mp3Header(0xFFFBE000 | 3<<6) // MPEG-1, 44.1 kHz, 320 kbit/s, mono
	side := make([]byte, h.sideSize())
	setMainDataBegin(h, side, 300)
	// Four parts of at most 4095 bits: 2 granules of one channel hold 1023 bytes.
	for _, at := range []int{18, 18 + 59} {
		for i := range 12 {
			side[(at+i)/8] |= 1 << (7 - (at+i)%8)
		}
	}
	m := &mp3Repacker{first: h, noted: noteSet{}, reservoir: bytes.Repeat([]byte{0xAA}, 511)}
	frame := append(append([]byte{0xFF, 0xFB, 0xE0, 0xC0}, side...), make([]byte, h.size()-4-len(side))...)
	slot := h.size() - 4 - len(side)
	begin, length := mainData(h, side)
	if begin != 300 || length != 1024 {
		t.Fatalf("begin %d, length %d", begin, length)
	}
	before := packedFrame{bytes: make([]byte, 1000), free: 200}
	out := m.pack(h, frame, before)
	back, _ := mainData(h, out.bytes[4:])
	if want := length - slot; want <= 0 && back != 0 || want > 0 && back != want {
		t.Errorf("%d bytes before the frame, want %d (slot %d)", back, max(0, want), slot)
	}
	if back > 0 && before.bytes[999] != 0xAA {
		t.Error("the bits are not there")
	}
	if len(m.noted) > 0 {
		t.Errorf("noted %v", m.noted)
	}
	// A frame whose bits are missing is a gap, unless the file begins with it.
	for _, whole := range []bool{false, true} {
		m := &mp3Repacker{first: h, noted: noteSet{}, whole: whole}
		if m.pack(h, frame, before); slices.Contains(m.noted.sorted(), NoteGaps) != whole {
			t.Errorf("after a whole frame %v: noted %v", whole, m.noted)
		}
	}
	// Without free space the frame is silent.
	if back > 0 {
		m.reservoir = bytes.Repeat([]byte{0xAA}, 511)
		out = m.pack(h, frame, packedFrame{})
		if _, length := mainData(h, out.bytes[4:]); length != 0 {
			t.Errorf("%d bytes that are nowhere", length)
		}
	}
}

func TestMP3RateChange(t *testing.T) {
	b := append(bytes.Clone(file(t, "padded-22k.mp3")), file(t, "mpeg2-16k.mp3")...)
	refused(t, b, Unsupported, "changes")
}
