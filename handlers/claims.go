package handlers

import (
	"net/http"

	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/web"
)

// undo cancels a hang-up in its grace period.
func (h *handlers) undo(w http.ResponseWriter, r *http.Request, a actor) error {
	if err := h.Control.Undo(r.Context(), a.Actor, callID(r)); err != nil {
		return err
	}
	return respondDone(w, r, "")
}

type claimForm struct {
	Verb     switchboard.Verb `form:"verb"`  // what the member is about to do; empty: the dialog was closed
	Input    bool             `form:"input"` // the member typed or clicked since the last time
	Override bool             `form:"override"`
}

// claim claims a call while a dialog about it is open and used, or releases it.
func (h *handlers) claim(w http.ResponseWriter, r *http.Request, a actor) error {
	if _, err := h.Control.Call(r.Context(), a.Actor, callID(r)); err != nil {
		return err
	}
	form, err := web.Decode[claimForm](w, r)
	switch {
	case err != nil:
	case form.Verb == "":
		err = h.Control.ReleaseClaim(r.Context(), a.Actor, callID(r))
	case !form.Verb.Valid():
		err = web.BadParam("verb")
	default:
		err = h.Control.Claim(r.Context(), a.Actor, callID(r), callcontrol.ClaimRequest{Verb: form.Verb, Input: form.Input, Override: form.Override})
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
