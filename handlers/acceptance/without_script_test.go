package acceptance

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Calls are controlled with links and forms alone: every form is taken from the
// page and sent as a browser without JavaScript sends it.
func TestCallsAreControlledWithoutScript(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	id := s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
	row := "/calls/" + v.Rows()[0]
	c := func() harness.Call { return s.Call(id) }

	v.Submit("/", row+"/hold", "value=true")
	if !c().Hold {
		t.Error("not on hold")
	}
	v.Submit("/", row+"/hold", "value=false")
	v.Submit("/", row+"/muted", "value=true")
	if c().Hold || !c().Muted {
		t.Error("still on hold, or not muted")
	}
	v.Submit(row+"/record", row+"/recording", "announcement=false")
	if !c().Recording {
		t.Error("not recording")
	}
	v.Submit("/", row+"/recording", "value=false")
	v.Submit(row+"/keypad", row+"/dtmf", "sequence=12%23")
	if c().Recording || !slices.Equal(c().Tones, []string{"12#"}) {
		t.Errorf("recording %v, tones %q", c().Recording, c().Tones)
	}
	v.Submit(row+"/announce", row+"/announcements", "url="+url.QueryEscape(s.URL+"/nothing.wav"))
	if got := s.LastBody("/v2/calls/*/announcements"); !strings.Contains(got, s.URL+"/nothing.wav") {
		t.Errorf("announcement by address: %s", got)
	}
	v.Submit(row+"/transfer", row+"/transfer", "phoneNumber=030+666003&attended=true&callerId=%2B492214710100")
	if got := s.LastBody("/v2/calls/*/transfer"); !strings.Contains(got, `"attended":true`) || !strings.Contains(got, "+4930666003") || !strings.Contains(got, "+492214710100") {
		t.Errorf("transfer: %s", got)
	}
	v.Submit("/", row+"/hangup", "")
	if c().Phase == "ended" {
		t.Error("hung up at once: it could not be undone")
	}
	v.Submit("/", row+"/undo", "")
	v.Submit("/", row+"/hangup", "at_once=true")
	if c().Phase != "ended" {
		t.Errorf("after hanging up at once: %s", c().Phase)
	}
	v.Submit("/calls/new", "/calls", "callee=030+777004&device=e0")
	if got := s.LastBody("/v2/sessions/calls"); !strings.Contains(got, "+4930777004") || !strings.Contains(got, "e0") {
		t.Errorf("new call: %s", got)
	}
	v.Submit("/", "/logout", "")
	if status, _ := v.Get("/"); status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", status)
	}
}

// A sign-in leads to the page that was asked for.
func TestSignInReturnsToWantedPage(t *testing.T) {
	s := harness.New(t)
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(s.URL + "/history?type=CALL")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); to != "/login?next=%2Fhistory%3Ftype%3DCALL" {
		t.Errorf("sent to %q", to)
	}
	v := s.SignInTo(t, 0, 0, "/history?type=CALL")
	if status, _ := v.Get("/history"); status != http.StatusOK {
		t.Errorf("history: %d", status)
	}
}

