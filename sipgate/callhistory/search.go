package callhistory

import (
	"context"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
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
// which that is all. All members of a team share the requests that it takes.
func (h *History) Updates(ctx context.Context, m team.Member, f Filter, after time.Time) (found []sipgate.HistoryEntry, until time.Time, err error) {
	recent := h.recentEntries(m.Account)
	calls := h.Boards.Board(m.Account).Snapshot().Calls
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
	all, _ := h.recentEntries(m.Account).Since(time.Time{})
	for _, e := range all {
		if len(found) < limit && keep(e) {
			found = append(found, e)
		}
	}
	return found, nil
}

func (h *History) recentEntries(account string) *journal.RecentEntries {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.recent[account]
	if r == nil {
		r = new(journal.RecentEntries)
		h.recent[account] = r
	}
	return r
}
