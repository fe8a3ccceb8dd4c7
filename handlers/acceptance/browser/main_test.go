package browser

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The tests of handlers/acceptance look for races in the program.
func init() { harness.Unraced() }

// A browser is a Chromium with tabs. Each member has a browser context, so that
// cookies are not shared.
type browser struct {
	stack *harness.Stack
	ctx   context.Context
}

// newBrowser returns the Chromium that all tests share: the small one without windows
// if that is installed, which takes two thirds of the time. Without an installed one it
// skips the test, or fails it if CALLBOARD_BROWSER_TESTS is "required". A test that needs
// more flags gets a Chromium of its own.
func newBrowser(t testing.TB, s *harness.Stack, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	if len(more) == 0 && headlessShell != "" {
		return startedBy(t, s, sharedShell)
	}
	return newWholeBrowser(t, s, more...)
}

// newWholeBrowser is newBrowser for tests of what only the whole Chromium has:
// notifications.
func newWholeBrowser(t testing.TB, s *harness.Stack, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	found := slices.ContainsFunc([]string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"}, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	})
	if !found && os.Getenv("CALLBOARD_BROWSER_TESTS") == "required" {
		t.Fatal("no Chromium is installed")
	} else if !found {
		t.Skip("no Chromium is installed: the browser tests are left out")
	}
	if len(more) == 0 {
		return startedBy(t, s, shared)
	}
	return startedBy(t, s, func() (context.Context, error) {
		ctx, stop, err := startChromium(more...)
		t.Cleanup(stop)
		return ctx, err
	})
}

func startedBy(t testing.TB, s *harness.Stack, start func() (context.Context, error)) *browser {
	t.Helper()
	ctx, err := start()
	if err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &browser{stack: s, ctx: ctx}
}

// startChromium starts a Chromium; stop ends it and is never nil.
func startChromium(more ...chromedp.ExecAllocatorOption) (ctx context.Context, stop func(), err error) {
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("mute-audio", true), chromedp.WindowSize(1280, 900)}, more)
	alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	return ctx, func() { cancel(); end() }, chromedp.Do(ctx, chromedp.Navigate("about:blank"))
}

// shared starts the shared Chromium when the first test needs it. It ends with the tests.
var shared = sync.OnceValues(func() (ctx context.Context, err error) {
	ctx, _, err = startChromium()
	return ctx, err
})

// headlessShell is Debian's small Chromium, "" if it is not installed.
var headlessShell, _ = exec.LookPath("chromium-headless-shell")

// sharedShell starts the small one when the first test needs it. Its flags name the
// language and the mouse, which the whole one finds by itself.
var sharedShell = sync.OnceValues(func() (ctx context.Context, err error) {
	ctx, _, err = startChromium(chromedp.ExecPath(headlessShell), chromedp.Flag("accept-lang", "en-US,en"),
		chromedp.Flag("blink-settings", "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"))
	return ctx, err
})

// A tab is one page of one member. An exception in the page fails the test.
type tab struct {
	t   testing.TB
	s   *harness.Stack
	ctx context.Context
}

// exceptionText returns what was thrown, and where.
func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception == nil {
		return d.Text
	}
	return d.Text + " " + d.Exception.Description
}

// newTab opens a tab with its own cookies.
func (b *browser) newTab(t testing.TB) *tab {
	t.Helper()
	listen := chromedp.WithListener(func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("an exception in the page: %s", exceptionText(e.ExceptionDetails))
		}
	})
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), listen)
	t.Cleanup(cancel)
	// The tab lives as long as the context of its first action.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return &tab{t: t, s: b.stack, ctx: ctx}
}

// do runs actions within 30 seconds.
func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.screenshot("failure")
		p.t.Fatalf("in the browser: %v\n%s", err, p.text())
	}
}

// beforeScripts executes code in each further page before its own scripts.
func (p *tab) beforeScripts(code string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: code}); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to become true, without a reload.
func (p *tab) until(expression string, args ...any) {
	p.t.Helper()
	expression = fmt.Sprintf(expression, args...)
	// The page asks itself, which takes less time than to be asked.
	waits := `(async () => {
		const holds = () => { try { return Boolean(` + expression + `) } catch { return false } };
		const began = performance.now();
		while (!holds() && performance.now() < began + 3000) await new Promise(done => setTimeout(done, 40));
		return holds();
	})()`
	deadline := time.After(30 * time.Second)
	for {
		// While a page is being left there is nothing to ask.
		ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waits, chromedp.EvalAwaitPromise))
		cancel()
		if ok && err == nil {
			return
		}
		select {
		case <-deadline:
			p.screenshot("failure")
			p.t.Fatalf("timed out in the browser waiting for: %s (%v)\n%s", expression, err, p.text())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// text returns the address and the text of the page for the report of a
// failure.
func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// screenshot writes an image of the page to the directory that CALLBOARD_SHOTS
// names, if it is set.
func (p *tab) screenshot(name string) {
	dir := os.Getenv("CALLBOARD_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(dir+"/"+name+".png", png, 0o644)
	}
	if err != nil {
		p.t.Log(err)
	}
}

// signIn signs in through the dashboard's page and sipgate's.
func (p *tab) signIn(name string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.s.URL + "/"))
	p.click(the(`form[action^="/login"] button`))
	p.until(`[...document.querySelectorAll("button")].some(b => b.innerText.includes(%q))`, name)
	p.run(`[...document.querySelectorAll("button")].find(b => b.innerText.includes(%q)).click()`, name)
	// "complete": scripts have run that take clicks.
	p.until(`document.readyState === "complete" && !!document.querySelector("#board") && document.querySelector("#status").dataset.state === "live"`)
}

// run executes a statement in the page.
func (p *tab) run(statement string, args ...any) {
	p.t.Helper()
	eval[bool](p, "(() => {"+fmt.Sprintf(statement, args...)+"; return true })()")
}

// row returns the expression of the row with a number or name in it.
func row(who string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#board .row")].find(r => r.innerText.includes(%q))`, who)
}

// buttons are the classes of the buttons of a row, by their keys.
var buttons = map[string]string{"h": "hold", "m": "mute", "t": "transfer", "d": "keypad", "a": "announce", "r": "record", "x": "hangup"}

// press clicks a button of a row, by its key.
func (p *tab) press(who, key string) {
	p.t.Helper()
	p.until(`!!%s?.querySelector('.act.%s:not([aria-busy]):not([disabled])')`, row(who), buttons[key])
	p.run(`%s.querySelector('.act.%s').click()`, row(who), buttons[key])
}

// fetch returns what the page gets from an address, with the member's session.
func (p *tab) fetch(address string) []byte {
	p.t.Helper()
	encoded := eval[string](p, fmt.Sprintf(`fetch(%q).then(r => r.ok ? r.arrayBuffer() : Promise.reject(r.status)).then(b => {
		let s = ""; for (const c of new Uint8Array(b)) s += String.fromCharCode(c); return btoa(s) })`, address))
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}
