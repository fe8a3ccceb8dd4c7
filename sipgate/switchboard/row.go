package switchboard

import (
	"slices"
	"time"
)

// A row is one call as people understand it: it goes on when a transfer or a
// forward gives the call another leg. What is shown of it is computed from its
// legs and from what people asked for.
type row struct {
	id      RowID
	no      uint64 // age: lower is older
	legs    []*leg
	touched bool

	shown *Call // what subscribers were told last, nil if it is not on the board
	state state
	since time.Time
	was   Phase // before it ended

	queue []*job         // commands that wait for their turn; the first has it
	wants map[Verb]*want // the newest unanswered command of each switch
	last  *LastCommand
	lastN *job // whose order last is
	open  *job // a command whose outcome lists have yet to tell
	play  *Playback

	lease   *Claim   // of who has a dialog open
	waiting *waiting // the hang-up in its grace

	moves moves
	ask   *ask // the consultation, if there is one
	into  *row // the row that it became a part of
}

// state is what the row's timer counts.
type state struct {
	phase Phase
	held  bool
}

type want struct {
	on  bool
	job *job
}

// newRow returns a row that is not shown yet.
func (b *Board) newRow(id RowID) *row {
	b.rowsNo++
	return &row{id: id, no: b.rowsNo, wants: map[Verb]*want{}}
}

// mostLegs is how many legs of a call are remembered: more than people make,
// so that nobody's events make a row expensive.
const mostLegs = 16

// attach makes the leg part of the row.
func (b *Board) attach(l *leg, r *row) {
	l.row = r
	r.legs = append(r.legs, l)
	if len(r.legs) > mostLegs {
		i := max(slices.IndexFunc(r.legs, func(o *leg) bool { return o.end != live && o != l }), 0)
		r.legs[i].row = nil
		r.legs = slices.Delete(r.legs, i, i+1)
	}
	if r.moves.leg != l && l.no >= r.moves.since {
		r.moved()
	}
	b.touch(r)
}

// merge lets the older of two rows go on with the legs of both.
func (b *Board) merge(x, y *row) *row {
	if x == y {
		return x
	}
	if y.no < x.no {
		x, y = y, x
	}
	for _, l := range y.legs {
		l.row = x
	}
	x.legs, y.legs = append(x.legs, y.legs...), nil
	y.handOver(x)
	b.mergeWaiting(x, y)
	b.alias(y.id, x.id, time.Now())
	b.hide(y)
	b.touch(x)
	return x
}

// handOver gives the row's commands to the row that it became a part of.
func (r *row) handOver(x *row) {
	r.into = x
	x.queue, r.queue = append(x.queue, r.queue...), nil
	for v, w := range r.wants {
		if x.wants[v] == nil {
			x.wants[v] = w
		}
	}
	if r.last != nil && (x.last == nil || x.last.At.Before(r.last.At)) {
		x.last, x.lastN, x.open = r.last, r.lastN, r.open
	}
	if x.play == nil {
		x.play = r.play
	}
	if x.ask == nil {
		x.ask = r.ask
	}
	x.lease, r.lease = later(x.lease, r.lease), nil
}

// final is the row itself, or the one that it became a part of.
func (r *row) final() *row {
	for r.into != nil {
		r = r.into
	}
	return r
}

// refresh computes what is to be seen of the row and publishes it if it
// differs from what was.
func (b *Board) refresh(r *row, now time.Time) {
	legs := r.chain()
	l := legs.current()
	if l == nil {
		b.hide(r)
		return
	}
	p, _ := l.phase()
	if p == Ended && (r.shown == nil || now.Sub(l.ended) >= endedStays) {
		if r.shown == nil {
			return // nobody saw it, or it is gone already
		}
		b.hide(r)
		return
	}
	b.dueAt(r.attentionAt(now))
	c := b.view(r, legs, l, now)
	b.dueAt(r.due(l))
	if r.shown != nil && same(r.shown, &c) {
		return
	}
	structure := r.shown == nil || r.shown.Section() != c.Section()
	if r.shown == nil {
		b.show(r)
	}
	r.shown = &c
	b.publish(Change{Call: &c, Structure: structure})
}

