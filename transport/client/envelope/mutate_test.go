package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// mutations changes data in some way, and says what the refusal may be about.
var mutations = []struct {
	name  string
	apply func(r *rand.Rand, in, other []byte) []byte
	names []string
}{
	{"flip", func(r *rand.Rand, in, _ []byte) []byte {
		in[r.IntN(len(in))] ^= 1 << r.IntN(8)
		return in
	}, []string{"does not open", "is damaged", "not what Quorate encrypted", "is encrypted under the key", "is an encrypted", "cut short"}},
	{"flip in the header", func(r *rand.Rand, in, _ []byte) []byte {
		in[r.IntN(120)] ^= 1 << r.IntN(8)
		return in
	}, []string{"does not open", "is damaged", "not what Quorate encrypted", "is encrypted under the key", "is an encrypted", "cut short"}},
	{"cut", func(r *rand.Rand, in, _ []byte) []byte { return in[:r.IntN(len(in))] }, []string{"cut short", "does not begin with QRT1", "does not open"}},
	{"cut in the middle", func(r *rand.Rand, in, _ []byte) []byte {
		at := r.IntN(len(in) - 1)
		n := 1 + r.IntN(len(in)-at-1)
		return append(in[:at], in[at+n:]...)
	}, []string{"does not open", "is damaged", "not what Quorate encrypted", "is encrypted under the key", "cut short"}},
	{"swap", func(r *rand.Rand, in, _ []byte) []byte {
		n := 1 + r.IntN(len(in)/3)
		a := r.IntN(len(in) - 2*n)
		b := a + n + r.IntN(len(in)-a-2*n+1)
		x := bytes.Clone(in[a : a+n])
		copy(in[a:], in[b:b+n])
		copy(in[b:], x)
		return in
	}, []string{"does not open", "is damaged", "not what Quorate encrypted", "is encrypted under the key", "cut short"}},
	{"splice", func(r *rand.Rand, in, other []byte) []byte {
		at := 140 + r.IntN(min(len(in), len(other))-141) // behind the header, which both have: they are under one data key
		return append(in[:at], other[at:]...)
	}, []string{"does not open", "cut short", "goes on behind its end"}},
	{"add", func(r *rand.Rand, in, other []byte) []byte {
		return append(in, other[:1+r.IntN(len(other))]...)
	}, []string{"does not open", "goes on behind its end"}},
}

// refuse tries n mutations of one of the two on open, and returns how many there were.
func refuse(t *testing.T, n int, one, other []byte, open func([]byte) error) (tried int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	counts := map[string]int{}
	for i := range n {
		m := mutations[i%len(mutations)]
		bad := m.apply(r, bytes.Clone(one), other)
		if bytes.Equal(bad, one) { // equal bytes were swapped
			continue
		}
		err := open(bad)
		if !errors.Is(err, fault.Invalid) {
			t.Fatalf("%d, %s: %v, want invalid", i, m.name, err)
		}
		named := false
		for _, what := range m.names {
			named = named || strings.Contains(err.Error(), what)
		}
		if !named {
			t.Fatalf("%d, %s: %q does not name what is wrong", i, m.name, err)
		}
		counts[m.name]++
		tried++
	}
	t.Log(fmt.Sprint(counts))
	return tried
}

