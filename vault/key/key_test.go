package key_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func TestIDsAreVersion4UUIDs(t *testing.T) {
	seen := map[key.ID]bool{}
	for range 1000 {
		id, err := key.NewID(rand.Reader)
		if err != nil || seen[id] || id.IsZero() {
			t.Fatalf("%v, %v, seen before: %v", id, err, seen[id])
		}
		seen[id] = true
		s := id.String()
		if s[14] != '4' || !strings.ContainsRune("89ab", rune(s[19])) {
			t.Errorf("%s is not of version 4", s)
		}
		back, err := key.ParseID(s)
		if err != nil || back != id {
			t.Errorf("%s is read as %s, %v", s, back, err)
		}
	}
	if _, err := key.NewID(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("15 bytes make an id")
	}
}

func TestOnlyTheCanonicalFormIsAnID(t *testing.T) {
	good := "01234567-89ab-4cde-8f01-23456789abcd"
	if _, err := key.ParseID(good); err != nil {
		t.Error(err)
	}
	for _, s := range []string{
		"", strings.Repeat("-", 36), "0-234567-89ab-4cde-8f01-23456789abcd", good[:35], good + "0", strings.ToUpper(good), strings.ReplaceAll(good, "-", ""), "{" + good[1:35] + "}", strings.Replace(good, "0", "g", 1),
		strings.Replace(good, "-", "_", 1),
	} {
		if id, err := key.ParseID(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is read as %v, %v", s, id, err)
		}
	}
}

