package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"callboard/handlers"
	"callboard/sipgate/announcement"
	"callboard/sipgate/team"
	"callboard/web"
)

// truth is what the simulator says of a call.
type truth struct {
	CallID, Phase, Cause, OrigCallID, Successor string
	Hold, Muted, Recording                      bool
	Tones                                       []string
	Parties                                     []struct{ PhoneNumber string }
	Announcements                               []struct{ Accepted bool }
	Transfers                                   []struct {
		To       string
		Attended bool
		CallID   string
	}
}

// call is the truth about one call.
func (s *stack) call(id string) (c truth) {
	s.t.Helper()
	s.control("GET", "calls/"+id, nil, &c)
	return c
}

// ring makes a call come in for a user, and returns its id.
func (s *stack) ring(from, user, state string) string {
	s.t.Helper()
	var made struct{ CallID string }
	s.control("POST", "calls", map[string]any{"direction": "in", "from": from, "users": []string{user}, "state": state}, &made)
	return made.CallID
}

// requests counts what the API received.
func (s *stack) requests(method, path string) (n int) {
	s.t.Helper()
	var all []struct{ Method, Path string }
	s.control("GET", "requests", nil, &all)
	for _, r := range all {
		if ok, _ := filepath.Match(path, r.Path); ok && r.Method == method {
			n++
		}
	}
	return n
}

// lastBody is what the API received last at a path.
func (s *stack) lastBody(path string) (body string) {
	s.t.Helper()
	var all []struct{ Path, Body string }
	s.control("GET", "requests", nil, &all)
	for _, r := range all {
		if ok, _ := filepath.Match(path, r.Path); ok {
			body = r.Body
		}
	}
	return body
}

// pushEvents lets sipgate send push events to the dashboard, as the
// administrator of the account does it.
func (s *stack) pushEvents() {
	s.t.Helper()
	key, err := team.LoadKey(filepath.Join(s.data, "key"), "")
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := web.ParsePublicURL(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	var state struct{ Accounts []struct{ ID string } }
	s.control("GET", "state", nil, &state)
	address := handlers.PushURL(public, key, state.Accounts[0].ID)
	s.api("w0", "PUT", "settings/sipgateio", map[string]any{"incomingUrl": address, "outgoingUrl": address, "log": false, "whitelist": nil})
}

// The whole main job, as a person does it, looked at from two browsers, and
// checked against what the simulated telephone system says.
func TestBrowserMainJob(t *testing.T) {
	t.Parallel()
	s := newStack(t, "-visibility", "account")
	s.pushEvents()
	b := newBrowser(t, s)
	anna, jonas := b.person(t), b.person(t)
	anna.signIn("Anna")
	jonas.signIn("Jonas")

	testRinging(s, anna, jonas)
	const who = "+49 30 555002"
	id := s.ring("+4930555002", "w0", "established")
	testHoldAndMute(t, s, anna, jonas, id, who)
	testSounds(t, s, anna, jonas, id, who)
	testRestart(t, s, anna, id, who)
	testTransfers(t, s, anna)
	testHangUp(t, s, anna, jonas, id, who)
	testHistory(t, anna, who)
}

// A call comes, is answered and goes; everybody sees it.
func testRinging(s *stack, anna, jonas *tab) {
	id := s.ring("+4930555001", "w0", "ringing")
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "ringing"`, row("+49 30 555001"))
	}
	s.control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "talking"`, row("+49 30 555001"))
	}
	s.control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	anna.until(`%s?.dataset.state === "ended"`, row("+49 30 555001"))
}

// The dashboard is restarted, and the call changes meanwhile: the page comes
// back by itself and shows what is true then.
func testRestart(t *testing.T, s *stack, anna *tab, id, who string) {
	before := eval[float64](anna, "performance.timeOrigin")
	s.stop()
	anna.until(`document.querySelector("#status").dataset.state !== "live"`)
	s.api("w0", "PUT", "calls/"+id+"/hold", map[string]any{"value": true})
	s.start()
	anna.until(`document.querySelector("#status").dataset.state === "live"`)
	anna.until(`%s?.dataset.state === "held"`, row(who))
	if eval[float64](anna, "performance.timeOrigin") != before {
		t.Error("the page was reloaded")
	}
	anna.press(who, "h")
	s.eventually("resumed", func() bool { return !s.call(id).Hold })
}

