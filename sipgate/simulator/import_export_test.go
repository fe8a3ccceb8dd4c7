package simulator

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A file of contacts is imported as a whole, or not at all.
func TestImportOfContacts(t *testing.T) {
	r := open(t, Options{})
	send := func(status int, file string) {
		t.Helper()
		r.want(status, "POST", "/v2/contacts/import/csv", `{"base64Content":"`+base64.StdEncoding.EncodeToString([]byte(file))+`"}`)
	}
	count := func() int { return get[struct{ TotalCount int }](r, "/v2/contacts?limit=1").TotalCount }
	before := count()
	const head, ada = "firstname,lastname,number\n", "Ada,Lovelace,+4915799912345\n"
	for name, file := range map[string]string{
		"nothing": "", "another head": "number,firstname,lastname\n" + ada, "no head": ada, "a field too few": head + ada + "Alan,Turing\n",
		"no number": head + ada + "Alan,Turing,\n", "no name": head + ada + ",,+4915799912346\n", "a word for a number": head + "Alan,Turing,none\n", "a quote": head + `"Alan,Turing`,
	} {
		if send(400, file); count() != before {
			t.Errorf("%s: something was imported", name)
		}
	}
	r.want(400, "POST", "/v2/contacts/import/csv", `{"base64Content":"%"}`)
	send(204, head)
	send(204, head+ada+"\"Turing, Dr.\",,+4915799912346\n")
	if n := count(); n != before+2 {
		t.Errorf("%d contacts instead of %d", n, before+2)
	}
	colleague := r.as(r.token("", "w1", "all"))
	for number, name := range map[string]string{"4915799912345": "Ada Lovelace", "4915799912346": "Turing, Dr."} {
		got := get[struct {
			Items []struct{ Name, Scope string }
		}](colleague, "/v2/contacts?phonenumbers="+number).Items
		if len(got) != 1 || got[0].Name != name || got[0].Scope != "SHARED" {
			t.Errorf("%s: %v", number, got)
		}
	}
}

// Without an id, all contacts are deleted that the user sees, and no others.
func TestAllContactsAreDeleted(t *testing.T) {
	r := open(t, Options{})
	r.want(200, "POST", "/_simulator/contacts", `{"contacts":[{"name":"Mine","number":"0221 1","user":"w0"},{"name":"His","number":"0221 2","user":"w1"}]}`)
	r.want(204, "DELETE", "/v2/contacts", "")
	type list struct{ Items []struct{ Name string } }
	if left := get[list](r, "/v2/contacts").Items; len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if left := get[list](r.as(r.token("", "w1", "all")), "/v2/contacts").Items; len(left) != 1 || left[0].Name != "His" {
		t.Errorf("left to a colleague: %v", left)
	}
}

// The export has the entries that the query selects, in the order of the history.
func TestExportOfTheHistory(t *testing.T) {
	r := open(t, Options{})
	for i := range 12 {
		r.sim.HangUp(r.ring(NewCall{From: fmt.Sprintf("+493055500%02d", i), Users: []string{"w0"}, State: "established"}), "")
	}
	r.sim.HangUp(r.ring(NewCall{From: "+4930555099", Users: []string{"w1"}}), "cancel")
	ids := func(query string) (ids []string) {
		t.Helper()
		_, text := r.send("GET", "/v2/history/export"+query, "")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) == 0 || !slices.Equal(rows[0], exportColumns) {
			t.Fatalf("%s: %v\n%s", query, err, text)
		}
		for _, row := range rows[1:] {
			ids = append(ids, row[0])
		}
		return ids
	}
	listed := func(query string) (ids []string) {
		t.Helper()
		for _, e := range get[struct{ Items []struct{ ID string } }](r, "/v2/history"+query).Items {
			ids = append(ids, e.ID)
		}
		return ids
	}
	for query, want := range map[string]int{"": 10, "?limit=1000": 13, "?limit=1000&offset=11": 2, "?types=FAX": 0, "?directions=MISSED_INCOMING": 1, "?archived=true": 0} {
		if got := ids(query); len(got) != want || !slices.Equal(got, listed(query)) {
			t.Errorf("%q: %v", query, got)
		}
	}
	if got := ids("?limit=1000&phonenumber=%2B4930555099"); len(got) != 13 {
		t.Errorf("the export is filtered by a number: %v", got)
	}
	if _, text := r.send("GET", "/v2/history/export?limit=1", ""); !strings.Contains(text, ",CALL,MISSED_INCOMING,") || !strings.Contains(text, "4930555099") {
		t.Errorf("%s", text)
	}
	q := httptest.NewRequest("GET", "/v2/history/export", nil)
	q.Header.Set("Authorization", "Bearer "+r.tok)
	w := httptest.NewRecorder()
	if r.sim.ServeHTTP(w, q); w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("type %q", w.Header().Get("Content-Type"))
	}
	r.want(400, "GET", "/v2/history/export?limit=1001", "")
	r.want(403, "GET", "/v2/history/export?connectionIds=e0", "")
}
