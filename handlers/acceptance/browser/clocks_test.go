package browser

import (
	"fmt"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// The clocks of rows outside of the window stand still, and are right as soon as the
// rows are seen.
func TestBrowserClocksRunInTheWindow(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	for i := range 60 {
		s.Ring(fmt.Sprintf("+49305551%03d", i), "w0", "established")
	}
	p := newBrowser(t, s).newStillTab(t)
	p.signIn("Anna")
	p.until(`document.querySelectorAll('#board .row[data-state=talking]').length === 60`)
	p.run(`
		window.clocks = [...document.querySelectorAll("#board time.timer")];
		window.changes = new Map();
		new MutationObserver(records => {
			for (const {target} of records) {
				const clock = target.parentElement.closest("time") ?? target;
				if (clock === clocks.at(-1)) changes.clear();
				else changes.set(clock, (changes.get(clock) ?? 0) + 1);
			}
		}).observe(document.querySelector("#board"), {subtree: true, childList: true, characterData: true});
		const shown = e => e.textContent.trim().split(":").reduce((sum, n) => 60 * sum + Number(n), 0);
		window.isRight = e => Math.abs(shown(e) - (Date.now() - e.dataset.since) / 1000) < 1.5`)
	// A change of its call may bring the last clock a time, too, but it does not go on.
	p.until(`changes.get(clocks[0]) >= 4`)
	if eval[bool](p, `isRight(clocks.at(-1))`) || !eval[bool](p, `isRight(clocks[0])`) {
		t.Error("clocks run that are not seen, or those that are seen are wrong")
	}
	right := eval[bool](p, `new Promise(done => {
		scrollTo(0, document.body.scrollHeight);
		requestAnimationFrame(() => requestAnimationFrame(() => done(isRight(clocks.at(-1)))));
	})`)
	if !right {
		t.Error("the clock of a row that is scrolled to is wrong")
	}
}
