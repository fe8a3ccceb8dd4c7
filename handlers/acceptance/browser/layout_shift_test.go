package browser

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// calm is how long the calls of TestBrowserCalm come and go. Every time is long
// enough to see all that can happen; a minute is what a person looks at.
var calm = flag.Duration("calm", 15*time.Second, "for how long TestBrowserCalm lets calls come and go")

// Shifts of the layout, as the browser counts them, and what moved.
const watchShifts = `
	window.shifts = [];
	const name = n => n && (n.nodeType === 3 ? "text of " + name(n.parentElement) : n.id || n.className?.baseVal || n.className || n.nodeName);
	new PerformanceObserver(list => {
		// Sources without a node are inside of fields: the letters that are typed.
		for (const e of list.getEntries()) if (e.sources.some(s => s.node)) window.shifts.push({
			Value: e.value,
			Moved: e.sources.map(s => name(s.node) + " " + [s.previousRect, s.currentRect].map(r => [r.x, r.y, r.width, r.height].map(Math.round).join(" ")).join(" → ")).join("; "),
		});
	}).observe({type: "layout-shift", buffered: false});
`

// Thirty calls come, are put on hold, muted, recorded, and go, while somebody
// types into a dialog and somebody else has the focus on a button of a row.
// Nothing jumps, no focus and no letter is lost.
func TestBrowserCalm(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	typing, focused := b.person(t), b.person(t)
	typing.signIn("Anna")
	focused.signIn("Anna")
	const who = "+49 30 555100"
	s.Ring("+4930555100", "w0", "established")
	for _, p := range []*tab{typing, focused} {
		p.until(`%s?.dataset.state === "talking"`, row(who))
	}
	typing.press(who, "d")
	typing.until(`document.activeElement?.name === "sequence"`)
	focused.run(`%s.querySelector(".act").focus()`, row(who))
	for _, p := range []*tab{typing, focused} {
		p.run("%s", watchShifts)
	}

	typed := ""
	theOffice(s, 30, *calm, func(step int) {
		if step%6 == 0 && len(typed) < 20 {
			typing.do(chromedp.SendKeys(`#modal input[name=sequence]`, fmt.Sprint(step%10)))
			typed += fmt.Sprint(step % 10)
		}
	})

	if got := eval[string](typing, `document.activeElement?.value ?? ""`); got != typed {
		t.Errorf("of what was typed (%q), %q is in the field with the focus", typed, got)
	}
	if !eval[bool](focused, `document.activeElement?.matches(".act") && `+row(who)+`.contains(document.activeElement)`) {
		t.Errorf("the focus went from its button to %s", eval[string](focused, `document.activeElement?.outerHTML.slice(0, 200)`))
	}
	for name, p := range map[string]*tab{"typing": typing, "focused": focused} {
		noShifts(t, name, p)
	}
}

func noShifts(t *testing.T, name string, p *tab) {
	t.Helper()
	var shifts []struct {
		Value float64
		Moved string
	}
	if err := json.Unmarshal([]byte(eval[string](p, `JSON.stringify(window.shifts)`)), &shifts); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, e := range shifts {
		if sum += e.Value; i < 12 {
			t.Logf("%s: %.2g %s", name, e.Value, e.Moved)
		}
	}
	if t.Logf("%s: cumulative layout shift %.4f", name, sum); sum > 0 {
		t.Errorf("%s: %d shifts of the layout, in all %.4f", name, len(shifts), sum)
	}
}

// theOffice lets n calls come and go within a time, always the same ones, and
// tells of every step.
func theOffice(s *harness.Stack, n int, within time.Duration, tell func(step int)) {
	s.T.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	type call struct{ id, phase string }
	var calls []*call
	steps := n * 5
	pace := time.NewTicker(within / time.Duration(steps))
	defer pace.Stop()
	for step := range steps {
		<-pace.C
		if step%5 == 0 {
			calls = append(calls, &call{s.Ring(fmt.Sprintf("+493055520%02d", step/5), fmt.Sprintf("w%d", dice.IntN(3)), "ringing"), "ringing"})
		} else if c := calls[dice.IntN(len(calls))]; c.phase == "ringing" && dice.IntN(4) > 0 {
			s.Control("POST", "calls/"+c.id+"/answer", map[string]any{}, nil)
			c.phase = "talking"
		} else if c.phase == "talking" && dice.IntN(3) > 0 {
			what := []string{"hold", "muted"}[dice.IntN(2)]
			s.API("w0", "PUT", "calls/"+c.id+"/"+what, map[string]any{"value": dice.IntN(2) == 0})
		} else if c.phase != "ended" {
			s.Control("POST", "calls/"+c.id+"/hangup", map[string]any{}, nil)
			c.phase = "ended"
		}
		tell(step)
	}
	for _, c := range calls {
		if c.phase != "ended" {
			s.Control("POST", "calls/"+c.id+"/hangup", map[string]any{}, nil)
		}
	}
}
