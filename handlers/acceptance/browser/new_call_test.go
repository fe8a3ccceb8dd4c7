package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// setWebhooks makes sipgate send events to the dashboard, as an admin does on
// the status page.
func (p *tab) setWebhooks() {
	p.t.Helper()
	if status := eval[int](p, `fetch("/status/webhooks", {method: "POST", body: new URLSearchParams({do: "set"})}).then(r => r.status)`); status != 200 {
		p.t.Fatalf("webhooks: %d", status)
	}
}

// newCallForm is the form of a new call, in its dialog or on its page. The field for
// everything has another one, which is never seen.
const newCallForm = `document.querySelector('#modal[open] form[action="/calls"], .alone form[action="/calls"]')`

// sendNewCall fills in the open dialog of a new call and sends it.
func (p *tab) sendNewCall(callee, device string) {
	p.t.Helper()
	p.until(`!!` + newCallForm)
	p.run(newCallForm+`.elements.callee.value = %q`, callee)
	p.run(newCallForm+`.querySelector("[name=device][value=%s]").click()`, device)
	p.run(newCallForm + `.querySelector(".ends .primary").click()`)
}

// A new call is started from the board. Its states are shown as they happen, it
// is one row although sipgate announces it twice, and refusals are shown in the
// dialog without losing what was typed.
func TestBrowserNewCall(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna Bergmann")
	anna.setWebhooks()

	said := func(code string) {
		t.Helper()
		anna.until(`document.querySelector("#modal[open] #dialog-notices [data-error]")?.dataset.error === %q`, code)
		if got := eval[string](anna, newCallForm+`.elements.callee.value`); got != "0171 3920027" {
			t.Errorf("%s: what was typed became %q", code, got)
		}
	}
	anna.run(`document.querySelector('[data-key="n"]').click()`)
	s.Control("POST", "balance", map[string]any{"amount": 0}, nil)
	anna.sendNewCall("0171 3920027", "e0")
	said("start_no_credit")
	anna.screenshot("newcall-402")
	s.Control("POST", "balance", map[string]any{"amount": 100000}, nil)
	s.Control("POST", "faults", map[string]any{"do": "status", "status": 403, "path": "/v2/sessions/calls", "count": 1}, nil)
	anna.sendNewCall("0171 3920027", "e0")
	said("start_forbidden")
	s.Control("POST", "devices/e0", map[string]any{"online": false}, nil)
	anna.sendNewCall("0171 3920027", "e0")
	said("device_offline")
	if calls := s.Calls(); len(calls) != 0 {
		t.Fatalf("something rang: %+v", calls)
	}
	s.Control("POST", "devices/e0", map[string]any{"online": true}, nil)

	anna.sendNewCall("0171 3920027", "e0")
	anna.until(`document.querySelector("#modal[open] #originate")?.dataset.stage === "own"`)
	anna.screenshot("newcall-own")
	anna.until(`document.querySelectorAll("#board .row").length === 1`)
	anna.until(`document.querySelector("#modal[open] #originate")?.dataset.stage === "calling"`)
	anna.screenshot("newcall-calling")
	anna.until(`!document.querySelector("#modal").open && !!%s?.querySelector('.act.hold')`, row("3920027"))
	if n := eval[int](anna, `document.querySelectorAll("#board .row").length`); n != 1 {
		t.Errorf("the call is %d rows", n)
	}
	anna.screenshot("newcall-row")
	calls := s.Calls()
	if len(calls) != 1 || calls[0].To != "+491713920027" || calls[0].Phase != "established" || calls[0].Owner != "w0" || calls[0].DeviceCall == "" {
		t.Errorf("the truth: %+v", calls)
	}
}

