package fsm_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// filled is a machine with n keys.
func filled(tb testing.TB, n int) *vault {
	tb.Helper()
	v := newVault(tb)
	for at := 0; at < n; {
		batch := make([]fsm.Entry, 0, 1024)
		for ; at < n && len(batch) < cap(batch); at++ {
			batch = append(batch, v.entry(&fsm.CreateKey{Record: newRecord(at)}, fsm.Request{}))
		}
		if _, err := v.ApplyBatch(batch); err != nil {
			tb.Fatal(err)
		}
		v.log = nil
	}
	return v
}

// sizes are the numbers of keys that benchmarks run with. A million takes QUORATE_BENCH_MILLION=1.
func sizes() []int {
	if os.Getenv("QUORATE_BENCH_MILLION") != "" {
		return []int{10_000, 100_000, 1_000_000}
	}
	return []int{10_000, 100_000}
}

func BenchmarkApply(b *testing.B) {
	for _, n := range sizes() {
		for _, batch := range []int{1, 64} {
			b.Run(fmt.Sprintf("create/keys=%d/batch=%d", n, batch), func(b *testing.B) {
				v := filled(b, n)
				entries := make([]fsm.Entry, b.N)
				for i := range entries {
					entries[i] = v.entry(&fsm.CreateKey{Record: newRecord(n + i)}, requestID(n+i))
				}
				b.ReportAllocs()
				b.ResetTimer()
				for at := 0; at < len(entries); at += batch {
					if _, err := v.ApplyBatch(entries[at:min(at+batch, len(entries))]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	cmd := &fsm.CreateKey{Record: newRecord(1)}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		e, err := fsm.Encode(cmd, requestID(1), t0)
		if err != nil {
			b.Fatal(err)
		}
		size = len(e)
	}
	b.ReportMetric(float64(size), "bytes/entry")
}

func BenchmarkDecode(b *testing.B) {
	e, err := fsm.Encode(&fsm.CreateKey{Record: newRecord(1)}, requestID(1), t0)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fsm.Decode(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := filled(b, 100_000).State()
	b.Run("Key", func(b *testing.B) {
		id := keyID(77_777)
		for b.Loop() {
			if s.Key(id) == nil {
				b.Fatal("no key")
			}
		}
	})
	b.Run("KeyByName", func(b *testing.B) {
		for b.Loop() {
			if s.KeyByName("app/key-077777") == nil {
				b.Fatal("no key")
			}
		}
	})
	b.Run("Keys/100", func(b *testing.B) {
		for b.Loop() {
			if page, _ := s.Keys(fsm.Query{State: key.Active, After: "app/key-050000"}); len(page) != 100 {
				b.Fatal("short page")
			}
		}
	})
}

// BenchmarkMemory is the heap that a key with one version, one tag and an owner takes, indexes included.
func BenchmarkMemory(b *testing.B) {
	for _, n := range sizes() {
		fill := func() *vault {
			v := newVault(b)
			for at := 0; at < n; {
				batch := make([]fsm.Entry, 0, 1024)
				for ; at < n && len(batch) < cap(batch); at++ {
					r := newRecord(at)
					r.Tags = map[string]string{"team": fmt.Sprint("t", at%100)}
					batch = append(batch, v.entry(&fsm.CreateKey{Record: r}, fsm.Request{}))
				}
				if _, err := v.ApplyBatch(batch); err != nil {
					b.Fatal(err)
				}
				v.log = nil
			}
			return v
		}
		b.Run(fmt.Sprintf("applied/keys=%d", n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				v := fill()
				b.ReportMetric(float64(heap()-before)/float64(n), "heap-bytes/key")
				runtime.KeepAlive(v)
			}
		})
		b.Run(fmt.Sprintf("restored/keys=%d", n), func(b *testing.B) {
			var image bytes.Buffer
			if _, err := fill().State().WriteTo(&image); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				before := heap()
				m := fsm.New()
				if err := m.Restore(bytes.NewReader(image.Bytes())); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "heap-bytes/key")
				runtime.KeepAlive(m)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, n := range sizes() {
		s := filled(b, n).State()
		var buf bytes.Buffer
		if _, err := s.WriteTo(&buf); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("write/keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(buf.Len())/float64(n), "bytes/key")
		})
		s = nil
		b.Run(fmt.Sprintf("restore/keys=%d", n), func(b *testing.B) {
			var m *fsm.Machine
			before := heap()
			for b.Loop() {
				m = fsm.New()
				if err := m.Restore(bytes.NewReader(buf.Bytes())); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heap()-before)/float64(n), "heap-bytes/key")
			if m.State().KeyCount() != n {
				b.Fatal("keys lost")
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}
