package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/views"
)

// TestTheBoardOfEachReader: every call or only one's own, with buttons for those
// who may use them, and why the others may not.
func TestTheBoardOfEachReader(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna, jonas, mira := d.signIn("w0", team.Admin), d.signIn("w1", team.Agent), d.signIn("w2", team.Viewer)
	d.loadRoster()
	if _, err := d.h.Control.Rosters.Of(d.account).Numbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	hers, his := d.connected(anna, "+4930555001"), d.connected(jonas, "+4930555002")
	shows(t, "all calls", jonas.get("/").Body.String(), views.RowDOMID(hers.ID), views.RowDOMID(his.ID), `data-state="live"`, `id="hidden-calls" hidden`, "Berlin", `href="/calls/new"`,
		"/calls/"+string(his.ID)+"/transfer", "!/calls/"+string(hers.ID)+"/transfer", "Member w0’s call: only leads and admins can control it", `<p class="several" id="several" hidden>`)
	shows(t, "an admin's board", anna.get("/").Body.String(), "/calls/"+string(his.ID)+"/transfer", "/calls/"+string(hers.ID)+"/transfer", `<p class="several" id="several"><a`)
	shows(t, "a viewer's board", mira.get("/").Body.String(), views.RowDOMID(his.ID), "!/transfer")
	if w := jonas.post("/settings/toggle", "only_mine=true"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	shows(t, "his own calls", jonas.get("/").Body.String(), `<li class="row" id="`+views.RowDOMID(his.ID), `<li hidden class="row" id="`+views.RowDOMID(hers.ID), "1 call of a colleague is hidden.")

	if err := d.h.Control.Capabilities.SetMissing(t.Context(), d.account, team.AbilityMute); err != nil {
		t.Fatal(err)
	}
	page := d.h.page(newRequest(anna, "/"), actorOf(anna))
	if !page.Unsupported.Has("mute") || page.Unsupported.Has("call_history") {
		t.Errorf("unsupported: %v", page.Unsupported)
	}
	if allowed := d.h.permit(actorOf(anna), hers); !allowed.OK() || allowed.Unsupported != "mute" {
		t.Errorf("buttons of a platform that cannot mute: %+v", allowed)
	}

	// Names of the reader's own contacts are for the reader only.
	if f := d.h.formatFor(actorOf(anna)); f.MemberName("+4930555001") != "" || f.Number("+4930555001") != "+49 30 555001" || f.Place("+4930555001", views.English) != "Berlin" {
		t.Errorf("formats: %q %q %q", f.MemberName("+4930555001"), f.Number("+4930555001"), f.Place("+4930555001", views.English))
	}
	d.h.Control.Private.Set(anna.in.Member(), map[string]string{"+4930555001": "Grandma"})
	shows(t, "the member with the contact", anna.get("/").Body.String(), "Grandma")
	shows(t, "a colleague", mira.get("/").Body.String(), "!Grandma")
}

// TestTheMenuLeadsWhereAMemberMayGo and nowhere else; an admin who has not set
// Callboard up is led there from the board, and the demo says what it is.
func TestTheMenuLeadsWhereAMemberMayGo(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	browsers := map[team.Role]*browser{team.Admin: d.signIn("w0", team.Admin), team.Agent: d.signIn("w1", team.Agent), team.Viewer: d.signIn("w2", team.Viewer)}
	for role, closed := range map[team.Role][]string{
		team.Admin: {}, team.Lead: {"audit", "walls"}, team.Agent: {"audit", "walls", "status"}, team.Viewer: {"audit", "walls", "status"},
	} {
		b := browsers[role]
		if role == team.Lead {
			b = browsers[team.Agent]
			if err := d.h.Control.Members.SetRole(t.Context(), browsers[team.Admin].in.Member(), b.in.Member(), role); err != nil {
				t.Fatal(err)
			}
		}
		page := b.get("/team").Body.String()
		menu, _, _ := strings.Cut(page, "</nav>")
		for _, entry := range []string{"team", "figures", "audit", "walls", "status", "settings"} {
			if leads := strings.Contains(menu, `href="/`+entry+`"`); leads == slices.Contains(closed, entry) {
				t.Errorf("%s: the menu leads to %s: %v", role, entry, leads)
			}
		}
		if may := d.h.page(newRequest(b, "/"), actorOf(b)).MayOverride; may != (role >= team.Agent) {
			t.Errorf("%s may act although another member does: %v", role, may)
		}
		if role == team.Lead {
			if err := d.h.Control.Members.SetRole(t.Context(), browsers[team.Admin].in.Member(), b.in.Member(), team.Agent); err != nil {
				t.Fatal(err)
			}
		}
	}
	hint := "Callboard is not fully set up yet."
	shows(t, "an admin's board", browsers[team.Admin].get("/").Body.String(), hint)
	shows(t, "an agent's board", browsers[team.Agent].get("/").Body.String(), "!"+hint, "!Demo:")
	d.h.Demo = true
	shows(t, "the demo", browsers[team.Admin].get("/").Body.String(), "!"+hint, "Demo: the phone system is simulated.")
}

// newRequest returns a request of a browser without sending it.
func newRequest(b *browser, path string) *http.Request {
	r, _ := http.NewRequestWithContext(b.d.t.Context(), http.MethodGet, "https://calls.example"+path, nil)
	r.Header.Set("Accept-Language", b.lang)
	return r
}

// TestAReasonForEveryFailureOfSipgate: pages say why sipgate could not be asked.
func TestAReasonForEveryFailureOfSipgate(t *testing.T) {
	for kind, want := range map[sipgate.Kind]string{sipgate.Unauthorized: "unauthorized", sipgate.Unavailable: "unavailable", sipgate.Other: "other"} {
		if got := problem(&sipgate.Error{Kind: kind}); got != want {
			t.Errorf("%v: %q, want %q", kind, got, want)
		}
	}
}
