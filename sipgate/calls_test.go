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
	} else if agent := got.Header.Get("User-Agent"); agent != "Callboard" {
		t.Errorf("sent by %q", agent)
	}
	calls, _, err := list.Calls()
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
	for _, none := range []string{`{"data":[]}`, "\x01{\"data\":[]}", "{\"data\":[]}\x00"} {
		if calls, _, err := CallList(none).Calls(); err != nil || len(calls) != 0 || calls == nil {
			t.Errorf("%q: %v, %v", none, calls, err)
		}
	}
}

// An answer that is no list shows no calls, instead of ending all of them.
func TestAnswerWithoutListOfCallsIsRejected(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":        "",
		"html":           "<html>",
		"text":           "Service is being updated",
		"null":           "null",
		"null list":      `{"data":null}`,
		"no list":        `{}`,
		"list elsewhere": `{"items":[]}`,
		"text for list":  `{"data":"none"}`,
		"list twice":     `{"data":[],"data":[]}`,
		"cut":            oneCall[:len(oneCall)/2],
		"after a call":   oneCall[:strings.Index(oneCall, "somethingNew")-2],
		"something else": oneCall + "x",
		"nested 100,000": `{"data":` + strings.Repeat("[", 100_000),
		"UTF-16":         "\xff\xfe{\x00}\x00",
	} {
		calls, n, err := CallList(body).Calls()
		if calls != nil || n != 0 || KindOf(err) != Unreadable || err == nil {
			t.Errorf("%s: got %v, %d, %v", name, calls, n, err)
		}
	}
}

// A call that cannot be identified is counted; the calls before and after it
// are shown.
func TestUnreadableCallLeavesTheOthers(t *testing.T) {
	for name, call := range map[string]string{
		"null":                  `null`,
		"list":                  `[]`,
		"text":                  `"A"`,
		"number":                `1e400`,
		"no id":                 `{}`,
		"null id":               `{"callId":null}`,
		"object for id":         `{"callId":{"id":"B"}}`,
		"id with way up":        `{"callId":"../users"}`,
		"id with slash":         `{"callId":"a/b?x"}`,
		"id with NUL":           `{"callId":"a\u0000"}`,
		"id not UTF-8":          "{\"callId\":\"B\xff\"}",
		"long id":               `{"callId":"` + strings.Repeat("A", 201) + `"}`,
		"huge id":               `{"callId":` + strings.Repeat("1", 100_000) + `}`,
		"id twice":              `{"callId":"A"}`,
		"key twice":             `{"callId":"B","callId":"C"}`,
		"key twice in two ways": `{"callId":"B","call\u0049d":"C"}`,
		"key twice in caps":     `{"callId":"B","CALLID":"C"}`,
		"key twice, spaced":     "{\"callId\" :\"B\",\"callId\"\r\n\t:\"C\"}",
		"key twice, deep":       `{"callId":"B","x":[{"y":{"z":1,"z":2}}]}`,
		"too many keys":         `{"callId":"B"` + manyKeys(64) + `}`,
		"no JSON":               `{"callId":"B","muted":NaN}`,
		"brackets crossed":      `{"callId":"B","x":[}}`,
		"nested 20,000":         `{"callId":"B","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	} {
		calls, n, err := CallList(`{"data":[{"callId":"A"},` + call + `,{"callId":"Z"}]}`).Calls()
		if err != nil || n != 1 || len(calls) != 2 || calls[0].ID != "A" || calls[1].ID != "Z" {
			t.Errorf("%s: %v, %d unreadable, %v; want A and Z", name, calls, n, err)
		}
	}
}

// Of a call with odd fields what can be read is shown.
func TestOddFieldsOfCallAreSurvived(t *testing.T) {
	plain := []Participant{{ID: "P1", Number: "49211"}}
	for name, test := range map[string]struct {
		call string
		want Call
	}{
		"number for id":        {`{"callId":1}`, Call{ID: "1"}},
		"texts for flags":      {`{"callId":"B","muted":"true","hold":"yes","recording":1}`, Call{ID: "B", Muted: true, Recording: true}},
		"nulls":                {`{"callId":"B","muted":null,"hold":null,"participants":null}`, Call{ID: "B"}},
		"no list of parties":   {`{"callId":"B","participants":{"participantId":"P1"}}`, Call{ID: "B"}},
		"odd parties":          {`{"callId":"B","participants":[null,"x",{"participantId":"P1","phoneNumber":49211},[]]}`, Call{ID: "B", Participants: plain}},
		"control characters":   {`{"callId":"B","participants":[{"participantId":"P\u00001","phoneNumber":"\u001b[31m"}]}`, Call{ID: "B", Participants: []Participant{{ID: "P 1", Number: "[31m"}}}},
		"raw control":          {"{\"callId\":\"B\",\"x\":\"a\x00\nb\",\"participants\":[{\"participantId\":\"P1\",\"phoneNumber\":\"49211\t\"}]}", Call{ID: "B", Participants: plain}},
		"invalid UTF-8":        {"{\"callId\":\"B\",\"participants\":[{\"phoneNumber\":\"\xff1\"}]}", Call{ID: "B", Participants: []Participant{{Number: "\ufffd1"}}}},
		"huge participant":     {`{"callId":"B","participants":[{"participantId":"` + strings.Repeat("A", 5000) + `"}]}`, Call{ID: "B", Participants: []Participant{{ID: strings.Repeat("A", 200)}}}},
		"object for a number":  {`{"callId":"B","participants":[{"participantId":"P1","phoneNumber":{"e164":"49"}}]}`, Call{ID: "B", Participants: []Participant{{ID: "P1"}}}},
		"owner by text":        {`{"callId":"B","participants":[{"owner":"true","muted":0}]}`, Call{ID: "B", Participants: []Participant{{Owner: true}}}},
		"what is not known":    {`{"callId":"B","state":{"of":["mind"]}}`, Call{ID: "B"}},
		"key also inside":      {`{"callId":"B","x":{"id":1,"y":[{"id":2},{"id":3}]},"y":4,"id":5}`, Call{ID: "B"}},
		"brackets in a string": {`{"callId":"B","x":"]}\"]},{"}`, Call{ID: "B"}},
	} {
		calls, n, err := CallList("\ufeff {\"data\" : [" + test.call + " ], \"more\":1}\r\n").Calls()
		if err != nil || n != 0 {
			t.Errorf("%s: %d unreadable, %v", name, n, err)
		}
		if diff := cmp.Diff([]Call{test.want}, calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
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
	calls, _, err := CallList(list).Calls()
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
		calls, _, err := CallList(data).Calls()
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
		second, n, err := CallList(again).Calls()
		if err != nil {
			t.Fatalf("what was decoded is refused: %v", err)
		}
		if len(second) != len(calls) || n != 0 {
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
		if calls, _, err := list.Calls(); err != nil || len(calls) != 1000 {
			b.Fatal(err)
		}
	}
}
