package handlers

import (
	"net/http"
	"net/url"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
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
func command[T commandForm](h *handlers, toAction func(r *http.Request, a actor, form T) (switchboard.Action, error)) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		call, err := h.Control.Call(r.Context(), a.Actor, callID(r))
		if err != nil {
			return err
		}
		form, err := web.Decode[T](w, r)
		if err != nil {
			return err
		}
		action, err := toAction(r, a, form)
		if err != nil {
			return err
		}
		f := form.common()
		err = h.Control.Execute(r.Context(), a.Actor, call, switchboard.Command{ID: f.ActionID, Action: action, Override: f.Override})
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

func holdAction(_ *http.Request, _ actor, form switchForm) (switchboard.Action, error) {
	return switchboard.Hold{On: form.Value}, nil
}

func muteAction(_ *http.Request, _ actor, form switchForm) (switchboard.Action, error) {
	return switchboard.Mute{On: form.Value}, nil
}

type recordForm struct {
	Value        bool  `form:"value,required"`
	Announcement *bool `form:"announcement"`
	Remember     bool  `form:"remember"` // record in this way from now on
	commandFields
}

// recordAction plays the spoken notice unless the form leaves it out
// explicitly. The dialog asks to remember that.
func (h *handlers) recordAction(r *http.Request, a actor, form recordForm) (switchboard.Action, error) {
	record := switchboard.Record{On: form.Value, Announce: form.Announcement == nil || *form.Announcement}
	if !form.Remember || !record.On {
		return record, nil
	}
	err := h.Control.Members.SavePreferences(r.Context(), a.MemberID, func(p *team.Preferences) error {
		p.Recording = team.SilentRecording
		if record.Announce {
			p.Recording = team.SpokenRecording
		}
		return nil
	})
	return record, err
}

type tonesForm struct {
	Sequence string `form:"sequence"`
	commandFields
}

func tonesAction(_ *http.Request, _ actor, form tonesForm) (switchboard.Action, error) {
	digits, err := sipgate.ParseDTMF(form.Sequence)
	return switchboard.Tones{Digits: digits}, err
}

func cancelConsultationAction(*http.Request, actor, commandFields) (switchboard.Action, error) {
	return switchboard.CancelConsultation{}, nil
}

type hangUpForm struct {
	AtOnce *bool `form:"at_once"`
	commandFields
}

// hangUpAction gives the member a moment to undo the hang-up. Nobody watches a
// program that sends JSON, so there the call ends at once. Both can ask for
// the other.
func hangUpAction(_ *http.Request, a actor, form hangUpForm) (switchboard.Action, error) {
	atOnce := form.JSON
	if form.AtOnce != nil {
		atOnce = *form.AtOnce
	}
	if atOnce {
		return switchboard.HangUp{}, nil
	}
	return switchboard.HangUp{GracePeriod: gracePeriod(a)}, nil
}

type transferForm struct {
	Attended    bool   `form:"attended,required"`
	PhoneNumber string `form:"phoneNumber"`
	Choice      string `form:"choice,formonly"`
	CallerID    string `form:"callerId"`
	commandFields
}

func (h *handlers) transferAction(_ *http.Request, a actor, form transferForm) (switchboard.Action, error) {
	t := sipgate.Transfer{Attended: form.Attended}
	var err error
	if t.To, err = h.recipient(a, form.Body, form.PhoneNumber, form.Choice); err != nil {
		return nil, err
	}
	if form.CallerID != "" {
		if t.CallerID, err = h.Control.Numbers.Parse(form.CallerID); err != nil {
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
func (h *handlers) announceAction(r *http.Request, a actor, form announceForm) (switchboard.Action, error) {
	if (form.Announcement != "") == (form.URL != "") {
		return nil, web.BadParam("announcement")
	}
	if form.URL == "" {
		return h.Control.AnnounceAction(r.Context(), a.Actor, form.Announcement)
	}
	u, err := url.Parse(form.URL)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(u.String()) > maxSoundURL {
		return nil, web.BadParam("url")
	}
	return switchboard.Announce{URL: u.String(), Title: u.Host + u.Path}, nil
}
