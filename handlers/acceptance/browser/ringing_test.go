package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	browserdomain "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// audioStub replaces audio, notifications and the clock of a page before its
// scripts run, and records what they play and show.
const audioStub = `
	window.audioStub = {strokes: 0, notes: [], permission: window.name || "granted", now: null};
	const node = () => ({frequency: {}, gain: {setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {}}, connect: to => to, start() { audioStub.strokes++ }, stop() {}});
	window.AudioContext = class { currentTime = 0; destination = {}; resume() {} createOscillator = node; createGain = () => ({...node(), start: undefined}) };
	window.Notification = class {
		static get permission() { return audioStub.permission }
		static async requestPermission() { return audioStub.permission = "granted" }
		constructor(title, options) {
			if (audioStub.throws) throw new TypeError("Illegal constructor"); // as on telephones
			audioStub.notes.push(title + " / " + options.body);
			audioStub.last = this;
		}
		close() { this.closed = true }
	};
	const {showNotification} = ServiceWorkerRegistration.prototype;
	ServiceWorkerRegistration.prototype.showNotification = async function (...of) { await showNotification.apply(this, of); audioStub.byWorker = true };
	document.hasFocus = () => false;
	const Real = Date;
	window.Date = class extends Real { constructor(...at) { if (at.length || !audioStub.now) super(...at); else super(audioStub.now) } };
`

// withAudioStub installs audioStub in a tab.
func (p *tab) withAudioStub() *tab {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
		_, err := cdp.Call(ctx, at, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: audioStub})
		return err
	}))
	return p
}

// secondTab opens another tab of the same member.
func (p *tab) secondTab() *tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
	return &tab{t: p.t, s: p.s, ctx: ctx}
}

// choose saves one section of the settings from the open page.
func (p *tab) choose(section, form string) {
	p.t.Helper()
	ok := eval[bool](p, fmt.Sprintf(`fetch("/settings/%s", {method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams(%q)}).then(r => r.ok)`, section, form))
	if !ok {
		p.t.Fatalf("%s: not saved: %s", section, form)
	}
}

// A listener is one member with two tabs in which calls ring.
type listener struct {
	s        *harness.Stack
	one, two *tab
}

func (l *listener) tabs() []*tab { return []*tab{l.one, l.two} }

// notes returns the notifications that were shown.
func (l *listener) notes() []string {
	return append(eval[[]string](l.one, "audioStub.notes"), eval[[]string](l.two, "audioStub.notes")...)
}

func (l *listener) strokes() (one, two int) {
	return eval[int](l.one, "audioStub.strokes"), eval[int](l.two, "audioStub.strokes")
}

// reset clears notes and strokes.
func (l *listener) reset() {
	for _, p := range l.tabs() {
		p.run(`audioStub.strokes = 0; audioStub.notes = []`)
	}
}

// rings waits until title and icon of both tabs show so many calls.
func (l *listener) rings(n string) {
	l.s.T.Helper()
	for _, p := range l.tabs() {
		p.until(`document.title.startsWith(%q) && document.querySelector("link[rel=icon]").href.includes("favicon-ringing") === %v`, n, n != "")
	}
}

// ringSettings enables sound and notifications, with quiet hours at night that
// are switched off.
const ringSettings = "sound=true&notify=true&volume=80&quiet_from=22:00&quiet_to=06:00&mon=true&tue=true&wed=true&thu=true&fri=true&sat=true&sun=true"

// With two tabs, calls ring and notify in one of them only, only for the
// member's calls, and not in quiet hours.
func TestBrowserRinging(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newWholeBrowser(t, s)
	one := b.newTab(t).withAudioStub()
	one.signIn("Anna")
	two := one.secondTab().withAudioStub()
	two.do(chromedp.Navigate(s.URL + "/"))
	two.until(`document.querySelector("#status").dataset.state === "live"`)
	l := &listener{s, one, two}
	one.choose("ringing", ringSettings)
	for _, p := range l.tabs() {
		p.until(`document.querySelector("#preferences").dataset.notify === "on"`)
	}
	theirs, leader := testRingsInOneTab(t, l)
	testTabTakesOver(t, l, theirs, leader)
	testRingsAfterQuietHours(t, l)
	testServiceWorkerNotifies(t, l)
	one.screenshot("ringing")
}

