package callhistory

import (
	"context"
	"errors"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// ErrUnknownMember is returned for a filter by a member who is not in the team.
var ErrUnknownMember = errors.New("callhistory: no such member")

// A Filter says which entries are wanted. The query is sipgate's; what sipgate
// cannot filter is filtered here.
type Filter struct {
	sipgate.HistoryQuery
	Unread     bool
	NumberPart string         // contained in one of the numbers, in any spelling
	Text       string         // contained in a number, name, note or transcription
	Member     sipgate.UserID // whose entries; others' only for those who see all
}

// A condition decides on one entry. A nil condition always holds.
type condition func(sipgate.HistoryEntry) bool

// both is the condition that holds if both do.
func both(a, b condition) condition {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(e sipgate.HistoryEntry) bool { return a(e) && b(e) }
}

// condition returns what decides on an entry besides sipgate: the filter, and
// what the member may see.
func (h *History) condition(ctx context.Context, m team.Member, f Filter) (condition, error) {
	scope, err := h.scope(ctx, m)
	if err != nil {
		return nil, err
	}
	all := condition(scope)
	if f.Member != "" {
		of, err := h.memberCondition(ctx, m, f.Member)
		if err != nil {
			return nil, err
		}
		all = both(all, of)
	}
	if f.Unread {
		all = both(all, func(e sipgate.HistoryEntry) bool { return !e.Read && e.Incoming })
	}
	if f.NumberPart != "" {
		all = both(all, func(e sipgate.HistoryEntry) bool {
			return sipgate.HistoryEntry{Source: e.Source, Target: e.Target}.ContainsText(f.NumberPart)
		})
	}
	if f.Text != "" {
		all = both(all, func(e sipgate.HistoryEntry) bool { return e.ContainsText(f.Text, h.RemoteName(m.MemberID, e)) })
	}
	return all, nil
}

func (h *History) memberCondition(ctx context.Context, m team.Member, user sipgate.UserID) (condition, error) {
	if !h.knows(ctx, team.MemberID{Account: m.Account, User: user}) {
		return nil, ErrUnknownMember
	}
	if d := m.May(team.ViewAllHistory); !d.OK && user != m.User {
		return nil, d.Err()
	}
	return h.ownedBy(ctx, m.Account, user)
}

// knows reports whether a user is a member of the team, or a user of sipgate who
// never signed in.
func (h *History) knows(ctx context.Context, m team.MemberID) bool {
	if _, known := h.Members.Known(m); known {
		return true
	}
	users, _ := h.Rosters.Of(m.Account).Users(ctx) // not known: no member
	return slices.ContainsFunc(users, func(u sipgate.User) bool { return u.ID == m.User })
}
