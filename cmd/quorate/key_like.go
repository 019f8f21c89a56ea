package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/quorate/quorate/transport/api"
)

// like takes over what in shares with the record of another key and what no flag names: algorithm, usage, export, parent,
// rotation, tags. Name, dates and owner are the new key's own. A setting that is added to both takes part by its name.
func like(in *api.CreateKeyRequest, r *api.Record, given func(flag string) bool) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("reading the other key: %w", err)
	}
	var other api.CreateKeyRequest
	if err := json.Unmarshal(text, &other); err != nil { // takes the fields of the same name, and leaves the others
		return fmt.Errorf("reading the other key: %w", err)
	}
	from, to := reflect.ValueOf(&other).Elem(), reflect.ValueOf(in).Elem()
	for i := range to.NumField() {
		name, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("json"), ",")
		switch flag := strings.ReplaceAll(name, "_", "-"); {
		case name == "name", strings.HasSuffix(name, "_at"), given(flag), name == "tags" && given("tag"):
		default:
			to.Field(i).Set(from.Field(i))
		}
	}
	return nil
}
