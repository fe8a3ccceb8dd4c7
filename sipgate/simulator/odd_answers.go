package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Values of Fault.Do for answers that are not as documented. The request is
// executed.
const (
	DoOdd   = "odd"   // respond with Fault.Answer in place of the documented answer
	DoSpoil = "spoil" // respond with one value of the answer replaced, see Fault.Spoil
)

// oddAnswer is an answer that no documented request has.
type oddAnswer struct {
	status      int
	contentType string
	body        string
}

const htmlPage = "<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"

// oddAnswers lists the values of Fault.Answer.
var oddAnswers = map[string]oddAnswer{
	"html":      {http.StatusOK, "text/html;charset=UTF-8", htmlPage},
	"text":      {http.StatusOK, "text/plain;charset=UTF-8", "OK"},
	"nothing":   {http.StatusOK, "application/json", ""},
	"noContent": {http.StatusNoContent, "", ""},
	"null":      {http.StatusOK, "application/json", "null"},
	"array":     {http.StatusOK, "application/json", "[]"},
	"string":    {http.StatusOK, "application/json", `"ok"`},
	"error":     {http.StatusOK, "application/json", `{"error":"internal"}`},
	"redirect":  {http.StatusFound, "text/html", htmlPage}, // with Fault.Location
	"moved":     {http.StatusPermanentRedirect, "", ""},
	"locked":    {http.StatusLocked, "text/plain", "Locked"},
	"teapot":    {http.StatusTeapot, "text/html", htmlPage},
}

// spoiled lists the values of Fault.Spoil, and the JSON that they put in the
// place of a value; "missing" removes the value, "bom" and "raw" change the
// whole answer, "text" and "number" change the type of a number and a string.
var spoiled = map[string]string{
	"null":    "null",
	"object":  `{"value":{"of":["another","kind"]}}`,
	"array":   `[[],{},null]`,
	"true":    "true",
	"unknown": `"SOMETHING_NEW"`,
	"empty":   `""`,
	"huge":    `"` + strings.Repeat("ü", 50_000) + `"`,
	"digits":  strings.Repeat("9", 400),
	"control": `"a\u0000\u001b[31m\r\n\u202eb"`,
	"raw":     "\"a\x00\x01\nb\"",
	"utf8":    "\"a\xff\xfe\"",
	"nan":     "NaN",
	"nested":  strings.Repeat("[", 11_000) + strings.Repeat("]", 11_000),
	"missing": "",
	"bom":     "",
	"number":  "",
	"text":    "",
}

// Spoilings returns the values of Fault.Spoil.
func Spoilings() []string { return slices.Sorted(maps.Keys(spoiled)) }

// OddAnswers returns the values of Fault.Answer.
func OddAnswers() []string { return slices.Sorted(maps.Keys(oddAnswers)) }

// validateOdd checks the fields of DoOdd and DoSpoil.
func (f *Fault) validateOdd() error {
	if _, ok := oddAnswers[f.Answer]; f.Do == DoOdd && !ok {
		return fmt.Errorf("answer is not one of %s", strings.Join(OddAnswers(), ", "))
	}
	if _, ok := spoiled[f.Spoil]; f.Do == DoSpoil && !ok {
		return fmt.Errorf("spoil is not one of %s", strings.Join(Spoilings(), ", "))
	}
	return nil
}

// odd replaces the answer by f.Answer.
func (f *Fault) odd(kept *bufferedResponse) {
	a := oddAnswers[f.Answer]
	kept.header.Del("Content-Type")
	setIf(kept.header, "Content-Type", a.contentType)
	if a.status >= 300 && a.status < 400 {
		location := f.Location
		if location == "" {
			location = "/"
		}
		kept.header.Set("Location", location)
	}
	kept.status = a.status
	kept.body.Reset()
	kept.body.WriteString(a.body)
}

// placeholder stands for the spoiled value until the answer is encoded: what
// takes its place need not be JSON.
const placeholder = "\u0001spoiled\u0001"

// spoil replaces a value of the answer: the field f.Field, "participants.0.owner",
// of the item f.Item of its list, or the whole item without a field. An answer
// without a list is itself the item. What the answer does not have is not
// spoiled.
func (f *Fault) spoil(kept *bufferedResponse) {
	var answer any
	d := json.NewDecoder(bytes.NewReader(kept.body.Bytes()))
	d.UseNumber()
	if d.Decode(&answer) != nil {
		return
	}
	path := strings.FieldsFunc(f.Field, func(r rune) bool { return r == '.' })
	if object, ok := answer.(map[string]any); ok {
		for _, key := range []string{"items", "data", "events"} {
			if list, ok := object[key].([]any); ok {
				n := len(list)
				if n == 0 {
					return
				}
				path = append([]string{key, strconv.Itoa((f.Item%n + n) % n)}, path...)
			}
		}
	}
	text, ok := spoiled[f.Spoil], true
	if f.Spoil != "bom" {
		answer, ok = replaceAt(answer, path, func(old any) (any, bool) {
			switch f.Spoil {
			case "missing":
				return nil, false
			case "number":
				text = "4711"
			case "text":
				text = strconv.Quote(fmt.Sprint(old))
			}
			return placeholder, true
		})
	}
	body, err := json.Marshal(answer)
	if !ok || err != nil {
		return
	}
	quoted, _ := json.Marshal(placeholder)
	body = bytes.Replace(body, quoted, []byte(text), 1)
	if f.Spoil == "bom" {
		body = append([]byte("\xef\xbb\xbf"), body...)
	}
	kept.body.Reset()
	kept.body.Write(body)
}

// replaceAt returns v with the value at a path replaced by what change returns
// for it, or removed. It reports false if there is no such value.
func replaceAt(v any, path []string, change func(old any) (value any, keep bool)) (any, bool) {
	if len(path) == 0 {
		v, _ = change(v)
		return v, true
	}
	switch v := v.(type) {
	case map[string]any:
		old, ok := v[path[0]]
		if ok && len(path) == 1 {
			value, keep := change(old)
			if v[path[0]] = value; !keep {
				delete(v, path[0])
			}
			return v, true
		}
		if ok {
			v[path[0]], ok = replaceAt(old, path[1:], change)
		}
		return v, ok
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(v) {
			return v, false
		}
		if len(path) > 1 {
			var ok bool
			v[i], ok = replaceAt(v[i], path[1:], change)
			return v, ok
		}
		value, keep := change(v[i])
		if v[i] = value; !keep {
			return slices.Delete(v, i, i+1), true
		}
		return v, true
	}
	return v, false
}
