package web_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"callboard/web"
)

// A theme is a text type of its own.
type theme string

type switches struct {
	Keys bool `form:"keys"`
}

// settings has a field of every kind.
type settings struct {
	Note     string        `form:"note"`
	Text     *string       `form:"text,required"`
	Theme    theme         `form:"theme"`
	Attended bool          `form:"attended,required"`
	AtOnce   *bool         `form:"at_once"`
	Volume   int           `form:"volume,required"`
	Grace    int           `form:"grace"`
	From     web.TimeOfDay `form:"from,required"`
	Calls    []string      `form:"call"`
	Choice   string        `form:"choice,formonly"`
	switches
	web.Body
	Ignored int // without a tag
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	goodID   = "0123456789abcdef"
)

// least are the required fields, as a form sends them.
var least = url.Values{"text": {""}, "attended": {"true"}, "volume": {"7"}, "from": {"18:30"}}

// with returns least with changes, "name=value", "name=value&name=value" or
// "-name".
func with(changes ...string) string {
	v := maps.Clone(least)
	for _, c := range changes {
		if name, ok := strings.CutPrefix(c, "-"); ok {
			v.Del(name)
			continue
		}
		more, err := url.ParseQuery(c)
		if err != nil {
			panic(err)
		}
		maps.Copy(v, more)
	}
	return v.Encode()
}

