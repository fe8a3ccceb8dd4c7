package announcement

import (
	"bytes"
	"encoding/binary"
	"io"
)

// mp3Repacker reads an MP3 file frame by frame and, as an io.Reader, gives the
// frames on in a form that suits the decoding library:
//
//   - tags, the Xing header and what else is no frame do not reach it;
//   - the bits of each frame, which encoders spread over the frames before it
//     (the "bit reservoir"), are put into the frame itself, which is made as
//     large as the format allows. The library takes the size of every padded
//     frame at 22.05 kHz for one byte too small at every second bit rate, and
//     loses its place in the reservoir: the sound is noise then;
//   - a frame whose bits are missing, as at the beginning of a file that was
//     cut out of another, becomes silence. The library would decode other bits.
type mp3Repacker struct {
	in         *input
	first      mp3Header
	info       xingInfo
	framesRead int // frames read, without the Xing header's

	reservoir []byte      // the last main data before the frame to be read
	pending   packedFrame // read, but its free space may still be used by the next
	out       []byte      // to be read by the library
	done      bool        // there are no more frames
	err       error       // why the reading failed
}

// packed is a frame in its new form.
type packedFrame struct {
	bytes []byte
	free  int // bytes at the end that hold nothing yet
}

// start reads the Xing header if there is one.
func (m *mp3Repacker) start() error {
	head, err := m.in.Peek(m.first.size())
	if err != nil {
		return truncated(err)
	}
	if m.info = parseXing(m.first, head); m.info.present {
		return m.in.skip(int64(len(head)))
	}
	return nil
}

// end checks what was read against what the Xing header announced. Some
// encoders count that header itself.
func (m *mp3Repacker) checkComplete() error {
	if m.framesRead < m.info.frames-1 {
		return invalidf("the file is truncated: %d frames of %d", m.framesRead, m.info.frames)
	}
	return io.EOF
}

