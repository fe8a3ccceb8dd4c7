package announcement

import (
	"fmt"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// flacStream decodes FLAC, frame by frame.
type flacStream struct {
	in      *input
	info    Source
	bits    uint8
	samples uint64 // in the file, or 0 if it does not say
	seen    uint64
	frame   *frame.Frame
	at      int // samples of frame already given
}

func newFLAC(in *input) (*flacStream, error) {
	f := &flacStream{in: in}
	var stream *flac.Stream
	err := guard("FLAC", func() (err error) {
		stream, err = flac.New(in.Reader) // takes the bufio.Reader as it is
		return err
	})
	if err != nil {
		return nil, err
	}
	i := stream.Info
	f.bits, f.samples = i.BitsPerSample, i.NSamples
	f.info = Source{Format: fmt.Sprintf("FLAC, %d-bit", f.bits), Rate: int(i.SampleRate), Channels: int(i.NChannels)}
	if f.bits < 4 || f.bits > 24 {
		return nil, unsupported("FLAC with %d bits", f.bits)
	}
	return f, checkShape(f.info.Rate, f.info.Channels)
}

func (f *flacStream) source() Source { return f.info }

func (f *flacStream) read(dst []float32) (int, error) {
	if f.frame == nil || f.at == int(f.frame.BlockSize) {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n := min(len(dst), int(f.frame.BlockSize)-f.at)
	clear(dst[:n])
	gain := 1 / float32(int(1)<<(f.bits-1)) / float32(f.info.Channels)
	for _, sub := range f.frame.Subframes {
		for i, s := range sub.Samples[f.at : f.at+n] {
			dst[i] += gain * float32(s)
		}
	}
	f.at += n
	return n, nil
}

// next decodes the next frame.
func (f *flacStream) next() error {
	switch head, _ := f.in.Peek(3); {
	case f.samples > 0 && f.seen >= f.samples, len(head) > 0 && string(head) == "TAG":
		return io.EOF
	case len(head) == 0 && f.samples > 0:
		return invalid("the file is truncated: %d samples of %d", f.seen, f.samples)
	case len(head) == 0:
		return io.EOF
	}
	return guard("FLAC", func() (err error) {
		var rest func() error
		if f.frame, rest, err = quietFrame(f.in); err != nil {
			return err
		}
		h := &f.frame.Header
		if h.BitsPerSample == 0 {
			h.BitsPerSample = f.bits // as the stream's header has it
		}
		if h.BitsPerSample != f.bits || h.Channels.Count() != f.info.Channels || h.BlockSize == 0 {
			return invalid("a frame contradicts the FLAC header")
		}
		f.at = 0
		f.seen += uint64(h.BlockSize)
		return rest()
	})
}

// guard calls into a library that was not written for hostile files: its
// errors and its panics mean a damaged file, and so does an end that comes too
// early.
func guard(format string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = invalid("damaged %s: %v", format, p)
		}
	}()
	err = f()
	switch err.(type) {
	case nil, *Error:
		return err
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return truncated(err)
	}
	return invalid("damaged %s: %v", format, err)
}
