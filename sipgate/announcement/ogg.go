package announcement

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// oggPackets takes one stream's packets out of an Ogg file (RFC 3533).
//
// The Vorbis package's own Ogg reader is not used: it recurses once for every
// packet that yields no sound, and a small file can make it overflow the stack,
// which no program survives.
type oggPackets struct {
	in     *input
	serial uint32
	queue  []oggPacket // complete, of the page read last
	part   []byte      // the beginning of a packet that goes on in the next page
	ended  bool        // the stream's last page was read
}

type oggPacket struct {
	data    []byte
	granule int64 // sample number at its end, −1 if not told: only a page's last packet has one
	last    bool  // of the stream
}

// Flags of a page, and the largest packet that is taken. Setup headers have a
// few kB; audio packets are smaller.
const (
	oggContinued = 1
	oggFirst     = 2
	oggLast      = 4
	maxPacket    = 1 << 20
)

type oggPage struct {
	flags   byte
	granule int64
	serial  uint32
	lacing  []byte
	body    []byte
}

// newOgg reads the pages on which the streams of the file begin, and chooses
// the first one of Vorbis.
func newOgg(in *input) (*oggPackets, error) {
	o := &oggPackets{in: in}
	found := false
	var others []string
	for {
		head, _ := in.Peek(6)
		if len(head) < 6 || head[5]&oggFirst == 0 {
			break
		}
		p, err := readPage(in)
		if err != nil {
			return nil, err
		}
		switch name := oggCodec(p.body); {
		case name == "" && !found:
			found, o.serial = true, p.serial
			if err := o.take(p); err != nil {
				return nil, err
			}
		case name != "":
			others = append(others, name)
		}
		if len(others) > 16 {
			return nil, invalid("more than 16 streams in one Ogg file")
		}
	}
	if !found {
		return nil, unsupported("Ogg with %s", strings.Join(others, ", "))
	}
	return o, nil
}

// oggCodec names what a stream's first page holds; "" is Vorbis.
func oggCodec(body []byte) string {
	for _, m := range []magic{
		{0, "\x01vorbis", ""}, {0, "OpusHead", "Opus"}, {0, "Speex   ", "Speex"}, {0, "\x7fFLAC", "FLAC"},
		{0, "\x80theora", "Theora video"}, {0, "fishead\x00", "a skeleton"}, {0, "PCM     ", "PCM"},
	} {
		if bytes.HasPrefix(body, []byte(m.bytes)) {
			return m.name
		}
	}
	return "an unknown codec"
}

// next returns the next packet, and io.EOF after the last one.
func (o *oggPackets) next() (oggPacket, error) {
	for len(o.queue) == 0 {
		if o.ended {
			return oggPacket{}, io.EOF
		}
		p, err := readPage(o.in)
		switch {
		case err != nil:
			return oggPacket{}, err
		case p.serial != o.serial && p.flags&oggFirst != 0:
			return oggPacket{}, unsupported("several Ogg streams one after the other")
		case p.serial == o.serial:
			if err := o.take(p); err != nil {
				return oggPacket{}, err
			}
		}
	}
	p := o.queue[0]
	o.queue = o.queue[1:]
	return p, nil
}

// take cuts a page into packets.
func (o *oggPackets) take(p oggPage) error {
	if p.flags&oggContinued == 0 {
		o.part = nil
	}
	orphan := p.flags&oggContinued != 0 && o.part == nil // its beginning is missing
	o.queue = o.queue[:0]
	body := p.body
	for _, size := range p.lacing {
		o.part = append(o.part, body[:size]...)
		body = body[size:]
		if len(o.part) > maxPacket {
			return invalid("an Ogg packet of more than %d bytes", maxPacket)
		}
		if size == 255 {
			continue
		}
		if !orphan {
			o.queue = append(o.queue, oggPacket{data: o.part, granule: -1})
		}
		o.part, orphan = nil, false
	}
	o.ended = p.flags&oggLast != 0
	if n := len(o.queue); n > 0 {
		o.queue[n-1].granule, o.queue[n-1].last = p.granule, o.ended
	}
	return nil
}

// readPage reads one page and checks its checksum. A file that ends before its
// stream's last page is truncated.
func readPage(in *input) (oggPage, error) {
	var h [27]byte
	if err := in.full(h[:]); err != nil {
		return oggPage{}, err
	}
	if string(h[:4]) != "OggS" || h[4] != 0 {
		return oggPage{}, invalid("no Ogg page where one must be")
	}
	p := oggPage{
		flags:   h[5],
		granule: int64(binary.LittleEndian.Uint64(h[6:])),
		serial:  binary.LittleEndian.Uint32(h[14:]),
		lacing:  make([]byte, h[26]),
	}
	if err := in.full(p.lacing); err != nil {
		return oggPage{}, err
	}
	size := 0
	for _, n := range p.lacing {
		size += int(n)
	}
	p.body = make([]byte, size)
	if err := in.full(p.body); err != nil {
		return oggPage{}, err
	}
	want := binary.LittleEndian.Uint32(h[22:])
	clear(h[22:26])
	if oggCRC(oggCRC(oggCRC(0, h[:]), p.lacing), p.body) != want {
		return oggPage{}, invalid("wrong checksum of an Ogg page")
	}
	return p, nil
}

var oggTable = func() (t [256]uint32) {
	for i := range t {
		t[i] = uint32(i) << 24
		for range 8 {
			t[i] = t[i]<<1 ^ (t[i]>>31)*0x04c11db7
		}
	}
	return t
}()

// oggCRC continues a page's checksum: CRC-32 with the usual polynomial, but
// unreflected, beginning with 0 and not inverted.
func oggCRC(crc uint32, b []byte) uint32 {
	for _, c := range b {
		crc = crc<<8 ^ oggTable[byte(crc>>24)^c]
	}
	return crc
}
