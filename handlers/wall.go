package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/stats"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// A screen on a wall is anybody who has its link. It sees what a viewer of the
// team sees who has no calls of their own, with numbers masked, and counts as
// somebody who watches: the list is read as often as for a browser.

const (
	wallPace  = 250 * time.Millisecond // between two frames
	wallPulse = 10 * time.Second       // without news, so that a screen knows that the feed lives
)

// isWall tells the addresses of screens. Their refusals are all the same.
func isWall(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/wall/") }

// wall is the page for a screen.
func (h *handlers) wall(w http.ResponseWriter, r *http.Request) error {
	wall, err := h.Walls.Find(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if !h.People.Allows(wall.Account) {
		return team.ErrNoWallboard
	}
	v := h.wallViewer(wall, r)
	v.snap = h.Exchange.Board(wall.Account).FreshSnapshot(r.Context())
	m, err := v.model(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	return web.Show(w, r, http.StatusOK, views.Wall(v.lang, m))
}

// wallFeed keeps a screen current until its link is withdrawn.
func (h *handlers) wallFeed(w http.ResponseWriter, r *http.Request) error {
	wall, gone, leave, err := h.Walls.Watch(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	defer leave()
	if !h.People.Allows(wall.Account) {
		return team.ErrNoWallboard
	}
	f := &wallFeed{wallViewer: h.wallViewer(wall, r), gone: gone, pulse: time.NewTicker(wallPulse)}
	defer f.close()
	return h.Server.StreamAs(w, r, f.visitor.Subject(), f.next)
}

// A wallViewer makes of a board what a screen shows.
type wallViewer struct {
	h       *handlers
	wall    team.Wallboard
	visitor Visitor
	lang    views.Lang
	feed    string
	snap    switchboard.Snapshot

	waits    journal.WaitTimes
	waitedAt time.Time
}

func (h *handlers) wallViewer(wall team.Wallboard, r *http.Request) *wallViewer {
	lang, p := wallLang(r), wall.Viewer()
	return &wallViewer{h: h, wall: wall, lang: lang, visitor: Visitor{Account: p.Account, User: p.User, Person: p},
		feed: "/wall/" + r.PathValue("token") + "/feed?lang=" + lang.String()}
}

// wallLang is the language of a link, or else of the browser.
func wallLang(r *http.Request) views.Lang {
	if lang := views.Lang(r.URL.Query().Get("lang")); slices.Contains(views.Langs, lang) {
		return lang
	}
	return langOf(r, Visitor{})
}

// model is what the screen shows of the snapshot, and of today.
func (v *wallViewer) model(ctx context.Context) (views.WallModel, error) {
	now := time.Now()
	today := stats.Day(now)
	if now.Sub(v.waitedAt) >= wallPulse {
		waits, err := v.h.Journal.WaitTimes(ctx, v.wall.Account, today.From())
		if err != nil {
			return views.WallModel{}, err
		}
		v.waits, v.waitedAt = waits, now
	}
	seen := slices.DeleteFunc(slices.Clone(v.snap.Calls), func(c switchboard.Call) bool { return !v.h.sees(v.visitor, c) })
	m := views.NewWall(seen, sipgate.MaskNumber, v.wall.Names, v.lang)
	m.Name, m.Feed, m.Now, m.List = v.wall.Name, v.feed, now, statusOf(v.snap.Health)
	m.Today = v.h.figures.Read(done, v.wall.Account, today, v.h.historians(v.wall.Account))
	m.Today.AsOf = m.Today.AsOf.Local()
	if m.Today.Fetched == 0 && !v.h.Platforms.Get(v.wall.Account).Can(team.AbilityCallHistory) {
		m.Today.Known = false // sipgate does not put the calls into its history
	}
	m.Waited, m.Longest = v.waits.Calls, v.waits.Longest
	return m, nil
}

// A wallFeed is what one screen is to be told next: the whole wall each time.
type wallFeed struct {
	*wallViewer
	gone  <-chan struct{} // the link was withdrawn
	pulse *time.Ticker
	sub   *switchboard.Subscription // nil until the first frame
	sent  time.Time
}

var errWallGone = &web.CloseError{Code: web.CloseForbidden, Reason: "withdrawn"}

// next waits for news, lets what comes at the same time come, and tells it all.
func (f *wallFeed) next(ctx context.Context) ([]byte, error) {
	board := f.h.Exchange.Board(f.wall.Account)
	if f.sub != nil {
		if err := f.news(ctx); err != nil {
			return nil, err
		}
		f.snap = board.Snapshot()
	}
	if f.sub == nil { // at first, or too slow
		f.snap, f.sub = board.Subscribe()
	}
	m, err := f.model(ctx)
	if err != nil {
		return nil, err
	}
	html, err := views.WallHTML(ctx, f.lang, m)
	f.sent = time.Now()
	return views.Frame("#wall", html), err
}

// news returns when there is something to tell.
func (f *wallFeed) news(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.gone:
		return errWallGone
	case _, ok := <-f.sub.Changes():
		if !ok {
			f.sub = nil
			return nil
		}
	case <-f.pulse.C:
	}
	if err := f.rest(ctx); err != nil {
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

// rest keeps the pace.
func (f *wallFeed) rest(ctx context.Context) error {
	timer := time.NewTimer(time.Until(f.sent.Add(wallPace)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.gone:
		return errWallGone
	case <-timer.C:
		return nil
	}
}

func (f *wallFeed) close() {
	f.pulse.Stop()
	if f.sub != nil {
		f.sub.Close()
	}
}
