package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// canary is in all data of the first team that another team must not see.
const canary = "30777001"

// Three members of one account see the same calls and what the others do, act
// within their permissions, and everything is audited. A member of another
// account on the same instance sees nothing of it.
func TestBrowserTeam(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.Stop()
	s.Args = append(s.Args, "-accounts", "any")
	s.Start()
	s.PushEvents()
	stranger := s.SignInTo(t, 1, 0, "/")
	heard := stranger.Listen(t)
	b := newBrowser(t, s)
	anna, jonas, mira, katrin := b.newTab(t), b.newTab(t), b.newTab(t), b.newTab(t)
	katrin.signIn("Katrin")
	anna.signIn("Anna")
	jonas.signIn("Jonas")
	mira.signIn("Mira")

	anna.do(chromedp.Navigate(s.URL + "/team"))
	anna.run(`const f = document.querySelector('form[action="/team/w2/role"]'); f.elements.role.value = "viewer"; f.elements.role.dispatchEvent(new Event("change", {bubbles: true}))`)
	anna.until(`document.querySelector('form[action="/team/w2/role"] .save-state').textContent === "Saved."`)
	anna.do(chromedp.Navigate(s.URL + "/"))

	id := s.Ring("+49"+canary, "w1", "ringing")
	const who = "+49 30 777001"
	for _, p := range []*tab{anna, jonas, mira} {
		p.until(`%s?.dataset.state === "ringing"`, row(who))
	}
	s.Control("POST", "calls/"+id+"/answer", map[string]any{"user": "w1"}, nil)
	for _, p := range []*tab{anna, jonas, mira} {
		p.until(`%s?.dataset.state === "talking"`, row(who))
	}
	jonas.press(who, "h")
	for _, p := range []*tab{anna, jonas, mira} {
		p.until(`%s?.dataset.state === "held"`, row(who))
	}
	jonas.press(who, "h")
	jonas.until(`%s?.dataset.state === "talking"`, row(who))

	testViewer(t, s, mira, who)
	testClaims(t, s, anna, jonas, mira, id, who)
	testDeepLink(t, s, anna, jonas, id, who)
	testRemoval(t, s, anna, mira)

	for _, page := range []string{"/", "/history", "/announcements", "/team", "/audit", "/audit.csv", "/status", "/settings", "/calls/new"} {
		if status, text := stranger.Get(page); status != http.StatusOK || strings.Contains(text, canary) || strings.Contains(text, "30 777") || strings.Contains(text, "Jonas") {
			t.Errorf("%s of another team: %d %.300s", page, status, text)
		}
	}
	if page := eval[string](katrin, "document.documentElement.outerHTML"); !strings.Contains(page, `id="board"`) || strings.Contains(page, canary) || strings.Contains(page, "30 777") || strings.Contains(page, "Jonas") {
		t.Errorf("the browser of another team: %.500s", page)
	}
	if text := heard(); text == "" || strings.Contains(text, canary) || strings.Contains(text, "30 777") || strings.Contains(text, "Jonas") {
		t.Errorf("the feed of another team: %.500s", text)
	}
}