// Hanging up can be taken back, by a button and by a key, and happens once.
func testHangUp(t *testing.T, s *stack, anna, jonas *tab, id, who string) {
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	anna.press(who, "x")
	for _, p := range []*tab{anna, jonas} {
		p.until(`!!%s?.querySelector('form[action$="/undo"], .chip[data-tone="leaving"]')`, row(who))
	}
	anna.run(`%s.querySelector('form[action$="/undo"] button').click()`, row(who))
	anna.until(`!%s.querySelector('form[action$="/undo"]')`, row(who))
	for _, key := range []string{"u", kb.Escape} {
		anna.press(who, "x")
		anna.until(`!!%s?.querySelector('form[action$="/undo"]')`, row(who))
		anna.do(chromedp.KeyEvent(key))
		anna.until(`!%s.querySelector('form[action$="/undo"]')`, row(who))
	}
	if s.requests("DELETE", "/v2/calls/*") != 0 {
		t.Error("hung up although that was taken back")
	}
	anna.press(who, "x")
	s.eventually("ended", func() bool { return s.call(id).Phase == "ended" })
	for _, p := range []*tab{anna, jonas} {
		p.until(`!%[1]s || %[1]s.dataset.state === "ended"`, row(who))
	}
	if n := s.requests("DELETE", "/v2/calls/*"); n != 1 {
		t.Errorf("%d requests to hang up", n)
	}
}

func testHoldAndMute(t *testing.T, s *stack, anna, jonas *tab, id, who string) {
	anna.press(who, "h")
	s.eventually("on hold", func() bool { return s.call(id).Hold })
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "held"`, row(who))
	}
	anna.until(`%s.querySelector('[data-key="h"]').getAttribute("aria-pressed") === "true"`, row(who))
	anna.press(who, "h")
	s.eventually("resumed", func() bool { return !s.call(id).Hold })
	jonas.until(`%s?.dataset.state === "talking"`, row(who))
	anna.press(who, "m")
	s.eventually("muted", func() bool { return s.call(id).Muted })
	jonas.until(`!!%s?.querySelector('.chip[data-tone="mute"]')`, row(who))
	anna.until(`%s.querySelector('[data-key="m"]').getAttribute("aria-pressed") === "true"`, row(who))
	anna.press(who, "m")
	s.eventually("audible again", func() bool { return !s.call(id).Muted })
	if hold, mute := s.requests("PUT", "/v2/calls/*/hold"), s.requests("PUT", "/v2/calls/*/muted"); hold != 2 || mute != 2 {
		t.Errorf("%d requests to hold and %d to mute, want 2 and 2", hold, mute)
	}
}

const (
	digits      = "159D*7#"
	announceHz  = 620.0 // no keypad tone, and no voice is as steady
	announceFor = 3     // seconds
)

func testSounds(t *testing.T, s *stack, anna, jonas *tab, id, who string) {
	file := filepath.Join(t.TempDir(), "Welcome tone.wav")
	if err := os.WriteFile(file, toneWAV(announceHz, announceFor), 0o600); err != nil {
		t.Fatal(err)
	}
	anna.do(chromedp.Navigate(s.url + "/announcements"))
	anna.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	anna.do(chromedp.Click(`form[data-upload] button`))
	anna.until(`document.querySelector(".card.sound")?.innerText.includes("Welcome tone")`)
	anna.do(chromedp.Navigate(s.url + "/"))

	anna.press(who, "r")
	anna.until(`!!document.querySelector('#modal[open] button[name="announcement"][value="true"]')`)
	anna.do(chromedp.Click(`#modal button[name="announcement"][value="true"]`))
	s.eventually("recording", func() bool { return s.call(id).Recording })
	jonas.until(`!!%s?.querySelector('.chip[data-tone="rec"]')`, row(who))

	// What is typed, its caret, and the dialog stay although the row changes.
	anna.press(who, "d")
	anna.until(`document.activeElement?.name === "sequence"`)
	anna.do(chromedp.SendKeys(`#modal input[name=sequence]`, digits[:3]))
	s.api("w0", "PUT", "calls/"+id+"/muted", map[string]any{"value": true}) // with the telephone
	anna.until(`%s?.querySelector('[data-key="m"]')?.getAttribute("aria-pressed") === "true"`, row(who))
	s.api("w0", "PUT", "calls/"+id+"/muted", map[string]any{"value": false})
	anna.until(`%s?.querySelector('[data-key="m"]')?.getAttribute("aria-pressed") === "false"`, row(who))
	if !eval[bool](anna, `document.activeElement?.name === "sequence" && document.querySelector("#modal").open && document.activeElement.value === "`+digits[:3]+`"`) {
		t.Fatalf("the open dialog did not survive a change of its row:\n%s", anna.text())
	}
	anna.do(chromedp.SendKeys(`#modal input[name=sequence]`, digits[3:]))
	anna.do(chromedp.Click(`#modal form[action$="/dtmf"] .btn.primary`))
	s.eventually("tones", func() bool { return slices.Equal(s.call(id).Tones, []string{digits}) })
	anna.until(`!document.querySelector("#modal").open || document.querySelector("#modal input[name=sequence]")?.value === ""`)
	anna.run(`document.querySelector("#modal").close()`)

	anna.press(who, "a")
	anna.until(`!!document.querySelector('#modal[open] button[name="announcement"]')`)
	anna.do(chromedp.Click(`#modal button[name="announcement"]`))
	s.eventually("announcement", func() bool {
		a := s.call(id).Announcements
		return len(a) == 1 && a[0].Accepted
	})
	jonas.until(`%s?.innerText.includes("Welcome tone")`, row(who))
	jonas.until(`%s?.innerText.match(/fetched|geholt|abgeholt/)`+` !== null`, row(who))
	// The announcement is heard to its end before the call goes on.
	s.passes(announceFor + 1)
}

