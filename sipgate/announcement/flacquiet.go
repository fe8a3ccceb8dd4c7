package announcement

import (
	"io"
	"strings"

	"github.com/mewkiz/flac/frame"
)

// The FLAC library prints a line to the standard logger for every frame whose
// header names the rate 24 or 176.4 kHz: thousands for one file, and 24 kHz is
// what speech synthesis often makes. Such headers are changed on their way in
// to "as the stream's header says". The frame's checksum is wrong then, so it
// is checked here.

// quietFrame reads the next frame's header, as frame.New does, without a line
// in the log. The returned function reads the rest.
func quietFrame(in *input) (*frame.Frame, func() error, error) {
	head := noisyHeader(in)
	if head == nil {
		f, err := frame.New(in.Reader)
		return f, f.Parse, err
	}
	r := &patched{in: in.Reader, head: head}
	real := make([]byte, len(head))
	if err := in.full(real); err != nil {
		return nil, nil, err
	}
	r.crc = flacCRC16(0, real)
	f, err := frame.New(r)
	return f, func() error {
		err := f.Parse()
		if err != nil && strings.Contains(err.Error(), "CRC-16") && r.crc == 0 {
			return nil // wrong only for the header that was changed
		}
		return err
	}, err
}

// noisyHeader returns the changed header of the next frame if it needs
// changing and is sound (RFC 9639, 9.1).
func noisyHeader(in *input) []byte {
	b, _ := in.Peek(16)
	if len(b) < 16 || b[0] != 0xFF || b[1]&0xFE != 0xF8 {
		return nil
	}
	if rate := b[2] & 0x0F; rate != 2 && rate != 7 {
		return nil
	}
	n := 4
	switch first := b[4]; { // a number in the manner of UTF-8
	case first < 0x80:
		n++
	default:
		for ; first&0x80 != 0 && n < 11; first <<= 1 {
			n++
		}
	}
	switch b[2] >> 4 { // the block size
	case 6:
		n++
	case 7:
		n += 2
	}
	if flacCRC8(b[:n]) != b[n] {
		return nil
	}
	head := append([]byte(nil), b[:n+1]...)
	head[2] &= 0xF0
	head[n] = flacCRC8(head[:n])
	return head
}

// patched gives head and then what in has, and sums up what in has.
type patched struct {
	in   io.Reader
	head []byte
	crc  uint16 // of the true frame so far; 0 at its end if it is whole
}

func (p *patched) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	n, err := p.in.Read(b)
	p.crc = flacCRC16(p.crc, b[:n])
	return n, err
}

// flacCRC8 is CRC-8 with the polynomial 0x07.
func flacCRC8(b []byte) byte {
	crc := byte(0)
	for _, c := range b {
		crc ^= c
		for range 8 {
			crc = crc<<1 ^ (crc>>7)*0x07
		}
	}
	return crc
}

// flacCRC16 continues CRC-16 with the polynomial 0x8005.
func flacCRC16(crc uint16, b []byte) uint16 {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			crc = crc<<1 ^ (crc>>15)*0x8005
		}
	}
	return crc
}
