package browser

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"
)

// calm is for how long the calls of TestBrowserCalm come and go.
var calm = flag.Duration("calm", 15*time.Second, "for how long TestBrowserCalm lets calls come and go")

// watchShifts records layout shifts and what moved.
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

// Thirty calls come, are held, muted, recorded, and end, while one member types
// into a dialog and another has the focus on a button of a row. The layout does
// not shift, and no focus or character is lost.
func TestBrowserCalm(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	typing, focused := b.newTab(t), b.newTab(t)
	typing.signIn("Anna")
	focused.signIn("Anna")
	for p, density := range map[*tab]string{typing: "compact", focused: "comfortable"} {
		p.run(`document.querySelector("#preferences").dataset.density = %q`, density) // from the next change on, and as calls come, it is the same
	}
	const who = "+49 30 555100"
	s.Ring("+4930555100", "w0", "established")
	for _, p := range []*tab{typing, focused} {
		p.until(`%s?.dataset.state === "talking"`, row(who))
	}
	typing.press(who, "d")
	typing.until(`document.activeElement?.matches("output.tones")`)
	focused.run(`%s.querySelector(".act").focus()`, row(who))
	for _, p := range []*tab{typing, focused} {
		p.run("%s", watchShifts)
	}

	typed := ""
	simulateOffice(s, 30, *calm, func(step int) {
		if step%6 == 0 && len(typed) < 20 {
			typing.keys(fmt.Sprint(step % 10))
			typed += fmt.Sprint(step % 10)
		}
	})

	if got := eval[string](typing, `document.activeElement?.matches("output.tones") ? document.activeElement.innerText : ""`); got != typed {
		t.Errorf("of what was typed (%q), %q is in the display with the focus", typed, got)
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

// simulateOffice makes n calls come and go within a time, the same ones each
// time, and calls onStep after each step.
func simulateOffice(s *harness.Stack, n int, within time.Duration, tell func(step int)) {
	s.T.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	type call struct{ id, phase string }
	var calls []*call
	steps := n * 5
	pace := time.NewTicker(within / time.Duration(steps))
	defer pace.Stop()
	for step := range steps {
		<-pace.C
		if step%5 == 0 {
			calls = append(calls, &call{s.Ring(fmt.Sprintf("+493055520%02d", step/5), fmt.Sprintf("w%d", rng.IntN(3)), "ringing"), "ringing"})
		} else if c := calls[rng.IntN(len(calls))]; c.phase == "ringing" && rng.IntN(4) > 0 {
			s.Control("POST", "calls/"+c.id+"/answer", map[string]any{}, nil)
			c.phase = "talking"
		} else if c.phase == "talking" && rng.IntN(3) > 0 {
			what := []string{"hold", "muted"}[rng.IntN(2)]
			s.API("w0", "PUT", "calls/"+c.id+"/"+what, map[string]any{"value": rng.IntN(2) == 0})
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
