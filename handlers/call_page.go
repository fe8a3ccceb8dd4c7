package handlers

import (
	"crypto/rand"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// showCall shows one call with its timeline and notes, while it runs and after
// its end. The address stays valid through transfers and restarts. The page of a
// call and that of its entry in sipgate's history are one.
func (h *handlers) showCall(w http.ResponseWriter, r *http.Request, a actor) error {
	call, err := h.Control.RecordedCall(r.Context(), a.Actor, callID(r))
	if err != nil {
		return err
	}
	format := h.formatFor(a)
	m := views.CallPageModel{ID: call.ID, Row: format.RowFor(call.Call, h.permit(a, call.Call), langOf(r, a)), ActionID: rand.Text(),
		Live: call.OnBoard && call.Phase != switchboard.Ended, Alarms: h.Control.Alarms.Of(a.Account), MayNote: views.Allowed{Reason: h.Control.AuthorizeNote(a.Actor, call).Reason}}
	if m.Live {
		m.Row.SetAlarm(langOf(r, a), m.Alarms, call.Call, time.Now())
	}
	for _, e := range call.Record.Entries {
		m.Events = append(m.Events, format.Event(e.At, e.Approximate, string(e.Kind), e.Name, e.Detail))
	}
	if !m.Live && call.Recorded {
		h.addEntries(r, a, call.Record, &m)
	}
	return web.Show(w, r, http.StatusOK, views.CallPage(h.page(r, a), m))
}

// addEntries adds to the page of a call that is over its entries in sipgate's
// history. If they cannot be read, the page says so and shows the rest.
func (h *handlers) addEntries(r *http.Request, a actor, record journal.Record, m *views.CallPageModel) {
	m.OwnCalls = h.ownCalls(a, langOf(r, a))
	entries, err := h.Control.History.EntriesOf(r.Context(), a.Member, record)
	if err != nil {
		h.Log.Info("read history of call", "err", err)
		m.HistoryState = "failed"
		return
	}
	for _, e := range entries {
		model := h.entryModel(a, e.HistoryEntry, r.URL.Path)
		model.Probable = !e.Exact
		m.History = append(m.History, model)
	}
	switch {
	case len(m.History) > 0:
	case callhistory.MayStillBeListed(record):
		m.HistoryState = "waiting"
	default:
		m.HistoryState = "none"
	}
}

// showEntry shows an entry of the history, as the page of its call if the
// journal knows that.
func (h *handlers) showEntry(w http.ResponseWriter, r *http.Request, a actor) error {
	e, _, err := h.Control.History.Entry(r.Context(), a.Member, r.PathValue("id"))
	if err != nil {
		return err
	}
	row, ok, err := h.Control.History.CallOf(r.Context(), a.Member, e)
	if err != nil {
		return err
	}
	if ok {
		return web.Redirect(w, r, "/calls/"+string(row))
	}
	m := views.CallPageModel{Row: h.formatFor(a).RowFor(entryCall(e), views.Allowed{}, langOf(r, a)), ActionID: rand.Text(), HistoryOnly: true,
		History: []views.HistoryEntry{h.entryModel(a, e, r.URL.Path)}, OwnCalls: h.ownCalls(a, langOf(r, a))}
	return web.Show(w, r, http.StatusOK, views.CallPage(h.page(r, a), m))
}

// entryCall returns an entry of the history as a row of the board shows it.
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

type noteForm struct {
	Text string `form:"text"`
}

// addNote writes a note on a call.
func (h *handlers) addNote(w http.ResponseWriter, r *http.Request, a actor) error {
	call, err := h.Control.RecordedCall(r.Context(), a.Actor, callID(r))
	if err != nil {
		return err
	}
	form, err := web.Decode[noteForm](w, r)
	if err != nil {
		return err
	}
	if err := h.Control.AddNote(r.Context(), a.Actor, call, form.Text); err != nil {
		return err
	}
	return respondSaved(w, r, "/calls/"+string(call.ID))
}

type hangUpSeveralForm struct {
	Calls []string `form:"call"`
	commandFields
}

// maxHangUps bounds how many calls one form may hang up.
const maxHangUps = 50

// hangUpSeveral hangs up the calls that were chosen, each with its grace period.
// The first failure is answered; the other calls have been hung up.
func (h *handlers) hangUpSeveral(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[hangUpSeveralForm](w, r)
	if err != nil {
		return err
	}
	if len(form.Calls) == 0 || len(form.Calls) > maxHangUps {
		return web.BadParam("call")
	}
	hangUp := switchboard.Command{ID: form.ActionID, Action: switchboard.HangUp{GracePeriod: gracePeriod(a)}, Override: form.Override}
	var rows []switchboard.RowID
	for _, id := range form.Calls {
		rows = append(rows, switchboard.RowID(id))
	}
	if err := h.Control.HangUpSeveral(r.Context(), a.Actor, rows, hangUp); err != nil {
		return err
	}
	return respondDone(w, r, "")
}
