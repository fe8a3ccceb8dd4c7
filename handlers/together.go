package handlers

import (
	"net/http"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
)

// undo cancels a hang-up in its grace period.
func (h *handlers) undo(w http.ResponseWriter, r *http.Request, v Visitor) error {
	call, err := h.callOf(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	e := h.entry(r, v, team.UndoHangUp, nil)
	e.Call, e.Parties = string(call.ID), parties(call)
	if d := h.mayOn(v, team.UndoHangUp, call); !d.OK {
		return h.refuseDeed(r.Context(), e, d)
	}
	if err := h.onRecord(r.Context(), e, func() error { return h.Exchange.Board(v.Account).Undo(v.id(), call.ID) }); err != nil {
		return err
	}
	return respondDone(w, r, "")
}

type claimForm struct {
	Verb     switchboard.Verb `form:"verb"` // what the member is about to do; empty: the dialog was closed
	Override bool             `form:"override"`
}

// claim announces to the other members that a visitor is about to act on a call,
// for as long as a dialog about it is open.
func (h *handlers) claim(w http.ResponseWriter, r *http.Request, v Visitor) error {
	call, err := h.callOf(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	form, err := web.Decode[claimForm](w, r)
	if err != nil {
		return err
	}
	board := h.Exchange.Board(v.Account)
	if form.Verb == "" {
		board.ReleaseClaim(v.id(), call.ID)
	} else if !form.Verb.Valid() {
		return web.BadParam("verb")
	} else if d := h.mayOn(v, team.Permission(form.Verb), call); !d.OK {
		return denied{d.Reason}
	} else if err := board.Claim(v.id(), call.ID, form.Verb); err != nil && !(form.Override && h.overrides(v, call, err)) {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// overrides reports whether err says that another member has claimed the call
// and the visitor may act all the same.
func (h *handlers) overrides(v Visitor, c switchboard.Call, err error) bool {
	return explain(err).Code == "attended" && h.mayOn(v, team.OverrideClaim, c).OK
}
