package field

import (
	"context"
	"reflect"
	"strings"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// Tag names the fields that a Walker encrypts, by a label that goes into what is bound to the value:
//
//	Email string `quorate:"customers.email"`
//	Phone string `quorate:"customers.phone,searchable"`
//
// The label is for ever: a value opens under the label that it was sealed under. Fields are strings or byte slices.
const Tag = "quorate"

// Walker encrypts and decrypts the tagged fields of structs, where they are: in the struct itself, in structs inside of it, and behind
// pointers, slices and arrays; not in maps and interfaces. Empty fields stay empty.
type Walker struct {
	Box   *envelope.Box
	Index *Index // for fields that are searchable; nil: none may be
}

// Seal encrypts the tagged fields of the struct that v points to. row says which row or object it is, such as its primary key: Open
// needs the same. If it fails, nothing was changed. fault.Invalid if a field is encrypted already.
func (w Walker) Seal(ctx context.Context, v any, row string) error {
	return w.walk(v, func(t tagged, plain string) (string, error) {
		if IsSealed(plain) {
			return "", fault.New(fault.Invalid, "the field %s is encrypted already", t.label).WithHint("Seal plain values only, and each once.")
		}
		if t.searchable {
			return w.Index.Seal(ctx, t.label, plain)
		}
		return w.SealField(ctx, t.label, row, plain)
	})
}

// Open decrypts what Seal encrypted. If it fails, nothing was changed.
func (w Walker) Open(ctx context.Context, v any, row string) error {
	return w.walk(v, func(t tagged, stored string) (string, error) {
		if t.searchable {
			return w.Index.Open(ctx, t.label, stored)
		}
		return w.OpenField(ctx, t.label, row, stored)
	})
}

// named says of which field an error speaks.
func named(err error, t tagged) error {
	f := fault.Of(err)
	return fault.Wrap(f.Kind, err, "the field %s: %s", t.label, f.Message).WithHint("%s", f.NextStep())
}

// tagged is a field with a tag.
type tagged struct {
	label      string
	searchable bool
	value      reflect.Value
}

// walk replaces every tagged field by what change makes of it, once all are done.
func (w Walker) walk(v any, change func(tagged, string) (string, error)) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return fault.New(fault.Invalid, "a %T is no pointer to a struct", v)
	}
	var all []tagged
	if err := collect(p.Elem(), &all, map[reflect.Value]bool{}); err != nil {
		return err
	}
	after := make([]string, len(all))
	for i, t := range all {
		before := get(t.value)
		if before == "" {
			continue
		}
		if t.searchable && w.Index == nil {
			return fault.New(fault.Invalid, "the field %s is to be searchable, and the Walker has no Index", t.label)
		}
		var err error
		if after[i], err = change(t, before); err != nil {
			return err
		}
	}
	for i, t := range all {
		if after[i] != "" {
			set(t.value, after[i])
		}
	}
	return nil
}

// collect finds the tagged fields. seen are pointers that were followed: structs may lead back to themselves.
func collect(v reflect.Value, all *[]tagged, seen map[reflect.Value]bool) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v] {
			return nil
		}
		seen[v] = true
		return collect(v.Elem(), all, seen)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := collect(v.Index(i), all, seen); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag, is := f.Tag.Lookup(Tag)
			if !is {
				if f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct { // the exported fields of an embedded struct are the outer one's
					if err := collect(v.Field(i), all, seen); err != nil {
						return err
					}
				}
				continue
			}
			label, option, _ := strings.Cut(tag, ",")
			text := f.Type.Kind() == reflect.String || f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Uint8
			if !f.IsExported() || !text || label == "" || option != "" && option != "searchable" {
				return fault.New(fault.Invalid, "the field %s.%s cannot be encrypted by its tag %q", v.Type(), f.Name, tag).
					WithHint("Tag exported strings and byte slices with a label, and \",searchable\" where that is meant.")
			}
			*all = append(*all, tagged{label, option == "searchable", v.Field(i)})
		}
	}
	return nil
}

func get(v reflect.Value) string {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return string(v.Bytes())
}

func set(v reflect.Value, s string) {
	if v.Kind() == reflect.String {
		v.SetString(s)
		return
	}
	v.SetBytes([]byte(s))
}

// SealField encrypts one value as Seal encrypts the field of that label in that row.
func (w Walker) SealField(ctx context.Context, label, row, plain string) (string, error) {
	message, err := w.Box.Encrypt(ctx, []byte(plain), binding(label+"\x00"+row))
	if err != nil {
		return "", err
	}
	return text(message), nil
}

// OpenField decrypts one value as Open decrypts the field of that label in that row.
func (w Walker) OpenField(ctx context.Context, label, row, stored string) (string, error) {
	t := tagged{label: label}
	message, err := parse(stored)
	if err != nil {
		return "", named(err, t)
	}
	plain, err := w.Box.Decrypt(ctx, message, binding(label+"\x00"+row))
	if err != nil {
		return "", named(err, t)
	}
	return string(plain), nil
}

// IsSealed tells whether a stored value has the form of an encrypted one. It proves nothing.
func IsSealed(stored string) bool {
	return strings.HasPrefix(stored, prefix) || strings.HasPrefix(stored, searchable)
}
