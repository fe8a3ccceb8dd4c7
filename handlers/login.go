package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/views"
	"callboard/web"
)

// showSignIn shows the sign-in page. A member who is signed in is led on.
func (h *handlers) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalPath(r.URL.Query().Get("next"))
	_, ok, err := h.Sessions.Get(r)
	switch {
	case err != nil:
		return err
	case ok:
		return web.Redirect(w, r, next)
	}
	h.Sessions.Forget(w, r)
	return web.Show(w, r, http.StatusOK, views.SignIn(h.page(r, actor{}), next, ""))
}

// session shows a page whose feed was refused whether its session is over, and
// if not, whose it is.
func (h *handlers) session(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := h.Sessions.Peek(r)
	switch {
	case err != nil:
		return err
	case !ok:
		return errUnauthenticated
	}
	w.Header().Set("X-Who", s.Value.Subject())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// abandoned are the faults of a return from sipgate that mean nothing for a
// member who is signed in: another tab was faster, or the page is an old one.
var abandoned = []string{web.CodeOAuthState, web.CodeOAuthCode, web.CodeOAuthDenied, web.CodeOAuthExpired}

// returnFromLogin handles the browser's return from sipgate. A member who is
// signed in is led to the board, whatever became of this sign-in; one that took
// too long begins again, once. One that sipgate refuses because of a scope begins
// again without those that are not needed everywhere.
func (h *handlers) returnFromLogin(w http.ResponseWriter, r *http.Request) error {
	err := h.Login.Callback(w, r)
	if refused, ok := errors.AsType[*web.RefusedScope](err); ok {
		if begun, lessErr := h.Login.RestartWithout(w, r, refused); begun {
			return lessErr
		}
	}
	fault, failed := errors.AsType[web.Fault](err)
	if !failed || !slices.Contains(abandoned, fault.Code) {
		return err
	}
	if _, signedIn, sessionErr := h.Sessions.Peek(r); sessionErr == nil && signedIn {
		return web.Redirect(w, r, "/")
	}
	if expired, ok := errors.AsType[*web.ExpiredLogin](err); ok {
		if begun, againErr := h.Login.Restart(w, r, expired); begun {
			return againErr
		}
	}
	return err
}

// startLogin sends the browser to sipgate.
func (h *handlers) startLogin(w http.ResponseWriter, r *http.Request) error {
	return h.Login.Start(w, r)
}

// sipgateFaults are the errors at a sign-in that say the same as anywhere else.
// Any other one means that this sign-in is not good.
var sipgateFaults = []sipgate.Kind{sipgate.Unreadable, sipgate.Unavailable, sipgate.Throttled}

// finishLogin finds out whose tokens sipgate has sent, and has the sign-in completed.
func (h *handlers) finishLogin(w http.ResponseWriter, r *http.Request, t web.Tokens, next string) error {
	s, err := h.identify(context.WithoutCancel(r.Context()), t)
	if err != nil && slices.Contains(sipgateFaults, sipgate.KindOf(err)) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusBadGateway, Code: web.CodeLoginFailed}, err)
	}
	return h.completeLoginAtHome(w, r, completedLogin{SignIn: s, Access: t.Access, Refresh: t.Refresh, Scope: t.Scope, Life: t.Life, Next: next})
}

// completeLogin starts a session for the user who has signed in, and puts the member
// on the team's board.
func (h *handlers) completeLogin(w http.ResponseWriter, r *http.Request, l completedLogin) error {
	ctx, s := context.WithoutCancel(r.Context()), l.SignIn
	user := h.readUser(ctx, s, l.Access)
	s.Admin = user != nil && user.Admin
	s.Address, s.Browser = web.ClientIP(r).String(), web.BrowserName(r.UserAgent())
	tokens := sipgate.Tokens{Access: l.Access, Refresh: l.Refresh, Scope: l.Scope, Lifetime: l.Life}
	member, err := h.Control.SignIn(ctx, s.Member(), user, tokens)
	if err != nil {
		return err
	}
	s.Name = member.Name
	if err := h.Control.LearnZone(ctx, s.Account, s.Locale); err != nil {
		return err
	}
	if err := h.Sessions.Start(w, r, s); err != nil {
		return err
	}
	h.setHomeCookie(w, s.Account)
	h.Control.Join(callcontrol.SignedIn{MemberID: s.Member(), Name: s.Name})
	return web.Redirect(w, r, l.Next)
}

// identify asks sipgate to whom the tokens belong. A user is named by account
// and user id together: "w0" exists in every account.
func (h *handlers) identify(ctx context.Context, t web.Tokens) (SignIn, error) {
	info, err := h.Control.Client("", sipgate.Bearer(t.Access)).UserInfo(ctx)
	if err != nil {
		return SignIn{}, err
	}
	if other := sipgate.UserID(t.Subject); other.IsPerson() && other != info.Sub {
		return SignIn{}, errors.New("id_token_invalid: it names another user than the API")
	}
	return SignIn{Account: info.MasterSipID, User: info.Sub, Locale: info.Locale, Scope: grantedScopes(t.Scope)}, nil
}

// readUser asks sipgate what the account knows of a user who signs in. It returns nil
// if sipgate does not return the users, or this one is not among them.
func (h *handlers) readUser(ctx context.Context, s SignIn, access string) *sipgate.User {
	users, err := h.Control.Client(s.Account, sipgate.Bearer(access)).Users(ctx)
	if err != nil {
		h.Log.Warn("read users at sign-in", "err", err)
		return nil
	}
	h.Control.Rosters.Of(s.Account).SetUsers(users)
	if i := slices.IndexFunc(users, func(u sipgate.User) bool { return u.ID == s.User }); i >= 0 {
		return &users[i]
	}
	return nil
}

// grantedScopes returns the scopes that a sign-in brought. An answer that names
// none grants all that were requested (RFC 6749, 5.1).
func grantedScopes(scope string) string {
	if scope == "" {
		return strings.Join(sipgate.Scopes, " ")
	}
	return scope
}

// signOut ends the session. After a member's last session the tokens are given
// back to sipgate.
func (h *handlers) signOut(w http.ResponseWriter, r *http.Request, a actor) error {
	if err := h.Sessions.End(w, r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	ctx := context.WithoutCancel(r.Context())
	refresh, err := h.Control.Leave(ctx, a.MemberID)
	if err != nil {
		return err
	}
	if refresh != "" {
		if err := h.OAuth.Logout(ctx, refresh); err != nil {
			h.Log.Warn("sign out at sipgate", "err", err)
		}
	}
	return web.Redirect(w, r, "/login")
}
