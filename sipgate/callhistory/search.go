package callhistory

import (
	"context"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Search reads as much of the account's history as it takes to find so many
// entries that are wanted and that the member may see, within the bounds of
// [sipgate.Client.SearchHistory]. Errors are [ErrUnknownMember], [team.Denied]
// and sipgate's.
func (h *History) Search(ctx context.Context, m team.Member, f Filter, want int) (sipgate.HistoryResult, error) {
	keep, err := h.condition(ctx, m, f)
	if err != nil {
		return sipgate.HistoryResult{}, err
	}
	return h.Client(m.MemberID).SearchHistory(ctx, f.HistoryQuery, want, keep)
}

// Updates returns the entries that sipgate listed after a moment, that are
// wanted and that the member may see, the newest first; and the moment until
// which that is all. All members of a team share the requests that it takes: sipgate
// shows everybody the same history. Of channels it shows each member others, so that
// where there are some, each has requests, and entries, of their own.
func (h *History) Updates(ctx context.Context, m team.Member, f Filter, after time.Time) (found []sipgate.HistoryEntry, until time.Time, err error) {
	recent, shared := h.recentEntries(ctx, m)
	calls := h.Boards.Board(m.Account).Snapshot().Calls
	if !shared && !SeesAll(m) { // nobody is asked for the entries of others' calls
		calls = slices.DeleteFunc(calls, func(c switchboard.Call) bool {
			return len(c.Owners()) > 0 && !slices.Contains(c.Owners(), switchboard.MemberID(m.User))
		})
	}
	if err := recent.Poll(context.WithoutCancel(ctx), calls, h.Client(m.MemberID).History); err != nil {
		h.Log.Info("poll history", "account", m.Account, "err", err)
	}
	keep, err := h.condition(ctx, m, f)
	if err != nil {
		return nil, until, err
	}
	keep = both(keep, f.Matches)
	all, until := recent.Since(after)
	for _, e := range all {
		if keep(e) {
			found = append(found, e)
		}
	}
	return found, until, nil
}

// Known returns at most limit of the latest entries that are in memory, that are
// wanted and that the member may see. It sends no request for them.
func (h *History) Known(ctx context.Context, m team.Member, f Filter, limit int) (found []sipgate.HistoryEntry, err error) {
	keep, err := h.condition(ctx, m, f)
	if err != nil {
		return nil, err
	}
	recent, _ := h.recentEntries(ctx, m)
	all, _ := recent.Since(time.Time{})
	for _, e := range all {
		if len(found) < limit && (keep == nil || keep(e)) {
			found = append(found, e)
		}
	}
	return found, nil
}

// maxRecent is for how many accounts, and members of accounts with channels, new
// entries are kept.
const maxRecent = 256

func newRecent() *lru.Cache[team.MemberID, *journal.RecentEntries] {
	c, _ := lru.New[team.MemberID, *journal.RecentEntries](maxRecent) // fails only for a size below 1
	return c
}

// recentEntries returns the new entries that m's access shows: those of the account,
// which are shared, unless it has channels, or may have some.
func (h *History) recentEntries(ctx context.Context, m team.Member) (recent *journal.RecentEntries, shared bool) {
	of := team.MemberID{Account: m.Account}
	if channels, err := h.Rosters.Of(m.Account).Channels(ctx); err != nil || len(channels) > 0 {
		of = m.MemberID
	}
	made := new(journal.RecentEntries)
	if known, ok, _ := h.recent.PeekOrAdd(of, made); ok {
		h.recent.Get(of) // is used
		made = known
	}
	return made, of.User == ""
}
