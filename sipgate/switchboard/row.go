package switchboard

import (
	"slices"
	"time"
)

// A row is one call as its users understand it: it continues when a transfer
// or a forward gives the call another leg. Its published value is computed
// from its legs and the commands of members.
type row struct {
	id    RowID
	no    uint64 // age: lower is older
	legs  []*leg
	dirty bool

	published     *Call // last published value; nil if not on the board
	state         timedState
	since         time.Time
	previousPhase Phase // before it ended

	queue          []*pendingCommand       // commands in order; it is the first one's turn
	toggleRequests map[Verb]*toggleRequest // newest unanswered command of each Toggle
	expectations   map[Verb]*expectation   // newest accepted command of each kind that lists show
	lastCommand    *LastCommand
	lastPending    *pendingCommand // command that lastCommand describes
	unresolved     *pendingCommand // command with an outcome that lists have to decide
	playback       *Playback

	claim         *Claim            // of an open dialog
	claimInput    time.Time         // when its member typed last
	lostClaims    map[MemberID]bool // members whose open dialogs must not take a claim back without input
	pendingHangup *pendingHangup

	transfer     transfer
	consultation *consultation
	mergedInto   *row // row that continues this one
}

// timedState is the state that Call.Since belongs to.
type timedState struct {
	phase Phase
	held  bool
}

type toggleRequest struct {
	on  bool
	cmd *pendingCommand
}

// newRow returns a row that is not on the board yet.
func (b *Board) newRow(id RowID) *row {
	b.lastRowNo++
	return &row{id: id, no: b.lastRowNo, toggleRequests: map[Verb]*toggleRequest{}, expectations: map[Verb]*expectation{}}
}

// maxLegs is how many legs a row keeps: more than calls have in practice, so
// that a flood of events does not make a row expensive.
const maxLegs = 16

// addLeg adds the leg to the row.
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

// mergeRows merges two rows. The older one continues with the legs of both.
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

// moveStateTo moves the row's commands and claims to the row that continues
// it.
func (r *row) moveStateTo(x *row) {
	r.mergedInto = x
	x.queue, r.queue = append(x.queue, r.queue...), nil
	for v, w := range r.toggleRequests {
		if x.toggleRequests[v] == nil {
			x.toggleRequests[v] = w
		}
	}
	for v, e := range r.expectations {
		if o := x.expectations[v]; o == nil || o.tick < e.tick {
			x.expectations[v] = e
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
	if x.claimInput.Before(r.claimInput) {
		x.claimInput = r.claimInput
	}
}

// canonical returns the row that r was merged into, or r itself.
func (r *row) canonical() *row {
	for r.mergedInto != nil {
		r = r.mergedInto
	}
	return r
}

// refresh computes the row's value and publishes it if it changed.
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
			return // never shown, or already removed
		}
		b.removeRow(r)
		return
	}
	b.schedule(r.renewClaim(now))
	c := b.computeCall(r, legs, l, now)
	b.schedule(b.nextChange(r, l, now))
	if r.published != nil && sameCall(r.published, &c) {
		return
	}
	if r.published == nil {
		b.insertRow(r)
	} else if looksSame(r.published, &c) {
		c.ShownSeq, c.Memo = r.published.ShownSeq, r.published.Memo
	}
	r.published = &c
	b.publish(Change{Call: &c})
}

