package switchboard

import (
	"context"
	"time"

	"callboard/sipgate"
)

// Consultation is that somebody is asked whether they take a call: an attended
// transfer that sipgate accepted, while the call itself goes on, as a rule on
// hold. How sipgate completes one is not documented: the target answers, and
// the call goes on with them, or does not, and the call stays as it is.
type Consultation struct {
	To          Party             // who is asked
	By          MemberID          // who asks
	Name        string            // of that member
	State       ConsultationState // what is known of whoever is asked
	Since       time.Time         // since when
	Approximate bool              // Since was not told by sipgate
	Cancellable bool              // the call to whoever is asked is known, and lives: it can be ended
}

// Asking says how far a consultation is.
type ConsultationState int

// The states of a consultation.
const (
	ConsultationRequested  ConsultationState = iota // sipgate accepted it; no event tells more
	ConsultationRinging                             // the telephone of whoever is asked
	ConsultationAnswered                            // they are on the line, and the call still waits
	ConsultationUnanswered                          // it rang, and was not answered
	ConsultationHungUp                              // they answered, and hung up
	ConsultationCancelled                           // nobody is asked any more, as one of us wanted
)

// ask is a consultation as the row keeps it.
type ask struct {
	leg           *leg   // of the call that waits
	since         uint64 // when the command was given: the asked leg is younger
	to            string
	by            MemberID
	name          string
	at            time.Time
	held, stopped bool // that the call was on hold was seen; by StopAsking
}

// consult notes that an attended transfer was accepted.
func (r *row) consult(j *job, l *leg, t TransferTo, now time.Time) {
	r.ask = nil
	if t.Attended {
		r.ask = &ask{leg: l, since: j.began, to: number(string(t.To)), by: j.command.By, name: j.name, at: now}
	}
}

// asked is the leg to whoever is asked, nil if no event told of it.
func (r *row) asked() *leg {
	if r.ask == nil {
		return nil
	}
	for i := len(r.legs) - 1; i >= 0; i-- {
		if l := r.legs[i]; l != r.ask.leg && l.no >= r.ask.since && l.has(r.ask.to) {
			return l
		}
	}
	return nil
}

// consultation is what is shown of a row whose call l waits; nil if nobody is
// asked. When the call is retrieved, and nobody rings any more, it is over.
func (b *Board) consultation(r *row) *Consultation {
	a := r.ask
	if a == nil {
		return nil
	}
	l, asked := a.leg, r.asked()
	calling := asked != nil && asked.end == live
	a.held = a.held || l.hold
	if l.end != live || a.held && !l.hold && !calling {
		r.ask = nil
		return nil
	}
	c := &Consultation{To: b.party(a.to, ""), By: a.by, Name: a.name, Since: a.at, Cancellable: calling}
	switch {
	case a.stopped:
		c.State = ConsultationCancelled
	case asked == nil, asked.end == silent:
		c.Approximate = true
	case calling && asked.is(Ringing):
		c.State, c.Since = ConsultationRinging, asked.heard
	case calling:
		c.State, c.Since = ConsultationAnswered, asked.word
	case asked.answered:
		c.State, c.Since = ConsultationHungUp, asked.ended
	default:
		c.State, c.Since = ConsultationUnanswered, asked.ended
	}
	return c
}

// StopAsking ends the call to whoever is asked; the call that waits stays on
// hold. It needs an event that told of that call.
type CancelConsultation struct{}

// Verb implements Action.
func (CancelConsultation) Verb() Verb { return VerbCancelConsultation }

func (CancelConsultation) print() string  { return "unask" }
func (CancelConsultation) detail() string { return "" }

func (CancelConsultation) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.HangUp(ctx, id)
}

// object is the leg that an action is done to; nil if there is none.
func (r *row) object(a Action) *leg {
	if _, ok := a.(CancelConsultation); !ok {
		return r.current()
	}
	if l := r.asked(); l != nil && l.end == live {
		return l
	}
	return nil
}
