package handlers

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// maxInput limits the body of a command, in bytes.
const maxInput = 64 << 10

// inputError is a mistake in what the browser or program sent.
type inputError struct {
	status      int
	code, field string
}

func (e *inputError) Error() string { return fmt.Sprintf("input: %s %s", e.code, e.field) }

func badParam(field string) error {
	return &inputError{http.StatusUnprocessableEntity, "bad_param", field}
}

// An input is the body of a command: a form, as a page sends it, or a JSON
// object, as a program may send it. Both have the same fields, each once.
//
// JSON is read strictly: unknown fields, fields given twice and values of
// another type are refused. The first mistake is kept in err, so that a
// handler reads all its fields and asks once.
type input struct {
	json   map[string]any // nil for a form
	form   url.Values
	action string
	err    error
}

var actionID = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// read takes the body of r, of which only the named fields (and action_id)
// are known.
//
// action_id lets a repeated request be recognised. A program must send one;
// a form without it counts as a request of its own.
func read(w http.ResponseWriter, r *http.Request, names ...string) (*input, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxInput)
	in := &input{}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "application/json":
		if err := in.readJSON(r.Body, append(names, "action_id")); err != nil {
			return nil, err
		}
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, tooLargeOr(err, "bad_form")
		}
		in.form = r.PostForm
	default:
		return nil, &inputError{http.StatusUnsupportedMediaType, "media_type", ""}
	}
	in.action = in.Text("action_id")
	if (in.json != nil || in.action != "") && !actionID.MatchString(in.action) {
		in.fail("action_id")
	}
	return in, nil
}

func (in *input) readJSON(body io.Reader, names []string) error {
	if err := json.UnmarshalRead(body, &in.json); err != nil {
		if _, ok := errors.AsType[*json.SemanticError](err); ok {
			return badParam("value")
		}
		return tooLargeOr(err, "bad_json")
	}
	if in.json == nil { // the literal null
		return badParam("value")
	}
	for name := range in.json {
		if !slices.Contains(names, name) {
			return &inputError{http.StatusBadRequest, "bad_json", ""}
		}
	}
	return nil
}

func tooLargeOr(err error, code string) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &inputError{http.StatusRequestEntityTooLarge, "too_large", ""}
	}
	return &inputError{http.StatusBadRequest, code, ""}
}

func (in *input) fail(field string) {
	if in.err == nil {
		in.err = badParam(field)
	}
}

// Has reports whether the field was sent, with a value that is not empty.
func (in *input) Has(field string) bool {
	if in.json != nil {
		v, ok := in.json[field]
		return ok && v != ""
	}
	return in.form.Get(field) != ""
}

// Sent reports whether the field was sent, even if its value is empty.
func (in *input) Sent(field string) bool {
	if in.json != nil {
		_, ok := in.json[field]
		return ok
	}
	return in.form.Has(field)
}

// Texts are the values of a field that may be sent several times; in JSON they
// are a list.
func (in *input) Texts(field string) []string {
	if in.json == nil {
		return in.form[field]
	}
	list, ok := in.json[field].([]any)
	var texts []string
	for _, v := range list {
		s, isText := v.(string)
		ok = ok && isText
		texts = append(texts, s)
	}
	if !ok {
		in.fail(field)
	}
	return texts
}

// Bool is the value of a field that must be sent.
func (in *input) Bool(field string) bool {
	if in.json != nil {
		v, ok := in.json[field].(bool)
		if !ok {
			in.fail(field)
		}
		return v
	}
	v, err := strconv.ParseBool(in.one(field))
	if err != nil {
		in.fail(field)
	}
	return v
}

// Text is the value of a field, empty if it was not sent.
func (in *input) Text(field string) string {
	if in.json == nil {
		return in.one(field)
	}
	v, sent := in.json[field]
	s, ok := v.(string)
	if sent && !(ok && readable(s)) {
		in.fail(field)
		return ""
	}
	return s
}

// readable reports whether a text is one: UTF-8, without the character that is
// none.
func readable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// one is the value of a form's field, which must not be sent twice; empty if it
// was, or is no text.
func (in *input) one(field string) string {
	if len(in.form[field]) > 1 || !readable(in.form.Get(field)) {
		in.fail(field)
		return ""
	}
	return in.form.Get(field)
}
