package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// bare are the handlers without anything behind them: enough to ask which
// addresses there are.
func bare() *handlers {
	public := &url.URL{Scheme: "https", Host: "calls.example"}
	return New(Deps{Log: slog.New(slog.DiscardHandler), PublicURL: public, LoginURL: public, OAuth: &sipgate.OAuth{},
		Sessions: web.NewSessions[Visitor](nil, web.SessionOptions{}), Login: &web.Login{}, People: new(team.Members)}).h
}

// address finds what a page leads to: the method of a form, else GET, and the
// path.
var address = regexp.MustCompile(`(method="post" )?(?:href|src|action|hx-get|hx-post|hx-ws:connect)="(/[^"]*)"`)

// Every address in every view is one that is served.
func TestEveryAddressIsServed(t *testing.T) {
	mux := bare().routes()
	found := map[string]bool{}
	for _, p := range views.Gallery(views.English) {
		var page strings.Builder
		if err := p.Show.Render(context.Background(), &page); err != nil {
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

// T16: every route has its row in the policy.
func TestT16EveryRouteHasARow(t *testing.T) {
	for _, route := range patterns(t) {
		if _, ok := team.RouteRole(route); !ok {
			t.Errorf("%s has no row in the policy", route)
		}
	}
}

// T36: what is not public needs a session, whatever is asked.
func TestT36OnlyPublicAddressesAreOpen(t *testing.T) {
	public := []string{"GET /login", "POST /login", "GET /oauth/callback", "GET /a/{file}", "POST /push/{secret}", "GET /healthz", "GET /session", "GET /static/", "GET /feed", "GET /gallery", "GET /gallery/{name}",
		"GET /wall/{token}", "GET /wall/{token}/feed"}
	h := bare()
	mux := h.routes()
	for _, route := range patterns(t) {
		isPublic := false
		for _, p := range public {
			isPublic = isPublic || p == route
		}
		if isPublic {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "x", "{recording}", "y").Replace(path)
		for _, m := range []string{method, http.MethodHead} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(m, path, nil)
			if _, pattern := mux.Handler(r); pattern == "" {
				continue
			}
			mux.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusSeeOther {
				t.Errorf("%s %s without a session: %d", m, path, w.Code)
			}
			if to := w.Header().Get("Location"); w.Code == http.StatusSeeOther && !strings.HasPrefix(to, "/login?next=") {
				t.Errorf("%s %s leads to %q", m, path, to)
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
		if got := langOf(r, Visitor{Locale: c.locale}); got != c.want {
			t.Errorf("browser %q, sipgate %q: %s, want %s", c.browser, c.locale, got, c.want)
		}
	}
}

// An answer without scopes grants all that were asked for; one with scopes no
// others.
func TestGranted(t *testing.T) {
	if v := (Visitor{Scope: granted("")}); !v.may("rtcm:write") || !v.may("sessions:write", "sessions:calls:write") {
		t.Error("scopes that were not named are missing")
	}
	if v := (Visitor{Scope: granted("openid rtcm:read")}); v.may("rtcm:write") || !v.may("rtcm:read") {
		t.Error("other scopes than those that were granted")
	}
}
