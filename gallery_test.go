package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"callboard/views"
)

// newDemo starts the demo, which has the gallery.
func newDemo(t testing.TB) *stack {
	t.Helper()
	simAddr, addr := freeAddr(t), freeAddr(t)
	s := &stack{t: t, simulator: "http://" + simAddr, url: "http://" + addr,
		args: []string{"demo", "-addr", addr, "-simulator-addr", simAddr}}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// still opens a tab in which nothing moves: what is measured in the middle of a
// change would be true of no state.
func (b *browser) still(t *testing.T) *tab {
	t.Helper()
	p := b.person(t)
	reduce := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, reduce); err != nil {
		t.Fatal(err)
	}
	return p
}

// exhibit opens a picture of the gallery.
func (p *tab) exhibit(name string, lang views.Lang, theme string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.s.url + "/gallery/" + name + "?lang=" + lang.String() + "&theme=" + theme))
}

// A violation is what axe found in one place of a page.
type violation struct{ Rule, Help, Target, HTML, Summary string }

// axe loads axe-core into the page. It comes over the debugger, so that the
// page keeps its Content-Security-Policy.
func axe(t testing.TB) string {
	t.Helper()
	code, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	return string(code) + "; true"
}

// judge runs axe with all rules, target sizes included, or with those only that
// depend on colours or on the size of the window. On rows of the board contrast must be that of level AAA.
const judge = `((...only) => axe.run(document, {resultTypes: ["violations"], elementRef: true, runOnly: only.length ? {type: "rule", values: only} : undefined,
	rules: only.length ? {} : {"target-size": {enabled: true}, "color-contrast-enhanced": {enabled: true}}}).then(r => r.violations.flatMap(v => v.nodes
		.filter(n => v.id !== "color-contrast-enhanced" || n.element.closest("#board .row"))
		.map(n => ({Rule: v.id, Help: v.help, Target: n.target.join(" "), HTML: n.html.slice(0, 120), Summary: n.failureSummary.replace(/\s+/g, " ")})))))`

const (
	everything = judge + `()`
	colours    = judge + `("color-contrast", "color-contrast-enhanced", "link-in-text-block")`
	sizes      = judge + `("target-size", "scrollable-region-focusable", "nested-interactive", "button-name", "link-name", "page-has-heading-one", "region", "meta-viewport")`
)

// findings are violations, by what they are, and where they were found.
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

// Every view in every state has nothing that axe complains of: in the light, in
// the dark, and on a telephone. Rows are on the boards.
func TestBrowserAxe(t *testing.T) {
	t.Parallel()
	b, code := newBrowser(t, newDemo(t)), axe(t)
	names := slices.DeleteFunc(views.GalleryNames(), func(name string) bool { return strings.HasPrefix(name, "row-") })
	half := len(names) / 2
	for _, part := range [][]string{names[:half], names[half:]} {
		t.Run(part[0], func(t *testing.T) {
			t.Parallel() // on a tab of its own
			p, found := b.still(t), findings{}
			for _, name := range part {
				p.exhibit(name, views.German, "light")
				eval[bool](p, code)
				found.add(name, eval[[]violation](p, everything))
				p.run(`for (const e of document.querySelectorAll("html, #choices")) e.dataset.theme = "dark"`)
				found.add(name+" dark", eval[[]violation](p, colours))
				if scheme := eval[string](p, `getComputedStyle(document.documentElement).colorScheme`); scheme != "dark" {
					t.Errorf("%s: the dark one is %q", name, scheme)
				}
			}
			p.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
			for _, name := range part {
				p.exhibit(name, views.English, "light")
				eval[bool](p, code)
				found.add(name+" on a telephone", eval[[]violation](p, sizes))
			}
			found.report(t)
		})
	}
}

// The pages as they are served, with what is on them in the demo.
func TestBrowserAxePages(t *testing.T) {
	t.Parallel()
	s := newDemo(t)
	p := newBrowser(t, s).still(t)
	p.signIn("Anna")
	code, found := axe(t), findings{}
	pages := append([]string{"/calls/new", "/nowhere", "/gallery"}, eval[[]string](p, `[...document.querySelectorAll(".menu a")].map(a => a.pathname)`)...)
	for _, path := range pages {
		p.do(chromedp.Navigate(s.url + path))
		eval[bool](p, code)
		found.add(path, eval[[]violation](p, everything))
		p.run(`for (const e of document.querySelectorAll("html, #choices")) e.dataset.theme = "dark"`)
		found.add(path+" dark", eval[[]violation](p, colours))
	}
	found.report(t)
}

