package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// written appends e to a new log and returns its line.
func written(t testing.TB, e *audit.Entry) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{})
	if err := l.Append(e, audit.Written); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	b := read(t, path)
	if n := bytes.Count(b, []byte("\n")); n != 2 {
		t.Fatalf("%d lines for one entry:\n%s", n-1, b)
	}
	return b[bytes.IndexByte(b, '\n')+1:]
}

func TestEntryComesBackWhole(t *testing.T) {
	e := entry("key.suspend")
	e.Time = time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC)
	e.Phase, e.Index, e.Detail = audit.Request, 1<<63, "it \"is\"\\ over\u2028 \U0001F511"
	e.Outcome = audit.OutcomeOf(fmt.Errorf("x: %w", fault.New(fault.BadState, "no")))
	e.Changes = map[string]string{"to": "suspended", "reason": "", "a\nb": "c"}
	got, err := audit.Decode(written(t, e))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*e, got); diff != "" || got.Outcome != "bad_state" || got.Seq != 2 || got.Node != "node1" {
		t.Errorf("(-want +got) %s", diff)
	}
	if audit.OutcomeOf(nil) != audit.OK {
		t.Error("nil is not ok")
	}
	if _, err := audit.Decode([]byte(`{"material":"x"}`)); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

// fill sets every string that an entry has, of whatever depth, to s.
func fill(v reflect.Value, s string) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
		return 1
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 0
		}
		for i := range v.NumField() {
			n += fill(v.Field(i), s)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf([]string{s, s}))
			return 2
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{s: s}))
		return 2
	}
	return n
}

func TestNoStringBreaksItsLine(t *testing.T) {
	for _, s := range []string{"a\nb", "\r\n", "\x00", "\x1b[2J", "\u2028\u2029", "\u0085", "\u202e", "\ufeff", "\xff\xfe", "\xe2\x80", `"},{"`, `\`, "\x7f", strings.Repeat("é", 1000)} {
		var e audit.Entry
		if n := fill(reflect.ValueOf(&e).Elem(), s); n < 15 {
			t.Fatalf("only %d strings filled", n)
		}
		line := written(t, &e)
		if !json.Valid(line) || !utf8.Valid(line) {
			t.Errorf("%q: not JSON: %s", s, line)
		}
		for _, r := range string(line[:len(line)-1]) {
			if r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0x202e || r == 0xfeff {
				t.Errorf("%q: %U stands unescaped", s, r)
			}
		}
	}
}

func TestEntryIsBoundedWhateverIsInIt(t *testing.T) {
	var e audit.Entry
	long := strings.Repeat("\x01", 100_000)
	fill(reflect.ValueOf(&e).Elem(), long)
	e.Changes = map[string]string{}
	for i := range 1000 {
		e.Policies = append(e.Policies, long)
		e.Changes[fmt.Sprint(i)] = long
	}
	e.Caller.Groups = e.Policies
	line := written(t, &e)
	got, err := audit.Decode(line)
	if err != nil || len(line) > 1<<19 {
		t.Fatalf("%d bytes, %v", len(line), err)
	}
	if len(got.Policies) != audit.MaxList+1 || len(got.Changes) != audit.MaxList+1 || !strings.HasSuffix(got.Detail, "…") {
		t.Errorf("%d policies, %d changes", len(got.Policies), len(got.Changes))
	}
}

// The retry token of a request is the client's own and of no use to an auditor, so it is left out.
func TestIdempotencyKeyIsNotWritten(t *testing.T) {
	e := entry("x")
	e.Caller.Retry = "canary-canary"
	if line := written(t, e); bytes.Contains(line, []byte("canary")) {
		t.Errorf("%s", line)
	}
}

func FuzzEntryRoundTrip(f *testing.F) {
	f.Add("a\nb", "\xff", uint64(1), uint32(2), uint8(1))
	f.Add("\u2028\x1b", "\\\"", uint64(0), uint32(0), uint8(7))
	f.Fuzz(func(t *testing.T, s, u string, index uint64, version uint32, kind uint8) {
		e := &audit.Entry{
			Time: time.UnixMilli(int64(version)).UTC(), Operation: s, Action: access.Action(u), KeyName: u, KeyVersion: version, Index: index, Detail: s,
			Caller: access.Caller{Principal: u, Kind: access.Kind(kind % 5), Groups: []string{s}, Token: key.ID{kind}}, Changes: map[string]string{u: s}, Policies: []string{s, u},
		}
		got, err := audit.Decode(written(t, e))
		if err != nil {
			t.Fatal(err)
		}
		clean := func(s string) string { // what encoding/json would make of it
			b, _ := json.Marshal(s)
			var back string
			_ = json.Unmarshal(b, &back)
			return back
		}
		if len(s) <= audit.MaxString && len(u) <= audit.MaxString {
			want := []string{clean(s), clean(u), clean(u), clean(s), clean(s)}
			if diff := cmp.Diff(want, []string{got.Operation, string(got.Action), got.KeyName, got.Detail, got.Changes[clean(u)]}); diff != "" {
				t.Error(diff)
			}
		}
		if got.KeyVersion != version || got.Index != index || got.Caller.Kind != e.Caller.Kind || got.Caller.Token != e.Caller.Token {
			t.Errorf("got %+v", got)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, bc := range []struct {
		goroutines int
		durability audit.Durability
	}{{1, audit.Written}, {16, audit.Written}, {64, audit.Synced}} {
		b.Run(fmt.Sprintf("durability=%d/goroutines=%d", bc.durability, bc.goroutines), func(b *testing.B) {
			l, d := open(b, filepath.Join(b.TempDir(), "audit.log"), audit.Config{})
			before := d.syncs.Load()
			b.ReportAllocs()
			b.SetParallelism(max(1, bc.goroutines/2))
			if bc.goroutines == 1 {
				e := entry("key.encrypt")
				for b.Loop() {
					if err := l.Append(e, bc.durability); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				e := entry("key.encrypt")
				for pb.Next() {
					n.Add(1)
					if err := l.Append(e, bc.durability); err != nil {
						b.Error(err)
					}
				}
			})
			if syncs := d.syncs.Load() - before; syncs > 0 {
				b.ReportMetric(float64(n.Load())/float64(syncs), "entries/sync")
			}
		})
	}
}

// The time of a line has one form, whichever way is quickest to write it.
func TestTimeIsWrittenWithNineDigitsInUTC(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2026, 11, 22, 8, 9, 10, 0, time.UTC), time.Date(2026, 11, 22, 8, 9, 10, 1, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 999_999_999, time.FixedZone("east", 3*3600+1800)),
		time.Date(999, 12, 31, 23, 59, 59, 120_000_000, time.UTC), time.Date(2026, 11, 22, 8, 9, 10, 987_654_321, time.UTC),
	} {
		want := `"time":"` + at.UTC().Format("2006-01-02T15:04:05.000000000Z") + `"`
		if got := written(t, &audit.Entry{Time: at, Operation: "key.read"}); !strings.Contains(string(got), want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
}
