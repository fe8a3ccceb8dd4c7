package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// maxForm limits a body that Decode reads, in bytes.
const maxForm = 64 << 10

// A Body holds what all decoded bodies have in common. [Decode] fills it in if a
// struct embeds it.
type Body struct {
	// ActionID identifies repetitions of one request. It has 16 to 64
	// letters, digits, hyphens and underscores. Programs must send one; a form
	// without it counts as a request of its own.
	ActionID string

	// JSON reports that the body is JSON, which programs send, and no form.
	JSON bool
}

// actionIDField is the field of every body that holds its ActionID.
const actionIDField = "action_id"

var validActionID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// A TimeOfDay is a number of minutes since midnight. Bodies write it "18:30".
type TimeOfDay int

// BadParam returns the Fault 422 "bad_param" about a field.
func BadParam(field string) Fault {
	return Fault{Status: http.StatusUnprocessableEntity, Code: CodeBadParam, Field: field}
}

// ValidText reports whether s is valid UTF-8 without NUL bytes.
func ValidText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// Decode reads the body of r, a form as a page sends it or a JSON object as a
// program sends it, into the struct type T. Both have the same fields, each at
// most once. T names them in tags:
//
//	Note     string        `form:"note"`             // "" if it was not sent
//	Text     *string       `form:"text,required"`    // required: sent, perhaps empty
//	Attended bool          `form:"attended,required"`
//	Names    bool          `form:"names"`            // a checkbox: false if not sent or empty
//	AtOnce   *bool         `form:"at_once"`          // nil if not sent or empty
//	Volume   int           `form:"volume,required"`  // in JSON a text too
//	From     web.TimeOfDay `form:"from,required"`    // the same
//	Calls    []string      `form:"call"`             // sent any number of times, in JSON a list
//	Choice   string        `form:"choice,formonly"`  // unknown in JSON
//
// The fields of embedded structs are fields of T; an embedded [Body] is filled
// in. Texts must be valid (see [ValidText]). A form may have other fields, JSON
// may not.
//
// Errors are the Faults 413 "too_large" (more than 64 KB), 415 "media_type"
// (neither a form nor JSON), 400 "bad_form" and "bad_json" (not well-formed, or
// an unknown or repeated name in JSON), and 422 "bad_param" with the field's
// name. Of several bad fields the Fault names action_id or else the first in
// the order of T; the T that is returned beside it holds the good ones.
//
// Decode panics if T is no struct or has a tagged field of another type.
func Decode[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var into T
	schema := schemaOf(reflect.TypeFor[T]())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var fields fieldSource
	var err error
	meta := Body{}
	switch mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType {
	case "application/json":
		meta.JSON = true
		fields, err = readJSON(r.Body, schema)
	case "application/x-www-form-urlencoded":
		fields, err = readForm(r)
	default:
		err = Fault{Status: http.StatusUnsupportedMediaType, Code: CodeMediaType}
	}
	if err != nil {
		return into, err
	}
	first := "" // the first bad field
	id, ok := fields.text(actionIDField)
	if meta.ActionID = id; !ok || (meta.JSON || id != "") && !validActionID.MatchString(id) {
		first = actionIDField
	}
	v := reflect.ValueOf(&into).Elem()
	for _, f := range schema.fields {
		if !f.set(v.FieldByIndex(f.index), fields) && first == "" {
			first = f.name
		}
	}
	if schema.body != nil {
		v.FieldByIndex(schema.body).Set(reflect.ValueOf(meta))
	}
	if first != "" {
		return into, BadParam(first)
	}
	return into, nil
}

// ActionID returns the action id of a form or JSON object of any kind, for
// requests that are refused before they are decoded, or "". It reads the body.
func ActionID(r *http.Request) (id string) {
	r.Body = io.NopCloser(io.LimitReader(r.Body, maxForm))
	switch mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType {
	case "application/json":
		var fields jsonFields
		if json.UnmarshalRead(r.Body, &fields) == nil {
			id, _ = fields.text(actionIDField)
		}
	case "application/x-www-form-urlencoded":
		if fields, err := readForm(r); err == nil {
			id, _ = fields.text(actionIDField)
		}
	}
	if !validActionID.MatchString(id) {
		return ""
	}
	return id
}

func readForm(r *http.Request) (fieldSource, error) {
	if err := r.ParseForm(); err != nil {
		return nil, bodyFault(err, CodeBadForm)
	}
	return formFields(r.PostForm), nil
}

// readJSON reads an object strictly: names that occur twice or are unknown,
// invalid UTF-8 and anything behind the object are refused.
func readJSON(body io.Reader, s *schema) (fieldSource, error) {
	var fields jsonFields
	if err := json.UnmarshalRead(body, &fields); err != nil {
		if _, ok := errors.AsType[*json.SemanticError](err); ok { // not an object
			return nil, BadParam("value")
		}
		return nil, bodyFault(err, CodeBadJSON)
	}
	if fields == nil { // the literal null
		return nil, BadParam("value")
	}
	for name := range fields {
		if name != actionIDField && !s.names[name] {
			return nil, Fault{Status: http.StatusBadRequest, Code: CodeBadJSON}
		}
	}
	return fields, nil
}

func bodyFault(err error, code string) Fault {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Fault{Status: http.StatusRequestEntityTooLarge, Code: CodeTooLarge}
	}
	return Fault{Status: http.StatusBadRequest, Code: code}
}
