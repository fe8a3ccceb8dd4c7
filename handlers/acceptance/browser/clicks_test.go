package browser

import (
	"testing"

	"callboard/handlers/acceptance/harness"
)

// A click counts although the answer to the previous one is pending: a call
// shown on hold can be resumed. Two equal clicks count once.
func TestBrowserClickWhileAnswerIsPending(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")
	const who = "+49 30 555801"
	id := s.Ring("+4930555801", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	anna.run(`const real = fetch;
		window.sent = 0;
		window.fetch = async (...args) => {
			if (String(args[0]).endsWith("/hold")) window.sent++;
			const answer = await real(...args);
			if (String(args[0]).endsWith("/hold")) await new Promise(done => { window.release = done; });
			return answer;
		}`)
	hold := row(who) + `.querySelector('.act.hold')`
	anna.run(`%[1]s.click(); %[1]s.click()`, hold)
	anna.until(`%s.getAttribute("aria-pressed") === "true"`, hold)
	anna.run(`%s.click()`, hold)
	// The row changes otherwise while that click waits.
	s.API("w0", "PUT", "calls/"+id+"/muted", map[string]any{"value": true})
	anna.until(`%s.querySelector('.act.mute').getAttribute("aria-pressed") === "true"`, row(who))
	const afterTwoFrames = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(window.sent))))`
	if n := eval[int](anna, afterTwoFrames); n != 1 {
		t.Errorf("%d requests before the answer", n)
	}
	anna.run(`window.release()`)
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	anna.until(`%s.getAttribute("aria-pressed") === "false"`, hold)
	if n := s.Requests("PUT", "/v2/calls/*/hold"); n != 2 {
		t.Errorf("%d requests for hold and resume", n)
	}
}
