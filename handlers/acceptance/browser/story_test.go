package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// A receptionist handles a call from the first ring to calling back: it rings,
// is answered, recorded, put on hold; a colleague is found, consulted, and gets
// the call; the recording is played in the history; the caller is called back
// from there.
func TestBrowserReceptionistsCall(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	anna, jonas := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	jonas.signIn("Jonas")

	const number, who = "+4930555600", "+49 30 555600"
	id := s.Ring(number, "w0", "ringing")
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "ringing"`, row(who))
	}
	anna.until(`document.title.startsWith("(1)")`) // it is for her
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	name := eval[string](anna, row(who)+".id")

	storyRecords(s, anna, id, who)
	storyConsults(t, s, anna, id, who)
	jonas.until(`document.getElementById(%[1]q)?.dataset.state === "talking" && document.getElementById(%[1]q).innerText.includes("Jonas")`, name)
	next := s.Call(id).Transfers[0].CallID
	s.Control("POST", "calls/"+next+"/hangup", map[string]any{}, nil)
	jonas.until(`!document.getElementById(%[1]q) || document.getElementById(%[1]q).dataset.state === "ended"`, name)

	storyHears(t, anna, who)
	storyCallsBack(t, s, anna, number, who)
}

// storyRecords records the call, with tones by which the recording is
// recognized.
func storyRecords(s *harness.Stack, anna *tab, id, who string) {
	anna.press(who, "r")
	anna.until(`!!document.querySelector('#modal[open] button[name="announcement"][value="true"]')`)
	anna.click(the(`#modal button[name="announcement"][value="true"]`))
	s.Eventually("recording", func() bool { return s.Call(id).Recording })
	anna.press(who, "d")
	anna.until(`document.activeElement?.matches("output.tones")`)
	anna.keys("8", "6")
	s.Eventually("tones", func() bool { return strings.Join(s.Call(id).Tones, "") == "86" })
	anna.keys(kb.Escape)
	s.Elapse(2) // until the tones are in the recording
	anna.press(who, "h")
	s.Eventually("on hold", func() bool { return s.Call(id).Hold })
	anna.until(`%s?.dataset.state === "held"`, row(who))
}

// storyConsults finds a colleague by the first letters of the name and starts
// an attended transfer.
func storyConsults(t *testing.T, s *harness.Stack, anna *tab, id, who string) {
	anna.press(who, "t")
	anna.until(`document.activeElement?.name === "phoneNumber"`)
	anna.keys("j", "o", "n")
	anna.until(`document.querySelector('#modal [aria-selected="true"]')?.innerText.includes("Jonas")`)
	anna.keys(kb.Tab)
	anna.until(`document.querySelector("#modal .keeps")?.innerText.includes("Jonas")`)
	anna.click(the(`#modal button[name=attended][value=true]`))
	s.Eventually("the colleague is asked", func() bool { return len(s.Call(id).Transfers) == 1 })
	if sent := s.Call(id).Transfers[0]; !sent.Attended || sent.To != "+492214710111" {
		t.Errorf("asked with %+v", sent)
	}
	s.Eventually("the colleague has the call", func() bool {
		return s.Call(s.Call(id).Transfers[0].CallID).Phase == "established" && s.Call(id).Phase == "ended"
	})
}

// storyHears finds the recording, plays it in the page, and checks its tones.
func storyHears(t *testing.T, anna *tab, who string) {
	anna.do(chromedp.Navigate(anna.s.URL + "/history"))
	audio := fmt.Sprintf(`[...document.querySelectorAll("#history-list .row")].find(r => r.innerText.includes(%q) && r.querySelector("audio"))?.querySelector("audio")`, who)
	anna.until(`!!%s`, audio)
	anna.keys(kb.Tab) // only who has done something hears something
	if why := eval[string](anna, audio+`.play().then(() => "", e => String(e))`); why != "" {
		t.Fatal(why)
	}
	anna.until(`%s.currentTime > 1`, audio)
	samples, err := announcement.TelephoneSamples(anna.fetch(eval[string](anna, audio+`.getAttribute("src")`)))
	if err != nil {
		t.Fatal(err)
	}
	if got := keypadDigits(samples); got != "86" {
		t.Errorf("in the recording of %.1f s the tones %q are heard, want 86", float64(len(samples))/8000, got)
	}
}

// storyCallsBack calls the caller from the history.
func storyCallsBack(t *testing.T, s *harness.Stack, anna *tab, number, who string) {
	anna.run(`[...%s.querySelectorAll("a[data-dialog]")].find(a => a.href.includes("/calls/new")).click()`, historyRow(who))
	anna.until(`document.querySelector("#modal[open] input[name=callee]")?.value.includes("555600")`)
	anna.run(`document.querySelector("#modal form[action='/calls'] .ends .primary").click()`)
	var calls []harness.Call
	s.Eventually("the caller is called back", func() bool {
		s.Control("GET", "calls", nil, &calls)
		last := calls[len(calls)-1]
		return last.Phase == "established" && len(last.Parties) == 2 && "+"+last.Parties[1].PhoneNumber == number ||
			last.Phase == "established" && len(last.Parties) == 2 && last.Parties[1].PhoneNumber == number
	})
	anna.do(chromedp.Navigate(s.URL + "/"))
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	if n := eval[int](anna, `document.querySelectorAll("#board .row:not([data-state=ended])").length`); n != 1 {
		t.Errorf("%d rows for one call", n)
	}
}