// testRingsInOneTab returns the call of a colleague that goes on ringing, and
// the tab that rings.
func testRingsInOneTab(t *testing.T, l *listener) (theirs string, leader *tab) {
	// A colleague's call is seen and rings nowhere; an own one in one tab.
	theirs = l.s.Ring("+4930555031", "w1", "ringing")
	for _, p := range l.tabs() {
		p.until(`%s?.dataset.state === "ringing"`, row("+49 30 555031"))
	}
	own := l.s.Ring("+4930555032", "w0", "ringing")
	l.rings("(1)")
	l.s.Eventually("one tab that sounds", func() bool { a, b := l.strokes(); return a+b >= 8 })
	if a, b := l.strokes(); (a == 0) == (b == 0) {
		t.Errorf("strokes in the tabs: %d and %d", a, b)
	}
	if got := l.notes(); len(got) != 1 || !strings.Contains(got[0], "+49 30 555032 / ") || !strings.Contains(got[0], "Anna") || strings.Contains(got[0], "{n}") {
		t.Errorf("notifications: %q", got)
	}
	// A click on it leads to the call; when it is answered, it is gone.
	leader = l.one
	if len(eval[[]string](l.two, "audioStub.notes")) > 0 {
		leader = l.two
	}
	leader.run(`audioStub.last.onclick()`)
	leader.until(`document.activeElement === %s`, row("+49 30 555032"))
	l.s.Control("POST", "calls/"+own+"/answer", map[string]any{"user": "w0"}, nil)
	l.rings("")
	if !eval[bool](leader, "audioStub.last.closed") {
		t.Error("the notification of an answered call stays")
	}
	return theirs, leader
}

func testTabTakesOver(t *testing.T, l *listener, theirs string, leader *tab) {
	// With the calls of all, the colleague's rings, too.
	l.reset()
	l.one.choose("ringing", ringSettings+"&rings_all=true")
	l.rings("(1)")
	l.s.Eventually("a notification", func() bool { return len(l.notes()) == 1 })
	if got := l.notes(); !strings.Contains(got[0], "+49 30 555031") {
		t.Errorf("notifications: %q", got)
	}
	// The tab that is used takes over, and is the only one.
	other := l.one
	if leader == l.one {
		other = l.two
	}
	other.run(`dispatchEvent(new Event("pointerdown"))`)
	other.until(`audioStub.notes.length === 1`)
	l.reset()
	third := l.s.Ring("+4930555033", "w0", "ringing")
	l.rings("(2)")
	other.until(`audioStub.notes.length === 1 && audioStub.strokes >= 8`)
	if got := eval[int](leader, "audioStub.strokes + audioStub.notes.length"); got != 0 {
		t.Errorf("the tab of before still rings: %d", got)
	}
	for _, id := range []string{theirs, third} {
		l.s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
	}
	l.rings("")
}

func testRingsAfterQuietHours(t *testing.T, l *listener) {
	// In quiet hours the call is in the title only; when they end, it rings.
	l.one.choose("ringing", ringSettings+"&quiet=true")
	for _, p := range l.tabs() {
		p.until(`document.querySelector("#preferences").dataset.quiet === "1320 360 127"`)
		p.run(`audioStub.now = Real(); audioStub.now = new Real(2026, 10, 25, 23, 30).getTime()`)
	}
	l.reset()
	l.s.Ring("+4930555034", "w0", "ringing")
	l.rings("(1)")
	for _, p := range l.tabs() { // twice the page's own look at what rings
		p.run(`audioStub.from = performance.now()`)
		p.until(`performance.now() - audioStub.from > 2100`)
	}
	if a, b := l.strokes(); a+b+len(l.notes()) != 0 {
		t.Errorf("in quiet hours: %d and %d strokes, %q", a, b, l.notes())
	}
	for _, p := range l.tabs() {
		p.run(`audioStub.now = new Real(2026, 10, 26, 6, 0).getTime()`)
	}
	l.s.Eventually("the end of the quiet hours", func() bool { a, b := l.strokes(); return a+b >= 8 && len(l.notes()) == 1 })
}

