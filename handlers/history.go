package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showHistory shows past calls, the newest first.
func (h *handlers) showHistory(w http.ResponseWriter, r *http.Request, a actor) error {
	f, err := h.parseHistoryFilter(a, r.URL.Query())
	if err != nil {
		return err
	}
	begun := time.Now()
	found, err := h.Control.History.Search(r.Context(), a.Member, f.Filter, f.limit)
	if err != nil {
		return err
	}
	m := f.page(found)
	if callhistory.SeesAll(a.Member) {
		m.Private = found.Private
	}
	m.Members = h.filterMembers(a)
	m.Bar = f.bar(h.ownCalls(a, langOf(r, a)))
	for _, e := range found.Items {
		m.Entries = append(m.Entries, h.entryModel(a, e, r.URL.RequestURI()))
	}
	if f.isFirstPage() && !f.Archived {
		m.UpdatesURL = f.updatesAddress(begun, m.Bar)
	}
	return web.Show(w, r, http.StatusOK, views.History(h.page(r, a), m))
}

// historyUpdates sends a page of the history what was listed since it was drawn.
func (h *handlers) historyUpdates(w http.ResponseWriter, r *http.Request, a actor) error {
	after, err := number(r.URL.Query(), "after", 0, 1, 1<<52)
	if err != nil {
		return err
	}
	f, err := h.parseHistoryFilter(a, r.URL.Query())
	if err != nil {
		return err
	}
	entries, until, err := h.Control.History.Updates(r.Context(), a.Member, f.Filter, time.UnixMilli(int64(after)))
	if err != nil {
		return err
	}
	bar := f.bar(h.ownCalls(a, langOf(r, a)))
	changed := barKey(bar) != r.URL.Query().Get("own")
	if len(entries) == 0 && !changed {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	m := views.HistoryModel{UpdatesURL: f.updatesAddress(until, bar), Bar: bar, BarChanged: changed}
	for _, e := range entries {
		m.Entries = append(m.Entries, h.entryModel(a, e, f.address("/history", nil)))
	}
	return web.Show(w, r, http.StatusOK, views.NewHistoryEntries(h.page(r, a), m))
}

// updatesAddress returns the address of what is listed after a moment, for a page
// with a bar.
func (f historyFilter) updatesAddress(after time.Time, bar views.TransferBar) string {
	return f.address("/history/news", url.Values{"own": {barKey(bar)}}) + "&after=" + strconv.FormatInt(after.UnixMilli(), 10)
}

// barKey names the calls of a bar: it differs if the bar does.
func barKey(b views.TransferBar) string {
	var calls []string
	for _, c := range b.Calls {
		key := string(c.ID)
		if c.Held {
			key += "!"
		}
		calls = append(calls, key)
	}
	return strings.Join(calls, ",")
}

// bar returns the bar of a page with the actor's own calls.
func (f historyFilter) bar(calls []views.OwnCall) views.TransferBar {
	for i, c := range calls {
		calls[i].Choose = f.address("/history", url.Values{"call": {string(c.ID)}})
	}
	return views.TransferBar{Calls: calls, Selected: f.call}
}

// filterMembers returns the members whose entries the actor may choose.
func (h *handlers) filterMembers(a actor) (all []views.Option) {
	if callhistory.SeesAll(a.Member) {
		for _, m := range h.Control.TeamMembers(a.Account) {
			all = append(all, views.Option{Value: string(m.User), Label: m.Name})
		}
	}
	return all
}

// page returns a page of the history without its entries.
func (f historyFilter) page(found sipgate.HistoryResult) views.HistoryModel {
	m := views.HistoryModel{Filter: f.shown, Total: max(0, found.Total), Unreadable: found.Unreadable, Partial: found.Failed != nil,
		CSV: f.address("/history.csv", nil)}
	if found.More {
		m.Older = f.pageAddress(place(f.Continue(found)), append(slices.Clone(f.trail), place(f.HistoryQuery)))
		if len(found.Items) < f.limit {
			m.Searched, m.Reached = found.Searched, found.OldestSearched
		}
	}
	switch n := len(f.trail); {
	case n > 0:
		m.Newer = f.pageAddress(f.trail[n-1], f.trail[:n-1])
	case !f.isFirstPage():
		m.Newer = f.address("/history", nil)
	}
	return m
}

// entryModel returns an entry as an actor sees it. next is the page to which the
// entry's forms lead back.
func (h *handlers) entryModel(a actor, e sipgate.HistoryEntry, next string) views.HistoryEntry {
	m := views.HistoryEntry{ID: e.ID, Type: e.Type, Direction: directionOf(e), Missed: e.Missed(), When: e.Created, Length: e.Duration,
		Note: e.Note, Transcription: e.Transcription, Read: e.Read, Starred: e.Starred, Archived: e.Archived, Next: next,
		MayEdit: views.Allowed{Reason: a.deniedReason(team.EditOwnHistory)}}
	remote, _ := e.Remote()
	local, ours := e.Local()
	m.Number, m.Name, m.Local = sipgate.DisplayNumber(remote), h.Control.History.RemoteName(a.MemberID, e), sipgate.DisplayNumber(local)
	if remote == "anonymous" {
		m.Number = ""
	}
	if ours != "" {
		m.Local = ours
	}
	for _, r := range e.Recordings {
		m.Recordings = append(m.Recordings, views.Recording{ID: r.ID})
	}
	h.addCallActions(a, &m, sipgate.NormalizeNumber(remote))
	return m
}

func directionOf(e sipgate.HistoryEntry) sipgate.Direction {
	if e.Incoming {
		return sipgate.Incoming
	}
	return sipgate.Outgoing
}

// maxOffered is how many running calls are offered for a transfer.
const maxOffered = 3

// addCallActions offers to call the number of an entry, and to transfer calls to
// it, as far as policy and sipgate allow it.
func (h *handlers) addCallActions(a actor, m *views.HistoryEntry, number string) {
	if !sipgate.Number(number).Valid() {
		return
	}
	if a.deniedReason(team.StartCall) == "" {
		m.CallBack = "/calls/new?to=" + url.QueryEscape(number)
	}
	if a.mayTransfer() {
		m.To = number
	}
}

// ownCalls returns the actor's running calls that can be transferred, those first
// that are not on hold.
func (h *handlers) ownCalls(a actor, lang views.Lang) (own []views.OwnCall) {
	if !a.mayTransfer() {
		return nil
	}
	calls := h.Control.OwnCalls(a.Actor, team.Transfer)
	for _, c := range calls[:min(len(calls), maxOffered)] {
		own = append(own, views.OwnCall{ID: c.ID, Title: h.formatFor(a).Ref(c, lang, "").Title, Number: c.Remote.Number, Held: c.Hold.On})
	}
	slices.SortStableFunc(own, func(a, b views.OwnCall) int {
		switch {
		case a.Held == b.Held:
			return 0
		case a.Held:
			return 1
		}
		return -1
	})
	return own
}

// mayTransfer reports whether the actor may transfer calls; which, is decided for
// each.
func (a actor) mayTransfer() bool {
	return a.MayAttempt(team.Transfer).OK && a.accessReason(team.Transfer) == ""
}
