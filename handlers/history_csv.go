package handlers

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/web"
)

// historyColumns are the columns of the history's table. They are the same in
// every language, since programs read them.
var historyColumns = []string{
	"time", "id", "type", "direction", "missed", "name", "number", "inside", "inside number", "seconds",
	"read", "starred", "archived", "recordings", "note", "transcription",
}

// Limits of one table: sipgate is asked for maxCSVPages pages of csvPage
// entries.
const (
	csvPage     = 250
	maxCSVPages = 40
)

// historyCSV sends the history as a table for a spreadsheet, with the filters
// of the page.
func (h *handlers) historyCSV(w http.ResponseWriter, r *http.Request, a actor) error {
	f, err := h.parseHistoryFilter(r.URL.Query())
	if err != nil {
		return err
	}
	return web.SendCSV(w, "callboard-history.csv", historyColumns, h.historyRows(r.Context(), a, f))
}

// historyRows returns the entries that match f as rows, and a last row that
// says so if there are more of them than fit.
func (h *handlers) historyRows(ctx context.Context, a actor, f historyFilter) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for n := 1; ; n++ {
			found, err := h.Control.History.Search(ctx, a.Member, f.Filter, csvPage)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range found.Items {
				if !yield(h.historyCells(a, e), nil) {
					return
				}
			}
			switch {
			case found.Next == 0:
				return
			case n == maxCSVPages:
				yield([]string{found.OldestSearched.UTC().Format(time.RFC3339), "incomplete: older entries are in a table of their own, with an earlier last day"}, nil)
				return
			}
			f.Offset = found.Next
		}
	}
}

// historyCells returns e in the order of historyColumns.
func (h *handlers) historyCells(a actor, e sipgate.HistoryEntry) []string {
	number, _ := e.Remote()
	ours, inside := e.Local()
	yes := strconv.FormatBool
	return []string{
		e.Created.UTC().Format(time.RFC3339), e.ID, e.Type, string(directionOf(e)), yes(e.Missed()), h.Control.History.RemoteName(a.MemberID, e), number, inside, ours,
		strconv.Itoa(int(e.Duration.Seconds())), yes(e.Read), yes(e.Starred), yes(e.Archived), strconv.Itoa(len(e.Recordings)),
		e.Note, e.Transcription,
	}
}
