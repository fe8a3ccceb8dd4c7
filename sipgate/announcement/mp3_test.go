package announcement

import (
	"bytes"
	"slices"
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

// Repacked frames contain all their bits.
func TestMP3Repacking(t *testing.T) {
	for _, name := range []string{"cbr.mp3", "vbr.mp3", "id3.mp3", "padded-22k.mp3", "mpeg2-16k.mp3"} {
		in := newInput(bytes.NewReader(file(t, name)), 1<<20)
		tagged, err := skipID3(in)
		first, ok := findMP3(in, tagged)
		if err != nil || !ok {
			t.Fatal(name, err, ok)
		}
		m := &mp3Repacker{in: in, first: first, noted: map[Note]bool{}}
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
	m := &mp3Repacker{first: h, noted: map[Note]bool{}, reservoir: bytes.Repeat([]byte{0xAA}, 511)}
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
		m := &mp3Repacker{first: h, noted: map[Note]bool{}, whole: whole}
		if m.pack(h, frame, before); m.noted[NoteGaps] != whole {
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
