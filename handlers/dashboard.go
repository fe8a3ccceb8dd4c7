package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// dashboard shows the board.
func (h *handlers) dashboard(w http.ResponseWriter, r *http.Request, v Visitor) error {
	snap := h.Exchange.Board(v.Account).FreshSnapshot(r.Context())
	calls, hidden := snap.Calls, 0
	if v.Choices.OnlyMine { // without script the page stays as it is sent
		calls = slices.DeleteFunc(slices.Clone(calls), func(c switchboard.Call) bool { return h.sees(v, c) && !slices.Contains(c.Owners(), v.id()) })
		hidden = len(snap.Calls) - len(calls)
	}
	model, err := h.boardFor(r.Context(), v, calls, langOf(r, v))
	if err != nil {
		return err
	}
	model.Status = statusOf(snap.Health)
	model.Hidden = hidden
	model.CanCall = v.may("sessions:calls:write", "sessions:write")
	page := h.about(r, v)
	page.Setup = h.unfinished(r, v)
	return web.Show(w, r, http.StatusOK, views.Board(page, model))
}

// boardFor is the board as a visitor may see it and act on it.
func (h *handlers) boardFor(ctx context.Context, v Visitor, calls []switchboard.Call, lang views.Lang) (views.BoardModel, error) {
	seen := slices.DeleteFunc(slices.Clone(calls), func(c switchboard.Call) bool { return !h.sees(v, c) })
	model, err := h.formatFor(v).BoardFor(ctx, seen, func(c switchboard.Call) views.Permit { return h.permit(v, c) }, lang)
	model.Grace = true
	return model, err
}

// permit says whether the buttons of a call work for a visitor. They all need
// the same role; a command asks again.
func (h *handlers) permit(v Visitor, c switchboard.Call) views.Permit {
	return views.Permit{Reason: h.mayOn(v, team.Hold, c).Reason, Lacks: h.lacking(v.Account)}
}

// about is what every page needs to know.
func (h *handlers) about(r *http.Request, v Visitor) views.Page {
	may := map[string]bool{}
	for entry, deed := range map[string]team.Permission{"team": team.ViewTeam, "figures": team.ViewStats, "audit": team.ViewAudit, "walls": team.ManageWallboards, "status": team.ViewStatus, "settings": team.EditOwnSettings, "setup": team.ManageSettings} {
		may[entry] = v.Person.May(deed).OK
	}
	lacks, platform := map[string]bool{}, h.Platforms.Get(v.Account)
	for _, a := range team.Abilities {
		lacks[string(a)] = !platform.Can(a)
	}
	return views.Page{Lacks: lacks, Lang: langOf(r, v), ID: v.id(), Who: v.Subject(), Member: v.Name, Path: r.URL.Path, Now: time.Now(), Fragment: web.WantsFragment(r), Demo: h.Demo,
		May: may, Lead: v.Person.Role >= team.Lead, Choices: v.Choices}
}

func statusOf(h switchboard.Health) views.StatusModel {
	return views.NewStatus(h, time.Now())
}

// problem is the name of why sipgate could not be asked, in keys of words.
func problem(err error) string { return views.Reason(int(sipgate.KindOf(err))) }

// The sheets are the dialogs of the board: pages of their own without
// JavaScript, shown inside the board with it.

// sheet finds the call that a sheet is about.
func (h *handlers) sheet(draw func(r *http.Request, v Visitor, ref views.CallRef) (web.Renderer, error)) visitorHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		call, err := h.callOf(v, r.PathValue("id"))
		switch {
		case err != nil:
			return err
		case call.Phase == switchboard.Ended:
			return switchboard.ErrEnded
		}
		page, err := draw(r, v, h.formatFor(v).Ref(call, langOf(r, v), rand.Text()))
		if err != nil {
			return err
		}
		return web.Show(w, r, http.StatusOK, page)
	}
}

func (h *handlers) transferSheet(r *http.Request, v Visitor, ref views.CallRef) (web.Renderer, error) {
	m := views.TransferModel{Call: ref, Whom: h.whomField(r, v, ref), CallerIDs: h.callerIDs(r.Context(), v)}
	return views.TransferSheet(h.about(r, v), m), nil
}

func (h *handlers) keypadSheet(r *http.Request, v Visitor, ref views.CallRef) (web.Renderer, error) {
	return views.KeypadSheet(h.about(r, v), ref), nil
}

func (h *handlers) recordSheet(r *http.Request, v Visitor, ref views.CallRef) (web.Renderer, error) {
	return views.RecordSheet(h.about(r, v), ref), nil
}

func (h *handlers) announceSheet(r *http.Request, v Visitor, ref views.CallRef) (web.Renderer, error) {
	list, err := h.Library.List(r.Context(), v.Account, announcement.ByUse)
	if err != nil {
		return nil, err
	}
	return views.AnnounceSheet(h.about(r, v), views.AnnounceModel{Call: ref, Announcements: list}), nil
}

// callerIDs are the account's numbers, any of which may be shown to a callee.
func (h *handlers) callerIDs(ctx context.Context, v Visitor) []views.Choice {
	numbers, err := h.clientOf(v).Numbers(ctx)
	if err != nil {
		h.Log.Info("the account's numbers could not be read", "err", err)
		return nil
	}
	var found []views.Choice
	for _, n := range numbers {
		if number := sipgate.NormalizeNumber(n.Number); strings.HasPrefix(number, "+") {
			found = append(found, views.Choice{Value: number, Label: sipgate.DisplayNumber(number)})
		}
	}
	return found
}
