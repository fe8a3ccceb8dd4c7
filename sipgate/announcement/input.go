package announcement

import (
	"bufio"
	"io"
	"time"
)

// input is the file on its way in: buffered, of limited size, and with a clock
// that stands still while it waits for bytes.
type input struct {
	*bufio.Reader
	src       io.Reader
	remaining int64 // bytes that may still come
	limit     int64
	err       error // the first error of src other than io.EOF, or the refusal of a file too large

	started time.Time
	waited  time.Duration
}

const peekSize = 64 << 10

func newInput(r io.Reader, limit int64) *input {
	in := &input{src: r, remaining: limit, limit: limit, started: time.Now()}
	in.Reader = bufio.NewReaderSize(readerFunc(in.fill), peekSize)
	return in
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (in *input) fill(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	// One byte more than allowed may be read: it is the proof.
	if int64(len(p)) > in.remaining+1 {
		p = p[:in.remaining+1]
	}
	start := time.Now()
	n, err := in.src.Read(p)
	in.waited += time.Since(start)
	if int64(n) > in.remaining {
		in.err = errorf(TooLarge, "more than %d bytes", in.limit)
		return 0, in.err
	}
	in.remaining -= int64(n)
	if err != nil && err != io.EOF {
		in.err = err
	}
	return n, err
}

// worked is the time since the beginning that was not spent waiting for bytes.
func (in *input) decodeTime() time.Duration { return time.Since(in.started) - in.waited }

// drain reads what follows the sound, so that the size of the whole file is
// checked and its sender is not left with half of it unsent.
func (in *input) drain() error {
	_, err := io.Copy(io.Discard, in.Reader)
	return err
}

// starts reports whether the next bytes are those of s.
func (in *input) hasPrefix(s string) bool {
	b, _ := in.Peek(len(s))
	return string(b) == s
}

// skip discards n bytes. Too few are a truncated file.
func (in *input) skip(n int64) error {
	if _, err := io.CopyN(io.Discard, in.Reader, n); err != nil {
		return truncated(err)
	}
	return nil
}

// full fills p. Too few bytes are a truncated file.
func (in *input) readFull(p []byte) error {
	_, err := io.ReadFull(in.Reader, p)
	return truncated(err)
}

func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return invalidf("the file is truncated")
	}
	return err
}
