package announcement

import (
	"encoding/binary"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Decoder decodes MPEG-1 and MPEG-2 Layer III, and MPEG-2.5 except at 8 kHz.
// The library never reads the file itself, only frames that [mp3Repacker] has
// checked and repacked.
type mp3Decoder struct {
	frames    *mp3Repacker
	dec       *mp3.Decoder // made by the first read
	skip      int64        // samples still to be dropped: the delay of encoder and decoder
	remaining int64        // samples still to be returned, or −1 if the file does not say
	buf       []byte
}

// decoderDelay is the delay of a Layer III decoder in samples.
const decoderDelay = 529

// newMP3Decoder returns a decoder for the frames from the one with the header
// first on, which must be the next in the input. cut says that something else
// came before it.
func newMP3Decoder(in *input, first mp3Header, cut bool) (*mp3Decoder, error) {
	if err := first.checkSupported(); err != nil {
		return nil, err
	}
	d := &mp3Decoder{frames: &mp3Repacker{in: in, first: first, noted: noteSet{}}, remaining: -1, buf: make([]byte, 4*blockSize)}
	if err := d.frames.start(); err != nil {
		return nil, err
	}
	if cut {
		d.frames.noted.add(NoteGaps)
	}
	if info := d.frames.info; info.gapless {
		d.skip = int64(info.delay) + decoderDelay
		d.remaining = int64(info.frames)*int64(first.samples()) - int64(info.delay) - int64(info.padding)
		d.remaining = max(d.remaining, 0)
	}
	return d, nil
}

func (d *mp3Decoder) source() Source {
	return Source{Format: "MP3", Rate: d.frames.first.rate(), Channels: d.frames.first.channels()}
}

func (d *mp3Decoder) notes() noteSet { return d.frames.noted }

func (d *mp3Decoder) read(dst []float32) (int, error) {
	n, err := d.readStereo(d.buf[:4*min(len(dst), blockSize)])
	if d.frames.done && n == 0 && err == nil {
		return 0, d.frames.checkComplete()
	}
	if err != nil {
		return 0, err
	}
	// More frames than the file says are another file after the first.
	if info := d.frames.info; info.gapless && d.frames.framesRead > info.frames+1 {
		d.remaining = -1
	}
	stereo := d.buf[:n]
	n = 0
	for ; len(stereo) >= 4; stereo = stereo[4:] {
		if d.skip > 0 {
			d.skip--
			continue
		}
		if d.remaining == 0 {
			break
		}
		if d.remaining > 0 {
			d.remaining--
		}
		l, r := int16(binary.LittleEndian.Uint16(stereo)), int16(binary.LittleEndian.Uint16(stereo[2:]))
		dst[n] = (float32(l) + float32(r)) / (1 << 16)
		n++
	}
	return n, nil
}

// readStereo reads from the library, which returns 16-bit stereo even for mono
// files. The library was not written for hostile files: its errors and its
// panics are reported as a damaged file. The end of the frames is no error.
func (d *mp3Decoder) readStereo(buf []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, invalidf("damaged MP3: %v", p)
		}
	}()
	if d.dec == nil {
		d.dec, err = mp3.NewDecoder(d.frames)
	}
	if err == nil {
		n, err = d.dec.Read(buf)
	}
	switch {
	case d.frames.err != nil:
		err = d.frames.err
	case err == io.EOF && d.frames.done:
		return n, nil
	}
	switch err.(type) {
	case nil, *Error:
		return n, err
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return n, truncated(err)
	}
	return n, invalidf("damaged MP3: %v", err)
}