func TestNamesReachNothingElse(t *testing.T) {
	for _, s := range []string{"a", "Z", "0", "app/db/main", "a.b_c-d", "a/b.", "a/.b", "a..b", strings.Repeat("a", 255), "01234567-89ab-4cde-8f01-23456789abcg"} {
		if err := key.CheckName(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/.", "a/..", "a/../b", "a/./b", "./a", "../a", "-a", "_a", ".a", " a", "a ", "a b", "a\n", "\na", "a\x00", "a\\b",
		"a%2fb", "a:b", "a*b", "a?b", "a#b", "a\u2215b", "\u0430pp", "app\u200b", "ａ", "é", "e\u0301", "\xff", strings.Repeat("a", 256), "01234567-89ab-4cde-8f01-23456789abcd",
	} {
		if err := key.CheckName(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is allowed: %v", s, err)
		}
	}
}

// TestStatesFollowSP80057 has every pair: figure 3 of SP 800-57 part 1 rev. 5, an active key being deactivated before it is destroyed.
func TestStatesFollowSP80057(t *testing.T) {
	all := []key.State{key.PreActive, key.Active, key.Suspended, key.Deactivated, key.Compromised, key.Destroyed, key.DestroyedCompromised}
	legal := map[[2]key.State]bool{}
	for from, to := range map[key.State][]key.State{
		key.PreActive: {key.Active, key.Compromised, key.Destroyed}, key.Active: {key.Suspended, key.Deactivated, key.Compromised},
		key.Suspended: {key.Active, key.Deactivated, key.Compromised}, key.Deactivated: {key.Compromised, key.Destroyed},
		key.Compromised: {key.DestroyedCompromised}, key.Destroyed: {key.DestroyedCompromised},
	} {
		for _, s := range to {
			legal[[2]key.State{from, s}] = true
		}
	}
	for _, from := range append(all, 0, 8, 255) {
		for _, to := range append(all, 0, 8, 255) {
			if got := from.May(to); got != legal[[2]key.State{from, to}] {
				t.Errorf("%s to %s is %v", from, to, got)
			}
		}
		if from.May(from) {
			t.Errorf("%s goes to itself", from)
		}
	}
	for _, s := range all {
		if back, err := key.ParseState(s.String()); err != nil || back != s {
			t.Errorf("%s is read as %s, %v", s, back, err)
		}
		if s.Protects() != (s == key.Active) || s.Processes() != (s == key.Active || s == key.Deactivated) || s.Gone() != (s == key.Destroyed || s == key.DestroyedCompromised) {
			t.Errorf("%s protects %v, processes %v, is gone %v", s, s.Protects(), s.Processes(), s.Gone())
		}
	}
	for _, s := range []string{"", "unknown", "ACTIVE", "active "} {
		if _, err := key.ParseState(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if key.State(0).String() != "unknown" || key.State(200).String() != "unknown" {
		t.Error("what is no state has a name")
	}
}

func TestAlgorithmsAndUsagesAreReadBack(t *testing.T) {
	for a := key.AES128GCM; a <= key.Opaque; a++ {
		back, err := key.ParseAlgorithm(a.String())
		if err != nil || back != a || a.Traits().Type == 0 {
			t.Errorf("%d is %s, read as %d, %v", a, a, back, err)
		}
		if a.Traits().AEAD && (a.Traits().Bytes == 0 || a.Traits().Usage&(key.Encrypt|key.Decrypt) != key.Encrypt|key.Decrypt) {
			t.Errorf("%s: %+v", a, a.Traits())
		}
	}
	if a, err := key.ParseAlgorithm(""); a != key.AES256GCM || err != nil {
		t.Errorf("the default is %s, %v", a, err)
	}
	for _, s := range []string{"unknown", "AES-256-GCM", "aes"} {
		if _, err := key.ParseAlgorithm(s); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if key.Algorithm(0).String() != "unknown" || key.Algorithm(99).Traits() != (key.Traits{}) {
		t.Error("what is no algorithm has traits")
	}
	all := key.Sign | key.Verify | key.Encrypt | key.Decrypt | key.Wrap | key.Unwrap | key.Export | key.MAC | key.VerifyMAC | key.Derive | key.Agree
	if u, err := key.ParseUsage(all.Names()); err != nil || u != all || len(all.Names()) != 11 {
		t.Errorf("%v is read as %v, %v", all, u, err)
	}
	if _, err := key.ParseUsage([]string{"encrypt", "fly"}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "fly") {
		t.Errorf("an unknown usage: %v", err)
	}
}

func TestTimesAreMillisecondsInUTC(t *testing.T) {
	at := time.Date(2026, 11, 22, 8, 1, 2, 345_678_901, time.FixedZone("", 3600))
	x := key.At(at)
	if x.Time() != at.UTC().Truncate(time.Millisecond) || x.String() != "2026-11-22T07:01:02.345Z" {
		t.Errorf("%v is %v, %s", at, x.Time(), x)
	}
	if key.At(time.Time{}) != 0 || !key.Time(0).Time().IsZero() || key.Time(0).String() != "" {
		t.Error("never is some time")
	}
	for _, x := range []key.Time{1, 9, 99, 999, 1000, x, 253402300799999} {
		if want := x.Time().Format("2006-01-02T15:04:05.000Z07:00"); x.String() != want {
			t.Errorf("%d is written %s, by the library %s", int64(x), x, want)
		}
	}
	if x.Add(time.Second) != x+1000 || x.Add(-time.Hour) != x-3_600_000 {
		t.Error("adding goes wrong")
	}
	for text, want := range map[string]key.Time{"": 0, "1970-01-01T00:00:00.001Z": 1, "2026-11-22T08:01:02.345+01:00": x, "9999-12-31T23:59:59.999Z": 253402300799999} {
		if got, err := key.ParseTime(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"now", "2026-11-22", "2026-11-22T08:00:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "2026-13-01T00:00:00Z"} {
		if got, err := key.ParseTime(text); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
}

func TestPeriodsAreReadAndWritten(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"": 0, "0s": 0, "90d": 90 * day, "36h": 36 * time.Hour, "1d12h": 36 * time.Hour, "10s": 10 * time.Second, "1d2h3m4s5ms": day + 2*time.Hour + 3*time.Minute + 4*time.Second + 5*time.Millisecond,
		"36500d": key.MaxPeriod, "1.5h": 90 * time.Minute,
	} {
		if got, err := key.ParsePeriod(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"d", "x", "-1d", "-1h", "1d-1h", "1", "1y", "36501d", "36500d1ms", "99999999999d", "1dd", "1h1d", "9999999h", " 1d", "1 d"} {
		if got, err := key.ParsePeriod(text); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for d, want := range map[time.Duration]string{0: "", 36 * time.Hour: "1d12h", 90 * day: "90d", 1500 * time.Millisecond: "1s500ms"} {
		if got := key.FormatPeriod(d); got != want {
			t.Errorf("%v is written %q", d, got)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"90d", "1d12h30m", "1.5h", "", "-1d", "36500d", "1ns", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := key.ParsePeriod(s)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if d < 0 || d > key.MaxPeriod {
			t.Errorf("%q is %v", s, d)
		}
		d = d.Truncate(time.Millisecond)
		if back, err := key.ParsePeriod(key.FormatPeriod(d)); err != nil || back != d {
			t.Errorf("%v is written %q and read as %v, %v", d, key.FormatPeriod(d), back, err)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-11-22T08:00:00Z", "", "9999-12-31T23:59:59.999Z", "2026-11-22T08:00:00+23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := key.ParseTime(s)
		if err != nil {
			return
		}
		if back, err := key.ParseTime(at.String()); err != nil || back != at {
			t.Errorf("%q is %d, written %q and read as %d, %v", s, at, at, back, err)
		}
	})
}

func FuzzNameAndID(f *testing.F) {
	for _, s := range []string{"app/db", "a/../b", "01234567-89ab-4cde-8f01-23456789abcd", "", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := key.ParseID(s)
		if err == nil && (id.String() != s || key.CheckName(s) == nil) {
			t.Errorf("%q is an id, written %s, and a name: %v", s, id, key.CheckName(s) == nil)
		}
		if key.CheckName(s) == nil && (len(s) > 255 || strings.Contains("/"+s+"/", "/../") || strings.Contains(s, "//")) {
			t.Errorf("%q is a name", s)
		}
	})
}

func TestVersionsAreFoundByNumber(t *testing.T) {
	r := &key.Record{}
	if r.Latest() != nil || r.Version(0) != nil || r.Version(1) != nil {
		t.Error("a record without versions has one")
	}
	for _, n := range []uint32{1, 2, 5, 4_000_000_000} { // gaps where versions were purged
		r.Versions = append(r.Versions, key.Version{Number: n})
	}
	for n, want := range map[uint32]bool{1: true, 2: true, 3: false, 4: false, 5: true, 6: false, 4_000_000_000: true, 4_294_967_295: false} {
		if v := r.Version(n); (v != nil) != want || v != nil && v.Number != n {
			t.Errorf("version %d is %+v", n, v)
		}
	}
	if r.Version(0) != r.Latest() || r.Latest().Number != 4_000_000_000 {
		t.Errorf("the latest is %+v", r.Latest())
	}
}

// TestRecordsAreNoLargerThanTheyWere holds the two structs of which the state has one for each key, or for each version, to the sizes
// in which Go allocates: a byte more takes 32 or 16. A field that few keys need belongs into a struct of its own, by pointer.
func TestRecordsAreNoLargerThanTheyWere(t *testing.T) {
	if n := unsafe.Sizeof(key.Record{}); n > 384 {
		t.Errorf("a record takes %d bytes, and took 384 or less", n)
	}
	if n := unsafe.Sizeof(key.Version{}); n > 160 {
		t.Errorf("a version takes %d bytes, and took 160 or less", n)
	}
}

// TestACloneIsItsOwn fills every field by reflection, changes each in the clone, and looks at the original.
func TestACloneIsItsOwn(t *testing.T) {
	make1 := func() *key.Record {
		return &key.Record{
			Versions: []key.Version{{Number: 1}}, Tags: map[string]string{"a": "b"}, Attributes: map[string][]byte{"a": {1}}, Links: []key.Link{{Kind: 1}}, MAC: []byte{1},
			Names: []key.Label{{Value: "n"}}, Groups: []key.Label{{Value: "g"}}, Shown: &key.Shown{Bits: 1}, Occurred: map[uint32]key.Time{1: 1},
		}
	}
	kind := reflect.TypeFor[key.Record]()
	for i := range kind.NumField() {
		r := make1()
		c := r.Clone()
		if !reflect.DeepEqual(r, c) {
			t.Fatal("a clone differs")
		}
		switch x := reflect.ValueOf(c).Elem().Field(i); x.Kind() {
		case reflect.Map:
			for _, k := range x.MapKeys() {
				x.SetMapIndex(k, reflect.Zero(x.Type().Elem()))
			}
			x.SetMapIndex(reflect.New(x.Type().Key()).Elem(), reflect.Zero(x.Type().Elem()))
		case reflect.Slice:
			if x.Type().Elem().Kind() == reflect.Uint8 {
				x.SetBytes([]byte{9}) // byte slices are replaced, never written into
			} else {
				x.Index(0).SetZero()
			}
		case reflect.Pointer:
			x.Elem().SetZero()
		case reflect.Array, reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
			continue // copied with the struct
		default:
			t.Errorf("the field %s is a %s, which this test does not know", kind.Field(i).Name, x.Kind())
		}
		if !reflect.DeepEqual(r, make1()) {
			t.Errorf("changing the clone's %s changes the original", kind.Field(i).Name)
		}
		if reflect.DeepEqual(r, c) {
			t.Errorf("the clone's %s did not change, so this proves nothing", kind.Field(i).Name)
		}
	}
}

func TestDueIsTheNextThingToDo(t *testing.T) {
	full := func(s key.State) *key.Record {
		return &key.Record{
			State: s, ActivateAt: 10, DeactivAt: 20, NextRotate: 30, DestroyAt: 40,
			Versions: []key.Version{{Number: 1, State: key.Deactivated, DestroyAt: 50}, {Number: 2, State: key.Destroyed, DestroyAt: 1}, {Number: 3, State: key.Active, DestroyAt: 2}},
		}
	}
	for s, want := range map[key.State]key.Time{
		key.PreActive: 10, key.Active: 20, key.Suspended: 20, key.Deactivated: 40, key.Compromised: 40, key.Destroyed: 0, key.DestroyedCompromised: 0,
	} {
		if got := full(s).Due(); got != want {
			t.Errorf("%s is due at %d, want %d", s, got, want)
		}
	}
	r := full(key.Active)
	r.DeactivAt = 0
	if got := r.Due(); got != 30 {
		t.Errorf("rotation is due at %d", got)
	}
	r.NextRotate, r.DestroyAt = 0, 0
	if got := r.Due(); got != 50 {
		t.Errorf("a version's destruction is due at %d", got)
	}
	for s, want := range map[key.State]key.Time{key.PreActive: 40, key.Active: 0, key.Suspended: 0, key.Deactivated: 40} { // only what a state allows is due
		if got := (&key.Record{State: s, DestroyAt: 40}).Due(); got != want {
			t.Errorf("the destruction of what is %s is due at %d, want %d", s, got, want)
		}
	}
	if got := (&key.Record{State: key.Active}).Due(); got != 0 {
		t.Errorf("nothing is due at %d", got)
	}
}
