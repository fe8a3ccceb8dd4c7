package switchboard

import (
	"fmt"
	"time"

	"callboard/sipgate"
)

// lateAfter is for how long after an unknown outcome the lists may still show
// that the command was carried out, although the first list said otherwise:
// a request that timed out may lie in sipgate's queue.
const lateAfter = 15 * time.Second

// settle takes over what sipgate answered to a job.
func (b *Board) settle(j *job, l *leg, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.sweep(now)
	b.facts++
	a, kind := j.command.Action, sipgate.KindOf(err)
	j.row = j.row.final()
	switch {
	case err == nil:
		b.confirm(j, l, now)
	case sipgate.MayHaveArrived(err):
		j.unknownAt, j.watched = b.tick(), now.Add(lateAfter)
		if j.row.lastN == j {
			j.row.open = j
		}
		b.expectMove(j, l, now)
		b.finishJob(j, Unknown, kind, now)
		if l.end != live {
			j.row.reconcileEnd(l, now)
		}
		err = fmt.Errorf("%w: %s: %w", ErrUnknown, a.Verb(), err)
	default:
		switch kind {
		case sipgate.NoCall:
			l.doubt = b.tick()
		case sipgate.Unauthorized:
			j.member.aside = true
			b.reportHealth()
		}
		b.finishJob(j, Failed, kind, now)
	}
	b.flush(now)
	b.hurry(j.member)
	return err
}

// confirm takes over that a job was carried out.
func (b *Board) confirm(j *job, l *leg, now time.Time) {
	switch a := j.command.Action.(type) {
	case Hold:
		l.hold = a.On
	case Mute:
		l.mute = a.On
	case Record:
		l.recording = a.On
	case Announce:
		b.play(j.row, a, now)
	case TransferTo:
		b.expectMove(j, l, now)
		j.row.consult(j, l, a, now)
		if !a.Attended {
			l.doubt = b.tick()
		}
	case CancelConsultation:
		if j.row.ask != nil {
			j.row.ask.stopped = true
		}
		b.goes(l, now)
	case HangUp:
		b.goes(l, now)
	}
	l.settled = b.tick()
	b.finishJob(j, Confirmed, 0, now)
}

// goes notes that sipgate accepted to end a leg.
func (b *Board) goes(l *leg, now time.Time) {
	l.doubt = b.tick()
	if l.is(Ringing) { // no list will tell
		b.finish(l, missing, now)
	}
}

// reconcile decides, from a list that contains the leg, what became of a
// command whose outcome is unknown. The command is never sent again.
func (b *Board) reconcile(r *row, l *leg, asked uint64, now time.Time) {
	j := r.open
	if asked < j.unknownAt || j.leg != l && (j.leg != nil || l != r.current()) {
		return
	}
	if now.After(j.watched) {
		r.open = nil
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
		r.open = nil
		r.outcome(j, Confirmed, 0, now)
	case r.last.Outcome == Unknown:
		r.outcome(j, Failed, r.last.Reason, now)
	}
	b.touch(r)
}

// reconcileEnd decides it from the end of the leg. What a switch is then shows
// the leg with which the call goes on, if it does.
func (r *row) reconcileEnd(l *leg, now time.Time) {
	j := r.open
	if j == nil || j.leg != l {
		return
	}
	if _, ok := switched(j.command.Action); ok {
		j.leg = nil
		return
	}
	r.open = nil
	if r.last.Outcome != Unknown && now.After(j.watched) {
		return
	}
	switch j.command.Action.(type) {
	case HangUp, TransferTo, CancelConsultation:
		r.outcome(j, Confirmed, 0, now)
	}
}

// play notes that sipgate accepted an announcement, and watches for it to be
// fetched.
func (b *Board) play(r *row, a Announce, now time.Time) {
	p := &Playback{Title: a.Title, Since: now, Length: a.Length, Hosted: a.Fetched != nil}
	r.play = p
	if p.Hosted {
		go b.watchFetch(r, now, a.Fetched)
	}
}

// watchFetch waits for sipgate to fetch the announcement that the row has been
// playing since a moment, for as long as anything is shown of it.
func (b *Board) watchFetch(r *row, since time.Time, fetched <-chan time.Time) {
	over := time.NewTimer(fetchExpected + unknownLength)
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
	case <-b.stop:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r = r.final()
	if r.play == nil || !r.play.Since.Equal(since) {
		return
	}
	p := *r.play
	p.FetchedAfter, p.Missed = max(at.Sub(since), time.Millisecond), false
	r.play = &p
	b.touch(r)
	b.flush(time.Now())
}
