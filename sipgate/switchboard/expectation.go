package switchboard

import (
	"slices"
	"time"
)

// commandLag is how long lists may be older at sipgate than a command that it
// accepted before.
const commandLag = 5 * time.Second

// An expectation is a command that sipgate accepted and no list has confirmed
// yet. What it requested stands against lists for commandLag: they may still
// show the state before. After that, the command is Unconfirmed and the lists
// are right.
type expectation struct {
	cmd    *pendingCommand
	leg    *leg
	on     bool // requested state, if the command is about a Toggle
	tick   uint64
	until  time.Time
	agreed bool // a list confirmed it
}

// expect records that sipgate accepted the command on the leg.
func (b *Board) expect(cmd *pendingCommand, l *leg, now time.Time) {
	on, _ := toggleTarget(cmd.command.Action)
	e := &expectation{cmd: cmd, leg: l, on: on, tick: b.tick(), until: now.Add(commandLag)}
	cmd.row.expectations[cmd.command.Action.Verb()] = e
	b.schedule(e.until)
}

// expected returns the state of a Toggle that a command on the conversation
// requested, if its lists may still be older, else on.
func (r *row) expected(v Verb, on bool, conversation []*leg) bool {
	if e := r.expectations[v]; e != nil && slices.Contains(conversation, e.leg) {
		return e.on
	}
	return on
}

// checkExpectations compares what is expected of a leg with a list that was
// requested at requestTick and contains it. It reports whether the list
// contradicts.
func (b *Board) checkExpectations(l *leg, requestTick uint64, now time.Time) (contrary bool) {
	if l.row == nil {
		return false
	}
	for v, e := range l.row.expectations {
		switch {
		case e.leg != l || e.agreed || requestTick < e.tick:
		case v != VerbHangUp && l.toggled(v) == e.on:
			e.agreed = true
			l.row.setOutcome(e.cmd, Confirmed, 0, now)
			b.markDirty(l.row)
		default:
			contrary = true
		}
	}
	return contrary
}

// toggled returns the state of a Toggle as the leg has it.
func (l *leg) toggled(v Verb) bool {
	switch v {
	case VerbHold:
		return l.hold
	case VerbMute:
		return l.mute
	}
	return l.recording
}

// expectedEnd applies that a leg ended to what is expected of it: no list will
// contradict sipgate any more.
func (r *row) expectedEnd(l *leg, now time.Time) {
	for v, e := range r.expectations {
		if e.leg != l {
			continue
		}
		if !e.agreed {
			r.setOutcome(e.cmd, Confirmed, 0, now)
		}
		delete(r.expectations, v)
	}
}

// expireExpectations ends what was expected for long enough. Lists may still
// confirm it late.
func (r *row) expireExpectations(now time.Time) {
	for v, e := range r.expectations {
		if now.Before(e.until) {
			continue
		}
		delete(r.expectations, v)
		switch {
		case e.agreed || r.lastPending != e.cmd:
			continue
		case !r.talksOn(e.leg): // the call went on as another leg: no list will tell
			r.setOutcome(e.cmd, Confirmed, 0, now)
			continue
		}
		e.cmd.unknownTick, e.cmd.reconcileUntil = e.tick, now.Add(lateWindow)
		r.unresolved = e.cmd
		r.setOutcome(e.cmd, Unconfirmed, 0, now)
	}
}

// talksOn reports whether the leg is one of the row's conversation.
func (r *row) talksOn(l *leg) bool {
	legs := r.chain()
	conversation, _, _ := legs.conversation(legs.current())
	return slices.Contains(conversation, l)
}
