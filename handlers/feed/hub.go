package feed

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// A Hub keeps the pages of one board current. All its methods run in one
// goroutine.
type Hub struct {
	board    *switchboard.Board
	log      *slog.Logger
	sent     *counters
	requests chan request

	// requested is guarded by Feeds.mu: how many requests were given. served is
	// how many of them have run.
	requested, served uint64

	epoch  string
	seq    uint64                    // number of the last messages about rows, parts or health
	sub    *switchboard.Subscription // nil only until start
	calls  []*switchboard.Call       // by No; shared, never modified
	health switchboard.Health

	statusSeq uint64 // when what the health says changed last

	audiences map[string]*audience
	watchers  map[Socket]switchboard.RowID

	changed   map[uint64]switchboard.RowID // calls by No that changed since the last flush, or are gone
	review    bool                         // what anybody may do may have changed
	newHealth bool
	urgent    bool // not only that commands have begun

	join       *time.Timer // fires when to flush what is joined
	joining    bool        // something was sent less than joinWithin ago
	beginning  bool        // nothing has changed but commands that have begun
	aging      *time.Timer // fires when the list of calls is old
	ticker     *time.Ticker
	reviewedAt time.Time
	active     bool // there are sockets, and the board polls as for a page in view

	lists map[listKey]*list // whole boards, as of seq
	pages sync.Map          // likewise, pages by pageKey; for any goroutine
	after uint64            // number of the board's last change that has been taken
}

type listKey struct {
	lang views.Lang
	hash uint64
	page any // the view's BeginKey; nil for sockets
}

func newHub(b *switchboard.Board, log *slog.Logger, sent *counters) *Hub {
	return &Hub{
		board: b, log: log, sent: sent, requests: make(chan request), epoch: rand.Text()[:8],
		audiences: map[string]*audience{}, watchers: map[Socket]switchboard.RowID{},
		changed: map[uint64]switchboard.RowID{}, lists: map[listKey]*list{},
	}
}

func (h *Hub) start() {
	h.join, h.aging, h.ticker = time.NewTimer(0), time.NewTimer(0), time.NewTicker(beatEvery)
	h.join.Stop()
	h.aging.Stop()
	h.subscribe()
}

func (h *Hub) end() {
	h.sub.Close()
	h.join.Stop()
	h.aging.Stop()
	h.ticker.Stop()
}

// subscribe begins to follow the board, again if it was too far ahead. What is
// not as it was counts as changed.
func (h *Hub) subscribe() {
	snap, sub := h.board.SubscribePassive()
	h.sub = sub
	sub.Watch(h.active)
	had := map[uint64]*switchboard.Call{}
	for _, c := range h.calls {
		had[c.No] = c
	}
	h.calls = make([]*switchboard.Call, 0, len(snap.Calls))
	for i := range snap.Calls {
		c := &snap.Calls[i]
		h.calls = append(h.calls, c)
		if old := had[c.No]; old == nil || old.Seq != c.Seq {
			h.changed[c.No] = c.ID
		}
		delete(had, c.No)
	}
	for no, c := range had {
		h.changed[no] = c.ID
	}
	h.after = snap.Seq
	h.setHealth(snap.Health)
	h.review = true
}

// take records a change of the board, or that the stream of changes has ended.
func (h *Hub) take(c switchboard.Change, ok bool) {
	h.sent.changes.Add(1)
	h.urgent = h.urgent || c.Health == nil && !h.begins(c.Call)
	h.after = max(h.after, c.Seq)
	switch {
	case !ok:
		h.subscribe()
	case c.Call != nil:
		i, had := h.find(c.Call.No)
		if !had {
			h.calls = slices.Insert(h.calls, i, c.Call)
		}
		h.calls[i] = c.Call
		h.changed[c.Call.No] = c.Call.ID
	case c.Removed != "":
		if i, had := h.find(c.RemovedNo); had {
			h.calls = slices.Delete(h.calls, i, i+1)
		}
		h.changed[c.RemovedNo] = c.Removed
	case c.Health != nil:
		h.setHealth(*c.Health)
	case c.Permissions:
		h.review = true
	}
}

func (h *Hub) find(no uint64) (int, bool) {
	return slices.BinarySearchFunc(h.calls, no, func(c *switchboard.Call, no uint64) int { return cmp.Compare(c.No, no) })
}

// begins reports whether the news of a call is that a command has begun. Its
// answer follows within beginWithin as a rule, and one message says both.
func (h *Hub) begins(c *switchboard.Call) bool {
	if c == nil {
		return false
	}
	i, had := h.find(c.No)
	return had && c.LastCommand != nil && c.LastCommand.Outcome == switchboard.Pending && h.calls[i].LastCommand != c.LastCommand
}

