package switchboard

import (
	"fmt"
	"time"

	"callboard/sipgate"
)

// lateAfter is for how long after an unknown outcome the lists may still show
// that the command was carried out, although the first list said otherwise:
// a request that timed out may lie in sipgate's queue.
const lateWindow = 15 * time.Second

// settle takes over what sipgate answered to a job.
func (b *Board) applyResponse(j *pendingCommand, l *leg, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.expire(now)
	b.nonListFacts++
	a, kind := j.command.Action, sipgate.KindOf(err)
	j.row = j.row.canonical()
	switch {
	case err == nil:
		b.confirm(j, l, now)
	case sipgate.MayHaveArrived(err):
		j.unknownTick, j.reconcileUntil = b.tick(), now.Add(lateWindow)
		if j.row.lastPending == j {
			j.row.unresolved = j
		}
		b.expectTransfer(j, l, now)
		b.finishCommand(j, Unknown, kind, now)
		if l.end != live {
			j.row.reconcileEnd(l, now)
		}
		err = fmt.Errorf("%w: %s: %w", ErrOutcomeUnknown, a.Verb(), err)
	default:
		switch kind {
		case sipgate.NoCall:
			l.suspectTick = b.tick()
		case sipgate.Unauthorized:
			j.carrier.authFailed = true
			b.reportHealth()
		}
		b.finishCommand(j, Failed, kind, now)
	}
	b.flush(now)
	b.requestPoll(j.carrier)
	return err
}

// confirm takes over that a job was carried out.
func (b *Board) confirm(j *pendingCommand, l *leg, now time.Time) {
	switch a := j.command.Action.(type) {
	case Hold:
		l.hold = a.On
	case Mute:
		l.mute = a.On
	case Record:
		l.recording = a.On
	case Announce:
		b.startPlayback(j.row, a, now)
	case TransferTo:
		b.expectTransfer(j, l, now)
		j.row.startConsultation(j, l, a, now)
		if !a.Attended {
			l.suspectTick = b.tick()
		}
	case CancelConsultation:
		if j.row.consultation != nil {
			j.row.consultation.cancelled = true
		}
		b.expectEnd(l, now)
	case HangUp:
		b.expectEnd(l, now)
	}
	l.commandTick = b.tick()
	b.finishCommand(j, Confirmed, 0, now)
}

// goes notes that sipgate accepted to end a leg.
func (b *Board) expectEnd(l *leg, now time.Time) {
	l.suspectTick = b.tick()
	if l.inPhase(Ringing) { // no list will tell
		b.endLeg(l, endedMissing, now)
	}
}

// reconcile decides, from a list that contains the leg, what became of a
// command whose outcome is unknown. The command is never sent again.
func (b *Board) reconcile(r *row, l *leg, asked uint64, now time.Time) {
	j := r.unresolved
	if asked < j.unknownTick || j.leg != l && (j.leg != nil || l != r.current()) {
		return
	}
	if now.After(j.reconcileUntil) {
		r.unresolved = nil
	}
	var done bool
	switch a := j.command.Action.(type) {
	case Hold:
		done = l.hold == a.On
	case Mute:
		done = l.mute == a.On
	case Record:
		done = l.recording == a.On
	case TransferTo:
		if a.Attended {
			return // the call may go on while the target is asked
		}
	case HangUp:
	default:
		return // nothing in a list tells
	}
	switch {
	case done:
		r.unresolved = nil
		r.setOutcome(j, Confirmed, 0, now)
	case r.lastCommand.Outcome == Unknown:
		r.setOutcome(j, Failed, r.lastCommand.Reason, now)
	}
	b.markDirty(r)
}

// reconcileEnd decides it from the end of the leg. What a switch is then shows
// the leg with which the call goes on, if it does.
func (r *row) reconcileEnd(l *leg, now time.Time) {
	j := r.unresolved
	if j == nil || j.leg != l {
		return
	}
	if _, ok := toggleTarget(j.command.Action); ok {
		j.leg = nil
		return
	}
	r.unresolved = nil
	if r.lastCommand.Outcome != Unknown && now.After(j.reconcileUntil) {
		return
	}
	switch j.command.Action.(type) {
	case HangUp, TransferTo, CancelConsultation:
		r.setOutcome(j, Confirmed, 0, now)
	}
}

// play notes that sipgate accepted an announcement, and watches for it to be
// fetched.
func (b *Board) startPlayback(r *row, a Announce, now time.Time) {
	p := &Playback{Title: a.Title, Since: now, Length: a.Length, Hosted: a.Fetched != nil}
	r.playback = p
	if p.Hosted {
		go b.awaitFetch(r, now, a.Fetched)
	}
}

// watchFetch waits for sipgate to fetch the announcement that the row has been
// playing since a moment, for as long as anything is shown of it.
func (b *Board) awaitFetch(r *row, since time.Time, fetched <-chan time.Time) {
	over := time.NewTimer(fetchTimeout + defaultPlaybackLength)
	defer over.Stop()
	var at time.Time
	select {
	case t, ok := <-fetched:
		if !ok {
			return
		}
		at = t
	case <-over.C:
		return
	case <-b.runDone:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r = r.canonical()
	if r.playback == nil || !r.playback.Since.Equal(since) {
		return
	}
	p := *r.playback
	p.FetchedAfter, p.Missed = max(at.Sub(since), time.Millisecond), false
	r.playback = &p
	b.markDirty(r)
	b.flush(time.Now())
}
