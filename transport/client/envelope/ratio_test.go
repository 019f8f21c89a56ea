package envelope_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/client/sealed"
)

func bareGCM(b *testing.B) cipher.AEAD {
	b.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		b.Fatal(err)
	}
	return aead
}

// ratio does both works in turns, and reports by how much of the pace of bare the other goes (median of the turns). It counts this process's
// processor time, garbage collection included: what else the machine does meets neither.
func ratio(b *testing.B, unit string, bare, ours func()) {
	b.Helper()
	var all []float64
	for b.Loop() {
		begin := processorTime()
		bare()
		middle := processorTime()
		ours()
		all = append(all, float64(middle-begin)/float64(processorTime()-middle))
	}
	slices.Sort(all)
	b.ReportMetric(100*all[len(all)/2], unit)
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of this process: cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkEncrypt1KiBBesideBareGCM(b *testing.B) {
	box, aead, plain, ctx := newWorld(b).box(b), bareGCM(b), make([]byte, 1024), b.Context()
	const turn = 5000
	var sink []byte
	ratio(b, "%-of-bare", func() {
		for range turn {
			sink = aead.Seal(nil, nil, plain, nil)
		}
	}, func() {
		for range turn {
			m, err := box.Encrypt(ctx, plain, nil)
			if err != nil {
				b.Fatal(err)
			}
			sink = m
		}
	})
	_ = sink
}

func BenchmarkDecrypt1KiBBesideBareGCM(b *testing.B) {
	box, aead, ctx := newWorld(b).box(b), bareGCM(b), b.Context()
	theirs := aead.Seal(nil, nil, make([]byte, 1024), nil)
	ours, err := box.Encrypt(ctx, make([]byte, 1024), nil)
	if err != nil {
		b.Fatal(err)
	}
	const turn = 5000
	ratio(b, "%-of-bare", func() {
		for range turn {
			if _, err := aead.Open(nil, nil, theirs, nil); err != nil {
				b.Fatal(err)
			}
		}
	}, func() {
		for range turn {
			if _, err := box.Decrypt(ctx, ours, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// one gibibyte; the bare work is GCM in place over pieces of a segment's size.
func BenchmarkStream1GiBBesideBareGCM(b *testing.B) {
	const size = 1 << 30
	box, ctx := newWorld(b).box(b), b.Context()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	buf, nonce := make([]byte, sealed.DefaultSegment), make([]byte, 12)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	ratio(b, "%-of-bare", func() {
		for range size / (sealed.DefaultSegment - 16) {
			aead.Seal(buf[:0], nonce, buf[:sealed.DefaultSegment-16], nil)
		}
	}, func() {
		if err := box.EncryptStream(ctx, io.Discard, io.LimitReader(zeros{}, size), nil, nil); err != nil {
			b.Fatal(err)
		}
	})
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MiB-allocated")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func BenchmarkSeek(b *testing.B) {
	box := newWorld(b).box(b)
	var s bytes.Buffer
	if err := box.EncryptStream(b.Context(), &s, io.LimitReader(zeros{}, 64<<20), nil, nil); err != nil {
		b.Fatal(err)
	}
	r, err := box.OpenStream(b.Context(), bytes.NewReader(s.Bytes()), int64(s.Len()), nil)
	if err != nil {
		b.Fatal(err)
	}
	p, at := make([]byte, 4096), int64(0)
	for b.Loop() {
		at = (at + 7<<20 + 13) % (r.Size() - 4096)
		if _, err := r.ReadAt(p, at); err != nil {
			b.Fatal(err)
		}
	}
}
