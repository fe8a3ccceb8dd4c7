package handlers

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"callboard/handlers/feed"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// connectFeed keeps a page of the board current from the version that it has.
func (h *handlers) connectFeed(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.openSocket(w, r, a, func(s *web.Socket) (func(), error) {
		return h.feeds.Join(h.Control.Board(a.Actor), h.newBoardView(r, a), r.URL.Query().Get("have"), s)
	})
}

// connectCallFeed tells the page of a call when the call has changed.
func (h *handlers) connectCallFeed(w http.ResponseWriter, r *http.Request, a actor) error {
	call, err := h.Control.RecordedCall(r.Context(), a.Actor, callID(r))
	if err != nil {
		return err
	}
	return h.openSocket(w, r, a, func(s *web.Socket) (func(), error) {
		return h.feeds.Watch(h.Control.Board(a.Actor), call.ID, s)
	})
}

// openSocket opens a socket of a member until the session is over.
func (h *handlers) openSocket(w http.ResponseWriter, r *http.Request, a actor, join func(*web.Socket) (leave func(), err error)) error {
	return h.server.OpenSocket(w, r, a.SignIn.Subject(), func(s *web.Socket) func() {
		s.CloseWhen(a.session, errSessionOver)
		closeWhenMoved(r, s)
		leave, err := join(s)
		if err != nil {
			h.Log.Error("join feed", "err", err)
			s.Close(errFeedFailed)
			return func() {}
		}
		return leave
	})
}

var (
	errSessionOver = &web.CloseError{Code: web.CloseSessionGone, Reason: "signed out"}
	errFeedFailed  = &web.CloseError{Code: web.CloseInternal, Reason: "feed failed"}
)

// fallbackWindow is for how long a page that polls counts as one that no socket
// reaches.
const fallbackWindow = time.Minute

// pollFeed answers a page that no socket reaches, because a proxy drops it, with
// what the feed would have sent.
func (h *handlers) pollFeed(w http.ResponseWriter, r *http.Request, a actor) error {
	h.polling.Note(a.Account, a.SignIn.Subject()+" "+r.UserAgent())
	board := h.Control.Board(a.Actor)
	board.AwaitList(r.Context())
	messages, err := h.feeds.Missed(board, h.newBoardView(r, a), r.URL.Query().Get("have"))
	if err != nil {
		return err
	}
	return web.SendJSON(w, http.StatusOK, messages)
}

// A boardView is a [feed.View] of one member.
type boardView struct {
	h       *handlers
	actor   actor
	format  views.Format // see names
	lang    views.Lang   // of the page
	browser views.Lang   // of a page of this browser if the member has chosen none
}

// newBoardView returns the board as the actor of a request sees it.
func (h *handlers) newBoardView(r *http.Request, a actor) *boardView {
	return &boardView{h: h, actor: a, lang: langOf(r, a), browser: browserLang(r, a)}
}

// Key implements [feed.View].
func (v *boardView) Key() string {
	return v.actor.SignIn.Subject() + " " + v.lang.String() + " " + v.browser.String() + " " + v.actor.SignIn.Scope
}

// Lang implements [feed.View].
func (v *boardView) Lang() views.Lang { return v.lang }

// A beginning is what a page shows of the board until script decides.
type beginning struct {
	own     switchboard.MemberID // whose calls are on top,
	onlyOwn bool                 // and are all that is shown
	alarms  team.AlarmLimits
}

// BeginKey implements [feed.View].
func (v *boardView) BeginKey() any {
	return beginning{v.actor.BoardID(), v.actor.Preferences.OnlyMine, v.h.Control.Alarms.Of(v.actor.Account)}
}

// Begin implements [feed.View].
func (v *boardView) Begin(m *views.BoardModel, now time.Time) (until time.Time) {
	b := v.BeginKey().(beginning)
	m.PutOwnOnTop(b.own)
	if b.onlyOwn {
		m.HideCallsOfOthers(b.own)
	}
	return m.SetAlarms(v.lang, b.alarms, now)
}

// Refresh implements [feed.View].
func (v *boardView) Refresh() {
	v.actor = v.h.currentActor(v.actor.SignIn)
	v.format = views.Format{}
}

// names returns how numbers and names are written, which a page needs only if it is
// not there yet.
func (v *boardView) names() *views.Format {
	if v.format.Zone == nil {
		v.format = v.h.formatFor(v.actor)
	}
	return &v.format
}

// Variant implements [feed.View].
func (v *boardView) Variant(c *switchboard.Call) (views.Variant, bool) {
	access := v.h.Control.Access(v.actor.Actor, *c)
	if !v.actor.MayOnCall(team.SeeCall, access).OK {
		return views.Variant{}, false
	}
	return v.names().Variant(c, v.h.permitBy(v.actor, access)), true
}

// Row implements [feed.View].
func (v *boardView) Row(ctx context.Context, c *switchboard.Call, variant views.Variant) (views.RenderedRow, error) {
	return v.names().RowHTMLFor(ctx, *c, variant.Allowed, v.lang)
}

// Team implements [feed.View].
func (v *boardView) Team() (tiles []views.Tile) {
	mayCall := v.actor.deniedReason(team.StartCall) == ""
	for _, e := range v.h.Control.Colleagues(v.actor.Actor) {
		tiles = append(tiles, views.NewTile(e, mayCall))
	}
	return tiles
}

// OnCall implements [feed.View].
func (v *boardView) OnCall(t views.Tile, c *switchboard.Call, seen bool) views.Tile {
	return v.names().OnCall(t, c, seen, v.lang)
}

// Parts implements [feed.View]. It renders the preferences in the language that
// the member has now: a page in another language reloads itself then.
func (v *boardView) Parts(ctx context.Context) ([]string, error) {
	return renderAll(ctx, views.AccessBar(v.lang, accessTo(v.actor, "/", "/")), views.Preferences(preferredLang(v.actor, v.browser), v.actor.Preferences),
		views.AlarmLimits(v.lang, v.h.Control.Alarms.Of(v.actor.Account)))
}

// Arrived implements [feed.View]: what a restart cut off.
func (v *boardView) Arrived(ctx context.Context) (string, error) {
	var notices bytes.Buffer
	for _, e := range v.h.Control.Interrupted.Of(v.actor.Account) {
		text := views.Interrupted(v.lang, e.Parties, e.Outcome == team.OutcomeCancelled)
		if err := views.Notice(v.lang, "interrupted", text).Render(ctx, &notices); err != nil {
			return "", err
		}
	}
	return notices.String(), nil
}

// renderAll renders each of some views.
func renderAll(ctx context.Context, all ...web.Renderer) (html []string, err error) {
	for _, view := range all {
		var buf bytes.Buffer
		if err := view.Render(ctx, &buf); err != nil {
			return nil, err
		}
		html = append(html, buf.String())
	}
	return html, nil
}

var _ feed.View = (*boardView)(nil)
