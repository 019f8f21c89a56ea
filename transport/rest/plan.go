package rest

import (
	"encoding"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A page of a thousand records is the same few types over and over, so how they are written as JSON is planned once for each type. The
// outcome is what json.MarshalWrite with json.Deterministic writes, which also writes whatever a plan does not understand; a test
// holds the one to the other.

// writer appends a value of one type.
type writer func(b *buffer, v reflect.Value) error

// planned is a member of a struct.
type planned struct {
	at    int
	name  string // quoted, with the colon
	empty func(v reflect.Value) bool
	write writer
}

// plan is the writer for a type.
func plan(t reflect.Type) writer {
	if custom(t) {
		return marshal
	}
	switch t.Kind() {
	case reflect.String:
		return func(b *buffer, v reflect.Value) error { return b.quote(v.String()) }
	case reflect.Bool:
		return func(b *buffer, v reflect.Value) error {
			b.reserve(len("false"))
			b.b = strconv.AppendBool(b.b, v.Bool())
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(b *buffer, v reflect.Value) error { b.number(v.Uint()); return nil }
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return marshal
		}
		return planList(plan(t.Elem()))
	case reflect.Map:
		if t == reflect.TypeFor[map[string]string]() {
			return writeTexts
		}
		return marshal
	case reflect.Struct:
		return planStruct(t)
	}
	return marshal
}

// custom tells whether a type says itself how it is written.
func custom(t reflect.Type) bool {
	for _, own := range []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo](), reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextAppender](),
		reflect.TypeFor[interface{ IsZero() bool }](),
	} {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}

func marshal(b *buffer, v reflect.Value) error {
	text, err := json.Marshal(v.Interface(), json.Deterministic(true))
	if err != nil {
		return err
	}
	b.reserve(len(text))
	b.b = append(b.b, text...)
	return nil
}

func planList(one writer) writer {
	return func(b *buffer, v reflect.Value) error {
		b.raw("[")
		for i := range v.Len() {
			if i > 0 {
				b.raw(",")
			}
			if err := one(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.raw("]")
		return nil
	}
}

func writeTexts(b *buffer, v reflect.Value) error {
	texts, ok := v.Interface().(map[string]string)
	if !ok {
		return marshal(b, v)
	}
	var few [8]string
	names := slices.AppendSeq(few[:0], maps.Keys(texts))
	slices.Sort(names)
	b.raw("{")
	for i, name := range names {
		if i > 0 {
			b.raw(",")
		}
		if err := b.quote(name); err != nil {
			return err
		}
		if err := b.raw(":").quote(texts[name]); err != nil {
			return err
		}
	}
	b.raw("}")
	return nil
}

// planStruct plans the fields of t in their order; a field with a tag that it does not know has all of t marshalled.
func planStruct(t reflect.Type) writer {
	var fields []planned
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" {
			return marshal
		}
		known := planned{at: i, name: strconv.Quote(name) + ":", write: plan(f.Type)}
		switch options {
		case "":
		case "omitzero":
			if custom(f.Type) {
				return marshal
			}
			known.empty = reflect.Value.IsZero
		case "omitempty":
			if k := f.Type.Kind(); custom(f.Type) || k != reflect.Slice && k != reflect.Map && k != reflect.String {
				return marshal
			}
			known.empty = func(v reflect.Value) bool { return v.Len() == 0 }
		default:
			return marshal
		}
		fields = append(fields, known)
	}
	return func(b *buffer, v reflect.Value) error {
		begin := "{"
		for i := range fields {
			f := &fields[i]
			member := v.Field(f.at)
			if f.empty != nil && f.empty(member) {
				continue
			}
			b.raw(begin).raw(f.name)
			if err := f.write(b, member); err != nil {
				return err
			}
			begin = ","
		}
		if begin == "{" {
			b.raw("{")
		}
		b.raw("}")
		return nil
	}
}

// quote appends a JSON string, and refuses what is not UTF-8.
func (b *buffer) quote(s string) error {
	b.reserve(6*len(s) + 2)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			var err error
			b.b, err = jsontext.AppendQuote(b.b, s)
			return err
		}
	}
	b.b = append(append(append(b.b, '"'), s...), '"')
	return nil
}