// object returns the required fields as JSON with changes, `"name":value` or
// "-name".
func object(changes ...string) string {
	fields := map[string]json.RawMessage{
		"text": json.RawMessage(`""`), "attended": json.RawMessage("true"), "volume": json.RawMessage(`"7"`), "from": json.RawMessage(`"18:30"`),
		"action_id": json.RawMessage(`"` + goodID + `"`),
	}
	for _, c := range changes {
		if name, ok := strings.CutPrefix(c, "-"); ok {
			delete(fields, name)
			continue
		}
		if err := json.Unmarshal([]byte("{"+c+"}"), &fields); err != nil {
			panic(c)
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func decode[T any](contentType, body string) (T, error) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return web.Decode[T](httptest.NewRecorder(), r)
}

// TestDecode reads the same from a form and from JSON.
func TestDecode(t *testing.T) {
	empty, yes, no := "", true, false
	line := "a\nb ä"
	base := settings{Text: &empty, Attended: true, Volume: 7, From: 18*60 + 30}
	for name, test := range map[string]struct {
		form, json string
		want       func(*settings)
	}{
		"only what is required": {with(), object(), func(*settings) {}},
		"everything": {
			with("note=n", "text="+url.QueryEscape(line), "theme=dark", "attended=false", "at_once=true", "volume=-3", "grace=5", "from=00:01", "call=a&call=b", "keys=true"),
			object(`"note":"n"`, `"text":"a\nb ä"`, `"theme":"dark"`, `"attended":false`, `"at_once":true`, `"volume":"-3"`, `"grace":"5"`, `"from":"00:01"`, `"call":["a","b"]`, `"keys":true`),
			func(s *settings) {
				*s = settings{Note: "n", Text: &line, Theme: "dark", AtOnce: &yes, Volume: -3, Grace: 5, From: 1, Calls: []string{"a", "b"}, switches: switches{Keys: true}}
			},
		},
		"a checkbox said to be off": {with("keys=false", "at_once=false"), object(`"keys":false`, `"at_once":false`), func(s *settings) { s.AtOnce = &no }},
		"empty is not sent":         {with("keys=", "at_once=", "grace=", "note="), object(`"keys":""`, `"at_once":""`, `"grace":""`, `"note":""`), func(*settings) {}},
		"an empty list":             {with(), object(`"call":[]`), func(*settings) {}},
	} {
		want := base
		test.want(&want)
		got, err := decode[settings](formType+"; charset=utf-8", test.form)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: form: %+v, %v; want %+v", name, got, err, want)
		}
		want.Body = web.Body{ActionID: goodID, JSON: true}
		got, err = decode[settings](jsonType, test.json)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: JSON: %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := decode[settings](formType, with("action_id="+goodID, "unknown=1", "Ignored=1")); err != nil || got.ActionID != goodID || got.JSON {
		t.Errorf("a form with an action_id and fields that nobody knows: %+v, %v", got, err)
	}
	if got, err := decode[settings](formType, with("choice=x")); err != nil || got.Choice != "x" {
		t.Errorf("a field of forms: %+v, %v", got, err)
	}
	if got, err := decode[struct{}](jsonType, `{"action_id":"`+goodID+`"}`); err != nil {
		t.Errorf("no fields: %v, %v", got, err)
	}
}

// The action id of a request that is refused undecoded is known, if it has a good
// one.
func TestActionID(t *testing.T) {
	pad := strings.Repeat("x", 1<<20)
	for name, test := range map[string][3]string{
		"form":              {formType + "; charset=utf-8", "a=b&action_id=" + goodID, goodID},
		"JSON":              {jsonType, `{"a":{"b":[1]},"action_id":"` + goodID + `"}`, goodID},
		"form without":      {formType, "a=b", ""},
		"JSON without":      {jsonType, `{}`, ""},
		"JSON number":       {jsonType, `{"action_id":1234567890123456}`, ""},
		"JSON list":         {jsonType, `["action_id"]`, ""},
		"cut JSON":          {jsonType, `{"action_id":"` + goodID + `"`, ""},
		"bad escape":        {formType, "action_id=" + goodID + "&a=%zz", ""},
		"bad id":            {formType, "action_id=../" + goodID, ""},
		"bad id in JSON":    {jsonType, `{"action_id":"<` + goodID + `>"}`, ""},
		"short id":          {formType, "action_id=1", ""},
		"other type":        {"text/plain", "action_id=" + goodID, ""},
		"no type":           {"", "action_id=" + goodID, ""},
		"form as JSON":      {jsonType, "action_id=" + goodID, ""},
		"behind too much":   {formType, "a=" + pad + "&action_id=" + goodID, ""},
		"behind much space": {jsonType, `{"a":"` + pad + `","action_id":"` + goodID + `"}`, ""},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(test[1]))
		r.Header.Set("Content-Type", test[0])
		if got := web.ActionID(r); got != test[2] {
			t.Errorf("%s: %q, want %q", name, got, test[2])
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		contentType, body string
		status            int
		code, field       string
	}{
		"plain text":            {"text/plain", with(), 415, "media_type", ""},
		"no type":               {"", with(), 415, "media_type", ""},
		"multipart":             {"multipart/form-data; boundary=x", with(), 415, "media_type", ""},
		"form too large":        {formType, with("note=" + strings.Repeat("x", 64<<10)), 413, "too_large", ""},
		"JSON too large":        {jsonType, object(`"note":"` + strings.Repeat("x", 64<<10) + `"`), 413, "too_large", ""},
		"bad escape":            {formType, "note=%zz", 400, "bad_form", ""},
		"semicolon":             {formType, "a=1;b=2", 400, "bad_form", ""},
		"empty JSON":            {jsonType, "", 400, "bad_json", ""},
		"half a JSON":           {jsonType, "{", 400, "bad_json", ""},
		"more behind it":        {jsonType, object() + " x", 400, "bad_json", ""},
		"byte order mark":       {jsonType, "\ufeff" + object(), 400, "bad_json", ""},
		"UTF-16":                {jsonType, "\xff\xfe{\x00}\x00", 400, "bad_json", ""},
		"invalid UTF-8 in JSON": {jsonType, `{"note":"` + "\xff" + `"}`, 400, "bad_json", ""},
		"a name twice":          {jsonType, `{"note":"a","note":"b"}`, 400, "bad_json", ""},
		"unknown name":          {jsonType, object(`"role":"admin"`), 400, "bad_json", ""},
		"name in other case":    {jsonType, object(`"Note":"x"`), 400, "bad_json", ""},
		"field of forms":        {jsonType, object(`"choice":"x"`), 400, "bad_json", ""},
		"field without a tag":   {jsonType, object(`"Ignored":1`), 400, "bad_json", ""},
		"null":                  {jsonType, "null", 422, "bad_param", "value"},
		"a list":                {jsonType, "[]", 422, "bad_param", "value"},
		"a text":                {jsonType, `"x"`, 422, "bad_param", "value"},

		"JSON without action_id":     {jsonType, object("-action_id"), 422, "bad_param", "action_id"},
		"short action_id":            {jsonType, object(`"action_id":"short"`), 422, "bad_param", "action_id"},
		"long action_id":             {jsonType, object(`"action_id":"` + strings.Repeat("a", 65) + `"`), 422, "bad_param", "action_id"},
		"action_id of other letters": {jsonType, object(`"action_id":"not url-safe characters!"`), 422, "bad_param", "action_id"},
		"action_id of another type":  {jsonType, object(`"action_id":12345678901234567890`), 422, "bad_param", "action_id"},
		"form with short action_id":  {formType, with("action_id=short"), 422, "bad_param", "action_id"},
		"form with two action_ids":   {formType, with("action_id=" + goodID + "&action_id=" + goodID), 422, "bad_param", "action_id"},

		"text twice":             {formType, with("note=a&note=b"), 422, "bad_param", "note"},
		"checkbox twice":         {formType, with("keys=&keys=true"), 422, "bad_param", "keys"},
		"NUL in a form":          {formType, with("note=a%00"), 422, "bad_param", "note"},
		"NUL in JSON":            {jsonType, object(`"note":"a\u0000"`), 422, "bad_param", "note"},
		"invalid UTF-8":          {formType, with("note=%ff"), 422, "bad_param", "note"},
		"NUL in a list":          {formType, with("call=a&call=%00"), 422, "bad_param", "call"},
		"NUL in a JSON list":     {jsonType, object(`"call":["\u0000"]`), 422, "bad_param", "call"},
		"number for a text":      {jsonType, object(`"note":1`), 422, "bad_param", "note"},
		"null for a text":        {jsonType, object(`"note":null`), 422, "bad_param", "note"},
		"text for a list":        {jsonType, object(`"call":"a"`), 422, "bad_param", "call"},
		"numbers in a list":      {jsonType, object(`"call":[1]`), 422, "bad_param", "call"},
		"required text not sent": {formType, with("-text"), 422, "bad_param", "text"},
		"the same in JSON":       {jsonType, object("-text"), 422, "bad_param", "text"},

		"required boolean not sent":   {formType, with("-attended"), 422, "bad_param", "attended"},
		"required boolean empty":      {formType, with("attended="), 422, "bad_param", "attended"},
		"boolean of other words":      {formType, with("attended=both"), 422, "bad_param", "attended"},
		"JSON boolean not sent":       {jsonType, object("-attended"), 422, "bad_param", "attended"},
		"text for a boolean":          {jsonType, object(`"attended":"true"`), 422, "bad_param", "attended"},
		"number for a boolean":        {jsonType, object(`"attended":1`), 422, "bad_param", "attended"},
		"null for a boolean":          {jsonType, object(`"attended":null`), 422, "bad_param", "attended"},
		"list for a boolean":          {jsonType, object(`"attended":[]`), 422, "bad_param", "attended"},
		"null for a checkbox":         {jsonType, object(`"keys":null`), 422, "bad_param", "keys"},
		"other words for a checkbox":  {formType, with("keys=on"), 422, "bad_param", "keys"},
		"optional boolean not a bool": {formType, with("at_once=x"), 422, "bad_param", "at_once"},

		"required number not sent": {formType, with("-volume"), 422, "bad_param", "volume"},
		"half a number":            {formType, with("volume=1.5"), 422, "bad_param", "volume"},
		"huge number":              {formType, with("volume=99999999999999999999"), 422, "bad_param", "volume"},
		"JSON number":              {jsonType, object(`"volume":7`), 422, "bad_param", "volume"},
		"optional number":          {formType, with("grace=x"), 422, "bad_param", "grace"},
		"no time":                  {formType, with("-from"), 422, "bad_param", "from"},
		"not a time":               {formType, with("from=25:00"), 422, "bad_param", "from"},
		"a time with seconds":      {formType, with("from=10:00:00"), 422, "bad_param", "from"},

		"the first mistake counts":         {formType, with("from=x", "note=%00", "attended=x"), 422, "bad_param", "note"},
		"the first after the action_id":    {formType, with("from=x", "action_id=x"), 422, "bad_param", "action_id"},
		"embedded fields where they stand": {formType, with("keys=x", "call=%00"), 422, "bad_param", "call"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode[settings](test.contentType, test.body)
			f, ok := errors.AsType[web.Fault](err)
			if !ok || f.Status != test.status || f.Code != test.code || f.Field != test.field {
				t.Errorf("%v, field %q; want %d %s, field %q", err, f.Field, test.status, test.code, test.field)
			}
		})
	}
}

// TestDecodeKeepsTheGoodFields: a form that comes back with a mistake shows what
// was typed.
func TestDecodeKeepsTheGoodFields(t *testing.T) {
	got, err := decode[settings](formType, with("note=typed", "volume=x", "from=07:00", "keys=true", "action_id="+goodID))
	if err == nil || got.Note != "typed" || got.Volume != 0 || got.From != 7*60 || !got.Keys || got.ActionID != goodID {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDecodePanicsOnOtherTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a field of a type that bodies do not have")
		}
	}()
	decode[struct {
		X float64 `form:"x"`
	}](formType, "")
}

