package browser

import (
	"fmt"
	"slices"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What is done within a call takes as few clicks as it can, and what became of it
// is said in one place that is never in the way.
func TestBrowserJobsWithinACall(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")
	const who = "+49 30 555810"
	id := s.Ring("+4930555810", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	act := func(name string) string { return `#board .row[data-state] .act.` + name }
	t.Run("record", func(t *testing.T) { testRecordsAgain(t, s, anna, id, act) })
	t.Run("keypad", func(t *testing.T) { testKeypad(s, anna, id, act) })
	t.Run("favourite", func(t *testing.T) { testFavourite(t, s, anna, id, act) })
	t.Run("problems", func(t *testing.T) { testProblems(t, s, anna, id, who, act) })
}

// testFavourite marks an announcement, and plays it in the call with two clicks, or
// with two keys.
func testFavourite(t *testing.T, s *harness.Stack, anna *tab, id string, act func(string) string) {
	v := s.SignIn(t, 0)
	v.Upload("Closed today.wav", harness.Steady(500, 1))
	v.Upload("Open until six.wav", harness.Steady(700, 1))
	anna.do(chromedp.Navigate(s.URL + "/announcements"))
	star := soundCard("Open until six") + `.querySelector(".favourite button")`
	anna.run(`%s.focus()`, star)
	anna.keys(kb.Enter)
	anna.until(`%s.ariaPressed === "true" && document.activeElement === %[1]s`, star)
	anna.do(chromedp.Navigate(s.URL + "/"))
	played := func(n int) {
		t.Helper()
		s.Eventually("played", func() bool { return len(s.Call(id).Announcements) == n })
		anna.until(`!document.querySelector("#modal").open`)
	}
	const tile = `[...document.querySelectorAll("#modal[open] .tile")].find(b => b.innerText.includes("Open until six"))`
	h := &hand{tab: anna}
	h.click(the(act("announce")))
	h.click(tile)
	played(1)
	h.done("play a favourite", 2, 0)
	anna.run(`document.querySelector("#board .row[data-state]").focus()`)
	h.press("a")
	anna.until(`document.activeElement === ` + tile)
	anna.screenshot("announce-favourite")
	h.press(kb.Enter)
	played(2)
	h.done("play a favourite by keys", 0, 2)
}

// testRecordsAgain records twice: the first time the member reads about consent
// and chooses, the second time one click does it.
func testRecordsAgain(t *testing.T, s *harness.Stack, anna *tab, id string, act func(string) string) {
	const consent = `/must agree/.test(document.querySelector("#modal").innerText)`
	stop := func() {
		anna.until(`!!document.querySelector(%q)`, act("record[aria-pressed=true]"))
		anna.click(the(act("record")))
		s.Eventually("not recorded", func() bool { return !s.Call(id).Recording })
		anna.until(`!!document.querySelector(%q)`, "a"+act("record")[len("#board .row[data-state] "):])
	}
	anna.click(the(act("record")))
	anna.until(`document.querySelector("#modal").open && ` + consent)
	anna.screenshot("record")
	anna.click(the(`#modal button[name="announcement"][value="true"]`))
	s.Eventually("recording", func() bool { return s.Call(id).Recording })
	stop()

	anna.until(`document.querySelector("#preferences").dataset.record === "spoken"`)
	h := &hand{tab: anna}
	h.click(the(act("record")))
	s.Eventually("recording again", func() bool { return s.Call(id).Recording })
	h.done("record", 1, 0)
	if eval[bool](anna, `document.querySelector("#modal").open`) {
		t.Error("the dialog is open")
	}
	stop()

	anna.click(the(act("how")))
	anna.until(`document.querySelector("#modal").open`)
	if eval[bool](anna, consent) {
		t.Error("the text on consent is shown twice")
	}
	anna.click(the(`#modal .ends [data-close]`))
	anna.until(`!document.querySelector("#modal").open`)
}

// testKeypad sends one tone with two clicks, and several that are typed quickly in
// one request.
func testKeypad(s *harness.Stack, anna *tab, id string, act func(string) string) {
	h := &hand{tab: anna}
	h.click(the(act("keypad")))
	h.click(the(`#modal [data-tone-key="1"]`))
	s.Eventually("a tone", func() bool { return slices.Equal(s.Call(id).Tones, []string{"1"}) })
	h.done("keypad", 2, 0)
	anna.run(`for (const key of "23#") document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}))`)
	s.Eventually("tones", func() bool { return slices.Equal(s.Call(id).Tones, []string{"1", "23#"}) })
	anna.until(`[...document.querySelectorAll("output.tones [data-state=sent]")].map(e => e.textContent).join("") === "123#"`)
	anna.screenshot("keypad")
	anna.keys(kb.Escape)
	anna.until(`!document.querySelector("#modal").open`)
}

// covers lists what a problem or a notice covers: buttons of rows and the team.
const covers = `[...document.querySelectorAll("#board .act, #team li > *, #team summary")].filter(e => e.offsetParent).filter(e => {
	const {left, right, top, bottom} = e.getBoundingClientRect();
	return [".problems > :not([hidden])", "#notices > *"].flatMap(s => [...document.querySelectorAll(s)]).map(o => o.getBoundingClientRect()).some(o => o.left < right && o.right > left && o.top < bottom && o.bottom > top);
}).map(e => e.className + " " + e.textContent).join()`

// testProblems cuts the network, and loses the answer to an action.
func testProblems(t *testing.T, s *harness.Stack, anna *tab, id, who string, act func(string) string) {
	anna.run("%s", watchShifts)
	for _, width := range []int64{360, 768, 1280} {
		anna.do(chromedp.EmulateViewport(width, 740))
		eval[int](anna, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(window.shifts.length = 0)))))`)
		anna.offline(true)
		anna.until(`!document.querySelector("#connection").hidden`)
		if n := eval[int](anna, `document.querySelectorAll(".problems > :not([hidden])").length`); n != 1 {
			t.Errorf("%d problems are shown at %d", n, width)
		}
		if got := eval[string](anna, covers); got != "" {
			t.Errorf("at %d the problem covers %s", width, got)
		}
		if !eval[bool](anna, `(e => e.scrollWidth <= e.clientWidth && document.elementFromPoint(e.getBoundingClientRect().left + 9, e.getBoundingClientRect().top + 9)?.closest("#connection") === e)(document.querySelector("#connection"))`) {
			t.Errorf("at %d the problem is not to be seen", width)
		}
		anna.screenshot(fmt.Sprint("problem-", width))
		anna.offline(false)
		anna.until(`document.querySelector("#connection").hidden`)
		noShifts(t, fmt.Sprint(width), anna)
	}
	anna.offline(true)
	anna.until(`!document.querySelector("#connection").hidden`)
	anna.run(`document.querySelector(%q).click()`, act("hold"))
	anna.until(`document.querySelector("#notices").innerText.includes("Hold of %s not sent: you are offline.")`, who)
	if got := eval[string](anna, covers); got != "" {
		t.Errorf("the notice covers %s", got)
	}
	anna.offline(false)
	anna.until(`document.querySelector("#connection").hidden`)

	anna.run(`const real = fetch;
		window.fetch = async (...args) => {
			const answer = await real(...args);
			if (!String(args[0]).endsWith("/hold")) return answer;
			return new Response('<div class="notice" data-error="outcome_unknown"><p>sipgate did not answer in time.</p></div>', {status: 502, headers: {"Callboard-Answer": "outcome_unknown"}});
		}`)
	anna.run(`new MutationObserver(() => { window.tones = [...document.querySelectorAll("#notices > [data-tone]")].map(e => e.dataset.tone + " " + e.querySelector("p").textContent); }).observe(document.querySelector("#notices"), {subtree: true, childList: true, attributes: true})`)
	anna.run(`document.querySelector(%q).click()`, act("hold"))
	s.Eventually("on hold", func() bool { return s.Call(id).Hold })
	anna.until(`window.tones?.includes("good Hold of %s worked.")`, who)
	if n := eval[int](anna, `window.tones.length`); n != 1 {
		t.Errorf("%d notices about one action", n)
	}
}
