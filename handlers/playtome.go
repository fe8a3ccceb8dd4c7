package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// An announcement can be heard as it sounds on the telephone. sipgate has no
// operation for that: the member's own telephone is called as in any new call,
// with one of the account's own numbers as the other side, and as soon as both
// are connected the announcement is played into that call, which is hung up
// behind it. How sipgate treats a call to oneself is not documented.

// playSheet asks which telephone is to ring.
func (h *handlers) playSheet(w http.ResponseWriter, r *http.Request, v Visitor) error {
	clip, err := h.Library.Get(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	phones, err := h.phones(r.Context(), v)
	if err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.PlayToMeSheet(h.about(r, v), views.PlayToMeModel{ActionID: rand.Text(), Sound: clip,
		Phones: phones, Numbers: h.callerIDs(r.Context(), v), Number: h.ownNumber(r.Context(), v)}))
}

type playToMeForm struct {
	Device string `form:"device"`
	Anyway bool   `form:"anyway"` // although the telephone is offline
	Number string `form:"number"`
	web.Body
}

// playToMe calls the visitor's own telephone and plays the announcement to it.
func (h *handlers) playToMe(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[playToMeForm](w, r)
	if err != nil {
		return err
	}
	number, err := h.Numbers.Parse(cmp.Or(form.Number, h.ownNumber(r.Context(), v)))
	if err != nil {
		return err
	}
	clip, err := h.Library.Get(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	call := sipgate.NewCall{Caller: form.Device, DeviceID: sipgate.DeviceID(form.Device), Callee: string(number)}
	id, err := h.originate(r, v, switchboard.Origination{ID: form.ActionID, By: v.id(), Call: call}, form.Anyway)
	if err != nil {
		return err
	}
	again := r.Clone(context.WithoutCancel(r.Context())) // who asked, for the audit
	h.work.Go(func() { h.playWhenUp(again, v, id, clip) })
	return h.started(w, r, v, views.StartingModel{Call: string(id), Callee: sipgate.DisplayNumber(string(number)), Sound: clip.Label})
}

// pickupPatience is for how long a telephone may ring until an announcement is
// not played to it any more.
const pickupPatience = 90 * time.Second

// playWhenUp waits until both sides of the call are connected, plays the
// announcement, and hangs up behind it. Who hangs up before has heard enough.
func (h *handlers) playWhenUp(r *http.Request, v Visitor, id sipgate.CallID, clip announcement.Announcement) {
	board := h.Exchange.Board(v.Account)
	await := func(limit time.Duration, beyond switchboard.Stage) (switchboard.Stage, switchboard.Call) {
		ctx, cancel := context.WithTimeout(h.life, limit)
		defer cancel()
		stage, call := board.Progress(id)
		for stage <= beyond && ctx.Err() == nil {
			stage, call = board.AwaitProgress(ctx, id, stage)
		}
		return stage, call
	}
	stage, call := await(pickupPatience, switchboard.StageCalleeRinging)
	if stage != switchboard.StageConnected {
		return
	}
	action, err := h.announce(r.Context(), v, clip.ID)
	if err == nil {
		err = h.carryOut(r, v, call, switchboard.Command{By: v.id(), Call: call.ID, Action: action})
	}
	if err != nil {
		h.Log.Warn("an announcement could not be played to a telephone", "err", err)
	} else if stage, call = await(clip.Length+playTail, switchboard.StageConnected); stage == switchboard.StageEnded {
		return
	}
	if err := h.carryOut(r, v, call, switchboard.Command{By: v.id(), Call: call.ID, Action: switchboard.HangUp{}}); err != nil {
		h.Log.Info("a call that played an announcement was not hung up", "err", err)
	}
}

// playTail is what is left of a call behind the announcement.
const playTail = 2 * time.Second

// ownNumber is a number that reaches the visitor, or else any of the account;
// empty if it has none.
func (h *handlers) ownNumber(ctx context.Context, v Visitor) string {
	client := h.clientOf(v)
	numbers, err := client.Numbers(ctx)
	if err != nil || len(numbers) == 0 {
		return ""
	}
	devices, _ := client.Devices(ctx, v.User) // without them it is any number
	return sipgate.NumberRingingAt(numbers, devices)
}
