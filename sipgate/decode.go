package sipgate

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// sipgate's answers are decoded item by item: one that is not as documented
// costs neither the other items nor those of its own fields that can be read.
// The wire types of this package accept numbers for texts and texts for numbers
// and flags; a field of any other type stays empty.

// unreadable returns the error of a 2xx answer that is not what the request is
// answered with. The request was executed.
func (r request) unreadable(err error) *Error {
	return &Error{Op: r.op(), Status: http.StatusOK, Kind: Unreadable, MayHaveArrived: true, Err: err}
}

var (
	errNoObject = errors.New("answer is not a JSON object")
	errNoList   = errors.New("no list in answer")
	errNoItem   = errors.New("answer identifies nothing")
)

// clean returns data without a byte order mark and what surrounds its text, and
// with a space for each control character: some senders do not escape them in
// texts.
func clean(data []byte) []byte {
	data = bytes.TrimFunc(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), func(r rune) bool { return isControl(r) || unicode.IsSpace(r) })
	if bytes.IndexFunc(data, isControl) < 0 {
		return data
	}
	data = bytes.Clone(data)
	for i, c := range data {
		if isControl(rune(c)) {
			data[i] = ' '
		}
	}
	return data
}

func isControl(r rune) bool { return r < ' ' }

// fields returns the values of an object by their keys, undecoded. data is
// clean. A key that occurs twice is an error: readers differ on which counts.
func fields(data []byte) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	err := split(data, '{', '}', func(field []byte) error {
		if field[0] != '"' {
			return errNoObject
		}
		end := stringEnd(field, 0)
		var key string
		if err := json.Unmarshal(field[:end], &key); err != nil {
			return errNoObject
		}
		value, ok := bytes.CutPrefix(bytes.TrimSpace(field[end:]), []byte(":"))
		if _, twice := all[key]; !ok || twice {
			return errNoObject
		}
		all[key] = bytes.TrimSpace(value)
		return nil
	})
	return all, err
}

// elements returns the elements of a list, undecoded. data is clean.
func elements(data []byte) (all []json.RawMessage, err error) {
	err = split(data, '[', ']', func(element []byte) error {
		all = append(all, element)
		return nil
	})
	return all, err
}

// split calls part with each of the parts between brackets that commas
// separate. The parts themselves may be malformed, as long as their brackets
// and quotes are closed.
func split(data []byte, open, closing byte, part func([]byte) error) error {
	if len(data) < 2 || data[0] != open || data[len(data)-1] != closing {
		return errNoObject
	}
	for i, last := 1, len(data)-1; ; i++ {
		end := valueEnd(data, i)
		if end > last || end < last && data[end] != ',' {
			return errNoObject
		}
		if piece := bytes.TrimSpace(data[i:end]); len(piece) > 0 {
			if err := part(piece); err != nil {
				return err
			}
		}
		if i = end; i == last {
			return nil
		}
	}
}

// valueEnd returns the index of the comma or closing bracket after the part
// that begins at i, or len(data).
func valueEnd(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = stringEnd(data, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(data)
}

// decodeObject decodes an object as far as possible: it leaves fields of
// another type than out's empty. It fails if data is not an object. data is
// clean.
func decodeObject(data []byte, out any) error {
	if len(data) == 0 || data[0] != '{' {
		return errNoObject
	}
	err := json.Unmarshal(data, out)
	if _, partly := errors.AsType[*json.UnmarshalTypeError](err); partly {
		return nil
	}
	return err
}

// listOf decodes the list that an answer has under key, and the other fields.
// It returns nil for an element that is no object or that ok, unless it is nil,
// refuses. A list that is null is nil.
func listOf[T any](data []byte, key string, ok func(*T, json.RawMessage) bool) (list []*T, other map[string]json.RawMessage, err error) {
	other, err = fields(clean(data))
	if err != nil {
		return nil, nil, err
	}
	raw, found := other[key]
	if !found {
		return nil, nil, errNoList
	}
	if string(raw) == "null" {
		return nil, other, nil
	}
	items, err := elements(raw)
	if err != nil {
		return nil, nil, errNoList
	}
	list = make([]*T, 0, len(items))
	for _, item := range items {
		v := new(T)
		if decodeObject(item, v) != nil || ok != nil && !ok(v, item) {
			v = nil
		}
		list = append(list, v)
	}
	return list, other, nil
}

// readable returns the elements that could be decoded, and how many could not.
func readable[W, T any](list []*W, value func(W) T) (all []T, unreadable int) {
	all = []T{}
	for _, w := range list {
		if w != nil {
			all = append(all, value(*w))
		}
	}
	return all, len(list) - len(all)
}

// anyText is a string that may be encoded as a number. Anything else is the
// empty string.
type anyText string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyText) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(t))
	case data[0] == '-' || isDigit(data[0]):
		*t = anyText(data)
	default:
		*t = ""
	}
	return nil
}

// anyBool is a flag that may be encoded as a string or as 0 or 1. Anything else
// is false.
type anyBool bool

// UnmarshalJSON implements [json.Unmarshaler].
func (b *anyBool) UnmarshalJSON(data []byte) error {
	on, err := strconv.ParseBool(strings.Trim(string(data), `"`))
	*b = anyBool(err == nil && on)
	return nil
}

// number returns a non-negative whole number that may be encoded as a string,
// -1 for anything else.
func number(data json.RawMessage) int {
	n, err := strconv.ParseUint(strings.Trim(string(data), `"`), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

// objects is a list of objects without the elements that are none. Anything but
// a list is empty.
type objects[T any] []T

// UnmarshalJSON implements [json.Unmarshaler].
func (o *objects[T]) UnmarshalJSON(data []byte) error {
	*o = nil
	items, _ := elements(data)
	for _, item := range items {
		var v T
		if decodeObject(item, &v) == nil {
			*o = append(*o, v)
		}
	}
	return nil
}

// texts is a list of strings and numbers without its other elements. Anything
// but a list is empty.
type texts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *texts) UnmarshalJSON(data []byte) error {
	*t = nil
	items, _ := elements(data)
	for _, item := range items {
		var text anyText
		if json.Unmarshal(item, &text) == nil && text != "" {
			*t = append(*t, string(text))
		}
	}
	return nil
}

// seconds is a duration in seconds, encoded as a number or a string.
// Unreadable or negative values are 0, so that no entry is lost.
type seconds time.Duration

// UnmarshalJSON implements [json.Unmarshaler].
func (s *seconds) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		n = 0
	}
	*s = seconds(time.Duration(n * float64(time.Second)).Round(time.Second))
	return nil
}

// timeLayouts lists the observed forms of times. The zone may be missing.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05",
}

// anyTime is a time in one of timeLayouts, in UTC. Unreadable values are the
// zero time.
type anyTime time.Time

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyTime) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			*t = anyTime(at.UTC())
			return nil
		}
	}
	*t = anyTime{}
	return nil
}
