package handlers

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// The dialogs of the board are pages of their own without JavaScript, and are
// shown inside the board with it.

// callDialog shows a dialog about the call that the address names, if the actor
// may do what it is for.
func (h *handlers) callDialog(p team.Permission, draw func(r *http.Request, a actor, call views.CallRef) (web.Renderer, error)) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, a actor) error {
		call, err := h.Control.Call(r.Context(), a.Actor, callID(r))
		switch {
		case err != nil:
			return err
		case call.Phase == switchboard.Ended:
			return switchboard.ErrEnded
		}
		if d := h.Control.Authorize(a.Actor, p, call); !d.OK {
			return d.Err()
		}
		page, err := draw(r, a, h.formatFor(a).Ref(call, langOf(r, a), rand.Text()))
		if err != nil {
			return err
		}
		return web.Show(w, r, http.StatusOK, page)
	}
}

func (h *handlers) transferDialog(r *http.Request, a actor, call views.CallRef) (web.Renderer, error) {
	m := views.TransferModel{Call: call, Recipient: h.recipientPicker(r, call), CallerIDs: h.callerIDs(r, a)}
	return views.TransferDialog(h.page(r, a), m), nil
}

func (h *handlers) keypadDialog(r *http.Request, a actor, call views.CallRef) (web.Renderer, error) {
	return views.KeypadDialog(h.page(r, a), call), nil
}

func (h *handlers) recordDialog(r *http.Request, a actor, call views.CallRef) (web.Renderer, error) {
	return views.RecordDialog(h.page(r, a), call), nil
}

func (h *handlers) announceDialog(r *http.Request, a actor, call views.CallRef) (web.Renderer, error) {
	list, err := h.Control.Library.List(r.Context(), a.Account, announcement.ByUse)
	if err != nil {
		return nil, err
	}
	favourites, err := h.Control.Library.Favourites(r.Context(), a.Account, string(a.User))
	if err != nil {
		return nil, err
	}
	return views.AnnounceDialog(h.page(r, a), views.AnnounceModel{Call: call, Announcements: list, Favourites: favourites}), nil
}

// hangUpDialog lists the calls that the actor may hang up, to choose several.
func (h *handlers) hangUpDialog(w http.ResponseWriter, r *http.Request, a actor) error {
	m, format := views.HangUpModel{ActionID: rand.Text()}, h.formatFor(a)
	for _, c := range h.Control.Board(a.Actor).Snapshot().Calls {
		if c.Phase != switchboard.Ended && h.Control.Authorize(a.Actor, team.HangUp, c).OK {
			m.Calls = append(m.Calls, format.Ref(c, langOf(r, a), m.ActionID))
		}
	}
	return web.Show(w, r, http.StatusOK, views.HangUpDialog(h.page(r, a), m))
}

// callerIDs returns the account's numbers with the names of those whose they are,
// any of which may be shown to a callee; none if they cannot be read.
func (h *handlers) callerIDs(r *http.Request, a actor) (all []views.Option) {
	roster := h.Control.Rosters.Of(a.Account)
	numbers, err := roster.Numbers(r.Context())
	if err != nil {
		h.Log.Info("read account numbers", "account", a.Account, "err", err)
	}
	for _, n := range numbers {
		if number := sipgate.NormalizeNumber(n.Number); strings.HasPrefix(number, "+") {
			all = append(all, views.Option{Value: number, Label: numberLabel(roster.Snapshot().PartyName(number), number)})
		}
	}
	return slices.Clip(all)
}

// numberLabel returns how a number is offered: "Reception · +49 221 4710100".
func numberLabel(name, number string) string {
	shown := sipgate.DisplayNumber(number)
	if name == "" || sipgate.NormalizeNumber(name) == number {
		return shown
	}
	return name + " · " + shown
}
