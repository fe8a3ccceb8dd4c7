package acceptance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/simulator"
)

// pagesOf are the pages that show what sipgate answers.
var pagesOf = []string{"/", "/history", "/history.csv", "/announcements", "/team", "/audit", "/status", "/settings", "/setup", "/walls", "/figures", "/calls/new", "/search?q=m", "/search?q="}

// spoil has the simulator spoil a value of an answer until the faults are
// cleared.
func spoil(s *harness.Stack, path, way, field string, item int) {
	s.T.Helper()
	s.Control("POST", "faults", simulator.Fault{Spoil: way, Path: path, Field: field, Item: item}, nil)
}

// wantPage gets a page, which must be one, and returns it.
func wantPage(v *harness.Client, path, how string) string {
	v.T.Helper()
	status, body := v.Get(path)
	if status != http.StatusOK {
		v.T.Errorf("%s with %s: %d %.300s", path, how, status, body)
	}
	return body
}

// fieldsOf returns the names of the fields of an item, "" for the item itself.
func fieldsOf(s *harness.Stack, path, list string) []string {
	s.T.Helper()
	var answer map[string]json.RawMessage
	var items []map[string]any
	if err := json.Unmarshal(s.ReadAs("w0", s.Simulator+path), &answer); err != nil {
		s.T.Fatal(err)
	}
	if err := json.Unmarshal(answer[list], &items); err != nil || len(items) == 0 {
		s.T.Fatalf("%s: %v in %s", path, err, answer[list])
	}
	fields := []string{""}
	for field, value := range items[0] {
		fields = append(fields, field)
		if _, ok := value.([]any); ok {
			fields = append(fields, field+".0")
		}
	}
	slices.Sort(fields)
	return fields
}

