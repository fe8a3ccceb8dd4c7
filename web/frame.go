package web

import (
	"encoding/binary"
	"strings"
)

// First bytes of the frames that a server sends: FIN and the opcode.
const (
	firstText  = 0x81
	firstClose = 0x88
	firstPing  = 0x89
)

// A Frame is one text message as it is sent: a header and its payload, neither
// masked nor compressed. It is built once, never changes, and may be sent to any
// number of sockets.
type Frame struct {
	wire   []byte
	header int // bytes of wire before the text
}

// NewFrame returns the Frame of a text, which must be UTF-8. It copies the text.
func NewFrame(text []byte) *Frame {
	wire := encodeFrame(firstText, text)
	return &Frame{wire, len(wire) - len(text)}
}

// Text returns the text of f, which must not be modified.
func (f *Frame) Text() []byte { return f.wire[f.header:] }

// Len returns how many bytes are sent for f.
func (f *Frame) Len() int { return len(f.wire) }

func encodeFrame(first byte, payload []byte) []byte {
	const maxHeader = 10
	n := len(payload)
	b := append(make([]byte, 0, maxHeader+n), first)
	switch {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// pingFrame asks a client whether it is still there.
var pingFrame = encodeFrame(firstPing, nil)

const maxReason = 123 // bytes that fit into a close frame

// closeFrame returns the frame that closes a socket, with as much of the reason
// as fits.
func closeFrame(e *CloseError) []byte {
	reason := strings.ToValidUTF8(e.Reason[:min(len(e.Reason), maxReason)], "")
	return encodeFrame(firstClose, append(binary.BigEndian.AppendUint16(nil, uint16(e.Code)), reason...))
}

// RestartFrame returns the frame with which the sockets of a node that shuts down are
// closed, for a connection that is not a [Socket].
func RestartFrame() []byte { return closeFrame(errRestart) }
