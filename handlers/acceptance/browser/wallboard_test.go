package browser

import (
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/views"

	"github.com/chromedp/chromedp"
)

// wallCanary is the part of a number that no wallboard may show.
const wallCanary = "55543"

const wallShown = "+49 30 •••• 21"

// An admin creates a wallboard, which is shown without a sign-in: calls ring,
// talk and wait on it, with masked numbers. It reconnects after a restart, and
// goes dark when its link is withdrawn.
func TestBrowserWallboard(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	anna, screen := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	anna.do(chromedp.Navigate(s.URL + "/walls"))
	anna.do(chromedp.SendKeys(`input[name=name]`, "Kitchen"))
	anna.click(the(`form[action="/walls"] button`))
	anna.until(`!!document.querySelector("#wall-link")`)
	link := eval[string](anna, `document.querySelector("#wall-link").value`)

	screen.do(chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(link))
	screen.until(`document.querySelector("h1").textContent === "Kitchen" && /No calls/.test(document.querySelector("main").innerText)`)
	const first = `document.querySelector(".calls li")`
	id := s.Ring("+4930"+wallCanary+"21", "w0", "ringing")
	screen.until(first + `?.dataset.state === "ringing"`)
	for _, want := range []string{wallShown, "Anna", "Ringing"} {
		if text := eval[string](screen, first+".innerText"); !strings.Contains(text, want) {
			t.Errorf("the wall does not tell %q: %s", want, text)
		}
	}
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	screen.until(first + `?.dataset.state === "talking"`)
	s.API("w0", "PUT", "calls/"+id+"/hold", map[string]any{"value": true})
	anna.do(chromedp.Navigate(s.URL + "/"))
	anna.press("+49 30 "+wallCanary+"21", "h")
	screen.until(first + `?.dataset.state === "held"`)
	screen.until(`/^\d+:\d\d$/.test(document.querySelector(".calls time").textContent)`)
	screen.screenshot("wall-live")

	s.Stop()
	screen.until(`document.querySelector("#wall").hasAttribute("data-off") && /connection lost/.test(document.querySelector(".stale").innerText)`)
	screen.screenshot("wall-cut")
	s.Start()
	screen.until(`!document.querySelector("#wall").hasAttribute("data-off") && !!` + first)
	page := eval[string](screen, "document.documentElement.outerHTML")
	if strings.Contains(page, wallCanary) || strings.Contains(page, "Bergmann") || eval[string](screen, "document.cookie") != "" {
		t.Errorf("the wallboard reveals too much:\n%s", page)
	}

	anna.do(chromedp.Navigate(s.URL + "/walls"))
	anna.until(`/open on one screen/.test(document.body.innerText)`)
	anna.run(`const f = document.querySelector('form[action$="/revoke"]'); f.dataset.sure = "1"; f.requestSubmit()`)
	screen.until(`!document.querySelector("#revoked").hidden && document.querySelector("#wall").hidden`)
	screen.screenshot("wall-gone")
	if text := eval[string](screen, "document.body.innerText"); !strings.Contains(text, "revoked") || strings.Contains(text, "+49") {
		t.Errorf("the link was withdrawn, and the screen shows %q", text)
	}
	screen.do(chromedp.Navigate(link))
	screen.until(`/link is not valid/.test(document.body.innerText)`)
	anna.do(chromedp.Navigate(s.URL + "/audit"))
	if audit := eval[string](anna, "document.body.innerText"); strings.Count(audit, "Kitchen") < 2 || !strings.Contains(audit, "Wallboards") {
		t.Errorf("the audit does not tell of the link:\n%s", audit)
	}
}

// wallboardOverflow is how many calls a wallboard shows in how many columns, and what
// is not inside of its row, or of the room above the figures.
const wallboardOverflow = `(() => {
	const rows = [...document.querySelectorAll(".calls li")], found = [], today = document.querySelector(".today").getBoundingClientRect();
	for (const row of rows) {
		const box = row.getBoundingClientRect(), r = document.createRange();
		for (const e of row.querySelectorAll("h2 > span:not(.vh), .state span, .us, time, .late")) {
			if (!e.checkVisibility()) continue;
			r.selectNodeContents(e);
			const b = r.getBoundingClientRect();
			if (b.bottom > box.bottom + .5 || b.top < box.top - .5) found.push(e.innerText + " by " + Math.max(b.bottom - box.bottom, box.top - b.top).toFixed(1));
			if (/^[+0-9 •]+$/.test(e.innerText) && e.scrollWidth > e.clientWidth + 1) found.push(e.innerText + " is cut off");
		}
		if (box.bottom > today.top) found.push("a row over the figures");
	}
	if (document.querySelector(".more")?.getBoundingClientRect().bottom > today.top) found.push("the number of others over the figures");
	return rows.length + " in " + new Set(rows.map(row => row.getBoundingClientRect().left)).size + ": " + found.join(", ");
})()`

// Twelve calls and more fit on a screen of any usual size in two columns: the
// lines of each row stay inside it, and nothing covers the figures, also below the
// notice that the wallboard is not current.
func TestBrowserWallboardFits(t *testing.T) {
	t.Parallel()
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newStillTab(t)
	for _, lang := range []views.Lang{views.German, views.English} {
		// Without its script, which would find no feed.
		p.do(chromedp.Navigate(s.URL + "/healthz"))
		eval[bool](p, `fetch("/gallery/wall-names?lang=`+string(lang)+`").then(r => r.text()).then(html => {
			const page = new DOMParser().parseFromString(html, "text/html");
			for (const script of page.querySelectorAll("script")) script.remove();
			document.documentElement.replaceWith(document.adoptNode(page.documentElement));
			return true;
		})`)
		p.until(`getComputedStyle(document.querySelector(".calls[data-many]")).display === "grid"`)
		for _, size := range [][2]int64{{1920, 1080}, {1280, 720}, {1920, 1200}, {3840, 2160}} {
			p.do(chromedp.EmulateViewport(size[0], size[1]))
			for _, hidden := range []bool{true, false} {
				p.run(`document.querySelector(".stale").hidden = %v; document.querySelector(".stale").textContent ||= "!"`, hidden)
				if what := eval[string](p, wallboardOverflow); what != "12 in 2: " {
					t.Errorf("%s, %d×%d, notice %v: %s", lang, size[0], size[1], !hidden, what)
				}
			}
		}
		// The fewer calls there are, the larger they are.
		p.run(`document.querySelector(".calls").removeAttribute("data-many"); document.querySelector(".more").remove()`)
		larger := 0.0
		for _, n := range []int{6, 4, 2, 1} {
			p.run(`[...document.querySelectorAll(".calls li")].slice(%d).forEach(row => row.remove())`, n)
			for _, size := range [][2]int64{{1280, 720}, {3840, 2160}, {1920, 1080}} {
				p.do(chromedp.EmulateViewport(size[0], size[1]))
				for _, hidden := range []bool{false, true} {
					p.run(`document.querySelector(".stale").hidden = %v`, hidden)
					if what := eval[string](p, wallboardOverflow); what != fmt.Sprintf("%d in 1: ", n) {
						t.Errorf("%s, %d×%d, notice %v: %s", lang, size[0], size[1], !hidden, what)
					}
				}
			}
			p.screenshot(fmt.Sprint("wall-few-", n))
			if got := eval[float64](p, `parseFloat(getComputedStyle(document.querySelector(".calls h2")).fontSize)`); got < larger || n < 6 && got < 70 {
				t.Errorf("%d calls are %.0f px high, more are %.0f px", n, got, larger)
			} else {
				larger = got
			}
		}
	}
}
