package views

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/team"
)

// Settings show what is chosen, also what is no longer offered.
func TestSettingsShowWhatIsChosen(t *testing.T) {
	offered := []Option{{"e0", "Desk"}}
	for current, want := range map[string][]Option{
		"": {{"", "none"}, {"e0", "Desk"}}, "e0": {{"", "none"}, {"e0", "Desk"}}, "e9": {{"", "none"}, {"e0", "Desk"}, {"e9", "e9"}},
	} {
		if got := withCurrent("none", offered, current); !slices.Equal(got, want) {
			t.Errorf("%q: %v", current, got)
		}
	}
	for minutes, want := range map[int]string{0: "00:00", 61: "01:01", 1439: "23:59"} {
		if got := timeOfDay(minutes); got != want {
			t.Errorf("%d minutes: %s", minutes, got)
		}
	}
	if got := quietHoursData(team.QuietHours{On: true, From: 60, To: 120, Days: 3}) + "|" + quietHoursData(team.QuietHours{From: 60}); got != "60 120 3|" {
		t.Errorf("quiet hours %s", got)
	}
	if got := volume(team.Preferences{Sound: true, Volume: 70}) + " " + volume(team.Preferences{Volume: 70}); got != "70 0" {
		t.Errorf("volume %s", got)
	}
	if onOff(true) != "on" || onOff(false) != "off" {
		t.Error("on is off")
	}
	for _, m := range []SettingsModel{{Section: "calls"}, {Section: "calls", Field: "device"}} {
		invalid := m.Field != ""
		if m.isSaved("calls") == invalid || m.isInvalid("calls") != invalid || m.isSaved("display") || m.isInvalid("display") ||
			m.ariaInvalid("device") != fmt.Sprint(invalid) || m.ariaInvalid("number") != "false" {
			t.Errorf("%+v", m)
		}
	}
	if n := len(Page{Lang: German}.languageOptions()); n != len(Langs)+1 || len(Page{Demo: true}.languageOptions()) != n+1 {
		t.Errorf("%d languages", n)
	}
	if (Session{}).title(English) != "Unknown browser" || (Session{Browser: "Firefox, Linux"}).title(English) != "Firefox, Linux" {
		t.Error("the session has another name")
	}
	for want, m := range map[int]SetupModel{
		1: {}, 2: {Address: PublicAddress{Reached: true, Check: "none"}}, 3: {Address: PublicAddress{Check: "ok"}, Webhooks: WebhookModel{Set: true}}, 4: {Address: PublicAddress{Reached: true}, Webhooks: WebhookModel{Set: true}, RolesKept: true},
	} {
		if got := m.completedSteps(); got != want {
			t.Errorf("%+v: %d steps", m, got)
		}
	}
}

// script that it needs.
func TestPagesSuitTheirReaders(t *testing.T) {
	p := Page{Lang: German, Path: "/team"}
	if p.colorScheme() != "light dark" || p.manifest() != "manifest-de.webmanifest" || p.script() != "page.js" || p.ariaCurrent("/team") != "page" || p.ariaCurrent("/") != "false" {
		t.Errorf("%s, %s, %s", p.colorScheme(), p.manifest(), p.script())
	}
	if p.Preferences.Theme = "dark"; p.colorScheme() != "dark" {
		t.Errorf("colours %s", p.colorScheme())
	}
	for _, l := range []Lang{English, "fr", Pseudo} {
		if got := (Page{Lang: l}).manifest(); got != "manifest-en.webmanifest" {
			t.Errorf("%s: %s", l, got)
		}
	}
	history := p.withHistoryFiles()
	if history.script() != "history.js" || !history.hasFile("pages.css") || !history.hasFile("overlays.css") || !history.hasFile("dialogs.css") || p.hasFile("pages.css") {
		t.Errorf("the files of the history are %v", history.files)
	}
	if milliseconds(time.Time{}) != "" || milliseconds(time.UnixMilli(7)) != "7" {
		t.Error("times for script are wrong")
	}
	for _, test := range []struct {
		a                    Access
		state, missing, next string
	}{
		{Access{}, "", "", "/"},
		{Access{Missing: "history:read", Next: "/history"}, "scope", strings.TrimSpace(Scope{Name: "history:read"}.purpose(English) + " (history:read)"), "/history"},
		{Access{Expired: true, Missing: "no:such odd:one"}, "expired", "(no:such), (odd:one)", "/"},
	} {
		if test.a.state() != test.state || test.a.missingText(English) != test.missing || test.a.next() != test.next {
			t.Errorf("%+v: %q %q %q", test.a, test.a.state(), test.a.missingText(English), test.a.next())
		}
	}
}

