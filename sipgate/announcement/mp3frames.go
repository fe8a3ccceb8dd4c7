package announcement

import (
	"bytes"
	"encoding/binary"
	"io"
)

// mp3Repacker reads an MP3 file frame by frame and, as an io.Reader, returns the
// frames in a form that the decoding library handles well:
//
//   - Tags, the Xing header and garbage between frames are left out.
//   - The bits of a frame, which encoders spread over the frames before it (the
//     "bit reservoir"), are moved into the frame itself, which is made as large
//     as the format allows. The library takes the size of every padded frame at
//     22.05 kHz for one byte too small at every second bit rate, loses its place
//     in the reservoir, and returns noise.
//   - A frame whose bits are missing, as at the beginning of a file that was cut
//     out of another, becomes silent. The library would decode other bits.
type mp3Repacker struct {
	in         *input
	first      mp3Header
	info       xingInfo
	noted      noteSet
	whole      bool // a frame had all its bits
	framesRead int  // without that of the Xing header

	reservoir []byte      // main data of the frames before the next, as much as may be used
	pending   packedFrame // the last frame read; the next may still use its free space
	out       []byte      // bytes for the library
	done      bool        // the last frame was read
	err       error       // the first error
}

// packedFrame is a frame as it is passed to the library.
type packedFrame struct {
	bytes []byte
	free  int // unused bytes at the end
}

// start skips the frame of a Xing header and keeps its values.
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

// checkComplete returns io.EOF, or Invalid if fewer frames were read than the Xing
// header says. Some encoders count the frame of that header too.
func (m *mp3Repacker) checkComplete() error {
	if m.framesRead < m.info.frames-1 {
		return reasonf(Invalid, Truncated, "the file is truncated: %d frames of %d", m.framesRead, m.info.frames)
	}
	return io.EOF
}

// Read returns repacked frames.
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

// advance reads a frame and makes the one before it available to Read.
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

// maxGarbage is the maximum number of bytes between two frames. Some programs
// leave tags of their own there.
const maxGarbage = 1 << 20

// nextHeader skips to the next frame and returns its header, or io.EOF after the
// last one. It notes what it skips, unless that is a tag, or zeros at the end.
func (m *mp3Repacker) nextHeader() (mp3Header, error) {
	var skipped garbage
	for skipped.bytes < maxGarbage {
		head, err := m.in.Peek(16)
		if err != nil && err != io.EOF {
			return 0, err
		}
		if len(head) < 4 {
			if skipped.strange > 8 && !skipped.tag {
				m.noted.add(NoteTail)
			}
			return 0, io.EOF
		}
		if size := tagSize(head); size > 0 {
			if err := m.skipTag(head, size); err != nil {
				return 0, err
			}
			continue
		}
		if h := parseMP3(head); h.compatibleWith(m.first) && (skipped.bytes == 0 || m.confirmed(h)) {
			if skipped.bytes > 0 && !skipped.tag {
				m.noted.add(NoteGaps)
			}
			return h, nil
		} else if h.valid() && h.layer() == layer3 && skipped.bytes == 0 && m.isNewStream(h) {
			return 0, reasonf(Unsupported, RateChanges, "MP3 with a sample rate that changes")
		}
		skipped.add(head)
		m.in.Discard(1)
	}
	return 0, invalidf("no MP3 frame for %d bytes", maxGarbage)
}

// garbage counts bytes between frames.
type garbage struct {
	bytes   int
	strange int  // of them, those that are not 0
	tag     bool // they begin like the tag of a program
}

func (g *garbage) add(head []byte) {
	if g.bytes == 0 {
		g.tag = bytes.HasPrefix(head, []byte("LYRICSBEGIN")) || bytes.HasPrefix(head, []byte("3DI"))
	}
	g.bytes++
	if head[0] != 0 {
		g.strange++
	}
}

