package browser

import (
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// From nine calls on, a row is one line, so that a laptop shows fifteen calls and
// a large screen twenty-one. Nothing of a row is cut off, and each button has a
// name although only its icon is shown.
func TestBrowserManyCallsAreInOneWindow(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	p := newWholeBrowser(t, s).newStillTab(t)
	p.signIn("Anna")
	p.run(`document.querySelectorAll(".bars aside").forEach(e => e.remove())`) // of the demo
	for i := range 8 {
		s.Ring(fmt.Sprintf("+493055512%02d", i), fmt.Sprintf("w%d", min(i, 1+i%2)), "established")
	}
	p.until(`document.querySelectorAll("#board .row").length === 8`)
	if eval[bool](p, `document.querySelector("#live").hasAttribute("data-compact")`) {
		t.Error("eight calls are compact")
	}
	// On a telephone they are, with the buttons of one's own call in its row. Those of
	// others are a tap away. All are as large as a thumb.
	p.do(chromedp.EmulateViewport(360, 740))
	if got := eval[int64](p, `[...document.querySelectorAll("#board .row")].filter(row => row.getBoundingClientRect().bottom <= document.querySelector(".menu").getBoundingClientRect().top).length`); got < 6 {
		t.Errorf("a telephone shows %d of 8 calls", got)
	}
	const small = `[...document.querySelectorAll("#board .act")].filter(b => b.offsetParent).map(b => b.getBoundingClientRect()).filter(r => r.width < 44 || r.height < 44).map(r => r.width + " by " + r.height).join()`
	const buttons = `[...document.querySelectorAll("#board .row")].map(row => [...row.querySelectorAll(".act")].filter(b => b.offsetParent).length).join("")`
	if got := eval[string](p, buttons); got != "70000000" {
		t.Errorf("the calls have %s buttons", got)
	}
	p.click(the("[data-section=active] .row .clock"))
	p.until(`%s === "77000000"`, buttons)
	if got := eval[string](p, small); got != "" {
		t.Errorf("buttons are %s", got)
	}
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, 2, 2), chromedp.EmulateViewport(1280, 800))
	p.run(`document.activeElement.blur(); scrollTo(0, 0)`) // a row in use keeps its height
	for i := range 22 {
		s.Ring(fmt.Sprintf("+493055513%02d", i), fmt.Sprintf("w%d", i%3), "established")
	}
	p.until(`document.querySelectorAll("#board .row").length === 30`)
	s.Ring("+493055514000", "w1", "ringing")
	p.run(`%s.querySelector(".act.hold").click()`, row("+49 30 5551201"))
	p.until(`document.querySelectorAll("#board .sec:not([hidden])").length === 4 && !document.querySelector("#ring-ask").hidden`)
	for _, w := range []struct{ width, height, rows int64 }{{1280, 800, 15}, {1920, 1080, 21}} {
		p.do(chromedp.EmulateViewport(w.width, w.height))
		if got := eval[int64](p, `[...document.querySelectorAll("#board .row")].map(row => row.getBoundingClientRect()).filter(r => r.top >= 0 && r.bottom <= innerHeight).length`); got < w.rows {
			t.Errorf("%d by %d: %d of 31 calls in the window, want %d; the first is at %v", w.width, w.height, got, w.rows,
				eval[[]float64](p, `[...document.querySelectorAll("#board .row")].slice(0, 2).map(row => row.getBoundingClientRect().top)`))
		}
		if cut := eval[string](p, `[...document.querySelectorAll("#board .row :is(h3, .us p, .timer)")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim()).join()`); cut != "" {
			t.Errorf("%d by %d: cut off: %s", w.width, w.height, cut)
		}
	}
	if got := eval[string](p, `[...document.querySelector("#board .row").querySelectorAll(".act")].map(b => b.textContent.trim()).join()`); got != "Hold,Mute,Transfer,Keypad,Announce,Record,Hang up" {
		t.Errorf("buttons are called %s", got)
	}
	p.run(`document.querySelector("#board .act").dispatchEvent(new PointerEvent("pointerover", {bubbles: true}))`)
	if title := eval[string](p, `document.querySelector("#board .act").title`); title != "Hold" {
		t.Errorf("the pointer on an icon shows %q", title)
	}
	for _, state := range []string{"disabled", "aria-disabled", "aria-busy"} {
		if !eval[bool](p, `(b => {
			const colour = () => getComputedStyle(b).backgroundColor, before = colour();
			b.setAttribute("`+state+`", "true");
			const after = colour();
			b.removeAttribute("`+state+`");
			return before !== after;
		})(document.querySelector("#board .row .hangup"))`) {
			t.Errorf("hanging up looks the same when it is %s", state)
		}
	}
	p.do(chromedp.EmulateViewport(1280, 800))
	eval[string](p, `fetch("/greetings", {method: "POST", body: new URLSearchParams({number: "+492214710110", text: "Example Ltd, head office, good morning, how can I help you today?"})}).then(a => a.url)`)
	s.Ring("+493055514001", "w0", "ringing")
	greeted := row("+49 30 55514001")
	p.until(`!!%s`, greeted)
	if got := eval[string](p, greeted+`.querySelector(".acts").innerText`); !strings.HasPrefix(got, "Example Ltd, head office") {
		t.Errorf("a call that rings has %q", got)
	}
	if got := eval[float64](p, greeted+`.offsetHeight - `+row("+49 30 5551200")+`.offsetHeight`); got != 0 {
		t.Errorf("a row with a greeting is %v px higher", got)
	}
	p.screenshot("greeting")
	p.run(`document.querySelectorAll("#board .row .hangup")[1].click()`)
	p.until(`!!document.querySelector("#board .undo .btn")`)
	if got := eval[string](p, `(() => { const b = document.querySelector("#board .undo .btn"), {left, right, top, bottom} = b.getBoundingClientRect(); return [left, right].map(x => document.elementFromPoint(x + (x === left ? 3 : -3), (top + bottom) / 2)).every(e => e === b) ? "" : "hidden" })()`); got != "" {
		t.Error("the button that takes a hang-up back is", got)
	}
}
