package sipgate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneCall is the example response of sipgate's API description.
const oneCall = `{"data":[{"callId":"ABCDEF0123456789","muted":false,"recording":true,"hold":false,"participants":[
 {"participantId":"P1","phoneNumber":"4915799912345","muted":false,"hold":true,"owner":false},
 {"participantId":"P2","phoneNumber":"","muted":true,"hold":false,"owner":true}],"somethingNew":{"a":[1,2]}}]}`

func TestCalls(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "application/json;charset=UTF-8", oneCall))
	list, err := c.Calls(t.Context())
	if err != nil || string(list) != oneCall {
		t.Fatalf("list %q, %v", list, err)
	}
	if got := rec.all()[0]; got.Method != "GET" || got.URI != "/below/v2/calls" || got.Body != "" {
		t.Errorf("sent %s %s %s", got.Method, got.URI, got.Body)
	}
	calls, err := list.Calls()
	if err != nil {
		t.Fatal(err)
	}
	want := []Call{{ID: "ABCDEF0123456789", Recording: true, Participants: []Participant{
		{ID: "P1", Number: "4915799912345", Hold: true},
		{ID: "P2", Muted: true, Owner: true},
	}}}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
	if calls, err := (CallList(`{"data":[]}`)).Calls(); err != nil || len(calls) != 0 || calls == nil {
		t.Errorf("no calls: %v, %v", calls, err)
	}
}

// A list with any mistake is rejected as a whole.
func TestMalformedListIsRejected(t *testing.T) {
	call := func(s string) string { return `{"data":[{"callId":"A","participants":[]},` + s + `]}` }
	tests := map[string]string{
		"nothing":               "",
		"html":                  "<html>",
		"null":                  "null",
		"null list":             `{"data":null}`,
		"no list":               `{}`,
		"list elsewhere":        `{"items":[]}`,
		"list of lists":         `{"data":[[]]}`,
		"null call":             call(`null`),
		"no id":                 call(`{}`),
		"null id":               call(`{"callId":null}`),
		"number for id":         call(`{"callId":1}`),
		"id with way up":        call(`{"callId":"../users"}`),
		"id with slash":         call(`{"callId":"a/b?x"}`),
		"id with NUL":           call(`{"callId":"a\u0000"}`),
		"long id":               call(`{"callId":"` + strings.Repeat("A", 201) + `"}`),
		"id twice":              call(`{"callId":"A"}`),
		"key twice":             call(`{"callId":"B","callId":"C"}`),
		"key twice in two ways": call(`{"callId":"B","call\u0049d":"C"}`),
		"key twice in caps":     call(`{"callId":"B","CALLID":"C"}`),
		"list twice":            `{"data":[],"data":[]}`,
		"key twice, deep":       call(`{"callId":"B","x":[{"y":{"z":1,"z":2}}]}`),
		"too many keys":         call(`{"callId":"B"` + manyKeys(64) + `}`),
		"raw NUL":               call("{\"callId\":\"B\x00\"}"),
		"not UTF-8":             call("{\"callId\":\"B\",\"participants\":[{\"phoneNumber\":\"\xff\"}]}"),
		"control in number":     call(`{"callId":"B","participants":[{"phoneNumber":"\u001b[31m"}]}`),
		"long participant":      call(`{"callId":"B","participants":[{"participantId":"` + strings.Repeat("A", 201) + `"}]}`),
		"word for bool":         call(`{"callId":"B","muted":"yes"}`),
		"cut":                   oneCall[:len(oneCall)/2],
		"something behind":      oneCall + "x",
		"nested 100,000":        `{"data":` + strings.Repeat("[", 100_000),
		"nested and closed":     `{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `,"data":[]}`,
	}
	for name, body := range tests {
		calls, err := CallList(body).Calls()
		if calls != nil || KindOf(err) != Other || err == nil {
			t.Errorf("%s: got %v, %v", name, calls, err)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":0`, i)
	}
	return b.String()
}

func TestListIsCapped(t *testing.T) {
	list := fmt.Sprintf(`{"data":[{"callId":"A","participants":[{"phoneNumber":%q}%s]}]}`,
		strings.Repeat("ü", 40), strings.Repeat(`,{"phoneNumber":null}`, 99))
	calls, err := CallList(list).Calls()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(calls[0].Participants); n != 50 {
		t.Errorf("%d participants", n)
	}
	if got := calls[0].Participants[0].Number; got != strings.Repeat("ü", 32) {
		t.Errorf("number %q", got)
	}
}

func FuzzCallList(f *testing.F) {
	f.Add([]byte(oneCall))
	f.Add([]byte(`{"data":[]}`))
	f.Add([]byte(`{"data":[{"callId":"A","callId":"B"}]}`))
	f.Add([]byte(`{"data":[{"call\u0049d":"A\\\"","x":{"":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls, err := CallList(data).Calls()
		if json.Valid(data) {
			uniqueKeys(data) // must not panic on any valid JSON
		}
		if err != nil {
			if calls != nil {
				t.Error("calls and an error")
			}
			return
		}
		for _, c := range calls {
			if !c.ID.Valid() || len(c.Participants) > 50 {
				t.Errorf("call %+v", c)
			}
		}
		again, err := json.Marshal(map[string]any{"data": calls})
		if err != nil {
			t.Fatal(err)
		}
		second, err := CallList(again).Calls()
		if err != nil {
			t.Fatalf("what was decoded is refused: %v", err)
		}
		if len(second) != len(calls) {
			t.Errorf("%d calls became %d", len(calls), len(second))
		}
	})
}

func longList(n int) CallList {
	calls := make([]Call, n)
	for i := range calls {
		calls[i] = Call{ID: CallID(fmt.Sprintf("%s%04X", callID, i)), Participants: []Participant{
			{ID: fmt.Sprintf("P%d", i), Number: "4915799912345"}, {ID: fmt.Sprintf("Q%d", i), Number: "492111234567", Owner: true},
		}}
	}
	data, _ := json.Marshal(map[string]any{"data": calls})
	return data
}

func BenchmarkCallList1000(b *testing.B) {
	list := longList(1000)
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		if calls, err := list.Calls(); err != nil || len(calls) != 1000 {
			b.Fatal(err)
		}
	}
}