// tagSize returns the size of the ID3 or APE tag that begins with head, or 0.
func tagSize(head []byte) int64 {
	switch {
	case bytes.HasPrefix(head, []byte("ID3")) && len(head) >= id3HeaderSize:
		return id3Size(head)
	case bytes.HasPrefix(head, []byte("TAG")):
		return 128
	case bytes.HasPrefix(head, []byte("APETAGEX")) && len(head) == 16:
		return 32 + int64(binary.LittleEndian.Uint32(head[12:]))
	}
	return 0
}

// skipTag skips a tag. One that the end of the file cuts off is only a tag, unless
// it claims to be ID3v2, which stands before sound.
func (m *mp3Repacker) skipTag(head []byte, size int64) error {
	id3 := bytes.HasPrefix(head, []byte("ID3"))
	if _, err := io.CopyN(io.Discard, m.in.Reader, size); err == io.EOF && !id3 {
		return nil
	} else {
		return truncated(err)
	}
}

// confirmed reports whether another frame follows that of h.
func (m *mp3Repacker) confirmed(h mp3Header) bool {
	b, _ := m.in.Peek(h.size() + 4)
	return len(b) == h.size()+4 && parseMP3(b[h.size():]).compatibleWith(m.first)
}

// isNewStream reports whether frames of another kind begin with that of h.
func (m *mp3Repacker) isNewStream(h mp3Header) bool {
	if h.bitrateIndex() == freeFormat {
		return false
	}
	b, _ := m.in.Peek(h.size() + 4)
	return len(b) == h.size()+4 && parseMP3(b[h.size():]).compatibleWith(h)
}

// maxReservoir returns how many bytes before a frame its bits may begin.
func maxReservoir(h mp3Header) int {
	if h.version() == mpeg1 {
		return 511
	}
	return 255
}

// pack returns the frame with all its bits in it. Bits that do not fit go to the
// free space of the frame before.
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
	if h.version() == mpeg25 {
		// At 16 kHz, MPEG-2 has the bands of MPEG-2.5 at 11.025 and 12 kHz, which the
		// library does not know.
		large = large&^(3<<19|3<<10) | mpeg2<<19 | 2<<10
	}
	out := packedFrame{bytes: make([]byte, large.size())}
	binary.BigEndian.PutUint32(out.bytes, uint32(large))
	slot := out.bytes[4+len(side):]
	back := max(0, length-len(slot))
	if start < 0 || start+length > len(all) || back > min(before.free, maxReservoir(h)) {
		clear(side) // silence
		length, back = 0, 0
		if m.whole { // else the file was cut out of another
			m.noted.add(NoteGaps)
		}
	} else {
		m.whole = m.whole || length > 0
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

// mainData returns how many bytes before the frame's own main data its bits begin,
// and how many bytes they fill.
func mainData(h mp3Header, side []byte) (begin, length int) {
	b := bitReader{data: side}
	granules, rest := 2, 47 // bits after each length; see the side information in ISO 11172-3 and 13818-3
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

// setMainDataBegin stores begin, which mainData returns, in the side information.
func setMainDataBegin(h mp3Header, side []byte, begin int) {
	if h.version() == mpeg1 {
		side[0] = byte(begin >> 1)
		side[1] = side[1]&0x7F | byte(begin&1)<<7
	} else {
		side[0] = byte(begin)
	}
}

// bitReader reads bit fields, the highest bit of each byte first, and zeros after
// the end of the data.
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

// xingInfo is what the header in the first frame says about the file.
type xingInfo struct {
	present        bool
	frames         int // in the file, or 0 if unknown
	gapless        bool
	delay, padding int // samples that the encoder added at the beginning and the end
}

// parseXing parses the header that LAME and other encoders store in a silent
// first frame: "Xing", "Info" or "VBRI".
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
	// 9 bytes with the encoder's name and 12 other bytes precede delay and padding.
	if i := b.at / 8; x.frames > 0 && i+24 <= len(frame) && (string(frame[i:i+4]) == "LAME" || string(frame[i:i+3]) == "Lav") {
		b.at += 8 * 21
		x.gapless, x.delay, x.padding = true, b.read(12), b.read(12)
	}
	return x
}
