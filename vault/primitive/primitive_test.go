package primitive_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// algorithms lists every algorithm that there is.
func algorithms() []key.Algorithm {
	var all []key.Algorithm
	for _, name := range key.AlgorithmNames() {
		a, err := key.ParseAlgorithm(name)
		if err != nil {
			panic(err)
		}
		all = append(all, a)
	}
	return all
}

type pair struct{ material, public []byte }

var (
	keysMu sync.Mutex
	keys   = map[key.Algorithm]pair{}
)

// keyOf returns material and public half of one key of algorithm a, the same in all tests. RSA keys take long to make, so they
// are those of the OAEP vectors.
func keyOf(t testing.TB, a key.Algorithm) pair {
	t.Helper()
	keysMu.Lock()
	defer keysMu.Unlock()
	if p, ok := keys[a]; ok {
		return p
	}
	var p pair
	var err error
	switch a {
	case key.Opaque:
		p.material = []byte("a page of a diary")
	case key.RSA2048, key.RSA3072, key.RSA4096:
		for _, v := range vectors(t) {
			if v.Kind == "oaep" && v.Algorithm == a.String() {
				p.material = v.Private
			}
		}
		p.public, err = primitive.Check(a, p.material)
	case key.X509:
		p.material = certificateDER(t)
		p.public, err = primitive.Check(a, p.material)
	default:
		p.material, p.public, err = primitive.Generate(a, 0, rand.Reader)
	}
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	keys[a] = p
	return p
}

func open(t testing.TB, a key.Algorithm) *primitive.Key {
	t.Helper()
	k, err := primitive.Open(a, keyOf(t, a).material)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return k
}

func openPublic(t testing.TB, a key.Algorithm) *primitive.Key {
	t.Helper()
	k, err := primitive.OpenPublic(a, keyOf(t, a).public)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return k
}

// operations are all that a key can do: each tries one on k and says whether it works at all. half tells which half it needs.
var operations = []struct {
	name  string
	usage key.Usage // any of them suffices
	half  string    // "private", "public" (either half does it)
	try   func(k *primitive.Key, a key.Algorithm, peer []byte) error
}{
	{"encrypt", key.Encrypt, "public", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.Seal(rand.Reader, nil, []byte("plain"), nil)
		return err
	}},
	{"decrypt", key.Decrypt, "private", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.Open(make([]byte, 40), nil)
		return unlessUnopened(err)
	}},
	{"sign", key.Sign, "private", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.Sign(rand.Reader, []byte("input"), primitive.Scheme{})
		return err
	}},
	{"verify", key.Verify, "public", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		err := k.Verify([]byte("input"), []byte("garbage"), primitive.Scheme{})
		if errors.Is(err, primitive.ErrMismatch) {
			return nil
		}
		return err
	}},
	{"mac", key.MAC, "private", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.MAC([]byte("input"), 0)
		return err
	}},
	{"verify a mac", key.VerifyMAC, "private", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		err := k.VerifyMAC([]byte("input"), []byte("garbage"), 0)
		if errors.Is(err, primitive.ErrMismatch) {
			return nil
		}
		return err
	}},
	{"derive", key.Derive | key.Agree, "private", func(k *primitive.Key, a key.Algorithm, peer []byte) error {
		d := primitive.Derivation{Bytes: 32}
		if a.Traits().Usage&key.Agree != 0 {
			d.Peer = peer
		}
		_, err := k.Derive(d)
		return err
	}},
	{"wrap", key.Wrap, "public", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.Wrap(rand.Reader, make([]byte, 32), nil)
		return err
	}},
	{"unwrap", key.Unwrap, "private", func(k *primitive.Key, _ key.Algorithm, _ []byte) error {
		_, err := k.Unwrap(make([]byte, 40), nil)
		return unlessUnopened(err)
	}},
}

func unlessUnopened(err error) error {
	if err != nil && fault.Of(err).Message == "the ciphertext does not open with this key" {
		return nil
	}
	return err
}

