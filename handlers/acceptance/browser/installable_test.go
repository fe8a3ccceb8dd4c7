package browser

import (
	"context"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The browser loads the manifest and finds no reason against installing the
// dashboard, before and after the sign-in.
func TestBrowserInstallable(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	p := newBrowser(t, s).newTab(t)
	check := func() {
		t.Helper()
		p.do(chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
			m, err := cdp.Call(ctx, at, page.GetAppManifest, page.GetAppManifestParams{})
			if err != nil {
				return err
			}
			for _, e := range m.Errors {
				t.Errorf("manifest: %s", e.Message)
			}
			if m.URL == "" || m.Data == "" {
				t.Error("no manifest was fetched")
			}
			why, err := cdp.Call(ctx, at, page.GetInstallabilityErrors, cdp.Empty{})
			if err != nil {
				return err
			}
			for _, e := range why.InstallabilityErrors {
				if e.ErrorID != "in-incognito" { // as each person of a test is
					t.Errorf("not installable: %s", e.ErrorID)
				}
			}
			return nil
		}))
	}
	p.do(chromedp.Navigate(s.URL + "/login"))
	check()
	p.signIn("Anna")
	check()
}

// openSettings loads the settings and defines sample(percent), which clicks the
// button that plays the ring with that volume.
func (p *tab) openSettings() {
	p.t.Helper()
	p.do(chromedp.Navigate(p.s.URL + "/settings"))
	p.until(`document.querySelector("[data-try]")?.hidden === false`)
	p.run(`window.sample = percent => {
		document.querySelector("[name=volume]").value = percent;
		document.querySelector("[data-try]").click();
	}`)
}

// The ring is rendered into memory by the browser's audio engine. It is
// audible, not clipped, softer at a lower volume, and ends after two seconds.
func TestBrowserRingIsAudible(t *testing.T) {
	s := harness.New(t)
	p := newBrowser(t, s).newTab(t)
	p.signIn("Anna")
	type heard struct{ Peak, Loudness, Tail float64 }
	listen := func(percent int) (h heard) {
		t.Helper()
		p.openSettings()
		p.run(`window.tape = new OfflineAudioContext(1, 3 * 44100, 44100);
			Object.defineProperty(tape, "resume", {value() {}});
			window.AudioContext = function () { return tape };
			sample(%d)`, percent)
		return eval[heard](p, `tape.startRendering().then(b => {
			const s = b.getChannelData(0), rms = part => Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
			return {Peak: s.reduce((m, x) => Math.max(m, Math.abs(x)), 0), Loudness: rms(s.subarray(0, 88200)), Tail: rms(s.subarray(44100 * 2.2))} })`)
	}
	// Rings that the browser held back until a click are not played all at once.
	p.openSettings()
	p.run(`window.held = []; window.strokes = 0;
		window.AudioContext = class { state = "suspended"; currentTime = 0; resume() { return new Promise(go => held.push(go)) } createOscillator() { strokes++; throw new Error("too late") } };
		for (let i = 0; i < 3; i++) sample(100);
		window.from = performance.now()`)
	p.until(`performance.now() - from > 600`)
	if got := eval[int](p, `(held.forEach(go => go()), Promise.resolve().then(() => held.length * 100 + strokes))`); got != 300 {
		t.Errorf("three rings held back, and so many strokes after a click: %d", got)
	}
	full, half, none := listen(100), listen(50), listen(0)
	t.Logf("full %+v, half %+v, none %+v", full, half, none)
	if full.Peak < .2 || full.Peak > .95 || full.Loudness < .02 || full.Tail > .0005 {
		t.Errorf("full: %+v", full)
	}
	if half.Loudness <= 0 || half.Loudness > full.Loudness/2 {
		t.Errorf("half as loud: %+v", half)
	}
	if none.Peak != 0 {
		t.Errorf("not at all: %+v", none)
	}
}
