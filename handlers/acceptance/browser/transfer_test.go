package browser

import (
	"fmt"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A call is transferred to a colleague in every way, and the page shows what
// the telephones do.
func TestBrowserTransfer(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account", "-pickup=-1s")
	s.PushEvents()
	s.Control("POST", "devices/e2", map[string]any{"online": true, "dnd": true}, nil)
	b := newBrowser(t, s)
	anna, mira := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	mira.signIn("Mira")
	s.Eventually("the team", func() bool {
		return eval[bool](anna, `fetch("/search?q=mira").then(r => r.text()).then(t => t.includes("do not disturb"))`)
	})
	testConsultationAnswered(t, s, anna, mira)
	testConsultationUnanswered(t, s, anna, mira)
	testConsultationCancelled(t, s, anna)
	testDrag(t, s, anna)
}

// consultColleague starts an attended transfer of the call of who to a
// colleague, with the keyboard alone.
func (p *tab) consultColleague(who, name, says string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(kb.Escape))
	p.run(`%s.focus()`, row(who))
	p.do(chromedp.KeyEvent("t"))
	p.until(`document.activeElement?.role === "combobox"`)
	p.run(`document.activeElement.select()`) // the driver may have sent the letter late
	p.do(chromedp.KeyEvent(name))
	p.until(`document.querySelector('#recipient-list [aria-selected="true"]')?.innerText.includes(%q)`, name)
	p.do(chromedp.KeyEvent(kb.Tab))
	p.until(`document.querySelector("#modal .recipient").innerText.includes(%q)`, says)
	p.until(`document.querySelector(".keeps").innerText.includes(%q)`, name)
	p.screenshot("transfer-" + strings.ReplaceAll(name, " ", "-"))
	p.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// untilConsultation waits until the row of who shows a state of the
// consultation.
func (p *tab) untilConsultation(who, state string, says ...string) {
	p.t.Helper()
	p.until(`%s?.querySelector(".consult")?.dataset.state === %q`, row(who), state)
	for _, word := range says {
		p.until(`%s.querySelector(".consult").innerText.includes(%q)`, row(who), word)
	}
}

// consultationCall returns the id of the call to the consulted number.
func consultationCall(s *harness.Stack, id, to string) string {
	s.T.Helper()
	s.Eventually("the attended transfer", func() bool { return len(s.Call(id).Transfers) > 0 })
	sent := s.Call(id).Transfers
	last := sent[len(sent)-1]
	if last.To != to || !last.Attended || !s.Call(id).Hold {
		s.T.Errorf("transfers %+v, on hold %v", sent, s.Call(id).Hold)
	}
	return last.CallID
}

const jonasNumber, miraNumber = "+492214710111", "+492214710112"

func testConsultationAnswered(t *testing.T, s *harness.Stack, anna, mira *tab) {
	const who = "+49 30 555003"
	id := s.Ring("+4930555003", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	name := eval[string](anna, row(who)+".id")
	anna.consultColleague(who, "Jonas Keller", "+49 221 4710111")
	next := consultationCall(s, id, jonasNumber)
	anna.untilConsultation(who, "rings", "Jonas Keller ringing", "Waits", who, "Back to the caller", "Cancel")
	mira.untilConsultation(who, "rings", "Jonas Keller")
	anna.screenshot("consult-rings")
	if eval[bool](mira, "!!"+row(who)+`.querySelector(".consult button:not([disabled])")`) {
		t.Error("a colleague who may not act has buttons")
	}
	s.Control("POST", "calls/"+next+"/answer", map[string]any{}, nil)
	for _, p := range []*tab{anna, mira} {
		p.until(`document.getElementById(%[1]q)?.dataset.state === "talking" && !document.getElementById(%[1]q).querySelector(".consult")`, name)
		p.until(`document.getElementById(%q).innerText.includes("Jonas Keller")`, name)
	}
	if c := s.Call(next); c.Phase != "established" || s.Call(id).Phase != "ended" || len(s.Live()) != 1 {
		t.Errorf("the telephones: %+v", c)
	}
	s.Control("POST", "calls/"+next+"/hangup", map[string]any{}, nil)
	anna.until(`document.getElementById(%q)?.dataset.state !== "talking"`, name)
}

// A colleague who is consulted does not answer: the call stays on hold, and the
// page says so.
func testConsultationUnanswered(t *testing.T, s *harness.Stack, anna, mira *tab) {
	const who = "+49 30 555004"
	id := s.Ring("+4930555004", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	name := eval[string](anna, row(who)+".id")
	anna.consultColleague(who, "Mira Hoffmann", "is set to do not disturb")
	next := consultationCall(s, id, miraNumber)
	anna.untilConsultation(who, "rings", "Mira Hoffmann")
	mira.until(`document.querySelector("#connection:not([hidden])")?.innerText.includes("Anna Bergmann wants to connect you: %[1]s") && %[2]s.innerText.includes("wants to connect you") && !%[2]s.innerText.includes("Waits")`, who, row(who))
	if eval[bool](anna, `!document.querySelector("#connection").hidden`) {
		t.Error("who asks is asked, too")
	}
	s.Control("POST", "calls/"+next+"/hangup", map[string]any{"cause": "noAnswer"}, nil)
	for _, p := range []*tab{anna, mira} {
		p.untilConsultation(who, "noanswer", "Mira Hoffmann did not answer", "Waits", who)
	}
	anna.screenshot("consult-noanswer")
	if c := s.Call(id); !c.Hold || c.Phase != "established" || eval[string](anna, row(who)+".id") != name {
		t.Errorf("the telephones: %+v", c)
	}
	anna.run(`[...%s.querySelectorAll(".consult button")].find(b => b.innerText === "Back to the caller").click()`, row(who))
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	anna.until(`%[1]s?.dataset.state === "talking" && !%[1]s.querySelector(".consult")`, row(who))
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
}

// The consultation is cancelled: the call stays on hold until it is resumed.
func testConsultationCancelled(t *testing.T, s *harness.Stack, anna *tab) {
	const who = "+49 30 555005"
	id := s.Ring("+4930555005", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	anna.consultColleague(who, "Jonas Keller", "+49 221 4710111")
	next := consultationCall(s, id, jonasNumber)
	anna.untilConsultation(who, "rings")
	anna.run(`[...%s.querySelectorAll(".consult button")].find(b => b.innerText === "Cancel").click()`, row(who))
	s.Eventually("the end of ringing", func() bool { return s.Call(next).Phase == "ended" })
	anna.untilConsultation(who, "stopped", "cancelled", "Waits")
	if c := s.Call(id); c.Phase != "established" || !c.Hold {
		t.Errorf("the telephones: %+v", c)
	}
	anna.press(who, "h")
	s.Eventually("resumed", func() bool { return !s.Call(id).Hold })
	anna.until(`!%s.querySelector(".consult")`, row(who))
	s.Control("POST", "calls/"+id+"/hangup", map[string]any{}, nil)
}

// drag presses the mouse on an element and moves it to another one once that
// exists.
func (p *tab) drag(element, to string) {
	p.t.Helper()
	// Nothing slides, and no row leaves while the mouse is on its way.
	p.until(`![...document.querySelectorAll("#board .row, #board > *")].some(e => e.dataset.state === "ended" || getComputedStyle(e).transform !== "none")`)
	x, y := p.at(element)
	left := chromedp.Button("left")
	p.do(chromedp.MouseEvent(chromedp.MousePressed, x, y, left), chromedp.MouseEvent(chromedp.MouseMoved, x+4, y, left))
	if !eval[bool](p, `document.querySelector("#drop-label").hidden`) {
		p.t.Error("a press that hardly moves is a drag")
	}
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, x+40, y+40, left))
	p.until(`!!%s`, to)
	x, y = p.at(to)
	p.do(chromedp.MouseEvent(chromedp.MouseMoved, x, y, left))
	p.until(`%s.hasAttribute("data-over")`, to)
}

// tile returns the expression of a colleague in the strip of the team.
func tile(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#team li > *")].find(t => t.innerText.includes(%q))`, name)
}

// Dragging a call onto a colleague, or clicking them, only opens the dialog.
func testDrag(t *testing.T, s *harness.Stack, anna *tab) {
	const who = "+49 30 555006"
	chosen := func(name, number string) {
		t.Helper()
		anna.until(`document.querySelector("#modal").open && document.querySelector("#recipient")?.value === %q`, number)
		if name != "" {
			anna.until(`document.querySelector("[data-recipient-name]").innerText === %q`, name)
		}
	}
	s.ExpectNoCommands(t, func() { // without a call of one's own: a new one
		anna.until(`%s?.innerText.includes("do not disturb")`, tile("Mira Hoffmann"))
		anna.until(`%s?.innerText.includes("free")`, tile("Jonas Keller"))
		anna.click(the(`#team a[data-to="` + jonasNumber + `"]`))
		chosen("", "+49 221 4710111")
		anna.until(`!!document.querySelector("#modal [name=device]") && !document.querySelector("#modal [data-from-link]")`)
		anna.screenshot("strip-call")
		anna.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
		anna.until(`!document.querySelector("#modal").open`)
	})
	id := s.Ring("+4930555006", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row(who))
	grip := row(who) + `.querySelector(".dir")`
	s.ExpectNoCommands(t, func() {
		anna.drag(grip, tile("Mira Hoffmann"))
		anna.screenshot("drag")
		anna.do(chromedp.KeyEvent(kb.Escape)) // nothing is meant after all
		anna.until(`document.querySelector("#drop-label").hidden && !document.querySelector("[data-over]")`)
		x, y := anna.at(grip)
		anna.do(chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.Button("left")))
		if eval[bool](anna, `document.querySelector("#modal").open`) {
			t.Error("a drag that was given up opens the dialog")
		}

		anna.drag(grip, tile("Mira Hoffmann"))
		x, y = anna.at(tile("Mira Hoffmann"))
		anna.do(chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.Button("left")))
		chosen("Mira Hoffmann", "+49 221 4710112")
		anna.until(`document.querySelector("#drop-label").hidden`)
		anna.screenshot("drag-dropped")
		anna.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
		anna.until(`!document.querySelector("#modal").open`)

		anna.click(the(`#team a[data-to="` + jonasNumber + `"]`))
		chosen("Jonas Keller", "+49 221 4710111")
	})
	anna.click(the(`#modal button[name=attended][value=false]`))
	s.Eventually("blind transfer", func() bool {
		sent := s.Call(id).Transfers
		return len(sent) == 1 && sent[0].To == jonasNumber && !sent[0].Attended
	})

	// What a colleague does is shown, and with whom.
	busy := s.Ring("+4930555007", "w2", "established")
	anna.until(`%[1]s.innerText.includes("talking") && %[1]s.innerText.includes("+49 30 555007") && !!%[1]s.querySelector("time").innerText`, tile("Mira Hoffmann"))
	s.Control("POST", "calls/"+busy+"/hangup", map[string]any{}, nil)
	anna.until(`%s.innerText.includes("do not disturb")`, tile("Mira Hoffmann"))
}

