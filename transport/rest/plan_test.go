package rest_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/vault/key"
)

// fill gives a value of any type content at random, of which a third is empty.
func fill(r *rand.Rand, v reflect.Value) {
	if r.IntN(3) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		texts := []string{"plain", `"`, `a\b`, "<&>", "Schlüssel", "\x00\x1f\x7f", "\u2028", "🔑", " "}
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(r.IntN(2000) - 1000))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> 57)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(12) {
			name, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, name)
			fill(r, value)
			v.SetMapIndex(name, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(r.IntN(1e9)), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(r, v.Field(i))
			}
		}
	}
}

// odd has what plans leave to the library, beside what they do themselves.
type odd struct {
	Plain  map[string]string `json:"plain"`
	Always []string          `json:"always"`
	Wide   uint64            `json:"wide,omitzero"`
	Signed int               `json:"signed,omitzero"`
	Empty  map[string]int    `json:"empty,omitempty"`
	Bytes  []byte            `json:"bytes"`
	When   time.Time         `json:"when,omitzero"`
	Text   string            `json:"text,omitempty"`
	Inner  struct {
		Flag bool `json:"flag,omitzero"`
	} `json:"inner"`
	Deep *api.Version `json:"deep,omitzero"`
}

func TestAPlanWritesWhatTheLibraryMarshals(t *testing.T) {
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for _, kind := range []any{api.Keys{}, api.Record{}, api.Version{}, odd{}, []odd{}, struct{}{}, "", map[string]string{}, struct {
		Odd odd `json:"odd,omitempty"`
	}{}, struct{ Bare string }{}} {
		for range 400 {
			v := reflect.New(reflect.TypeOf(kind)).Elem()
			fill(r, v)
			want, err := json.Marshal(v.Interface(), json.Deterministic(true))
			if err != nil {
				t.Fatal(err)
			}
			got, err := rest.Planned(v.Interface())
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%T: %v\n%s\n, want\n%s", kind, err, got, want)
			}
		}
	}
	if _, err := rest.Planned(api.Record{Name: "\xff"}); err == nil {
		t.Error("what is not UTF-8 is written")
	}
}

// somePage is a page of n records as the vault gives them.
func somePage(n int) []*key.Record {
	page := make([]*key.Record, n)
	at := key.At(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
	for i := range page {
		page[i] = &key.Record{
			ID: key.ID{byte(i)}, Name: fmt.Sprintf("app/key-%07d", i), Algorithm: key.AES256GCM, Type: key.SymmetricKey, Usage: key.AES256GCM.Traits().Default(),
			State: key.Active, Versions: []key.Version{{Number: 1, State: key.Active, Created: at, Activated: at}}, NextRotate: at,
			Tags: map[string]string{"env": "prod", "team": "t7"}, Owner: "app1", Created: at, Updated: at, Revision: uint64(i),
		}
	}
	return page
}

func TestAPageIsTheMarshalledPage(t *testing.T) {
	for n, next := range []string{"", "app/key-0000001~00", `a"b~`} {
		want, err := json.Marshal(rest.KeysOf(somePage(n), next), json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		if err := rest.Page(somePage(n), next, func(got []byte) {
			if !bytes.Equal(got, want) {
				t.Errorf("%s\n, want\n%s", got, want)
			}
		}); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkAnswer is a page of 100 records as JSON: as a whole api.Keys by the library, and one by one by a plan.
func BenchmarkAnswer(b *testing.B) {
	records := somePage(100)
	var out bytes.Buffer
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out.Reset()
			if err := json.MarshalWrite(&out, rest.KeysOf(records, "x"), json.Deterministic(true)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := rest.Page(records, "x", func([]byte) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
