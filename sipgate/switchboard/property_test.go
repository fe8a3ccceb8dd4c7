package switchboard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// histories is how many random lives of a team are tried. The race detector
// makes each ten times as expensive, and finds what it can find in fewer.
var histories = map[bool]int{false: 10_000, true: 1_500}[raceDetector]

// TestI4Converges lets two boards of one team learn the same by pushes that get
// lost, doubled and reordered, by lists that are late or fail, and gives
// commands whose answers may get lost, hang-ups that wait, are joined, undone
// and hastened, and attention. Whatever happened: after the next successful
// lists both show the calls that sipgate has, as sipgate has them; no ghost, no
// attention and no waiting hang-up remains; no command reached sipgate twice,
// and none that was undone or refused reached it at all; everybody who waited
// for an outcome was told once; no subscriber missed a change or saw a number
// go backwards. (I1, I4, I5, T32, F11, F15–F17, F20, F21)
func TestI4Converges(t *testing.T) {
	n := histories
	if testing.Short() {
		n /= 10
	}
	const batch = 50
	for first := 0; first < n && !t.Failed(); first += batch {
		synctest.Test(t, func(t *testing.T) {
			for seed := first; seed < first+batch && !t.Failed(); seed++ {
				newHistory(t, uint64(seed)).live()
			}
		})
	}
}

// A history is one random life of a team.
type history struct {
	t    *testing.T
	seed uint64
	r    *rand.Rand
	x    *rand.Rand // for what people do to a hang-up that waits, and for attention
	u    *upstream
	bs   []*watched
	n    int // calls made so far

	ringing     []sipgate.Event
	established []sipgate.Event // their newCalls
	commands    int
	given       []*given
	spoilt      bool // commands were given: the boards know different things
}

// given is one time that a command was given, and what its Done was told.
type given struct {
	b    *watched
	c    Command
	told []error
}

// watched is a board, what a subscriber of it knows, and the events that it has
// yet to be told.
type watched struct {
	*Board
	f       *follower
	sub     *Subscription
	pending []sipgate.Event
	end     func() // of what Run does but asking for lists
}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), x: rand.New(rand.NewPCG(seed, 2)), u: newUpstream()}
	for range 2 {
		b := open(t, h.u, crew(1+h.r.IntN(3))...)
		s, sub := b.Subscribe()
		h.bs = append(h.bs, &watched{Board: b, f: follow(s), sub: sub, end: keepTime(b)})
	}
	return h
}

// keepTime does what Run does but asking for lists, until end is called.
func keepTime(b *Board) (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { b.keepTime(ctx, &wg) })
	return func() {
		stop()
		b.endWaiting()
		wg.Wait()
	}
}

func (h *history) chance(of float64) bool { return h.r.Float64() < of }

func (h *history) live() {
	for range 10 + h.r.IntN(25) {
		h.step()
		if h.chance(0.5) {
			time.Sleep(time.Duration(h.r.IntN(3000)) * time.Millisecond)
		}
		h.follow()
	}
	h.u.setFault(nil)
	if h.x.Float64() < 0.3 { // the process ends, and what waits with it
		h.bs[h.x.IntN(len(h.bs))].end()
	}
	time.Sleep(20 * time.Second) // for what is under way
	for _, b := range h.bs {
		for len(b.pending) > 0 {
			h.push(b)
		}
	}
	h.lists()
	h.compare(afterLists)
	time.Sleep(ringingLasts)
	h.lists()
	time.Sleep(endedStays)
	h.compare(inTheEnd)
	h.count()
	for _, b := range h.bs {
		b.sub.Close()
		b.end()
	}
}

// lists gives every board enough successful lists to be sure.
func (h *history) lists() {
	for range 3 {
		for _, b := range h.bs {
			if err := b.Poll(context.Background()); err != nil {
				h.t.Fatalf("history %d: %v", h.seed, err)
			}
		}
		time.Sleep(2 * time.Second)
	}
	h.follow()
}

