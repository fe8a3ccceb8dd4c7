package web

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A schema describes the fields of a struct type.
type schema struct {
	fields []field
	names  map[string]bool // of the fields that JSON may have
	body   []int           // the index of an embedded Body; nil if there is none
}

// A field of a schema knows how to set itself. set reports whether what was
// sent for it is valid.
type field struct {
	name  string
	index []int
	set   func(v reflect.Value, from fieldSource) bool
}

var schemas sync.Map // of *schema, by reflect.Type

func schemaOf(t reflect.Type) *schema {
	if s, ok := schemas.Load(t); ok {
		return s.(*schema)
	}
	s := &schema{names: map[string]bool{}}
	s.add(t, nil)
	schemas.Store(t, s)
	return s
}

// add adds the fields of the struct type t, which is embedded at index.
func (s *schema) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		tag, tagged := f.Tag.Lookup("form")
		switch {
		case f.Type == reflect.TypeFor[Body]():
			s.body = at
		case tagged:
			name, option, _ := strings.Cut(tag, ",")
			s.names[name] = option != "formonly"
			s.fields = append(s.fields, field{name, at, setter(f.Type, name, option == "required")})
		case f.Anonymous:
			s.add(f.Type, at)
		}
	}
}

// setter returns the function that sets a field of type t.
func setter(t reflect.Type, name string, required bool) func(reflect.Value, fieldSource) bool {
	switch {
	case t == reflect.TypeFor[TimeOfDay]():
		return number(name, required, parseTimeOfDay)
	case t.Kind() == reflect.Int:
		return number(name, required, strconv.Atoi)
	case t.Kind() == reflect.Bool:
		return func(v reflect.Value, from fieldSource) bool {
			if !required && !from.filled(name) {
				return true
			}
			b, ok := from.boolean(name)
			v.SetBool(b)
			return ok
		}
	case t == reflect.TypeFor[*bool]():
		return func(v reflect.Value, from fieldSource) bool {
			if !from.filled(name) {
				return !required
			}
			b, ok := from.boolean(name)
			v.Set(reflect.ValueOf(&b))
			return ok
		}
	case t.Kind() == reflect.String:
		return func(v reflect.Value, from fieldSource) bool {
			s, ok := from.text(name)
			v.SetString(s)
			return ok && (!required || from.sent(name))
		}
	case t == reflect.TypeFor[*string]():
		return func(v reflect.Value, from fieldSource) bool {
			if !from.sent(name) {
				return !required
			}
			s, ok := from.text(name)
			v.Set(reflect.ValueOf(&s))
			return ok
		}
	case t == reflect.TypeFor[[]string]():
		return func(v reflect.Value, from fieldSource) bool {
			list, ok := from.textList(name)
			v.Set(reflect.ValueOf(list))
			return ok && (!required || len(list) > 0)
		}
	}
	panic(fmt.Sprintf("web: field %q: bodies have no fields of type %v", name, t))
}

func number(name string, required bool, parse func(string) (int, error)) func(reflect.Value, fieldSource) bool {
	return func(v reflect.Value, from fieldSource) bool {
		if !required && !from.filled(name) {
			return true
		}
		s, _ := from.text(name)
		n, err := parse(s)
		if err == nil {
			v.SetInt(int64(n))
		}
		return err == nil
	}
}

func parseTimeOfDay(s string) (int, error) {
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err
}
