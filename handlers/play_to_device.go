package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/views"
	"callboard/web"
)

// playDialog asks on which device an announcement is to be played.
func (h *handlers) playDialog(w http.ResponseWriter, r *http.Request, a actor) error {
	clip, err := h.Control.Library.Get(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	devices, err := h.deviceChoices(r, a)
	if err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.PlayToMeDialog(h.page(r, a), views.PlayToMeModel{ActionID: rand.Text(), Announcement: clip,
		Phones: devices, Numbers: h.callerIDs(r, a), Number: h.Control.OwnNumber(r.Context(), a.Actor)}))
}

type playForm struct {
	Device sipgate.DeviceID `form:"device"`
	Number string           `form:"number"`
	Anyway bool             `form:"anyway"` // although the device is offline
	web.Body
}

// playToDevice plays an announcement on one of the actor's own devices.
func (h *handlers) playToDevice(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[playForm](w, r)
	if err != nil {
		return err
	}
	number, err := h.Control.Numbers.Parse(cmp.Or(form.Number, h.Control.OwnNumber(r.Context(), a.Actor)))
	if err != nil {
		return err
	}
	clip, err := h.Control.Library.Get(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	id, err := h.Control.PlayToDevice(r.Context(), a.Actor, callcontrol.Origination{ActionID: form.ActionID, Device: form.Device,
		Callee: number, RingOffline: form.Anyway}, clip)
	if err != nil {
		return err
	}
	return h.respondStarted(w, r, a, views.OriginateModel{Call: string(id), Callee: sipgate.DisplayNumber(string(number)), Announcement: clip.Label})
}
