package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/callhistory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// maxFound bounds how many calls, announcements and entries of the history are
// found, of each.
const maxFound = 4

// find searches everything for the field of all pages: live calls, whom to call,
// announcements and the history, as far as the actor may see them. It asks sipgate
// nothing.
func (h *handlers) find(w http.ResponseWriter, r *http.Request, a actor) error {
	text := r.URL.Query().Get("q")
	if len(text) > maxQuery {
		return web.BadParam("q")
	}
	lang := langOf(r, a)
	m := views.FindModel{Text: strings.TrimSpace(text), MayCall: a.deniedReason(team.StartCall) == "", ActionID: rand.Text(), MaySeeHistory: a.May(team.ViewOwnHistory).OK}
	if m.MayCall {
		own, _ := h.Control.OwnCall(a.Actor)
		if own.ID != "" {
			m.Own = h.formatFor(a).Ref(own, lang, "")
		}
		m.People = h.recipients(a, lang, text, own)
	}
	if matches := h.Control.Directory.Matches(text); matches != nil {
		m.Calls = h.findCalls(a, lang, matches)
		if err := h.findPast(r.Context(), a, lang, &m, matches); err != nil {
			return err
		}
	} else {
		m.MaySeeHistory = false
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Show(w, r, http.StatusOK, views.Found(lang, m))
}

// matcher reports whether someone with a number and names fits what is typed.
type matcher func(number string, names ...string) bool

// findCalls returns the live calls whose party or member fits.
func (h *handlers) findCalls(a actor, lang views.Lang, matches matcher) (found []views.FoundCall) {
	format := h.formatFor(a)
	for _, c := range h.Control.Board(a.Actor).Snapshot().Calls {
		if c.Phase == switchboard.Ended || len(found) == maxFound || !h.Control.Authorize(a.Actor, team.SeeCall, c).OK {
			continue
		}
		ref := format.Ref(c, lang, "")
		if byParty := matches(c.Remote.Number, ref.Title); byParty || matches(c.Local.Number, ref.Local) {
			found = append(found, format.NewFoundCall(c, byParty, lang))
		}
	}
	return found
}

// findPast finds announcements and entries of the history. What cannot be read is
// not found.
func (h *handlers) findPast(ctx context.Context, a actor, lang views.Lang, m *views.FindModel, matches matcher) error {
	if a.May(team.ViewAnnouncements).OK {
		all, err := h.Control.Library.List(ctx, a.Account, announcement.ByUse)
		if err != nil {
			return err
		}
		for _, s := range all {
			if len(m.Announcements) < maxFound && matches("", s.Label) {
				m.Announcements = append(m.Announcements, s)
			}
		}
	}
	if !m.MaySeeHistory {
		return nil
	}
	known, err := h.Control.History.Known(ctx, a.Member, callhistory.Filter{Text: m.Text}, maxFound)
	if err != nil {
		h.Log.Info("search the history in memory", "account", a.Account, "err", err)
	}
	for _, e := range known {
		entry := h.entryModel(a, e, "/history")
		m.History = append(m.History, h.formatFor(a).NewFoundEntry(entry, time.Now(), lang))
	}
	return nil
}
