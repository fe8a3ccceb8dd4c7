package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// The page of a call and that of its entry in sipgate's history are one: it
// shows what the journal knows of the call and, once it is over and listed,
// what sipgate does.

// Bounds of looking for the entries of a call.
const (
	pastEntries = 5 // of one call: a transfer makes a second one
	pastPage    = 250
	pastMargin  = time.Minute
	pastAbout   = 4 * time.Hour   // how long before it was seen a call may have begun
	pastWaiting = 5 * time.Minute // how long sipgate may take to list a call
)

// historyEntry shows an entry of the history: as the page of its call, if the
// journal knows that.
func (h *handlers) historyEntry(w http.ResponseWriter, r *http.Request, v Visitor) error {
	e, _, err := h.entryOf(r, v)
	if err != nil {
		return err
	}
	row, known, err := h.Journal.RowByEntry(r.Context(), v.Account, e)
	if err != nil {
		return err
	}
	if known {
		record, err := h.Journal.Record(r.Context(), v.Account, row)
		if err == nil && h.seesPast(v, pastCall(record), false) {
			link := journal.HistoryLink{EntryID: e.ID, Exact: record.Matches(e) == journal.Exact}
			if err := h.Journal.LinkHistory(r.Context(), v.Account, row, link); err != nil {
				return err
			}
			http.Redirect(w, r, "/calls/"+string(record.Row), http.StatusSeeOther)
			return nil
		}
	}
	call := entryCall(e)
	m := views.CallPageModel{Row: h.formatFor(v).RowFor(call, views.Permit{}, langOf(r, v)), ActionID: rand.Text(), Alone: true,
		Past: []views.HistoryEntry{h.entryModel(v, langOf(r, v), e, r.URL.Path)}}
	return web.Show(w, r, http.StatusOK, views.CallPage(h.about(r, v), m))
}

// entryCall is an entry of the history as a row shows it.
func entryCall(e sipgate.HistoryEntry) switchboard.Call {
	end := e.Created.Add(e.Duration)
	c := switchboard.Call{Phase: switchboard.Ended, PreviousPhase: switchboard.Connected, Direction: sipgate.Outgoing, Started: e.Created, Since: end, EndedAt: end}
	if e.Incoming {
		c.Direction = sipgate.Incoming
	}
	if e.Missed() {
		c.PreviousPhase = switchboard.Ringing
	}
	c.Remote.Number, c.Remote.Name = e.Remote()
	c.Local.Number, c.Local.Name = e.Local()
	for _, p := range []*switchboard.Party{&c.Remote, &c.Local} {
		if p.Number = sipgate.NormalizeNumber(p.Number); p.Number == "anonymous" {
			p.Number = ""
		}
	}
	return c
}

// addPast adds to the page of a call that is over what sipgate's history has
// of it. That this cannot be read is said on the page, which shows the rest.
func (h *handlers) addPast(r *http.Request, v Visitor, record journal.Record, m *views.CallPageModel) {
	entries, err := h.pastOf(r.Context(), v, record)
	if err != nil {
		h.Log.Info("the history of a call could not be read", "err", err)
		m.PastState = "failed"
		return
	}
	for _, e := range entries {
		model := h.entryModel(v, langOf(r, v), e.HistoryEntry, r.URL.Path)
		model.Probably = !e.sure
		m.Past = append(m.Past, model)
	}
	switch {
	case len(m.Past) > 0:
	case !record.Ended.IsZero() && time.Since(record.Ended) < pastWaiting:
		m.PastState = "waiting"
	default:
		m.PastState = "none"
	}
}

// A pastEntry is an entry of the history that is about a call.
type pastEntry struct {
	sipgate.HistoryEntry
	sure bool
}

// pastOf finds the entries of the history that are about a call and that the
// visitor may see: those that were found before or, if there are none, those
// among the entries of its time.
func (h *handlers) pastOf(ctx context.Context, v Visitor, record journal.Record) ([]pastEntry, error) {
	mine := func(sipgate.HistoryEntry) bool { return true }
	if !v.seesAll() {
		var err error
		if mine, err = h.ownership(ctx, v, v.User); err != nil {
			return nil, err
		}
	}
	attached, err := h.Journal.HistoryLinks(ctx, v.Account, record.Row)
	if err != nil {
		return nil, err
	}
	var found []pastEntry
	for _, p := range attached[:min(len(attached), pastEntries)] {
		e, err := h.clientOf(v).HistoryEntry(ctx, p.EntryID)
		switch {
		case err == nil && mine(e):
			found = append(found, pastEntry{e, p.Exact})
		case err != nil && entryError(err) != errNotFound:
			return nil, err
		}
	}
	if len(attached) > 0 && len(record.CallIDs) <= len(attached) {
		return found, nil
	}
	return h.searchPast(ctx, v, record, mine)
}

// searchPast looks through the entries of the time of the call, and keeps what
// it finds with the call.
func (h *handlers) searchPast(ctx context.Context, v Visitor, record journal.Record, mine func(sipgate.HistoryEntry) bool) ([]pastEntry, error) {
	q := sipgate.HistoryQuery{From: record.Started.Add(-pastMargin), To: record.Ended.Add(pastMargin), Limit: pastPage}
	if record.Approximate {
		q.From = record.Started.Add(-pastAbout)
	}
	if record.Ended.IsZero() {
		q.To = time.Time{}
	}
	page, err := h.clientOf(v).History(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []pastEntry
	for _, e := range page.Items {
		match := record.Matches(e)
		if match == journal.NoMatch || len(found) == pastEntries {
			continue
		}
		sure := match == journal.Exact
		if err := h.Journal.LinkHistory(ctx, v.Account, record.Row, journal.HistoryLink{EntryID: e.ID, Exact: sure}); err != nil {
			return nil, err
		}
		if mine(e) {
			found = append(found, pastEntry{e, sure})
		}
	}
	return found, nil
}
