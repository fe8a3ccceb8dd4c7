package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody is the largest request body that the API reads.
const maxBody = 1 << 20

// maxDepth is how deep JSON may nest.
const maxDepth = 16

// members are the members of a JSON object; parseStrict guarantees that each
// name came once.
type members map[string]any

// decodeStrict decodes body into out, a pointer to a struct or to a slice of
// structs, more strictly than encoding/json does: it refuses names that out
// does not have (or has in another case), names given twice, values of another
// type, null (unless the field's tag says `null:"ok"`), fields that are missing
// (unless the JSON tag says omitempty), a byte order mark, invalid UTF-8, and
// anything after the value.
func decodeStrict(body []byte, out any) error {
	tree, err := parseStrict(body)
	if err != nil {
		return err
	}
	return assign(tree, reflect.ValueOf(out).Elem(), "body")
}

// parseStrict parses body, which must be one JSON value in UTF-8, into
// members, []any, string, json.Number, bool and nil.
func parseStrict(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("data after the JSON value")
	}
	return v, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	if depth == maxDepth {
		return nil, errors.New("nested too deeply")
	}
	if delim == '[' {
		return parseArray(d, depth)
	}
	return parseObject(d, depth)
}

func parseArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	m := members{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := tok.(string)
		if !ok {
			return nil, errors.New("name of a member is not a string")
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%q is given twice", name)
		}
		if m[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return m, err
}

// assign stores v, which stands at path, in out.
func assign(v any, out reflect.Value, path string) error {
	if out.Kind() == reflect.Pointer {
		out.Set(reflect.New(out.Type().Elem()))
		return assign(v, out.Elem(), path)
	}
	mismatch := fmt.Errorf("%s is not %s", path, kindName(out.Type()))
	switch v := v.(type) {
	case string:
		if out.Kind() != reflect.String {
			return mismatch
		}
		out.SetString(v)
	case bool:
		if out.Kind() != reflect.Bool {
			return mismatch
		}
		out.SetBool(v)
	case json.Number:
		return assignNumber(v, out, mismatch)
	case []any:
		return assignList(v, out, path, mismatch)
	case members:
		if out.Kind() != reflect.Struct {
			return mismatch
		}
		return assignStruct(v, out, path)
	default:
		return mismatch
	}
	return nil
}

func assignNumber(n json.Number, out reflect.Value, mismatch error) error {
	switch out.Kind() {
	case reflect.Int, reflect.Int64:
		i, err := n.Int64()
		if err != nil {
			return mismatch
		}
		out.SetInt(i)
	case reflect.Float64:
		f, err := n.Float64()
		if err != nil {
			return mismatch
		}
		out.SetFloat(f)
	default:
		return mismatch
	}
	return nil
}

func assignList(list []any, out reflect.Value, path string, mismatch error) error {
	if out.Kind() != reflect.Slice {
		return mismatch
	}
	out.Set(reflect.MakeSlice(out.Type(), len(list), len(list)))
	for i, v := range list {
		if err := assign(v, out.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func assignStruct(m members, out reflect.Value, path string) error {
	var known []string
	for i := range out.NumField() {
		f := out.Type().Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
		v, given := m[name]
		switch {
		case !given && opts == "omitempty":
		case !given:
			return fmt.Errorf("%s.%s is missing", path, name)
		case v == nil && f.Tag.Get("null") == "ok":
		default:
			if err := assign(v, out.Field(i), path+"."+name); err != nil {
				return err
			}
		}
	}
	for name := range m {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s has no field %q", path, name)
		}
	}
	return nil
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "an object"
	}
	return "a number"
}