// drain takes the changes that have happened.
func (h *Hub) drain() {
	for {
		select {
		case c, ok := <-h.sub.Changes():
			h.take(c, ok)
		default:
			return
		}
	}
}

// setHealth records the board's health. When its list of calls was read is no
// news as long as it is not old.
func (h *Hub) setHealth(health switchboard.Health) {
	was := h.health
	h.health = health
	h.aging.Reset(max(0, time.Until(health.ListedAt.Add(oldAfter))))
	news := func(x switchboard.Health) string {
		return fmt.Sprint(x.ListedAt.IsZero(), x.Failing, x.Reason, x.Members == 0, x.HasEvents, x.Unreadable, x.AuthFailed, x.ListRefused)
	}
	if news(was) != news(health) {
		h.newHealth, h.urgent = true, true
		h.review = true // of those whose sign-in sipgate rejects, all buttons are off
	} else if health.ListedAt.Sub(was.ListedAt) >= oldAfter {
		h.beat() // the pages take the last list for old
	}
}

// flushSoon sends what has changed, now or together with what follows.
func (h *Hub) flushSoon() {
	switch {
	case h.joining: // the timer runs
	case h.urgent:
		h.flush()
	case len(h.changed) > 0 && !h.beginning:
		h.beginning = true
		h.join.Reset(beginWithin)
	}
}

// flush sends what has changed to whom it concerns.
func (h *Hub) flush() {
	if len(h.changed) == 0 && !h.review && !h.newHealth {
		return
	}
	changed, review, newHealth := h.changed, h.review, h.newHealth
	h.changed, h.review, h.newHealth = map[uint64]switchboard.RowID{}, false, false
	h.urgent, h.beginning = false, false
	h.seq++
	clear(h.lists)
	h.pages.Clear()
	if newHealth {
		h.statusSeq = h.seq
	}
	if review {
		h.reviewedAt = time.Now()
	}
	frames, calls := frameCache{}, views.CallsOfMembers(h.calls)
	for _, a := range h.audiences {
		h.safely(func() { h.update(a, changed, calls, review, frames) })
	}
	for s, row := range h.watchers {
		for _, id := range changed {
			if id == row {
				s.Send(touchedFrame)
				h.sent.count(1, touchedFrame)
			}
		}
	}
	h.joining = true
	h.join.Reset(joinWithin)
}

var touchedFrame = Message{Touched: true}.frame()

// status renders the health of the board.
func (h *Hub) status(lang views.Lang) string {
	var buf bytes.Buffer
	if err := views.Status(lang, views.NewStatus(h.health, time.Now())).Render(context.Background(), &buf); err != nil {
		h.log.Error("render status", "err", err)
	}
	return buf.String()
}

// send sends a message to all pages of an audience.
func (h *Hub) send(a *audience, frame *web.Frame) {
	for _, s := range a.sockets {
		s.Send(frame)
	}
	h.sent.count(len(a.sockets), frame)
}

// beat tells all pages how old the list of calls is.
func (h *Hub) beat() {
	frame := h.heartbeat()
	for _, a := range h.audiences {
		h.send(a, frame)
	}
	for s := range h.watchers {
		s.Send(frame)
	}
	h.sent.count(len(h.watchers), frame)
}

func (h *Hub) heartbeat() *web.Frame {
	var m Message
	m.Now, m.Listed = h.clock()
	return m.frame()
}

// clock returns the time and when the calls were read at sipgate, in milliseconds
// since 1970, zero if not yet.
func (h *Hub) clock() (now, listed int64) {
	if !h.health.ListedAt.IsZero() {
		listed = h.health.ListedAt.UnixMilli()
	}
	return time.Now().UnixMilli(), listed
}

// tick runs every beatEvery.
func (h *Hub) tick() {
	h.beat()
	for key, a := range h.audiences {
		if len(a.sockets) == 0 && time.Since(a.emptyAt) >= keepFor {
			delete(h.audiences, key)
		}
	}
	if time.Since(h.reviewedAt) >= reviewEvery {
		h.drain()
		h.review = true
		h.flush()
	}
}

// setActive makes the board poll as often as for a page in view while there are
// sockets.
func (h *Hub) setActive() {
	active := len(h.watchers) > 0
	for _, a := range h.audiences {
		active = active || len(a.sockets) > 0
	}
	if active != h.active {
		h.active = active
		h.sub.Watch(active)
	}
}

func (h *Hub) safely(f func()) { safely(h.log, f) }

// safely calls f. It logs a panic of f and returns.
func safely(log *slog.Logger, f func()) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("panic in a feed", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	f()
}
