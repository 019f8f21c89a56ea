package fsm_test

import (
	"reflect"
	"runtime"
	"sync"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// keep puts a record into a state of its own.
func keep(r *key.Record) *fsm.State {
	b := fsm.NewRebuild(fsm.New().State())
	b.PutKey(r)
	return b.State()
}

// A record comes out of the state as it went in, whichever one of its fields, or of its version's, is not as in a plain key.
func TestTheStateKeepsEveryFieldOfARecord(t *testing.T) {
	if s := keep(newRecord(1)); !s.Plain(keyID(1)) || !reflect.DeepEqual(s.Key(keyID(1)), newRecord(1)) {
		t.Fatalf("an ordinary key is not held as a plain one, or is another: %+v", s.Key(keyID(1)))
	}
	whole := 0
	try := func(name string, change func(r *key.Record)) {
		r, want := newRecord(1), newRecord(1)
		change(r)
		change(want)
		s := keep(r)
		if got := s.Key(r.ID); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v went in, and out came %+v", name, want, got)
		}
		if !s.Plain(r.ID) {
			whole++
		}
	}
	kind := reflect.TypeFor[key.Record]()
	for i := range kind.NumField() {
		try(kind.Field(i).Name, func(r *key.Record) { alter(reflect.ValueOf(r).Elem().Field(i)) })
		try("no "+kind.Field(i).Name, func(r *key.Record) {
			if kind.Field(i).Name != "ID" {
				reflect.ValueOf(r).Elem().Field(i).SetZero()
			}
		})
	}
	version := reflect.TypeFor[key.Version]()
	for i := range version.NumField() {
		try("a version's "+version.Field(i).Name, func(r *key.Record) { alter(reflect.ValueOf(&r.Versions[0]).Elem().Field(i)) })
		try("no "+version.Field(i).Name+" of a version", func(r *key.Record) { reflect.ValueOf(&r.Versions[0]).Elem().Field(i).SetZero() })
	}
	material := reflect.TypeFor[key.Material]()
	for i := range material.NumField() {
		try("a material's "+material.Field(i).Name, func(r *key.Record) { alter(reflect.ValueOf(&r.Versions[0].Material).Elem().Field(i)) })
	}
	try("a version without dates", func(r *key.Record) { r.Versions[0].Created, r.Versions[0].Activated = 0, 0 })
	try("dates of the version alone", func(r *key.Record) { r.Created = 0 })
	try("a long MAC", func(r *key.Record) { r.MAC = make([]byte, 300) })
	if most := 3 * (kind.NumField() + version.NumField()) / 2; whole == 0 || whole > most {
		t.Errorf("%d of these keys were held whole", whole)
	}
}

// alter gives a field another value.
func alter(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Array:
		alter(v.Index(0))
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		m.SetMapIndex(reflect.New(v.Type().Key()).Elem(), reflect.Zero(v.Type().Elem()))
		v.Set(m)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		alter(v.Field(0))
	default:
		panic("a field of a record of a kind that this test does not know: " + v.Kind().String())
	}
}

// Caches take a record for checked because it is the very one that they checked. So it has to be one and the same for as long as somebody
// has it, for everybody who asks at once, and another as soon as the key changes.
func TestAPlainKeysRecordIsOneWhileSomebodyHasIt(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	id, s := keyID(1), v.State()
	if !s.Plain(id) || s.Viewed(id) {
		t.Fatal("the key is not held as a plain one, or its record is there before anybody asked")
	}
	records := make([]*key.Record, 64)
	var all sync.WaitGroup
	for i := range records {
		all.Go(func() { records[i] = s.Key(id) })
	}
	all.Wait()
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	records = append(records, s.KeyByName("app/key-000001"), v.State().Key(id))
	page, _ := s.Keys(fsm.Query{})
	for _, r := range append(records, page...) {
		if r != records[0] {
			t.Fatal("two of those who asked at once got two records")
		}
	}
	v.do(&fsm.RewrapKeys{Items: []fsm.RewrapItem{{ID: id, Version: 1, Old: 1, New: key.Material{Term: 2, Sealed: []byte("anew")}}}})
	if after := v.State().Key(id); after == records[0] || string(after.Versions[0].Material.Sealed) != "anew" {
		t.Fatal("after its material moved, the key is what it was")
	}
	if s.Key(id) != records[0] {
		t.Fatal("a frozen state has another record after a later change")
	}
	runtime.KeepAlive(records)
	records, page = nil, nil
	for range 3 {
		runtime.GC()
	}
	if s.Viewed(id) {
		t.Error("a record that nobody has any more takes memory on")
	}
}

// The state has one of these for each plain key, and Go allocates in steps.
func TestAPlainKeyIsSmall(t *testing.T) {
	if fsm.PlainSize > 128 {
		t.Errorf("a plain key takes %d bytes, and took 128 or less", fsm.PlainSize)
	}
}
