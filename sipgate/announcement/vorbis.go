package announcement

import (
	"encoding/binary"
	"io"

	"github.com/jfreymuth/vorbis"
)

// vorbisStream decodes Ogg Vorbis, packet by packet.
type vorbisStream struct {
	ogg  *oggPackets
	dec  vorbis.Decoder
	info Source

	buf     []float32 // what one packet yields at most
	ready   []float32 // what is left of the last one
	done    bool
	decoded int64 // samples
	base    int64 // the number that the file gives the first of them, −1 until known
}

func newVorbis(in *input) (*vorbisStream, error) {
	ogg, err := newOgg(in)
	if err != nil {
		return nil, err
	}
	v := &vorbisStream{ogg: ogg, base: -1}
	var headers [3][]byte
	for i := range headers {
		p, err := ogg.next()
		if err != nil {
			return nil, truncated(err)
		}
		headers[i] = p.data
	}
	if err := v.identify(headers[0]); err != nil {
		return nil, err
	}
	if err := checkVorbisSetup(headers[2], v.info.Channels); err != nil {
		return nil, err
	}
	// The comment header is not for the library: it would allocate as many
	// strings as the header claims to have.
	err = guard("Ogg Vorbis", func() error {
		if err := v.dec.ReadHeader(headers[0]); err != nil {
			return err
		}
		return v.dec.ReadHeader(headers[2])
	})
	v.buf = make([]float32, v.dec.BufferSize())
	return v, err
}

// identify checks the identification header (Vorbis I, 4.2.2). The library
// takes any block size.
func (v *vorbisStream) identify(h []byte) error {
	if len(h) < 30 || string(h[:7]) != "\x01vorbis" || binary.LittleEndian.Uint32(h[7:]) != 0 {
		return invalid("damaged Ogg Vorbis header")
	}
	rate := binary.LittleEndian.Uint32(h[12:])
	small, large := h[28]&0x0F, h[28]>>4
	if rate == 0 || h[11] == 0 || small < 6 || large > 13 || small > large {
		return invalid("damaged Ogg Vorbis header")
	}
	v.info = Source{Format: "Ogg Vorbis", Rate: int(rate), Channels: int(h[11])}
	return checkShape(v.info.Rate, v.info.Channels)
}

func (v *vorbisStream) source() Source { return v.info }

func (v *vorbisStream) read(dst []float32) (int, error) {
	if len(v.ready) == 0 {
		if v.done {
			return 0, io.EOF
		}
		if err := v.next(); err != nil {
			return 0, err
		}
	}
	ch := v.info.Channels
	n := min(len(dst), len(v.ready)/ch)
	for i := range n {
		sum := float32(0)
		for _, s := range v.ready[i*ch : (i+1)*ch] {
			sum += tame(s)
		}
		dst[i] = sum / float32(ch)
	}
	v.ready = v.ready[n*ch:]
	return n, nil
}

// next decodes one packet. Where the file numbers its samples, the last packet
// may yield more than the file has: they are cut off.
func (v *vorbisStream) next() error {
	p, err := v.ogg.next()
	if err == io.EOF {
		v.done = true
		return nil
	} else if err != nil {
		return err
	}
	if len(p.data) == 0 {
		return nil // to be ignored, says the specification
	}
	err = guard("Ogg Vorbis", func() (err error) {
		v.ready, err = v.dec.DecodeInto(p.data, v.buf)
		return err
	})
	if err != nil {
		return err
	}
	n := int64(len(v.ready) / v.info.Channels)
	v.decoded += n
	switch extra := v.decoded + v.base - p.granule; {
	case p.granule < 0:
	case v.base < 0 && !p.last:
		v.base = max(0, p.granule-v.decoded)
	case p.last && v.base < 0:
		v.trim(v.decoded - p.granule)
	case p.last && extra > 0:
		v.trim(extra)
	}
	return nil
}

// trim drops n samples from the end.
func (v *vorbisStream) trim(n int64) {
	n = max(0, min(n, int64(len(v.ready)/v.info.Channels)))
	v.ready = v.ready[:len(v.ready)-int(n)*v.info.Channels]
}
