package sealed_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

func held(t testing.TB, plain, dek []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := sealed.EncryptHeld(context.Background(), &out, bytes.NewReader(plain), dek, sealed.MinSegment, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func TestAHeldKeyOpensWhatItEncrypted(t *testing.T) {
	dek := random(128)
	for _, n := range []int{0, 1, 15, 16, sealed.MinSegment - 86, sealed.MinSegment, 3 * sealed.MinSegment} {
		plain := random(n)
		text := held(t, plain, dek)
		var out bytes.Buffer
		if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(text), dek, nil); err != nil || !bytes.Equal(out.Bytes(), plain) {
			t.Errorf("%d bytes: %v, the same: %v", n, err, bytes.Equal(out.Bytes(), plain))
		}
		if n > 8 && bytes.Contains(text, plain[:8]) {
			t.Errorf("%d bytes: the plaintext shows", n)
		}
	}
	if bytes.Equal(held(t, nil, dek), held(t, nil, dek)) {
		t.Error("the same twice: nothing is drawn")
	}
}

func TestAHeldStreamThatWasChangedIsRefused(t *testing.T) {
	dek, plain := random(128), random(100)
	text := held(t, plain, dek)
	var out bytes.Buffer
	for i := range text {
		bad := bytes.Clone(text)
		bad[i] ^= 1
		if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(bad), dek, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(text[:i]), dek, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(append(bytes.Clone(text), 0)), dek, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("added to: %v", err)
	}
	if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(text), random(128), nil); !errors.Is(err, sealed.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
	if err := sealed.EncryptHeld(context.Background(), &out, bytes.NewReader(nil), random(15), 0, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("a short key: %v", err)
	}
}

func FuzzHeld(f *testing.F) {
	dek := bytes.Repeat([]byte{7}, 128)
	f.Add(held(f, []byte("hello"), dek))
	f.Add([]byte("QKM1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		if err := sealed.DecryptHeld(context.Background(), &out, bytes.NewReader(b), dek, nil); err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v is of no kind", err)
		}
	})
}
