package handlers

import (
	"context"
	"errors"
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

// TestAScreenStaysCurrent: it gets the wallboard at once, after every change,
// however often that is, and every few seconds; and begins again when it fell
// behind.
func TestAScreenStaysCurrent(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	w, _ := anna.wallboard("Office", true)
	r := httptest.NewRequest("GET", "/wall/x/feed?lang=en", nil)
	f := &wallboardFeed{wallboardView: d.h.newWallboardView(w, r), revoked: make(chan struct{}), heartbeat: time.NewTicker(time.Hour)}
	next := func(texts ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		frame, err := f.next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		shows(t, "frame", string(frame), append(texts, `"target":"#wall"`, "Office")...)
		if ago := time.Since(f.sentAt); ago > time.Minute {
			t.Errorf("the frame was sent %v ago", ago)
		}
	}
	next("No calls right now")
	c := d.connected(anna, "+4930555001")
	f.sentAt = time.Time{}
	next("!No calls right now", sipgate.MaskNumber("+4930555001"))
	if n := len(f.sub.Changes()); n > 0 {
		t.Errorf("%d changes would be sent again", n)
	}
	sent := f.sentAt
	if err := d.sim.HangUp(string(c.CallID), ""); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		d.h.Control.Boards.Board(d.account).Poll(t.Context())
		if now, ok := d.h.Control.Boards.Board(d.account).Call(c.ID); !ok || !now.EndedAt.IsZero() {
			break
		}
	}
	next("No calls right now")
	if pause := time.Since(sent); pause < wallboardInterval {
		t.Errorf("%v after the last frame", pause)
	}

	f.sentAt = time.Time{}
	f.heartbeat.Reset(time.Millisecond)
	next("Office")
	f.heartbeat.Reset(time.Hour)

	behind := f.sub
	behind.Close()
	f.sentAt = time.Time{}
	if next(); f.sub == behind || f.sub == nil {
		t.Error("a screen that fell behind did not begin again")
	}
	d.connected(anna, "+4930555002")
	f.sentAt = time.Time{}
	next(sipgate.MaskNumber("+4930555002"))

	f.close()
	if _, ok := <-f.sub.Changes(); ok {
		t.Error("a screen that is gone still watches")
	}
}

// TestAWithdrawnScreenGoesDark: whatever it waits for, and also when it goes
// away by itself.
func TestAWithdrawnScreenGoesDark(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	w, token := anna.wallboard("Office", false)
	feed := func() *wallboardFeed {
		f := &wallboardFeed{wallboardView: d.h.newWallboardView(w, httptest.NewRequest("GET", "/", nil)), revoked: make(chan struct{}), heartbeat: time.NewTicker(time.Hour)}
		if _, err := f.next(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.close)
		return f
	}
	revoked := make(chan struct{})
	close(revoked)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, wait := range []func(*wallboardFeed, context.Context) error{
		func(f *wallboardFeed, ctx context.Context) error { _, err := f.next(ctx); return err },
		func(f *wallboardFeed, ctx context.Context) error {
			f.sentAt = time.Now().Add(time.Hour)
			return f.waitInterval(ctx)
		},
		func(f *wallboardFeed, ctx context.Context) error {
			f.heartbeat.Reset(time.Millisecond)
			f.sentAt = time.Now().Add(time.Hour)
			return f.waitForChange(ctx)
		},
	} {
		f := feed()
		f.revoked = revoked
		if err := wait(f, t.Context()); !errors.Is(err, errWallboardRevoked) {
			t.Errorf("withdrawn: %v", err)
		}
		if err := wait(feed(), gone); !errors.Is(err, context.Canceled) {
			t.Errorf("gone: %v", err)
		}
	}

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
	shows(t, "the list of links", anna.get("/walls").Body.String(), "on one screen now")
	second, _, err := dial(token)
	if err != nil {
		t.Fatal(err)
	}
	shows(t, "the list of links", anna.get("/walls").Body.String(), "on 2 screens now")
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
			if err := h.wallboardFeed(httptest.NewRecorder(), r); err != want {
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
	v.waitsAt = time.Now().Add(-wallboardHeartbeat)
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