// TestAxeFile holds what the pages are judged with against what was taken from
// npm.
func TestAxeFile(t *testing.T) {
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

// clipped finds what does not fit: text that is cut off, controls that overlap
// the edge of the window, words that do not wrap. What scrolls by itself, and
// what is for screen readers only, is meant to be so.
const clipped = `(() => {
	const found = [], seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
	const width = document.documentElement.clientWidth;
	const scrolls = e => { for (let p = e; p && p !== document.body; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX)) return true; return false; };
	const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("") + " " + JSON.stringify((e.innerText ?? "").slice(0, 60));
	if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide, the window " + width);
	for (const e of document.querySelectorAll("body *")) {
		if (!seen(e) || e.closest("svg, option, datalist, .vh, .skip, noscript")) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (!box.width || !box.height || style.clipPath !== "none" || e.closest("[style*=clip-path]")) continue;
		if ((box.right > width + 1 || box.left < -1) && !scrolls(e)) found.push(name(e) + " reaches from " + Math.round(box.left) + " to " + Math.round(box.right));
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!own) continue;
		const wide = e.scrollWidth > e.clientWidth + 1 && style.display !== "inline" && !/auto|scroll/.test(style.overflowX);
		const high = e.scrollHeight > e.clientHeight + 3 && style.overflowY === "hidden";
		if (wide && style.textOverflow === "ellipsis" && e.title) continue; // the whole is told on demand
		if (wide || high) found.push(name(e) + " is " + e.clientWidth + " wide, its text " + e.scrollWidth);
		const r = document.createRange();
		for (const n of e.childNodes) {
			if (n.nodeType !== 3 || !n.data.trim()) continue;
			r.selectNodeContents(n);
			const t = r.getBoundingClientRect(), c = e.closest("button, .btn, .act, .pill, .chip, .badge, .quiet, .menu a, td, th, summary")?.getBoundingClientRect();
			if (c && (t.left < c.left - 1 || t.right > c.right + 1)) found.push(name(e) + ": its text goes beyond its frame");
		}
	}
	return found;
})()`

// Texts of other lengths and letters fit everywhere: in a language that is
// longer than ours, on a telephone and on a desk.
func TestBrowserClipped(t *testing.T) {
	t.Parallel()
	s := newDemo(t)
	p := newBrowser(t, s).still(t)
	found := map[string][]string{}
	for _, name := range views.GalleryNames() {
		p.exhibit(name, views.Pseudo, "light")
		for _, width := range []int64{360, 768, 1280} {
			if width == 360 && strings.HasPrefix(name, "wall") && name != "walls" {
				continue // a wall has no telephone's screen
			}
			p.do(chromedp.EmulateViewport(width, 900))
			for _, f := range eval[[]string](p, clipped) {
				found[f] = append(found[f], fmt.Sprintf("%s at %d", name, width))
			}
		}
	}
	for what, where := range found {
		t.Errorf("%s: %s", strings.Join(where[:min(len(where), 5)], ", "), what)
	}
}

var (
	shots    = flag.String("shots", "", "`directory` to which TestShots writes pictures of the gallery")
	pictures = flag.String("pictures", `^(signin|board|board-team|board-quiet|dialog-transfer|history|announcements|call|team|audit|settings|statuspage.*)$`,
		"which ones, a regular expression")
	widths = flag.String("widths", "360,768,1280,1920", "in windows of these widths")
)

// TestShots draws what the gallery shows, for looking at:
//
//	go test -run 'TestShots$' -shots /tmp/shots -pictures '^board' .
func TestShots(t *testing.T) {
	if *shots == "" {
		t.Skip("pictures are written with -shots DIRECTORY")
	}
	s := newDemo(t)
	p := newBrowser(t, s).still(t)
	which := regexp.MustCompile(*pictures)
	var sizes []int64
	if err := json.Unmarshal([]byte("["+*widths+"]"), &sizes); err != nil {
		t.Fatal(err)
	}
	for _, width := range sizes {
		p.do(chromedp.EmulateViewport(width, map[bool]int64{true: 780, false: 900}[width < 600]))
		for _, name := range views.GalleryNames() {
			for _, lang := range views.Langs {
				for _, theme := range views.Themes {
					if !which.MatchString(name) {
						continue
					}
					p.exhibit(name, lang, theme)
					png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					file := fmt.Sprintf("%s-%d-%s-%s.png", url.PathEscape(name), width, lang, theme)
					if err := os.WriteFile(filepath.Join(*shots, file), png, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// TestPictures draws the pictures of README.md: the live ones in the demo, the
// others from the gallery.
//
//	go test -run 'TestPictures$' -shots docs .
func TestPictures(t *testing.T) {
	if *shots == "" {
		t.Skip("pictures are written with -shots DIRECTORY")
	}
	s := newDemo(t)
	p := newBrowser(t, s).still(t)
	draw := func(name string) {
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	window := func(width, height int64) { p.do(chromedp.EmulateViewport(width, height)) }
	window(1280, 800)
	p.signIn("Anna")
	p.run(`document.querySelector(".asks")?.remove()`)
	for _, who := range []string{"+494066969420", "+498921212300"} {
		s.ring(who, "w0", "established")
	}
	p.until(`document.querySelectorAll("#board .row").length >= 5`)
	p.press("+49 40 66969420", "h")
	p.press("+49 89 21212300", "m")
	p.until(`!!document.querySelector('[data-state="held"]') && !!document.querySelector('[data-tone="mute"]')`)
	p.press("+49 89 21212300", "x")
	p.until(`!!document.querySelector(".undo")`)
	for _, theme := range views.Themes {
		p.run(`for (const e of document.querySelectorAll("html, #choices")) e.dataset.theme = %q`, theme)
		draw(map[string]string{"light": "board", "dark": "board-dark"}[theme])
	}
	p.run(`for (const e of document.querySelectorAll("html, #choices")) e.dataset.theme = "light"`)
	window(390, 844)
	draw("board-phone")
	window(1280, 800)
	p.press("+49 40 66969420", "t")
	p.until(`document.activeElement?.name === "phoneNumber"`)
	p.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "jo"))
	p.until(`document.querySelector("#whom-list [role=option]")?.innerText.includes("Jo")`)
	draw("transfer")
	p.run(`document.querySelector("#modal").close()`)
	p.run(`document.querySelector('.head [href="/calls/new"]').click()`)
	p.until(`document.activeElement?.name === "callee"`)
	draw("new")
	for name, picture := range map[string]string{"history": "history", "announcements": "announcements", "figures": "figures",
		"settings": "settings", "call": "call-ended", "team": "team", "audit": "audit", "status": "statuspage-set", "setup": "setup-local"} {
		p.exhibit(picture, views.English, "light")
		draw(name)
	}
	window(1920, 1080)
	p.exhibit("wall-names", views.English, "dark")
	draw("wall")
}
