package browser

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"callboard/handlers/acceptance/harness"
	"callboard/views"
	"callboard/views/gallery"
)

// A violation is a finding of axe in one place of a page.
type violation struct{ Rule, Help, Target, HTML, Summary string }

// newAxeTab opens a still tab whose pages have axe-core. The debugger adds it, so that
// they keep their Content-Security-Policy; it runs when it is used.
func (b *browser) newAxeTab(t *testing.T) *tab {
	t.Helper()
	code, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	p := b.newStillTab(t)
	source := "window.loadAxe = () => {" + string(code) + "}"
	p.beforeScripts(source)
	return p
}

// runAxe runs axe with all rules, target sizes included, or only with some. On
// rows of the board contrast must be that of level AAA. Style sheets are not
// loaded again, which only rules need that are off. What many pages share, such as
// the head, rows and entries of lists, the tab tests once per theme, width and set
// of rules.
const runAxe = `((...only) => {
	window.axe ?? loadAxe();
	axe.configure({rules: [{id: "color-contrast-enhanced", selector: "#board .row, #board .row *"}]});
	const key = [getComputedStyle(document.documentElement).colorScheme, innerWidth, ...only].join(), known = [];
	const tested = new Set(JSON.parse(sessionStorage.getItem(key) ?? "[]"));
	for (const e of document.querySelectorAll("header.top, .row, main > *, main > * > *, dialog > * > *, fieldset, li, tr")) {
		const what = e.parentElement.id + e.parentElement.className + e.outerHTML;
		if (tested.has(what)) known.push(e);
		tested.add(what);
	}
	sessionStorage.setItem(key, JSON.stringify([...tested]));
	return axe.run(known.length ? {exclude: known} : document, {resultTypes: ["violations"], preload: {assets: ["media"]}, runOnly: only.length ? {type: "rule", values: only} : undefined,
		rules: only.length ? {} : {"target-size": {enabled: true}, "color-contrast-enhanced": {enabled: true}}}).then(r => r.violations.flatMap(v => v.nodes
			.map(n => ({Rule: v.id, Help: v.help, Target: n.target.join(" "), HTML: n.html.slice(0, 120), Summary: n.failureSummary.replace(/\s+/g, " ")}))));
})`

const (
	everything = runAxe + `()`
	colours    = runAxe + `("color-contrast", "color-contrast-enhanced", "link-in-text-block")`
	// What a telephone and the dark theme change.
	telephone = runAxe + `("color-contrast", "color-contrast-enhanced", "link-in-text-block",
		"target-size", "scrollable-region-focusable", "nested-interactive", "button-name", "link-name", "page-has-heading-one", "region", "meta-viewport")`
)

// findings are the places of violations, by what is wrong.
type findings map[string][]string

func (f findings) add(where string, found []violation) {
	for _, v := range found {
		what := v.Rule + ": " + v.Help + "\n  " + v.Summary
		f[what] = append(f[what], where+" "+v.Target+" "+v.HTML)
	}
}

func (f findings) report(t *testing.T) {
	t.Helper()
	for what, where := range f {
		t.Errorf("%s\n  in %d places:\n    %s", what, len(where), strings.Join(where[:min(len(where), 6)], "\n    "))
	}
}

var examples = flag.String("examples", "", "`pattern` of the examples that TestBrowserGallery opens, all if empty")

// Every view is opened in every state, with texts that are longer than those of
// any language. Nothing is clipped at any width, and axe finds nothing, on a
// desktop in the light theme and on a telephone in the dark one. Rows are tested
// on the board if they are there.
func TestBrowserGallery(t *testing.T) {
	t.Parallel()
	p := newBrowser(t, harness.NewDemo(t)).newAxeTab(t)
	p.openPreview("board", views.Pseudo, "light")
	onBoard := eval[[]string](p, `[...document.querySelectorAll("#board .row")].map(r => r.id)`)
	names := slices.DeleteFunc(gallery.Names(), func(name string) bool { return slices.Contains(onBoard, name) })
	if len(onBoard) < 15 || len(names) < 100 {
		t.Fatalf("%d rows on the board, %d views", len(onBoard), len(names))
	}
	found, wanted := findings{}, regexp.MustCompile(*examples)
	for _, name := range names {
		if !wanted.MatchString(name) {
			continue
		}
		p.do(chromedp.EmulateViewport(1280, 900))
		p.openPreview(name, views.Pseudo, "light")
		p.tryPreview(name, found)
	}
	found.report(t)
}

// tryPreview adds what is wrong with the example that is open.
func (p *tab) tryPreview(name string, found findings) {
	p.t.Helper()
	for _, width := range []int64{1280, 768, 360} {
		if width == 360 && strings.HasPrefix(name, "wall") && name != "walls" {
			continue // a wall has no telephone's screen
		}
		found.addClipped(p, name, width)
	}
	if strings.HasPrefix(name, "row-") {
		return // no page of its own
	}
	p.do(chromedp.EmulateViewport(1280, 900))
	found.add(name, eval[[]violation](p, everything))
	p.darken()
	p.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
	found.add(name+", dark, on a telephone", eval[[]violation](p, telephone))
	if scheme := eval[string](p, `getComputedStyle(document.documentElement).colorScheme`); scheme != "dark" {
		p.t.Errorf("%s: the dark one is %q", name, scheme)
	}
}

// darken gives the page the dark theme.
func (p *tab) darken() {
	p.run(`for (const e of document.querySelectorAll("html, #preferences")) e.dataset.theme = "dark"`)
}

// axe finds nothing on the pages of the demo.
func TestBrowserAxePages(t *testing.T) {
	t.Parallel()
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newAxeTab(t)
	p.signIn("Anna")
	found := findings{}
	pages := append([]string{"/calls/new", "/nowhere", "/gallery"}, eval[[]string](p, `[...document.querySelectorAll(".menu a")].map(a => a.pathname)`)...)
	for _, path := range pages {
		p.do(chromedp.Navigate(s.URL + path))
		found.add(path, eval[[]violation](p, everything))
		p.darken()
		found.add(path+" dark", eval[[]violation](p, colours))
	}
	// The board with the rest of its menu open, and with a dialog over it.
	p.do(chromedp.Navigate(s.URL + "/"))
	p.run(`document.querySelector("details.more").open = true`)
	found.add("menu", slices.DeleteFunc(eval[[]violation](p, everything), func(v violation) bool {
		return v.Rule == "target-size" && strings.Contains(v.Target, ".acts") // below the menu, which covers it
	}))
	p.run(`document.querySelector('.tools [href="/calls/new"]').click()`)
	p.until(`document.querySelectorAll("#recipient-list [role=option]").length > 0`)
	found.add("new call", eval[[]violation](p, everything))
	found.report(t)
}

// axe is the file that was published on npm.
func TestAxeIsAsPublished(t *testing.T) {
	sums, err := os.ReadFile("testdata/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(sums)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the file that was taken over", name)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d sums", n)
	}
}
