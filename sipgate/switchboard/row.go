package switchboard

import (
	"slices"
	"time"
)

// A row is one call as people understand it: it goes on when a transfer or a
// forward gives the call another leg. What is shown of it is computed from its
// legs and from what people asked for.
type row struct {
	id    RowID
	no    uint64 // age: lower is older
	legs  []*leg
	dirty bool

	published     *Call // what subscribers were told last, nil if it is not on the board
	state         timedState
	since         time.Time
	previousPhase Phase // before it ended

	queue          []*pendingCommand       // commands that wait for their turn; the first has it
	toggleRequests map[Verb]*toggleRequest // the newest unanswered command of each switch
	lastCommand    *LastCommand
	lastPending    *pendingCommand // whose order last is
	unresolved     *pendingCommand // a command whose outcome lists have yet to tell
	playback       *Playback

	claim         *Claim         // of who has a dialog open
	pendingHangup *pendingHangup // the hang-up in its grace

	transfer     transfer
	consultation *consultation // the consultation, if there is one
	mergedInto   *row          // the row that it became a part of
}

// state is what the row's timer counts.
type timedState struct {
	phase Phase
	held  bool
}

type toggleRequest struct {
	on  bool
	cmd *pendingCommand
}

// newRow returns a row that is not shown yet.
func (b *Board) newRow(id RowID) *row {
	b.lastRowNo++
	return &row{id: id, no: b.lastRowNo, toggleRequests: map[Verb]*toggleRequest{}}
}

// mostLegs is how many legs of a call are remembered: more than people make,
// so that nobody's events make a row expensive.
const maxLegs = 16

// attach makes the leg part of the row.
func (b *Board) addLeg(l *leg, r *row) {
	l.row = r
	r.legs = append(r.legs, l)
	if len(r.legs) > maxLegs {
		i := max(slices.IndexFunc(r.legs, func(o *leg) bool { return o.end != live && o != l }), 0)
		r.legs[i].row = nil
		r.legs = slices.Delete(r.legs, i, i+1)
	}
	if r.transfer.oldLeg != l && l.firstTick >= r.transfer.startTick {
		r.endTransfer()
	}
	b.markDirty(r)
}

// merge lets the older of two rows go on with the legs of both.
func (b *Board) mergeRows(x, y *row) *row {
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
	y.moveStateTo(x)
	b.mergePendingHangups(x, y)
	b.addAlias(y.id, x.id, time.Now())
	b.removeRow(y)
	b.markDirty(x)
	return x
}

// handOver gives the row's commands to the row that it became a part of.
func (r *row) moveStateTo(x *row) {
	r.mergedInto = x
	x.queue, r.queue = append(x.queue, r.queue...), nil
	for v, w := range r.toggleRequests {
		if x.toggleRequests[v] == nil {
			x.toggleRequests[v] = w
		}
	}
	if r.lastCommand != nil && (x.lastCommand == nil || x.lastCommand.At.Before(r.lastCommand.At)) {
		x.lastCommand, x.lastPending, x.unresolved = r.lastCommand, r.lastPending, r.unresolved
	}
	if x.playback == nil {
		x.playback = r.playback
	}
	if x.consultation == nil {
		x.consultation = r.consultation
	}
	x.claim, r.claim = laterClaim(x.claim, r.claim), nil
}

// final is the row itself, or the one that it became a part of.
func (r *row) canonical() *row {
	for r.mergedInto != nil {
		r = r.mergedInto
	}
	return r
}

// refresh computes what is to be seen of the row and publishes it if it
// differs from what was.
func (b *Board) refresh(r *row, now time.Time) {
	legs := r.chain()
	l := legs.current()
	if l == nil {
		b.removeRow(r)
		return
	}
	p, _ := l.phase()
	if p == Ended && (r.published == nil || now.Sub(l.endTime) >= endedVisibleFor) {
		if r.published == nil {
			return // nobody saw it, or it is gone already
		}
		b.removeRow(r)
		return
	}
	b.schedule(r.renewClaim(now))
	c := b.computeCall(r, legs, l, now)
	b.schedule(r.nextChange(l))
	if r.published != nil && sameCall(r.published, &c) {
		return
	}
	structure := r.published == nil || r.published.Section() != c.Section()
	if r.published == nil {
		b.insertRow(r)
	}
	r.published = &c
	b.publish(Change{Call: &c, Structure: structure})
}

