package acceptance

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// rootElement returns the language and the theme in the first element of a
// page.
func rootElement(v *harness.Client, path, browserLanguage string) string {
	v.T.Helper()
	resp := v.Send("GET", v.Stack.URL+path, "", nil, func(r *http.Request) { r.Header.Set("Accept-Language", browserLanguage) })
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		v.T.Fatal(err)
	}
	root := regexp.MustCompile(`(?s)<html lang="([a-z]*)" data-now="\d*" data-zone="[^"]*"(?: data-board)?([^>]*)>`).FindSubmatch(page)
	if root == nil {
		v.T.Fatalf("%s: no page: %.300s", path, page)
	}
	return string(root[1]) + string(root[2])
}

// A member's preferences apply in every browser, survive a restart, and apply
// to no other member.
func TestPreferencesFollowTheMember(t *testing.T) {
	s := harness.New(t)
	anna, phone, jonas := s.SignIn(t, 0), s.SignIn(t, 0), s.SignIn(t, 1)
	heard := phone.Listen(t)
	s.Eventually("the feed", func() bool { return strings.Contains(heard(), "preferences") })
	for language, want := range map[string]string{"de-DE": "de", "en-GB": "en", "fr": "de"} { // the simulated users are German
		if got := rootElement(anna, "/", language); got != want {
			t.Errorf("nothing chosen, the browser says %s: %s", language, got)
		}
	}
	if status, _ := anna.Post("/settings/display", "lang=en&theme=dark&density=compact&only_mine=true"); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	s.Eventually("the open page", func() bool {
		return strings.Contains(heard(), `data-theme=\"dark\" data-density=\"compact\" data-record=\"\" data-keys=\"off\" data-own-calls=\"on\"`)
	})
	s.Stop()
	s.Start()
	for _, v := range []*harness.Client{anna, phone} {
		for _, path := range []string{"/", "/history", "/settings", "/nothing-here"} {
			if got := rootElement(v, path, "de"); got != `en data-theme="dark"` {
				t.Errorf("%s: %s", path, got)
			}
		}
	}
	if got := rootElement(jonas, "/", "de"); got != "de" {
		t.Errorf("Jonas: %s", got)
	}
	if _, page := anna.Get("/settings?saved=display"); !strings.Contains(page, `role="status">Saved.`) || strings.Count(page, `role="status">Saved.`) != 1 {
		t.Error("it is not said that it was saved")
	}
	if status, _ := anna.Post("/settings/display", "lang=&theme=&keys=true"); status != http.StatusSeeOther || rootElement(anna, "/", "de") != "de" {
		t.Error("as the browser says")
	}
	stranger := s.Anonymous(t)
	for language, want := range map[string]string{"de": "de", "en": "en", "fr": "en"} {
		if got := rootElement(stranger, "/login", language); got != want {
			t.Errorf("signed out, %s: %s", language, got)
		}
	}
}

