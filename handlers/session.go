package handlers

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// SignIn is what a session remembers of a member's sign-in, stored as JSON.
// Tokens are not part of it: team.Grants keeps them.
type SignIn struct {
	Account string         `json:"account"` // the account's number: names the team
	User    sipgate.UserID `json:"user"`    // within the account
	Name    string         `json:"name"`
	Locale  string         `json:"locale"`  // "de_DE"
	Scope   string         `json:"scope"`   // what sipgate granted, separated by spaces
	Admin   bool           `json:"admin"`   // of the sipgate account
	Address string         `json:"address"` // IP address of the sign-in
	Browser string         `json:"browser"` // "Firefox, Linux"
}

// Subject names the member among all accounts.
func (s SignIn) Subject() string { return s.Account + string(s.User) }

// Member returns the id of the member who signed in.
func (s SignIn) Member() team.MemberID { return team.MemberID{Account: s.Account, User: s.User} }

// Granted reports whether sipgate granted one of the scopes.
func (s SignIn) Granted(scopes ...string) bool {
	for granted := range strings.FieldsSeq(s.Scope) {
		for _, scope := range scopes {
			if granted == scope || granted == "all" {
				return true
			}
		}
	}
	return false
}

// An actor is the member who makes a request. The zero actor is a browser
// without a session.
type actor struct {
	callcontrol.Actor
	SignIn      SignIn
	Preferences team.Preferences

	expired bool            // sipgate no longer accepts the member's sign-in
	neo     bool            // the account is on neo, as far as is known
	browser views.Lang      // which language it prefers, of actors who make a request
	session context.Context // done when the session is over; of watching requests only
}

// actorHandler is a handler for members who are signed in.
type actorHandler func(w http.ResponseWriter, r *http.Request, a actor) error

// withSession lets in whoever has a session. A browser without one is sent to
// the sign-in page, and back afterwards.
//
// Only there a cookie without a session is removed. The answer to what an open page
// requests by itself may come when another tab has just signed in, and would remove
// the new cookie.
func (h *handlers) withSession(f actorHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, ok, err := h.Sessions.Get(r)
		switch {
		case err != nil:
			return err
		case !ok && r.Method == http.MethodGet && web.WantsPage(r):
			h.Sessions.Forget(w, r)
			web.Refused(r, errUnauthenticated.Code)
			return web.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()))
		case !ok:
			return errUnauthenticated
		}
		return f(w, r, h.actorOf(r, s.Value))
	}
}

// signed lets in members who are signed in and whose role may do p.
func (h *handlers) signed(p team.Permission, f actorHandler) web.Handler {
	return h.withSession(func(w http.ResponseWriter, r *http.Request, a actor) error {
		if err := h.admit(r, p, a); err != nil {
			return err
		}
		h.Control.MarkActive(r.Context(), a.Actor)
		return f(w, r, a)
	})
}

// watching is signed for what an open page requests by itself, which does not
// keep a session alive.
func (h *handlers) watching(p team.Permission, f actorHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, ok, err := h.Sessions.Peek(r)
		switch {
		case err != nil:
			return err
		case !ok:
			return errUnauthenticated
		}
		a := h.actorOf(r, s.Value)
		a.session = s.Context
		if err := h.admit(r, p, a); err != nil {
			return err
		}
		return f(w, r, a)
	}
}

// admit returns an error unless the actor's role may do p at all, and sipgate
// would carry it out for them; on which calls is decided later. A refused attempt to change something is audited.
func (h *handlers) admit(r *http.Request, p team.Permission, a actor) error {
	d := a.MayAttempt(p)
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return d.Err()
	case d.OK:
		return h.checkAccess(r, p, a)
	}
	return h.Control.Deny(r.Context(), a.Actor, p, r.PathValue("id"), web.ActionID(r), d)
}

// actorOf returns the member of a session as the team knows them now.
func (h *handlers) actorOf(r *http.Request, s SignIn) actor {
	a := h.currentActor(s)
	a.Address, a.browser = web.ClientIP(r).String(), browserLang(r, a)
	return a
}

// currentActor returns the member of a sign-in as the team knows them now, as an
// actor who makes no request.
func (h *handlers) currentActor(s SignIn) actor {
	m, _ := h.Control.Members.Get(s.Member())
	m.MemberID = s.Member()
	s.Name = cmp.Or(h.Control.MemberName(m.MemberID), s.Name)
	who, p := callcontrol.Actor{Member: m}, h.Control.Members.Preferences(s.Member())
	if p.Recording == team.SilentRecording && !h.Control.Capabilities.Get(m.Account).Can(team.AbilitySilentRecording) {
		p.Recording = team.SpokenRecording
	}
	return actor{Actor: who, SignIn: s, Preferences: p, expired: h.Control.Expired(who),
		neo: h.Control.Capabilities.Get(m.Account).Platform == sipgate.Neo}
}

// langOf returns the language of an actor: their choice, else what the browser
// prefers, else what sipgate knows of the user.
func langOf(r *http.Request, a actor) views.Lang {
	return preferredLang(a, browserLang(r, a))
}

// preferredLang returns the language that a member has chosen, or else that of
// the browser.
func preferredLang(a actor, browser views.Lang) views.Lang {
	if a.Preferences.Lang != "" {
		return views.Lang(a.Preferences.Lang)
	}
	return browser
}

// browserLang returns the language of a browser, or else that of the member's
// sign-in.
func browserLang(r *http.Request, a actor) views.Lang {
	if a.browser != "" {
		return a.browser
	}
	preferred := r.Header.Get("Accept-Language")
	if a.SignIn.Locale != "" {
		preferred = strings.TrimPrefix(preferred+","+a.SignIn.Locale+";q=0.001", ",")
	}
	return views.ParseLang(preferred)
}

// callID returns the row that the address names.
func callID(r *http.Request) switchboard.RowID { return switchboard.RowID(r.PathValue("id")) }

// MemberSessions are web sessions as [callcontrol] sees them.
type MemberSessions struct{ *web.Sessions[SignIn] }

// SignedIn implements [callcontrol.Sessions].
func (s MemberSessions) SignedIn(ctx context.Context) (all []callcontrol.SignedIn, err error) {
	signIns, err := s.All(ctx)
	for _, in := range signIns {
		all = append(all, callcontrol.SignedIn{MemberID: in.Member(), Name: in.Name})
	}
	return all, err
}

// IsSignedIn implements [callcontrol.Sessions].
func (s MemberSessions) IsSignedIn(ctx context.Context, m team.MemberID) (bool, error) {
	return s.Has(ctx, SignIn{Account: m.Account, User: m.User}.Subject())
}

// SignOut implements [callcontrol.Sessions].
func (s MemberSessions) SignOut(ctx context.Context, m team.MemberID) error {
	return s.EndAll(ctx, SignIn{Account: m.Account, User: m.User}.Subject())
}