// step lets one thing happen.
func (h *history) step() {
	b := h.bs[h.r.IntN(len(h.bs))]
	switch h.r.IntN(12) {
	case 0, 1:
		h.ring()
	case 2:
		h.pickUp()
	case 3:
		h.end()
	case 4:
		h.byTelephone()
	case 5:
		h.transfer()
	case 6, 7, 8:
		h.push(b)
	case 9, 10:
		h.list(b)
	case 11:
		if h.seed%2 == 0 {
			h.command(b)
		}
	}
	if h.seed%2 == 0 {
		switch b := h.bs[h.x.IntN(len(h.bs))]; h.x.IntN(8) {
		case 0:
			h.attend(b)
		case 1:
			h.undo(b)
		}
	}
}

// tell gives an event to both boards' pending ones, unless it is lost.
func (h *history) tell(e sipgate.Event) {
	if h.chance(0.2) {
		return
	}
	for _, b := range h.bs {
		b.pending = append(b.pending, e)
		if h.chance(0.2) {
			b.pending = append(b.pending, e)
		}
	}
}

// push delivers one of the pending events, not always the oldest.
func (h *history) push(b *watched) {
	if len(b.pending) == 0 {
		return
	}
	i := h.r.IntN(min(len(b.pending), 4))
	b.Observe(b.pending[i])
	b.pending = slices.Delete(b.pending, i, i+1)
}

func (h *history) ring() {
	h.n++
	id := sipgate.CallID(fmt.Sprintf("C%d", h.n))
	from := fmt.Sprintf("49157900%05d", h.n)
	e := newCall(id, sipgate.Incoming, from, doc, "Doc")
	if h.chance(0.3) {
		e = newCall(id, sipgate.Outgoing, doc, from, "Doc")
	}
	h.ringing = append(h.ringing, e)
	h.tell(e)
}

func (h *history) pickUp() {
	if len(h.ringing) == 0 {
		return
	}
	e := h.take(&h.ringing)
	h.establish(e)
	h.tell(answer(e, "Doc"))
}

// establish lists the call, seen by everybody or, sometimes, by some.
func (h *history) establish(e sipgate.Event) {
	h.established = append(h.established, e)
	out, in := e.From, e.To
	if e.Direction == sipgate.Outgoing {
		out, in = in, out
	}
	if h.seed%3 == 0 {
		h.u.add(e.CallID, out, in, "w0", MemberID(fmt.Sprintf("w%d", h.r.IntN(3))))
		return
	}
	h.u.add(e.CallID, out, in)
}

func (h *history) end() {
	if len(h.ringing) > 0 && h.chance(0.3) {
		h.tell(hangup(h.take(&h.ringing), "cancel"))
		return
	}
	if len(h.established) > 0 {
		e := h.take(&h.established)
		h.u.remove(e.CallID)
		h.tell(hangup(e, "normalClearing"))
	}
}

// transfer moves a call to another telephone, as sipgate does by itself.
func (h *history) transfer() {
	if len(h.established) == 0 {
		return
	}
	old := h.take(&h.established)
	next := origin(newCall(old.CallID+"B", sipgate.Incoming, old.From, marty, "Marty"), old.CallID, "")
	if old.Direction == sipgate.Outgoing {
		next.From = old.To
	}
	next.Diversion = doc
	h.tell(next)
	h.u.remove(old.CallID)
	h.establish(next)
	h.tell(answer(next, "Marty"))
	h.tell(hangup(old, "normalClearing"))
}

// byTelephone changes a call without the board.
func (h *history) byTelephone() {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	if len(h.u.calls) > 0 {
		c := &h.u.calls[h.r.IntN(len(h.u.calls))]
		c.Hold, c.Muted = h.chance(0.5), h.chance(0.5)
	}
}

func (h *history) take(from *[]sipgate.Event) sipgate.Event {
	i := h.r.IntN(len(*from))
	e := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return e
}

// trouble lets some requests fail, or be late.
func (h *history) trouble() {
	roll, late := h.r.Float64(), time.Duration(h.r.IntN(4000))*time.Millisecond
	h.u.setFault(func(op string, _ MemberID) fault {
		switch {
		case roll < 0.4:
			return fault{}
		case roll < 0.6:
			return fault{before: late / 2, after: late}
		case roll < 0.7:
			return fault{err: notSent}
		case op == "calls":
			return fault{list: sipgate.CallList(`{"data":[{`)}
		}
		return fault{err: timeout, executed: roll < 0.85}
	})
}

