package announcement

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// allocated returns how many bytes f allocates in total, including freed ones.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Sizes in a file allocate nothing. Each of these files has some hundred bytes and
// claims to have megabytes or gigabytes.
func TestClaimedSizesAllocateNothing(t *testing.T) {
	comments := "\x03vorbis\x00\x00\x00\x00\xff\xff\xff\xff"
	flac := file(t, "stereo.flac")[:400]
	binary.BigEndian.PutUint32(flac[42:], 0x04FFFFFF) // a comment block of 16 MB after the stream info
	for name, b := range map[string][]byte{
		"WAV chunk":           wavFile{bits: 16, rate: 8000, channels: 1, before: []byte("LIST\xf0\xff\xff\xffabcd")}.bytes(),
		"WAV samples":         wavFile{bits: 64, tag: tagFloat, rate: 192000, channels: 8, dataSize: size(0xFFFFFF00)}.bytes(),
		"ID3 tag":             append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), file(t, "cbr.mp3")...),
		"ID3 tag inside":      append(bytes.Clone(file(t, "padded-22k.mp3")), "ID3\x04\x00\x00\x7f\x7f\x7f\x7f"...),
		"FLAC block":          flac,
		"Vorbis comments":     oggPage(comments),
		"Vorbis book of 2^24": oggPage("\x05vorbis\x00BCV\x01\x00\xff\xff\xff" + strings.Repeat("\x00", 50)),
		"Vorbis dims 65535":   oggPage("\x05vorbis\x00BCV\xff\xff\x00\x10\x00" + strings.Repeat("\x00", 3000)),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			if n := allocated(func() { _, err = Decode(bytes.NewReader(b), name, Limits{}) }); n > 4<<20 {
				t.Errorf("%d bytes allocated", n)
			}
			if c := code(err); c != Invalid && c != Empty && c != Unsupported {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Decoding that takes too long is stopped.
func TestDecodeTimeIsLimited(t *testing.T) {
	b := wavFile{bits: 16, rate: 44100, channels: 2, samples: tone(44100, 440, 0.5, 1)}.bytes()
	if _, err := Decode(bytes.NewReader(b), "x.wav", Limits{DecodeTime: 1}); code(err) != Invalid {
		t.Errorf("got %v", err)
	}
}

// The limit for decoding does not count the time that an upload takes.
func TestSlowUploadIsNoSlowDecoding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bytes.NewReader(beep(440))
		slow := readerFunc(func(p []byte) (int, error) {
			time.Sleep(time.Minute)
			return b.Read(p[:min(len(p), 1000)])
		})
		if _, err := Decode(slow, "x.wav", Limits{DecodeTime: time.Second}); err != nil {
			t.Error(err)
		}
	})
}

// Decoding needs little more memory than its result, for long files and for eight
// channels at the highest rate.
func TestMemoryIsLimited(t *testing.T) {
	head := wavFile{bits: 8, rate: 4000, channels: 1, dataSize: size(4000 * 120)}.bytes()
	b := append(head, bytes.Repeat([]byte{100, 156}, 4000*60)...)
	var c *Clip
	n := allocated(func() { c = mustDecode(t, "x.wav", b) })
	if c.Length() != 2*time.Minute {
		t.Fatal(c.Length())
	}
	// The result has 1.9 MB; growing to it allocates more.
	if n > 12<<20 {
		t.Errorf("%d bytes allocated", n)
	}
	head = wavFile{bits: 64, tag: tagFloat, rate: 192000, channels: 8, dataSize: size(64000 * 64)}.bytes()
	b = append(head, make([]byte, 64000*64)...)
	if n := allocated(func() { mustDecode(t, "x.wav", b) }); n > 2<<20 {
		t.Errorf("%d bytes allocated for a third of a second of eight channels", n)
	}
}
