package handlers

import (
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate/team"
)

// leastRoles says, for each address that needs a session, the least role that
// opens it. It is written by hand: it is not what the routes say of themselves.
var leastRoles = map[string]team.Role{
	"GET /{$}": team.Viewer, "GET /feed": team.Viewer, "GET /feed/poll": team.Viewer, "GET /missed": team.Viewer, "GET /calls/{id}": team.Viewer, "GET /calls/{id}/card": team.Viewer, "GET /calls/{id}/feed": team.Viewer,
	"GET /find": team.Viewer, "GET /search": team.Agent, "POST /calls": team.Agent, "GET /calls/new": team.Agent, "GET /starting/{id}": team.Agent,
	"GET /calls/hangup": team.Agent, "POST /calls/hangup": team.Agent, "POST /calls/{id}/notes": team.Agent,
	"GET /calls/{id}/transfer": team.Agent, "GET /calls/{id}/keypad": team.Agent, "GET /calls/{id}/announce": team.Agent, "GET /calls/{id}/record": team.Agent,
	"POST /calls/{id}/hold": team.Agent, "POST /calls/{id}/muted": team.Agent, "POST /calls/{id}/recording": team.Agent, "POST /calls/{id}/dtmf": team.Agent,
	"POST /calls/{id}/transfer": team.Agent, "POST /calls/{id}/cancel-consultation": team.Agent, "POST /calls/{id}/announcements": team.Agent,
	"POST /calls/{id}/hangup": team.Agent, "POST /calls/{id}/undo": team.Agent, "POST /calls/{id}/claim": team.Agent,
	"GET /announcements": team.Agent, "GET /announcements/{id}/audio": team.Agent, "GET /announcements/{id}/play-to-me": team.Agent, "POST /announcements/{id}/play-to-me": team.Agent,
	"POST /announcements/{id}/favourite": team.Agent,
	"POST /announcements":                team.Admin, "POST /announcements/{id}/rename": team.Admin, "POST /announcements/{id}/delete": team.Admin,
	"GET /history": team.Viewer, "GET /history.csv": team.Viewer, "GET /history/news": team.Viewer, "GET /history/{id}": team.Viewer,
	"POST /history/{id}/note": team.Agent, "POST /history/{id}/star": team.Agent, "POST /history/{id}/archive": team.Agent, "POST /history/{id}/read": team.Agent,
	"GET /history/{id}/recordings/{recording}": team.Viewer, "GET /history/{id}/recordings/{recording}/outline": team.Viewer,
	"GET /figures": team.Viewer, "GET /figures/today": team.Viewer, "GET /walls": team.Admin, "POST /walls": team.Admin, "POST /walls/{id}/revoke": team.Admin,
	"GET /team": team.Viewer, "POST /team/{user}/favourite": team.Viewer, "POST /team/default": team.Admin, "POST /team/alarms": team.Admin, "POST /team/{user}/role": team.Admin, "POST /team/{user}/remove": team.Admin, "POST /team/{user}/restore": team.Admin, "POST /team/{user}/sign-out": team.Admin,
	"GET /greetings": team.Lead, "POST /greetings": team.Lead,
	"GET /relay": team.Admin, "POST /relay": team.Admin, "POST /relay/{id}/remove": team.Admin, "POST /relay/answers": team.Admin,
	"GET /audit": team.Admin, "GET /audit.csv": team.Admin, "GET /setup": team.Admin, "POST /setup/done": team.Admin, "POST /setup/roles": team.Admin,
	"GET /status": team.Lead, "POST /status/webhooks": team.Admin, "POST /status/log-level": team.Admin, "POST /status/platform": team.Lead,
	"GET /settings": team.Viewer, "GET /menu": team.Viewer, "GET /shortcuts": team.Viewer, "POST /settings/wishes": team.Viewer, "POST /settings/display": team.Viewer, "POST /settings/ringing": team.Viewer,
	"POST /settings/calls": team.Viewer, "POST /settings/toggle": team.Viewer, "POST /sessions/{id}/end": team.Viewer, "POST /sessions/end": team.Viewer,
}

