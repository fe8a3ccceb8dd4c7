package browser

import (
	"strconv"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inLine is the names in the line of the strip of the team.
const inLine = `[...document.querySelectorAll("#team li")].filter(e => e.checkVisibility()).map(e => e.querySelector("b").textContent)`

// largeTeam opens the board of Anna, in a team of 30, and waits until telephones are
// known.
func largeTeam(t *testing.T) (s *harness.Stack, open func(name string) *hand) {
	s = harness.New(t, "-visibility", "account", "-users", "30", "-pickup=-1s")
	b := newBrowser(t, s)
	return s, func(name string) *hand {
		p := &hand{tab: b.newTab(t)}
		p.do(chromedp.EmulateViewport(1280, 800))
		p.signIn(name)
		p.until(`document.querySelectorAll("#team li").length === 29 && !document.querySelector("#team .unknown")`)
		return p
	}
}

// A member marks colleagues in the panel of the team, with keys and with the mouse.
// They come first in the strip of all pages of that member at once, in the picker and
// in the field for everything, and not with anyone else. While the panel is open
// no tile moves in it.
func TestBrowserFavouritesComeFirst(t *testing.T) {
	t.Parallel()
	_, open := largeTeam(t)
	anna, second, jonas := open("Anna"), open("Anna"), open("Jonas")
	others := eval[[]string](jonas.tab, inLine)
	names := eval[[]string](anna.tab, `[...document.querySelectorAll("#team li b")].map(e => e.textContent)`)
	far, last := names[20], names[28]
	tile := func(name string) string {
		return `[...document.querySelectorAll("#team li")].find(e => e.querySelector("b").textContent === "` + name + `")`
	}

	anna.run(`document.querySelector("#team summary").focus()`)
	anna.press(kb.Enter)
	anna.until(`document.activeElement?.id === "team-search"`)
	anna.screenshot("favourites-panel")
	anna.press(strings.ToLower(far))
	anna.until(inLine+`.join() === %q`, far)
	anna.press(kb.ArrowDown, kb.Tab)
	if got := eval[string](anna.tab, `document.activeElement.innerText.trim() + " " + document.activeElement.ariaPressed`); got != "Favourite: "+far+" false" {
		t.Fatalf("the keys lead to %s", got)
	}
	anna.press(" ")
	second.until(inLine+`[0] === %q`, far)
	second.screenshot("favourites-second")
	anna.until(`document.activeElement.matches(".star[aria-pressed=true]") && !!%s.querySelector("[data-favourite]")`, tile(far))
	anna.run(`document.querySelector("#team-search").value = ""; document.querySelector("#team-search").dispatchEvent(new Event("input", {bubbles: true}))`)
	if got := eval[[]string](anna.tab, inLine); strings.Join(got, ",") != strings.Join(names, ",") {
		t.Errorf("the open panel was %v and is %v", names, got)
	}

	anna.click(tile(last) + `.querySelector(".star")`)
	both := []string{far, last}
	second.until(inLine+`.slice(0, 2).sort().join() === %q.split(",").sort().join()`, strings.Join(both, ","))
	second.do(chromedp.Reload())
	second.until(inLine+`.slice(0, 2).sort().join() === %q.split(",").sort().join() && document.querySelectorAll("#team li").length === 29`, strings.Join(both, ","))
	anna.press(kb.Escape)
	anna.do(chromedp.MouseClickXY(640, 600))
	anna.until(inLine+`.slice(0, 2).sort().join() === %q.split(",").sort().join() && !document.querySelector("#team .star")`, strings.Join(both, ","))
	if got := eval[[]string](jonas.tab, inLine); strings.Join(got, ",") != strings.Join(others, ",") {
		t.Errorf("with a colleague the strip was %v and is %v", others, got)
	}

	second.click(`document.querySelector('.tools a[href="/calls/new"]')`)
	second.until(`[...document.querySelectorAll("#modal [role=group]:first-child [role=option] b")].slice(0, 2).map(e => e.textContent).sort().join() === %q.split(",").sort().join()`, strings.Join(both, ","))
	second.screenshot("favourites-picker")

	second.do(chromedp.Navigate(second.s.URL + "/team"))
	second.click(`[...document.querySelectorAll(".person")].find(e => e.innerText.includes("` + far + `")).querySelector(".favourite button[aria-pressed=true]")`)
	anna.until(inLine+`[0] === %q && document.querySelectorAll("#team [data-favourite]").length === 1`, last)
	second.screenshot("favourites-team-page")
}

// The panel of a large team shows its groups with how many are free, live. One press
// shows the members of a group, a second one all; a search finds them by its name, and
// so does the field for everything.
func TestBrowserGroupsOfALargeTeam(t *testing.T) {
	t.Parallel()
	s, open := largeTeam(t)
	anna := open("Anna")
	chip := func(name string) string { return `document.querySelector("#team [data-group='` + name + `']")` }
	anna.click(`document.querySelector("#team summary")`)
	anna.until(`document.activeElement?.id === "team-search"`)
	anna.screenshot("groups-panel")
	groups := eval[[]string](anna.tab, `[...document.querySelectorAll("#team [data-group]")].map(e => e.dataset.group)`)
	if got := strings.Join(groups, ","); got != "Buchhaltung,Einkauf,IT,Personal,Service,Versand,Vertrieb,Werkstatt,Zentrale" {
		t.Fatalf("the panel shows the groups %s", got)
	}
	const members = `[...document.querySelectorAll("#team li")].filter(e => (e.dataset.groups ?? "").split("\n").includes("Vertrieb"))`
	count := eval[int](anna.tab, members+`.length`)
	free := func(n int) {
		t.Helper()
		anna.until(chip("Vertrieb")+`.innerText.replace(/\s+/g, " ") === "Vertrieb %d free"`, n)
	}
	free(count)
	anna.click(chip("Vertrieb"))
	anna.until(inLine+`.length === %d && %s.every(e => e.checkVisibility()) && %s.ariaPressed === "true"`, count, members, chip("Vertrieb"))
	anna.screenshot("groups-pressed")

	user := strings.TrimPrefix(eval[string](anna.tab, members+`[0].querySelector("small").id`), "is-")
	s.PushEvents()
	s.Ring("+4930555901", user, "established")
	free(count - 1)
	if !eval[bool](anna.tab, inLine+`.length === `+strconv.Itoa(count)) {
		t.Error("a call shows all groups again")
	}
	anna.click(chip("Vertrieb"))
	anna.until(inLine + `.length === 29`)

	anna.click(`document.querySelector("#team-search")`)
	anna.press("vertr")
	anna.until(inLine+`.length === %d && %s.every(e => e.checkVisibility())`, count, members)
	anna.press(kb.Escape)
	anna.until(`!document.querySelector("#team [open]") && !document.querySelector("#team [aria-pressed=true]")`)

	anna.click(`document.querySelector("#search")`)
	anna.press("vertrieb")
	anna.until(`document.querySelectorAll(".find [data-group=team] [role=option] .avatar").length === %d`, min(count, 11))
	anna.screenshot("groups-search")
	if got := eval[string](anna.tab, `document.querySelector(".find [role=option] b").textContent`); got != "Vertrieb" {
		t.Errorf("first is %s", got)
	}
}
