package browser

import (
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// historyRow returns the expression of the history's entry with a number or
// name.
func historyRow(who string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#history-list .row")].find(r => r.innerText.includes(%q))`, who)
}

// A member uses the history: pages, recordings, changes, filters, and entries
// that appear by themselves.
func TestBrowserHistory(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.FillHistory(60)
	b := newBrowser(t, s)
	anna, jonas := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	jonas.signIn("Jonas")
	anna.do(chromedp.Navigate(s.URL + "/history"))
	anna.until(`document.querySelectorAll("#history-list .row").length === 25`)
	anna.screenshot("history")

	testHistoryPlayback(t, s, anna)
	testHistoryGrows(t, s, anna, jonas)
	testHistoryEntryUpdates(t, s, anna)
	testHistoryCallPage(t, s, anna)
	testHistoryFilters(t, s, anna)
}

// A recording is opened and played by one click, with its waveform: a click on that
// seeks, so do keys, and the speed is changed by another click.
func testHistoryPlayback(t *testing.T, s *harness.Stack, anna *tab) {
	const audio = `document.querySelector("#history-list .player audio")`
	anna.until(`!!%s`, audio)
	if height := eval[float64](anna, `document.querySelector("#history-list").offsetHeight`); height > 1250 {
		t.Errorf("25 entries at rest are %.0f px high", height)
	}
	anna.click(the(`#history-list .sounds > summary`))
	anna.until(`!%[1]s.paused && %[1]s.currentTime > 0`, audio)
	anna.until(`document.querySelectorAll("#history-list .track rect").length > 20`)
	anna.click(the(`#history-list .sounds .rate`))
	anna.until(`%s.playbackRate === 1.25`, audio)
	anna.click(the(`#history-list .sounds .track`)) // in its middle
	anna.until(`%[1]s.currentTime > %[1]s.duration * .45`, audio)
	anna.until(`document.querySelectorAll("#history-list .track rect[data-played]").length > 10`)
	anna.run(`document.querySelector("#history-list .track").focus()`)
	anna.keys(kb.Home)
	anna.until(`%[1]s.currentTime < %[1]s.duration * .4 && document.activeElement.getAttribute("aria-valuetext").startsWith("0:0")`, audio)
	anna.screenshot("history-playing")
}

// A call that ends appears at the top by itself for members who may see it;
// what plays goes on and stays in its place.
func testHistoryGrows(t *testing.T, s *harness.Stack, anna, jonas *tab) {
	const playing = `[...document.querySelectorAll("#history-list audio")].find(a => !a.paused)`
	jonas.do(chromedp.Navigate(s.URL + "/history"))
	jonas.until(`document.querySelectorAll("#history-list .row").length > 5`)
	began, at := eval[float64](anna, "performance.timeOrigin"), eval[float64](anna, playing+`.getBoundingClientRect().top`)
	before := s.Requests("GET", "/v2/history")

	id := s.Ring("+4930555011", "w0", "established")
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	anna.until(`%s?.matches(":first-child")`, historyRow("+49 30 555011"))
	for range 2 {
		id = s.Ring("+4930555012", "w1", "ringing")
		s.Control("POST", "calls/"+id+"/hangup", map[string]any{"cause": "cancel"}, nil)
	}
	jonas.until(`%s?.matches(":first-child")`, historyRow("+49 30 555012"))
	anna.until(`[...document.querySelectorAll("#history-list .row")].slice(0, 3).filter(r => r.innerText.includes("+49 30 555012")).length === 2`)
	if eval[bool](jonas, `!!`+historyRow("+49 30 555011")) {
		t.Error("a member sees a colleague's call")
	}
	if eval[float64](anna, "performance.timeOrigin") != began {
		t.Error("the page was reloaded")
	}
	if !eval[bool](anna, `!!`+playing) {
		t.Error("what played does not play any more")
	} else if now := eval[float64](anna, playing+`.getBoundingClientRect().top`); now-at > 2 || at-now > 2 {
		t.Errorf("what plays moved by %.0f pixels", now-at)
	}
	if n := s.Requests("GET", "/v2/history") - before; n > 14 {
		t.Errorf("%d requests for three calls and two pages", n)
	}
	anna.screenshot("history-news")
	testHistoryTransfer(t, s, anna)
}

// While a member talks, a bar says so, and an entry has one button to transfer the
// call there; both go when the call does.
func testHistoryTransfer(t *testing.T, s *harness.Stack, anna *tab) {
	running := s.Ring("+4930555014", "w0", "established")
	anna.until(`document.querySelector("#transfer-bar:not([hidden])")?.innerText.includes("+49 30 555014")`)
	pick := historyRow("+49 30 555011") + `.querySelector(".pick:not([hidden])")`
	anna.until(`%[1]s?.title.includes("+49 30 555014") && %[1]s.getAttribute("href").endsWith("/transfer?to=%%2B4930555011")`, pick)
	s.Control("POST", "calls/"+running+"/hangup", map[string]any{}, nil)
	anna.until(`document.querySelector("#transfer-bar").hidden && !document.querySelector(".pick:not([hidden])")`)
}

// Changes of an entry are shown as sipgate confirms them, and remain after a
// reload.
func testHistoryEntryUpdates(t *testing.T, s *harness.Stack, anna *tab) {
	who := historyRow("+49 30 555011")
	button := func(path string) string { return fmt.Sprintf(`%s.querySelector('form[action$=%q] button')`, who, path) }
	anna.run(`%s.querySelector("h3 a").focus()`, who)
	anna.run(`%s.querySelector(".entry-menu > summary").click()`, who)
	for _, path := range []string{"/star", "/read"} {
		was := eval[string](anna, button(path)+`.getAttribute("aria-pressed")`)
		anna.run(`%[1]s.focus(); %[1]s.click()`, button(path))
		anna.until(`%s.getAttribute("aria-pressed") !== %q`, button(path), was)
		if !eval[bool](anna, `document.activeElement === `+button(path)) {
			t.Errorf("%s: the focus is lost", path)
		}
	}
	anna.until(`!!%s.querySelector('.flag[data-tone="star"]')`, who)
	anna.run(`%s.querySelector(".noting summary").click()`, who)
	anna.run(`%s.querySelector(".noting textarea").value = "Offer <b>until</b> Friday\nand call back"`, who)
	anna.screenshot("history-noting")
	anna.run(`%s.querySelector(".noting form .btn").click()`, who)
	anna.until(`%s.querySelector(".note")?.textContent.includes("Offer <b>until</b> Friday")`, who)
	anna.until(`!%s.querySelector(".noting").open`, who)
	if body := s.LastBody("/v2/history/*"); s.Requests("PUT", "/v2/history/*") != 3 {
		t.Errorf("%d changes, the last thing asked for %s", s.Requests("PUT", "/v2/history/*"), body)
	}
	anna.do(chromedp.Navigate(s.URL + "/history?starred=true"))
	anna.until(`%s?.querySelector(".note")?.textContent.includes("call back")`, who)
}

// An entry leads to the page of its call, which shows the timeline and
// sipgate's entry, and to the next call.
func testHistoryCallPage(t *testing.T, s *harness.Stack, anna *tab) {
	who := historyRow("+49 30 555011")
	call := eval[string](anna, who+`.querySelector('a[href^="/calls/new"]').getAttribute("href")`)
	if call != "/calls/new?to=%2B4930555011" {
		t.Errorf("call back leads to %s", call)
	}
	anna.run(`%s.querySelector("h3 a").click()`, who)
	anna.until(`location.pathname.startsWith("/calls/")`)
	anna.until(`!!document.querySelector('.timeline [data-kind="answered"]') && document.querySelector(".history-entry .note")?.innerText.includes("Friday")`)
	anna.screenshot("history-call")
	running := s.Ring("+4930555013", "w0", "established")
	anna.s.Eventually("offer to transfer", func() bool {
		anna.do(chromedp.Reload())
		return eval[bool](anna, `!!document.querySelector('a[href*="/transfer?to=%2B4930555011"]')`)
	})
	anna.run(`document.querySelector('a[href*="/transfer?to="]').click()`)
	anna.until(`!!document.querySelector("#modal[open] input[name=phoneNumber]")`)
	s.Control("POST", "calls/"+running+"/hangup", map[string]any{}, nil)
}

// Filters narrow the list, and an empty list is explained.
func testHistoryFilters(t *testing.T, s *harness.Stack, anna *tab) {
	anna.do(chromedp.Navigate(s.URL + "/history"))
	// A filter is shown as soon as it is typed, stays in the address, and the caret
	// stays in the field.
	anna.do(chromedp.SendKeys(`.filters input[name=q]`, "friday"))
	anna.until(`document.querySelectorAll("#history-list .row").length === 1 && location.search === "?q=friday"`)
	anna.do(chromedp.SendKeys(`.filters input[name=q]`, " nothing of the kind"))
	anna.until(`!!document.querySelector(".empty")`)
	anna.screenshot("history-none")
	if !eval[bool](anna, `document.activeElement.matches("[name=q]") && document.activeElement.selectionStart === document.activeElement.value.length`) {
		t.Error("the caret left the field")
	}
	anna.do(chromedp.Navigate(s.URL + "/history?missed=true&direction=in"))
	anna.until(`[...document.querySelectorAll("#history-list .row")].every(r => "missed" in r.dataset)`)
	older := eval[string](anna, `document.querySelector('a[rel=next]')?.getAttribute("href") ?? ""`)
	if older != "" && !strings.Contains(older, "missed=true") {
		t.Errorf("the filter is lost on the next page: %s", older)
	}
}