// FuzzDecode: whatever is sent, the error is a Fault of a known kind, what is
// taken is valid, and JSON with the values of a form means the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{with(), with("note=x", "call=a&call=b", "keys=true"), object(), object(`"call":["a"]`), "a=%00", "{}", "null", `{"note":"\ud800"}`, "note=%ff", "a=1;b=2"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, body string, asJSON bool) {
		contentType := formType
		if asJSON {
			contentType = jsonType
		}
		got, err := decode[settings](contentType, body)
		if err != nil {
			fault, ok := errors.AsType[web.Fault](err)
			if !ok || !slices.Contains([]int{400, 413, 422}, fault.Status) || (fault.Status == 422) != (fault.Field != "") {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if got.JSON != asJSON || got.Text == nil {
			t.Fatalf("%q: %+v", body, got)
		}
		for _, s := range append([]string{got.Note, *got.Text, string(got.Theme)}, got.Calls...) {
			if !web.ValidText(s) {
				t.Fatalf("%q: took %q", body, s)
			}
		}
		if asJSON {
			return
		}
		sent, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		again, err := decode[settings](jsonType, asObject(sent))
		if again.Body, again.Choice = got.Body, got.Choice; err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("%q: form %+v, JSON %+v, %v", body, got, again, err)
		}
	})
}

// asObject writes the known fields of a valid form as JSON.
func asObject(sent url.Values) string {
	fields := map[string]any{"action_id": goodID}
	for _, name := range []string{"note", "text", "theme", "volume", "grace", "from"} {
		if sent.Has(name) {
			fields[name] = sent.Get(name)
		}
	}
	for _, name := range []string{"attended", "at_once", "keys"} {
		if s := sent.Get(name); s != "" {
			fields[name] = slices.Contains([]string{"1", "t", "T", "true", "TRUE", "True"}, s)
		}
	}
	if sent.Has("call") {
		fields["call"] = sent["call"]
	}
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func BenchmarkDecode(b *testing.B) {
	for b.Loop() {
		r := &http.Request{Method: "POST", URL: &url.URL{}, Header: http.Header{"Content-Type": {formType}}, Body: http.NoBody}
		web.Decode[switches](nil, r)
	}
}
