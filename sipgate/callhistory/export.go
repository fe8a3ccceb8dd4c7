package callhistory

import (
	"context"
	"errors"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// Bounds of one export.
const (
	exportPage     = 250 // entries that are searched for at a time
	maxExportPages = 25
	exportTime     = 50 * time.Second // below the minute after which proxies give up
)

// ErrExporting is returned while another export of the account's history is
// under way.
var ErrExporting = errors.New("callhistory: another export is under way")

// Export passes all entries that are wanted and that the member may see to each,
// the newest first, until each returns false. If there are more than a bounded
// number of requests and a bounded time allow, it stops and returns the time of
// the oldest entry that it looked at; else the zero time.
//
// One export of an account is made at a time. Its requests share the account's
// rate with the board's. Errors are ErrExporting, those of [History.Search] and
// those of ctx.
func (h *History) Export(ctx context.Context, m team.Member, f Filter, each func(sipgate.HistoryEntry) bool) (cut time.Time, err error) {
	if !h.beginExport(m.Account) {
		return cut, ErrExporting
	}
	defer h.endExport(m.Account)
	keep, err := h.condition(ctx, m, f)
	if err != nil {
		return cut, err
	}
	board, client := h.Boards.Board(m.Account), h.Client(m.MemberID)
	reserve, cancel := context.WithTimeout(ctx, exportTime)
	defer cancel()
	requests, spent := 0, false
	proceed := func() bool {
		spent = requests == maxExportPages || board.Reserve(reserve) != nil
		requests++
		return !spent
	}
	oldest := time.Now()
	for q := f.HistoryQuery; ; {
		found, err := client.SearchHistoryWhile(ctx, q, exportPage, keep, proceed)
		if err != nil || ctx.Err() != nil {
			return cut, errors.Join(err, ctx.Err())
		}
		for _, e := range found.Items {
			if !each(e) {
				return cut, nil
			}
		}
		if !found.OldestSearched.IsZero() {
			oldest = found.OldestSearched
		}
		switch {
		case spent:
			return oldest, nil
		case !found.More:
			return cut, nil
		}
		q = q.Continue(found)
	}
}

// beginExport reports whether no other export of the account is under way.
func (h *History) beginExport(account string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.exporting[account] {
		return false
	}
	h.exporting[account] = true
	return true
}

func (h *History) endExport(account string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.exporting, account)
}
