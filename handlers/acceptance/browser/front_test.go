package browser

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// offline cuts the page off from the network, or connects it again.
func (p *tab) offline(on bool) {
	p.t.Helper()
	rules := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{}}
	if on {
		rules.MatchedNetworkConditions = append(rules.MatchedNetworkConditions, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	if _, err := chromedp.Call(p.ctx, network.EmulateNetworkConditionsByRule, rules); err != nil {
		p.t.Fatal(err)
	}
	state := network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
	if _, err := chromedp.Call(p.ctx, network.OverrideNetworkState, state); err != nil {
		p.t.Fatal(err)
	}
}

// A proxy in front of Callboard may drop websockets, answer itself, or be away.
// The board goes on by polling and returns to sockets; nothing of the proxy's
// pages gets into ours; and what became of an action is said as far as it is
// known.
func TestBrowserBehindAFaultyProxy(t *testing.T) {
	t.Parallel()
	s, front := harness.NewBehindFront(t)
	s.PushEvents()
	p := newBrowser(t, s).newTab(t)
	var polls atomic.Int32
	front.Set(harness.FrontRule{DropUpgrades: true, Respond: func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/feed/poll" {
			polls.Add(1)
		}
		return false
	}})
	p.do(chromedp.Navigate(s.URL + "/"))
	p.click(the(`form[action^="/login"] button`))
	p.until(`[...document.querySelectorAll("button")].some(b => b.innerText.includes("Anna"))`)
	p.run(`[...document.querySelectorAll("button")].find(b => b.innerText.includes("Anna")).click()`)
	p.until(`document.querySelector("#status")?.dataset.state === "polling"`)
	p.until(`/WebSocket/.test(document.querySelector("#connection:not([hidden])")?.innerText)`)
	if n := front.Dropped.Load(); n < 3 || n > 5 {
		t.Errorf("the page polls after %d tries", n)
	}
	p.screenshot("polling")
	const who = "+49 30 555002"
	s.Ring("+4930555002", "w0", "established")
	p.until(`!!%s`, row(who))
	p.press(who, "h")
	p.until(`%s.dataset.state === "held"`, row(who))
	if n := polls.Load(); n > 10 {
		t.Errorf("%d polls", n)
	}
	p.until(`fetch("/status").then(r => r.text()).then(t => { window.statusPage = t }), /data-polling="1"/.test(window.statusPage ?? "")`)

	// A wallboard goes on in the same way.
	walls, screen := p.secondTab(), newBrowser(t, s).newTab(t)
	walls.do(chromedp.Navigate(s.URL + "/walls"))
	walls.do(chromedp.SendKeys(`form[action="/walls"] [name=name]`, "Kitchen"))
	walls.click(the(`form[action="/walls"] button`))
	walls.until(`!!document.querySelector("#wall-link")`)
	screen.do(chromedp.Navigate(eval[string](walls, `document.querySelector("#wall-link").value`)))
	screen.until(`document.querySelectorAll(".calls li").length === 1`)
	s.Ring("+4930555003", "w0", "established")
	screen.until(`document.querySelectorAll(".calls li").length === 2 && !document.querySelector("#wall").hasAttribute("data-off")`)

	// The action's answer is lost: it is not known. Another server refused it: it
	// was not carried out. Neither page is shown.
	says := func(action string, status int, want string) {
		t.Helper()
		front.Set(harness.FrontRule{DropUpgrades: true, Respond: func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, action) || r.URL.Path == "/feed/poll" {
				return false
			}
			harness.ForeignPage(w, status)
			return true
		}})
		p.run(`document.querySelector("#notices").replaceChildren()`)
		switch action {
		case "/hold":
			p.press(who, "h")
		case "/transfer", "/search":
			p.run(`document.querySelector("#modal").close()`)
			p.press(who, "t")
		}
		p.until(`document.body.innerText.includes(%q)`, want)
		if eval[bool](p, `!!document.querySelector("#foreign") || /nginx|bad gateway/.test(document.body.innerText) || document.querySelector("#over").open`) {
			t.Errorf("%s with %d: the proxy's page is shown, or taken for the end of the session", action, status)
		}
	}
	says("/hold", 502, "The action may have been carried out")
	p.screenshot("lost-answer")
	says("/hold", 200, "The action may have been carried out")
	says("/hold", 403, "It was not carried out")
	says("/transfer", 502, "Callboard could not be reached.")
	says("/search", 401, "Search is not available")

	// Without a network nothing is sent, and that is said.
	p.run(`document.querySelector("#modal").close(); document.querySelector("#notices").replaceChildren()`)
	front.Set(harness.FrontRule{DropUpgrades: true})
	p.offline(true)
	p.until(`document.querySelector("#status").dataset.state === "offline" && /You are offline/.test(document.querySelector("#connection").innerText)`)
	before := s.Requests("PUT", "/v2/calls/*/hold")
	p.press(who, "h")
	p.until(`document.querySelector("#notices").innerText.includes("+49 30 555002 not sent: you are offline.")`)
	p.screenshot("offline")
	p.run(`document.querySelector("#own-calls button").click()`)
	p.until(`document.querySelectorAll("#notices .notice").length === 2`)
	id := s.Ring("+4930555004", "w0", "established")
	p.offline(false)
	back := time.Now()
	p.until(`document.querySelector("#status").dataset.state === "polling" && !!%s`, row("+49 30 555004"))
	if took := time.Since(back); took > 5*time.Second {
		t.Errorf("with the network back, the list is there after %v", took)
	}
	s.HangUp(id)
	if after := s.Requests("PUT", "/v2/calls/*/hold"); after != before {
		t.Errorf("%d commands were sent later", after-before)
	}

	// When the proxy comes back, the page tries a socket at once.
	p.run(`document.querySelector("#modal").close()`)
	front.Set(harness.FrontRule{Respond: func(w http.ResponseWriter, _ *http.Request) bool { harness.ForeignPage(w, 502); return true }})
	p.until(`document.querySelector("#status").dataset.state === "connecting" && /No connection to Callboard/.test(document.querySelector("#connection").innerText)`)
	p.until(`%s.querySelector(".act").getAttribute("aria-disabled") === "true"`, row(who))
	front.Set(harness.FrontRule{})
	p.until(`document.querySelector("#status").dataset.state === "live" && document.querySelector("#connection").hidden`)
	p.until(`!%s.querySelector(".act").hasAttribute("aria-disabled")`, row(who))
	testSleep(t, s, p)
}

