package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// A member does everything with calls. Two browsers and the state of the
// simulated telephones are checked.
func TestBrowserCallControl(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	anna, jonas := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	jonas.signIn("Jonas")

	testRinging(s, anna, jonas)
	const who = "+49 30 555002"
	id := s.Ring("+4930555002", "w0", "established")
	testHoldAndMute(t, s, anna, jonas, id, who)
	testSounds(t, s, anna, jonas, id, who)
	testRestart(t, s, anna, id, who)
	testTransfers(t, s, anna)
	testHangUp(t, s, anna, jonas, id, who)
	testHistory(t, anna, who)
}

// A call rings, is answered and ends, on all boards.
func testRinging(s *harness.Stack, anna, jonas *tab) {
	id := s.Ring("+4930555001", "w0", "ringing")
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "ringing"`, row("+49 30 555001"))
	}
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "talking"`, row("+49 30 555001"))
	}
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	anna.until(`%s?.dataset.state === "ended"`, row("+49 30 555001"))
}

// The dashboard is restarted while the call changes: the page reconnects by
// itself and shows the current state.
func testRestart(t *testing.T, s *harness.Stack, anna *tab, id, who string) {
	before := eval[float64](anna, "performance.timeOrigin")
	s.Stop()
	anna.until(`document.querySelector("#status").dataset.state !== "live"`)
	s.API("w0", "PUT", "calls/"+id+"/hold", map[string]any{"value": true})
	s.Start()
	anna.until(`document.querySelector("#status").dataset.state === "live"`)
	anna.until(`%s?.dataset.state === "held"`, row(who))
	if eval[float64](anna, "performance.timeOrigin") != before {
		t.Error("the page was reloaded")
	}
	anna.press(who, "h")
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
}

// A hang-up is undone by a button and by keys, and is sent once.
func testHangUp(t *testing.T, s *harness.Stack, anna, jonas *tab, id, who string) {
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	anna.press(who, "x")
	for _, p := range []*tab{anna, jonas} {
		p.until(`!!%s?.querySelector('form[action$="/undo"], .chip[data-tone="pending-hangup"]')`, row(who))
	}
	anna.run(`%s.querySelector('form[action$="/undo"] button').click()`, row(who))
	anna.until(`!%s.querySelector('form[action$="/undo"]')`, row(who))
	for _, key := range []string{"u", kb.Escape} {
		anna.press(who, "x")
		anna.until(`!!%s?.querySelector('form[action$="/undo"]')`, row(who))
		anna.do(chromedp.KeyEvent(key))
		anna.until(`!%s.querySelector('form[action$="/undo"]')`, row(who))
	}
	if s.Requests("DELETE", "/v2/calls/*") != 0 {
		t.Error("hung up although that was taken back")
	}
	anna.press(who, "x")
	s.Eventually("ended", func() bool { return s.Call(id).Phase == "ended" })
	for _, p := range []*tab{anna, jonas} {
		p.until(`!%[1]s || %[1]s.dataset.state === "ended"`, row(who))
	}
	if n := s.Requests("DELETE", "/v2/calls/*"); n != 1 {
		t.Errorf("%d requests to hang up", n)
	}
}

