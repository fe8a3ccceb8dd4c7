package simulator

import (
	"encoding/json"
	"strings"
	"testing"
)

// An odd answer comes in place of the documented one; the request is executed.
func TestOddAnswers(t *testing.T) {
	for _, name := range OddAnswers() {
		r := open(t, Options{})
		id := r.talk()
		r.fail(Fault{Answer: name, Path: "/v2/calls/*/hold", Location: "/v2/nothing", Count: 1})
		status, body := r.send("PUT", "/v2/calls/"+id+"/hold", `{"value":true}`)
		want := oddAnswers[name]
		if want.status >= 300 && want.status < 400 {
			want = oddAnswer{status: 404} // the client of this test follows redirects
		}
		if status != want.status || body != want.body || !r.call(id).Hold {
			t.Errorf("%s: %d %.100s, executed %v", name, status, body, r.call(id).Hold)
		}
	}
}

// A spoiled answer differs from the documented one in one place.
func TestSpoiledAnswers(t *testing.T) {
	r := open(t, Options{})
	_, plain := r.send("GET", "/v2/users", "")
	get := func(f Fault) string {
		f.Path, f.Count = "/v2/users", 1
		r.fail(f)
		status, body := r.send("GET", "/v2/users", "")
		if status != 200 {
			t.Errorf("%+v: %d", f, status)
		}
		return body
	}
	for _, way := range Spoilings() {
		for _, field := range []string{"", "lastname", "admin"} {
			if body := get(Fault{Spoil: way, Item: 1, Field: field}); body == plain && !(way == "text" && field == "lastname") || !strings.Contains(body, "Bergmann") {
				t.Errorf("%s of %q: %.300s", way, field, body)
			}
		}
	}
	for _, f := range []Fault{{Spoil: "null", Field: "nothing"}, {Spoil: "null", Field: "lastname.x"}, {Spoil: "null", Field: "directDialIds.99"}} {
		var got, want any
		json.Unmarshal([]byte(get(f)), &got)
		json.Unmarshal([]byte(plain), &want)
		if a, b := mustMarshal(t, got), mustMarshal(t, want); a != b {
			t.Errorf("%+v changed the answer: %s", f, a)
		}
	}
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(get(Fault{Spoil: "missing", Item: -1, Field: "id"})), &list); err != nil || list.Items[0]["id"] != "w0" || list.Items[len(list.Items)-1]["id"] != nil {
		t.Errorf("%v, %v", list, err)
	}
	for _, bad := range []Fault{{Do: DoOdd}, {Do: DoSpoil}, {Answer: "x"}, {Spoil: "x"}} {
		if _, err := r.sim.AddFault(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func mustMarshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