// A viewer sees disabled buttons with the reason. The server refuses what the
// page does not offer, before anything reaches sipgate.
func testViewer(t *testing.T, s *harness.Stack, mira *tab, who string) {
	mira.until(`[...%s.querySelectorAll(".act")].every(b => b.disabled)`, row(who))
	mira.until(`/viewer/i.test(%s.innerText + %[1]s.innerHTML)`, row(who))
	path := eval[string](mira, `"/calls/" + `+row(who)+`.id.slice(4)`)
	s.ExpectNoCommands(t, func() {
		for _, action := range []string{"hold", "muted", "recording", "dtmf", "transfer", "announcements", "hangup", "undo"} {
			status := eval[int](mira, fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams({value: "true", sequence: "1", phoneNumber: "+4930123456", attended: "false", url: "https://example.com/a.wav"})}).then(r => r.status)`, path+"/"+action))
			if status != http.StatusForbidden {
				t.Errorf("a viewer's %s: %d", action, status)
			}
		}
	})
}

// Members see who has claimed a call, a lead may act nevertheless on behalf of
// its owner, and all who may act can undo a hang-up.
func testClaims(t *testing.T, s *harness.Stack, anna, jonas, mira *tab, id, who string) {
	jonas.press(who, "t")
	for _, p := range []*tab{anna, mira} {
		p.until(`/Jonas/.test(%s?.querySelector(".notes")?.innerText ?? "")`, row(who))
	}
	s.ExpectNoCommands(t, func() {
		anna.press(who, "m")
		anna.until(`document.querySelector("#attended")?.open && document.querySelector("#attended").innerText.includes("Jonas Keller")`)
	})
	anna.click(the(`#attended [value=yes]`))
	s.Eventually("muted by a lead", func() bool { return s.Call(id).Muted })
	jonas.run(`document.querySelector("#modal").close()`)
	mira.until(`!/transfer/i.test(%s?.querySelector(".notes")?.innerText ?? "")`, row(who))

	jonas.press(who, "x")
	anna.until(`!!%s?.querySelector('form[action$="/undo"]')`, row(who))
	anna.run(`%s.querySelector('form[action$="/undo"] button').click()`, row(who))
	jonas.until(`!%s?.querySelector('form[action$="/undo"]')`, row(who))
	if c := s.Call(id); c.Phase != "established" {
		t.Errorf("undone, and yet %s", c.Phase)
	}
	s.Eventually("the audit has the undone hang-up", func() bool {
		return eval[bool](anna, `fetch("/audit").then(r => r.text()).then(t => t.includes("Cancelled"))`)
	})
	anna.do(chromedp.Navigate(s.URL + "/audit"))
	audit := eval[string](anna, "document.body.innerText")
	for _, want := range []string{"Anna Bergmann", "through Jonas Keller’s sipgate access", "overrode a lock", "Cancelled", canary} {
		if !strings.Contains(audit, want) {
			t.Errorf("the audit does not tell of %q:\n%s", want, audit)
		}
	}
	anna.do(chromedp.Navigate(s.URL + "/"))
}

// The address of a call remains valid through a transfer and after the end,
// with its notes and its timeline.
func testDeepLink(t *testing.T, s *harness.Stack, anna, jonas *tab, id, who string) {
	jonas.until(`!!%s?.querySelector("h3 a")`, row(who))
	link := eval[string](jonas, row(who)+`.querySelector("h3 a").getAttribute("href")`)
	jonas.do(chromedp.Navigate(s.URL + link))
	jonas.do(chromedp.SendKeys(`textarea[name=text]`, "Wants a call back <tomorrow>"))
	jonas.click(the(`form[action$="/notes"] button`))
	jonas.until(`document.body.innerText.includes("Wants a call back <tomorrow>")`)
	jonas.do(chromedp.Navigate(s.URL + "/"))
	jonas.press(who, "t")
	jonas.until(`document.activeElement?.name === "phoneNumber"`)
	jonas.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "030 777002"))
	jonas.click(the(`#modal button[name=attended][value=false]`))
	s.Eventually("transfer", func() bool { return len(s.Call(id).Transfers) == 1 })
	next := s.Call(id).Transfers[0].CallID
	s.Eventually("answered", func() bool { return s.Call(next).Phase == "established" })
	s.Control("POST", "calls/"+next+"/hangup", map[string]any{}, nil)
	anna.do(chromedp.Navigate(s.URL + link))
	for _, want := range []string{"Wants a call back <tomorrow>", "Rang", "Answered", "On hold", "Transferred", "Ended"} {
		s.Eventually(want+" in the timeline", func() bool {
			anna.do(chromedp.Navigate(s.URL + link))
			return strings.Contains(strings.ToLower(eval[string](anna, "document.body.innerText")), strings.ToLower(want))
		})
	}
}

// A removed member is signed out everywhere at once.
func testRemoval(t *testing.T, s *harness.Stack, anna, mira *tab) {
	before := anna.secondTab()
	before.do(chromedp.Navigate(s.URL + "/team"))
	anna.do(chromedp.Navigate(s.URL + "/team"))
	anna.run(`const f = document.querySelector('form[action="/team/w2/remove"]'); f.dataset.sure = "1"; f.requestSubmit()`)
	mira.until(`document.querySelector("#over").open && !document.querySelector("#main").innerText.trim()`)
	if status := eval[int](mira, `fetch("/", {redirect: "manual"}).then(r => r.status)`); status == http.StatusOK {
		t.Error("who was removed still gets in")
	}
	// A page opened before the removal reports the refusal and shows the old role.
	const form = `document.querySelector('form[action="/team/w2/role"]')`
	role := eval[string](before, form+`.elements.role.value`)
	before.run(form + `.elements.role.value = "lead"; ` + form + `.elements.role.dispatchEvent(new Event("change", {bubbles: true}))`)
	before.until(`%s.querySelector(".save-state").textContent && %[1]s.elements.role.value === %[2]q`, form, role)
}
