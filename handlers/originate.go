package handlers

import (
	"context"
	"net/http"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// newCall starts a call. sipgate rings the caller's own telephone first, and
// the other side when it is answered.
func (h *handlers) newCall(w http.ResponseWriter, r *http.Request, v Visitor) error {
	in, err := read(w, r, "device", "callee", "callerId")
	if err != nil {
		return err
	}
	device := in.Text("device")
	callee, err := h.whom(v, in, "callee")
	if in.err != nil {
		return in.err
	}
	if err != nil {
		return err
	}
	call := sipgate.NewCall{Caller: device, DeviceID: sipgate.DeviceID(device), Callee: string(callee)}
	if in.Has("callerId") {
		shown, err := h.Numbers.Parse(in.Text("callerId"))
		if err != nil {
			return err
		}
		call.CallerID = string(shown)
	}
	devices, err := h.clientOf(v).Devices(r.Context(), v.User)
	if err != nil {
		return err
	}
	if !hasDevice(devices, device) {
		return badParam("device")
	}
	id, err := h.originate(r, v, switchboard.Origination{ID: in.action, By: v.id(), Call: call})
	if err != nil {
		return err
	}
	if wantsJSON(r) {
		return answerJSON(w, http.StatusCreated, map[string]string{"callId": string(id)})
	}
	return accepted(w, r, in.action)
}

// originate starts a call, on record.
func (h *handlers) originate(r *http.Request, v Visitor, o switchboard.Origination) (id sipgate.CallID, err error) {
	ctx := context.WithoutCancel(r.Context())
	e := h.entry(r, v, team.DeedCall, o.Call.Callee+" from "+string(o.Call.DeviceID))
	err = h.onRecord(ctx, e, func() error {
		id, err = h.Exchange.Board(v.Account).Originate(ctx, o, h.clientOf(v))
		return err
	})
	return id, err
}

func hasDevice(devices []sipgate.Device, id string) bool {
	for _, d := range devices {
		if string(d.ID) == id {
			return true
		}
	}
	return false
}