func (h *history) list(b *watched) {
	h.trouble()
	go b.Poll(context.Background())
	synctest.Wait()
	h.u.setFault(nil)
}

// command gives a command, once or several times.
func (h *history) command(b *watched) {
	row, ok := h.talking(b, h.r)
	if !ok {
		return
	}
	h.spoilt = true
	h.commands++
	c := Command{ID: fmt.Sprintf("action-%d", h.commands), By: "w0", Call: row, Override: h.chance(0.5)}
	if h.chance(0.3) { // whoever gives it, w0's access carries it
		c.By, c.Through = "w1", "w0"
	}
	switch on := h.chance(0.5); h.r.IntN(7) {
	case 0:
		c.Action = Hold{on}
	case 1:
		c.Action = Mute{on}
	case 2:
		c.Action = Record{on, true}
	case 3:
		c.Action = Tones{sipgate.DTMF(fmt.Sprint(h.commands))}
	case 4:
		c.Action = HangUp{}
	default:
		c.Action = HangUp{After: time.Duration(1+h.r.IntN(8)) * time.Second}
	}
	h.trouble()
	for range 1 + h.r.IntN(3) {
		c, g := c, &given{b: b, c: c}
		h.given = append(h.given, g)
		c.Done = func(err error) { h.u.mu.Lock(); g.told = append(g.told, err); h.u.mu.Unlock() }
		go func() {
			if err := b.Do(context.Background(), c); errors.Is(err, ErrReused) {
				h.t.Errorf("history %d: %v", h.seed, err)
			}
		}()
	}
	synctest.Wait()
	h.u.setFault(nil)
}

// talking chooses one of the board's established calls.
func (h *history) talking(b *watched, r *rand.Rand) (RowID, bool) {
	var live []RowID
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Talking {
			live = append(live, c.ID)
		}
	}
	if len(live) == 0 {
		return "", false
	}
	return live[r.IntN(len(live))], true
}

// attend lets a member open a dialog, or close it.
func (h *history) attend(b *watched) {
	row, ok := h.talking(b, h.x)
	if !ok {
		return
	}
	h.spoilt = true
	by := MemberID(fmt.Sprintf("w%d", h.x.IntN(2)))
	if h.x.Float64() < 0.3 {
		b.Release(by, row)
		return
	}
	switch err := b.Attend(by, row, VerbTransfer); {
	case err == nil:
		if c, _ := b.Call(row); c.Attention == nil || c.Attention.By != by {
			h.t.Errorf("history %d: %s attends, but %+v", h.seed, by, c.Attention)
		}
	case !errors.Is(err, ErrAttended):
		h.t.Errorf("history %d: %v", h.seed, err)
	}
}

// undo takes back a hang-up if one waits.
func (h *history) undo(b *watched) {
	for _, c := range b.Snapshot().Calls {
		err := b.Undo("w1", c.ID)
		if c.Phase != Ended && (c.Leaving != nil) != (err == nil) {
			h.t.Errorf("history %d: undo of %+v: %v", h.seed, c, err)
		}
		if c, _ := b.Call(c.ID); c.Leaving != nil {
			h.t.Errorf("history %d: undone, but %+v", h.seed, c.Leaving)
		}
	}
}

// follow lets the subscribers read what there is.
func (h *history) follow() {
	synctest.Wait()
	for i, b := range h.bs {
		b.Snapshot() // does what is due
		for len(b.sub.Changes()) > 0 {
			if err := b.f.take(<-b.sub.Changes()); err != nil {
				h.t.Fatalf("history %d, board %d: %v", h.seed, i, err)
			}
		}
		if err := b.f.agrees(b.Snapshot()); err != nil {
			h.t.Fatalf("history %d, board %d: %v", h.seed, i, err)
		}
	}
}

// The moments at which boards are compared: ringing rows may only be left at
// the first.
const (
	afterLists = "after the next lists"
	inTheEnd   = "in the end"
)

