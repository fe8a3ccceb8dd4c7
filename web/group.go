package web

import (
	"sync"
	"time"
)

// joinWithin is how long a Group collects what follows a broadcast.
const joinWithin = 20 * time.Millisecond

// A Group is a set of sockets that are sent the same frames. The zero value is an
// empty Group. It costs nothing while nothing is broadcast.
//
// A frame is sent at once. What is broadcast within the 20 ms after it is joined
// and sent with one write for each socket, and so on until 20 ms pass without a
// broadcast. The caller of Broadcast, or the timer's goroutine, does the writes,
// one after another.
type Group struct {
	mu      sync.Mutex
	members map[*Socket]backlog
	joined  []byte // frames that wait for the timer; replaced, not emptied, when they are sent
	joining bool   // the timer runs
	waiting bool   // frames wait for it
	timer   *time.Timer
}

// A backlog is what a member gets when the timer fires: own, and what follows
// the first from bytes of joined. The zero value is that of most members.
type backlog struct {
	own  []byte
	from int
}

// Add sends the initial frames to k and adds it: of all broadcasts, k gets those
// that begin after Add. It returns false, and does nothing, if k is closed.
func (g *Group) Add(k *Socket, initial ...*Frame) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !k.Send(initial...) {
		return false
	}
	if g.members == nil {
		g.members = map[*Socket]backlog{}
	}
	g.members[k] = backlog{from: len(g.joined)}
	return true
}

// Remove removes k, which gets nothing more, not even what has been broadcast and
// waits to be sent. Removing a socket that is no member is harmless.
func (g *Group) Remove(k *Socket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.members, k)
}

// Len returns the number of sockets.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.members)
}

// Broadcast sends f to the members. Those in own get their own frame in its
// place, or nothing if that is nil. f may be nil if only those in own get
// something. Each member gets its frames in the order of the broadcasts.
func (g *Group) Broadcast(f *Frame, own map[*Socket]*Frame) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.members) == 0 {
		return
	}
	if g.joining {
		g.join(f, own)
		return
	}
	for k := range g.members {
		if special, ok := own[k]; ok {
			g.deliver(k, special.bytes())
		} else {
			g.deliver(k, f.bytes())
		}
	}
	g.wait()
}

// join puts the frames off until the timer fires.
func (g *Group) join(f *Frame, own map[*Socket]*Frame) {
	before := len(g.joined)
	g.joined = append(g.joined, f.bytes()...)
	for k, special := range own {
		if b, ok := g.members[k]; ok {
			b.own = append(append(b.own, g.joined[b.from:before]...), special.bytes()...)
			b.from = len(g.joined)
			g.members[k] = b
		}
	}
	g.waiting = true
}

// flush sends what waits, and waits for more if there was anything.
func (g *Group) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.waiting || len(g.members) == 0 {
		g.joined, g.joining, g.waiting = nil, false, false
		return
	}
	for k, b := range g.members {
		frames := g.joined[b.from:]
		if b.own != nil {
			frames = append(b.own, frames...)
		}
		if b.own != nil || b.from != 0 {
			g.members[k] = backlog{}
		}
		g.deliver(k, frames)
	}
	g.joined, g.waiting = nil, false // slow sockets may still need the old ones
	g.wait()
}

func (g *Group) deliver(k *Socket, frames []byte) {
	if len(frames) > 0 && !k.wire.send(frames) {
		delete(g.members, k)
	}
}

func (g *Group) wait() {
	g.joining = true
	if g.timer == nil {
		g.timer = time.AfterFunc(joinWithin, g.flush)
	} else {
		g.timer.Reset(joinWithin)
	}
}
