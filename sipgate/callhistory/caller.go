package callhistory

import (
	"context"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A PastCall is a past call with what members wrote about it here.
type PastCall struct {
	sipgate.HistoryEntry
	Row   switchboard.RowID // of the call in the journal, "" if the journal does not know it
	Notes []journal.Entry   // oldest first
}

// With returns the last calls, at most want, of the member's account with an
// international number that the member may see, the newest first. Of the call
// except it returns nothing. It costs a request of sipgate's history. Errors are
// those of [History.Search].
func (h *History) With(ctx context.Context, m team.Member, number string, except switchboard.RowID, want int) ([]PastCall, error) {
	f := Filter{HistoryQuery: sipgate.HistoryQuery{Phonenumber: number, Types: []string{"CALL", "VOICEMAIL"}}}
	found, err := h.Search(ctx, m, f, want+1)
	if err != nil {
		return nil, err
	}
	var all []PastCall
	for _, e := range found.Items {
		past := PastCall{HistoryEntry: e}
		row, known, err := h.CallOf(ctx, m, e)
		if err != nil {
			return nil, err
		}
		if known {
			if row == except {
				continue
			}
			record, err := h.Journal.Record(ctx, m.Account, row)
			if err != nil {
				return nil, err
			}
			past.Row = row
			past.Notes = slices.DeleteFunc(record.Entries, func(e journal.Entry) bool { return e.Kind != journal.Noted })
		}
		all = append(all, past)
	}
	return all[:min(len(all), want)], nil
}
