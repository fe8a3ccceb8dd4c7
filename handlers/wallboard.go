package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/handlers/feed"
	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/journal"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// A wallboard is shown to anyone who has its link. It shows what a viewer of the
// team sees who has no calls, with masked numbers. It counts as watching: sipgate
// is polled as often as for a browser.

// waitTimesEvery is for how long the waiting times of callers are current.
const waitTimesEvery = 10 * time.Second

// isWallboard reports whether the address is that of a screen, whose refusals
// are all the same.
func isWallboard(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/wall/") }

// findWallboard returns the wallboard of the request's link. It returns
// [team.ErrNoWallboard] for a link that is not valid, and for one of an account
// that is not allowed any more.
func (h *handlers) findWallboard(r *http.Request) (team.Wallboard, error) {
	wallboard, err := h.Control.Wallboards.Find(r.Context(), r.PathValue("token"))
	if err == nil && !h.Control.Members.Allows(wallboard.Account) {
		return team.Wallboard{}, team.ErrNoWallboard
	}
	return wallboard, err
}

// showWallboard shows the page for a screen.
func (h *handlers) showWallboard(w http.ResponseWriter, r *http.Request) error {
	wallboard, err := h.findWallboard(r)
	if err != nil {
		return err
	}
	v := h.newWallboardView(wallboard, r)
	board := h.Control.Board(v.viewer)
	board.AwaitList(r.Context())
	v.snap = board.Snapshot()
	m, err := v.model(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	return web.Show(w, r, http.StatusOK, views.Wallboard(v.lang, m))
}

// connectWallboard keeps a screen current until its link is revoked.
func (h *handlers) connectWallboard(w http.ResponseWriter, r *http.Request) error {
	wallboard, revoked, leave, err := h.Control.Wallboards.Watch(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if !h.Control.Members.Allows(wallboard.Account) {
		leave()
		return team.ErrNoWallboard
	}
	v := h.newWallboardView(wallboard, r)
	err = h.server.OpenSocket(w, r, v.viewer.Account+string(v.viewer.User), func(s *web.Socket) func() {
		s.CloseWhen(revoked, errWallboardRevoked)
		closeWhenMoved(r, s)
		hide, err := h.feeds.Show(feed.Picture{Key: wallboard.ID + " " + v.lang.String(), Board: h.Control.Board(v.viewer), Render: v.html}, s)
		if err != nil {
			s.Close(errFeedFailed)
			return leave
		}
		return func() { hide(); leave() }
	})
	if err != nil {
		leave()
	}
	return err
}

var errWallboardRevoked = &web.CloseError{Code: web.CloseForbidden, Reason: "withdrawn"}

// pollWallboard answers a screen that polls with the whole wallboard, whose
// clock and figures change all the time.
func (h *handlers) pollWallboard(w http.ResponseWriter, r *http.Request) error {
	wallboard, err := h.findWallboard(r)
	if err != nil {
		return err
	}
	v := h.newWallboardView(wallboard, r)
	h.polling.Note(wallboard.Account, string(v.viewer.User))
	h.Control.Board(v.viewer).AwaitList(r.Context())
	html, err := v.html(r.Context())
	if err != nil {
		return err
	}
	return web.SendJSON(w, http.StatusOK, []feed.Message{{Parts: []string{html}}})
}

// A wallboardView makes the model of what a screen shows.
type wallboardView struct {
	h         *handlers
	wallboard team.Wallboard
	viewer    callcontrol.Actor
	lang      views.Lang
	feed      string // address
	snap      switchboard.Snapshot

	waits   journal.WaitTimes
	waitsAt time.Time
}

func (h *handlers) newWallboardView(wallboard team.Wallboard, r *http.Request) *wallboardView {
	lang := wallboardLang(r)
	return &wallboardView{h: h, wallboard: wallboard, lang: lang, viewer: callcontrol.Actor{Member: wallboard.Viewer()},
		feed: "/wall/" + r.PathValue("token") + "/feed?lang=" + lang.String()}
}

// wallboardLang returns the language of a link, or else of the browser.
func wallboardLang(r *http.Request) views.Lang {
	if lang := views.Lang(r.URL.Query().Get("lang")); slices.Contains(views.Langs, lang) {
		return lang
	}
	return langOf(r, actor{})
}

// model returns what the screen shows of the snapshot and of today.
func (v *wallboardView) model(ctx context.Context) (views.WallboardModel, error) {
	now, control, accountID := time.Now(), v.h.Control, v.wallboard.Account
	zone := control.Zones.Of(accountID)
	today := stats.Day(now.In(zone))
	if now.Sub(v.waitsAt) >= waitTimesEvery {
		waits, err := control.Journal.WaitTimes(ctx, accountID, today.From())
		if err != nil {
			return views.WallboardModel{}, err
		}
		v.waits, v.waitsAt = waits, now
	}
	m := views.NewWallboard(control.Visible(v.viewer, v.snap.Calls), sipgate.MaskNumber, v.wallboard.Names, v.lang)
	m.Name, m.Feed, m.Now, m.Zone, m.List = v.wallboard.Name, v.feed, now, zone, views.NewStatus(v.snap.Health, now)
	m.Today = v.h.Stats.Read(cancelled, accountID, today, v.h.statsSources(accountID))
	if m.Today.Fetched == 0 && !control.Can(accountID, team.AbilityCallHistory) {
		m.Today.Known = false // sipgate's history has no calls of this account
	}
	m.Alarms = control.Alarms.Of(accountID)
	m.WaitCount, m.LongestWait = v.waits.Calls, v.waits.Longest
	return m, nil
}

// html renders the wallboard as the board and today are now.
func (v *wallboardView) html(ctx context.Context) (string, error) {
	v.snap = v.h.Control.Board(v.viewer).Snapshot()
	m, err := v.model(ctx)
	if err != nil {
		return "", err
	}
	html, err := views.WallboardHTML(ctx, v.lang, m)
	return string(html), err
}
