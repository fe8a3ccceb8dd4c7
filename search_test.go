package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// found is what a program gets that searches.
type found struct {
	Number, Refused string
	People          []struct{ Name, Organization, Number, Kind, Presence, Refused string }
}

func (f found) names() string {
	var all []string
	for _, p := range f.People {
		all = append(all, p.Name)
	}
	return strings.Join(all, ", ")
}

// search is what a person finds; query is as it stands in an address.
func (v *visitor) search(text, query string) (f found) {
	v.t.Helper()
	resp := v.send("GET", v.s.url+"/search?q="+url.QueryEscape(text)+query, "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		v.t.Fatalf("search for %q: %s, %v, %q", text, resp.Status, err, resp.Header.Get("Cache-Control"))
	}
	return f
}

// addContacts adds contacts to the first account: name, number, and whose it is.
func (s *stack) addContacts(contacts ...[3]string) {
	s.t.Helper()
	var list []map[string]any
	for _, c := range contacts {
		list = append(list, map[string]any{"name": c[0], "number": c[1], "user": c[2]})
	}
	s.control("POST", "contacts", map[string]any{"contacts": list}, nil)
}

// Whom somebody finds: members with presence, contacts, numbers of own calls,
// in one request, small, and without asking sipgate for contacts again. What is
// one member's alone nobody else finds, in any form.
func TestSearch(t *testing.T) {
	s := newStack(t, "-visibility", "account")
	s.addContacts([3]string{"Canary Grandma Müller", "0171 3920099", "w0"}, [3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Teure Auskunft", "0900 1234567", ""})
	s.control("POST", "contacts", map[string]any{"count": 5000}, nil)
	s.control("POST", "devices/e2", map[string]any{"online": true, "dnd": true}, nil)
	anna, jonas, mira := s.visitor(t, 0), s.visitor(t, 1), s.visitor(t, 2)
	s.eventually("5,000 contacts", func() bool { return len(anna.search("kontakt 04999", "").People) > 0 })
	s.eventually("the team", func() bool { return len(jonas.search("", "").People) >= 5 })
	s.eventually("his contacts", func() bool { return len(jonas.search("kontakt 04999", "").People) > 0 })
	s.eventually("her contacts", func() bool { return len(mira.search("kontakt 04999", "").People) > 0 })

	reads := s.requests("GET", "/v2/contacts")
	if got := anna.search("mueller", "").names(); got != "Jörg Müller, Canary Grandma Müller" && got != "Canary Grandma Müller, Jörg Müller" {
		t.Errorf("she finds %s", got)
	}
	for _, text := range []string{"canary", "grandma", "mueller", "0171 3920099", "3920099", "+49171392"} {
		for _, v := range []*visitor{jonas, mira} {
			_, html := v.get("/search?q=" + url.QueryEscape(text))
			if f := v.search(text, ""); strings.Contains(html, "Canary") || strings.Contains(f.names(), "Canary") {
				t.Errorf("somebody else finds her private contact by %q", text)
			}
		}
	}
	testPresence(t, s, anna)
	for _, test := range []struct{ text, number, refused string }{
		{"0221 / 4710-777", "+492214710777", ""}, {"+49 (0)221 4710777", "+492214710777", ""}, {"00492214710777", "+492214710777", ""},
		{"0221", "", ""}, {"110", "", "number_blocked"}, {"112", "", "number_blocked"}, {"0900 1234567", "", "number_blocked"},
		{"+8816 00000", "", "number_blocked"}, {"*21*0221#", "", "number_blocked"},
	} {
		if f := anna.search(test.text, ""); f.Number != test.number || f.Refused != test.refused {
			t.Errorf("%q is %q, refused %q; want %q, %q", test.text, f.Number, f.Refused, test.number, test.refused)
		}
	}
	if f := anna.search("teure", ""); len(f.People) != 1 || f.People[0].Refused != "number_blocked" {
		t.Errorf("a contact who must not be called: %+v", f)
	}
	largest := 0
	for _, text := range []string{"", "kontakt", "firma 0", "0", "beispiel kon"} {
		_, html := anna.get("/search?q=" + url.QueryEscape(text))
		largest = max(largest, len(html))
		if n := strings.Count(html, `role="option"`); n > 12 {
			t.Errorf("%q finds %d", text, n)
		}
	}
	if t.Logf("the largest answer has %d bytes", largest); largest > 10<<10 {
		t.Errorf("an answer has %d bytes", largest)
	}
	if n := s.requests("GET", "/v2/contacts"); n != reads {
		t.Errorf("%d more requests for contacts", n-reads)
	}
	if status, _ := anna.get("/search?q=" + strings.Repeat("a", 201)); status != http.StatusUnprocessableEntity {
		t.Errorf("a long text: %d", status)
	}
	if resp := (&visitor{t: t, s: s, http: &http.Client{}}).send("GET", s.url+"/search?q=a", "", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") }); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("for a stranger: %s", resp.Status)
	}
}

// testPresence shows how members can be reached, and own calls first.
func testPresence(t *testing.T, s *stack, anna *visitor) {
	presence := func(name string) string {
		for _, p := range anna.search(name, "").People {
			if p.Kind == "member" {
				return p.Presence
			}
		}
		return ""
	}
	if jonas, mira := presence("jonas"), presence("mira"); jonas != "available" || mira != "dnd" {
		t.Errorf("Jonas is %q, Mira %q", jonas, mira)
	}
	s.pushEvents()
	s.ring("+4930555009", "w1", "established")
	s.eventually("Jonas is on a call", func() bool { return presence("keller jo") == "oncall" })
	s.ring("+4930555010", "w0", "established")
	s.eventually("the number of an own call first", func() bool {
		f := anna.search("", "")
		return len(f.People) > 0 && f.People[0].Number == "+4930555010" && f.People[0].Kind == "recent"
	})
}

// A name is enough without script, if it fits one; else the form comes back
// with choices, and what else was in it is not sent.
func TestNamesWithoutScript(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.addContacts([3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Jutta Müller", "0221 4710 778", ""})
	v := s.visitor(t, 0)
	id := s.ring("+4930555002", "w0", "established")
	s.eventually("row", func() bool { return len(v.rows()) == 1 })
	s.eventually("contacts", func() bool { return len(v.search("mueller", "").People) == 2 })
	sheet := "/calls/" + v.rows()[0] + "/transfer"
	send := func(fields string) (int, string) {
		resp := v.send("POST", s.url+sheet, "application/x-www-form-urlencoded", strings.NewReader(fields))
		var body strings.Builder
		resp.Write(&body)
		return resp.StatusCode, body.String()
	}
	s.silent(t, func() {
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
	if sent := s.call(id).Transfers; len(sent) != 1 || sent[0].To != "+492214710778" {
		t.Errorf("transferred to %+v", sent)
	}
	v.submit("/calls/new", "/calls", "callee=joerg&device=e0")
	if got := s.lastBody("/v2/sessions/calls"); !strings.Contains(got, "+492214710777") {
		t.Errorf("new call: %s", got)
	}
}

// Whom to call is found by the keyboard alone, and what the number will be is
// said before anything is sent.
func TestBrowserSearch(t *testing.T) {
	s := newStack(t, "-visibility", "account")
	s.addContacts([3]string{"Jörg Müller", "(0221) 4710 777", ""}, [3]string{"Jutta Müller", "0221 4710 778", ""}, [3]string{"Canary Aunt", "0221 4710 779", "w1"})
	s.control("POST", "contacts", map[string]any{"count": 5000}, nil)
	b := newBrowser(t, s)
	anna := b.person(t)
	anna.signIn("Anna")
	s.eventually("contacts", func() bool {
		return eval[bool](anna, `fetch("/search?q=mueller").then(r => r.text()).then(t => t.includes("Jutta"))`)
	})
	id := s.ring("+4930555002", "w0", "established")
	anna.until(`%s?.dataset.state === "talking"`, row("+49 30 555002"))
	anna.do(chromedp.Focus(`#board .row`), chromedp.KeyEvent("t"))
	anna.until(`document.activeElement?.role === "combobox"`)
	anna.until(`!document.querySelector(".found").hidden`)
	anna.until(`document.querySelector(".found").innerText.includes("Jonas Keller")`)
	anna.picture("search-empty")

	options := `[...document.querySelectorAll("#whom-list [role=option]")]`
	selected := `document.querySelector('#whom-list [aria-selected="true"]')`
	verdict := `document.querySelector("#whom-verdict").innerText`
	anna.run(`document.activeElement.select()`) // the driver may have sent the letter late
	anna.do(chromedp.KeyEvent("mueller"))
	anna.until(`%s.length === 2 && %[1]s.every(o => o.innerText.includes("Müller"))`, options)
	anna.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	anna.until(`%s === %s[1] && document.activeElement.getAttribute("aria-activedescendant") === "whom-1"`, selected, options)
	anna.do(chromedp.KeyEvent(kb.ArrowDown))
	anna.until(`%s === %s[0]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.End))
	anna.until(`%s === %s[1]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.Home))
	anna.until(`%s === %s[0]`, selected, options)
	anna.picture("search-list")
	anna.do(chromedp.KeyEvent(kb.Escape)) // the list first
	anna.until(`document.querySelector(".found").hidden && document.querySelector("#modal").open && document.activeElement.getAttribute("aria-expanded") === "false"`)
	anna.do(chromedp.KeyEvent(kb.ArrowUp))
	anna.until(`%s === %s[1]`, selected, options)
	anna.do(chromedp.KeyEvent(kb.Enter))
	anna.until(`document.activeElement.value === "+49 221 4710778" && document.querySelector(".found").hidden`)
	anna.until(`document.querySelector("[data-goes]").innerText === "Jutta Müller" && %s.includes("+49 221 4710778")`, verdict)
	anna.picture("search-chosen")

	typed := func(text, says string) {
		t.Helper()
		anna.run(`document.activeElement.select()`)
		anna.do(chromedp.KeyEvent(text))
		anna.until(`%s.includes(%q)`, verdict, says)
	}
	s.silent(t, func() {
		typed("0221 / 4710-555", "+49 221 4710555") // normalised
		typed("0221", "not complete")
		typed("0900 1234567", "blocked")
		anna.picture("search-blocked")
		typed("112", "blocked")
		typed("030 555002", "already part")
		typed("zzzz", "Nobody found")
		anna.picture("search-nobody")
		typed("canary", "Nobody found")
	})

	// A search that fails says so, and a number can be typed all the same.
	s.stop()
	anna.run(`document.activeElement.select()`)
	anna.do(chromedp.KeyEvent("0221 471"))
	anna.until(`%s.includes("does not work")`, verdict)
	anna.picture("search-failed")
	s.start()
	anna.until(`document.querySelector("#status").dataset.state === "live"`)
	typed("0221 4710555", "+49 221 4710555")
	if eval[bool](anna, `document.activeElement.getAttribute("aria-expanded") === "true"`) {
		anna.key(kb.Escape) // the list; without one it would close the dialog
	}
	anna.key(kb.Enter) // which of the two must be said
	anna.until(`document.activeElement.value === "true"`)
	anna.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	s.eventually("transfer", func() bool {
		sent := s.call(id).Transfers
		return len(sent) == 1 && sent[0].To == "+492214710555" && !sent[0].Attended
	})
	anna.until(`!document.querySelector("#modal").open`)
	testSearchByMouse(s, anna)
}

// The same by mouse, for a new call.
func testSearchByMouse(s *stack, anna *tab) {
	anna.do(chromedp.KeyEvent("n"))
	anna.until(`document.activeElement?.role === "combobox"`)
	anna.run(`document.activeElement.select()`)
	anna.do(chromedp.KeyEvent("jörg"))
	anna.until(`document.querySelectorAll("#whom-list [role=option]").length === 1`)
	anna.do(chromedp.Click(`#whom-list [role=option]`))
	anna.until(`document.activeElement.value === "+49 221 4710777"`)
	anna.do(chromedp.KeyEvent(kb.Enter))
	s.eventually("new call", func() bool { return strings.Contains(s.lastBody("/v2/sessions/calls"), "+492214710777") })
}
