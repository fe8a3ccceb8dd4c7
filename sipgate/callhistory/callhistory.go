// Package callhistory gives members the past calls that they may see: those of
// sipgate's history, and what the journal knows of them.
//
// sipgate shows every user the history of the whole account. Here, leads see
// all of it, and everyone else the entries that went through themselves, their
// own devices and phone lines. That is decided on user ids and extensions,
// never on display names, which several users may share.
package callhistory

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// ErrNotFound is returned both for entries that do not exist and for entries
// that the member may not see.
var ErrNotFound = errors.New("callhistory: no such entry")

// Options are the parts that a [History] brings together.
type Options struct {
	Log     *slog.Logger
	Boards  *switchboard.Boards
	Members *team.Members
	Journal *journal.Journal
	Rosters *account.Rosters
	Private *team.PrivateNames

	// Client returns a client of sipgate with a member's own access.
	Client func(team.MemberID) *sipgate.Client
}

// A History is the past calls of all accounts. It is safe for concurrent use.
type History struct {
	Options

	recent *lru.Cache[team.MemberID, *journal.RecentEntries] // see recentEntries

	mu        sync.Mutex
	exporting map[string]bool // accounts of which an export is under way
}

// New returns a History.
func New(o Options) *History {
	return &History{Options: o, recent: newRecent(), exporting: map[string]bool{}}
}

// SeesAll reports whether the whole account's history is shown to a member.
func SeesAll(m team.Member) bool { return m.May(team.ViewAllHistory).OK }

// Entry returns an entry that the member may see, and whether it is the
// member's own.
func (h *History) Entry(ctx context.Context, m team.Member, id string) (e sipgate.HistoryEntry, own bool, err error) {
	e, err = h.Client(m.MemberID).HistoryEntry(ctx, id)
	if err != nil {
		return e, false, entryError(err)
	}
	belongs, err := h.ownedBy(ctx, m.Account, m.User)
	switch {
	case err != nil && !SeesAll(m):
		return e, false, err
	case err == nil && belongs(e):
		return e, true, nil
	case !SeesAll(m):
		return e, false, ErrNotFound
	}
	return e, false, nil
}

// Change changes an entry, for everybody in the team: at sipgate, once, or in the
// journal where the account's platform keeps no changes of it. It returns
// [switchboard.ErrOutcomeUnknown] if the request may have arrived without an answer.
func (h *History) Change(ctx context.Context, m team.Member, entry sipgate.HistoryEntry, change sipgate.EntryChange) error {
	err := h.Client(m.MemberID).ChangeEntry(ctx, entry.ID, change)
	if sipgate.KindOf(err) == sipgate.Unsupported {
		return h.Journal.KeepChange(ctx, m.Account, entry, change)
	}
	if e, ok := errors.AsType[*sipgate.Error](err); ok && e.MayHaveArrived {
		return errors.Join(switchboard.ErrOutcomeUnknown, err)
	}
	return entryError(err)
}

// entryError translates errors about an entry. For calls the same kinds mean
// that the call has ended.
func entryError(err error) error {
	if kind := sipgate.KindOf(err); kind == sipgate.NoCall || kind == sipgate.Invalid {
		return ErrNotFound
	}
	return err
}

// RemoteName returns the member's name for the remote party of an entry: that
// of sipgate, the one in the member's private contacts, or the team's.
func (h *History) RemoteName(m team.MemberID, e sipgate.HistoryEntry) string {
	number, name := e.Remote()
	if name == "" {
		name = h.Private.Name(m, sipgate.NormalizeNumber(number))
	}
	if name == "" && e.FromChannel() { // which has no names
		name = h.Boards.Board(m.Account).Name(sipgate.NormalizeNumber(number))
	}
	return name
}

// ownedBy returns the condition that an entry is a user's: that it went through
// the user or one of their devices and phone lines.
func (h *History) ownedBy(ctx context.Context, account string, user sipgate.UserID) (func(sipgate.HistoryEntry) bool, error) {
	own, err := h.Rosters.Of(account).Extensions(ctx, user)
	if err != nil {
		return nil, err
	}
	return func(e sipgate.HistoryEntry) bool {
		return slices.ContainsFunc(e.Extensions(), func(x string) bool { return own[x] })
	}, nil
}

// scope returns the condition that the member may see an entry, nil if the
// member may see all.
func (h *History) scope(ctx context.Context, m team.Member) (func(sipgate.HistoryEntry) bool, error) {
	if SeesAll(m) {
		return nil, nil
	}
	return h.ownedBy(ctx, m.Account, m.User)
}

// Sees reports whether the page of a past call exists for a member: for leads,
// for the members who were part of the call, and for those whose own phone
// lines have one of its numbers.
func (h *History) Sees(ctx context.Context, m team.Member, r journal.Record) bool {
	if SeesAll(m) || slices.Contains(r.Members, switchboard.MemberID(m.User)) {
		return true
	}
	roster := h.Rosters.Of(m.Account)
	own, err := roster.Extensions(ctx, m.User)
	if err != nil {
		h.Log.Info("read own devices", "member", m.MemberID, "err", err)
		return false
	}
	numbers, _ := roster.KnownNumbers()
	for _, p := range append([]switchboard.Party{r.Local}, r.PreviousParties...) {
		if slices.ContainsFunc(numbers, func(n sipgate.AccountNumber) bool {
			return own[n.EndpointID] && !strings.HasPrefix(n.EndpointID, "g") && sipgate.NormalizeNumber(n.Number) == p.Number
		}) {
			return true
		}
	}
	return false
}