// TestEveryAddressIsClosedToLesserRoles asks for every address without a
// session, and as each role that is too low for it. Nothing is answered but the
// refusal, and refused attempts to change something are in the audit.
func TestEveryAddressIsClosedToLesserRoles(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	admin := d.signIn("w0", team.Admin)
	browsers := map[team.Role]*browser{team.Admin: admin, team.Agent: d.signIn("w1", team.Agent), team.Viewer: d.signIn("w2", team.Viewer)}
	stranger := &browser{d: d}
	checked := 0
	for _, route := range d.h.routes() {
		if route.Permission == "" {
			continue
		}
		least, listed := leastRoles[route.Pattern]
		if !listed {
			t.Errorf("%s is not in the table of this test", route.Pattern)
			continue
		}
		checked++
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		path := strings.NewReplacer("{$}", "", "{id}", "none", "{recording}", "none", "{user}", "w0").Replace(pattern)
		page := method == http.MethodGet && pattern != "/feed" && pattern != "/feed/poll" && pattern != "/missed" && pattern != "/calls/{id}/feed" && pattern != "/history/news" && pattern != "/figures/today"
		switch w := stranger.send(t.Context(), method, path, ""); {
		case page && (w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login?next=")):
			t.Errorf("%s without a session: %d to %q", route.Pattern, w.Code, w.Header().Get("Location"))
		case !page && w.Code != http.StatusUnauthorized:
			t.Errorf("%s without a session: %d", route.Pattern, w.Code)
		}
		for role, b := range browsers {
			if role >= least {
				continue
			}
			before := len(d.audit())
			w := b.send(t.Context(), method, path, "", "Accept", "application/json")
			if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"code":"role_`) {
				t.Errorf("%s as %s: %d %s", route.Pattern, role, w.Code, w.Body)
			}
			entries := d.audit()
			if method == http.MethodGet {
				if len(entries) != before {
					t.Errorf("%s as %s is in the audit: looking is no deed", route.Pattern, role)
				}
			} else if len(entries) != before+1 || entries[0].Outcome != team.OutcomeDenied || entries[0].By.User != b.in.User || entries[0].Action != route.Permission {
				t.Errorf("%s as %s: the audit has %d more entries", route.Pattern, role, len(entries)-before)
			}
		}
	}
	if checked < 60 || checked != len(leastRoles) {
		t.Errorf("%d addresses, %d in the table", checked, len(leastRoles))
	}
}

// TestAddressesOpenToARole: what a role may open is answered, and pages of
// members are kept by no cache.
func TestAddressesOpenToARole(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	admin, viewer, agent := d.signIn("w0", team.Admin), d.signIn("w2", team.Viewer), d.signIn("w1", team.Agent)
	for _, test := range []struct {
		b     *browser
		paths string
	}{
		{viewer, "/ /history /history.csv /team /settings /feed/poll"},
		{agent, "/ /history /announcements /calls/new /search?q=anna /settings"},
		{admin, "/ /history /announcements /walls /audit /audit.csv /status /setup /team"},
	} {
		for path := range strings.FieldsSeq(test.paths) {
			w := test.b.get(path)
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("%s: %d", path, w.Code)
			}
			if !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
				t.Errorf("%s may be kept: %q", path, w.Header().Get("Cache-Control"))
			}
		}
	}
	for path, status := range map[string]int{"/figures?span=month": 422, "/announcements?order=age": 422, "/history?type=FAXES": 422, "/history?from=today": 422, "/history?direction=up": 422,
		"/history?missed=perhaps": 422, "/history?offset=-1": 422, "/history?limit=101": 422, "/history?limit=0": 422, "/history?shown=x": 422, "/history?trail=0.x": 422, "/history?phonenumber=abc": 422, "/history?member=w99": 422,
		"/history?q=" + strings.Repeat("x", 101): 422, "/audit?before=0": 422, "/audit?to=1999-01-01": 422, "/history/news?after=0": 422, "/calls/none": 404, "/history/none": 404} {
		if w := admin.get(path); w.Code != status {
			t.Errorf("%s: %d, want %d", path, w.Code, status)
		}
	}
}