// Where pages may show no notifications, the service worker shows them. It serves
// no page.
func testServiceWorkerNotifies(t *testing.T, l *listener) {
	grant := browserdomain.SetPermissionParams{Permission: &browserdomain.PermissionDescriptor{Name: "notifications"}, Setting: browserdomain.PermissionSettingGranted,
		Origin: l.s.URL, BrowserContextID: chromedp.FromContext(l.one.ctx).BrowserContextID}
	if _, err := chromedp.CallBrowser(l.one.ctx, browserdomain.SetPermission, grant); err != nil {
		t.Fatal(err)
	}
	for _, p := range l.tabs() {
		p.run(`audioStub.throws = true`)
	}
	l.reset()
	id := l.s.Ring("+4930555035", "w0", "ringing")
	shown := func(want int) {
		t.Helper()
		l.one.until(`(navigator.serviceWorker.getRegistration("/static/").then(r => r?.getNotifications()).then(all => { window.shown = (all ?? []).filter(n => n.title.includes("+49 30 555035")).length }), window.shown === %d)`, want)
	}
	// Chromium forgets a notification whose registration is asked for it before the
	// notification is to be seen.
	l.s.Eventually("a notification of the service worker", func() bool {
		return eval[bool](l.one, "!!audioStub.byWorker") || eval[bool](l.two, "!!audioStub.byWorker")
	})
	shown(1)
	l.s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w0"}, nil)
	shown(0)
	if eval[bool](l.one, `!!navigator.serviceWorker.controller || navigator.serviceWorker.getRegistration("/").then(r => !!r)`) || len(l.notes()) != 0 {
		t.Error("the service worker stands between the pages and the server")
	}
}

// The board with own calls only says how many calls it hides, in all tabs, and
// keeps hiding them while they change.
func TestBrowserOwnCallsOnly(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	one := b.newTab(t)
	one.signIn("Anna")
	two := one.secondTab()
	two.do(chromedp.Navigate(s.URL + "/"))
	two.until(`document.querySelector("#status").dataset.state === "live"`)
	s.Ring("+4930555041", "w0", "established")
	theirs := s.Ring("+4930555042", "w1", "ringing")
	visible := func(p *tab, who string, want bool) {
		t.Helper()
		p.until(`!!%s && (%s.offsetParent !== null) === %v`, rowIn(who), rowIn(who), want)
	}
	visible(two, "+49 30 555041", true)
	visible(two, "+49 30 555042", true)
	one.click(the("#own-calls button"))
	for _, p := range []*tab{one, two} {
		visible(p, "+49 30 555042", false)
		visible(p, "+49 30 555041", true)
		p.until(`document.querySelector("#hidden-calls").offsetParent && /^1 (call|Anruf) /.test(document.querySelector("#hidden-calls").textContent)`)
		p.until(`document.querySelector("#own-calls button").getAttribute("aria-pressed") === "true"`)
	}
	one.screenshot("only-mine")
	s.Control("POST", "calls/"+theirs+"/answer", map[string]any{"user": "w1"}, nil)
	two.until(`%s?.dataset.state === "talking"`, rowIn("+49 30 555042"))
	visible(two, "+49 30 555042", false)
	// The keyboard goes to calls that are to be seen.
	one.run(`for (const key of "jj") document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}))`)
	one.until(`document.activeElement === %s`, rowIn("+49 30 555041"))
	s.Ring("+4930555043", "w1", "established")
	one.until(`/^2 /.test(document.querySelector("#hidden-calls").textContent)`)
	one.until(`document.querySelector('[data-section=own] .count').textContent === "1" && !document.querySelector("[data-section=active]").offsetParent`)
	two.do(chromedp.Reload())
	visible(two, "+49 30 555042", false)
	two.click(the("#own-calls button"))
	for _, p := range []*tab{one, two} {
		visible(p, "+49 30 555042", true)
		p.until(`document.querySelector("#hidden-calls").hidden && document.querySelector('[data-section=active] .count').textContent === "2"`)
	}
}

