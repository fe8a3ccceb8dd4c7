package browser

import (
	"slices"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// While a colleague has a dialog about a call open, whatever a lead does to that call
// is asked about once, and carried out after "Do it anyway".
func TestBrowserOverridesAColleague(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	b := newBrowser(t, s)
	anna, jonas := b.newTab(t), b.newTab(t)
	anna.signIn("Anna")
	jonas.signIn("Jonas")
	const who, other = "+49 30 555851", "+49 30 555852"
	id := s.Ring("+4930555851", "w1", "established")
	second := s.Ring("+4930555852", "w1", "established")
	for _, p := range []*tab{anna, jonas} {
		p.until(`%s?.dataset.state === "talking" && %s?.dataset.state === "talking"`, row(who), row(other))
	}
	claimed := func() { // by Jonas, also if somebody has just taken it from him
		t.Helper()
		jonas.run(`document.querySelector("#modal").close()`)
		jonas.press(who, "t")
		anna.until(`/Jonas/.test(%s?.querySelector(".notes")?.innerText ?? "")`, row(who))
	}
	anyway := func() {
		t.Helper()
		anna.until(`document.querySelector("#attended")?.open && document.querySelector("#attended").innerText.includes("Jonas Keller")`)
		anna.click(the(`#attended [value=yes]`))
	}
	anna.run(`document.querySelector("#preferences").dataset.record = "silent"`)
	for _, job := range []struct {
		key  string
		done func() bool
	}{
		{"h", func() bool { return s.Call(id).Hold }},
		{"m", func() bool { return s.Call(id).Muted }},
		{"r", func() bool { return s.Call(id).Recording }},
	} {
		claimed()
		s.ExpectNoCommands(t, func() {
			anna.press(who, job.key)
			anna.until(`document.querySelector("#attended")?.open`)
		})
		anyway()
		s.Eventually(job.key, job.done)
	}

	claimed()
	anna.press(who, "d")
	anyway()
	anna.click(the(`#modal [data-tone-key="1"]`))
	s.Eventually("a tone", func() bool { return slices.Equal(s.Call(id).Tones, []string{"1"}) })
	anna.run(`document.querySelector("#modal").close()`)

	claimed()
	anna.click(the(`.several a`))
	anna.click(the(`#modal [data-check-all]`))
	anna.click(the(`#modal .btn.danger`))
	anyway()
	s.Eventually("both hung up", func() bool {
		return !slices.ContainsFunc(s.Live(), func(c harness.Call) bool { return c.CallID == id || c.CallID == second })
	})
}
