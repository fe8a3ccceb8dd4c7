package handlers

import (
	"net/http"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// undo takes back a hang-up that waits.
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
	return accepted(w, r, "")
}

// attention tells the others that a visitor is about to act on a call, as long
// as a dialog about it is open; without a verb it was closed.
func (h *handlers) attention(w http.ResponseWriter, r *http.Request, v Visitor) error {
	call, err := h.callOf(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	in, err := read(w, r, "verb", "override")
	if err != nil {
		return err
	}
	board, verb, override := h.Exchange.Board(v.Account), switchboard.Verb(in.Text("verb")), in.Checked("override")
	if in.err != nil {
		return in.err
	}
	if verb == "" {
		board.ReleaseClaim(v.id(), call.ID)
	} else if !verb.Valid() {
		return badParam("verb")
	} else if d := h.mayOn(v, team.Permission(verb), call); !d.OK {
		return denied{d.Reason}
	} else if err := board.Claim(v.id(), call.ID, verb); err != nil && !(override && h.overrides(v, call, err)) {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// overrides reports whether a visitor may open a dialog although somebody else
// has.
func (h *handlers) overrides(v Visitor, c switchboard.Call, err error) bool {
	return explain(err).Code == "attended" && h.mayOn(v, team.OverrideClaim, c).OK
}