// Whatever single item of whatever answer is spoiled in whatever way, no page
// fails, and all other items are shown.
func TestSpoiledItemsLeaveThePagesWhole(t *testing.T) {
	s := harness.NewPlain(t, "-visibility", "account")
	s.AddContacts([3]string{"Maria Musterfrau", "0171 3920099", ""}, [3]string{"Moritz Muster", "(0221) 4710 777", ""})
	s.FillHistory(8)
	calls := []string{s.Ring("+4930555001", "w0", "established"), s.Ring("+4930555002", "w1", "established")}
	anna := s.SignIn(t, 0)
	s.Eventually("rows", func() bool { return len(anna.Rows()) == 2 })
	rows := anna.Rows()
	pages := append(slices.Clone(pagesOf), "/calls/"+rows[0], "/calls/"+rows[0]+"/transfer", "/history/"+historyIDs(anna, "")[0])

	t.Run("history", func(t *testing.T) {
		all := historyIDs(anna, "")
		for _, field := range fieldsOf(s, "/v2/history", "items") {
			for _, way := range simulator.Spoilings() {
				how := fmt.Sprintf("%s of %q", way, field)
				spoil(s, "/v2/history", way, field, 1)
				page := wantPage(anna, "/history", how)
				for i, id := range all {
					if i != 1 && !strings.Contains(page, `/history/`+id) {
						t.Errorf("%s: entry %d is not shown", how, i)
					}
				}
				if way == "null" && (field == "" || field == "id") && !strings.Contains(page, "1 Eintrag war nicht lesbar.") {
					t.Errorf("%s: the page does not say that an entry is missing", how)
				}
				s.Control("DELETE", "faults", nil, nil)
			}
		}
	})
	t.Run("all answers", func(t *testing.T) {
		lists := map[string]string{"/v2/calls": "data", "/v2/history": "items", "/v2/users": "items", "/v2/numbers": "items", "/v2/contacts": "items", "/v2/w0/devices": "items", "/v2/groups": "items"}
		fields := map[string][]string{"/v2/account": {"", "company", "mainProductType"}, "/v2/settings/sipgateio": {"", "incomingUrl", "whitelist", "log"},
			"/v2/balance": {"", "amount"}, "/v2/history/*": {"", "id", "recordings", "created", "duration"}}
		for path, list := range lists {
			fields[path] = fieldsOf(s, path, list)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for round := range 3 {
			how := fmt.Sprintf("round %d:", round)
			for path, all := range fields {
				field, way := all[random.IntN(len(all))], simulator.Spoilings()[random.IntN(len(simulator.Spoilings()))]
				how += fmt.Sprintf(" %s %q of %q,", path, way, field)
				spoil(s, path, way, field, -1)
			}
			s.Restart()
			s.Eventually(how, func() bool {
				return strings.Contains(anna.Page("/"), "555001") || strings.Contains(anna.Page("/"), "555002")
			})
			for _, path := range pages {
				resp := anna.Send("GET", s.URL+path, "", nil)
				// The page about one entry or one call may say that sipgate's answer
				// about just that could not be read, or that it is gone.
				about := strings.HasPrefix(path, "/history/") || strings.HasPrefix(path, "/calls/")
				if ok := resp.StatusCode == http.StatusOK || about && slices.Contains([]int{404, 409, 502}, resp.StatusCode); !ok {
					t.Errorf("%s with %s: %s", path, how, resp.Status)
				}
			}
			s.Control("DELETE", "faults", nil, nil)
		}
	})
	t.Run("odd answers", func(t *testing.T) {
		for _, answer := range simulator.OddAnswers() {
			s.Control("POST", "faults", simulator.Fault{Answer: answer, Path: "/v2/**"}, nil)
			for _, path := range pages {
				resp := anna.Send("GET", s.URL+path, "", nil)
				if resp.StatusCode >= 500 && resp.StatusCode != http.StatusBadGateway {
					t.Errorf("%s with %s: %s", path, answer, resp.Status)
				}
			}
			status, page := anna.Get("/history")
			if status != http.StatusBadGateway || !strings.Contains(page, "Die Antwort von sipgate ist nicht lesbar.") {
				t.Errorf("%s: the history is %d %.500s", answer, status, page)
			}
			s.Control("DELETE", "faults", nil, nil)
		}
	})
	t.Run("started call without an id", func(t *testing.T) {
		for answer, code := range map[string]string{"error": "started_unknown", "nothing": "started_unknown", "noContent": "started_unknown", "html": "outcome_unreadable", "text": "outcome_unreadable"} {
			s.Control("POST", "faults", simulator.Fault{Answer: answer, Path: "/v2/sessions/calls", Count: 1}, nil)
			status, got, _ := anna.Command("/calls", `{"device":"e0","callee":"+4930555009",`+harness.ActionID()+`}`)
			if status != http.StatusBadGateway || got != code {
				t.Errorf("%s: %d %s, want %s", answer, status, got, code)
			}
		}
	})
	for _, id := range calls {
		s.HangUp(id)
	}
}

// Numbers as they are pasted are taken wherever one can be typed.
func TestPastedNumbersAreTaken(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.AddContacts([3]string{"Pasted Contact", "\u202a+49\u00a0(0)211\u20111234567\u202c", ""})
	anna := s.SignIn(t, 0)
	s.Eventually("the contact", func() bool { return len(search(anna, "pasted", "").People) == 1 })
	for _, typed := range []string{"\u202a+49 211 1234567\u202c", "+49\u00a0211\u00a01234567", "0211\u20111234567", "+492111234567\n", "+49 (0)211 1234567"} {
		if f := search(anna, typed, ""); f.Number != "+492111234567" || f.names() != "Pasted Contact" {
			t.Errorf("search for %q: %+v", typed, f)
		}
		for _, path := range []string{"/calls/new?to=tel:" + url.QueryEscape(typed), "/calls/new?to=tel:%20" + url.QueryEscape(typed), "/calls/new?to=" + url.QueryEscape(typed)} {
			if page := wantPage(anna, path, typed); !strings.Contains(page, `value="+49 211 1234567"`) {
				t.Errorf("%s does not fill in the number", path)
			}
		}
		wantPage(anna, "/history?phonenumber="+url.QueryEscape(typed), typed)
		body, _ := json.Marshal(typed)
		if status, code, _ := anna.Command("/calls", `{"device":"e0","callee":`+string(body)+`,`+harness.ActionID()+`}`); status >= 300 {
			t.Errorf("call to %q: %d %s", typed, status, code)
		}
	}
	if f := search(anna, "+49\u0661211 1234567", ""); f.Number != "" {
		t.Errorf("foreign digits are taken: %+v", f)
	}
}
