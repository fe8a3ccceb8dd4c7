package simulator

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeStrict(t *testing.T) {
	type transferBody struct {
		Attended bool     `json:"attended"`
		Phone    string   `json:"phoneNumber"`
		CallerID string   `json:"callerId,omitempty"`
		Tags     []string `json:"tags,omitempty" null:"ok"`
	}
	good := `{"attended":true,"phoneNumber":"+49"}`
	for name, test := range map[string]struct {
		body string
		ok   bool
	}{
		"good":                 {good, true},
		"optional":             {`{"attended":true,"phoneNumber":"+49","callerId":"+4","tags":["a"]}`, true},
		"null where it may be": {`{"attended":true,"phoneNumber":"+49","tags":null}`, true},
		"spaces around":        {" \n" + good + "\t\n", true},
		"unknown field":        {`{"attended":true,"phoneNumber":"+49","x":1}`, false},
		"other case":           {`{"Attended":true,"phoneNumber":"+49"}`, false},
		"missing":              {`{"attended":true}`, false},
		"string for boolean":   {`{"attended":"true","phoneNumber":"+49"}`, false},
		"number for boolean":   {`{"attended":1,"phoneNumber":"+49"}`, false},
		"null for boolean":     {`{"attended":null,"phoneNumber":"+49"}`, false},
		"list for object":      {`[]`, false},
		"number for string":    {`{"attended":true,"phoneNumber":49}`, false},
		"twice":                {`{"attended":true,"attended":false,"phoneNumber":"+49"}`, false},
		"twice, one escaped":   {`{"attended":true,"\u0061ttended":false,"phoneNumber":"+49"}`, false},
		"empty":                {``, false},
		"begun":                {`{`, false},
		"trailing value":       {good + `{}`, false},
		"trailing rubbish":     {good + `x`, false},
		"byte order mark":      {"\ufeff" + good, false},
		"UTF-16":               {"{\x00\"\x00", false},
		"invalid UTF-8":        {`{"attended":true,"phoneNumber":"` + "\xff" + `"}`, false},
		"deep":                 {strings.Repeat("[", 100000), false},
		"literal":              {`true`, false},
		"null":                 {`null`, false},
		"null after a space":   {` null`, false},
		"list of another type": {`{"attended":true,"phoneNumber":"+49","tags":[1]}`, false},
		"comma at the end":     {`{"attended":true,"phoneNumber":"+49",}`, false},
		"comments":             {`{"attended":true,/**/"phoneNumber":"+49"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var in transferBody
			if err := decodeStrict([]byte(test.body), &in); (err == nil) != test.ok {
				t.Errorf("decodeStrict(%q) = %v", test.body, err)
			}
		})
	}
}

// encoding/json accepts whatever decodeStrict accepts, with the same result.
func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range []string{
		`{"name":"Ada","numbers":[{"number":"+49","type":["work"]}],"scope":"SHARED","organization":[["a"]]}`,
		`{"scope":null}`, `[{"id":"1"}]`, `{"scope":"A","scope":"B"}`, "\ufeff{}", `{"a":{"b":[[[[]]]]}}`, `{"scope":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var strict, lenient contactRequest
		if decodeStrict(body, &strict) != nil {
			return
		}
		if err := json.Unmarshal(body, &lenient); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		if !reflect.DeepEqual(strict, lenient) {
			t.Fatalf("%q: %+v, but encoding/json says %+v", body, strict, lenient)
		}
	})
}
