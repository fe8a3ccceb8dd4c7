package browser

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"callboard/handlers/acceptance/harness"
	"callboard/views"
	"callboard/views/gallery"
)

var (
	shots    = flag.String("shots", "", "`directory` to which TestScreenshots writes pictures of the gallery")
	pictures = flag.String("pictures", `^(signin|board|board-team|board-quiet|dialog-transfer|dialog-new|dialog-over|history|figures|wall|walls|setup|announcements|call|team|audit|settings|statuspage.*)$`,
		"which ones, a regular expression")
	widths = flag.String("widths", "360,768,1280,1920", "in windows of these widths")
)

// TestScreenshots takes screenshots of the gallery:
//
//	go test -run 'TestScreenshots$' -shots /tmp/shots -pictures '^board' ./handlers/acceptance/browser
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("pictures are written with -shots DIRECTORY")
	}
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newStillTab(t)
	which := regexp.MustCompile(*pictures)
	var sizes []int64
	if err := json.Unmarshal([]byte("["+*widths+"]"), &sizes); err != nil {
		t.Fatal(err)
	}
	for _, width := range sizes {
		p.do(chromedp.EmulateViewport(width, map[bool]int64{true: 780, false: 900}[width < 600]))
		for _, name := range gallery.Names() {
			for _, lang := range views.Langs {
				for _, theme := range []string{"light", "dark"} {
					if !which.MatchString(name) {
						continue
					}
					p.openPreview(name, lang, theme)
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

// TestPictures takes the screenshots of README.md, from the demo and from the
// gallery:
//
//	go test -run 'TestPictures$' -shots "$PWD/docs" ./handlers/acceptance/browser
func TestPictures(t *testing.T) {
	if *shots == "" {
		t.Skip("pictures are written with -shots DIRECTORY")
	}
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newStillTab(t)
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
		s.Ring(who, "w0", "established")
	}
	p.until(`document.querySelectorAll("#board .row").length >= 5`)
	p.press("+49 40 66969420", "h")
	p.press("+49 89 21212300", "m")
	p.until(`!!document.querySelector('[data-state="held"]') && !!document.querySelector('[data-tone="mute"]')`)
	p.press("+49 89 21212300", "x")
	p.until(`!!document.querySelector(".undo") && !document.querySelector("#board .chip[data-tone=busy]")`)
	for _, theme := range []string{"light", "dark"} {
		p.run(`for (const e of document.querySelectorAll("html, #preferences")) e.dataset.theme = %q`, theme)
		draw(map[string]string{"light": "board", "dark": "board-dark"}[theme])
	}
	p.run(`for (const e of document.querySelectorAll("html, #preferences")) e.dataset.theme = "light"`)
	window(390, 844)
	draw("board-phone")
	window(1280, 800)
	p.press("+49 40 66969420", "t")
	p.until(`document.activeElement?.name === "phoneNumber"`)
	p.do(chromedp.SendKeys(`#modal input[name=phoneNumber]`, "jo"))
	p.until(`(all => all.length > 0 && all.every(o => /jo/i.test(o.innerText)))([...document.querySelectorAll("#recipient-list [role=option]")])`)
	draw("transfer")
	p.run(`document.querySelector("#modal").close()`)
	p.run(`document.querySelector('.tools [href="/calls/new"]').click()`)
	p.until(`document.activeElement?.name === "callee"`)
	draw("new")
	for name, picture := range map[string]string{"history": "history", "announcements": "announcements", "figures": "figures",
		"settings": "settings", "call": "call-ended", "team": "team", "audit": "audit", "status": "statuspage-set", "setup": "setup-local"} {
		p.openPreview(picture, views.English, "light")
		draw(name)
	}
	window(1920, 1080)
	p.openPreview("wall-names", views.English, "dark")
	draw("wall")
}