// On sipgate's other platform, whose numbers have no plus sign, a new call
// works as well, and buttons are disabled once they turned out not to work there.
func TestBrowserNewCallOnNeo(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	b := newBrowser(t, s)
	levke := b.newTab(t)
	levke.signIn("Levke Petersen")
	for _, spelled := range []string{"bare", "plus"} {
		s.Control("POST", "platforms/2951604", map[string]any{"numbers": spelled}, nil)
		levke.until(`document.querySelector("#status").dataset.state === "live"`)
		levke.run(`document.querySelector('[data-key="n"]').click()`)
		levke.until(`["y0", "e20"].every(id => document.querySelector("#modal[open] [name=device][value=" + id + "]:disabled"))`)
		levke.sendNewCall("+49 30 23125862", "e0")
		levke.until(`!document.querySelector("#modal").open && !!%s?.querySelector('.act.hold')`, row("23125862"))
		if spelled == "bare" { // it is tried, and sipgate refuses
			levke.run(`%s.querySelector('.act.mute').click()`, row("23125862"))
		}
		levke.until(`%s.querySelector('.act.mute').getAttribute("aria-disabled") === "true"`, row("23125862"))
		levke.run(`%s.querySelector('.act.mute').click()`, row("23125862"))
		levke.until(`document.querySelector("#notices")?.innerText.includes("Muting is not possible")`) // a press is answered with the reason, on a touchscreen too
		if why := eval[string](levke, row("23125862")+`.querySelector('.act.mute').title`); why == "" {
			t.Error("the button that is off does not say why")
		}
		levke.screenshot("newcall-neo")
		if spelled == "bare" {
			levke.press("23125862", "r")
			levke.until(`document.querySelectorAll("#modal[open] button[name=announcement]").length === 2`)
			levke.click(the(`#modal button[name="announcement"][value="false"]`))
			levke.until(`%s.innerText.includes("Record failed")`, row("23125862"))
		} else if page := string(levke.fetch("/calls/" + strings.TrimPrefix(eval[string](levke, row("23125862")+".id"), "row-") + "/record")); strings.Count(page, `name="announcement"`) != 1 || !strings.Contains(page, "data-unsupported") {
			t.Error("recording without an announcement is offered although sipgate refused it")
		}
		calls := s.Calls()
		last := calls[len(calls)-1]
		if last.Account != "2951604" || last.To != "+493023125862" || last.Phase != "established" {
			t.Errorf("%s: %+v", spelled, last)
		}
		s.Control("POST", "calls/"+last.CallID+"/hangup", map[string]any{}, nil)
		levke.until(`!document.querySelector("#board .row:not([data-phase=ended]) .act.hold")`)
	}
	if page := string(levke.fetch("/history")); strings.Count(page, "data-entry=") != 2 || !strings.Contains(page, "Notariat Brandes") {
		t.Error("the history does not have both calls")
	}
	// The first was tried once with the plus sign too, each later one as the last
	// one worked, and the classic way was not tried at all.
	var numbers []string
	for _, r := range s.RequestLog() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/calls") {
			numbers = append(numbers, r.Path+" "+r.Body)
		}
	}
	const device = `/v2/calls {"deviceId":"e0","targetNumber":"`
	channel := `","channelId":"` + s.Channel("2951604", "p0") + `"}`
	if want := []string{device + `493023125862` + channel, device + `493023125862` + channel, device + `+493023125862` + channel}; !slices.Equal(numbers, want) {
		t.Errorf("sent %q", numbers)
	}
	if page := string(levke.fetch("/status")); !strings.Contains(page, `data-platform="neo"`) {
		t.Error("the status page does not tell the platform")
	}
}

// What sipgate accepts without a telephone ringing is said not to have rung, and what to
// do, once the channel has nothing of the call.
func TestBrowserNewCallThatDoesNotRing(t *testing.T) {
	t.Parallel()
	const account = "2951604"
	s := harness.New(t)
	b := newBrowser(t, s)
	levke := b.newTab(t)
	levke.signIn("Levke Petersen")
	levke.until(`document.querySelector("#status").dataset.state === "live"`)
	levke.run(`document.querySelector('[data-key="n"]').click()`)
	// The telephone goes offline after it was looked at, and before sipgate calls it.
	s.Control("POST", "faults", map[string]any{"do": "delay", "delay": "2s", "method": "POST", "path": "/v2/calls", "count": 1}, nil)
	levke.sendNewCall("+49 30 23125862", "e0")
	s.Eventually("sipgate is asked to call", func() bool { return s.Requests("POST", "/v2/calls") == 1 })
	s.Control("POST", "devices/e0", map[string]any{"account": account, "online": false}, nil)
	levke.until(`document.querySelector("#modal[open] #originate")?.innerText.includes("It did not ring") && document.querySelector("#modal").innerText.includes("Choose another phone")`)
	levke.screenshot("newcall-silent")
	if n := eval[int](levke, `document.querySelectorAll("#board .row").length`); n != 0 || len(s.Calls()) != 0 {
		t.Errorf("there are %d rows", n)
	}
}