// An error has a text for its code or, if there is none, for its status.
func TestErrorsHaveTexts(t *testing.T) {
	for status, class := range map[int]string{200: "400", 400: "400", 401: "401", 403: "403", 404: "404", 422: "400", 499: "400", 500: "500", 503: "500"} {
		if got := Message(English, "no_such_code", status); got != English.T("error.heading."+class) {
			t.Errorf("%d: %q", status, got)
		}
	}
	if got := Message(English, "role_viewer", 403); got != English.T("why.role_viewer") {
		t.Errorf("a denial: %q", got)
	}
	codes := FaultCodes()
	if !slices.Contains(codes, "not_yours") || !slices.Contains(codes, "number_blocked") || len(codes) < 20 {
		t.Errorf("codes %v", codes)
	}
	for _, code := range codes {
		if Message(English, code, 500) == English.T("error.heading.500") || strings.Contains(code, ".") {
			t.Errorf("%s has no text", code)
		}
	}
	if cancelled, unknown := Interrupted(English, "Mia", true), Interrupted(English, "Mia", false); cancelled == unknown || !strings.Contains(cancelled, "Mia") || !strings.Contains(unknown, "Mia") {
		t.Errorf("interrupted: %q, %q", cancelled, unknown)
	}
	for _, test := range []struct{ reason, person, want string }{
		{team.ReasonNoConsent, "", English.T("why." + team.ReasonNoConsent)}, {team.ReasonNoConsent, "Mia", English.T("why."+team.ReasonNoConsent+".of", "Mia")},
		{"role_viewer", "Mia", English.T("why.role_viewer")}, {"no_such_reason", "Mia", English.T("why.unknown_deed")},
	} {
		if got := DenialText(English, test.reason, test.person); got != test.want {
			t.Errorf("%s of %q: %q", test.reason, test.person, got)
		}
	}
}

// Languages that there are not are English, and a text that there is not is a fault.
func TestUnknownLanguagesAreEnglish(t *testing.T) {
	if Lang("fr").T("nav.board") != English.T("nav.board") || Lang("fr").String() != "en" || Lang("").String() != "en" || German.String() != "de" {
		t.Error("another language")
	}
	for accept, want := range map[string]Lang{
		"": English, "de_DE": German, "de-CH, en;q=0.5": German, "fr, de;q=0.1": German, "fr": English, "xx;;": English, strings.Repeat("fr, ", 200) + "de": English,
	} {
		if got := ParseLang(accept); got != want {
			t.Errorf("%.20q: %s", accept, got)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a missing text is no fault")
		}
	}()
	English.T("no.such.text")
}

// Failures of Callboard have an id that the log has, too; what readers did has none.
func TestOnlyFailuresHaveAnID(t *testing.T) {
	for status, code := range map[int]string{400: "bad_request", 401: "unauthenticated", 403: "role_agent", 404: "not_found", 409: "call_over", 422: "bad_param", 500: "internal", 502: "upstream_unavailable", 503: "busy"} {
		for _, name := range []string{"", "Mia"} {
			page := html(t, ErrorPage(Page{Lang: English, MemberName: name}, status, code, Message(English, code, status), "7F3A9C01"))
			if got := strings.Contains(page, "7F3A9C01"); got != (status >= 500) {
				t.Errorf("%d for %q: an id is shown: %v", status, name, got)
			}
			if got := strings.Contains(page, `class="menu"`); got != (name != "") {
				t.Errorf("%d for %q: the menu is there: %v", status, name, got)
			}
		}
	}
}
