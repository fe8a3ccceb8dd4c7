package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
)

// A decoder makes an action of what was sent. Mistakes in single fields are
// collected by the input itself.
type decoder func(r *http.Request, v Visitor, in *input) (switchboard.Action, error)

// command serves one kind of command on the call {id}: decode, one call to
// the board, answer.
func (h *handlers) command(decode decoder, fields ...string) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		call, err := h.callOf(v, r.PathValue("id"))
		if err != nil {
			return err
		}
		in, err := read(w, r, append(fields, "override")...)
		if err != nil {
			return err
		}
		action, err := decode(r, v, in)
		override := in.Has("override") && in.Bool("override")
		if in.err != nil {
			return in.err
		}
		if err != nil {
			return err
		}
		err = h.carryOut(r, v, call, switchboard.Command{ID: in.action, By: v.id(), Call: call.ID, Action: action, Override: override})
		if err != nil {
			return err
		}
		return accepted(w, r, in.action)
	}
}

// accepted answers a command that sipgate carried out. It never carries a row:
// every tab, the clicking one too, learns of the change through its feed.
func accepted(w http.ResponseWriter, r *http.Request, action string) error {
	switch {
	case wantsJSON(r):
		return answerJSON(w, http.StatusOK, map[string]string{"outcome": "done", "action_id": action})
	case isEnhanced(r):
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	return nil
}

func decodeHold(_ *http.Request, _ Visitor, in *input) (switchboard.Action, error) {
	return switchboard.Hold{On: in.Bool("value")}, nil
}

func decodeMute(_ *http.Request, _ Visitor, in *input) (switchboard.Action, error) {
	return switchboard.Mute{On: in.Bool("value")}, nil
}

// decodeRecord lets the spoken notice be left away only on purpose: without
// the field it is on.
func decodeRecord(_ *http.Request, _ Visitor, in *input) (switchboard.Action, error) {
	a := switchboard.Record{On: in.Bool("value"), Announce: true}
	if in.Has("announcement") {
		a.Announce = in.Bool("announcement")
	}
	return a, nil
}

func decodeTones(_ *http.Request, _ Visitor, in *input) (switchboard.Action, error) {
	digits, err := sipgate.ParseDTMF(in.Text("sequence"))
	return switchboard.Tones{Digits: digits}, err
}

func decodeUnask(*http.Request, Visitor, *input) (switchboard.Action, error) {
	return switchboard.CancelConsultation{}, nil
}

// decodeHangUp lets the hang-up wait for a moment, in which it can be taken
// back. A program that sends JSON has nobody who could: there it is at once,
// unless it says otherwise.
func decodeHangUp(_ *http.Request, v Visitor, in *input) (switchboard.Action, error) {
	atOnce := in.json != nil
	if in.Has("at_once") {
		atOnce = in.Bool("at_once")
	}
	if atOnce {
		return switchboard.HangUp{}, nil
	}
	return switchboard.HangUp{GracePeriod: graceOf(v)}, nil
}

func (h *handlers) decodeTransfer(_ *http.Request, v Visitor, in *input) (switchboard.Action, error) {
	t := sipgate.Transfer{Attended: in.Bool("attended")}
	var err error
	if t.To, err = h.whom(v, in, "phoneNumber"); err != nil {
		return nil, err
	}
	if in.Has("callerId") {
		if t.CallerID, err = h.Numbers.Parse(in.Text("callerId")); err != nil {
			return nil, &sipgate.ValueError{Field: "callerId", Code: "number_invalid"}
		}
	}
	return switchboard.TransferTo{Transfer: t}, nil
}

// decodeAnnounce plays one of the team's announcements, or a file at any address
// as sipgate's guide does it.
func (h *handlers) decodeAnnounce(r *http.Request, v Visitor, in *input) (switchboard.Action, error) {
	if in.Has("announcement") == in.Has("url") {
		return nil, badParam("announcement")
	}
	if in.Has("url") {
		u, err := url.Parse(in.Text("url"))
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") || len(u.String()) > 2000 {
			return nil, badParam("url")
		}
		return switchboard.Announce{URL: u.String(), Title: u.Host + u.Path}, nil
	}
	return h.announce(r.Context(), v, in.Text("announcement"))
}

// announce plays an announcement through a public address made for this one
// time.
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