// computeCall computes the row's value. publish sets Seq, ShownSeq and Memo.
func (b *Board) computeCall(r *row, legs chain, l *leg, now time.Time) Call {
	p, _ := l.phase()
	conversation, caller, callee := legs.conversation(l)
	any := func(is func(*leg) bool) bool { return slices.ContainsFunc(conversation, is) }
	hold := r.expected(VerbHold, any(func(l *leg) bool { return l.hold }), conversation)
	s := timedState{p, hold}
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
		ID: r.id, No: r.no, CallID: l.id, Phase: p, PreviousPhase: r.previousPhase, Direction: legs.direction,
		Hold:      r.toggle(VerbHold, hold),
		Mute:      r.toggle(VerbMute, r.expected(VerbMute, any(func(l *leg) bool { return l.mute }), conversation)),
		Recording: r.toggle(VerbRecord, r.expected(VerbRecord, any(func(l *leg) bool { return l.recording }), conversation)),
		Started:   r.started(), Since: r.since, Approximate: r.approximate(),
		LastCommand: r.lastCommand, Playback: r.playback,
	}
	if caller != nil {
		b.setInternalParties(legs, caller, callee, &c)
		c.Voicemail = callee.isVoicemail()
	} else {
		b.setParties(legs, l, &c)
		c.Voicemail = l.isVoicemail()
	}
	for _, l := range conversation {
		for _, m := range l.observers {
			c.VisibleTo = append(c.VisibleTo, m.id)
		}
	}
	c.OwnersPending = len(c.MemberIDs) == 0 && !c.Voicemail && !b.roster.Known()
	slices.Sort(c.VisibleTo)
	c.VisibleTo = slices.Compact(c.VisibleTo)
	if p == Ended {
		c.Cause, c.EndedAt, c.EndApproximate, c.Playback = l.cause, l.endTime, l.endIsGuess(), nil
		c.Approximate = c.Approximate || c.EndApproximate
	} else {
		doubt := b.doubtAt(l)
		c.Doubtful = !doubt.IsZero() && !now.Before(doubt)
		c.Claim, c.PendingHangup = r.activeClaim(now), r.pendingHangupView()
		if c.Consultation = b.consultationView(r); c.Consultation != nil && c.Consultation.State == ConsultationRinging {
			c.RingsAt = b.owners(r.consultedLeg())
		}
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

// approximate reports whether no event gave the start of the call.
func (r *row) approximate() bool {
	return !slices.ContainsFunc(r.legs, func(l *leg) bool { return l.rang || l.answered })
}

// nextChange returns when the row changes next by time alone, zero for never.
func (b *Board) nextChange(r *row, current *leg, now time.Time) time.Time {
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
		if t := b.silentEnd(l); !t.IsZero() {
			at(t)
		}
	}
	if t := b.doubtAt(current); t.After(now) {
		at(t)
	}
	for _, e := range r.expectations {
		at(e.until)
	}
	if r.playback != nil {
		at(nextPlaybackChange(r.playback))
	}
	return due
}

// sameCall reports whether two values of a row are equal except for Seq,
// ShownSeq and Memo.
func sameCall(x, y *Call) bool {
	return looksSame(x, y) && slices.Equal(x.VisibleTo, y.VisibleTo) && equalValues(x.Claim, y.Claim)
}

// looksSame reports whether two values of a row are shown alike.
func looksSame(x, y *Call) bool {
	return x.ID == y.ID && x.No == y.No && x.CallID == y.CallID && x.Phase == y.Phase && x.PreviousPhase == y.PreviousPhase &&
		x.Direction == y.Direction && x.Internal == y.Internal && x.Voicemail == y.Voicemail && x.Remote == y.Remote && x.Local == y.Local &&
		slices.Equal(x.UserNames, y.UserNames) && slices.Equal(x.MemberIDs, y.MemberIDs) && x.OwnersPending == y.OwnersPending && slices.Equal(x.RingsAt, y.RingsAt) && slices.Equal(x.PreviousParties, y.PreviousParties) &&
		x.Hold == y.Hold && x.Mute == y.Mute && x.Recording == y.Recording &&
		x.Started.Equal(y.Started) && x.Since.Equal(y.Since) && x.Approximate == y.Approximate &&
		equalValues(x.LastCommand, y.LastCommand) && equalValues(x.Playback, y.Playback) &&
		equalValues(x.Consultation, y.Consultation) && x.Claim.looksSame(y.Claim) && equalValues(x.PendingHangup, y.PendingHangup) &&
		x.Cause == y.Cause && x.EndedAt.Equal(y.EndedAt) && x.EndApproximate == y.EndApproximate && x.Doubtful == y.Doubtful
}

// equalValues compares the values that two pointers point to. Published values
// are replaced, never modified.
func equalValues[T comparable](x, y *T) bool {
	return x == y || x != nil && y != nil && *x == *y
}