func TestKeysDoWhatTheirAlgorithmIsForAndNothingElse(t *testing.T) {
	for _, a := range algorithms() {
		p := keyOf(t, a)
		for _, op := range operations {
			may := a.Traits().Usage&op.usage != 0
			err := op.try(open(t, a), a, p.public)
			if may && err != nil {
				t.Errorf("%s cannot %s: %v", a, op.name, err)
			}
			if !may {
				wantRefusal(t, err, fmt.Sprintf("a key of algorithm %s cannot %s", a, op.name))
			}
			if p.public == nil {
				continue
			}
			err = op.try(openPublic(t, a), a, p.public)
			if may = may && op.half == "public"; may && err != nil {
				t.Errorf("the public half of %s cannot %s: %v", a, op.name, err)
			}
			if !may {
				wantRefusal(t, err, fmt.Sprintf("a public key of algorithm %s cannot %s", a, op.name))
			}
		}
	}
}

func wantRefusal(t *testing.T, err error, message string) {
	t.Helper()
	if !errors.Is(err, fault.Invalid) || err.Error() != message {
		t.Errorf("got %v, want fault.Invalid %q", err, message)
	}
}

func TestWhatIsSealedOpensBoundToItsBinding(t *testing.T) {
	for _, a := range algorithms() {
		if a.Traits().Usage&key.Encrypt == 0 {
			continue
		}
		k := open(t, a)
		for _, binding := range []string{"", "a binding"} {
			sealed, err := k.Seal(rand.Reader, []byte("before"), []byte("plain"), []byte(binding))
			if err != nil {
				t.Fatalf("%s: %v", a, err)
			}
			sealed, ok := bytes.CutPrefix(sealed, []byte("before"))
			if !ok {
				t.Errorf("%s: Seal does not append to dst", a)
			}
			kept := bytes.Clone(sealed)
			plain, err := k.Open(sealed, []byte(binding))
			if err != nil || string(plain) != "plain" {
				t.Errorf("%s: opened %q, %v", a, plain, err)
			}
			if !bytes.Equal(sealed, kept) {
				t.Errorf("%s: Open changed what it was lent", a)
			}
			_, err = k.Open(sealed, []byte(binding+"x"))
			wantRefusal(t, err, "the ciphertext does not open with this key")
			for i := 0; i < len(sealed); i += 1 + len(sealed)/16 {
				sealed[i] ^= 1
				if _, err = k.Open(sealed, []byte(binding)); err == nil {
					t.Errorf("%s: opens with bit %d turned", a, 8*i)
				}
				sealed[i] ^= 1
			}
		}
	}
}

func TestWhatIsWrappedUnwrapsBoundToItsAAD(t *testing.T) {
	plain := bytes.Repeat([]byte("0123456789"), 25)
	for _, a := range algorithms() {
		if a.Traits().Usage&key.Wrap == 0 {
			continue
		}
		halves := []*primitive.Key{open(t, a)}
		if keyOf(t, a).public != nil {
			halves = append(halves, openPublic(t, a))
		}
		for _, wrapping := range halves {
			for _, aad := range []string{"", "for whom"} {
				wrapped, err := wrapping.Wrap(rand.Reader, plain, []byte(aad))
				if aad != "" && (a == key.AES128GCM || a == key.AES192GCM || a == key.AES256GCM) {
					wantRefusal(t, err, "AES key wrap binds no aad")
					_, err = wrapping.Unwrap(wrapped, []byte(aad))
					wantRefusal(t, err, "AES key wrap binds no aad")
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", a, err)
				}
				got, err := open(t, a).Unwrap(wrapped, []byte(aad))
				if err != nil || !bytes.Equal(got, plain) {
					t.Errorf("%s: unwrapped %q, %v", a, got, err)
				}
				if a != key.AES128GCM && a != key.AES192GCM && a != key.AES256GCM {
					_, err = open(t, a).Unwrap(wrapped, []byte(aad+"x"))
					wantRefusal(t, err, "the ciphertext does not open with this key")
				}
				for _, i := range []int{0, len(wrapped) / 2, len(wrapped) - 1} {
					wrapped[i] ^= 0x10
					_, err = open(t, a).Unwrap(wrapped, []byte(aad))
					wantRefusal(t, err, "the ciphertext does not open with this key")
					wrapped[i] ^= 0x10
				}
				_, err = open(t, a).Unwrap(wrapped[:len(wrapped)-1], []byte(aad))
				if !errors.Is(err, fault.Invalid) {
					t.Errorf("%s: a truncated wrapped key gives %v", a, err)
				}
			}
		}
	}
}