// The board filters calls by a person. Updates keep the filter, a ringing call
// is never hidden, and hidden calls are counted.
func TestBrowserFilter(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	s.AddContacts([3]string{"Jörg Müller", "030 / 555-201", ""})
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna")
	first := s.Ring("+4930555201", "w0", "established")
	s.Ring("+4930555202", "w1", "established")
	anna.until(`!!%s && !!%s`, row("Jörg Müller"), row("555202"))
	shown := func(who string) string { return "!!" + row(who) + "?.offsetParent" }
	note := `document.querySelector("#filter-note").innerText`

	anna.do(chromedp.KeyEvent("/"))
	anna.until(`document.activeElement.id === "search"`)
	for _, text := range []string{"mueller", "müll jörg", "030 555201"} {
		anna.run(`document.activeElement.select()`)
		anna.do(chromedp.KeyEvent(text))
		anna.until(`%s && !(%s) && %s.startsWith("1 call")`, shown("Jörg Müller"), shown("555202"), note)
	}
	anna.screenshot("filter")
	s.Ring("+4930555203", "w1", "established")
	anna.until(`!!%s && !(%s) && %s.startsWith("2 calls")`, row("555203"), shown("555203"), note)
	s.Ring("+4930555204", "w1", "ringing")
	anna.until(`%s && %s.startsWith("2 calls")`, shown("555204"), note)
	s.API("w0", "PUT", "calls/"+first+"/hold", map[string]any{"value": true})
	anna.until(`%s.dataset.state === "held" && %s && !(%s)`, row("Jörg Müller"), shown("Jörg Müller"), shown("555202"))
	if eval[string](anna, `document.activeElement.value`) != "030 555201" {
		t.Error("the feed changed the filter")
	}
	anna.run(`document.activeElement.select()`)
	anna.do(chromedp.KeyEvent("555203"))
	anna.until(`document.querySelector("[data-section=active] .count").innerText === "1 of 2"`)
	anna.do(chromedp.KeyEvent(kb.Escape))
	anna.until(`document.querySelector("#search").value === "" && document.activeElement.id !== "search" && %s && %s && %s === ""`, shown("555202"), shown("555203"), note)
}
