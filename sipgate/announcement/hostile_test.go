package announcement

import (
	"bytes"
	"encoding/binary"
	"log"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// allocated is how many bytes f allocates in all, whether they are freed or
// not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// D11 T24: no size that a file claims is allocated. Each of these is some
// hundred bytes and claims gigabytes.
func TestD11NothingIsAllocatedForClaims(t *testing.T) {
	be := binary.BigEndian
	comments := "\x03vorbis\x00\x00\x00\x00\xff\xff\xff\xff"
	good := oggHeaders(t)
	flac := file(t, "stereo.flac")[:400]
	block := bytes.Clone(flac)
	be.PutUint32(block[42:], 0x04FFFFFF) // a comment block of 16 MB behind the stream's info
	for name, b := range map[string][]byte{
		"WAV chunk":           wavFile{bits: 16, rate: 8000, channels: 1, before: []byte("LIST\xf0\xff\xff\xffabcd")}.bytes(),
		"WAV samples":         wavFile{bits: 64, tag: tagFloat, rate: 192000, channels: 8, dataSize: size(0xFFFFFF00)}.bytes(),
		"ID3 tag":             append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), file(t, "cbr.mp3")...),
		"ID3 tag inside":      append(bytes.Clone(file(t, "padded-22k.mp3")), "ID3\x04\x00\x00\x7f\x7f\x7f\x7f"...),
		"FLAC block":          block,
		"Vorbis comments":     oggFile(good[0], comments, good[2]),
		"Vorbis book of 2^24": oggFile(good[0], comments, "\x05vorbis\x00BCV\x01\x00\xff\xff\xff"+strings.Repeat("\x00", 50)),
		"Vorbis book of 0":    oggFile(good[0], comments, "\x05vorbis\x00BCV\x01\x00\x00\x00\x00"+strings.Repeat("\x00", 50)),
		"Vorbis dims 65535":   oggFile(good[0], comments, "\x05vorbis\x00BCV\xff\xff\x00\x10\x00"+strings.Repeat("\x00", 3000)),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			if n := allocated(func() { _, err = Decode(bytes.NewReader(b), name, Limits{}) }); n > 4<<20 {
				t.Errorf("%d bytes allocated", n)
			}
			if c := code(err); c != Invalid && c != Empty {
				t.Errorf("got %v", err)
			}
		})
	}
}

// oggHeaders returns the three header packets of stereo.ogg.
func oggHeaders(t *testing.T) (packets [3]string) {
	o, err := newOgg(newInput(bytes.NewReader(file(t, "stereo.ogg")), 1<<20))
	for i := range packets {
		p, e := o.next()
		if err != nil || e != nil {
			t.Fatal(err, e)
		}
		packets[i] = string(p.data)
	}
	return packets
}

// oggFile makes a file of one packet per page.
func oggFile(packets ...string) []byte {
	var b []byte
	for i, p := range packets {
		flags := byte(0)
		if i == 0 {
			flags = oggFirst
		}
		if i == len(packets)-1 {
			flags |= oggLast
		}
		b = append(b, oggPageOf(flags, 0, p)...)
	}
	return b
}

// Headers whose comments are nonsense do no harm: comments are not read.
func TestVorbisCommentsAreIgnored(t *testing.T) {
	whole := file(t, "mono-16k.ogg")
	at := bytes.Index(whole, []byte("\x03vorbis"))
	b := bytes.Clone(whole)
	copy(b[at+7:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	want := mustDecode(t, "x.ogg", whole)
	if got := mustDecode(t, "x.ogg", repairOgg(b)); !bytes.Equal(got.ForTelephone(), want.ForTelephone()) {
		t.Error("another result")
	}
}

// Block sizes that the library takes and that yield no samples, or windows
// that make no sense.
func TestVorbisBlockSizes(t *testing.T) {
	h := oggHeaders(t)
	for _, sizes := range []byte{0x00, 0x11, 0x55, 0xE6, 0xFF, 0x68} {
		id := []byte(h[0])
		id[28] = sizes
		refused(t, oggFile(append([]string{string(id), h[1], h[2]}, make([]string, 300)...)...), Invalid, "header")
	}
}

// T24: a FLAC file of a few hundred kB can hold hours of silence. It is
// refused as soon as it is too long.
func TestT24FLACBomb(t *testing.T) {
	info := make([]byte, 34)
	be := binary.BigEndian
	be.PutUint16(info, 65535)
	be.PutUint16(info[2:], 65535)
	be.PutUint64(info[10:], 8000<<44|15<<36) // 8 kHz, mono, 16 bit, length unknown
	b := append([]byte("fLaC\x80\x00\x00\x22"), info...)
	for i := range 1000 {
		f := []byte{0xFF, 0xF8, 0x74, 0x08} // block size in 16 bits, 8 kHz, mono, 16 bit
		f = append(f, string(rune(i))...)
		f = append(f, 0xFF, 0xFE)
		f = append(f, flacCRC8(f))
		f = append(f, 0, 0, 0) // a constant subframe of 0
		b = append(b, be.AppendUint16(f, flacCRC16(0, f))...)
	}
	start := time.Now()
	refused(t, b, TooLong, "10m")
	t.Logf("%d bytes refused after %v", len(b), time.Since(start))
	one := append([]byte(nil), b[:42+13]...)
	if c := mustDecode(t, "x.flac", one); c.Length() != 65535*time.Second/8000 {
		t.Errorf("one frame plays %v", c.Length())
	}
}

// A decoder that works too long is stopped; waiting for bytes is no work.
func TestWorkIsLimited(t *testing.T) {
	b := wavFile{bits: 16, rate: 44100, channels: 2, samples: tone(44100, 440, 0.5, 1)}.bytes()
	if _, err := Decode(bytes.NewReader(b), "x.wav", Limits{Work: 1}); code(err) != Invalid {
		t.Errorf("got %v", err)
	}
}

// The FLAC library's remarks on rare sample rates do not reach the log, and
// damage in such frames is still found.
func TestFLACIsQuiet(t *testing.T) {
	var out bytes.Buffer
	log.SetOutput(&out)
	defer log.SetOutput(os.Stderr)
	b := file(t, "mono-24k.flac")
	mustDecode(t, "x.flac", b)
	if out.Len() > 0 {
		t.Errorf("logged: %s", &out)
	}
	for at := 9000; at < len(b); at += 501 {
		damaged := bytes.Clone(b)
		damaged[at] ^= 1
		refused(t, damaged, Invalid, "")
	}
}

// T24: a long file costs the memory of the result and little more, and so does
// one with all channels at the highest rate.
func TestT24Memory(t *testing.T) {
	head := wavFile{bits: 8, rate: 4000, channels: 1, dataSize: size(4000 * 120)}.bytes()
	b := append(head, bytes.Repeat([]byte{100, 156}, 4000*60)...)
	var c *Clip
	n := allocated(func() { c = mustDecode(t, "x.wav", b) })
	if c.Length() != 2*time.Minute {
		t.Fatal(c.Length())
	}
	// The result has 1.9 MB; growing to it costs some more in passing.
	if n > 12<<20 {
		t.Errorf("%d bytes allocated", n)
	}
	// Blocks of many channels.
	head = wavFile{bits: 64, tag: tagFloat, rate: 192000, channels: 8, dataSize: size(64000 * 64)}.bytes()
	b = append(head, make([]byte, 64000*64)...)
	if n := allocated(func() { mustDecode(t, "x.wav", b) }); n > 2<<20 {
		t.Errorf("%d bytes allocated for a third of a second of eight channels", n)
	}
}
