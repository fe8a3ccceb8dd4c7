package handlers

import (
	"context"
	"net/http"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

type newCallForm struct {
	Device   string `form:"device"`
	Callee   string `form:"callee"`
	Choice   string `form:"choice,formonly"`
	Anyway   bool   `form:"anyway"` // although the telephone is offline
	CallerID string `form:"callerId"`
	web.Body
}

// newCall starts a call. sipgate rings the caller's own telephone first, and
// the other side when it is answered.
func (h *handlers) newCall(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[newCallForm](w, r)
	if err != nil {
		return err
	}
	callee, err := h.recipient(v, form.Body, form.Callee, form.Choice)
	if err != nil {
		return err
	}
	call := sipgate.NewCall{Caller: form.Device, DeviceID: sipgate.DeviceID(form.Device), Callee: string(callee)}
	if form.CallerID != "" {
		shown, err := h.Numbers.Parse(form.CallerID)
		if err != nil {
			return err
		}
		call.CallerID = string(shown)
	}
	id, err := h.originate(r, v, switchboard.Origination{ID: form.ActionID, By: v.id(), Call: call}, form.Anyway)
	if err != nil {
		return err
	}
	return h.started(w, r, v, views.StartingModel{Call: string(id), Callee: sipgate.DisplayNumber(string(callee))})
}

// originate starts a call, on record, if it can be started with the telephone;
// anyway is as in mayStart.
func (h *handlers) originate(r *http.Request, v Visitor, o switchboard.Origination, anyway bool) (id sipgate.CallID, err error) {
	if err := h.mayStart(r.Context(), v, string(o.Call.DeviceID), anyway); err != nil {
		return "", err
	}
	ctx := context.WithoutCancel(r.Context())
	e := h.entry(r, v, team.StartCall, o.Call.Callee+" from "+string(o.Call.DeviceID))
	err = h.onRecord(ctx, e, func() error {
		id, err = h.Exchange.Board(v.Account).Originate(ctx, o, h.dialerOf(v))
		return err
	})
	if err != nil {
		return "", refusedStart{err}
	}
	return id, nil
}

// mayStart decides whether a call can be started with a telephone: with one's
// own, and with one that would not ring only if that is wanted all the same,
// since sipgate says yes to that and nothing happens.
func (h *handlers) mayStart(ctx context.Context, v Visitor, device string, anyway bool) error {
	phones, err := h.phones(ctx, v)
	if err != nil {
		return err
	}
	for _, p := range phones {
		switch {
		case p.ID != device:
		case p.State == "unfit":
			return errPhoneUnfit
		case p.State == "offline" && !anyway:
			return errPhoneOffline
		default:
			return nil
		}
	}
	return web.BadParam("device")
}

// refusedStart is why a call was not started.
type refusedStart struct{ error }

func (e refusedStart) Unwrap() error { return e.error }
