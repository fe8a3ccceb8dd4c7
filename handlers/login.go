package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// Visitor is what a session remembers of the person who signed in. Tokens are
// not part of it: team.Grants keeps them.
type Visitor struct {
	Account string         `json:"account"` // the account's number: names the team
	User    sipgate.UserID `json:"user"`    // within the account
	Name    string         `json:"name"`
	Locale  string         `json:"locale"`  // "de_DE"
	Scope   string         `json:"scope"`   // what sipgate granted, separated by spaces
	Admin   bool           `json:"admin"`   // of the sipgate account
	Address string         `json:"address"` // from where the sign-in came
	Browser string         `json:"browser"` // as people call it

	// Person is who that is in the team now. It is not kept: roles change.
	Person team.Member `json:"-"`

	// Choices are what that person wants of the pages; not kept either.
	Choices team.Preferences `json:"-"`
}

// Subject is who the session belongs to, among all accounts.
func (v Visitor) Subject() string { return v.Account + string(v.User) }

func (v Visitor) member() team.MemberID { return team.MemberID{Account: v.Account, User: v.User} }

func (v Visitor) id() switchboard.MemberID { return switchboard.MemberID(v.User) }

// may reports whether sipgate granted one of the scopes.
func (v Visitor) may(scopes ...string) bool {
	for _, granted := range strings.Fields(v.Scope) {
		for _, s := range scopes {
			if granted == s || granted == "all" {
				return true
			}
		}
	}
	return false
}

func (h *handlers) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalPath(r.URL.Query().Get("next"))
	_, ok, err := h.Sessions.Get(r)
	switch {
	case err != nil:
		return err
	case ok:
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	h.Sessions.Forget(w, r)
	return web.Show(w, r, http.StatusOK, views.SignIn(h.about(r, Visitor{}), next, ""))
}

// session tells a page whose feed was refused whether that is because nobody
// is signed in any more, and if somebody is, who.
func (h *handlers) session(w http.ResponseWriter, r *http.Request) error {
	v, err := h.peek(r)
	if err != nil {
		return err
	}
	w.Header().Set("X-Who", v.Subject())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// startLogin sends the browser to sipgate.
func (h *handlers) startLogin(w http.ResponseWriter, r *http.Request) error {
	return h.Login.Start(w, r)
}

// signedIn finishes a login: it finds out who has come, hands the tokens to
// their custodian, and lets the person join the team's board.
func (h *handlers) signedIn(w http.ResponseWriter, r *http.Request, t web.Tokens, next string) error {
	ctx := context.WithoutCancel(r.Context())
	v, err := h.whoIs(ctx, t)
	if err != nil {
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusBadGateway, Code: web.CodeLoginFailed}, err)
	}
	v.Address, v.Browser = web.ClientIP(r).String(), web.BrowserName(r.UserAgent())
	if v.Person, err = h.People.SignIn(ctx, v.member(), v.Name, v.Admin); err != nil {
		return err
	}
	tokens := sipgate.Tokens{Access: t.Access, Refresh: t.Refresh, Scope: t.Scope, Lifetime: t.Life}
	if err := h.Grants.Put(ctx, v.member(), tokens); err != nil {
		return err
	}
	if p := sipgate.PlatformOf(t.Access); p != sipgate.UnknownPlatform && p != h.Platforms.Get(v.Account).Platform {
		if err := h.Platforms.SetPlatform(ctx, v.Account, sipgate.PlatformDetection{Platform: p, Evidence: "token"}); err != nil {
			return err
		}
	}
	if err := h.Sessions.Start(w, r, v); err != nil {
		return err
	}
	h.join(v)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// whoIs asks sipgate whose tokens these are. A user is named by account and
// user id together: "w0" exists in every account.
func (h *handlers) whoIs(ctx context.Context, t web.Tokens) (Visitor, error) {
	client := h.Client(sipgate.Bearer(t.Access))
	info, err := client.UserInfo(ctx)
	if err != nil {
		return Visitor{}, err
	}
	v := Visitor{Account: info.MasterSipID, User: info.Sub, Name: string(info.Sub), Locale: info.Locale, Scope: granted(t.Scope)}
	users, err := client.Users(ctx)
	if err != nil {
		h.Log.Warn("the name of a user could not be read", "err", err)
		return v, nil
	}
	for _, u := range users {
		if u.ID == info.Sub {
			v.Name, v.Admin = strings.TrimSpace(u.Firstname+" "+u.Lastname), u.Admin
		}
	}
	return v, nil
}

// granted are the scopes that a sign-in brought. sipgate's documentation shows
// an answer that does not name them, which means: all that were asked for
// (RFC 6749, 5.1).
func granted(scope string) string {
	if scope == "" {
		return strings.Join(sipgate.Scopes, " ")
	}
	return scope
}

// signOut ends the session. Who has no other one leaves the board, and the
// tokens are given back to sipgate.
func (h *handlers) signOut(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if err := h.Sessions.End(w, r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	ctx := context.WithoutCancel(r.Context())
	if left, err := h.leave(ctx, v); err != nil {
		return err
	} else if left != "" {
		if err := h.OAuth.Logout(ctx, left); err != nil {
			h.Log.Warn("sipgate was not told of a sign-out", "err", err)
		}
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
