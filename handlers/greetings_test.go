package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// ownNumber returns a number of the account.
func (d *dashboard) ownNumber() string {
	d.t.Helper()
	numbers, err := d.h.Control.Rosters.Of(d.account).Numbers(d.t.Context())
	if err != nil || len(numbers) == 0 {
		d.t.Fatal(numbers, err)
	}
	return sipgate.NormalizeNumber(numbers[0].Number)
}

// ringing returns a call that rings at a user, on the board and in the journal.
func (d *dashboard) ringing(b *browser, from, to string) switchboard.Call {
	d.t.Helper()
	board := d.h.Control.Boards.Board(b.in.Account)
	board.Observe(sipgate.Event{Kind: sipgate.EventNewCall, CallID: "RINGING" + sipgate.CallID(from), Direction: sipgate.Incoming, From: from, To: to,
		UserIDs: []sipgate.UserID{b.in.User}, Users: []string{b.in.Name}})
	for range 500 {
		for _, c := range board.Snapshot().Calls {
			if _, err := d.h.Control.Journal.Record(d.t.Context(), b.in.Account, c.ID); err == nil && c.Remote.Number == "+"+from {
				return c
			}
		}
		board.Poll(d.t.Context())
	}
	d.t.Fatal("the call is not on the board")
	return switchboard.Call{}
}

// TestTheCardSaysHowToGreet: a lead writes a greeting for a number of the team; the
// card of who calls that number shows it to all, and the row where it rings; the
// audit has it.
func TestTheCardSaysHowToGreet(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	d.signIn("w0", team.Admin)
	lead, agent := d.signIn("w1", team.Lead), d.signIn("w2", team.Agent)
	d.loadRoster()
	number := d.ownNumber()
	call := d.ringing(agent, "4930555931", strings.TrimPrefix(number, "+"))
	card := func() string {
		return agent.send(t.Context(), http.MethodGet, "/calls/"+string(call.ID)+"/card", "", "HX-Request", "true").Body.String()
	}
	body := func(number, text string) string {
		return url.Values{"number": {number}, "text": {text}}.Encode()
	}
	if strings.Contains(card(), `class="greeting"`) {
		t.Error("a greeting that nobody has written")
	}
	shows(t, "a lead's team", lead.get("/team").Body.String(), `href="/greetings"`)
	shows(t, "an agent's team", agent.get("/team").Body.String(), `!href="/greetings"`)
	shows(t, "the page", lead.get("/greetings").Body.String(), `name="number" value="`+number+`"`, sipgate.DisplayNumber(number), "!cannot be read")
	if w := agent.post("/greetings", body(number, "Hi")); w.Code != http.StatusForbidden {
		t.Errorf("an agent: %d", w.Code)
	}
	if w := lead.post("/greetings", body(number, " Support <b>, guten Tag ")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/greetings?saved="+url.QueryEscape(number) {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	shows(t, "the card", card(), `class="greeting"`, "<q>Support &lt;b&gt;, guten Tag</q>")
	shows(t, "the row", agent.get("/").Body.String(), `<q class="say" title="Support &lt;b&gt;, guten Tag">Support &lt;b&gt;, guten Tag</q>`)
	shows(t, "the page after it", lead.get("/greetings?saved="+url.QueryEscape(number)).Body.String(), `value="Support &lt;b&gt;, guten Tag"`, `role="status">Saved`)
	if e := d.audit()[0]; e.Action != team.EditGreetings || e.Outcome != team.OutcomeDone || !strings.Contains(e.Parties, sipgate.DisplayNumber(number)) || e.Parameters != "Support <b>, guten Tag" {
		t.Errorf("audit %+v", e)
	}
	if w := lead.post("/greetings", body(number, "")); w.Code != http.StatusSeeOther {
		t.Errorf("removal: %d %s", w.Code, w.Body)
	}
	if strings.Contains(card(), `class="greeting"`) {
		t.Error("the greeting is not removed")
	}
}

// TestAMistypedGreetingIsNotLost: nothing is saved, and the page comes back with
// what was typed and what is wrong with it.
func TestAMistypedGreetingIsNotLost(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	d.loadRoster()
	number := d.ownNumber()
	long := strings.Repeat("ä", team.MaxGreeting+1)
	for _, test := range []struct {
		number, text string
		status       int
		code, field  string
	}{
		{number, long, http.StatusUnprocessableEntity, "greeting_long", "text"},
		{number, "two\nlines", http.StatusUnprocessableEntity, "greeting_invalid", "text"},
		{number, "a\u202eb", http.StatusUnprocessableEntity, "greeting_invalid", "text"},
		{"+4930123456789", "Hello", http.StatusUnprocessableEntity, "greeting_number", "number"},
		{"e0", "Hello", http.StatusUnprocessableEntity, "greeting_number", "number"},
		{"", "Hello", http.StatusUnprocessableEntity, "greeting_number", "number"},
	} {
		form := url.Values{"number": {test.number}, "text": {test.text}}.Encode()
		for _, lang := range []string{"en", "de"} {
			anna.lang = lang
			w := anna.post("/greetings", form)
			if page := w.Body.String(); w.Code != test.status || !strings.Contains(page, views.Lang(lang).T("error."+test.code)) {
				t.Errorf("%q for %q in %s: %d, not told %s", test.text, test.number, lang, w.Code, test.code)
			} else if test.field == "text" && (!strings.Contains(page, `aria-invalid="true"`) || test.text == long && !strings.Contains(page, `value="`+long+`"`)) {
				t.Errorf("%q in %s: what was typed is lost", test.text, lang)
			}
		}
		w := anna.send(t.Context(), http.MethodPost, "/greetings", form, "Accept", "application/json")
		if got := w.Body.String(); w.Code != test.status || !strings.Contains(got, `"code":"`+test.code+`"`) || !strings.Contains(got, `"field":"`+test.field+`"`) {
			t.Errorf("%q for %q, a program: %d %s", test.text, test.number, w.Code, got)
		}
		if got := d.h.Control.Greeting(d.account, test.number); got != "" {
			t.Errorf("%q was saved", got)
		}
	}
}
