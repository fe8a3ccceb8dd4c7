package switchboard

import (
	"context"
	"slices"
	"time"

	"callboard/sipgate"
)

// Consultation is an attended transfer that sipgate accepted and that is not
// completed: the target is asked to take the call, which usually waits on
// hold. sipgate does not document how it ends. Observed: if the target takes
// the call, it continues with the target; if not, it stays as it was.
type Consultation struct {
	To          Party    // the consulted party
	By          MemberID // member who requested the transfer
	Name        string   // of By
	State       ConsultationState
	Since       time.Time // when State began
	Approximate bool      // no event gave the time: Since is an estimate
	Cancellable bool      // the call to the consulted party is known and live, so that it can be ended
}

// ConsultationState is the state of a consultation.
type ConsultationState int

// The states of a consultation.
const (
	ConsultationRequested  ConsultationState = iota // accepted by sipgate; no event about the consulted party
	ConsultationRinging                             // the consulted party's telephone rings
	ConsultationAnswered                            // the consulted party answered, the call still waits
	ConsultationUnanswered                          // the consulted party did not answer
	ConsultationHungUp                              // the consulted party answered and hung up
	ConsultationCancelled                           // ended by CancelConsultation
)

// consultation is the state of an attended transfer in progress.
type consultation struct {
	waitingLeg         *leg   // leg of the call that waits
	startTick          uint64 // of the command; the consulted leg is younger
	to                 string
	by                 MemberID
	name               string
	at                 time.Time
	wasHeld, cancelled bool // whether the call was seen on hold; whether it was cancelled
}

// startConsultation records that sipgate accepted a transfer, if it is an
// attended one.
func (r *row) startConsultation(cmd *pendingCommand, l *leg, t TransferTo, now time.Time) {
	r.consultation = nil
	if t.Attended {
		r.consultation = &consultation{waitingLeg: l, startTick: cmd.startTick, to: normalize(string(t.To)), by: cmd.command.By, name: cmd.byName, at: now}
	}
}

// consultedLeg returns the leg to the consulted party, nil if no event
// announced it.
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

// consultationView returns the published form of the row's consultation, nil
// if there is none. It drops a consultation that is over: the call ended, or
// was resumed and the consulted party's telephone no longer rings.
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

// CancelConsultation ends the call to the consulted party; the waiting call
// stays on hold. It needs an event that announced the former, else the error
// is ErrEnded.
type CancelConsultation struct{}

// Verb returns VerbCancelConsultation.
func (CancelConsultation) Verb() Verb { return VerbCancelConsultation }

func (CancelConsultation) fingerprint() string { return "unask" }
func (CancelConsultation) detail() string      { return "" }

func (CancelConsultation) send(ctx context.Context, api API, id sipgate.CallID) error {
	return api.HangUp(ctx, id)
}

// targetLeg returns the leg to which m's command applies; nil if there is none.
// Of an internal call that is m's own side, else the one that m's access
// reaches.
func (b *Board) targetLeg(r *row, m *member, a Action) *leg {
	if _, ok := a.(CancelConsultation); ok {
		if l := r.consultedLeg(); l != nil && l.end == live {
			return l
		}
		return nil
	}
	legs := r.chain()
	current := legs.current()
	if current == nil || m == nil {
		return current
	}
	conversation, _, _ := legs.conversation(current)
	best, top := current, 0
	for _, l := range conversation {
		n := 0
		if l.observedBy(m) {
			n += 2
		}
		if slices.Contains(b.owners(l), m.id) {
			n++
		}
		if n > top {
			best, top = l, n
		}
	}
	return best
}