// An announcement is played to the member's own telephone, and is heard in the
// recording of that call.
func TestBrowserPlayToMyPhone(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna Bergmann")
	anna.setWebhooks()
	anna.do(chromedp.Navigate(s.URL + "/announcements"))
	upload := fmt.Sprintf(`(async () => {
		const form = new FormData(), bytes = Uint8Array.from(atob(%q), c => c.charCodeAt(0));
		form.append("file", new File([bytes], "Welcome tone.wav"));
		return (await fetch("/announcements", {method: "POST", body: form, headers: {Accept: "application/json"}})).status })()`,
		base64.StdEncoding.EncodeToString(harness.ToneWAV(announceHz, announceFor)))
	if status := eval[int](anna, upload); status != http.StatusCreated {
		t.Fatalf("upload: %d", status)
	}
	anna.do(chromedp.Navigate(s.URL + "/announcements"))
	// So that the recording has begun when sipgate is asked to play.
	s.Control("POST", "faults", map[string]any{"do": "delay", "delay": "3s", "path": "/v2/calls/*/announcements", "count": 1}, nil)
	anna.click(the(`a[href$="/play-to-me"]`))
	anna.until(`!!document.querySelector('#modal[open] form[action$="/play-to-me"]')`)
	if number := eval[string](anna, `document.querySelector("#modal [name=number]").value`); number != "+492214710110" {
		t.Errorf("the number that is called is %s", number)
	}
	anna.screenshot("play-ask")
	anna.click(the(`#modal form[action$="/play-to-me"] .primary`))
	anna.until(`document.querySelector("#modal[open] #originate")?.dataset.stage === "own"`)
	s.Eventually("the call is established", func() bool {
		all := s.Calls()
		return len(all) == 1 && all[0].Phase == "established"
	})
	id := s.Calls()[0].CallID
	s.API("w0", "PUT", "calls/"+id+"/recording", map[string]any{"value": true, "announcement": true})
	anna.until(`document.querySelector("#modal[open] #originate")?.dataset.stage === "playing"`)
	anna.screenshot("play-playing")
	anna.until(`document.querySelector("#modal[open] #originate")?.dataset.stage === "over"`)
	call := s.Calls()[0]
	if call.Phase != "ended" || call.Users[0] != "w0" || call.To != "+492214710110" || len(call.Announcements) != 1 || !call.Announcements[0].Accepted || call.Announcements[0].Seconds != announceFor {
		t.Errorf("%+v", call)
	}
	var old struct {
		Items []struct{ Recordings []struct{ URL string } }
	}
	if err := json.Unmarshal(s.ReadAs("w0", s.Simulator+"/v2/history?types=CALL"), &old); err != nil || len(old.Items) != 1 || len(old.Items[0].Recordings) != 1 {
		t.Fatalf("%+v %v", old, err)
	}
	samples, err := announcement.TelephoneSamples(s.ReadAs("w0", old.Items[0].Recordings[0].URL))
	if err != nil {
		t.Fatal(err)
	}
	hearsTone(t, samples)
}

// A tel: link opens the dialog with its number, or says why not. It starts
// no call: sipgate gets no request.
func TestBrowserTelLink(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna Bergmann")
	for link, want := range map[string]string{
		"tel%3A%2B4915799912345": "+49 1579 9912345", "tel:+49-1579-9912345": "+49 1579 9912345", "0157 99912345": "+49 1579 9912345",
		"tel:%2B49900123456": "number_blocked", "tel:112": "number_blocked", "tel:%2B4915799912345%3Bext%3D7": "number_extension",
		"tel:12;phone-context=x.example": "number_context", "sip:a@b": "number_invalid",
	} {
		anna.do(chromedp.Navigate(s.URL + "/calls/new?to=" + strings.ReplaceAll(link, " ", "%20")))
		got := eval[string](anna, `document.querySelector(".dialog [data-error]")?.dataset.error ?? `+newCallForm+`.elements.callee.value`)
		if got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
	anna.screenshot("tel-link")
	if calls := s.Calls(); len(calls) != 0 {
		t.Errorf("a link called: %+v", calls)
	}
	anna.do(chromedp.Navigate(s.URL + "/settings"))
	anna.run(`navigator.registerProtocolHandler = (scheme, url) => { window.registered = scheme + " " + url }`)
	anna.run(`document.querySelector("[data-tel]").click()`)
	if got, want := eval[string](anna, `window.registered`), "tel "+s.URL+"/calls/new?to=%s"; got != want {
		t.Errorf("registered %q, want %q", got, want)
	}
}
