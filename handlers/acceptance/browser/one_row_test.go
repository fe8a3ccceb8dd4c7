package browser

import (
	"fmt"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// watchRows records the rows in which anything but the clock changes, and those
// that come or go.
const watchRows = `
	window.touched = new Set();
	new MutationObserver(records => {
		for (const r of records) {
			const e = r.target.nodeType === 1 ? r.target : r.target.parentElement;
			if (e?.closest("time")) continue;
			const row = e?.closest(".row");
			if (row) window.touched.add(row.id);
			for (const n of [...r.addedNodes, ...r.removedNodes]) if (n.matches?.(".row")) window.touched.add(n.id);
		}
	}).observe(document.querySelector("#board"), {subtree: true, childList: true, attributes: true, characterData: true});
`

// With thirty calls on the board, a hold changes one row: no other one is touched.
// What is being typed, the caret and an open dialog stay as they are. Afterwards
// the page is what it would be if it were loaded again.
func TestBrowserOneChangeTouchesOneRow(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")
	for i := range 30 {
		s.Ring(fmt.Sprintf("+49305551%02d", i), "w0", "established")
	}
	anna.until(`document.querySelectorAll('#board .row[data-state=talking]').length === 30`)
	const who = "+49 30 555107"
	anna.run(`document.querySelector('[data-key="n"]').click()`)
	anna.until(`document.activeElement?.matches("#modal input[name=callee]")`)
	anna.do(chromedp.SendKeys(`#modal input[name=callee]`, "123"))
	anna.run(`document.activeElement.setSelectionRange(1, 2)`)
	anna.until(`[...document.querySelectorAll("#board .chip[data-tone=busy]")].length === 0`)
	anna.run("%s", watchRows)

	id := eval[string](anna, row(who)+".id")
	v := s.SignIn(t, 0)
	if status, _, body := v.Command("/calls/"+id[len("row-"):]+"/hold", `{"value":true,`+harness.ActionID()+`}`); status >= 300 {
		t.Fatalf("hold: %d %s", status, body)
	}
	anna.until(`%s?.dataset.state === "held" && !%s.querySelector(".chip[data-tone=busy]")`, row(who), row(who))
	if touched := eval[[]string](anna, `[...window.touched]`); len(touched) != 1 || touched[0] != id {
		t.Errorf("a hold of %s touches the rows %q", id, touched)
	}
	if got := eval[string](anna, `document.activeElement.value + " " + document.activeElement.selectionStart + " " + document.activeElement.selectionEnd`); got != "123 1 2" {
		t.Errorf("what was typed, and the caret: %q", got)
	}
	const rows = `[...document.querySelectorAll("#board .row")].map(r => r.parentElement.id + " " + r.id + " " + r.dataset.state + " " + r.className).join("\n")`
	before := eval[string](anna, rows)
	anna.do(chromedp.Reload())
	anna.until(`document.readyState === "complete" && document.querySelector("#status")?.dataset.state === "live"`)
	if after := eval[string](anna, rows); after != before {
		t.Errorf("the page shows\n%s\nafter it was loaded again\n%s", before, after)
	}
}

// A row that is last in its section, and is so again after a command, is not put there
// again: it would be laid out and painted as a new one. While nothing is long, nothing
// in rows is cut: with each change, browsers put together all parts that are.
func TestBrowserRowInItsPlaceIsNotPutThereAgain(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")
	for i := range 3 {
		s.Ring(fmt.Sprintf("+49305551%02d", i), "w0", "established")
	}
	anna.until(`document.querySelectorAll('#rows-own .row[data-state=talking]').length === 3`)
	v, last := s.SignIn(t, 0), eval[string](anna, `document.querySelector("#rows-own .row:last-child").id`)
	anna.run(`window.put = []; new MutationObserver(records => {
		for (const r of records) if (r.target.matches(".rows")) window.put.push(...[...r.addedNodes].map(row => row.id));
	}).observe(document.querySelector("#board"), {subtree: true, childList: true})`)
	for i, state := range []string{"held", "talking"} {
		if status, _, body := v.Command("/calls/"+last[len("row-"):]+"/hold", fmt.Sprintf(`{"value":%t,%s}`, i == 0, harness.ActionID())); status >= 300 {
			t.Fatalf("hold: %d %s", status, body)
		}
		anna.until(`document.querySelector("#rows-own .row:last-child[data-state=%s]:not(:has([data-tone=busy]))")?.id === %q`, state, last)
	}
	if put := eval[[]string](anna, `window.put`); len(put) > 0 {
		t.Errorf("commands on the last row %s put rows in: %q", last, put)
	}
	if cut := eval[[]string](anna, `[...document.querySelectorAll("#board .row :not(input)")].filter(e => getComputedStyle(e).overflow !== "visible").map(e => e.outerHTML)`); len(cut) > 0 {
		t.Errorf("parts of rows that are cut: %q", cut)
	}
}
