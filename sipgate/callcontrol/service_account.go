package callcontrol

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// ServiceID is the service account on the board. It is not a member: the policy
// does not know it, and no command goes through it.
const ServiceID switchboard.MemberID = "service"

// ServiceName is the name of the service account in logs and on the status page.
const ServiceName = "Service account"

// A serviceAccount watches for a team when no member is signed in, and adds to
// the board what it sees. One goroutine uses it.
type serviceAccount struct {
	c      *Control
	client *sipgate.Client

	account   string // whose board it joined last, "" before
	belongs   string // the account of the credentials, "" as long as that is not known
	backoff   int    // how many times watch does nothing after the last failure,
	remaining int    // and how many of these times are left
	lastError string // the failure that was logged last
}

func newServiceAccount(c *Control) *serviceAccount {
	if _, ok := c.Service.(*sipgate.Password); ok {
		c.Log.Warn("service account signs in with a password; prefer a personal access token, which can be revoked alone")
	}
	return &serviceAccount{c: c, client: c.Client("", c.Service)}
}

// maxBackoff is how many times in a row watch does nothing at most: with
// syncInterval, a quarter of an hour between two attempts with credentials that
// sipgate refused.
const maxBackoff = 29

var errServiceNotAllowed = errors.New("--accounts does not allow its sipgate account")

// watch keeps the service account on the board of its team. After a refusal it
// tries again less and less often: attempts may lock an account.
func (s *serviceAccount) watch(ctx context.Context) {
	switch {
	case s == nil:
		return
	case s.belongs != "" && !s.c.ActsFor(s.belongs):
		s.account = "" // its board is closed
		return
	case s.account != "" && !s.c.Members.Allows(s.account):
		s.c.Boards.Board(s.account).Leave(ServiceID)
		s.account = ""
	case s.watching():
		s.backoff, s.remaining = 0, 0
		return
	}
	if s.remaining > 0 {
		s.remaining--
		return
	}
	err := s.join(ctx)
	if ctx.Err() != nil {
		return
	}
	if sipgate.KindOf(err) == sipgate.Unavailable {
		s.backoff = 0
	} else {
		s.backoff = min(2*s.backoff+1, maxBackoff) // after joining too: sipgate may refuse the first list
	}
	s.remaining = s.backoff
	s.log(err)
}

// watching reports whether sipgate shows the service account's list to the
// board.
func (s *serviceAccount) watching() bool {
	if s.account == "" {
		return false
	}
	board := s.c.Boards.Board(s.account)
	return board.HasMember(ServiceID) && !slices.Contains(board.Snapshot().Health.AuthFailed, ServiceID)
}

// join asks sipgate to which account the credentials belong, and joins its
// board.
func (s *serviceAccount) join(ctx context.Context) error {
	info, err := s.client.UserInfo(ctx)
	if err != nil {
		return err
	}
	account := info.MasterSipID
	if s.belongs = account; !s.c.ActsFor(account) {
		return nil
	}
	if !s.c.Members.Allows(account) {
		return fmt.Errorf("account %s: %w", account, errServiceNotAllowed)
	}
	client := s.watched(account)
	s.c.Boards.Board(account).Join(switchboard.Member{
		ID: ServiceID, Name: ServiceName, API: client, Names: s.c.readTeamNames(account, client),
	})
	s.account = account
	return nil
}

// watched returns the client for reading the lists of an account.
func (s *serviceAccount) watched(account string) *sipgate.Client {
	return s.c.Unreadable.Watch(s.client, account, "")
}

// log logs the result of an attempt, unless it is the same as the last one.
func (s *serviceAccount) log(err error) {
	if err == nil && s.account == "" {
		return // another process acts for its team
	}
	if err == nil {
		s.lastError = ""
		s.c.Log.Info("service account watches", "account", s.account)
		return
	}
	if err.Error() == s.lastError {
		return
	}
	s.lastError = err.Error()
	if k := sipgate.KindOf(err); k == sipgate.Unauthorized || k == sipgate.Forbidden {
		s.c.Log.Warn("sipgate refuses the service account: check the --service settings", "err", err)
		return
	}
	s.c.Log.Warn("service account does not watch", "err", err)
}
