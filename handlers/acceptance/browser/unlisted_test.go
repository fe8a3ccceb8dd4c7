package browser

import (
	"net/http"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Where sipgate refuses the list of calls, the page says what it shows instead, is live
// all the same, and its buttons work; it returns to the list by itself.
func TestBrowserBoardWithoutList(t *testing.T) {
	t.Parallel()
	const account = "2951604"
	s := harness.New(t)
	calls := func(status int) { s.Control("POST", "platforms/"+account, map[string]any{"calls": status}, nil) }
	calls(http.StatusNotImplemented)
	b := newBrowser(t, s)
	levke := b.newTab(t)
	levke.signIn("Levke Petersen")
	const live, bar = `document.querySelector("#status").dataset.state === "live"`, `document.querySelector("#connection")`
	levke.until(live + ` && !` + bar + `.hidden && ` + bar + `.innerText.includes("no calls can be shown")`)
	levke.screenshot("unlisted-silent")

	s.Control("POST", "channels/"+s.Channel(account, "p0"), map[string]any{"account": account, "incomingUrl": s.PushAddress(account), "outgoingUrl": s.PushAddress(account)}, nil)
	var rung struct{ CallID string }
	s.Control("POST", "calls", map[string]any{"account": account, "from": "+4930555600", "users": []string{"w0"}}, &rung)
	levke.until(`%s?.dataset.state === "ringing"`, row("555600"))
	s.Control("POST", "calls/"+rung.CallID+"/answer", map[string]any{"user": "w0"}, nil)
	levke.until(`%s?.dataset.state === "talking"`, row("555600"))
	levke.until(live + ` && ` + bar + `.innerText.includes("what webhooks report") && !document.documentElement.hasAttribute("data-off")`)
	levke.run(`%s.querySelector(".act.hold").click()`, row("555600"))
	levke.until(`%s.dataset.state === "held"`, row("555600"))
	if c := s.Call(rung.CallID); !c.Hold {
		t.Errorf("at sipgate: %+v", c)
	}
	levke.screenshot("unlisted")

	calls(http.StatusOK)
	if page := string(levke.fetch("/status")); !strings.Contains(page, "does not provide") {
		t.Error("the status page does not say that there is no list")
	}
	levke.run(`fetch("/status/platform", {method: "POST", headers: {Accept: "application/json"}})`)
	levke.until(bar + `.hidden && ` + live)
	levke.until(`%s.dataset.state === "held"`, row("555600"))
	s.HangUp(rung.CallID)
	levke.until(`%s?.dataset.state !== "held"`, row("555600"))
}
