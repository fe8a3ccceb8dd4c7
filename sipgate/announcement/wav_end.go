package announcement

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// sizeStreamed is the size of a chunk in an RF64 file that has it elsewhere, and
// the usual placeholder.
const sizeStreamed = 0xFFFFFFFF

// isPlaceholder reports whether programs write n where they do not know a size: 0,
// or about 2 or 4 GiB (0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, and those
// less the header).
func isPlaceholder(n int64) bool { return n == 0 || n >= 0x7FFF0000 }

// farBeyond reports whether a size is so much more than the n bytes that are there
// that nobody measured it.
func farBeyond(size, n int64) bool { return size > 256*max(n, 1) }

// seam is how many bytes of the block before stand before a block, to find a
// header that lies in both.
const seam = 16

// setSize decides from the size of the samples, as their chunk has it, whether they
// reach to the end of the file. Whatever is larger than the largest file
// certainly does.
func (w *wavDecoder) setSize(size uint32) error {
	w.start, w.dataSize = w.in.offset(), int64(size)
	if size == sizeStreamed && w.ds64Size > 0 {
		w.dataSize = w.ds64Size
	}
	switch headerOnly := w.riffSize <= w.start; {
	case w.dataSize > w.in.limit, w.dataSize == 0 && (headerOnly || w.riffSize > w.in.limit):
		w.toEnd, w.open = true, true
		return nil
	case w.riffSize > 0 && w.riffSize < 36:
		return invalidf("RIFF size %d", w.riffSize)
	}
	w.remaining = w.dataSize
	// The fact chunk says how much of the last block is sound. It counts only as far.
	f := w.format
	whole := (w.dataSize + int64(f.size) - 1) / int64(f.size) * int64(f.samples)
	if f.block != nil && w.facts > 0 && w.facts <= whole && whole-w.facts < 2*int64(f.samples) {
		w.left = w.facts
	}
	return nil
}

// findTail looks for chunks between samples of unknown size and the end of the
// file, once the end is in sight, because they would be heard as noise.
func (w *wavDecoder) findTail() error {
	b, err := w.in.Peek(peekSize)
	if err == nil {
		return nil
	}
	if err != io.EOF {
		return err
	}
	w.toEnd, w.remaining = false, int64(tailAt(b))
	return nil
}

// tailAt returns where the chunks begin that fill the end of b, or the length of b.
func tailAt(b []byte) int {
	end := len(b)
	if end >= 128 && bytes.HasPrefix(b[end-128:], []byte("TAG")) { // ID3v1
		end -= 128
	}
	first := end
	for _, name := range knownChunks {
		for at := 0; ; at++ {
			i := bytes.Index(b[at:first], []byte(name))
			if i < 0 {
				break
			}
			if at += i; areChunks(b[at:end]) {
				first = at
				break
			}
		}
	}
	return first
}

// areChunks reports whether b consists of known chunks.
func areChunks(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 8 || !isKnownChunk(b[:4]) {
			return false
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		if size > int64(len(b)-8) {
			return false
		}
		b = b[8+size:]
		if size%2 == 1 && len(b) > 0 && b[0] == 0 {
			b = b[1:]
		}
	}
	return true
}

// hasHeaderInside reports whether b contains the header of a WAV file.
func hasHeaderInside(b []byte) bool {
	for {
		i := bytes.Index(b, []byte("WAVEfmt "))
		if i < 0 {
			return false
		}
		if i >= 8 && slices.Contains([]string{"RIFF", "RF64", "BW64"}, string(b[i-8:i-4])) {
			return true
		}
		b = b[i+1:]
	}
}

// checkEnd is called after the last sample. It returns Invalid if samples are
// missing, and notes what else is wrong.
func (w *wavDecoder) checkEnd() error {
	if w.remaining > 0 { // the file ended
		total := w.in.offset()
		if !farBeyond(w.dataSize, w.taken) || !(w.riffSize <= w.start || farBeyond(w.riffSize, total)) {
			return reasonf(Invalid, Truncated, "the file is truncated: %d bytes of samples of %d", w.taken, w.dataSize)
		}
		w.open = true
	}
	if !w.endsWithUnit() {
		return invalidf("%d bytes of samples, which is not a multiple of %d", w.taken, w.format.size)
	}
	if err := w.checkRest(); err != nil {
		return err
	}
	total := w.in.offset()
	switch known := w.riffSize > w.start && w.riffSize <= w.in.limit && !farBeyond(w.riffSize, total); {
	case known && w.riffSize > total: // some programs count the first 8 bytes too
		return reasonf(Invalid, Truncated, "the file is truncated: %d bytes of %d", total, w.riffSize)
	case known && w.open && w.riffSize+8 >= total && w.dataSize != sizeStreamed && w.dataSize != 0x7FFFF000:
		return reasonf(Invalid, Truncated, "the file is truncated: %d bytes of samples of %d", w.taken, w.dataSize)
	case w.open && !isPlaceholder(w.dataSize):
		w.noted.add(NoteOpenEnd)
	}
	return nil
}

// endsWithUnit reports whether the samples end with a whole frame, or with a block
// of which something can be decoded. A single byte is the padding of a chunk.
func (w *wavDecoder) endsWithUnit() bool {
	f := w.format
	rest := int(w.taken % int64(f.size))
	if rest == 0 || f.block == nil {
		return rest == 0
	}
	return rest == 1 || f.block.decode(make([]float32, f.samples), make([]byte, rest)) > 0
}

// checkRest reads what follows the samples: metadata, which is not needed. Other
// sound there is refused, and what cannot be understood is noted.
func (w *wavDecoder) checkRest() error {
	if err := w.skipPadding(w.taken); err != nil {
		return err
	}
	for range maxChunks {
		head, _ := w.in.Peek(12)
		if isRIFF(head, "RIFF", "WAVE") || isRIFF(head, "RF64", "WAVE") {
			return reasonf(Invalid, TwoFiles, "a second WAV file follows the first")
		}
		if len(head) < 8 || !isChunkName(head[:4]) {
			break
		}
		if string(head[:4]) == "data" {
			return reasonf(Invalid, TwoFiles, "two data chunks")
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		if size > w.in.limit {
			break
		}
		known := isKnownChunk(head[:4])
		if _, err := io.CopyN(io.Discard, w.in.Reader, 8+size); err == io.EOF {
			if !known {
				w.noted.add(NoteTail)
			}
			return nil
		} else if err != nil {
			return err
		}
		if err := w.skipPadding(size); err != nil {
			return err
		}
	}
	strange, err := drainStrange(w.in)
	if strange {
		w.noted.add(NoteTail)
	}
	return err
}

// drainStrange reads the rest of the file and reports whether it is neither
// padding nor a tag nor a few stray bytes.
func drainStrange(in *input) (bool, error) {
	tag := false
	for _, prefix := range []string{"TAG", "APETAGEX", "ID3", "LYRICSBEGIN", "3DI"} {
		tag = tag || in.hasPrefix(prefix)
	}
	strange := 0
	buf := make([]byte, 4096)
	for {
		n, err := in.Read(buf)
		for _, b := range buf[:n] {
			if b != 0 {
				strange++
			}
		}
		if err == io.EOF {
			return !tag && strange > 8, nil
		}
		if err != nil {
			return false, err
		}
	}
}
