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
	members []member        // in the order in which they came, as far as none has left: that of their memory
	index   map[*Socket]int // in members
	joined  []byte          // frames that wait for the timer; replaced, not emptied, when they are sent
	joining bool            // the timer runs
	waiting bool            // frames wait for it
	timer   *time.Timer
}

// A member gets, when the timer fires, own, and what follows the first from bytes
// of joined. Both are zero for most members.
type member struct {
	socket *Socket
	own    []byte
	from   int
}

// Add sends the initial frames to k and adds it: of all broadcasts, k gets those
// that begin after Add. It returns false, and does nothing, if k is closed.
func (g *Group) Add(k *Socket, initial ...*Frame) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !k.Send(initial...) {
		return false
	}
	i, found := g.index[k]
	if !found {
		if g.index == nil {
			g.index = map[*Socket]int{}
		}
		i = len(g.members)
		g.index[k] = i
		g.members = append(g.members, member{})
	}
	g.members[i] = member{socket: k, from: len(g.joined)}
	return true
}

// Remove removes k, which gets nothing more, not even what has been broadcast and
// waits to be sent. Removing a socket that is no member is harmless.
func (g *Group) Remove(k *Socket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i, ok := g.index[k]; ok {
		last := len(g.members) - 1
		g.members[i] = g.members[last]
		g.index[g.members[i].socket] = i
		delete(g.index, k)
		g.members[last] = member{}
		g.members = g.members[:last]
	}
	if len(g.members) == 0 {
		g.members, g.index = nil, nil
	}
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
	for i := range g.members {
		k, mine := g.members[i].socket, f
		if len(own) > 0 {
			if special, ok := own[k]; ok {
				mine = special
			}
		}
		k.deliver(mine.bytes())
	}
	g.wait()
}

// join puts the frames off until the timer fires.
func (g *Group) join(f *Frame, own map[*Socket]*Frame) {
	before := len(g.joined)
	g.joined = append(g.joined, f.bytes()...)
	for k, special := range own {
		if i, ok := g.index[k]; ok {
			m := &g.members[i]
			m.own = append(append(m.own, g.joined[m.from:before]...), special.bytes()...)
			m.from = len(g.joined)
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
	for i := range g.members {
		m := &g.members[i]
		frames := g.joined[m.from:]
		if m.own != nil {
			frames = append(m.own, frames...)
		}
		m.own, m.from = nil, 0
		m.socket.deliver(frames)
	}
	g.joined, g.waiting = nil, false // slow sockets may still need the old ones
	g.wait()
}

// deliver sends frames, if there are any. A socket that takes no more is about to
// leave the Group.
func (k *Socket) deliver(frames []byte) {
	if len(frames) > 0 {
		k.wire.send(frames)
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