// The public address of an announcement serves that file, whole or in ranges,
// and nothing else.
func TestPublicAddressServesOneAnnouncement(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	id := s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
	v.Upload("Closed.wav", harness.ToneWAV(440, 1))
	_, page := v.Get("/calls/" + v.Rows()[0] + "/announce")
	choice := regexp.MustCompile(`name="announcement" value="([^"]+)"`).FindStringSubmatch(page)
	if choice == nil {
		t.Fatalf("no announcement to choose: %s", page)
	}
	if status, code, _ := v.Command("/calls/"+v.Rows()[0]+"/announcements", `{"announcement":"`+choice[1]+`",`+harness.ActionID()+`}`); status != 200 {
		t.Fatalf("play: %d %s", status, code)
	}
	if a := s.Call(id).Announcements; len(a) != 1 || !a[0].Accepted {
		t.Fatalf("played: %+v", a)
	}
	address := regexp.MustCompile(`http[^"]+\.wav`).FindString(s.LastBody("/v2/calls/*/announcements"))
	if !strings.HasPrefix(address, s.URL+"/a/") || len(address) != len(s.URL)+len("/a/")+43+len(".wav") {
		t.Fatalf("fetched from %q", address)
	}
	for ask, want := range map[string]int{"": 200, "bytes=0-0": 206, "bytes=-1": 206, "bytes=9999999-": 416, "bytes=a": 416} {
		req, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ask != "" {
			req.Header.Set("Range", ask)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || want == 206 && len(body) != 1 || want == 200 && len(body) != 44+16000 {
			t.Errorf("range %q: %s, %d bytes", ask, resp.Status, len(body))
		}
		for name, value := range map[string]string{"Content-Type": "audio/wav", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="announcement.wav"`, "Content-Security-Policy": "sandbox; default-src 'none'",
			"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "Set-Cookie": ""} {
			if got := resp.Header.Get(name); got != value && want != 416 {
				t.Errorf("%s is %q, want %q", name, got, value)
			}
		}
	}
	// The file is deleted: the address dies with it.
	v.Submit("/announcements", "/announcements/"+choice[1]+"/delete", "")
	if status, _ := v.Get(strings.TrimPrefix(address, s.URL)); status != 404 {
		t.Errorf("deleted: %d", status)
	}
}

// How long a hang-up can be undone is a preference of the member, whether a tab
// is open or not.
func TestGracePeriodIsAPreference(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	for seconds, waits := range map[string]bool{"0": false, "2": true} {
		v.Submit("/settings", "/settings/calls", "grace="+seconds)
		id := s.Ring("+4930555002", "w0", "established")
		s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
		v.Submit("/", "/calls/"+v.Rows()[0]+"/hangup", "")
		if waiting := s.Call(id).Phase != "ended"; waiting != waits {
			t.Errorf("%s s: waits %v", seconds, waiting)
		}
		s.Eventually("the end", func() bool { return s.Call(id).Phase == "ended" })
		s.Eventually("no row with buttons", func() bool { return len(v.Rows()) == 0 })
	}
	if resp := v.Send("POST", s.URL+"/settings/calls", "application/x-www-form-urlencoded", strings.NewReader("grace=3600")); resp.StatusCode != 422 {
		t.Errorf("an hour: %s", resp.Status)
	}
}

// The audit lists what was done and what was refused, filtered in the same way
// on the page and in the table.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	row := "/calls/" + anna.Rows()[0]
	anna.Submit("/", row+"/hold", "value=true")
	anna.Submit(row+"/keypad", row+"/dtmf", "sequence=4711%23")
	if status, code, _ := jonas.Command(row+"/hold", `{"value":false,`+harness.ActionID()+`}`); status != 403 || code != "not_yours" {
		t.Errorf("another's call: %d %s", status, code)
	}
	table := func(query string) [][]string {
		status, text := anna.Get("/audit.csv" + query)
		if status != 200 || strings.Contains(text, "4711") {
			t.Fatalf("%s: %d %s", query, status, text)
		}
		reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
		reader.Comma = ';' // Anna reads German
		rows, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	for query, want := range map[string]int{"": 3, "?by=w0": 2, "?by=w1": 1, "?deed=hold": 2, "?deed=tones": 1, "?call=none": 0, "?from=2100-01-01": 0, "?to=2000-01-02": 0} {
		if rows := table(query); len(rows) != want {
			t.Errorf("%q: %d entries, want %d: %q", query, len(rows), want, rows)
		}
		if status, page := anna.Get("/audit" + query); status != 200 || strings.Count(page, "<tr") != want+min(want, 1) {
			t.Errorf("page %q: %d, %d rows", query, status, strings.Count(page, "<tr"))
		}
	}
	if refused := table("?by=w1")[0]; !slices.Contains(refused, "refused") || !slices.Contains(refused, "not_yours") {
		t.Errorf("%q", refused)
	}
	if status, _ := jonas.Get("/audit"); status != 403 {
		t.Errorf("an agent reads the audit: %d", status)
	}
	if status, _ := anna.Get("/audit?from=yesterday"); status != 422 {
		t.Errorf("bad date: %d", status)
	}
}

// Webhooks are set with one click, after showing what that replaces, and the
// previous addresses are put back on removal.
func TestWebhooksAreSetAndPutBack(t *testing.T) {
	s := harness.New(t)
	theirs := map[string]any{"incomingUrl": "https://other.example/in", "outgoingUrl": "", "log": true, "whitelist": nil}
	s.API("w0", "PUT", "settings/sipgateio", theirs)
	v, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	now := func() (incoming, outgoing string) {
		var state struct {
			Accounts []struct {
				Push struct{ IncomingURL, OutgoingURL string }
			}
		}
		s.Control("GET", "state", nil, &state)
		return state.Accounts[0].Push.IncomingURL, state.Accounts[0].Push.OutgoingURL
	}
	if _, page := v.Get("/status"); !strings.Contains(page, "other.example") || !strings.Contains(page, "Freikontingent") {
		t.Errorf("before: it is not said what would be replaced and that it costs: %.2000s", page)
	}
	if resp := jonas.Send("POST", s.URL+"/status/webhooks", "application/x-www-form-urlencoded", strings.NewReader("do=set")); resp.StatusCode != 403 {
		t.Errorf("an agent sets webhooks: %s", resp.Status)
	}
	v.Submit("/status", "/status/webhooks", "do=set")
	if in, out := now(); in != out || !strings.HasPrefix(in, s.URL+"/push/") {
		t.Errorf("set: %q %q", in, out)
	}
	id := s.Ring("+4930555002", "w0", "ringing")
	s.Eventually("the first ring", func() bool {
		_, page := v.Get("/")
		return strings.Contains(page, `data-state="ringing"`)
	})
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	v.Submit("/status", "/status/webhooks", "do=remove")
	if in, out := now(); in != "https://other.example/in" || out != "" {
		t.Errorf("removed: %q %q", in, out)
	}
}

// Several calls are hung up through one dialog that lists them, and only the
// chosen ones.
func TestHangUpSeveral(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	v.Submit("/settings", "/settings/calls", "grace=0")
	var ids []string
	for i := range 3 {
		ids = append(ids, s.Ring(fmt.Sprintf("+493055500%d", i), "w0", "established"))
	}
	s.Eventually("rows", func() bool { return len(v.Rows()) == 3 })
	_, sheet := v.Get("/calls/hangup")
	choices := regexp.MustCompile(`name="call" value="([^"]+)"`).FindAllStringSubmatch(sheet, -1)
	for i := range 3 {
		if !strings.Contains(sheet, fmt.Sprintf("+49 30 55500%d", i)) || len(choices) != 3 {
			t.Fatalf("the sheet does not list call %d: %s", i, sheet)
		}
	}
	v.Submit("/calls/hangup", "/calls/hangup", url.Values{"call": {choices[0][1], choices[2][1]}}.Encode())
	ended := 0
	for _, id := range ids {
		if s.Call(id).Phase == "ended" {
			ended++
		}
	}
	if n := s.Requests("DELETE", "/v2/calls/*"); ended != 2 || n != 2 {
		t.Errorf("%d calls ended, %d requests", ended, n)
	}
	for _, bad := range []string{"", "call=nothing"} {
		if resp := v.Send("POST", s.URL+"/calls/hangup", "application/x-www-form-urlencoded", strings.NewReader(bad)); resp.StatusCode != 422 && resp.StatusCode != 404 {
			t.Errorf("%q: %s", bad, resp.Status)
		}
	}
}

// A member sees own sessions only, and ends one of them at once.
func TestMemberEndsOwnSessions(t *testing.T) {
	s := harness.New(t)
	desk, phone, other := s.SignIn(t, 0), s.SignIn(t, 0), s.SignIn(t, 1)
	_, page := desk.Get("/settings")
	ends := regexp.MustCompile(`action="(/sessions/[0-9a-f]+/end)"`).FindAllStringSubmatch(page, -1)
	if len(ends) == 0 {
		t.Fatalf("no session to end: %s", page)
	}
	if resp := other.Send("POST", s.URL+ends[0][1], "application/x-www-form-urlencoded", strings.NewReader("")); resp.StatusCode != 404 {
		t.Errorf("another's session: %s", resp.Status)
	}
	desk.Submit("/settings", ends[0][1], "")
	left := 0
	for _, v := range []*harness.Client{desk, phone} {
		if status, _ := v.Get("/"); status == http.StatusOK {
			left++
		}
	}
	if status, _ := other.Get("/"); left != 1 || status != http.StatusOK {
		t.Errorf("%d sessions left; another's: %d", left, status)
	}
}

// The first account that signs in owns the instance; members of others are
// refused with the reason.
func TestFirstAccountOwnsTheInstance(t *testing.T) {
	s := harness.New(t)
	s.SignIn(t, 0)
	stranger, resp := s.TrySignIn(t, 1, 0, "/")
	if page, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusForbidden || !strings.Contains(string(page), `data-error="account_not_allowed"`) {
		t.Errorf("another account: %s %.500s", resp.Status, page)
	}
	if status, _ := stranger.Get("/"); status != http.StatusSeeOther {
		t.Errorf("and yet it has a session: %d", status)
	}
}

// A member who does not share calls hides them from the team at once; a member
// who does not allow leads to act keeps them from acting.
func TestConsentTakesEffectAtOnce(t *testing.T) {
	s := harness.New(t)
	s.PushEvents()
	anna, jonas := s.SignIn(t, 0), s.SignIn(t, 1)
	id := s.Ring("+4930555002", "w1", "established")
	s.Eventually("row", func() bool { return len(jonas.Rows()) == 1 })
	row := jonas.Rows()[0]
	sees := func(v *harness.Client) bool { _, page := v.Get("/"); return strings.Contains(page, "row-"+row) }
	s.Eventually("seen by the team", func() bool { return sees(anna) })
	heard := anna.Listen(t)
	if status, code, _ := anna.Command("/calls/"+row+"/hold", `{"value":true,`+harness.ActionID()+`}`); status != 200 || !s.Call(id).Hold {
		t.Errorf("a lead acts: %d %s", status, code)
	}
	jonas.Submit("/settings", "/settings/wishes", "shares=true")
	s.ExpectNoCommands(t, func() {
		if status, code, _ := anna.Command("/calls/"+row+"/hold", `{"value":false,`+harness.ActionID()+`}`); status != 403 || code != "not_lendable" {
			t.Errorf("not lent: %d %s", status, code)
		}
	})
	before := len(heard())
	jonas.Submit("/settings", "/settings/wishes", "lendable=true")
	if sees(anna) || !sees(jonas) {
		t.Error("not shared, and yet seen, or not by its owner")
	}
	s.Eventually("the feed takes it away", func() bool { return strings.Contains(heard()[before:], `"drop":["row-`+row+`"]`) })
	s.ExpectNoCommands(t, func() {
		if status, code, _ := anna.Command("/calls/"+row+"/hold", `{"value":false,`+harness.ActionID()+`}`); status != 404 || code != "not_found" {
			t.Errorf("not shared: %d %s", status, code)
		}
		if status, _ := anna.Get("/calls/" + row); status != 404 {
			t.Errorf("its page: %d", status)
		}
	})
}

// A member can add a note to an own call after its end.
func TestNoteAfterTheCall(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.PushEvents()
	s.SignIn(t, 0)
	jonas := s.SignIn(t, 1)
	id := s.Ring("+4930555002", "w1", "established")
	s.Eventually("row", func() bool { return len(jonas.Rows()) == 1 })
	page := "/calls/" + jonas.Rows()[0]
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	s.Eventually("no row any more", func() bool {
		_, board := jonas.Get("/")
		return !strings.Contains(board, page[len("/calls/"):])
	})
	jonas.Submit(page, page+"/notes", "text=Calls+again+on+Monday")
	if _, text := jonas.Get(page); !strings.Contains(text, "Calls again on Monday") {
		t.Errorf("the note is not on the page: %.2000s", text)
	}
}