// compare checks both boards against the truth and against each other.
func (h *history) compare(when string) {
	h.follow()
	truth := map[sipgate.CallID]string{}
	for _, c := range h.u.calls {
		truth[c.ID] = fmt.Sprint(c.Hold, c.Muted, c.Recording)
	}
	var pictures []string
	for i, b := range h.bs {
		shown := map[sipgate.CallID]string{}
		ghosts := 0
		for _, c := range b.Snapshot().Calls {
			switch {
			case c.Phase == Talking:
				shown[c.Upstream] = fmt.Sprint(c.Hold.On, c.Mute.On, c.Recording.On)
			case when == inTheEnd:
				ghosts++
			}
			if c.Attention != nil || c.Leaving != nil {
				h.t.Errorf("history %d, board %d, %s: %+v, %+v", h.seed, i, when, c.Attention, c.Leaving)
			}
			if c.Hold.Pending || c.Mute.Pending || c.Recording.Pending || c.Last != nil && c.Last.Outcome == Pending {
				h.t.Errorf("history %d, board %d, %s: still pending: %+v", h.seed, i, when, c)
			}
			if c.Last != nil && c.Last.Outcome == Unknown && (c.Last.Verb == VerbHold || c.Last.Verb == VerbMute) && c.Phase == Talking {
				h.t.Errorf("history %d, board %d, %s: not reconciled: %+v", h.seed, i, when, c.Last)
			}
		}
		want := maps.Clone(truth)
		maps.DeleteFunc(want, func(id sipgate.CallID, _ string) bool { return !h.visible(b, id) })
		if !maps.Equal(shown, want) || ghosts > 0 {
			h.t.Errorf("history %d, board %d, %s: shown %v and %d ghosts, sipgate has %v%s",
				h.seed, i, when, shown, ghosts, want, picture(b.Snapshot().Calls))
		}
		pictures = append(pictures, h.portrait(b))
	}
	if !h.spoilt && len(h.bs[0].Members()) == len(h.bs[1].Members()) && pictures[0] != pictures[1] {
		h.t.Errorf("history %d, %s: the boards disagree:%s\nand%s", h.seed, when, pictures[0], pictures[1])
	}
}

// visible reports whether one of the board's members sees the call.
func (h *history) visible(b *watched, id sipgate.CallID) bool {
	by, ok := h.u.seenBy[id]
	return !ok || slices.ContainsFunc(by, b.Has)
}

// portrait writes down the established rows but for what depends on when facts
// came.
func (h *history) portrait(b *watched) string {
	var lines []string
	for _, c := range b.Snapshot().Calls {
		if c.Phase == Talking {
			lines = append(lines, fmt.Sprintf("\n%s %s %v %v %v %v %v %v", c.Upstream, c.Direction, c.Outside, c.Inside, c.Users, c.Hold, c.Mute, c.Seen))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// count checks that everybody was told the outcome of every command once, that
// those who gave the same were told the same, and that no more requests were
// made than by what was told were sent: none twice, none that was undone.
func (h *history) count() {
	h.u.mu.Lock()
	defer h.u.mu.Unlock()
	sent := map[any]bool{}
	outcomes := map[string]error{}
	for _, g := range h.given {
		id := g.c.ID
		if len(g.told) != 1 {
			h.t.Errorf("history %d: %s %+v: told %v", h.seed, id, g.c.Action, g.told)
			continue
		}
		err := g.told[0]
		if before, ok := outcomes[id]; ok && !errors.Is(err, before) {
			h.t.Errorf("history %d: %s: told %v and %v", h.seed, id, before, err)
		}
		outcomes[id] = err
		if !slices.ContainsFunc(notOf, func(e error) bool { return errors.Is(err, e) }) {
			sent[h.group(g)] = true
		}
	}
	if got := len(h.u.requests); got > len(sent) {
		h.t.Errorf("history %d: %d commands became %d requests: %v", h.seed, len(sent), got, h.u.requests)
	}
	for text, n := range h.u.executed {
		if n > 1 && text[0] == 't' {
			h.t.Errorf("history %d: %s was executed %d times", h.seed, text, n)
		}
	}
}

// notOf are the outcomes of commands that did not reach sipgate.
var notOf = []error{ErrUndone, ErrRestart, ErrAttended, ErrNotYours, ErrEnded, ErrNoCall, ErrTooMany}

// group names the request that a command may become: those who joined a
// hang-up that waited share it.
func (h *history) group(g *given) any {
	a := g.b.once.known[resultKey{g.c.By, g.c.ID}]
	if a.grace != nil {
		return a.grace
	}
	return a
}