// view computes the row's value; Seq and Memo are set when it is published.
func (b *Board) computeCall(r *row, legs chain, l *leg, now time.Time) Call {
	p, _ := l.phase()
	s := timedState{p, l.hold}
	if r.published == nil || s != r.state {
		r.since = now
		if p == Ended {
			r.since = l.endTime
		}
		r.state = s
	}
	if p != Ended {
		r.previousPhase = p
	}
	c := Call{
		ID: r.id, CallID: l.id, Phase: p, PreviousPhase: r.previousPhase, Direction: legs.direction,
		Hold:      r.toggle(VerbHold, l.hold),
		Mute:      r.toggle(VerbMute, l.mute),
		Recording: r.toggle(VerbRecord, l.recording),
		Started:   r.started(), Since: r.since, Approximate: r.approximate(),
		LastCommand: r.lastCommand, Playback: r.playback,
	}
	b.setParties(legs, l, &c)
	for _, m := range l.observers {
		c.VisibleTo = append(c.VisibleTo, m.id)
	}
	if p == Ended {
		c.Cause, c.EndedAt, c.Playback = l.cause, l.endTime, nil
	} else {
		c.Claim, c.PendingHangup = r.activeClaim(now), r.pendingHangupView()
		c.Consultation = b.consultationView(r)
	}
	return c
}

func (r *row) toggle(v Verb, on bool) Toggle {
	t := Toggle{On: on}
	if w := r.toggleRequests[v]; w != nil {
		t.Requested, t.Pending = w.on, true
	}
	return t
}

func (r *row) started() time.Time {
	var t time.Time
	for _, l := range r.legs {
		if t.IsZero() || l.firstSeen.Before(t) {
			t = l.firstSeen
		}
	}
	return t
}

// about reports whether no event told when the call began.
func (r *row) approximate() bool {
	return !slices.ContainsFunc(r.legs, func(l *leg) bool { return l.rang || l.answered })
}

// due is when time alone changes the row next; zero: never.
func (r *row) nextChange(current *leg) time.Time {
	var due time.Time
	at := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	if current.end != live {
		at(current.endTime.Add(endedVisibleFor))
	}
	for _, l := range r.legs {
		if l.expires() {
			at(l.lastEvent.Add(ringingTimeout))
		}
	}
	if r.playback != nil {
		at(nextPlaybackChange(r.playback))
	}
	return due
}

// same reports whether two values of a row look the same, whatever their
// number and their memo.
func sameCall(x, y *Call) bool {
	return x.ID == y.ID && x.CallID == y.CallID && x.Phase == y.Phase && x.PreviousPhase == y.PreviousPhase &&
		x.Direction == y.Direction && x.Remote == y.Remote && x.Local == y.Local &&
		slices.Equal(x.UserNames, y.UserNames) && slices.Equal(x.MemberIDs, y.MemberIDs) && slices.Equal(x.VisibleTo, y.VisibleTo) && slices.Equal(x.PreviousParties, y.PreviousParties) &&
		x.Hold == y.Hold && x.Mute == y.Mute && x.Recording == y.Recording &&
		x.Started.Equal(y.Started) && x.Since.Equal(y.Since) && x.Approximate == y.Approximate &&
		equalValues(x.LastCommand, y.LastCommand) && equalValues(x.Playback, y.Playback) &&
		equalValues(x.Consultation, y.Consultation) && equalValues(x.Claim, y.Claim) && equalValues(x.PendingHangup, y.PendingHangup) &&
		x.Cause == y.Cause && x.EndedAt.Equal(y.EndedAt)
}

// sameValue compares what two pointers point to. Orders and Playings are
// replaced, never changed, once they were published.
func equalValues[T comparable](x, y *T) bool {
	return x == y || x != nil && y != nil && *x == *y
}
