package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callboard/sipgate/announcement"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web"
)

// shows checks that a page has texts, and that it lacks those that begin with
// "!".
func shows(t testing.TB, what, page string, texts ...string) {
	t.Helper()
	page = strings.Join(strings.Fields(page), " ")
	for _, text := range texts {
		if text, without := strings.CutPrefix(text, "!"); strings.Contains(page, text) == without {
			t.Errorf("%s: %q is there: %v", what, text, without)
		}
	}
}

// TestAFaultIsAnsweredInTheFormOfTheRequest: programs get JSON, scripts a
// notice, browsers a page, and addresses that are not for people no text.
func TestAFaultIsAnsweredInTheFormOfTheRequest(t *testing.T) {
	h := bare(t)
	busy := web.Fault{Status: 503, Code: "disk_full"}
	gone := web.Fault{Status: 404, Code: "not_found"}
	program, script := "Accept: application/json", "HX-Request: true"
	for _, test := range []struct {
		path, header string
		fault        web.Fault
		texts        []string
	}{
		{"/push", "", gone, nil},
		{"/push/secret", program, gone, nil},
		{"/pushed", "", gone, []string{"<!doctype html>", "Page not found"}},
		{"/a/x.wav", program, gone, []string{"Not Found", "!{", "!<"}},
		{"/readyz", "Accept-Language: de", web.Fault{Status: 503, Code: "busy"}, []string{"That took too long.", "!<"}},
		{"/wall/x", "Accept-Language: de", busy, []string{`lang="de"`, "Ein Admin kann einen neuen erstellen.", "!disk_full"}},
		{"/wall/x?lang=en", "Accept-Language: de", busy, []string{`lang="en"`, "This link is not valid", "!disk_full"}},
		{"/wall/x/poll", program, gone, []string{"This link is not valid"}},
		{"/walls", "", gone, []string{"Page not found", "!This link is not valid"}},
		{"/x", "", gone, []string{"<!doctype html>", "Page not found", "!This page does not exist", "!Error ID", `href="/"`}},
		{"/x", "Accept-Language: de", gone, []string{"Seite nicht gefunden"}},
		{"/x", program, gone, []string{`"code":"not_found"`, `"message":"This page does not exist, or no longer."`, `!"field"`, `!"override"`}},
		{"/x", program, web.BadParam("q"), []string{`"code":"bad_param"`, `"field":"q"`}},
		{"/x", script, gone, []string{`data-error="not_found"`, "This page does not exist, or no longer.", "!<html"}},
		{"/oauth/callback", "", web.Fault{Status: 400, Code: "oauth_denied"}, []string{`action="/login"`, `name="next" value="/"`, `data-error="oauth_denied"`}},
		{"/oauth/callbacks", "", gone, []string{`!action="/login"`}},
	} {
		r, w := httptest.NewRequest("GET", test.path, nil), httptest.NewRecorder()
		if name, value, ok := strings.Cut(test.header, ": "); ok {
			r.Header.Set(name, value)
		}
		h.respondFault(w, r, test.fault)
		if w.Code != test.fault.Status || w.Header().Get("Callboard-Answer") != test.fault.Code {
			t.Errorf("%s %s: %d, marked %q", test.path, test.header, w.Code, w.Header().Get("Callboard-Answer"))
		}
		if test.texts == nil && w.Body.Len() > 0 {
			t.Errorf("%s %s: %s", test.path, test.header, w.Body)
		}
		shows(t, test.path+" "+test.header, strings.ToLower(w.Body.String()), lower(test.texts)...)
	}
}

func lower(texts []string) (all []string) {
	for _, s := range texts {
		all = append(all, strings.ToLower(s))
	}
	return all
}

