package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
	"callboard/web"
)

// commandFields are the fields of every command on a call.
type commandFields struct {
	Override bool `form:"override"` // act although another member has claimed the call
	web.Body
}

func (f commandFields) common() commandFields { return f }

// A commandForm is the body of one kind of command.
type commandForm interface{ common() commandFields }

// command handles one kind of command on the call {id}. toAction makes the
// action of what was sent.
func command[T commandForm](h *handlers, toAction func(r *http.Request, v Visitor, form T) (switchboard.Action, error)) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		call, err := h.callOf(v, r.PathValue("id"))
		if err != nil {
			return err
		}
		form, err := web.Decode[T](w, r)
		if err != nil {
			return err
		}
		action, err := toAction(r, v, form)
		if err != nil {
			return err
		}
		f := form.common()
		err = h.carryOut(r, v, call, switchboard.Command{ID: f.ActionID, By: v.id(), Call: call.ID, Action: action, Override: f.Override})
		if err != nil {
			return err
		}
		return respondDone(w, r, f.ActionID)
	}
}

// respondDone answers a command that was carried out. The answer never carries a
// row: every tab, the clicking one included, learns of the change through its
// feed.
func respondDone(w http.ResponseWriter, r *http.Request, actionID string) error {
	return web.Respond(w, r, web.Response{JSON: map[string]string{"outcome": "done", "action_id": actionID}, Next: "/"})
}

type switchForm struct {
	Value bool `form:"value,required"`
	commandFields
}

func holdAction(_ *http.Request, _ Visitor, form switchForm) (switchboard.Action, error) {
	return switchboard.Hold{On: form.Value}, nil
}

func muteAction(_ *http.Request, _ Visitor, form switchForm) (switchboard.Action, error) {
	return switchboard.Mute{On: form.Value}, nil
}

type recordForm struct {
	Value        bool  `form:"value,required"`
	Announcement *bool `form:"announcement"`
	commandFields
}

// recordAction plays the spoken notice unless the form leaves it out
// explicitly.
func recordAction(_ *http.Request, _ Visitor, form recordForm) (switchboard.Action, error) {
	return switchboard.Record{On: form.Value, Announce: form.Announcement == nil || *form.Announcement}, nil
}

type tonesForm struct {
	Sequence string `form:"sequence"`
	commandFields
}

func tonesAction(_ *http.Request, _ Visitor, form tonesForm) (switchboard.Action, error) {
	digits, err := sipgate.ParseDTMF(form.Sequence)
	return switchboard.Tones{Digits: digits}, err
}

func cancelConsultationAction(*http.Request, Visitor, commandFields) (switchboard.Action, error) {
	return switchboard.CancelConsultation{}, nil
}

type hangUpForm struct {
	AtOnce *bool `form:"at_once"`
	commandFields
}

// hangUpAction gives the member a moment to undo the hang-up. Nobody watches a
// program that sends JSON, so there the call ends at once. Both can ask for
// the other.
func hangUpAction(_ *http.Request, v Visitor, form hangUpForm) (switchboard.Action, error) {
	atOnce := form.JSON
	if form.AtOnce != nil {
		atOnce = *form.AtOnce
	}
	if atOnce {
		return switchboard.HangUp{}, nil
	}
	return switchboard.HangUp{GracePeriod: graceOf(v)}, nil
}

type transferForm struct {
	Attended    bool   `form:"attended,required"`
	PhoneNumber string `form:"phoneNumber"`
	Choice      string `form:"choice,formonly"`
	CallerID    string `form:"callerId"`
	commandFields
}

func (h *handlers) transferAction(_ *http.Request, v Visitor, form transferForm) (switchboard.Action, error) {
	t := sipgate.Transfer{Attended: form.Attended}
	var err error
	if t.To, err = h.recipient(v, form.Body, form.PhoneNumber, form.Choice); err != nil {
		return nil, err
	}
	if form.CallerID != "" {
		if t.CallerID, err = h.Numbers.Parse(form.CallerID); err != nil {
			return nil, &sipgate.ValueError{Field: "callerId", Code: "number_invalid"}
		}
	}
	return switchboard.TransferTo{Transfer: t}, nil
}

type announceForm struct {
	Announcement string `form:"announcement"`
	URL          string `form:"url"`
	commandFields
}

// maxSoundURL bounds the address of a sound, in bytes.
const maxSoundURL = 2000

// announceAction plays one of the team's announcements, or a sound file at any
// web address, as sipgate's guide does.
func (h *handlers) announceAction(r *http.Request, v Visitor, form announceForm) (switchboard.Action, error) {
	if (form.Announcement != "") == (form.URL != "") {
		return nil, web.BadParam("announcement")
	}
	if form.URL == "" {
		return h.announce(r.Context(), v, form.Announcement)
	}
	u, err := url.Parse(form.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(u.String()) > maxSoundURL {
		return nil, web.BadParam("url")
	}
	return switchboard.Announce{URL: u.String(), Title: u.Host + u.Path}, nil
}

// announce returns the action that plays an announcement, at a public address
// made for this one time.
func (h *handlers) announce(ctx context.Context, v Visitor, id string) (switchboard.Action, error) {
	clip, err := h.Library.Get(ctx, v.Account, id)
	if err != nil {
		return nil, err
	}
	p, err := h.Library.Publish(ctx, v.Account, clip.ID, v.Name)
	if err != nil {
		return nil, err
	}
	return switchboard.Announce{URL: h.publicFile(p), File: clip.ID, Title: clip.Label, Length: clip.Length, Fetched: p.Fetched}, nil
}

func (h *handlers) publicFile(p announcement.Publication) string {
	return strings.TrimSuffix(h.PublicURL.String(), "/") + "/a/" + p.Token + ".wav"
}
