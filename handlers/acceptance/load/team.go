package main

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A team is an account of the simulator and those who watch its board.
type team struct {
	account  string
	users    []simulatedUser
	browsers []*browser

	mu    sync.Mutex
	calls map[string]*call // by number

	pending atomic.Pointer[[]*change] // what a browser has not got yet; the list is never modified
}

// A call is one call with an outside number that no other call has.
type call struct {
	number string // E.164
	id     string // at sipgate
	owner  *browser
	row    atomic.Pointer[string] // id of its row in the page, once a browser has it
}

// A kind is what happened to a call.
type kind int

// The steps of a call, in the order in which they happen.
const (
	rings kind = iota
	isAnswered
	isHeld
	isResumed
	isHungUp
	kinds // how many there are
)

var kindNames = [kinds]string{"ring", "answer", "hold", "resume", "hang up"}

// state is what the call's row says of its state afterwards.
func (k kind) state() string {
	return [kinds]string{"ringing", "talking", "held", "talking", "ended"}[k]
}

// command reports whether a member does it on the page.
func (k kind) command() bool { return k == isHeld || k == isResumed }

// A change is one step of a call on its way to the browsers.
type change struct {
	kind      kind
	call      *call
	began     atomic.Pointer[time.Time]
	seen      []atomic.Bool // by the index of the browser
	remaining atomic.Int32  // browsers that have not seen it
}

// expect begins to watch for a change. Browsers that do not read are not
// waited for.
func (t *team) expect(k kind, c *call) *change {
	ch := &change{kind: k, call: c, seen: make([]atomic.Bool, len(t.browsers))}
	ch.began.Store(new(time.Now()))
	for i, b := range t.browsers {
		if b.stopped.Load() {
			ch.seen[i].Store(true)
		} else {
			ch.remaining.Add(1)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setPending(append(slices.Clone(t.awaited()), ch))
	return ch
}

// forget ends the watch for a change.
func (t *team) forget(ch *change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setPending(slices.DeleteFunc(slices.Clone(t.awaited()), func(other *change) bool { return other == ch }))
}

func (t *team) setPending(list []*change) { t.pending.Store(&list) }

func (t *team) awaited() []*change {
	if list := t.pending.Load(); list != nil {
		return *list
	}
	return nil
}

// got takes a message that the browser received. That of a browser that stops
// returns when ctx is done.
func (b *browser) got(ctx context.Context, message []byte, size int) {
	now := time.Now()
	if b.stopped.Load() {
		<-ctx.Done()
		return
	}
	b.mu.Lock()
	b.sent.messages++
	b.sent.bytes += size
	b.mu.Unlock()
	awaited := b.team.awaited()
	for i, ch := range awaited {
		switch {
		case ch.seen[b.index].Load():
		case ch.call.isShown(message, ch.kind.state()):
			b.see(ch, now, false)
			b.overtake(awaited[:i], ch.call, now)
		case ch.kind == isHungUp && ch.call.isGone(message):
			b.see(ch, now, true)
			if boardID.Match(message) { // it had no socket meanwhile
				b.overtake(awaited[:i], ch.call, now)
			}
		}
	}
}

// overtake records that the browser shows a later state of a call than that of some changes.
func (b *browser) overtake(changes []*change, c *call, now time.Time) {
	for _, ch := range changes {
		if ch.call == c {
			b.see(ch, now, true)
		}
	}
}

// see records that the browser shows what a change has led to. overtaken says
// that it shows a later state of the call, and never showed this one.
func (b *browser) see(ch *change, now time.Time, overtaken bool) {
	if ch.seen[b.index].Swap(true) {
		return
	}
	b.mu.Lock()
	b.samples = append(b.samples, sample{ch.kind, now.Sub(*ch.began.Load()), overtaken})
	b.mu.Unlock()
	if ch.remaining.Add(-1) == 0 {
		b.team.forget(ch)
	}
}

// rowPrefix begins the id of a row in the page.
const rowPrefix = "row-"

// marker is how a page shows the number of a call: the part that is not divided
// by spaces.
func (c *call) marker() string { return c.number[len("+4930"):] }

// isShown reports whether html, in JSON or not, has the call's row in a state.
func (c *call) isShown(html []byte, state string) bool {
	row := c.row.Load()
	if row == nil {
		if row = c.find(html); row == nil {
			return false
		}
	}
	for rest := html; ; {
		i := bytes.Index(rest, []byte(*row))
		if i < 0 {
			return false
		}
		rest = rest[i+len(*row):]
		if attribute(rest[:min(len(rest), rowHead)], "data-state") == state {
			return true
		}
	}
}

// boardID is how a message that has the whole board begins to say so.
var boardID = regexp.MustCompile(`id=\\?["']?board\b`)

// isGone reports whether html removes the call's row: it names the row without a
// state, or has the whole board without the row.
func (c *call) isGone(html []byte) bool {
	row := c.row.Load()
	if row == nil {
		return false
	}
	if _, rest, found := bytes.Cut(html, []byte(*row)); found {
		return attribute(rest[:min(len(rest), rowHead)], "data-state") == ""
	}
	return boardID.Match(html)
}

// rowHead is how far behind its id a row says its state.
const rowHead = 120

// find finds the row of a call by its number, and returns the row's id.
func (c *call) find(html []byte) *string {
	i := bytes.Index(html, []byte(c.marker()))
	if i < 0 {
		return nil
	}
	i = bytes.LastIndex(html[:i], []byte(rowPrefix))
	if i < 0 {
		return nil
	}
	end := bytes.IndexAny(html[i:], `"\' >`)
	if end < 0 {
		return nil
	}
	row := string(html[i : i+end])
	c.row.Store(&row)
	return &row
}

// attribute returns the value of an attribute of an HTML tag that may be part of
// a JSON string.
func attribute(tag []byte, name string) string {
	_, rest, found := bytes.Cut(tag, []byte(name+"="))
	if !found {
		return ""
	}
	rest = bytes.TrimLeft(rest, `\"'`)
	if end := bytes.IndexAny(rest, `\"' >`); end >= 0 {
		return string(rest[:end])
	}
	return ""
}

// drop forgets a call that has ended.
func (t *team) drop(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, c.number)
}

// learnRows finds the rows of the team's calls in a page.
func (t *team) learnRows(page []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.calls {
		if c.row.Load() == nil {
			c.find(page)
		}
	}
}