// TestARefusalNamesThePerson: who acts on a call and whether one may do so
// all the same, who allows no one to control their calls, and what is wrong with
// a file; but nothing of a call that one must not know of.
func TestARefusalNamesThePerson(t *testing.T) {
	h := bare(t)
	claimed := func(override bool) error {
		return &callcontrol.ClaimedError{ClaimedError: &switchboard.ClaimedError{Claim: switchboard.Claim{Name: "Jonas Keller", Verb: switchboard.VerbHold}}, MayOverride: override}
	}
	for _, test := range []struct {
		err      error
		code     string
		override bool
		text     string
	}{
		{claimed(true), "attended", true, "Jonas Keller"},
		{claimed(false), "attended", false, "Jonas Keller"},
		{switchboard.ErrClaimed, "attended", false, "A colleague is using this call."},
		{team.Denied{Reason: team.ReasonNoConsent, Name: "Jonas Keller"}, "not_lendable", false, "Jonas Keller does not allow others to control their calls"},
		{team.Denied{Reason: team.ReasonNoConsent}, "not_lendable", false, "This colleague does not allow others to control their calls"},
		{team.Denied{Reason: team.ReasonNotShared, Name: "Jonas Keller"}, "not_found", false, "This page does not exist, or no longer."},
		{team.Denied{Reason: "role_viewer"}, "role_viewer", false, "Viewers can only watch"},
		{&announcement.Error{Code: announcement.Unsupported, Reason: announcement.TooManyChannels, Number: 6}, string(announcement.Unsupported), false, "6"},
		{&announcement.Error{Code: announcement.Code("unheard"), Reason: announcement.TooManyChannels, Number: 6}, "internal", false, "Something went wrong on our side."},
	} {
		fault := explain(test.err)
		fault.Cause = test.err
		forms := map[string]string{"application/json": "", "text/html": "", "script": ""}
		for form := range forms {
			r, w := httptest.NewRequest("POST", "/calls/x/hold", nil), httptest.NewRecorder()
			if r.Header.Set("Accept", form); form == "script" {
				r.Header.Set("HX-Request", "true")
			}
			h.respondFault(w, r, fault)
			if w.Code != fault.Status {
				t.Errorf("%v as %s: %d", test.err, form, w.Code)
			}
			forms[form] = w.Body.String()
			text := test.text
			if form == "text/html" && test.code == "not_found" {
				text = "Page not found"
			}
			shows(t, test.err.Error()+" as "+form, w.Body.String(), text)
			if !strings.Contains(test.text, "Jonas") {
				shows(t, test.err.Error()+" as "+form, w.Body.String(), "!Jonas")
			}
		}
		var answer map[string]errorJSON
		if err := json.Unmarshal([]byte(forms["application/json"]), &answer); err != nil {
			t.Fatal(err)
		}
		if e := answer["error"]; e.Code != test.code || e.Override != test.override {
			t.Errorf("%v: %+v", test.err, e)
		}
		if offered := strings.Contains(forms["script"], "data-override"); offered != test.override {
			t.Errorf("%v: to do it all the same is offered: %v: %s", test.err, offered, forms["script"])
		}
	}
}

// TestAnAnswerThatCannotBeSentIsNoPanic: a browser that is gone while a fault is
// sent is nothing to answer for.
func TestAnAnswerThatCannotBeSentIsNoPanic(t *testing.T) {
	w := &goneWriter{header: http.Header{}}
	bare(t).respondFault(w, httptest.NewRequest("GET", "/x", nil), errNotFound)
	if w.status != http.StatusNotFound {
		t.Errorf("answered with %d", w.status)
	}
}

// A goneWriter is of a client that does not read.
type goneWriter struct {
	header http.Header
	status int
}

func (w *goneWriter) Header() http.Header       { return w.header }
func (w *goneWriter) WriteHeader(status int)    { w.status = status }
func (w *goneWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestAnErrorKeepsTheMenu: who is signed in can go on from an error. It is said once,
// and has an id only if it is ours to look into.
func TestAnErrorKeepsTheMenu(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	lost := anna.get("/nowhere").Body.String()
	shows(t, "a lost member", lost, `class="menu"`, `href="/history"`, `id="search"`, "<h1>Page not found</h1>", "!Error ID", "!This page does not exist")
	agent := d.signIn("w1", team.Agent)
	shows(t, "a refused member", agent.get("/audit").Body.String(), `class="menu"`, "<h1>No access</h1>", `role="alert"`, "!Error ID")
	shows(t, "a stranger", (&browser{d: d}).get("/nowhere").Body.String(), "!class=\"menu\"", "!Error ID")
}
