package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// serviceID is the service account on the board. It is no person: nobody signs
// in as it, the policy does not know it, no command goes through it.
const serviceID switchboard.MemberID = "service"

// serviceName is what the log and the status page call it.
const serviceName = "Service account"

// service is the account that watches for a team when nobody is signed in, and
// adds to the board what it sees. One goroutine uses it.
type service struct {
	h      *handlers
	client *sipgate.Client

	account  string // whose board it joined last, "" before
	again    int    // how many times watch did nothing after the last failure,
	left     int    // and how many times of these are left
	troubled string // the failure that was told
}

// newService returns nil if the program has no service account.
func newService(h *handlers) *service {
	if h.Service == nil {
		return nil
	}
	return &service{h: h, client: h.Client(h.Service)}
}

// mostIdle is how often watch does nothing at most: with musterEvery, that is
// a quarter of an hour between two attempts with what sipgate has refused.
const mostIdle = 29

var errServiceNotAllowed = errors.New("-accounts does not allow its sipgate account")

// watch sees to it that the service account is on the board of its team. It
// tries again whenever it is called, and less and less often after a refusal:
// attempts may lock an account.
func (s *service) watch(ctx context.Context) {
	switch {
	case s == nil:
		return
	case s.account != "" && !s.h.People.Allows(s.account):
		s.h.Exchange.Board(s.account).Leave(serviceID)
		s.account = ""
	case s.watches():
		s.again, s.left = 0, 0
		return
	}
	if s.left > 0 {
		s.left--
		return
	}
	err := s.begin(ctx)
	if ctx.Err() != nil {
		return
	}
	if kind := sipgate.KindOf(err); kind == sipgate.Unavailable {
		s.again = 0
	} else {
		s.again = min(2*s.again+1, mostIdle) // joined too: who is set aside at once is no better
	}
	s.left = s.again
	s.tell(err)
}

// watches reports whether sipgate shows the service account's list to the board.
func (s *service) watches() bool {
	if s.account == "" {
		return false
	}
	board := s.h.Exchange.Board(s.account)
	return board.HasMember(serviceID) && !slices.Contains(board.Snapshot().Health.AuthFailed, serviceID)
}

// begin finds out whose account it is and joins the board.
func (s *service) begin(ctx context.Context) error {
	info, err := s.client.UserInfo(ctx)
	if err != nil {
		return err
	}
	account := info.MasterSipID
	if !s.h.People.Allows(account) {
		return fmt.Errorf("account %s: %w", account, errServiceNotAllowed)
	}
	s.h.Exchange.Board(account).Join(switchboard.Member{
		ID: serviceID, Name: serviceName, API: s.client, Names: s.h.namesOf(account, s.client),
	})
	s.account = account
	return nil
}

// tell logs what became of an attempt, unless that was the last thing told.
func (s *service) tell(err error) {
	if err == nil {
		s.troubled = ""
		s.h.Log.Info("the service account watches", "account", s.account)
		return
	}
	if err.Error() == s.troubled {
		return
	}
	s.troubled = err.Error()
	if k := sipgate.KindOf(err); k == sipgate.Unauthorized || k == sipgate.Forbidden {
		s.h.Log.Warn("sipgate refuses the service account: check the -service settings", "err", err)
		return
	}
	s.h.Log.Warn("the service account does not watch", "err", err)
}

// personsOf is how many people's access a board has.
func (h *handlers) personsOf(account string) int {
	return len(slices.DeleteFunc(h.Exchange.Board(account).Members(), func(m switchboard.MemberID) bool { return m == serviceID }))
}
