package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

// newCallDialog asks whom to call, from which device. A tel: link fills it in;
// opening the link never calls anyone.
func (h *handlers) newCallDialog(w http.ResponseWriter, r *http.Request, a actor) error {
	devices, err := h.deviceChoices(r, a)
	if err != nil {
		return err
	}
	m := views.NewCallModel{ActionID: rand.Text(), Phones: devices, CallerIDs: h.callerIDs(r, a), CallerID: string(a.Preferences.Number),
		Recipient: h.recipientPicker(r, views.CallRef{}), TelLink: h.link(linkOf(r.URL.RawQuery))}
	if m.TelLink.Text != "" {
		m.Recipient.Text = m.TelLink.Text
	}
	return web.Show(w, r, http.StatusOK, views.NewCallDialog(h.page(r, a), m))
}

// linkOf returns the value of "to" in a query. Links contain semicolons, which
// [url.ParseQuery] refuses.
func linkOf(query string) string {
	for field := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(field, "to="); ok {
			if plain, err := url.QueryUnescape(value); err == nil {
				return plain
			}
			return value
		}
	}
	return ""
}

// link returns what a tel: link, or a number in an address, fills in.
func (h *handlers) link(to string) views.TelLink {
	if to == "" {
		return views.TelLink{}
	}
	typed, err := sipgate.ParseTel(to)
	if err != nil {
		return views.TelLink{Text: shorten(to), Refused: explain(err).Code}
	}
	number, err := h.Control.Numbers.Parse(typed)
	if err != nil {
		return views.TelLink{Text: shorten(typed), Refused: explain(err).Code}
	}
	return views.TelLink{Text: sipgate.DisplayNumber(string(number))}
}

// shorten returns as much of a text from an address as a field takes and shows.
func shorten(s string) string {
	r := slices.DeleteFunc([]rune(s), unicode.IsControl)
	return string(r[:min(len(r), 40)])
}

// deviceChoices returns the actor's devices, the one to start with chosen.
func (h *handlers) deviceChoices(r *http.Request, a actor) (all []views.Phone, err error) {
	h.Control.CapabilitiesOf(r.Context(), a.Actor)
	devices, err := h.Control.Devices(r.Context(), a.Actor)
	for _, d := range devices {
		all = append(all, views.Phone{ID: string(d.ID), Name: cmp.Or(d.Alias, string(d.ID)), State: string(d.State)})
	}
	if i := callcontrol.PreferredDevice(devices, a.Preferences.Device); i >= 0 {
		all[i].Selected = true
	}
	return all, err
}

// usualDevice returns the device with which the actor starts calls.
func (h *handlers) usualDevice(r *http.Request, a actor) (sipgate.DeviceID, error) {
	devices, err := h.Control.Devices(r.Context(), a.Actor)
	if err != nil {
		return "", err
	}
	i := callcontrol.PreferredDevice(devices, a.Preferences.Device)
	if i < 0 {
		return "", callcontrol.ErrNotOwnDevice
	}
	return devices[i].ID, nil
}

type newCallForm struct {
	Device   sipgate.DeviceID `form:"device"`
	Callee   string           `form:"callee"`
	Choice   string           `form:"choice,formonly"`
	Anyway   bool             `form:"anyway"` // although the device is offline
	CallerID string           `form:"callerId"`
	Usual    bool             `form:"usual,formonly"` // from the actor's usual device and number
	web.Body
}

// startCall starts a call.
func (h *handlers) startCall(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[newCallForm](w, r)
	if err != nil {
		return err
	}
	if form.Usual {
		if form.Device, err = h.usualDevice(r, a); err != nil {
			return err
		}
		form.CallerID = string(a.Preferences.Number)
	}
	o := callcontrol.Origination{ActionID: form.ActionID, Device: form.Device, RingOffline: form.Anyway}
	if o.Callee, err = h.recipient(a, form.Body, form.Callee, form.Choice); err != nil {
		return err
	}
	if form.CallerID != "" {
		if o.CallerID, err = h.Control.Numbers.Parse(form.CallerID); err != nil {
			return err
		}
	}
	id, err := h.Control.Originate(r.Context(), a.Actor, o)
	if err != nil {
		return err
	}
	return h.respondStarted(w, r, a, views.OriginateModel{Call: string(id), Callee: sipgate.DisplayNumber(string(o.Callee))})
}

// respondStarted answers a member who started a call: a program with its id, a
// page with what comes next.
func (h *handlers) respondStarted(w http.ResponseWriter, r *http.Request, a actor, m views.OriginateModel) error {
	m.Started = time.Now()
	q := url.Values{"callee": {m.Callee}, "started": {strconv.FormatInt(m.Started.UnixMilli(), 10)}}
	if m.Announcement != "" {
		q.Set("sound", m.Announcement)
	}
	res := web.Response{JSON: map[string]string{"callId": m.Call}, Fragment: views.OriginateDialog(h.page(r, a), m),
		Next: "/starting/" + m.Call + "?" + q.Encode()}
	if web.WantsJSON(r) {
		res.Status = http.StatusCreated
	}
	return web.Respond(w, r, res)
}

// progressTimeout bounds how long a page waits for the next stage of a call.
const progressTimeout = 15 * time.Second

// showProgress shows how far a call is that a member started: to a page as soon
// as there is another stage, to a browser without JavaScript again and again.
func (h *handlers) showProgress(w http.ResponseWriter, r *http.Request, a actor) error {
	id := sipgate.CallID(r.PathValue("id"))
	if !id.Valid() {
		return errNotFound
	}
	q := r.URL.Query()
	m := views.OriginateModel{Call: string(id), Callee: shorten(q.Get("callee")), Announcement: shorten(q.Get("sound"))}
	m.Polls, _ = strconv.Atoi(q.Get("turn"))
	m.Polls = max(m.Polls, 0)
	if started, err := strconv.ParseInt(q.Get("started"), 10, 64); err == nil {
		m.Started = time.UnixMilli(started)
	}
	m.Heard = !h.Receiver.Health(a.Account).LastEvent.IsZero()
	known := switchboard.Stage(-1)
	if web.WantsFragment(r) {
		known = views.ParseStage(q.Get("stage"))
	}
	ctx, cancel := context.WithTimeout(r.Context(), m.NextAnswer(known, time.Now(), progressTimeout))
	defer cancel()
	m.Stage, m.Row, m.Cause = h.Control.Progress(ctx, a.Actor, id, known)
	if m.SetWaited(time.Now()); m.Stage == switchboard.StageUnknown && m.Waited >= views.RingTimeout {
		var told bool
		m.Stage, told = h.Control.AskChannel(r.Context(), a.Actor, id)
		m.Heard = m.Heard || told
	}
	if web.WantsFragment(r) {
		return web.Show(w, r, http.StatusOK, views.OriginateProgress(h.page(r, a), m))
	}
	if refresh := m.Refresh(); refresh != "" {
		w.Header().Set("Refresh", refresh)
	}
	return web.Show(w, r, http.StatusOK, views.OriginateDialog(h.page(r, a), m))
}
