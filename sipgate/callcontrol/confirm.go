package callcontrol

import (
	"context"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/team"
)

// confirmation asks sipgate again who members are of whom it did not say so when
// they signed in. One goroutine uses it.
type confirmation struct {
	pause     int // how many times confirm does nothing after the last attempt,
	remaining int // and how many of these times are left
}

// confirm asks for the members who are signed in. Attempts become rarer as long as
// a member waits, since sipgate may show the users to admins only.
func (f *confirmation) confirm(ctx context.Context, c *Control, signedIn []SignedIn) {
	var waiting []team.MemberID
	for _, s := range signedIn {
		if m, ok := c.Members.Get(s.MemberID); ok && m.NeedsConfirmation() && !slices.Contains(waiting, s.MemberID) {
			waiting = append(waiting, s.MemberID)
		}
	}
	switch {
	case len(waiting) == 0:
		f.pause, f.remaining = 0, 0
		return
	case f.remaining > 0:
		f.remaining--
		return
	}
	for _, m := range waiting {
		c.confirmMember(ctx, m)
	}
	f.pause = min(2*f.pause+1, maxBackoff)
	f.remaining = f.pause
}

// confirmMember asks who the member is.
func (c *Control) confirmMember(ctx context.Context, m team.MemberID) {
	users, err := c.Rosters.Of(m.Account).Users(ctx)
	i := slices.IndexFunc(users, func(u sipgate.User) bool { return u.ID == m.User })
	if err != nil || i < 0 {
		return
	}
	if err := c.Members.Confirm(ctx, m, account.Name(users[i]), users[i].Admin); err != nil {
		c.Log.Error("confirm member", "member", m, "err", err)
		return
	}
	c.Boards.Board(m.Account).Rename(BoardID(m), c.MemberName(m))
}
