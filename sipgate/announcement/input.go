package announcement

import (
	"bufio"
	"io"
	"time"
)

// input is a buffered reader of a file. It limits the file's size, keeps the
// first error of the underlying reader, and measures the time that is not spent
// waiting for it.
type input struct {
	*bufio.Reader
	src       io.Reader
	remaining int64 // bytes that may still be read
	limit     int64
	err       error // the first error of src other than io.EOF, or TooLarge

	started time.Time
	waited  time.Duration
}

// peekSize is how far ahead of the current position an input can be read.
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
	// One byte beyond the limit shows that the file is too large.
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

// decodeTime returns the time since the beginning without the time spent
// waiting for input.
func (in *input) decodeTime() time.Duration { return time.Since(in.started) - in.waited }

// offset returns how many bytes of the file were returned.
func (in *input) offset() int64 { return in.limit - in.remaining - int64(in.Buffered()) }

// drain reads the rest of the file, so that the limit applies to all of it and
// its sender can finish sending.
func (in *input) drain() error {
	_, err := io.Copy(io.Discard, in.Reader)
	return err
}

// hasPrefix reports whether the next bytes are those of s.
func (in *input) hasPrefix(s string) bool {
	b, _ := in.Peek(len(s))
	return string(b) == s
}

// skip discards n bytes. It returns Invalid if the file ends before.
func (in *input) skip(n int64) error {
	if _, err := io.CopyN(io.Discard, in.Reader, n); err != nil {
		return truncated(err)
	}
	return nil
}

// readFull fills p. It returns Invalid if the file ends before.
func (in *input) readFull(p []byte) error {
	_, err := io.ReadFull(in.Reader, p)
	return truncated(err)
}

// truncated returns Invalid for the errors of an early end of file, and other
// errors unchanged.
func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return reasonf(Invalid, Truncated, "the file is truncated")
	}
	return err
}