// Read gives frames to the library.
func (m *mp3Repacker) Read(p []byte) (int, error) {
	for len(m.out) == 0 && m.err == nil {
		if m.done {
			return 0, io.EOF
		}
		m.err = m.advance()
	}
	if m.err != nil {
		return 0, m.err
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}

// advance reads one frame and gives out the one before it.
func (m *mp3Repacker) advance() error {
	h, err := m.nextHeader()
	if err == io.EOF {
		m.done, m.out = true, m.pending.bytes
		return nil
	} else if err != nil {
		return err
	}
	frame := make([]byte, h.size())
	if err := m.in.readFull(frame); err != nil {
		return err
	}
	m.framesRead++
	previous := m.pending
	m.pending = m.pack(h, frame, previous)
	m.out = previous.bytes
	return nil
}

// maxGarbage is how much may stand between two frames. Some programs leave
// tags there that nobody can read any more.
const maxGarbage = 1 << 20

// sync finds the next frame's header, or the end of the file.
func (m *mp3Repacker) nextHeader() (mp3Header, error) {
	for skipped := 0; skipped < maxGarbage; {
		head, err := m.in.Peek(10)
		switch {
		case err != nil && err != io.EOF:
			return 0, err
		case len(head) < 4:
			return 0, io.EOF
		case bytes.HasPrefix(head, []byte("ID3")) && len(head) == 10:
			if err := m.in.skip(id3Size(head)); err != nil {
				return 0, err
			}
			continue
		case bytes.HasPrefix(head, []byte("TAG")), bytes.HasPrefix(head, []byte("APETAGEX")):
			return 0, io.EOF
		}
		if h := parseMP3(head); h.compatibleWith(m.first) && (skipped == 0 || m.confirmed(h)) {
			return h, nil
		} else if h.valid() && h.layer() == layer3 && skipped == 0 && m.isNewStream(h) {
			return 0, unsupportedf("MP3 whose sample rate changes on the way")
		}
		m.in.Discard(1)
		skipped++
	}
	return 0, invalidf("no MP3 frame for %d bytes", maxGarbage)
}

// confirmed reports whether another frame follows that of h.
func (m *mp3Repacker) confirmed(h mp3Header) bool {
	b, _ := m.in.Peek(h.size() + 4)
	return len(b) == h.size()+4 && parseMP3(b[h.size():]).compatibleWith(m.first)
}

// changed reports whether frames of another kind begin.
func (m *mp3Repacker) isNewStream(h mp3Header) bool {
	if h.bitrateIndex() == freeFormat {
		return false
	}
	b, _ := m.in.Peek(h.size() + 4)
	return len(b) == h.size()+4 && parseMP3(b[h.size():]).compatibleWith(h)
}

// maxReservoir is how far back a frame's bits may begin, in bytes.
func maxReservoir(h mp3Header) int {
	if h.version() == mpeg1 {
		return 511
	}
	return 255
}

// pack builds the frame anew, with all its bits in it. If they do not fit, the
// first of them go to the end of the frame before, where there is room.
func (m *mp3Repacker) pack(h mp3Header, frame []byte, before packedFrame) packedFrame {
	side := frame[4:]
	if h.crc() {
		side = frame[6:]
	}
	own := side[h.sideSize():]
	side = bytes.Clone(side[:h.sideSize()])
	all := append(m.reservoir, own...)
	begin, length := mainData(h, side)
	start := len(all) - len(own) - begin

	large := h&^0xF000 | 0xE000 | 1<<16 // the highest bit rate, no checksum
	if h.version() != mpeg1 {
		large &^= 1 << 9 // no padding
	}
	out := packedFrame{bytes: make([]byte, large.size())}
	binary.BigEndian.PutUint32(out.bytes, uint32(large))
	slot := out.bytes[4+len(side):]
	back := max(0, length-len(slot))
	if start < 0 || start+length > len(all) || back > min(before.free, maxReservoir(h)) {
		clear(side) // silence
		length, back = 0, 0
	} else {
		bits := all[start : start+length]
		copy(before.bytes[len(before.bytes)-back:], bits[:back])
		copy(slot, bits[back:])
	}
	setMainDataBegin(h, side, back)
	copy(out.bytes[4:], side)
	out.free = len(slot) - (length - back)
	m.reservoir = bytes.Clone(all[max(0, len(all)-maxReservoir(h)):])
	return out
}

// mainData returns where the bits of a frame begin, in bytes before its own
// main data, and how many bytes they fill.
func mainData(h mp3Header, side []byte) (begin, length int) {
	b := bitReader{data: side}
	granules, rest := 2, 47 // bits after each length; see sideinfo in ISO 11172-3 and 13818-3
	switch {
	case h.version() != mpeg1:
		granules, rest = 1, 51
		begin = b.read(8)
		b.at += h.channels()
	case h.mono():
		begin = b.read(9)
		b.at += 5 + 4
	default:
		begin = b.read(9)
		b.at += 3 + 8
	}
	for range granules * h.channels() {
		length += b.read(12)
		b.at += rest
	}
	return begin, (length + 7) / 8
}

// setBegin writes the field that mainData reads first.
func setMainDataBegin(h mp3Header, side []byte, begin int) {
	if h.version() == mpeg1 {
		side[0] = byte(begin >> 1)
		side[1] = side[1]&0x7F | byte(begin&1)<<7
	} else {
		side[0] = byte(begin)
	}
}

// bits reads bit fields, the highest bit of each byte first. Behind the end
// there are zeros.
type bitReader struct {
	data []byte
	at   int
}

func (b *bitReader) read(n int) int {
	v := 0
	for range n {
		v <<= 1
		if i := b.at / 8; i < len(b.data) {
			v |= int(b.data[i]>>(7-b.at%8)) & 1
		}
		b.at++
	}
	return v
}

// xingInfo is what the first frame may tell about the file.
type xingInfo struct {
	present        bool
	frames         int // in the file, 0 if not told
	gapless        bool
	delay, padding int // samples that the encoder added before and after
}

// parseXing reads the header that LAME and others put into a silent first
// frame: "Xing", "Info" or "VBRI".
func parseXing(h mp3Header, frame []byte) xingInfo {
	at := 4 + h.sideSize()
	if len(frame) > 54 && string(frame[36:40]) == "VBRI" {
		return xingInfo{present: true, frames: int(binary.BigEndian.Uint32(frame[50:]) & 0x7FFFFFFF)}
	}
	if len(frame) < at+8 {
		return xingInfo{}
	}
	if id := string(frame[at : at+4]); id != "Xing" && id != "Info" {
		return xingInfo{}
	}
	x := xingInfo{present: true}
	b := bitReader{data: frame, at: 8 * (at + 4)}
	flags := b.read(32)
	if flags&1 != 0 {
		x.frames = b.read(32)
	}
	for _, f := range []struct{ flag, size int }{{2, 4}, {4, 100}, {8, 4}} {
		if flags&f.flag != 0 {
			b.at += 8 * f.size
		}
	}
	// 9 bytes of the encoder's name, 12 of other things, then delay and padding.
	if i := b.at / 8; x.frames > 0 && i+24 <= len(frame) && (string(frame[i:i+4]) == "LAME" || string(frame[i:i+3]) == "Lav") {
		b.at += 8 * 21
		x.gapless, x.delay, x.padding = true, b.read(12), b.read(12)
	}
	return x
}
