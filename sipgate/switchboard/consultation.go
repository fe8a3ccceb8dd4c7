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
type consultation struct {
	waitingLeg         *leg   // of the call that waits
	startTick          uint64 // when the command was given: the asked leg is younger
	to                 string
	by                 MemberID
	name               string
	at                 time.Time
	wasHeld, cancelled bool // that the call was on hold was seen; by StopAsking
}

// consult notes that an attended transfer was accepted.
func (r *row) startConsultation(cmd *pendingCommand, l *leg, t TransferTo, now time.Time) {
	r.consultation = nil
	if t.Attended {
		r.consultation = &consultation{waitingLeg: l, startTick: cmd.startTick, to: normalize(string(t.To)), by: cmd.command.By, name: cmd.byName, at: now}
	}
}

// asked is the leg to whoever is asked, nil if no event told of it.
func (r *row) consultedLeg() *leg {
	if r.consultation == nil {
		return nil
	}
	for i := len(r.legs) - 1; i >= 0; i-- {
		if l := r.legs[i]; l != r.consultation.waitingLeg && l.firstTick >= r.consultation.startTick && l.hasNumber(r.consultation.to) {
			return l
		}
	}
	return nil
}

// consultation is what is shown of a row whose call l waits; nil if nobody is
// asked. When the call is retrieved, and nobody rings any more, it is over.
func (b *Board) consultationView(r *row) *Consultation {
	a := r.consultation
	if a == nil {
		return nil
	}
	l, consulted := a.waitingLeg, r.consultedLeg()
	inProgress := consulted != nil && consulted.end == live
	a.wasHeld = a.wasHeld || l.hold
	if l.end != live || a.wasHeld && !l.hold && !inProgress {
		r.consultation = nil
		return nil
	}
	c := &Consultation{To: b.party(a.to, ""), By: a.by, Name: a.name, Since: a.at, Cancellable: inProgress}
	switch {
	case a.cancelled:
		c.State = ConsultationCancelled
	case consulted == nil, consulted.end == endedSilent:
		c.Approximate = true
	case inProgress && consulted.inPhase(Ringing):
		c.State, c.Since = ConsultationRinging, consulted.firstSeen
	case inProgress:
		c.State, c.Since = ConsultationAnswered, consulted.lastEvent
	case consulted.answered:
		c.State, c.Since = ConsultationHungUp, consulted.endTime
	default:
		c.State, c.Since = ConsultationUnanswered, consulted.endTime
	}
	return c
}

// StopAsking ends the call to whoever is asked; the call that waits stays on
// hold. It needs an event that told of that call.
type CancelConsultation struct{}

// Verb implements Action.
func (CancelConsultation) Verb() Verb { return VerbCancelConsultation }

func (CancelConsultation) fingerprint() string { return "unask" }
func (CancelConsultation) detail() string      { return "" }

func (CancelConsultation) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.HangUp(ctx, id)
}

// object is the leg that an action is done to; nil if there is none.
func (r *row) targetLeg(a Action) *leg {
	if _, ok := a.(CancelConsultation); !ok {
		return r.current()
	}
	if l := r.consultedLeg(); l != nil && l.end == live {
		return l
	}
	return nil
}
