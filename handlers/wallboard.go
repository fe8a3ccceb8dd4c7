package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

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

const (
	wallboardInterval  = 250 * time.Millisecond // at least, between two frames
	wallboardHeartbeat = 10 * time.Second       // at most, so that a screen notices a dead feed
)

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
	v.snap = h.Control.Board(v.viewer).FreshSnapshot(r.Context())
	m, err := v.model(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	return web.Show(w, r, http.StatusOK, views.Wallboard(v.lang, m))
}

// wallboardFeed keeps a screen current until its link is revoked.
func (h *handlers) wallboardFeed(w http.ResponseWriter, r *http.Request) error {
	wallboard, revoked, leave, err := h.Control.Wallboards.Watch(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	defer leave()
	if !h.Control.Members.Allows(wallboard.Account) {
		return team.ErrNoWallboard
	}
	f := &wallboardFeed{wallboardView: h.newWallboardView(wallboard, r), revoked: revoked, heartbeat: time.NewTicker(wallboardHeartbeat)}
	defer f.close()
	return h.server.StreamAs(w, r, f.viewer.Account+string(f.viewer.User), f.next)
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
	if now.Sub(v.waitsAt) >= wallboardHeartbeat {
		waits, err := control.Journal.WaitTimes(ctx, accountID, today.From())
		if err != nil {
			return views.WallboardModel{}, err
		}
		v.waits, v.waitsAt = waits, now
	}
	m := views.NewWallboard(control.Visible(v.viewer, v.snap.Calls), sipgate.MaskNumber, v.wallboard.Names, v.lang)
	m.Name, m.Feed, m.Now, m.Zone, m.List = v.wallboard.Name, v.feed, now, zone, views.NewStatus(v.snap.Health, now)
	m.Today = v.h.Stats.Read(cancelled, accountID, today, v.h.statsSources(accountID))
	if m.Today.Fetched == 0 && !control.Capabilities.Get(accountID).Can(team.AbilityCallHistory) {
		m.Today.Known = false // sipgate's history has no calls of this account
	}
	m.WaitCount, m.LongestWait = v.waits.Calls, v.waits.Longest
	return m, nil
}

// frame returns the message that shows the snapshot and today.
func (v *wallboardView) frame(ctx context.Context) ([]byte, error) {
	m, err := v.model(ctx)
	if err != nil {
		return nil, err
	}
	html, err := views.WallboardHTML(ctx, v.lang, m)
	return views.Frame("#wall", html), err
}

// A wallboardFeed makes the frames for one screen: the whole wallboard each time.
type wallboardFeed struct {
	*wallboardView
	revoked   <-chan struct{}
	heartbeat *time.Ticker
	sub       *switchboard.Subscription // nil until the first frame
	sentAt    time.Time
}

var errWallboardRevoked = &web.CloseError{Code: web.CloseForbidden, Reason: "withdrawn"}

// next waits for a change and those that come at the same time, and returns one
// frame for all of them.
func (f *wallboardFeed) next(ctx context.Context) ([]byte, error) {
	board := f.h.Control.Board(f.viewer)
	if f.sub != nil {
		if err := f.waitForChange(ctx); err != nil {
			return nil, err
		}
		f.snap = board.Snapshot()
	}
	if f.sub == nil { // first frame, or fell behind
		f.snap, f.sub = board.Subscribe()
	}
	frame, err := f.frame(ctx)
	f.sentAt = time.Now()
	return frame, err
}

// waitForChange returns when there is something to send.
func (f *wallboardFeed) waitForChange(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.revoked:
		return errWallboardRevoked
	case _, ok := <-f.sub.Changes():
		if !ok {
			f.sub = nil
			return nil
		}
	case <-f.heartbeat.C:
	}
	if err := f.waitInterval(ctx); err != nil {
		return err
	}
	for {
		select {
		case _, ok := <-f.sub.Changes():
			if !ok {
				f.sub = nil
				return nil
			}
		default:
			return nil
		}
	}
}

// waitInterval waits until the next frame may be sent.
func (f *wallboardFeed) waitInterval(ctx context.Context) error {
	timer := time.NewTimer(time.Until(f.sentAt.Add(wallboardInterval)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.revoked:
		return errWallboardRevoked
	case <-timer.C:
		return nil
	}
}

func (f *wallboardFeed) close() {
	f.heartbeat.Stop()
	if f.sub != nil {
		f.sub.Close()
	}
}
