package browser

import (
	"fmt"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// Calls that ring or wait for too long turn amber and red by themselves, with a
// word, and nothing moves when they do. Who holds a call is reminded by a sound, in
// one tab, and not in quiet hours. A page that is opened later shows the same.
func TestBrowserCallsThatAreLate(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	one := b.newTab(t).withAudioStub()
	one.signIn("Anna")
	two := one.secondTab().withAudioStub()
	two.do(chromedp.Navigate(s.URL + "/"))
	two.until(`document.querySelector("#status").dataset.state === "live"`)
	l := &listener{s, one, two}
	one.choose("ringing", ringSettings)
	if !eval[bool](one, `fetch("/team/alarms", {method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams("ringing_amber=1&ringing_red=2&held_amber=2&held_red=0&talking_amber=0&talking_red=0")}).then(r => r.ok)`) {
		t.Fatal("the limits are not saved")
	}
	for _, p := range l.tabs() {
		p.until(`document.querySelector("#alarms").dataset.held === "2 0" && document.querySelector("#preferences").dataset.volume === "80"`)
	}
	hold := func(from string) (row string) {
		s.Ring(from, "w0", "established")
		row = eval[string](one, fmt.Sprintf(`new Promise(found => setInterval(() => { const r = [...document.querySelectorAll("#board .row")].find(r => r.textContent.includes(%q)); if (r) found("#" + r.id) }, 20))`, from[len(from)-4:]))
		l.reset()
		one.run(`document.querySelector("%s .act.hold").click()`, row)
		one.until(`document.querySelector("%s").dataset.alarm === "amber"`, row)
		return row
	}
	row := hold("+493055516001")
	two.until(`document.querySelector("%s").dataset.alarm === "amber"`, row)
	if first, second := l.strokes(); first+second != 4 || first*second != 0 {
		t.Errorf("a held call reminds by %d and %d strokes, want 4 in one tab", first, second)
	}
	if text := eval[string](one, `document.querySelector("#announcer").textContent`); text != "+49 30 55516001 has been waiting for 0:02" {
		t.Errorf("a screen reader hears %q", text)
	}
	if late := eval[string](one, fmt.Sprintf(`fetch("/").then(r => r.text()).then(html => new DOMParser().parseFromString(html, "text/html").querySelector("%s").dataset.alarmText)`, row)); late != "long" {
		t.Errorf("a page that is opened now says %q", late)
	}
	one.choose("ringing", ringSettings+"&quiet=true")
	for _, p := range l.tabs() {
		p.until(`!!document.querySelector("#preferences").dataset.quiet`)
		p.run(`audioStub.now = new Date("2026-11-23T23:30:00").getTime()`)
	}
	hold("+493055516002")
	if first, second := l.strokes(); first+second != 0 {
		t.Errorf("in quiet hours a held call reminds by %d strokes", first+second)
	}
	s.Ring("+493055516003", "w1", "ringing")
	one.until(`document.querySelector("#board .row[data-rings]")?.dataset.alarm === "red"`)
	for _, width := range []int64{360, 800, 1280} {
		one.do(chromedp.EmulateViewport(width, 800))
		for _, compact := range []string{"true", "false"} {
			if moved := eval[string](one, `(() => {
				document.querySelector("#live").toggleAttribute("data-compact", `+compact+`);
				const all = () => [...document.querySelectorAll("#board .row, #board .row *:not(.timer)")].map(e => { const r = e.getBoundingClientRect(); return [e.className, r.x, r.y, r.width, r.height].join(" ") });
				const rows = [...document.querySelectorAll("#board .row[data-alarm]")], marked = all(), levels = rows.map(r => r.dataset.alarm);
				for (const r of rows) delete r.dataset.alarm;
				const plain = all();
				rows.forEach((r, i) => { r.dataset.alarm = levels[i] });
				return rows.length === 3 ? plain.filter((e, i) => e !== marked[i]).join("; ") : "rows: " + rows.length;
			})()`); moved != "" {
				t.Errorf("at %d px, compact %s: an alarm moves %s", width, compact, moved)
			}
		}
	}
	// The page of one call shows the same, at once and by itself.
	address := s.URL + eval[string](one, `"/calls/" + document.querySelector("#board .row[data-rings]").id.slice(4)`)
	one.do(chromedp.Navigate(address))
	const shown = `(r => [r?.dataset.alarm, r?.dataset.alarmText, getComputedStyle(r, "::after").content.includes("too long")].join())(document.querySelector("#call .row"))`
	if got := eval[string](one, shown); got != "red,too long,true" {
		t.Errorf("the page of a call shows %q", got)
	}
	one.screenshot("call-alarm")
	s.Ring("+493055516004", "w0", "established")
	two.until(`[...document.querySelectorAll("#board .row")].some(r => r.textContent.includes("6004"))`)
	one.do(chromedp.Navigate(s.URL + eval[string](two, `"/calls/" + [...document.querySelectorAll("#board .row")].find(r => r.textContent.includes("6004")).id.slice(4)`)))
	one.run(`document.querySelector("#call .act.hold").click()`)
	one.until(`document.querySelector("#call .row").dataset.alarm === "amber"`)
}
