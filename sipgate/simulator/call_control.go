package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// NewCall describes the call that Ring begins. The package comment documents
// its JSON.
type NewCall struct {
	Direction string   `json:"direction,omitempty"` // "in" (default) or "out"
	From      string   `json:"from,omitempty"`      // E.164, or "anonymous"
	To        string   `json:"to,omitempty"`
	Users     []string `json:"users,omitempty"` // called users, or the calling user
	State     string   `json:"state,omitempty"` // "ringing" (default) or "established"
	Account   string   `json:"account,omitempty"`
}

// ErrNoCall is the error of commands on unknown calls.
var ErrNoCall = errors.New("simulator: no such call")

// Ring begins a call and returns its callId. It has defaults for empty fields:
// an incoming call comes from a contact of the account and rings the users of
// the called number, or the first user; an outgoing call is made by the first
// user.
func (s *Simulator) Ring(n NewCall) (string, error) {
	a, err := s.account(n.Account)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := n.spec(a)
	if err != nil {
		return "", err
	}
	now := s.now()
	c := s.pbx.begin(now, p)
	if n.State == string(established) {
		err = s.pbx.answer(now, c, nil)
	}
	return c.id, err
}

func (n NewCall) spec(a *account) (callSpec, error) {
	p := callSpec{account: a, direction: n.Direction, origin: "control"}
	switch {
	case p.direction == "":
		p.direction = in
	case p.direction != in && p.direction != out:
		return p, fmt.Errorf("direction %q is neither in nor out", n.Direction)
	}
	if n.State != "" && n.State != string(ringing) && n.State != string(established) {
		return p, fmt.Errorf("state %q is neither ringing nor established", n.State)
	}
	for _, id := range n.Users {
		u := a.user(id)
		if u == nil {
			return p, fmt.Errorf("no user %q in account %s", id, a.id)
		}
		if !slices.Contains(p.users, u) {
			p.users = append(p.users, u)
		}
	}
	var err error
	if p.from, err = normalizeNumber(n.From); err != nil {
		return p, err
	}
	if p.to, err = normalizeNumber(n.To); err != nil {
		return p, err
	}
	p.setDefaults()
	return p, nil
}

var shortNumber = regexp.MustCompile(`^[0-9]{1,6}$`)

// normalizeNumber adds the "+" to a number. It leaves "", "anonymous" and short
// numbers (extensions, emergency numbers) unchanged.
func normalizeNumber(number string) (string, error) {
	switch {
	case number == "", number == "anonymous", shortNumber.MatchString(number):
		return number, nil
	case numberFormat.MatchString(number):
		return e164(number), nil
	}
	return "", fmt.Errorf("%q is not a number in the form of E.164", number)
}

// setDefaults fills in empty fields.
func (p *callSpec) setDefaults() {
	external := "anonymous"
	if list := p.account.contacts; len(list) > 0 && len(list[0].numbers) > 0 {
		external = list[0].numbers[0].Number
	}
	if len(p.users) == 0 && p.direction == in {
		p.users = p.account.usersAt(p.to)
	} else if u := p.account.userByNumber(p.from); u != nil && len(p.users) == 0 {
		p.users = []*user{u}
	}
	if len(p.users) == 0 {
		p.users = p.account.users[:1]
	}
	internal := p.users[0].number()
	if p.direction == out {
		internal, external = external, internal
	}
	if p.from == "" {
		p.from = external
	}
	if p.to == "" {
		p.to = internal
	}
}

// Answer answers a ringing call for a user, or for the first called user if
// userID is empty. If the call was made by POST /sessions/calls and the
// caller's device still rings, a userID picks up only that device. Answering an
// established call changes nothing.
func (s *Simulator) Answer(callID, userID string) error {
	return s.onCallID(callID, func(now time.Time, c *call) error {
		if c.phase == ended {
			return errEnded
		}
		var u *user
		if userID != "" {
			if u = c.account.user(userID); u == nil {
				return fmt.Errorf("no user %q in account %s", userID, c.account.id)
			}
		}
		if u != nil && c.deviceCall != "" && !c.devicePickedUp {
			s.pbx.pickUpDevice(c)
			return nil
		}
		return s.pbx.answer(now, c, u)
	})
}

// HangUp ends a call. The default cause is "normalClearing" for an established
// call and "cancel" for a ringing one.
func (s *Simulator) HangUp(callID, cause string) error {
	return s.onCallID(callID, func(now time.Time, c *call) error {
		switch {
		case c.phase == ended:
			return errEnded
		case cause == "" && c.phase == ringing:
			cause = cancelled
		case cause == "":
			cause = normalClearing
		case !slices.Contains(causes, cause):
			return fmt.Errorf("cause %q is not one of %v", cause, causes)
		}
		s.pbx.end(now, c, cause)
		return nil
	})
}

// Forward forwards a ringing call to a number or to "voicemail", and returns
// the callId of the new call.
func (s *Simulator) Forward(callID, to string) (next string, err error) {
	err = s.onCallID(callID, func(now time.Time, c *call) error {
		var n *call
		if to == "voicemail" {
			n, err = s.pbx.forwardToVoicemail(now, c)
		} else if number, bad := normalizeNumber(to); bad != nil || number == "" {
			return fmt.Errorf("%q is neither a number nor voicemail", to)
		} else {
			n, err = s.pbx.forward(now, c, number)
		}
		if err == nil {
			next = n.id
		}
		return err
	})
	return next, err
}

func (s *Simulator) onCallID(callID string, f func(now time.Time, c *call) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.pbx.calls[callID]
	if c == nil {
		return ErrNoCall
	}
	return f(s.now(), c)
}

// account returns the account with this id, or the first account for "".
func (s *Simulator) account(id string) (*account, error) {
	for _, a := range s.accounts {
		if id == "" || a.id == id {
			return a, nil
		}
	}
	return nil, fmt.Errorf("no account %q", id)
}

// pickUpLater picks up the telephones of c after Options.Pickup, one by one.
func (s *Simulator) pickUpLater(c *call) {
	if s.opts.Pickup < 0 {
		return
	}
	s.after(s.opts.Pickup, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.phase == ringing && c.deviceCall != "" && !c.devicePickedUp {
			s.pbx.pickUpDevice(c)
			s.pickUpLater(c)
		} else if c.phase == ringing {
			s.pbx.answer(s.now(), c, nil)
		}
	})
}
