package handlers

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"callboard/sipgate/team"
)

// belongings says what names the team of each public address, and of "POST /logout".
// All others belong to the team of the session. It is written by hand: it is not what
// the routes say of themselves.
var belongings = map[string]string{
	"GET /login": "any", "POST /login": "any", "GET /oauth/callback": "any", "GET /healthz": "any", "GET /readyz": "any", "GET /gallery": "any", "GET /gallery/{name}": "any",
	"GET /session": "session", "POST /logout": "session",
	"GET /a/{file}": "announcement", "POST /push/{secret}": "push",
	"GET /wall/{token}": "wallboard", "GET /wall/{token}/feed": "wallboard", "GET /wall/{token}/poll": "wallboard",
}

// TestEveryRouteKnowsItsTeam: whatever names a team in a request to an address, a
// session, or a secret in its path, the address knows the team by it, and by nothing
// else; and an address that any node may serve knows none.
func TestEveryRouteKnowsItsTeam(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	_, wallboard, err := d.h.Control.Wallboards.Create(t.Context(), team.Member{MemberID: anna.in.Member()}, "Hall", false)
	if err != nil {
		t.Fatal(err)
	}
	published, err := d.h.Control.Library.Publish(t.Context(), d.account, d.addSound(anna, "Hello").ID, "Anna")
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"push": d.h.Key.PushSecret(d.account), "wallboard": wallboard, "announcement": published.Token + ".wav"}
	checked := 0
	for _, route := range d.h.routes() {
		want, listed := belongings[route.Pattern]
		if !listed {
			if want = "session"; route.Permission == "" {
				t.Errorf("%s is not in the table of this test", route.Pattern)
			}
		}
		if want == "any" {
			if route.team != nil {
				t.Errorf("%s belongs to a team", route.Pattern)
			}
			continue
		}
		checked++
		for _, valid := range []bool{true, false} {
			for _, session := range []bool{true, false} {
				r, _ := http.NewRequest("GET", "https://calls.example/", nil)
				if session {
					r.AddCookie(anna.cookie)
				}
				for _, name := range []string{"secret", "token", "file"} {
					secret := secrets[want]
					if !valid && secret != "" {
						secret = strings.Replace(secret, secret[3:6], "xyz", 1)
					}
					r.SetPathValue(name, secret)
				}
				account := ""
				if want == "session" && session || want != "session" && valid {
					account = d.account
				}
				if got, err := route.team(r); got != account || err != nil {
					t.Errorf("%s, session %v, valid secret %v: %q %v, want %q", route.Pattern, session, valid, got, err, account)
				}
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d addresses checked", checked)
	}
}

// TestNodeAloneHasNothingInBetween: without other nodes, the handler of a route is the
// one that the route names.
func TestNodeAloneHasNothingInBetween(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	for _, route := range d.h.routes() {
		if reflect.ValueOf(d.h.atHome(route)).Pointer() != reflect.ValueOf(route.handler).Pointer() {
			t.Errorf("%s has something in between", route.Pattern)
		}
	}
}