// view computes the row's value; Seq and Memo are set when it is published.
func (b *Board) view(r *row, legs chain, l *leg, now time.Time) Call {
	p, _ := l.phase()
	s := state{p, l.hold}
	if r.shown == nil || s != r.state {
		r.since = now
		if p == Ended {
			r.since = l.ended
		}
		r.state = s
	}
	if p != Ended {
		r.was = p
	}
	c := Call{
		ID: r.id, CallID: l.id, Phase: p, PreviousPhase: r.was, Direction: legs.direction,
		Hold:      r.toggle(VerbHold, l.hold),
		Mute:      r.toggle(VerbMute, l.mute),
		Recording: r.toggle(VerbRecord, l.recording),
		Started:   r.started(), Since: r.since, Approximate: r.about(),
		LastCommand: r.last, Playback: r.play,
	}
	b.parties(legs, l, &c)
	for _, m := range l.seen {
		c.VisibleTo = append(c.VisibleTo, m.id)
	}
	if p == Ended {
		c.Cause, c.EndedAt, c.Playback = l.cause, l.ended, nil
	} else {
		c.Claim, c.PendingHangup = r.attention(now), r.leaving()
		c.Consultation = b.consultation(r)
	}
	return c
}

func (r *row) toggle(v Verb, on bool) Toggle {
	t := Toggle{On: on}
	if w := r.wants[v]; w != nil {
		t.Requested, t.Pending = w.on, true
	}
	return t
}

func (r *row) started() time.Time {
	var t time.Time
	for _, l := range r.legs {
		if t.IsZero() || l.heard.Before(t) {
			t = l.heard
		}
	}
	return t
}

// about reports whether no event told when the call began.
func (r *row) about() bool {
	return !slices.ContainsFunc(r.legs, func(l *leg) bool { return l.rang || l.answered })
}

// due is when time alone changes the row next; zero: never.
func (r *row) due(current *leg) time.Time {
	var due time.Time
	at := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	if current.end != live {
		at(current.ended.Add(endedStays))
	}
	for _, l := range r.legs {
		if l.expires() {
			at(l.word.Add(ringingLasts))
		}
	}
	if r.play != nil {
		at(nextOfPlaying(r.play))
	}
	return due
}

// same reports whether two values of a row look the same, whatever their
// number and their memo.
func same(x, y *Call) bool {
	return x.ID == y.ID && x.CallID == y.CallID && x.Phase == y.Phase && x.PreviousPhase == y.PreviousPhase &&
		x.Direction == y.Direction && x.Remote == y.Remote && x.Local == y.Local &&
		slices.Equal(x.UserNames, y.UserNames) && slices.Equal(x.MemberIDs, y.MemberIDs) && slices.Equal(x.VisibleTo, y.VisibleTo) && slices.Equal(x.PreviousParties, y.PreviousParties) &&
		x.Hold == y.Hold && x.Mute == y.Mute && x.Recording == y.Recording &&
		x.Started.Equal(y.Started) && x.Since.Equal(y.Since) && x.Approximate == y.Approximate &&
		sameValue(x.LastCommand, y.LastCommand) && sameValue(x.Playback, y.Playback) &&
		sameValue(x.Consultation, y.Consultation) && sameValue(x.Claim, y.Claim) && sameValue(x.PendingHangup, y.PendingHangup) &&
		x.Cause == y.Cause && x.EndedAt.Equal(y.EndedAt)
}

// sameValue compares what two pointers point to. Orders and Playings are
// replaced, never changed, once they were published.
func sameValue[T comparable](x, y *T) bool {
	return x == y || x != nil && y != nil && *x == *y
}
