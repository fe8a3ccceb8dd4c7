package handlers

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/views"
	"callboard/web"
)

// historyColumns are the columns of the history's table. They are the same in
// every language, since programs read them. Date, clock and duration repeat time
// and seconds as spreadsheets calculate with them.
var historyColumns = []string{
	"time", "id", "type", "direction", "missed", "name", "number", "inside", "inside number", "seconds",
	"read", "starred", "archived", "recordings", "note", "transcription", "date", "clock", "duration",
}

// historyCSV sends the history as a table for a spreadsheet, with the filters
// of the page.
func (h *handlers) historyCSV(w http.ResponseWriter, r *http.Request, a actor) error {
	f, err := h.parseHistoryFilter(a, r.URL.Query())
	if err != nil {
		return err
	}
	return web.SendCSV(w, "callboard-history.csv", csvSeparator(langOf(r, a)), historyColumns, h.historyRows(r.Context(), a, f))
}

// historyRows returns the entries that match f as rows, and a last row that
// says so if there are more of them than one table has.
func (h *handlers) historyRows(ctx context.Context, a actor, f historyFilter) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		more := true
		cut, err := h.Control.History.Export(ctx, a.Member, f.Filter, func(e sipgate.HistoryEntry) bool {
			more = yield(h.historyCells(a, f.zone, e), nil)
			return more
		})
		switch {
		case !more:
		case err != nil:
			yield(nil, err)
		case !cut.IsZero():
			yield([]string{cut.In(f.zone).Format(time.RFC3339), "incomplete: older entries are in a table of their own, with an earlier last day"}, nil)
		}
	}
}

// csvSeparator returns what parts the cells of a table for a reader: a German
// spreadsheet, whose decimals have commas, expects semicolons.
func csvSeparator(lang views.Lang) rune {
	if lang == views.German {
		return ';'
	}
	return ','
}

// historyCells returns e in the order of historyColumns, with its times in the
// zone of the team.
func (h *handlers) historyCells(a actor, zone *time.Location, e sipgate.HistoryEntry) []string {
	at := func(layout string) string {
		if e.Created.IsZero() {
			return "" // sipgate's time could not be read
		}
		return e.Created.In(zone).Format(layout)
	}
	number, _ := e.Remote()
	ours, inside := e.Local()
	yes := strconv.FormatBool
	return []string{
		at(time.RFC3339), e.ID, e.Type, string(directionOf(e)), yes(e.Missed()), h.Control.History.RemoteName(a.MemberID, e), number, inside, ours,
		strconv.Itoa(int(e.Duration.Seconds())), yes(e.Read), yes(e.Starred), yes(e.Archived), strconv.Itoa(len(e.Recordings)),
		e.Note, e.Transcription, at(time.DateOnly), at(time.TimeOnly), hoursMinutesSeconds(e.Duration),
	}
}

// hoursMinutesSeconds writes a duration as spreadsheets read it: 0:03:12.
func hoursMinutesSeconds(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
