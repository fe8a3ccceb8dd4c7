package forward

import (
	"bytes"
	"testing"

	"callboard/web"
)

// TestBoundaryFindsTheEndsOfFrames: however a stream is cut into pieces, the end of
// each frame is found, and a node that closes stops at the first one.
func TestBoundaryFindsTheEndsOfFrames(t *testing.T) {
	var stream []byte
	ends := map[int]bool{0: true}
	for _, size := range []int{0, 1, 125, 126, 300, 65535, 65536, 2, 0} {
		frame := make([]byte, 0, size+10)
		switch { // as RFC 6455 has it, section 5.2
		case size < 126:
			frame = append(frame, 0x81, byte(size))
		case size < 65536:
			frame = append(frame, 0x81, 126, byte(size>>8), byte(size))
		default:
			frame = append(frame, 0x81, 127, 0, 0, 0, 0, 0, byte(size>>16), byte(size>>8), byte(size))
		}
		stream = append(append(stream, frame...), bytes.Repeat([]byte{0x88}, size)...)
		ends[len(stream)] = true
	}
	for _, piece := range []int{1, 2, 3, 7, 129, 4096, len(stream)} {
		var b boundary
		for at := 0; at < len(stream); at += piece {
			end := min(at+piece, len(stream))
			if n := b.advance(stream[at:end], false); n != end-at || b.between() != ends[end] {
				t.Fatalf("pieces of %d: at %d between frames: %v", piece, end, b.between())
			}
			if b.between() {
				continue
			}
			c := b
			stop := end + c.advance(stream[end:], true)
			if !ends[stop] || !c.between() {
				t.Fatalf("pieces of %d: from %d on, the first end is at %d", piece, end, stop)
			}
		}
	}
}

// TestRestartFrameIsAFrame: what a node writes in the end is one whole frame.
func TestRestartFrameIsAFrame(t *testing.T) {
	var b boundary
	if b.advance(web.RestartFrame(), false); !b.between() {
		t.Error("more is to come")
	}
}