// Invalid preferences are refused with the name of the field, shown at the
// field, and not saved.
func TestInvalidPreferencesAreRefused(t *testing.T) {
	s := harness.New(t)
	v := s.SignIn(t, 0)
	const ringing = "volume=60&quiet_from=20:00&quiet_to=07:00&mon=true"
	for _, test := range []struct{ path, form, field, shown string }{
		{"/settings/display", "lang=fr&theme=", "lang", `name="lang" aria-invalid="true"`},
		{"/settings/display", "lang=en-XA&theme=", "lang", `name="lang" aria-invalid="true"`}, // in the demo only
		{"/settings/display", "lang=&theme=pink", "theme", `name="theme" aria-invalid="true"`},
		{"/settings/display", "lang=&theme=&density=airy", "density", `name="density" aria-invalid="true"`},
		{"/settings/display", "lang=&theme=&keys=perhaps", "keys", `role="alert"`},
		{"/settings/ringing", strings.Replace(ringing, "60", "101", 1), "volume", `value="101" aria-invalid="true"`},
		{"/settings/ringing", strings.Replace(ringing, "60", "loud", 1), "volume", `role="alert"`},
		{"/settings/ringing", strings.Replace(ringing, "20:00", "25:00", 1), "quiet_from", `role="alert"`},
		{"/settings/ringing", strings.Replace(ringing, "07:00", "", 1), "quiet_to", `role="alert"`},
		{"/settings/ringing", strings.Replace(ringing, "mon=true", "quiet=true", 1), "quiet_days", `name="sun" value="true" aria-invalid="true"`},
		{"/settings/calls", "grace=3600", "grace", `role="alert"`},
		{"/settings/calls", "grace=4&device=e0+e1", "device", `<option value="e0 e1" selected>`},
		{"/settings/calls", "grace=4&number=112", "number", `name="number" aria-invalid="true"`},
		{"/settings/calls", "grace=4&grace=2", "grace", `role="alert"`},
		{"/settings/toggle", "only_mine=perhaps", "only_mine", ""},
	} {
		status, page := v.Post(test.path, test.form)
		if status != 422 || !strings.Contains(page, test.shown) || strings.Contains(page, `class="saved"`) {
			t.Errorf("%s %s: %d, without %s", test.path, test.form, status, test.shown)
		}
		resp := v.Send("POST", s.URL+test.path, "application/x-www-form-urlencoded", strings.NewReader(test.form),
			func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		if status, code, field := harness.ReadError(t, resp); status != 422 || code != "bad_param" || field != test.field {
			t.Errorf("%s %s: %d %s %s", test.path, test.form, status, code, field)
		}
	}
	if got := rootElement(v, "/", "de"); got != "de" {
		t.Errorf("something was kept: %s", got)
	}
	form := url.Values{"grace": {"8"}, "device": {"e0"}, "number": {"+4921112345610"}}.Encode()
	if status, _ := v.Post("/settings/calls", form, func(r *http.Request) { r.Header.Set("HX-Request", "true") }); status != http.StatusNoContent {
		t.Errorf("enhanced: %d", status)
	}
	if _, page := v.Get("/settings"); !strings.Contains(page, `value="8" checked`) || !strings.Contains(page, `<option value="+4921112345610" selected>`) {
		t.Error("what was chosen is not shown")
	}
}

// The board without script shows own calls only if the member wants that, and
// says how many others are hidden.
func TestOwnCallsOnlyWithoutScript(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	v := s.SignIn(t, 0)
	s.Ring("+4930555021", "w0", "established")
	s.Ring("+4930555022", "w1", "established")
	board := func() string { _, page := v.Get("/"); return page }
	s.Eventually("both", func() bool { return strings.Count(board(), `class="row"`) == 2 })
	v.Submit("/", "/settings/toggle", "only_mine=true")
	page := board()
	if strings.Count(page, `<li class="row"`) != 1 || strings.Count(page, `<li hidden class="row"`) != 1 || !strings.Contains(page, "+49 30 555021") || !regexp.MustCompile(`id="hidden-calls"[^>]*>1 (call|Anruf) `).MatchString(page) {
		t.Errorf("only mine: %s", page)
	}
	v.Submit("/", "/settings/toggle", "only_mine=false")
	if page := board(); strings.Count(page, `class="row"`) != 2 || !regexp.MustCompile(`id="hidden-calls" hidden`).MatchString(page) {
		t.Errorf("all: %s", page)
	}
}

// A new call begins with the preferred telephone and number. A preferred
// telephone that does not exist any more is still shown in the settings.
func TestNewCallsBeginWithPreferences(t *testing.T) {
	s := harness.New(t)
	v := s.SignIn(t, 0)
	_, settings := v.Get("/settings")
	options := func(name string) (values []string) {
		list := regexp.MustCompile(`(?s)<select name="` + name + `".*?</select>`).FindString(settings)
		for _, m := range regexp.MustCompile(`<option value="([^"]+)"`).FindAllStringSubmatch(list, -1) {
			values = append(values, m[1])
		}
		return values
	}
	devices, numbers := options("device"), options("number")
	if len(devices) == 0 || len(numbers) < 2 {
		t.Fatalf("devices %q, numbers %q", devices, numbers)
	}
	for _, number := range numbers {
		if status, _ := v.Post("/settings/calls", url.Values{"grace": {"4"}, "device": {devices[0]}, "number": {number}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("%s %s: %d", devices[0], number, status)
		}
		_, sheet := v.Get("/calls/new")
		if !strings.Contains(sheet, `<option value="`+number+`" selected>`) || strings.Count(sheet, " selected>") != 1 {
			t.Errorf("the number %s is not the one to be shown", number)
		}
		if !regexp.MustCompile(`name="device" value="` + devices[0] + `"[^>]* checked`).MatchString(sheet) {
			t.Errorf("the telephone %s is not the one to begin with", devices[0])
		}
	}
	if status, _ := v.Post("/settings/calls", "grace=4&device=e99"); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	if _, page := v.Get("/settings"); !strings.Contains(page, `<option value="e99" selected>`) {
		t.Error("a telephone that does not exist any more is not shown")
	}
}
