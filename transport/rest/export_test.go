package rest

import (
	"reflect"

	"github.com/quorate/quorate/transport/api"
)

// Planned writes v as a plan for its type does.
func Planned(v any) ([]byte, error) {
	var b buffer
	err := plan(reflect.TypeOf(v))(&b, reflect.ValueOf(v))
	return b.b, err
}

// WritePage writes a page as it is answered, and forgets it.
func WritePage(page *api.Keys) error {
	b := getBuffer()
	defer putBuffer(b)
	return writePage(b, reflect.ValueOf(page).Elem())
}
