package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys presses keys one after the other, wherever the focus is.
func (p *tab) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.key(k)
	}
}

// key presses one key. A browser sends a character after the key is down unless
// the page has used the key; chromedp always sends it, and it would land in the
// field of a dialog that the key has opened. So key sends a character only
// where text can be entered.
func (p *tab) key(k string) {
	p.t.Helper()
	writes := eval[bool](p, `document.activeElement.matches("input, textarea, select")`)
	for _, event := range kb.Encode([]rune(k)[0]) {
		if event.Type == kb.KeyChar && !writes && k != kb.Enter && k != " " {
			continue
		}
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, *event); err != nil {
			p.t.Fatal(err)
		}
	}
}

// tabTo presses Tab until condition holds for the element with the focus, e.
func (p *tab) tabTo(condition string, args ...any) {
	p.t.Helper()
	meant := "(e => " + fmt.Sprintf(condition, args...) + ")(document.activeElement)"
	for range 60 {
		p.keys(kb.Tab)
		if !eval[bool](p, "document.activeElement.matches(':focus-visible, dialog, audio, iframe') || document.activeElement === document.body") {
			p.t.Errorf("the focus is not to be seen on %s", eval[string](p, "document.activeElement.outerHTML.slice(0, 160)"))
		}
		if eval[bool](p, "Boolean("+meant+")") {
			return
		}
	}
	p.screenshot("failure")
	p.t.Fatalf("the tabulator never comes to %s\n%s", condition, p.text())
}

