package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/stats"
	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// wallboard makes a link, and returns its secret.
func (b *browser) wallboard(name string, names bool) (team.Wallboard, string) {
	b.d.t.Helper()
	w, token, err := b.d.h.Control.Wallboards.Create(b.d.t.Context(), actorOf(b).Member, name, names)
	if err != nil {
		b.d.t.Fatal(err)
	}
	return w, token
}

// TestAWithdrawnScreenGoesDark: it is closed for good, and the link shows nothing
// any more.
func TestAWithdrawnScreenGoesDark(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	w, token := anna.wallboard("Office", false)
	srv := httptest.NewServer(d.app)
	defer srv.Close()
	dial := func(token string) (*websocket.Conn, *http.Response, error) {
		return websocket.Dial(t.Context(), srv.URL+"/wall/"+token+"/feed?lang=de", &websocket.DialOptions{Host: "calls.example", HTTPHeader: http.Header{"Origin": {"https://calls.example"}}})
	}
	conn, _, err := dial(token)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	if _, frame, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(frame), "Heute") {
		t.Errorf("%v, %s", err, frame)
	}
	shows(t, "the list of links", anna.get("/walls").Body.String(), "open on one screen")
	second, _, err := dial(token)
	if err != nil {
		t.Fatal(err)
	}
	shows(t, "the list of links", anna.get("/walls").Body.String(), "open on 2 screens")
	second.CloseNow()
	left := 2
	for range 10_000 {
		list, err := d.h.Control.Wallboards.List(t.Context(), d.account)
		if err != nil {
			t.Fatal(err)
		}
		if left = list[0].Screens; left == 1 {
			break
		}
	}
	if left != 1 {
		t.Errorf("%d screens after one has gone away", left)
	}
	if answer := anna.post("/walls/"+w.ID+"/revoke", ""); answer.Code != http.StatusSeeOther {
		t.Fatal(answer.Code)
	}
	for err == nil {
		_, _, err = conn.Read(t.Context())
	}
	if code := websocket.CloseStatus(err); code != websocket.StatusCode(web.CloseForbidden) {
		t.Errorf("closed with %v", err)
	}
	if _, answer, err := dial(token); err == nil || answer == nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("once more: %v", err)
	}
}

// TestLinksOfAnAccountThatIsNotAllowed show nothing.
func TestLinksOfAnAccountThatIsNotAllowed(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	_, token := d.signIn("w0", team.Admin).wallboard("Office", false)
	h := bare(t)
	for accounts, want := range map[string]error{"any": nil, "9999999": team.ErrNoWallboard} {
		allowed, err := team.ParseAccounts(accounts)
		if err != nil {
			t.Fatal(err)
		}
		members, err := team.NewMembers(t.Context(), d.db.DB, allowed)
		if err != nil {
			t.Fatal(err)
		}
		h.Control = callcontrol.New(callcontrol.Options{Log: h.Log, Stores: &team.Stores{Members: members, Wallboards: d.h.Control.Wallboards}})
		t.Cleanup(h.Control.Close)
		r := httptest.NewRequest("GET", "/wall/x", nil)
		r.SetPathValue("token", token)
		if w, err := h.findWallboard(r); err != want || (w.ID == "") != (want != nil) {
			t.Errorf("%s: %+v, %v", accounts, w, err)
		}
		if want != nil {
			if err := h.connectWallboard(httptest.NewRecorder(), r); err != want {
				t.Errorf("%s: feed %v", accounts, err)
			}
		}
	}
}

// TestWhatAScreenShows: names only if the link says so, in its language or the
// browser's, and the figures of today as far as they are known.
func TestWhatAScreenShows(t *testing.T) {
	t.Parallel() // it waits for its share of the requests to sipgate
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	w, token := anna.wallboard("Office", false)
	stranger := &browser{d: d}
	d.connected(anna, "+4930555001")
	shows(t, "a wallboard", stranger.get("/wall/"+token+"?lang=de").Body.String(), "Office", "Heute", sipgate.MaskNumber("+4930555001"), "!555001", `data-feed="/wall/`+token+`/feed?lang=de"`, "!Member w0")
	for query, want := range map[string]views.Lang{"": views.German, "?lang=en": views.English, "?lang=de": views.German, "?lang=fr": views.German, "?lang=xx-pseudo": views.German} {
		r := httptest.NewRequest("GET", "/wall/x"+query, nil)
		r.Header.Set("Accept-Language", "de")
		if got := wallboardLang(r); got != want {
			t.Errorf("%q: %s", query, got)
		}
	}
	v := d.h.newWallboardView(w, httptest.NewRequest("GET", "/", nil))
	m, err := v.model(t.Context())
	if err != nil || m.Name != "Office" || m.Zone == nil || m.Now.IsZero() || m.WaitCount != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if m.Today.Known {
		t.Error("the figures of today are known although nobody has read them")
	}
	d.h.Stats.Read(t.Context(), d.account, stats.Day(time.Now().In(d.h.zone(actorOf(anna)))), d.h.statsSources(d.account))
	if m, err = v.model(t.Context()); err != nil || !m.Today.Known {
		t.Errorf("the figures of today are not known: %+v, %v", m.Today, err)
	}
	read := v.waitsAt
	if _, err := v.model(t.Context()); err != nil || v.waitsAt != read {
		t.Errorf("the waits are read again at once: %v", err)
	}
	v.waitsAt = time.Now().Add(-waitTimesEvery)
	if _, err := v.model(t.Context()); err != nil || !v.waitsAt.After(read) {
		t.Errorf("the waits are not read again: %v", err)
	}
	if err := d.h.Control.Capabilities.SetMissing(t.Context(), d.account, team.AbilityCallHistory); err != nil {
		t.Fatal(err)
	}
	if m, err := v.model(t.Context()); err != nil || m.Today.Known {
		t.Errorf("no calls are in the history of this account, yet the figures are known: %v", err)
	}
}
