package announcement

import (
	"encoding/binary"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Stream decodes MPEG-1 and MPEG-2 Layer III. The library gets no file to
// see, only frames that [mp3Frames] has checked and packed anew.
type mp3Stream struct {
	frames *mp3Frames
	dec    *mp3.Decoder
	skip   int64 // samples of the encoder's and decoder's delay still to be dropped
	left   int64 // samples to be given, or −1 if the file does not say
	buf    []byte
}

// decoderDelay is by how many samples a Layer III decoder lags behind.
const decoderDelay = 529

// newMP3 begins with the frame of header first, which stands within the bytes
// that can be peeked at.
func newMP3(in *input, first mp3Header) (*mp3Stream, error) {
	if err := first.supported(); err != nil {
		return nil, err
	}
	m := &mp3Stream{frames: &mp3Frames{in: in, first: first}, left: -1, buf: make([]byte, 4*block)}
	if err := m.frames.start(); err != nil {
		return nil, err
	}
	if info := m.frames.info; info.gapless {
		m.skip = int64(info.delay) + decoderDelay
		m.left = int64(info.frames)*int64(first.samples()) - int64(info.delay) - int64(info.padding)
		m.left = max(m.left, 0)
	}
	return m, nil
}

func (m *mp3Stream) source() Source {
	return Source{Format: "MP3", Rate: m.frames.first.rate(), Channels: m.frames.first.channels()}
}

// read takes 16-bit stereo from the library, which is what it makes of mono
// too.
func (m *mp3Stream) read(dst []float32) (int, error) {
	n := 0
	err := guard("MP3", func() (err error) {
		if m.dec == nil {
			if m.dec, err = mp3.NewDecoder(m.frames); err != nil {
				return m.ended(err)
			}
		}
		n, err = m.dec.Read(m.buf[:4*min(len(dst), block)])
		return m.ended(err)
	})
	if m.frames.done && n == 0 && err == nil {
		return 0, m.frames.end()
	}
	if err != nil {
		return 0, err
	}
	stereo := m.buf[:n]
	n = 0
	for ; len(stereo) >= 4; stereo = stereo[4:] {
		if m.skip > 0 {
			m.skip--
			continue
		}
		if m.left == 0 {
			break
		}
		m.left--
		l, r := int16(binary.LittleEndian.Uint16(stereo)), int16(binary.LittleEndian.Uint16(stereo[2:]))
		dst[n] = (float32(l) + float32(r)) / (1 << 16)
		n++
	}
	return n, nil
}

// ended tells the library's end of file, which is the end of the frames, from
// its errors.
func (m *mp3Stream) ended(err error) error {
	switch {
	case m.frames.err != nil:
		return m.frames.err
	case err == io.EOF && m.frames.done:
		return nil
	}
	return err
}
