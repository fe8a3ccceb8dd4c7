package switchboard

import (
	"fmt"
	"time"

	"callboard/sipgate"
)

// lateWindow is how long after an unknown outcome a list may still show that
// the command was executed, even if an earlier list said otherwise: a request
// that timed out may be queued at sipgate.
const lateWindow = 15 * time.Second

// applyResponse applies sipgate's response to a command and returns the error
// of Execute.
func (b *Board) applyResponse(cmd *pendingCommand, l *leg, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	b.nonListFacts++
	a, kind := cmd.command.Action, sipgate.KindOf(err)
	cmd.row = cmd.row.canonical()
	switch {
	case err == nil:
		b.confirm(cmd, l, now)
	case sipgate.MayHaveArrived(err):
		cmd.unknownTick, cmd.reconcileUntil = b.tick(), now.Add(lateWindow)
		if cmd.row.lastPending == cmd {
			cmd.row.unresolved = cmd
		}
		b.expectTransfer(cmd, l, now)
		b.finishCommand(cmd, Unknown, kind, now)
		if l.end != live {
			cmd.row.reconcileEnd(l, now)
		}
		err = fmt.Errorf("%w: %s: %w", ErrOutcomeUnknown, a.Verb(), err)
	default:
		switch kind {
		case sipgate.NoCall:
			l.suspectTick, l.notFound = b.tick(), true
			b.markDirty(cmd.row)
		case sipgate.Unauthorized:
			cmd.carrier.authFailed = true
			b.reportHealth()
		}
		b.finishCommand(cmd, Failed, kind, now)
	}
	b.flush(now)
	b.requestPoll(cmd.carrier)
	return err
}

// confirm applies a command that sipgate executed.
func (b *Board) confirm(cmd *pendingCommand, l *leg, now time.Time) {
	switch a := cmd.command.Action.(type) {
	case Hold:
		l.hold = a.On
	case Mute:
		l.mute = a.On
	case Record:
		l.recording = a.On
	case Announce:
		b.startPlayback(cmd.row, a, now)
	case TransferTo:
		b.expectTransfer(cmd, l, now)
		cmd.row.startConsultation(cmd, l, a, now)
		if !a.Attended {
			l.suspectTick = b.tick()
		}
	case CancelConsultation:
		if cmd.row.consultation != nil {
			cmd.row.consultation.cancelled = true
		}
		b.expectEnd(l, now)
	case HangUp:
		b.expectEnd(l, now)
	}
	l.commandTick, l.acceptedAt, l.notFound = b.tick(), now, false
	l.reached(cmd.carrier)
	outcome := Confirmed
	_, toggles := toggleTarget(cmd.command.Action)
	if l.end == live && (toggles || cmd.command.Action.Verb() == VerbHangUp) {
		b.expect(cmd, l, now)
		outcome = Accepted
	}
	b.finishCommand(cmd, outcome, 0, now)
}

// expectEnd records that sipgate accepted to end a leg.
func (b *Board) expectEnd(l *leg, now time.Time) {
	l.suspectTick = b.tick()
	if l.inPhase(Ringing) || b.health.ListRefused { // no list would show the end
		b.endLeg(l, endedMissing, now)
	}
}

// reconcile decides, by a list that contains the leg, the row's command with
// an unknown outcome. The command is never sent again.
func (b *Board) reconcile(r *row, l *leg, requestTick uint64, now time.Time) {
	cmd := r.unresolved
	if requestTick < cmd.unknownTick || cmd.leg != l && (cmd.leg != nil || l != r.current()) {
		return
	}
	if now.After(cmd.reconcileUntil) {
		r.unresolved = nil
	}
	var done bool
	switch a := cmd.command.Action.(type) {
	case Hold:
		done = l.hold == a.On
	case Mute:
		done = l.mute == a.On
	case Record:
		done = l.recording == a.On
	case TransferTo:
		if a.Attended {
			return // the call may continue while the target is consulted
		}
	case HangUp:
	default:
		return // lists do not show it
	}
	switch {
	case done:
		r.unresolved = nil
		r.setOutcome(cmd, Confirmed, 0, now)
	case r.lastCommand.Outcome == Unknown:
		r.setOutcome(cmd, Failed, r.lastCommand.Reason, now)
	}
	b.markDirty(r)
}

// reconcileEnd decides that command by the end of its leg. If it was about a
// Toggle, the leg that continues the call will show its state, if there is
// one.
func (r *row) reconcileEnd(l *leg, now time.Time) {
	cmd := r.unresolved
	if cmd == nil || cmd.leg != l {
		return
	}
	if _, ok := toggleTarget(cmd.command.Action); ok {
		cmd.leg = nil
		return
	}
	r.unresolved = nil
	if r.lastCommand.Outcome != Unknown && now.After(cmd.reconcileUntil) {
		return
	}
	switch cmd.command.Action.(type) {
	case HangUp, TransferTo, CancelConsultation:
		r.setOutcome(cmd, Confirmed, 0, now)
	}
}