// rowIn is row for calls that may be hidden, which have no innerText.
func rowIn(who string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#board .row")].find(r => r.textContent.includes(%q))`, who)
}

// Preferences take effect at once: theme and language on open pages, single
// keys, and desktop notifications, for which permission is asked once.
func TestBrowserPreferences(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.PushEvents()
	b := newBrowser(t, s)
	board := b.newTab(t).withAudioStub()
	board.signIn("Anna")
	s.Ring("+4930555051", "w0", "established")
	board.until(`!!%s`, row("+49 30 555051"))
	key := func(k string) {
		board.run(`document.dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true}))`, k)
	}
	// Whose browser has been asked is not asked again.
	if eval[bool](board, `!document.querySelector("#ring-ask").hidden`) {
		t.Error("asked without a reason")
	}
	board.run(`window.name = "default"`)
	board.do(chromedp.Navigate(s.URL + "/"))
	board.until(`!!%s`, row("+49 30 555051"))
	board.until(`!document.querySelector("#ring-ask").hidden`)
	board.screenshot("ring-ask")
	board.click(the("#ring-ask [value=yes]"))
	board.until(`audioStub.permission === "granted" && document.querySelector("#ring-ask").hidden && document.querySelector("#preferences").dataset.notify === "on"`)
	key("j")
	board.until(`document.activeElement?.classList.contains("row")`)
	board.run(`document.activeElement.blur()`)

	settings := board.secondTab().withAudioStub()
	settings.do(chromedp.Navigate(s.URL + "/settings"))
	settings.click(the("[data-try]"))
	settings.until(`audioStub.strokes === 8`)
	// A change is saved at once, and its section says so.
	settings.run(`const theme = document.querySelector("#display [name=theme]"); theme.value = "dark"; theme.dispatchEvent(new Event("change", {bubbles: true})); document.querySelector("#display [name=keys]").click()`)
	settings.until(`document.documentElement.dataset.theme === "dark" && document.querySelector("#display .save-state").textContent === "Saved." && !document.querySelector("#display .ends").offsetParent`)
	board.until(`document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).colorScheme === "dark" && document.querySelector("#preferences").dataset.keys === "off"`)
	key("j")
	key("?")
	if eval[bool](board, `document.activeElement?.classList.contains("row") || document.querySelector("#modal").open`) {
		t.Error("a single key still does something")
	}
	// What cannot be saved stays as it was typed, with a word why.
	settings.run(`window.from = document.querySelector("#ringing [name=quiet_from]"); from.type = "text"; from.value = "25:61"; from.dispatchEvent(new Event("change", {bubbles: true}))`)
	settings.until(`document.querySelector("#ringing .save-state").dataset.ok === "false" && from.ariaInvalid === "true" && from.value === "25:61"`)
	settings.run(`const lang = document.querySelector("#display [name=lang]"); lang.value = "de"; lang.dispatchEvent(new Event("change", {bubbles: true}))`)
	settings.until(`document.documentElement.lang === "de"`)
	board.until(`document.documentElement.lang === "de" && document.querySelector("h1").textContent === "Laufende Anrufe"`)
	settings.screenshot("settings-de-dark")
	if got := eval[string](board, `fetch(document.querySelector("link[rel=manifest]").href).then(r => r.json()).then(m => m.lang)`); got != "de" {
		t.Errorf("the manifest is in %q", got)
	}
}