// testSleep puts the computer to sleep, and wakes it: the page shows the present
// within seconds, and says when the session ended meanwhile.
func testSleep(t *testing.T, s *harness.Stack, p *tab) {
	t.Helper()
	sleep := func(asleep bool) {
		t.Helper()
		state := page.SetWebLifecycleStateParams{State: page.SetWebLifecycleStateStateActive}
		if asleep {
			state.State = page.SetWebLifecycleStateStateFrozen
		}
		if _, err := chromedp.Call(p.ctx, page.SetWebLifecycleState, state); err != nil {
			t.Fatal(err)
		}
	}
	sleep(true)
	s.Stop() // the connection does not outlive the night
	id := s.Ring("+4930555005", "w0", "established")
	s.Start()
	sleep(false)
	woken := time.Now()
	p.until(`document.querySelector("#status").dataset.state === "live" && !!%s`, row("+49 30 555005"))
	if took := time.Since(woken); took > 5*time.Second {
		t.Errorf("after the sleep, the list is there after %v", took)
	}
	s.HangUp(id)
	sleep(true)
	endOtherSessions(s.SignIn(t, 0))
	sleep(false)
	p.until(`document.querySelector("#over").open`)
	if eval[bool](p, `document.documentElement.outerHTML.includes("555002")`) {
		t.Error("a number is left in the page")
	}
}
