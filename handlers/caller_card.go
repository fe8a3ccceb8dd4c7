package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/directory"
	"callboard/sipgate/journal"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// maxPast is how many earlier calls a card shows; maxToday is how far it counts
// those of today.
const maxPast, maxToday = 5, 20

// showCallerCard shows who takes part in a call beside the board. A browser
// without script gets the page of the call.
func (h *handlers) showCallerCard(w http.ResponseWriter, r *http.Request, a actor) error {
	call, err := h.Control.RecordedCall(r.Context(), a.Actor, callID(r))
	if err != nil {
		return err
	}
	page := "/calls/" + string(call.ID)
	if web.WantsPage(r) {
		return web.Redirect(w, r, page)
	}
	format, lang := h.formatFor(a), langOf(r, a)
	m := views.CallerCardModel{ID: call.ID, Row: format.RowFor(call.Call, views.Allowed{}, lang), Incoming: call.Direction == sipgate.Incoming,
		Dialled: cmp.Or(call.Local.Name, sipgate.DisplayNumber(call.Local.Number)), ActionID: rand.Text(), PageURL: page,
		MayNote: views.Allowed{Reason: h.Control.AuthorizeNote(a.Actor, call).Reason}}
	if m.Incoming {
		m.Greeting = h.Control.Greeting(a.Account, call.Local.Number)
	}
	for _, e := range call.Record.Entries {
		if e.Kind == journal.Noted {
			m.Notes = append(m.Notes, noteOf(e))
		}
	}
	if number := call.Remote.Number; sipgate.Number(number).Valid() {
		m.Number, m.Place = sipgate.DisplayNumber(number), format.Place(number, lang)
		if found := h.Control.Directory.Search(directory.MemberID(a.MemberID), number, 1, directory.States{}); len(found) > 0 && found[0].Number == number {
			m.Organization = found[0].Organization
		}
		h.addPastCalls(r, a, call, number, &m)
	} else {
		m.PastState = "hidden"
	}
	return web.Show(w, r, http.StatusOK, views.CallerCard(h.page(r, a), m))
}

// addPastCalls adds the earlier calls with a number to the card of a call. If
// they cannot be read, the card says so and shows the rest.
func (h *handlers) addPastCalls(r *http.Request, a actor, call callcontrol.RecordedCall, number string, m *views.CallerCardModel) {
	if !a.May(team.ViewOwnHistory).OK {
		m.PastState = "denied"
		return
	}
	m.HistoryURL = "/history?phonenumber=" + url.QueryEscape(number)
	past, err := h.Control.History.With(r.Context(), a.Member, number, call.ID, maxToday)
	if err != nil {
		h.Log.Info("read calls with a number", "err", err)
		m.PastState = "failed"
		return
	}
	m.PastState, m.Today = "none", 1
	year, day := dayOf(time.Now(), h.zone(a))
	for _, c := range past {
		if y, d := dayOf(c.Created, h.zone(a)); y == year && d == day {
			m.Today++
		}
		if len(m.Past) < maxPast {
			m.Past = append(m.Past, h.pastCall(c))
		}
	}
}

func dayOf(t time.Time, zone *time.Location) (year, day int) {
	t = t.In(zone)
	return t.Year(), t.YearDay()
}

func (h *handlers) pastCall(c callhistory.PastCall) views.PastCall {
	number, name := c.Local()
	m := views.PastCall{At: c.Created, Direction: directionOf(c.HistoryEntry), Missed: c.Missed(), Length: c.Duration,
		Local: cmp.Or(name, sipgate.DisplayNumber(number)), PageURL: "/history/" + url.PathEscape(c.ID)}
	if c.Note != "" {
		m.Notes = append(m.Notes, views.Note{Text: c.Note})
	}
	for _, e := range c.Notes {
		m.Notes = append(m.Notes, noteOf(e))
	}
	return m
}

// noteOf returns a note of the journal.
func noteOf(e journal.Entry) views.Note { return views.Note{At: e.At, Author: e.Name, Text: e.Detail} }
