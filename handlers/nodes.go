package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/forward"
)

// Several nodes may serve the dashboard. Everything of a team happens at one of them,
// its home; a team is named by its account. A node that is alone has no Forwarder, and
// none of this.

// A teamOf names the team that a request belongs to, "" if any node may serve it: there
// is no team, or what names it is not valid, which every node says in the same way.
type teamOf func(*http.Request) (string, error)

// anywhere is the teamOf of what any node can serve.
var anywhere teamOf

// sessionTeam is the teamOf of what needs a session. Whether the session still goes on
// is decided at home.
func (h *handlers) sessionTeam(r *http.Request) (string, error) {
	s, _, err := h.Sessions.Recall(r)
	return s.Account, err
}

// pushTeam is the teamOf of push events.
func (h *handlers) pushTeam(r *http.Request) (string, error) {
	account, ok := h.Key.PushAccount(r.PathValue("secret"))
	if !ok {
		return "", nil
	}
	return account, nil
}

// publishedTeam is the teamOf of announcements that sipgate fetches.
func (h *handlers) publishedTeam(r *http.Request) (string, error) {
	account, err := h.Control.Library.AccountOf(r.Context(), publishedToken(r))
	return account, ignore(err, announcement.ErrNotFound)
}

// wallboardTeam is the teamOf of screens.
func (h *handlers) wallboardTeam(r *http.Request) (string, error) {
	account, err := h.Control.Wallboards.AccountOf(r.Context(), r.PathValue("token"))
	return account, ignore(err, team.ErrNoWallboard)
}

// ignore returns err unless it is other.
func ignore(err, other error) error {
	if errors.Is(err, other) {
		return nil
	}
	return err
}

// uploadWithin is how long an upload may take until its answer begins: the time for
// the file, and as much for its conversion.
const uploadWithin = 2 * time.Minute

// atHome returns the handler of a route, which serves each request at the home of its
// team.
func (h *handlers) atHome(r Route) web.Handler {
	if h.Nodes == nil || r.team == nil {
		return r.handler
	}
	route := forward.Route{Team: r.team}
	if r.Pattern == uploadPattern {
		route.Within = uploadWithin
	}
	return h.Nodes.Handler(route, r.handler)
}

// passedOn returns the routes for the requests that other nodes pass on. Their guards
// have checked and logged them.
func (h *handlers) passedOn() http.Handler {
	mux := http.NewServeMux()
	for _, r := range h.routes() {
		if r.team != nil {
			mux.Handle(r.Pattern, h.errors.Handle(r.handler))
		}
	}
	mux.Handle("POST "+callbackPath, h.errors.Handle(h.receiveLogin))
	guard := h.guardOptions()
	guard.Forwarded = true
	return h.Nodes.Accept(marked(web.Guard(guard, h.errors.Mux(mux))))
}

// ServeNodes has Serve take what other nodes pass on, too, from an address. Without
// other nodes it does nothing.
func (a *App) ServeNodes(addr string) error {
	if a.nodes == nil {
		return nil
	}
	ln, err := a.nodes.Listen(addr)
	if err == nil {
		a.server.Also(ln, a.passedOn)
	}
	return err
}

// closeWhenMoved closes a socket when its team is not at home here any more: its page
// connects again, to the new home.
func closeWhenMoved(r *http.Request, s *web.Socket) {
	if stay := forward.Stay(r.Context()); stay != nil {
		s.CloseWhen(stay, errMoved)
	}
}

var errMoved = &web.CloseError{Code: web.CloseRestart, Reason: "moved"}

// actsFor reports whether what is known here of a team is true.
func (h *handlers) actsFor(account string) bool { return h.Nodes == nil || h.Control.ActsFor(account) }

// homeCookie tells balancers which node to prefer for a browser. It has no secret, and
// nothing depends on it.
const homeCookie = "callboard_home"

// setHomeCookie names a browser's team to balancers, without its number.
func (h *handlers) setHomeCookie(w http.ResponseWriter, account string) {
	if h.Nodes == nil {
		return
	}
	sum := sha256.Sum256([]byte("callboard home " + account))
	http.SetCookie(w, &http.Cookie{Name: homeCookie, Value: hex.EncodeToString(sum[:8]), Path: "/", MaxAge: int(homeCookieLife / time.Second),
		Secure: h.PublicURL.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

const homeCookieLife = 30 * 24 * time.Hour

// withoutCancel returns r with a context that goes on if the client leaves.
func withoutCancel(r *http.Request) *http.Request {
	return r.WithContext(context.WithoutCancel(r.Context()))
}
