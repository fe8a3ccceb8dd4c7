package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/views/gallery"
	"callboard/web"
)

// bare returns the handlers without anything behind them: enough to ask which
// addresses there are.
func bare(t testing.TB) *handlers { return newHandlers(bareDeps(t)) }

func bareDeps(t testing.TB) Deps {
	public := &url.URL{Scheme: "https", Host: "calls.example"}
	log := slog.New(slog.DiscardHandler)
	control := callcontrol.New(callcontrol.Options{Log: log, Stores: &team.Stores{Members: new(team.Members)}})
	t.Cleanup(control.Close)
	return Deps{Log: log, PublicURL: public, LoginURL: public, OAuth: &sipgate.OAuth{}, Control: control,
		Ready:    func(context.Context) error { return nil },
		Sessions: web.NewSessions[SignIn](nil, web.SessionOptions{}), Login: &web.Login{}}
}

// address finds what a page leads to: the method of a form or of a button of one, else GET, and the
// path.
var address = regexp.MustCompile(`(method="post" |form)?(?:href|src|action|hx-get|hx-post|data-feed)="(/[^"]*)"`)

// Every address in every view is one that is served.
func TestEveryAddressIsServed(t *testing.T) {
	mux := bare(t).mux()
	found := map[string]bool{}
	for _, p := range gallery.Examples(views.English) {
		var page strings.Builder
		if err := p.View.Render(context.Background(), &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range address.FindAllStringSubmatch(page.String(), -1) {
			path, _, _ := strings.Cut(m[2], "#")
			method := http.MethodGet
			if m[1] != "" || strings.Contains(m[0], "hx-post") {
				method = http.MethodPost
			}
			found[method+" "+path] = true
		}
	}
	if len(found) < 30 {
		t.Fatalf("only %d addresses found", len(found))
	}
	for a := range found {
		method, path, _ := strings.Cut(a, " ")
		r := httptest.NewRequest(method, strings.ReplaceAll(path, "&amp;", "&"), nil)
		if h, pattern := mux.Handler(r); pattern == "" {
			t.Errorf("%s (in a view) is not served", a)
		} else if strings.HasPrefix(path, "/static/") {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", a, w.Code)
			}
		}
	}
}

// publicRoutes need no session, or find out themselves who asks.
var publicRoutes = []string{"GET /login", "POST /login", "GET /oauth/callback", "GET /a/{file}", "POST /push/{secret}", "GET /healthz", "GET /readyz",
	"GET /session", "GET /gallery", "GET /gallery/{name}", "GET /wall/{token}", "GET /wall/{token}/feed", "GET /wall/{token}/poll", "POST /logout"}

func TestEveryOtherRouteNeedsAPermission(t *testing.T) {
	routes := Routes()
	if len(routes) < 60 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, pattern := range publicRoutes {
		if !slices.ContainsFunc(routes, func(r Route) bool { return r.Pattern == pattern }) {
			t.Errorf("%s is not served", pattern)
		}
	}
	for _, r := range routes {
		if public := slices.Contains(publicRoutes, r.Pattern); public != (r.Permission == "") {
			t.Errorf("%s has permission %q", r.Pattern, r.Permission)
		}
		if _, known := team.MinRole(r.Permission); r.Permission != "" && !known {
			t.Errorf("%s has the permission %q, which the policy does not know", r.Pattern, r.Permission)
		}
	}
}

// Without a session every route that is not public leads to the sign-in or is
// refused, whatever the method, and a cookie that belongs to no session is
// deleted.
func TestOnlyPublicRoutesAreOpen(t *testing.T) {
	h := bare(t)
	mux := h.mux()
	for _, route := range Routes() {
		if slices.Contains(publicRoutes, route.Pattern) && route.Pattern != "POST /logout" {
			continue
		}
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "x", "{recording}", "y").Replace(path)
		for _, m := range []string{method, http.MethodHead} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(m, path, nil)
			if _, pattern := mux.Handler(r); pattern == "" {
				continue
			}
			r.Header.Set("Cookie", "s=of-no-session")
			mux.ServeHTTP(w, r)
			cookie := w.Header().Get("Set-Cookie")
			if gone := strings.HasPrefix(cookie, "s=;") && strings.Contains(cookie, "Max-Age=0"); gone != (w.Code == http.StatusSeeOther) {
				t.Errorf("%s %s: %d, and the cookie of no session %q", m, path, w.Code, cookie)
			}
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusSeeOther {
				t.Errorf("%s %s without a session: %d", m, path, w.Code)
			}
			if to := w.Header().Get("Location"); w.Code == http.StatusSeeOther && !strings.HasPrefix(to, "/login?next=") {
				t.Errorf("%s %s leads to %q", m, path, to)
			}
		}
	}
}

// Each role gets as far as the table says with each route: past the permission,
// or a refusal that names the role.
func TestEveryRoleWithEveryRoute(t *testing.T) {
	for _, role := range []team.Role{team.NoRole, team.Viewer, team.Agent, team.Lead, team.Admin} {
		member := team.Member{MemberID: team.MemberID{Account: "1111111", User: "w0"}, Role: role}
		for _, route := range Routes() {
			if route.Permission == "" {
				continue
			}
			least, _ := team.MinRole(route.Permission)
			d := member.MayAttempt(route.Permission)
			if d.OK != (role >= least && role != team.NoRole) {
				t.Errorf("%s with %s: %+v, least role %s", route.Pattern, role, d, least)
			}
			if !d.OK && d.Reason == "" {
				t.Errorf("%s with %s: refused without a reason", route.Pattern, role)
			}
			removed := member
			removed.Removed = true
			if removed.MayAttempt(route.Permission).OK {
				t.Errorf("%s with a removed %s", route.Pattern, role)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		browser, locale string
		want            views.Lang
	}{
		{"de-DE,de;q=0.9,en;q=0.8", "en_GB", views.German},
		{"en-US", "de_DE", views.English},
		{"fr-FR", "de_DE", views.German},
		{"", "de_DE", views.German},
		{"fr", "", views.English},
		{"", "", views.English},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.browser)
		if got := langOf(r, actor{SignIn: SignIn{Locale: c.locale}}); got != c.want {
			t.Errorf("browser %q, sipgate %q: %s, want %s", c.browser, c.locale, got, c.want)
		}
	}
}

// An answer without scopes grants all that were requested; one with scopes grants
// no others.
func TestGrantedScopes(t *testing.T) {
	if v := (SignIn{Scope: grantedScopes("")}); !v.Granted("rtcm:write") || !v.Granted("sessions:write", "sessions:calls:write") {
		t.Error("scopes that were not named are missing")
	}
	if v := (SignIn{Scope: grantedScopes("openid rtcm:read")}); v.Granted("rtcm:write") || !v.Granted("rtcm:read") {
		t.Error("other scopes than those that were granted")
	}
}
