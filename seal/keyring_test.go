package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

func TestUnwrapGivesBackWhatWasWrapped(t *testing.T) {
	_, o, _ := create(t, 1, 1)
	k := o.Keyring()
	for _, n := range []int{0, 1, 32, 64, 4096, 4097, 100_000} {
		plain := bytes.Repeat([]byte{0xa5}, n)
		aad := fmt.Appendf(nil, "key %d", n)
		term, sealed, err := k.Wrap(aad, plain)
		if err != nil || term != 1 || len(sealed) != n+28 || n > 8 && bytes.Contains(sealed, plain[:8]) {
			t.Fatalf("%d bytes: term %d, %d sealed, %v", n, term, len(sealed), err)
		}
		_, again, _ := k.Wrap(aad, plain)
		if bytes.Equal(again, sealed) {
			t.Error("wrapped twice the same")
		}
		var kept []byte
		err = k.Unwrap(term, aad, sealed, func(got []byte) error {
			if !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: other plaintext", n)
			}
			kept = got
			return nil
		})
		if err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
		if n > 64 && !bytes.Equal(kept, make([]byte, n)) {
			t.Errorf("%d bytes: not wiped on return", n)
		}
		never := func([]byte) error { t.Error("lent what is not authentic"); return nil }
		for i := range sealed {
			if i > 100 && i < len(sealed)-100 {
				continue
			}
			sealed[i] ^= 1
			if err := k.Unwrap(term, aad, sealed, never); !errors.Is(err, seal.ErrAltered) {
				t.Fatalf("byte %d flipped: %v", i, err)
			}
			sealed[i] ^= 1
		}
		if err := k.Unwrap(term, []byte("other"), sealed, never); !errors.Is(err, seal.ErrAltered) {
			t.Errorf("other aad: %v", err)
		}
		for cut := range min(len(sealed), 30) {
			if err := k.Unwrap(term, aad, sealed[:cut], never); !errors.Is(err, seal.ErrAltered) {
				t.Errorf("cut to %d: %v", cut, err)
			}
		}
		refused(t, k.Unwrap(2, aad, sealed, never), fault.NotFound, "no term 2")
	}
	mine := errors.New("mine")
	term, sealed, _ := k.Wrap(nil, []byte("x"))
	if err := k.Unwrap(term, nil, sealed, func([]byte) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("the callback's error became %v", err)
	}
	if k.Uses() != 15 {
		t.Errorf("%d uses counted", k.Uses())
	}
}

func TestMACAndDeriveAreSeparatedByLabel(t *testing.T) {
	_, o, _ := create(t, 1, 1)
	_, other, _ := create(t, 1, 1)
	k := o.Keyring()
	seen := map[string]string{}
	add := func(name string, b []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if was, ok := seen[string(b)]; ok {
			t.Errorf("%s gives the same as %s", name, was)
		}
		seen[string(b)] = name
	}
	for _, l := range []string{"a", "ab", "b", "abc"} {
		for _, data := range []string{"", "a", "b", "bc", "abc"} {
			m, err := k.MAC(l, []byte(data))
			add("mac "+l+"/"+data, m[:], err)
			if err := k.CheckMAC(l, []byte(data), m[:]); err != nil {
				t.Error(err)
			}
			for _, bad := range [][]byte{nil, m[:31], append(m[:], 0), bytes.Repeat([]byte{1}, 32)} {
				if err := k.CheckMAC(l, []byte(data), bad); !errors.Is(err, seal.ErrAltered) {
					t.Errorf("accepted %x: %v", bad, err)
				}
			}
			d, err := k.Derive(l, []byte(data), 32)
			add("derive "+l+"/"+data, d, err)
			d, err = other.Keyring().Derive(l, []byte(data), 32)
			add("other derive "+l+"/"+data, d, err)
		}
	}
	_, err := k.MAC("", []byte("x"))
	refused(t, err, fault.Invalid)
	long, err := k.Derive("a", nil, 100)
	short, err2 := k.Derive("a", nil, 40)
	if err != nil || err2 != nil || !bytes.Equal(long[:40], short) || len(long) != 100 {
		t.Errorf("%v, %v", err, err2)
	}
	for _, n := range []int{0, -1, 8161} {
		_, err := k.Derive("a", nil, n)
		refused(t, err, fault.Invalid)
	}
}

