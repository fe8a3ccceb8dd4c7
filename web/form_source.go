package web

import (
	"net/url"
	"strconv"
)

// A fieldSource is a body whose fields have been told apart. The booleans that
// text, textList and boolean return are false for a value that is not valid; a
// field that was not sent is an empty text and an empty list.
type fieldSource interface {
	sent(name string) bool   // it is there, perhaps empty
	filled(name string) bool // it is there, and no empty text
	text(name string) (string, bool)
	textList(name string) ([]string, bool)
	boolean(name string) (bool, bool)
}

// formFields are the fields of a form.
type formFields url.Values

func (f formFields) sent(name string) bool { return url.Values(f).Has(name) }
func (f formFields) filled(name string) bool {
	return len(f[name]) > 1 || url.Values(f).Get(name) != ""
}

func (f formFields) text(name string) (string, bool) {
	s := url.Values(f).Get(name)
	if len(f[name]) > 1 || !ValidText(s) {
		return "", false
	}
	return s, true
}

func (f formFields) textList(name string) ([]string, bool) {
	for _, s := range f[name] {
		if !ValidText(s) {
			return nil, false
		}
	}
	return f[name], true
}

func (f formFields) boolean(name string) (bool, bool) {
	s, ok := f.text(name)
	v, err := strconv.ParseBool(s)
	return v, ok && err == nil
}

// jsonFields are the fields of a JSON object.
type jsonFields map[string]any

func (j jsonFields) sent(name string) bool { _, ok := j[name]; return ok }

func (j jsonFields) filled(name string) bool { return j.sent(name) && j[name] != "" }

func (j jsonFields) text(name string) (string, bool) {
	s, ok := j[name].(string)
	if !j.sent(name) {
		return "", true
	}
	if !ok || !ValidText(s) {
		return "", false
	}
	return s, true
}

func (j jsonFields) textList(name string) ([]string, bool) {
	if !j.sent(name) {
		return nil, true
	}
	list, ok := j[name].([]any)
	if !ok {
		return nil, false
	}
	var textList []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok || !ValidText(s) {
			return nil, false
		}
		textList = append(textList, s)
	}
	return textList, true
}

func (j jsonFields) boolean(name string) (bool, bool) {
	v, ok := j[name].(bool)
	return v, ok
}
