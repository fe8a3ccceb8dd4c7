package announcement

import (
	"encoding/binary"
	"io"
)

// maxChunks is the maximum number of chunks before the samples.
const maxChunks = 1000

// wavDecoder decodes WAV files with PCM, floating-point, G.711, ADPCM or GSM
// samples.
//
// Programs that cannot seek back leave a placeholder where a size belongs. If the
// size of the samples is one, they reach to the end of the file; see
// wavDecoder.setSize and wavDecoder.checkEnd.
type wavDecoder struct {
	in       *input
	format   wavFormat
	noted    noteSet
	start    int64 // of the samples in the file
	riffSize int64 // according to the header
	dataSize int64 // of the samples, according to their chunk

	open      bool  // the file does not say where the samples end
	toEnd     bool  // their end is not in sight yet
	remaining int64 // bytes of samples still to be read, unless toEnd
	taken     int64 // bytes of samples read
	facts     int64 // samples of each channel according to the fact chunk, or 0
	ds64Size  int64 // dataSize of an RF64 file
	buf       []byte
	decoded   []float32
	ready     []float32 // the part of decoded that was not returned yet
	left      int64     // samples still to be returned, or −1 for all
}

func newWAVDecoder(in *input) (*wavDecoder, error) {
	w := &wavDecoder{in: in, noted: noteSet{}, left: -1}
	var h [12]byte
	if err := in.readFull(h[:]); err != nil {
		return nil, err
	}
	w.riffSize = int64(binary.LittleEndian.Uint32(h[4:]))
	size, err := w.findData(string(h[:4]) != "RIFF")
	if err != nil {
		return nil, err
	}
	if err := w.setSize(size); err != nil {
		return nil, err
	}
	units := max(1, blockSize/w.format.samples)
	w.buf = make([]byte, seam+units*w.format.size)
	w.decoded = make([]float32, units*w.format.samples)
	return w, nil
}

// findData reads chunks up to the beginning of the samples and returns the size
// of the samples according to their chunk.
func (w *wavDecoder) findData(is64 bool) (uint32, error) {
	known := false
	for range maxChunks {
		var h [8]byte
		if _, err := io.ReadFull(w.in, h[:]); err == io.EOF {
			return 0, invalidf("no %s chunk", map[bool]string{true: "data", false: "fmt"}[known])
		} else if err != nil {
			return 0, truncated(err)
		}
		size := binary.LittleEndian.Uint32(h[4:])
		var err error
		switch id := string(h[:4]); {
		case id == "data" && !known:
			return 0, invalidf("the data chunk is before the fmt chunk")
		case id == "data":
			return size, nil
		case id == "fmt " && known:
			return 0, invalidf("two fmt chunks")
		case id == "fmt ":
			known = true
			err = w.readFormat(size)
		case id == "ds64" && is64:
			err = w.readDS64(size)
		case id == "fact" && size == 4:
			var n [4]byte
			err = w.in.readFull(n[:])
			w.facts = int64(binary.LittleEndian.Uint32(n[:]))
		default:
			err = w.in.skip(int64(size))
		}
		if err == nil {
			err = w.skipPadding(int64(size))
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, invalidf("more than %d chunks before the samples", maxChunks)
}

// skipPadding skips the byte after a chunk of odd size, which some programs forget
// to write: then the name of the next chunk is there.
func (w *wavDecoder) skipPadding(size int64) error {
	if size%2 == 0 {
		return nil
	}
	b, _ := w.in.Peek(5)
	if len(b) == 0 || len(b) >= 4 && isChunkName(b[:4]) && !(len(b) == 5 && isKnownChunk(b[1:])) {
		return nil
	}
	return w.in.skip(1)
}

// isChunkName reports whether b is printable ASCII, as the names of chunks are.
func isChunkName(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// knownChunks are the chunks that sound programs write.
var knownChunks = []string{"data", "fmt ", "fact", "LIST", "bext", "cue ", "smpl", "inst", "plst", "id3 ", "ID3 ",
	"iXML", "axml", "chna", "aXML", "_PMX", "JUNK", "junk", "PAD ", "FLLR", "PEAK", "levl", "umid", "cart", "afsp", "LGWV", "DISP", "minf", "elm1", "regn"}

func isKnownChunk(name []byte) bool {
	for _, k := range knownChunks {
		if string(name) == k {
			return true
		}
	}
	return false
}

// readDS64 reads the ds64 chunk, which has the real sizes of an RF64 file
// (EBU Tech 3306).
func (w *wavDecoder) readDS64(size uint32) error {
	if size < 28 || size > 1<<16 {
		return invalidf("ds64 chunk of %d bytes", size)
	}
	b := make([]byte, size)
	if err := w.in.readFull(b); err != nil {
		return err
	}
	w.ds64Size = int64(binary.LittleEndian.Uint64(b[8:]))
	if w.ds64Size < 0 {
		return invalidf("data size %d", uint64(w.ds64Size))
	}
	return nil
}

func (w *wavDecoder) source() Source {
	return Source{Format: "WAV, " + w.format.name, Rate: w.format.rate, Channels: w.format.channels}
}

func (w *wavDecoder) notes() noteSet { return w.noted }

func (w *wavDecoder) read(dst []float32) (int, error) {
	var err error
	if len(w.ready) == 0 {
		err = w.fill()
	}
	n := copy(dst, w.ready)
	w.ready = w.ready[n:]
	if len(w.ready) > 0 && err == io.EOF {
		err = nil // fill returns it again
	}
	return n, err
}

// fill reads and decodes as much as fits in the buffers. It returns io.EOF with
// the last samples or after them.
func (w *wavDecoder) fill() error {
	if w.toEnd {
		if err := w.findTail(); err != nil {
			return err
		}
	}
	want := int64(len(w.buf) - seam)
	if w.toEnd { // half of what is in sight, to see what follows the last sample
		want = min(want, max(1, peekSize/2/int64(w.format.size))*int64(w.format.size))
	} else {
		want = min(want, w.remaining)
	}
	n, err := io.ReadFull(w.in, w.buf[seam:][:want])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if !w.toEnd {
		w.remaining -= int64(n)
	}
	atEnd := err != nil || !w.toEnd && w.remaining == 0
	fresh := w.buf[seam : seam+n]
	if hasHeaderInside(w.buf[:seam+n]) {
		return reasonf(Invalid, TwoFiles, "a second WAV file begins inside the samples")
	}
	w.taken += int64(n)
	copy(w.buf, w.buf[n:][:seam])
	if atEnd {
		if err := w.checkEnd(); err != nil {
			return err
		}
	}
	n = w.decode(fresh)
	if w.left >= 0 {
		n = int(min(int64(n), w.left))
		w.left -= int64(n)
	}
	w.ready = w.decoded[:n]
	if atEnd {
		return io.EOF
	}
	return nil
}

// decode decodes samples to w.decoded and returns their number. Less than a frame
// at the end is no sample.
func (w *wavDecoder) decode(b []byte) (n int) {
	f := w.format
	if f.mixInto != nil {
		n = len(b) / f.size
		mixChannels(f.mixInto, w.decoded, b[:n*f.size], f.channels, f.size/f.channels)
		return n
	}
	for len(b) > 0 {
		size := min(f.size, len(b))
		n += f.block.decode(w.decoded[n:], b[:size])
		b = b[size:]
	}
	return n
}