// A member controls calls with the keyboard alone.
func TestBrowserKeyboard(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	file := filepath.Join(t.TempDir(), "Opening hours.wav")
	if err := os.WriteFile(file, harness.ToneWAV(announceHz, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	anna := newBrowser(t, s).newTab(t)

	anna.do(chromedp.Navigate(s.URL + "/"))
	anna.tabTo(`e.closest("form[action^='/login']") && e.matches("button")`)
	anna.keys(kb.Enter)
	anna.until(`[...document.querySelectorAll("button")].some(b => b.innerText.includes("Anna"))`)
	anna.tabTo(`e.innerText.includes("Anna")`)
	anna.keys(kb.Enter)
	anna.until(`document.querySelector("#status")?.dataset.state === "live"`)

	// The file chooser is the browser's own, and the only thing that is not a key here.
	anna.tabTo(`e.getAttribute("href") === "/announcements"`)
	anna.keys(kb.Enter)
	anna.until(`document.readyState === "complete" && !!document.querySelector("form[data-upload] input[type=file]")`)
	anna.tabTo(`e.closest("form[data-upload]") && e.matches("input[type=file]")`)
	anna.do(chromedp.SetUploadFiles(`form[data-upload] input[type=file]`, []string{file}))
	anna.until(`document.querySelector(".card.sound")?.innerText.includes("Opening hours")`)
	anna.do(chromedp.Navigate(s.URL + "/"))
	anna.until(`document.querySelector("#status")?.dataset.state === "live"`)

	keysOnACall(t, s, anna)
	keysForANewCall(t, s, anna)
	keysElsewhere(t, anna)
}

// keysOnACall does everything with a call.
func keysOnACall(t *testing.T, s *harness.Stack, anna *tab) {
	const who = "+49 30 555401"
	id := s.Ring("+4930555401", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	pressed := func(key, state string) {
		t.Helper()
		anna.until(`%s.querySelector('.act.%s')?.getAttribute("aria-pressed") === "%s"`, row(who), buttons[key], state)
	}
	onRow := func(after string) {
		t.Helper()
		anna.until(`!document.querySelector("dialog[open]")`)
		if !eval[bool](anna, `!!document.activeElement.closest("#board .row")`) {
			t.Errorf("after %s the focus is on %s", after, eval[string](anna, "document.activeElement.outerHTML.slice(0, 160)"))
		}
	}

	anna.keys("j", "h")
	s.Eventually("on hold", func() bool { return s.Call(id).Hold })
	pressed("h", "true")
	onRow("hold")
	anna.keys("h")
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	anna.keys("m")
	s.Eventually("muted", func() bool { return s.Call(id).Muted })
	pressed("m", "true")
	anna.keys("m")
	s.Eventually("audible", func() bool { return !s.Call(id).Muted })

	anna.keys("d")
	anna.until(`document.activeElement?.matches("output.tones")`)
	anna.keys("4", "2", "#")
	s.Eventually("tones", func() bool { return strings.Join(s.Call(id).Tones, "") == "42#" })
	anna.until(`document.querySelector("output.tones").innerText === "42#" && !document.querySelector("output.tones [data-state]:not([data-state=sent])")`)
	anna.keys(kb.Escape)
	anna.until(`!document.querySelector("dialog[open]")`)
	onRow("the keypad")

	anna.keys("r")
	anna.until(`!!document.querySelector("#modal[open] #dialog")`)
	anna.tabTo(`e.name === "announcement" && e.value === "true"`)
	anna.keys(kb.Enter)
	s.Eventually("recording", func() bool { return s.Call(id).Recording })
	pressed("r", "true")
	onRow("recording")

	anna.keys("a")
	anna.until(`!!document.querySelector("#modal[open] #dialog")`)
	anna.tabTo(`e.name === "announcement"`)
	anna.keys(kb.Enter)
	s.Eventually("announcement", func() bool { a := s.Call(id).Announcements; return len(a) == 1 && a[0].Accepted })
	anna.until(`!document.querySelector("dialog[open]")`)
	onRow("an announcement")

	anna.keys("x")
	anna.until(`!!%s?.querySelector("form.undo")`, row(who))
	anna.keys("u")
	anna.until(`!%s?.querySelector("form.undo")`, row(who))
	keysTransfer(s, anna, id)
}

// keysTransfer transfers the call whose row has the focus, and hangs up the new
// one.
func keysTransfer(s *harness.Stack, anna *tab, id string) {
	anna.keys("t")
	anna.until(`document.activeElement?.name === "phoneNumber"`)
	anna.keys("+", "4", "9", "3", "0", "6", "6", "6", "4", "0", "1")
	anna.tabTo(`e.name === "attended" && e.value === "false"`)
	anna.keys(kb.Enter)
	s.Eventually("transferred", func() bool {
		sent := s.Call(id).Transfers
		return len(sent) == 1 && sent[0].To == "+4930666401" && s.Call(sent[0].CallID).Phase == "established"
	})
	next := s.Call(id).Transfers[0].CallID
	anna.until(`document.activeElement?.closest("#board .row")?.dataset.state === "talking" && !document.activeElement.closest(".row").querySelector("[aria-busy]")`)
	anna.keys("x")
	s.Eventually("hung up", func() bool { return s.Call(next).Phase == "ended" })
}

func keysForANewCall(t *testing.T, s *harness.Stack, anna *tab) {
	anna.keys("n")
	anna.until(`document.activeElement?.name === "callee"`)
	anna.keys("0", "3", "0", "6", "6", "6", "4", "0", "2")
	anna.tabTo(`e.closest("form[action='/calls']") && e.matches("button.primary")`)
	anna.keys(kb.Enter)
	anna.until(`%s?.dataset.state === "talking" && !document.querySelector("dialog[open]")`, row("+49 30 666402"))
	if n := s.Requests("POST", "/v2/sessions/calls"); n != 1 {
		t.Errorf("%d requests for a call", n)
	}
}

// keysForTheUserMenu changes preferences, in the menu on the name and with the search
// field. Each counts at once, and stays.
func keysForTheUserMenu(t *testing.T, anna *tab) {
	anna.tabTo(`e.matches(".me > summary")`)
	anna.keys(kb.Enter)
	anna.until(`document.querySelector(".me").open && !!document.querySelector(".me .choice")`)
	anna.tabTo(`e.name === "theme" && e.value === "dark"`)
	anna.keys(kb.Enter)
	anna.until(`document.documentElement.dataset.theme === "dark" && document.activeElement.ariaPressed === "true" && document.querySelectorAll(".me [name=theme][aria-pressed=true]").length === 1`)
	anna.tabTo(`e.name === "density" && e.value === "compact"`)
	anna.keys(kb.Enter)
	anna.until(`document.querySelector("#live").hasAttribute("data-compact")`)
	anna.keys(kb.Escape)
	anna.until(`!document.querySelector(".me").open && document.activeElement.matches(".me > summary")`)
	anna.keys("/")
	anna.do(chromedp.KeyEvent("theme light"))
	anna.until(`document.querySelector("#search-list [aria-selected=true]")?.innerText.includes("Theme: light")`)
	anna.keys(kb.Enter)
	anna.until(`document.documentElement.dataset.theme === "light"`)
	anna.do(chromedp.Navigate(anna.s.URL + "/settings"))
	if saved := eval[string](anna, `["theme", "density"].map(n => document.querySelector("#display [name=" + n + "]").value).join()`); saved != "light,compact" {
		t.Errorf("saved: %s", saved)
	}
	// A language is that of the next moment.
	anna.run(`document.querySelector(".me > summary").click()`)
	anna.until(`!!document.querySelector(".me [name=lang][value=de]")`)
	anna.click(the(".me [name=lang][value=de]"))
	anna.until(`document.documentElement.lang === "de" && document.body.innerText.includes("Einstellungen")`)
	anna.run(`document.querySelector(".me > summary").click()`)
	anna.until(`!!document.querySelector(".me [name=lang][value=en]")`)
	anna.click(the(".me [name=lang][value=en]"))
	anna.until(`document.documentElement.lang === "en"`)
	anna.do(chromedp.Navigate(anna.s.URL + "/"))
	anna.until(`document.querySelector("#status")?.dataset.state === "live"`)
}

func keysElsewhere(t *testing.T, anna *tab) {
	anna.keys("?")
	anna.until(`document.querySelector("#modal").open && document.querySelector("#modal .keys")?.innerText.includes("Hang up")`)
	anna.keys(kb.Escape)
	anna.until(`!document.querySelector("#modal").open`)

	keysForTheUserMenu(t, anna)

	anna.do(chromedp.Navigate(anna.s.URL + "/"))
	anna.tabTo(`e.matches(".skip")`)
	anna.keys(kb.Enter)
	if !eval[bool](anna, `document.activeElement.id === "main" || location.hash === "#main"`) {
		t.Error("the skip link does not skip")
	}
	anna.do(chromedp.Navigate(anna.s.URL + "/"))
	anna.tabTo(`e.getAttribute("href") === "/history"`)
	anna.keys(kb.Enter)
	anna.until(`location.pathname === "/history" && document.body.innerText.includes("+49 30 555401")`)
}
