package feed

import (
	"sync/atomic"

	"callboard/web"
)

// Counts say what feeds did since the program started.
type Counts struct {
	Changes uint64 // of boards that hubs took
	Frames  uint64 // sent, counted for each socket
	Bytes   uint64 // of these frames
}

// Sent returns the counts so far.
func (f *Feeds) Sent() Counts {
	return Counts{f.sent.changes.Load(), f.sent.frames.Load(), f.sent.bytes.Load()}
}

// counters are the Counts of all hubs and screens. A broadcast costs two
// additions, however many sockets it goes to.
type counters struct {
	changes, frames, bytes atomic.Uint64
}

// count counts frames that were sent to each of so many sockets.
func (c *counters) count(sockets int, frames ...*web.Frame) {
	for _, f := range frames {
		c.frames.Add(uint64(sockets))
		c.bytes.Add(uint64(sockets * f.Len()))
	}
}
