package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

func secretOf(t testing.TB, value []byte) *seal.Secret {
	t.Helper()
	s, err := seal.NewSecret(len(value), func(mem []byte) error { copy(mem, value); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSecretIsLentUntilDestroyed(t *testing.T) {
	for _, n := range []int{1, 32, 64, 65, 100, 4096} {
		value := make([]byte, n)
		_, _ = rand.Read(value)
		s := secretOf(t, value)
		err := s.Lend(func(got []byte) error {
			if !bytes.Equal(got, value) {
				t.Errorf("%d bytes: other value", n)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		var kept []byte
		err = s.Lend(func(got []byte) error {
			kept = got
			s.Destroy()
			if !bytes.Equal(got, value) {
				t.Error("wiped while lent")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if !bytes.Equal(kept, make([]byte, n)) {
			t.Error("not wiped when the last user left")
		}
		s.Destroy()
		refused(t, s.Lend(func([]byte) error { t.Error("lent after Destroy"); return nil }), fault.Sealed)
	}
	var none *seal.Secret
	none.Destroy()
	for _, n := range []int{0, -1, 4097} {
		if _, err := seal.NewSecret(n, func([]byte) error { return nil }); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	broken := errors.New("no randomness")
	var half []byte
	_, err := seal.NewSecret(32, func(mem []byte) error {
		half = mem
		copy(mem, "half a secret")
		return broken
	})
	if !errors.Is(err, broken) || !bytes.Equal(half, make([]byte, 32)) {
		t.Errorf("got %v, and left %q", err, half)
	}
}

func TestSecretsDoNotOverlap(t *testing.T) {
	var all []*seal.Secret
	for i := range 2000 {
		all = append(all, secretOf(t, bytes.Repeat([]byte{byte(i)}, 1+i*37%4096)))
		if i%3 == 2 {
			all[i-1].Destroy()
		}
	}
	for i, s := range all {
		if i%3 == 1 && i+1 < len(all) {
			continue
		}
		err := s.Lend(func(b []byte) error {
			if len(b) != 1+i*37%4096 || !bytes.Equal(b, bytes.Repeat([]byte{byte(i)}, len(b))) {
				return errors.New("overwritten")
			}
			return nil
		})
		if err != nil {
			t.Errorf("secret %d: %v", i, err)
		}
		s.Destroy()
	}
}

func TestDestroyDuringUseIsSafe(t *testing.T) {
	value := bytes.Repeat([]byte{7}, 48)
	for range 200 {
		s := secretOf(t, value)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					err := s.Lend(func(b []byte) error {
						if !bytes.Equal(b, value) {
							t.Error("lent what is being wiped")
						}
						return nil
					})
					if err != nil {
						return
					}
				}
			})
		}
		all.Go(s.Destroy)
		all.Go(s.Destroy)
		all.Wait()
	}
}

func TestSealerAgreesWithTheStandardLibrary(t *testing.T) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	s, err := seal.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := aes.NewCipher(key)
	plainGCM, _ := cipher.NewGCM(block)
	for _, n := range []int{0, 1, 16, 32, 100, 5000} {
		plain := make([]byte, n)
		_, _ = rand.Read(plain)
		sealed, err := s.Seal([]byte("aad"), plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plainGCM.Open(nil, sealed[:12], sealed[12:], []byte("aad"))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: the standard library does not open it: %v", n, err)
		}
		nonce := make([]byte, 12)
		_, _ = rand.Read(nonce)
		got, err = s.Open([]byte("aad"), plainGCM.Seal(nonce, nonce, plain, []byte("aad")))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: what the standard library seals does not open: %v", n, err)
		}
	}
	if _, err := seal.NewSealer(key[:16]); err == nil {
		t.Error("a short key is accepted")
	}
}

// A use that races with destroy succeeds with the right result or is refused; nothing in between.
func TestSealerDestroyedDuringUseNeverLies(t *testing.T) {
	key := bytes.Repeat([]byte{3}, 32)
	block, _ := aes.NewCipher(key)
	reference, _ := cipher.NewGCM(block)
	var done, refusals atomic.Int64
	for range 100 {
		s, err := seal.NewSealer(key)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for {
					sealed, err := s.Seal(nil, []byte("plain"))
					if err != nil {
						refused(t, err, fault.Sealed)
						refusals.Add(1)
						return
					}
					if got, err := reference.Open(nil, sealed[:12], sealed[12:], nil); err != nil || string(got) != "plain" {
						t.Error("sealed with a key that was being wiped")
						return
					}
					done.Add(1)
				}
			})
		}
		all.Go(func() { runtime.Gosched(); s.Destroy() })
		all.Wait()
	}
	if refusals.Load() != 300 || done.Load() == 0 {
		t.Errorf("%d uses, %d refusals", done.Load(), refusals.Load())
	}
}

type pointered struct {
	cipher.AEAD
	uses *int
}

func TestOnlyPointerFreeStatesAreMoved(t *testing.T) {
	block, _ := aes.NewCipher(make([]byte, 32))
	gcm, _ := cipher.NewGCM(block)
	if _, ok, reason := seal.Relocated(gcm); !ok {
		t.Errorf("the standard library's state stays on the heap: %s", reason)
	}
	gcm, _ = cipher.NewGCM(block)
	for _, aead := range []cipher.AEAD{&pointered{gcm, new(int)}, pointered{gcm, new(int)}} {
		same, ok, reason := seal.Relocated(aead)
		if ok || reason == "" || fmt.Sprintf("%T", same) != fmt.Sprintf("%T", aead) {
			t.Errorf("%T was moved", aead)
		}
	}
	if kind := seal.MemoryKind(); strings.Contains(kind, "heap") {
		t.Errorf("memory kind %q", kind)
	}
}

func TestMemoryKindIsNamed(t *testing.T) {
	kind, _, _ := strings.Cut(seal.MemoryKind(), " ")
	if kind != "memfd_secret" && kind != "mlock" && kind != "mmap" && kind != "heap" {
		t.Errorf("got %q", seal.MemoryKind())
	}
	t.Logf("secrets are in %s", seal.MemoryKind())
}

// Everything that holds a secret, printed in every way there is.
func TestNothingPrintsASecret(t *testing.T) {
	c, o, lines := create(t, 2, 2)
	share := parse(t, lines[0])
	y := ceremony(c)
	if _, _, err := y.Submit(lines[0]); err != nil {
		t.Fatal(err)
	}
	value := []byte("canary-canary-canary-canary-0123")
	held := secretOf(t, value)
	var scalar []byte
	_, values, _ := seal.Bech32Decode(bytes.Clone(lines[0]))
	payload, _ := seal.Bech32Pack(nil, values[:len(values)-6])
	scalar = payload[10:]
	needles := [][]byte{value, lines[0][:30], scalar}
	_ = o.WithMaster(func(b []byte) error { needles = append(needles, bytes.Clone(b)); return nil })
	_ = o.LendKEK(c, 0, func(root, kek []byte) { needles = append(needles, bytes.Clone(root), bytes.Clone(kek)) })

	type holder struct { // fmt does not ask the methods of what is in unexported fields
		secret *seal.Secret
		share  *seal.Share
		opened *seal.Opened
	}
	for _, v := range []any{&holder{held, share, o}, holder{held, share, o}, held, share, y, o, o.Keyring(), c, struct{ A any }{share}, []any{held}, map[string]any{"x": share}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		if j, err := json.Marshal(v); err == nil {
			out.Write(j)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		for i, needle := range needles {
			for _, form := range []string{string(needle), fmt.Sprintf("%x", needle), fmt.Sprintf("%X", needle), fmt.Sprintf("%d", needle), fmt.Sprintf("%v", needle[:8])[1:20]} {
				if strings.Contains(out.String(), form) {
					t.Errorf("%T shows secret %d", v, i)
				}
			}
		}
	}
	for _, text := range []string{fmt.Sprint(held), fmt.Sprintf("%#v", held), fmt.Sprintf("%x", held)} {
		if text != "[secret]" {
			t.Errorf("a secret prints as %q", text)
		}
	}
	if got := share.String(); !strings.Contains(got, "share 1 of epoch 1") || !strings.Contains(got, "[secret]") {
		t.Errorf("a share prints as %q", got)
	}
}
