package simulator

import "testing"

// AddContacts adds any number of contacts. Only their owner sees private ones.
func TestAddContacts(t *testing.T) {
	r := open(t, Options{})
	type answer struct {
		TotalCount int
		Items      []struct{ Name, Scope string }
	}
	before := get[answer](r, "/v2/contacts?limit=1").TotalCount
	r.want(200, "POST", "/_simulator/contacts", `{"count":5000,"contacts":[{"name":"Mine","number":"0221 1","user":"w0"},{"name":"His","number":"0221 2","user":"w1"}]}`)
	all := get[answer](r, "/v2/contacts?offset=0")
	if want := before + 5001; all.TotalCount != want || len(all.Items) != 5000 {
		t.Errorf("%d contacts, %d on the first page; want %d and 5000", all.TotalCount, len(all.Items), want)
	}
	for _, c := range all.Items {
		if c.Name == "His" {
			t.Error("a private contact of another user is listed")
		}
	}
	for _, bad := range []string{`{"count":-1}`, `{"count":50001}`, `{"contacts":[{"name":"","number":"1"}]}`, `{"contacts":[{"name":"x","number":"1","user":"w9"}]}`, `{"number":5}`} {
		r.want(400, "POST", "/_simulator/contacts", bad)
	}
	if got := get[answer](r, "/v2/contacts?limit=1").TotalCount; got != all.TotalCount {
		t.Errorf("refused requests added contacts: %d", got)
	}
}