func TestSealedKeyringRefusesEverything(t *testing.T) {
	_, o, _ := create(t, 1, 1)
	k := o.Keyring()
	term, sealed, _ := k.Wrap(nil, []byte("x"))
	o.Destroy()
	o.Destroy()
	_, _, err := k.Wrap(nil, []byte("x"))
	refused(t, err, fault.Sealed)
	refused(t, k.Unwrap(term, nil, sealed, func([]byte) error { t.Error("lent"); return nil }), fault.Sealed)
	_, err = k.MAC("a", nil)
	refused(t, err, fault.Sealed)
	refused(t, k.CheckMAC("a", nil, make([]byte, 32)), fault.Sealed)
	_, err = k.Derive("a", nil, 32)
	refused(t, err, fault.Sealed)
	if k.Term() != 0 || k.Terms() != nil {
		t.Errorf("term %d of %v", k.Term(), k.Terms())
	}
}

// Many users, while terms come and go and the node is sealed at last: every answer is right, or a refusal for the right reason.
func TestKeyringIsSafeForConcurrentUse(t *testing.T) {
	c, o, _ := create(t, 1, 1)
	k := o.Keyring()
	want, _ := k.MAC("label", []byte("data"))
	var sealing atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				term, sealed, err := k.Wrap([]byte("aad"), []byte("plain"))
				if errors.Is(err, fault.Sealed) && sealing.Load() {
					return
				}
				if err != nil {
					t.Errorf("wrapping: %v", err)
					return
				}
				err = k.Unwrap(term, []byte("aad"), sealed, func(got []byte) error {
					if string(got) != "plain" {
						t.Error("other plaintext")
					}
					return nil
				})
				if err != nil && !(errors.Is(err, fault.Sealed) && sealing.Load()) && !errors.Is(err, fault.NotFound) {
					t.Errorf("unwrapping: %v", err)
				}
				if got, err := k.MAC("label", []byte("data")); err == nil && got != want || err != nil && !errors.Is(err, fault.Sealed) {
					t.Errorf("mac %x, %v", got, err)
				}
				_ = k.Terms()
			}
		})
	}
	for range 300 {
		next, err := o.RotateKeyring(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Adopt(next); err != nil {
			t.Fatal(err)
		}
		dropped, err := o.DropTerm(next, next.CurrentTerm-1)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Adopt(dropped); err != nil {
			t.Fatal(err)
		}
		c = dropped
	}
	if !slices.Equal(k.Terms(), []uint32{301}) {
		t.Errorf("terms %v", k.Terms())
	}
	sealing.Store(true)
	o.Destroy()
	all.Wait()
}

func BenchmarkWrap32(b *testing.B) {
	_, o, _ := create(b, 1, 1)
	plain, aad := make([]byte, 32), make([]byte, 60)
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = o.Keyring().Wrap(aad, plain)
	}
}

func BenchmarkUnwrap32(b *testing.B) {
	_, o, _ := create(b, 1, 1)
	aad := make([]byte, 60)
	term, sealed, _ := o.Keyring().Wrap(aad, make([]byte, 32))
	use := func([]byte) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		_ = o.Keyring().Unwrap(term, aad, sealed, use)
	}
}

func BenchmarkUnwrap32Parallel(b *testing.B) {
	_, o, _ := create(b, 1, 1)
	aad := make([]byte, 60)
	term, sealed, _ := o.Keyring().Wrap(aad, make([]byte, 32))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = o.Keyring().Unwrap(term, aad, sealed, func([]byte) error { return nil })
		}
	})
}

func BenchmarkMAC400(b *testing.B) {
	_, o, _ := create(b, 1, 1)
	data := make([]byte, 400)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = o.Keyring().MAC("record", data)
	}
}

func BenchmarkOpen3of5(b *testing.B) {
	c, _, lines := create(b, 5, 3)
	for b.Loop() {
		y := ceremony(c)
		for _, line := range lines[:3] {
			_, o, _ := y.Submit(line)
			o.Destroy()
		}
	}
}