func testTransfers(t *testing.T, s *stack, anna *tab) {
	for _, kind := range []struct {
		who, number, target string
		attended            bool
	}{
		{"+49 30 555003", "+4930555003", "+4930666003", false},
		{"+49 30 555004", "+4930555004", "+4930666004", true},
	} {
		id := s.ring(kind.number, "w0", "established")
		anna.until(`%s?.dataset.state === "talking"`, row(kind.who))
		name := eval[string](anna, row(kind.who)+".id")
		anna.press(kind.who, "t")
		anna.until(`document.activeElement?.name === "phoneNumber"`)
		anna.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "0"+kind.target[3:]))
		button := `#modal button[name=attended][value=false]`
		if kind.attended {
			button = `#modal button[name=attended][value=true]`
		}
		anna.do(chromedp.Click(button))
		s.eventually("transfer", func() bool {
			sent := s.call(id).Transfers
			return len(sent) == 1 && sent[0].To == kind.target && sent[0].Attended == kind.attended
		})
		next := s.call(id).Transfers[0].CallID
		s.eventually("the new call is answered and the old one over", func() bool {
			return s.call(next).Phase == "established" && s.call(id).Phase == "ended"
		})
		if s.call(next).OrigCallID == "" || next == id {
			t.Errorf("the transfer made no new call: %+v", s.call(next))
		}
		// The row is the same one, and it talks to somebody else.
		anna.until(`document.getElementById(%q)?.dataset.state === "talking"`, name)
		s.control("POST", "calls/"+next+"/hangup", map[string]any{}, nil)
		anna.until(`!document.getElementById(%[1]q) || document.getElementById(%[1]q).dataset.state === "ended"`, name)
	}
}

// testHistory finds the recording and what must be heard in it.
func testHistory(t *testing.T, anna *tab, who string) {
	const entry = `[...document.querySelectorAll(".row.old")].find(r => r.innerText.includes(%q) && r.querySelector("audio"))`
	anna.s.eventually("recording in the history", func() bool {
		anna.do(chromedp.Navigate(anna.s.url + "/history"))
		return eval[bool](anna, "!!"+sprintf(entry, who))
	})
	address := eval[string](anna, sprintf(entry, who)+`.querySelector("audio").getAttribute("src")`)
	samples, err := announcement.TelephoneSamples(anna.fetch(address))
	if err != nil {
		t.Fatalf("the recording: %v", err)
	}
	if got := keypadDigits(samples); got != digits {
		t.Errorf("keypad tones in the recording: %q, want %q", got, digits)
	}
	hearsTone(t, samples)
}

// heldAny reports whether any call is on hold.
func (s *stack) heldAny() bool {
	s.t.Helper()
	var calls []truth
	s.control("GET", "calls", nil, &calls)
	return slices.ContainsFunc(calls, func(c truth) bool { return c.Hold })
}

// begun reports whether the audit knows of a deed.
func (s *stack) begun(v *visitor, deed string) bool {
	status, table := v.get("/audit.csv?deed=" + deed)
	return status == 200 && len(table) > 0 && countLines(table) > 1
}

func countLines(s string) (n int) {
	for _, c := range s {
		if c == '\n' {
			n++
		}
	}
	return n
}
