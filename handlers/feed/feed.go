// Package feed keeps the pages that show a team's board current.
//
// Each board with open pages has a [Hub]. The hub subscribes to the board and sends
// each page what changes on it: rows that are new or changed, and rows that are
// gone. What a change costs depends on that change and on the number of
// pages, not on how many other calls there are.
//
// Pages of one member in one language are an audience: what they show is equal.
// The hub remembers of each audience which calls it is shown, and how. So it
// sends a row when the call changes, when the audience may do something else
// with it than before, and when it begins or ceases to see it. Rows and messages
// that are equal for several audiences are made once.
//
// A page carries the version of what it shows, an epoch and a number. When it
// connects, or connects again, it gets what has changed since, or nothing. Only a
// page whose version says nothing to the hub gets the whole board.
package feed

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/web"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("feeds are closed")

const (
	joinWithin  = 20 * time.Millisecond  // what follows a change within it is sent together
	beginWithin = 100 * time.Millisecond // a command that has begun is shown after it, unless its answer comes first
	beatEvery   = 5 * time.Second        // between two messages that nothing has changed
	oldAfter    = 5 * time.Second        // a list of calls is old, and pages are told at once
	reviewEvery = 10 * time.Second       // between two checks of who may do what
	pageFor     = time.Second            // a page serves others of its audience, if nothing happens
	keepFor     = 2 * time.Minute        // for a page without a socket to connect
	maxDropped  = 256                    // rows of an audience that are gone and remembered
)

// Feeds are the hubs of all boards. They are safe for concurrent use.
type Feeds struct {
	log  *slog.Logger
	sent counters
	stop chan struct{}
	runs sync.WaitGroup

	mu      sync.Mutex
	hubs    map[*switchboard.Board]*Hub
	screens map[string]*screen // by Picture.Key
	closed  bool
}

// New returns Feeds without hubs.
func New(log *slog.Logger) *Feeds {
	return &Feeds{log: log, stop: make(chan struct{}), hubs: map[*switchboard.Board]*Hub{}, screens: map[string]*screen{}}
}

// Close ends all hubs and screens and waits for them. The sockets are not closed.
func (f *Feeds) Close() {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.stop)
		for _, x := range f.screens {
			x.stop()
		}
	}
	f.mu.Unlock()
	f.runs.Wait()
}

// do runs fn in the goroutine of the board's hub, which it starts if need be,
// when the hub knows everything that has happened on the board.
func (f *Feeds) do(b *switchboard.Board, fn func(*Hub)) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	h := f.hubs[b]
	if h == nil {
		h = newHub(b, f.log, &f.sent)
		f.hubs[b] = h
		f.runs.Go(func() { f.run(h) })
	}
	h.requested++
	f.mu.Unlock()

	r := request{fn, make(chan struct{})}
	select {
	case h.requests <- r:
	case <-f.stop:
		return ErrClosed
	}
	<-r.done
	return nil
}

// release removes a hub without pages and requests, and reports whether it did.
func (f *Feeds) release(h *Hub) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(h.audiences) > 0 || len(h.watchers) > 0 || h.requested != h.served {
		return false
	}
	delete(f.hubs, h.board)
	return true
}

// run applies the board's changes to the hub and executes its requests, until
// release removes it or Close is called.
func (f *Feeds) run(h *Hub) {
	h.start()
	defer h.end()
	for {
		var changes <-chan switchboard.Change
		if h.sub != nil {
			changes = h.sub.Changes()
		}
		select {
		case <-f.stop:
			return
		case r := <-h.requests:
			h.safely(h.drain)
			h.safely(h.flush)
			h.safely(func() { r.fn(h) })
			h.served++
			close(r.done)
		case c, ok := <-changes:
			h.safely(func() { h.take(c, ok); h.drain(); h.flushSoon() })
		case <-h.join.C:
			h.joining = false
			h.safely(h.flush)
		case <-h.aging.C:
			h.safely(h.beat)
		case <-h.ticker.C:
			h.safely(h.tick)
			if f.release(h) {
				return
			}
		}
	}
}

// A request runs in the goroutine of a hub.
type request struct {
	fn   func(*Hub)
	done chan struct{}
}

// A Socket takes messages without waiting, as [web.Socket] does.
type Socket interface {
	Send(frames ...*web.Frame)
}

// Page returns what a page of the view is to show now, and its version. It may
// be rendered afterwards.
func (f *Feeds) Page(b *switchboard.Board, v View) (page Page, err error) {
	f.mu.Lock()
	h := f.hubs[b]
	f.mu.Unlock()
	if h != nil {
		if page, ok := h.recentPage(v); ok {
			return page, nil
		}
	}
	if e := f.do(b, func(h *Hub) { page, err = h.page(v) }); e != nil {
		return Page{}, e
	}
	return page, err
}

// Missed returns the messages that a page with the version "have" lacks, for one
// that polls.
func (f *Feeds) Missed(b *switchboard.Board, v View, have string) (missed []Message, err error) {
	if e := f.do(b, func(h *Hub) { missed, err = h.missed(h.audience(v), have) }); e != nil {
		return nil, e
	}
	return missed, err
}

// Join sends a page with the version "have" what it lacks, and from then on what
// changes, until leave is called.
func (f *Feeds) Join(b *switchboard.Board, v View, have string, s Socket) (leave func(), err error) {
	var a *audience
	if e := f.do(b, func(h *Hub) { a, err = h.add(v, have, s) }); e != nil {
		return nil, e
	}
	return func() { f.do(b, func(h *Hub) { h.remove(a, s) }) }, err
}

// Watch sends s a message each time a call changes, until leave is called. It is for a page that shows one call, and reads it again.
func (f *Feeds) Watch(b *switchboard.Board, id switchboard.RowID, s Socket) (leave func(), err error) {
	if err := f.do(b, func(h *Hub) { h.watch(s, id) }); err != nil {
		return nil, err
	}
	return func() { f.do(b, func(h *Hub) { h.unwatch(s) }) }, nil
}
