package rest

import (
	"reflect"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/key"
)

// Planned writes v as a plan for its type does.
func Planned(v any) ([]byte, error) {
	var b buffer
	err := plan(reflect.TypeOf(v))(&b, reflect.ValueOf(v))
	return b.b, err
}

// Page writes a page as GET /v1/keys answers it, to where it is read before it is forgotten.
func Page(records []*key.Record, next string, read func([]byte)) error {
	b := getBuffer()
	defer putBuffer(b)
	if err := writePage(b, records, next); err != nil {
		return err
	}
	read(b.b)
	return nil
}

// KeysOf is such a page for the library to marshal.
func KeysOf(records []*key.Record, next string) api.Keys {
	page := api.Keys{Keys: make([]api.Record, len(records)), Next: next}
	for i, r := range records {
		page.Keys[i] = recordOf(r)
	}
	return page
}
