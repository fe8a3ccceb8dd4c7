package simulator

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxBody is the largest request body that the API reads, in bytes.
const maxBody = 1 << 20

// decodeJSON decodes body, one JSON value in UTF-8, into out. It refuses
// unknown and duplicate names, names in another case, values of another type
// and anything after the value.
func decodeJSON(body []byte, out any) error {
	return json.Unmarshal(body, out, json.RejectUnknownMembers(true))
}

// decodeStrict is decodeJSON for requests of the API. It also refuses missing
// fields, unless their JSON tag says omitempty, and null, unless their tag
// says `null:"ok"`.
func decodeStrict(body []byte, out any) error {
	if err := decodeJSON(body, out); err != nil {
		return err
	}
	return checkMembers(body, reflect.TypeOf(out).Elem(), "body")
}

// checkMembers reports the first null and the first missing field of value,
// which stands at path and has been decoded into a t without an error.
func checkMembers(value jsontext.Value, t reflect.Type, path string) error {
	if value.Kind() == 'n' {
		return fmt.Errorf("%s is null", path)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return checkMembers(value, t.Elem(), path)
	case reflect.Slice:
		var list []jsontext.Value
		if err := json.Unmarshal(value, &list); err != nil {
			return err
		}
		for i, v := range list {
			if err := checkMembers(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var members map[string]jsontext.Value
		if err := json.Unmarshal(value, &members); err != nil {
			return err
		}
		return checkFields(members, t, path)
	}
	return nil
}

func checkFields(members map[string]jsontext.Value, t reflect.Type, path string) error {
	for f := range t.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		v, given := members[name]
		switch {
		case !given && option == "omitempty":
		case !given:
			return fmt.Errorf("%s.%s is missing", path, name)
		case v.Kind() == 'n' && f.Tag.Get("null") == "ok":
		default:
			if err := checkMembers(v, f.Type, path+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}
