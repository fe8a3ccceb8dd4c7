package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// history shows past calls, newest first.
func (h *handlers) history(w http.ResponseWriter, r *http.Request, v Visitor) error {
	f, err := h.pastFilter(r.Context(), v, r.URL.Query())
	if err != nil {
		return err
	}
	begun := time.Now()
	found, err := h.findPast(r.Context(), v, f, f.limit)
	if err != nil {
		return err
	}
	m := f.model(found)
	m.Members = h.pastMembers(v)
	for _, e := range found.Items {
		m.Entries = append(m.Entries, h.entryModel(v, langOf(r, v), e, r.URL.RequestURI()))
	}
	if f.query.Offset == 0 && !f.query.Archived {
		m.News = f.address("/history/news", nil) + "&after=" + strconv.FormatInt(begun.UnixMilli(), 10)
	}
	return web.Show(w, r, http.StatusOK, views.History(h.about(r, v), m))
}

// findPast reads as much of the account's history as it takes to find so many
// entries that the visitor wants and may see, within reason.
func (h *handlers) findPast(ctx context.Context, v Visitor, f pastFilter, want int) (sipgate.HistoryResult, error) {
	keep := f.keep
	if !v.seesAll() {
		mine, err := h.ownership(ctx, v, v.User)
		if err != nil {
			return sipgate.HistoryResult{}, err
		}
		keep = both(mine, keep)
	}
	return h.clientOf(v).SearchHistory(ctx, f.query, want, keep)
}

// both is a condition that holds if two do; one that is nil always does.
func both(a, b func(sipgate.HistoryEntry) bool) func(sipgate.HistoryEntry) bool {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(e sipgate.HistoryEntry) bool { return a(e) && b(e) }
}

// seesAll reports whether the whole account's history is shown to the visitor.
func (v Visitor) seesAll() bool { return v.Person.May(team.ViewAllHistory).OK }

// pastMembers are the people whose entries a visitor may choose.
func (h *handlers) pastMembers(v Visitor) []views.Choice {
	var found []views.Choice
	if v.seesAll() {
		for _, p := range h.People.List(v.Account) {
			found = append(found, views.Choice{Value: string(p.User), Label: p.Name})
		}
	}
	return found
}

// model is a page of the history but for its entries.
func (f pastFilter) model(found sipgate.HistoryResult) views.HistoryModel {
	m := views.HistoryModel{Filter: f.shown, Total: max(0, found.Total), CSV: f.address("/history.csv", nil)}
	if found.Next > 0 {
		trail := append(f.trail, f.query.Offset)
		m.Older = f.address("/history", url.Values{"offset": {strconv.Itoa(found.Next)}, "trail": {join(trail)}})
		if len(found.Items) < f.limit {
			m.Searched, m.Reached = found.Searched, found.OldestSearched.Local()
		}
	}
	switch n := len(f.trail); {
	case n > 0 && f.trail[n-1] > 0:
		m.Newer = f.address("/history", url.Values{"offset": {strconv.Itoa(f.trail[n-1])}, "trail": {join(f.trail[:n-1])}})
	case f.query.Offset > 0:
		m.Newer = f.address("/history", nil)
	}
	return m
}

func join(offsets []int) string {
	var s []string
	for _, n := range offsets[max(0, len(offsets)-mostTrail):] {
		s = append(s, strconv.Itoa(n))
	}
	return strings.Join(s, ".")
}

// entryModel puts an entry into words for a visitor. next is the page to which
// forms of the entry lead back.
func (h *handlers) entryModel(v Visitor, lang views.Lang, e sipgate.HistoryEntry, next string) views.HistoryEntry {
	m := views.HistoryEntry{ID: e.ID, Type: e.Type, Direction: "out", Missed: e.Missed(), When: e.Created.Local(), Length: e.Duration,
		Note: e.Note, Transcription: e.Transcription, Read: e.Read, Starred: e.Starred, Archived: e.Archived, Next: next,
		MayMark: views.Permit{Reason: v.Person.May(team.EditOwnHistory).Reason}}
	if e.Incoming {
		m.Direction = "in"
	}
	outside, _ := e.Remote()
	inside, our := e.Local()
	m.Number, m.Name, m.Inside = sipgate.DisplayNumber(outside), h.outsideName(v, e), sipgate.DisplayNumber(inside)
	if outside == "anonymous" {
		m.Number = ""
	}
	if our != "" {
		m.Inside = our
	}
	for _, r := range e.Recordings {
		m.Recordings = append(m.Recordings, views.Recording{ID: r.ID})
	}
	h.offer(v, lang, &m, sipgate.NormalizeNumber(outside))
	return m
}

// outsideName is what the visitor calls the other side of an entry.
func (h *handlers) outsideName(v Visitor, e sipgate.HistoryEntry) string {
	number, name := e.Remote()
	if name == "" {
		name = h.phonebook.Name(v.member(), sipgate.NormalizeNumber(number))
	}
	return name
}

// offer offers to call the number of an entry, and to transfer the visitor's
// running calls to it.
func (h *handlers) offer(v Visitor, lang views.Lang, m *views.HistoryEntry, number string) {
	if !sipgate.Number(number).Valid() {
		return
	}
	to := "?to=" + url.QueryEscape(number)
	if v.Person.May(team.StartCall).OK && v.may("sessions:calls:write", "sessions:write") {
		m.CallBack = "/calls/new" + to
	}
	for _, c := range h.ownCalls(v) {
		if c.Remote.Number != number {
			title := h.formatFor(v).Ref(c, lang, "").Title
			m.Transfers = append(m.Transfers, views.Choice{Value: "/calls/" + string(c.ID) + "/transfer" + to, Label: title})
		}
	}
}
