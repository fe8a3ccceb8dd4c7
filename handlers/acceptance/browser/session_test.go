package browser

import (
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// endOtherSessions ends all sessions of a client's user but its own.
func endOtherSessions(v *harness.Client) {
	v.T.Helper()
	_, page := v.Get("/settings")
	ends := regexp.MustCompile(`(?s)<li>(.*?)</li>`).FindAllString(page, -1)
	n := 0
	for _, entry := range ends {
		action := regexp.MustCompile(`action="(/sessions/[0-9a-f]+/end)"`).FindStringSubmatch(entry)
		if action == nil || strings.Contains(entry, "<small>") {
			continue
		}
		v.Submit("/settings", action[1], "")
		n++
	}
	if n == 0 {
		v.T.Fatalf("no other session: %.3000s", page)
	}
}

// testTooManyTabs opens so many feeds that the page's ends: the page says so, does
// not take it back from the others, and goes on when it is used.
func testTooManyTabs(p *tab, who string) {
	p.t.Helper()
	p.until(`!!%s`, row(who))
	p.run(`window.others = [...Array(30)].map(() => new WebSocket(location.origin.replace("http", "ws") + "/feed"))`)
	p.until(`/Too many tabs are open/.test(document.querySelector("#connection:not([hidden])")?.innerText) && document.querySelector("#status").innerText.includes("Paused")`)
	p.until(`%s.querySelector(".act").getAttribute("aria-disabled") === "true"`, row(who))
	p.screenshot("too-many-tabs")
	p.run(`document.dispatchEvent(new Event("visibilitychange"))`)
	if state := eval[string](p, `document.querySelector("#status").dataset.state`); state != "paused" {
		p.t.Errorf("a page that has to pause is %s", state)
	}
	p.run(`for (const s of others) s.close()`)
	p.click(the(`#connection button`))
	p.until(`document.querySelector("#status").dataset.state === "live" && document.querySelector("#connection").hidden`)
}

// When the session ends, no data of a call is left in the page, and nothing
// that was typed is lost: after signing in elsewhere the page goes on where it
// was.
func TestBrowserSessionEnded(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.PushEvents()
	p := newBrowser(t, s).newTab(t)
	p.signIn("Anna")
	s.Ring("+4930555002", "w0", "established")
	const who = "+49 30 555002"
	testTooManyTabs(p, who)
	p.press(who, "t")
	p.until(`document.activeElement?.name === "phoneNumber"`)
	p.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "+49 89 77"))

	endOtherSessions(s.SignIn(t, 0))
	p.until(`document.querySelector("#over").open`)
	p.screenshot("session-over")
	if left := eval[string](p, `document.documentElement.outerHTML.match(/(\+|%2B)\d[\d ]{5,}/)?.[0] ?? ""`); left != "" {
		t.Errorf("a number is left in the page: %s", left)
	}
	if got := eval[string](p, `document.querySelector("#over a").getAttribute("href") + " " + document.querySelector("#over a").target`); got != "/login?next=%2F _blank" {
		t.Errorf("the way to sign in is %q", got)
	}
	p.click(the(`#over button`))
	p.until(`document.querySelector("#over [role=status]").textContent !== ""`)

	p.secondTab().signIn("Anna")
	p.click(the(`#over button`))
	p.until(`!document.querySelector("#over").open && document.querySelector("#status")?.dataset.state === "live"`)
	p.until(`document.querySelector("#modal").open && document.activeElement?.name === "phoneNumber" && document.activeElement.value === "+49 89 77"`)
	p.until(`!!%s`, row(who))

	// Somebody else who signs in gets a page of their own.
	endOtherSessions(s.SignIn(t, 0))
	p.until(`document.querySelector("#over").open`)
	p.secondTab().signIn("Jonas")
	p.click(the(`#over button`))
	p.until(`document.querySelector(".me-name")?.textContent.includes("Jonas") && !document.querySelector("#modal").open`)
}