func TestTenThousandMutationsAreRefusedByName(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.Segment(sealed.MinSegment))
	aad := []byte("row 1")
	one, other := encrypt(t, b, strings.Repeat("a message ", 20)), encrypt(t, b, strings.Repeat("another one ", 20))
	tried := refuse(t, 7700, one, other, func(m []byte) error {
		plain, err := b.Decrypt(t.Context(), m, aad)
		if plain != nil {
			t.Errorf("%q came out", plain)
		}
		return err
	})
	var streams [2]bytes.Buffer
	for i := range streams {
		plain := rand.NewChaCha8([32]byte{byte(i)})
		if err := b.EncryptStream(t.Context(), &streams[i], io.LimitReader(plain, sealed.MinSegment+1000), aad, nil); err != nil {
			t.Fatal(err)
		}
	}
	tried += refuse(t, 2500, streams[0].Bytes(), streams[1].Bytes(), func(s []byte) error {
		err := b.DecryptStream(t.Context(), io.Discard, bytes.NewReader(s), aad, nil)
		r, anywhere := b.OpenStream(t.Context(), bytes.NewReader(s), int64(len(s)), aad)
		if anywhere == nil {
			_, anywhere = io.Copy(io.Discard, r)
		}
		if !errors.Is(anywhere, fault.Invalid) {
			t.Errorf("read from anywhere: %v, from the beginning: %v", anywhere, err)
		}
		return err
	})
	if tried < 10_000 {
		t.Errorf("only %d were tried", tried)
	}
}

func TestOtherAssociatedDataIsRefused(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	m := encrypt(t, b, "x")
	if _, err := b.Decrypt(t.Context(), m, []byte("row 2")); !errors.Is(err, fault.Invalid) {
		t.Errorf("message: %v, want invalid", err)
	}
	var s bytes.Buffer
	if err := b.EncryptStream(t.Context(), &s, strings.NewReader("x"), []byte("a"), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.DecryptStream(t.Context(), io.Discard, bytes.NewReader(s.Bytes()), nil, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("stream: %v, want invalid", err)
	}
	if _, err := b.Decrypt(t.Context(), s.Bytes(), nil); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "DecryptStream") && !strings.Contains(err.Error(), "not a message") {
		t.Errorf("a stream given as a message: %v", err)
	}
}

func TestStreamsComeBackAndCanBeReadAnywhereAndWrappedAnew(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	plain := make([]byte, 3*sealed.DefaultSegment+17)
	_, _ = rand.NewChaCha8([32]byte{9}).Read(plain)
	var s, back, moved bytes.Buffer
	if err := b.EncryptStream(t.Context(), &s, bytes.NewReader(plain), []byte("f"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.RotateKey(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if err := b.RewrapStream(t.Context(), &moved, bytes.NewReader(s.Bytes())); err != nil {
		t.Fatal(err)
	}
	other := w.box(t)
	for name, in := range map[string][]byte{"as written": s.Bytes(), "wrapped anew": moved.Bytes()} {
		back.Reset()
		if err := other.DecryptStream(t.Context(), &back, bytes.NewReader(in), []byte("f"), nil); err != nil || !bytes.Equal(back.Bytes(), plain) {
			t.Errorf("%s: %d bytes, %v", name, back.Len(), err)
		}
		r, err := other.OpenStream(t.Context(), bytes.NewReader(in), int64(len(in)), []byte("f"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		part := make([]byte, 1000)
		if _, err := r.ReadAt(part, sealed.DefaultSegment*2-500); err != nil || !bytes.Equal(part, plain[sealed.DefaultSegment*2-500:][:1000]) {
			t.Errorf("%s: read in the middle: %v", name, err)
		}
		_ = r.Close() // never fails
	}
	if moved.Bytes()[25] != 2 {
		t.Errorf("wrapped anew under version %d, want 2", moved.Bytes()[25])
	}
}

// FuzzDecrypt looks for input that makes a Box panic, or open what it did not write.
func FuzzDecrypt(f *testing.F) {
	w := newWorld(f)
	b := w.box(f, envelope.Opened(10))
	m := encrypt(f, b, "hello")
	f.Add(m)
	f.Add(m[:len(m)-1])
	f.Add([]byte("QRT1"))
	w.node.Fail(fault.Invalid, -1) // nothing else is asked for
	f.Fuzz(func(t *testing.T, in []byte) {
		plain, err := b.Decrypt(t.Context(), in, []byte("row 1"))
		if err == nil && !bytes.Equal(in, m) {
			t.Errorf("%x opens to %q", in, plain)
		}
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v, want invalid", err)
		}
	})
}
