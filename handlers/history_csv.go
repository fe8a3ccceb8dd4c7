package handlers

import (
	"net/http"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// pastColumns are the same in every language, for programs.
var pastColumns = []string{
	"time", "id", "type", "direction", "missed", "name", "number", "inside", "inside number", "seconds",
	"read", "starred", "archived", "recordings", "note", "transcription",
}

// Limits of one table. It is read in pages, each of which is sent when it is
// there.
const (
	tablePage  = 250
	tablePages = 40
)

// historyCSV is the history as a table for a spreadsheet, with the filters of
// the page.
func (h *handlers) historyCSV(w http.ResponseWriter, r *http.Request, v Visitor) error {
	f, err := h.pastFilter(r.Context(), v, r.URL.Query())
	if err != nil {
		return err
	}
	found, err := h.findPast(r.Context(), v, f, tablePage)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="callboard-history.csv"`)
	t := team.NewTable(w, pastColumns...)
	for n := 1; err == nil; n++ {
		for _, e := range found.Items {
			t.Write(h.pastCells(v, e)...)
		}
		if found.Next > 0 && n == tablePages {
			t.Write(found.Reached.UTC().Format(time.RFC3339), "incomplete: older entries are in a table of their own, with an earlier last day")
		}
		if err = t.Flush(); err != nil || found.Next == 0 || n == tablePages {
			break
		}
		_ = http.NewResponseController(w).Flush()
		f.query.Offset = found.Next
		found, err = h.findPast(r.Context(), v, f, tablePage)
	}
	if err != nil {
		h.Log.Info("a table of the history broke off", "err", err)
		panic(http.ErrAbortHandler) // half a table must not look like a whole one
	}
	return nil
}

// pastCells is an entry in the order of pastColumns.
func (h *handlers) pastCells(v Visitor, e sipgate.HistoryEntry) []string {
	direction := "out"
	if e.Incoming {
		direction = "in"
	}
	number, _ := e.Outside()
	ours, inside := e.Inside()
	yes := strconv.FormatBool
	return []string{
		e.Created.UTC().Format(time.RFC3339), e.ID, e.Type, direction, yes(e.Missed()), h.outsideName(v, e), number, inside, ours,
		strconv.Itoa(int(e.Duration.Seconds())), yes(e.Read), yes(e.Starred), yes(e.Archived), strconv.Itoa(len(e.Recordings)),
		e.Note, e.Transcription,
	}
}
