package acceptance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// searchResult is the answer of a search in JSON.
type searchResult struct {
	Number, Refused string
	People          []struct{ Name, Organization, Number, Kind, Presence, Refused string }
}

func (f searchResult) names() string {
	var all []string
	for _, p := range f.People {
		all = append(all, p.Name)
	}
	return strings.Join(all, ", ")
}

// search searches for text; query is appended to the address.
func search(v *harness.Client, text, query string) (f searchResult) {
	v.T.Helper()
	resp := v.Send("GET", v.Stack.URL+"/search?q="+url.QueryEscape(text)+query, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		v.T.Fatalf("search for %q: %s, %v, %q", text, resp.Status, err, resp.Header.Get("Cache-Control"))
	}
	return f
}

// A search finds members with their presence, contacts, and numbers of own
// calls, in one small answer, without asking sipgate for contacts again. A
// private contact is found by its owner only.
func TestSearch(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.AddContacts([3]string{"Canary Grandma Müller", "0171 3920099", "w0"}, [3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Teure Auskunft", "0900 1234567", ""})
	s.Control("POST", "contacts", map[string]any{"count": 5000}, nil)
	s.Control("POST", "devices/e2", map[string]any{"online": true, "dnd": true}, nil)
	anna, jonas, mira := s.SignIn(t, 0), s.SignIn(t, 1), s.SignIn(t, 2)
	s.Eventually("5,000 contacts", func() bool { return len(search(anna, "kontakt 04999", "").People) > 0 })
	s.Eventually("the team", func() bool { return len(search(jonas, "", "").People) >= 4 })
	s.Eventually("his contacts", func() bool { return len(search(jonas, "kontakt 04999", "").People) > 0 })
	s.Eventually("her contacts", func() bool { return len(search(mira, "kontakt 04999", "").People) > 0 })

	reads := s.Requests("GET", "/v2/contacts")
	if got := search(anna, "mueller", "").names(); got != "Jörg Müller, Canary Grandma Müller" && got != "Canary Grandma Müller, Jörg Müller" {
		t.Errorf("she finds %s", got)
	}
	for _, text := range []string{"canary", "grandma", "mueller", "0171 3920099", "3920099", "+49171392"} {
		for _, v := range []*harness.Client{jonas, mira} {
			_, html := v.Get("/search?q=" + url.QueryEscape(text))
			if f := search(v, text, ""); strings.Contains(html, "Canary") || strings.Contains(f.names(), "Canary") {
				t.Errorf("another member finds her private contact by %q", text)
			}
		}
	}
	testPresence(t, s, anna)
	for _, test := range []struct{ text, number, refused string }{
		{"0221 / 4710-777", "+492214710777", ""}, {"+49 (0)221 4710777", "+492214710777", ""}, {"00492214710777", "+492214710777", ""},
		{"0221", "", ""}, {"110", "", "number_blocked"}, {"112", "", "number_blocked"}, {"0900 1234567", "", "number_blocked"},
		{"+8816 00000", "", "number_blocked"}, {"*21*0221#", "", "number_blocked"},
	} {
		if f := search(anna, test.text, ""); f.Number != test.number || f.Refused != test.refused {
			t.Errorf("%q is %q, refused %q; want %q, %q", test.text, f.Number, f.Refused, test.number, test.refused)
		}
	}
	if f := search(anna, "teure", ""); len(f.People) != 1 || f.People[0].Refused != "number_blocked" {
		t.Errorf("a contact who must not be called: %+v", f)
	}
	largest := 0
	for _, text := range []string{"", "kontakt", "firma 0", "0", "beispiel kon"} {
		_, html := anna.Get("/search?q=" + url.QueryEscape(text))
		largest = max(largest, len(html))
		if n := strings.Count(html, `role="option"`); n > 12 {
			t.Errorf("%q finds %d", text, n)
		}
	}
	if t.Logf("the largest answer has %d bytes", largest); largest > 10<<10 {
		t.Errorf("an answer has %d bytes", largest)
	}
	if n := s.Requests("GET", "/v2/contacts"); n != reads {
		t.Errorf("%d more requests for contacts", n-reads)
	}
	if status, _ := anna.Get("/search?q=" + strings.Repeat("a", 201)); status != http.StatusUnprocessableEntity {
		t.Errorf("a long text: %d", status)
	}
	if resp := s.Anonymous(t).Send("GET", s.URL+"/search?q=a", "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") }); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("for a stranger: %s", resp.Status)
	}
}

// testPresence checks the presence of members, and that own calls come first.
func testPresence(t *testing.T, s *harness.Stack, anna *harness.Client) {
	presence := func(name string) string {
		for _, p := range search(anna, name, "").People {
			if p.Kind == "member" {
				return p.Presence
			}
		}
		return ""
	}
	if jonas, mira := presence("jonas"), presence("mira"); jonas != "available" || mira != "dnd" {
		t.Errorf("Jonas is %q, Mira %q", jonas, mira)
	}
	s.PushEvents()
	s.Ring("+4930555009", "w1", "established")
	s.Eventually("Jonas is on a call", func() bool { return presence("keller jo") == "oncall" })
	s.Ring("+4930555010", "w0", "established")
	s.Eventually("the number of an own call, after the team", func() bool {
		f := search(anna, "", "")
		n := len(f.People)
		return n > 1 && f.People[0].Kind == "member" && f.People[n-1].Number == "+4930555010" && f.People[n-1].Kind == "recent"
	})
}

// Without script a name that fits one recipient is enough; otherwise the form
// comes back with choices, and nothing is sent.
func TestRecipientByNameWithoutScript(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.AddContacts([3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Jutta Müller", "0221 4710 778", ""})
	v := s.SignIn(t, 0)
	id := s.Ring("+4930555002", "w0", "established")
	s.Eventually("row", func() bool { return len(v.Rows()) == 1 })
	s.Eventually("contacts", func() bool { return len(search(v, "mueller", "").People) == 2 })
	sheet := "/calls/" + v.Rows()[0] + "/transfer"
	send := func(fields string) (int, string) {
		resp := v.Send("POST", s.URL+sheet, "application/x-www-form-urlencoded", strings.NewReader(fields))
		var body strings.Builder
		resp.Write(&body)
		return resp.StatusCode, body.String()
	}
	s.ExpectNoCommands(t, func() {
		status, page := send("phoneNumber=muller&attended=false")
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, `value="muller"`) ||
			!strings.Contains(page, `name="choice" value="+492214710777"`) || !strings.Contains(page, `name="choice" value="+492214710778"`) {
			t.Errorf("%d %s", status, page)
		}
		if status, _ := send("phoneNumber=nobody&attended=false"); status != http.StatusUnprocessableEntity {
			t.Errorf("nobody: %d", status)
		}
	})
	if status, page := send("phoneNumber=muller&choice=%2B492214710778&attended=false"); status != http.StatusSeeOther {
		t.Errorf("the one that was chosen: %d %s", status, page)
	}
	if sent := s.Call(id).Transfers; len(sent) != 1 || sent[0].To != "+492214710778" {
		t.Errorf("transferred to %+v", sent)
	}
	v.Submit("/calls/new", "/calls", "callee=joerg&device=e0")
	if got := s.LastBody("/v2/sessions/calls"); !strings.Contains(got, "+492214710777") {
		t.Errorf("new call: %s", got)
	}
}
