package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"

	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// callPage shows one call with its timeline and notes, while it runs and after
// its end. The address stays good through transfers and restarts.
func (h *handlers) callPage(w http.ResponseWriter, r *http.Request, v Visitor) error {
	id := switchboard.RowID(r.PathValue("id"))
	record, err := h.Journal.Record(r.Context(), v.Account, id)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	known := err == nil
	call, live := h.Exchange.Board(v.Account).Call(id)
	if !live {
		call = pastCall(record)
	}
	if !live && !known || !h.seesPast(v, call, live) {
		return switchboard.ErrNoCall
	}
	format := h.formatFor(v)
	m := views.CallPageModel{ID: call.ID, Row: format.RowFor(call, h.permit(v, call), langOf(r, v)), ActionID: rand.Text(),
		Live: live && call.Phase != switchboard.Ended, MayNote: views.Permit{Reason: h.mayNote(v, call, live).Reason}}
	for _, e := range record.Entries {
		m.Events = append(m.Events, format.Event(e.At.Local(), e.Approximate, string(e.Kind), e.Name, e.Detail))
	}
	if !m.Live && known {
		h.addPast(r, v, record, &m)
	}
	return web.Show(w, r, http.StatusOK, views.CallPage(h.about(r, v), m))
}

// pastCall is a call of the journal as a row shows it.
func pastCall(r journal.Record) switchboard.Call {
	return switchboard.Call{ID: r.Row, Phase: switchboard.Ended, Direction: r.Direction, Remote: r.Remote, Local: r.Local,
		UserNames: r.Users, PreviousParties: r.PreviousParties, Started: r.Started, Since: r.Ended, EndedAt: r.Ended, Approximate: r.Approximate, Cause: r.Cause}
}

// seesPast decides whether a call's page exists for a visitor. Of a call that
// is over it is no longer known whose it was, but by name: leads see all, and
// everybody those of which they were a part.
func (h *handlers) seesPast(v Visitor, c switchboard.Call, live bool) bool {
	if live {
		return h.sees(v, c)
	}
	if v.seesAll() {
		return true
	}
	name := v.Person.Name
	was := slices.ContainsFunc(c.PreviousParties, func(p switchboard.Party) bool { return p.Name == name })
	return name != "" && (c.Local.Name == name || was || slices.Contains(c.UserNames, name))
}

// mayNote decides about notes on a call whose page exists for the visitor. Of
// one that is over, whose it was is part of that already.
func (h *handlers) mayNote(v Visitor, c switchboard.Call, live bool) team.Decision {
	switch {
	case live:
		return h.mayOn(v, team.WriteNote, c)
	case v.Person.Role < team.Agent:
		return team.Decision{Reason: "role_" + v.Person.Role.String()}
	}
	return team.Decision{OK: true, Via: v.member()}
}

type noteForm struct {
	Text string `form:"text"`
}

// note writes a note on a call, which the team sees, and which stays with it.
func (h *handlers) note(w http.ResponseWriter, r *http.Request, v Visitor) error {
	id := switchboard.RowID(r.PathValue("id"))
	call, live := h.Exchange.Board(v.Account).Call(id)
	if !live {
		record, err := h.Journal.Record(r.Context(), v.Account, id)
		if err != nil {
			return err
		}
		call = pastCall(record)
	}
	if !h.seesPast(v, call, live) {
		return switchboard.ErrNoCall
	}
	e := h.entry(r, v, team.WriteNote, nil)
	e.Call, e.Parties = string(call.ID), parties(call)
	if d := h.mayNote(v, call, live); !d.OK {
		return h.refuseDeed(r.Context(), e, d)
	}
	form, err := web.Decode[noteForm](w, r)
	if err != nil {
		return err
	}
	err = h.onRecord(r.Context(), e, func() error {
		return h.Journal.AddNote(context.WithoutCancel(r.Context()), v.Account, call.ID, v.Person.Name, form.Text)
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/calls/"+string(call.ID))
}

// hangUpSheet lists the calls that a visitor may hang up, to choose several.
func (h *handlers) hangUpSheet(w http.ResponseWriter, r *http.Request, v Visitor) error {
	m, format := views.HangUpModel{ActionID: rand.Text()}, h.formatFor(v)
	for _, c := range h.Exchange.Board(v.Account).Snapshot().Calls {
		if c.Phase != switchboard.Ended && h.mayOn(v, team.HangUp, c).OK {
			m.Calls = append(m.Calls, format.Ref(c, langOf(r, v), m.ActionID))
		}
	}
	return web.Show(w, r, http.StatusOK, views.HangUpSheet(h.about(r, v), m))
}

// maxSeveral bounds how many calls one form may hang up.
const maxSeveral = 50

type hangUpSeveralForm struct {
	Calls []string `form:"call"`
	web.Body
}

// hangUpSeveral hangs up the calls that were chosen, each with its grace. The
// first refusal is told; the others have been carried out.
func (h *handlers) hangUpSeveral(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[hangUpSeveralForm](w, r)
	if err != nil {
		return err
	}
	if len(form.Calls) == 0 || len(form.Calls) > maxSeveral {
		return web.BadParam("call")
	}
	var failed error
	for _, id := range form.Calls {
		call, err := h.callOf(v, id)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		c := switchboard.Command{By: v.id(), Call: call.ID, Action: switchboard.HangUp{GracePeriod: graceOf(v)}}
		if form.ActionID != "" {
			c.ID = form.ActionID + "-" + id
		}
		failed = errors.Join(failed, h.carryOut(r, v, call, c))
	}
	if failed != nil {
		return failed
	}
	return respondDone(w, r, "")
}