func testHoldAndMute(t *testing.T, s *harness.Stack, anna, jonas *tab, id, who string) {
	anna.press(who, "h")
	s.Eventually("on hold", func() bool { return s.Call(id).Hold })
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "held"`, row(who))
	}
	anna.until(`%s.querySelector('.act.hold').getAttribute("aria-pressed") === "true"`, row(who))
	anna.press(who, "h")
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	jonas.until(`%s?.dataset.state === "talking"`, row(who))
	anna.press(who, "m")
	s.Eventually("muted", func() bool { return s.Call(id).Muted })
	jonas.until(`!!%s?.querySelector('.chip[data-tone="mute"]')`, row(who))
	anna.until(`%s.querySelector('.act.mute').getAttribute("aria-pressed") === "true"`, row(who))
	anna.press(who, "m")
	s.Eventually("audible again", func() bool { return !s.Call(id).Muted })
	if hold, mute := s.Requests("PUT", "/v2/calls/*/hold"), s.Requests("PUT", "/v2/calls/*/muted"); hold != 2 || mute != 2 {
		t.Errorf("%d requests to hold and %d to mute, want 2 and 2", hold, mute)
	}
}

const (
	digits      = "159D*7#"
	announceHz  = 620.0 // no keypad tone, and no voice is as steady
	announceFor = 3     // seconds
)

func testSounds(t *testing.T, s *harness.Stack, anna, jonas *tab, id, who string) {
	file := filepath.Join(t.TempDir(), "Welcome tone.wav")
	if err := os.WriteFile(file, harness.ToneWAV(announceHz, announceFor), 0o600); err != nil {
		t.Fatal(err)
	}
	anna.do(chromedp.Navigate(s.URL + "/announcements"))
	anna.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}))
	anna.until(`document.querySelector(".card.sound")?.innerText.includes("Welcome tone")`)
	anna.do(chromedp.Navigate(s.URL + "/"))

	anna.press(who, "r")
	anna.until(`!!document.querySelector('#modal[open] button[name="announcement"][value="true"]')`)
	anna.click(the(`#modal button[name="announcement"][value="true"]`))
	s.Eventually("recording", func() bool { return s.Call(id).Recording })
	jonas.until(`!!%s?.querySelector('.chip[data-tone="rec"]')`, row(who))

	// What is typed and the dialog stay although the row changes.
	anna.press(who, "d")
	anna.until(`document.activeElement?.matches("output.tones")`)
	anna.keys(strings.Split(digits[:3], "")...)
	s.API("w0", "PUT", "calls/"+id+"/muted", map[string]any{"value": true}) // with the telephone
	anna.until(`%s?.querySelector('.act.mute')?.getAttribute("aria-pressed") === "true"`, row(who))
	s.API("w0", "PUT", "calls/"+id+"/muted", map[string]any{"value": false})
	anna.until(`%s?.querySelector('.act.mute')?.getAttribute("aria-pressed") === "false"`, row(who))
	if !eval[bool](anna, `document.activeElement?.matches("output.tones") && document.querySelector("#modal").open && document.activeElement.innerText === "`+digits[:3]+`"`) {
		t.Fatalf("the open dialog did not survive a change of its row:\n%s", anna.text())
	}
	anna.keys(strings.Split(digits[3:], "")...)
	s.Eventually("tones", func() bool { return strings.Join(s.Call(id).Tones, "") == digits })
	anna.run(`document.querySelector("#modal").close()`)

	anna.press(who, "a")
	anna.until(`!!document.querySelector('#modal[open] button[name="announcement"]')`)
	anna.click(the(`#modal button[name="announcement"]`))
	s.Eventually("announcement", func() bool {
		a := s.Call(id).Announcements
		return len(a) == 1 && a[0].Accepted
	})
	jonas.until(`%s?.innerText.includes("Welcome tone")`, row(who))
	jonas.until(`%s?.innerText.match(/fetched|geholt|abgeholt/)`+` !== null`, row(who))
	// The announcement is heard to its end before the call goes on.
	s.Elapse(announceFor + 1)
}

func testTransfers(t *testing.T, s *harness.Stack, anna *tab) {
	for _, kind := range []struct {
		who, number, target string
		attended            bool
	}{
		{"+49 30 555003", "+4930555003", "+4930666003", false},
		{"+49 30 555004", "+4930555004", "+4930666004", true},
	} {
		id := s.Ring(kind.number, "w0", "established")
		anna.until(`%s?.dataset.state === "talking"`, row(kind.who))
		name := eval[string](anna, row(kind.who)+".id")
		anna.press(kind.who, "t")
		anna.until(`document.activeElement?.name === "phoneNumber"`)
		anna.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "0"+kind.target[3:]))
		button := `#modal button[name=attended][value=false]`
		if kind.attended {
			button = `#modal button[name=attended][value=true]`
		}
		anna.click(the(button))
		s.Eventually("transfer", func() bool {
			sent := s.Call(id).Transfers
			return len(sent) == 1 && sent[0].To == kind.target && sent[0].Attended == kind.attended
		})
		next := s.Call(id).Transfers[0].CallID
		s.Eventually("the new call is answered and the old one over", func() bool {
			return s.Call(next).Phase == "established" && s.Call(id).Phase == "ended"
		})
		if s.Call(next).OrigCallID == "" || next == id {
			t.Errorf("the transfer made no new call: %+v", s.Call(next))
		}
		// The row is the same one, with another party.
		anna.until(`document.getElementById(%q)?.dataset.state === "talking"`, name)
		s.Control("POST", "calls/"+next+"/hangup", map[string]any{}, nil)
		anna.until(`!document.getElementById(%[1]q) || document.getElementById(%[1]q).dataset.state === "ended"`, name)
	}
}

// testHistory finds the recording and checks what is heard in it.
func testHistory(t *testing.T, anna *tab, who string) {
	const entry = `[...document.querySelectorAll(".row.old")].find(r => r.innerText.includes(%q) && r.querySelector("audio"))`
	anna.s.Eventually("recording in the history", func() bool {
		anna.do(chromedp.Navigate(anna.s.URL + "/history"))
		return eval[bool](anna, "!!"+fmt.Sprintf(entry, who))
	})
	address := eval[string](anna, fmt.Sprintf(entry, who)+`.querySelector("audio").getAttribute("src")`)
	samples, err := announcement.TelephoneSamples(anna.fetch(address))
	if err != nil {
		t.Fatalf("the recording: %v", err)
	}
	if got := keypadDigits(samples); got != digits {
		t.Errorf("keypad tones in the recording: %q, want %q", got, digits)
	}
	hearsTone(t, samples)
}
