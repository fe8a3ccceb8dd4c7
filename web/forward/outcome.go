package forward

import (
	"errors"
	"time"
)

// Outcomes of a request that is not at home here.
const (
	Answered  = "answered"  // by the node that was asked
	Resent    = "resent"    // answered at the second try: the team had moved
	Away      = "away"      // see ErrAway
	Unknown   = "unknown"   // see ErrUnknown
	Cut       = "cut"       // the answer broke off
	Abandoned = "abandoned" // the visitor went away, or did not send all of it
)

// outcome returns how the request went, by its error.
func (p *passing) outcome(err error) string {
	switch {
	case errors.Is(err, ErrUnknown):
		return Unknown
	case errors.Is(err, ErrAway):
		return Away
	case p.body.failed() != nil, err != nil && p.r.Context().Err() != nil:
		return Abandoned
	case p.tries > 1:
		return Resent
	}
	return Answered
}

// note tells of the request, unless it was served here at once.
func (p *passing) note(outcome string, took time.Duration) {
	switch {
	case p.f.o.OnPassed == nil || p.tries == 0 && outcome != Away:
		return
	case outcome == Cut && p.r.Context().Err() != nil:
		outcome = Abandoned
	}
	p.f.o.OnPassed(outcome, took)
}
