package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// seeds are the algorithms of which a fuzz target gets a key to begin with; big RSA keys take too long to make.
func seeds() []key.Algorithm {
	var some []key.Algorithm
	for _, a := range algorithms() {
		if a != key.RSA3072 && a != key.RSA4096 {
			some = append(some, a)
		}
	}
	return some
}

// blame fails for an error that is no fault of who sent the input.
func blame(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
		t.Errorf("%v has kind %v", err, fault.KindOf(err))
	}
}

// Whatever the material, Check and Open agree, and a key that opens does all that its algorithm is for.
func FuzzOpenMaterial(f *testing.F) {
	for _, a := range seeds() {
		f.Add(uint8(a), keyOf(f, a).material)
	}
	f.Fuzz(func(t *testing.T, number uint8, material []byte) {
		a := key.Algorithm(number)
		public, checkErr := primitive.Check(a, material)
		blame(t, checkErr)
		k, err := primitive.Open(a, material)
		blame(t, err)
		if checkErr != nil {
			return // Open may be less strict: what it opens was checked on its way in
		}
		if err != nil {
			t.Fatalf("%s was checked and does not open: %v", a, err)
		}
		other := k
		if public != nil && a != key.X509 {
			if other, err = primitive.OpenPublic(a, public); err != nil {
				t.Fatalf("%s: the public half does not open: %v", a, err)
			}
		}
		if err := works(k, other, a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	})
}

// No signature but the one that was made verifies, and garbage is a mismatch or a refusal.
func FuzzVerify(f *testing.F) {
	var able []key.Algorithm
	for _, a := range seeds() {
		if a.Traits().Usage&key.Sign != 0 {
			able = append(able, a)
			for _, s := range schemesOf(a)[:5] {
				signature, err := open(f, a).Sign(rand.Reader, inputFor(s, a), s)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(uint8(a), inputFor(s, a), signature, uint8(s.Hash), s.Prehashed, uint8(s.Padding), uint8(s.Form))
			}
		}
	}
	f.Fuzz(func(t *testing.T, number uint8, input, signature []byte, hash uint8, prehashed bool, padding, form uint8) {
		a := able[int(number)%len(able)]
		s := primitive.Scheme{Hash: crypto.Hash(hash), Prehashed: prehashed, Padding: primitive.Padding(padding), Form: primitive.Form(form)}
		err := openPublic(t, a).Verify(input, signature, s)
		blame(t, err)
		again, signErr := open(t, a).Sign(rand.Reader, input, s)
		blame(t, signErr)
		if refused := err != nil && !errors.Is(err, primitive.ErrMismatch); refused != (signErr != nil) {
			t.Errorf("%s %+v: Verify says %v, Sign %v", a, s, err, signErr)
		}
		if signErr == nil {
			if err := openPublic(t, a).Verify(input, again, s); err != nil {
				t.Errorf("%s %+v does not verify what it signed: %v", a, s, err)
			}
		}
	})
}

// Nothing unwraps or opens that was not wrapped or sealed by the key. What RSA wraps begins with a sealed key of 256
// bits, which opens by itself (see Wrap).
func FuzzUnwrap(f *testing.F) {
	var able []key.Algorithm
	for _, a := range seeds() {
		if a.Traits().Usage&key.Unwrap == 0 {
			continue
		}
		able = append(able, a)
		wrapped, err := open(f, a).Wrap(rand.Reader, peerText, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(len(able)-1), wrapped, []byte{})
		f.Add(uint8(len(able)-1), wrapped[:len(wrapped)-1], []byte("aad"))
	}
	f.Fuzz(func(t *testing.T, number uint8, wrapped, aad []byte) {
		a := able[int(number)%len(able)]
		k, kept := open(t, a), bytes.Clone(wrapped)
		if plain, err := k.Unwrap(wrapped, aad); err != nil {
			blame(t, err)
		} else if !bytes.Equal(plain, peerText) {
			t.Errorf("%s unwraps %x to %x", a, wrapped, plain)
		}
		if plain, err := k.Open(wrapped, aad); err != nil {
			blame(t, err)
		} else if a != key.RSA2048 || len(wrapped) != 256 || len(plain) != 32 {
			t.Errorf("%s opens %x", a, wrapped)
		}
		if _, err := k.Decapsulate(wrapped); err != nil {
			blame(t, err)
		}
		if !bytes.Equal(wrapped, kept) {
			t.Errorf("%s changed what it was lent", a)
		}
	})
}

// Whatever is said to be a public key is refused, or does what public halves do, and nothing panics.
func FuzzPublic(f *testing.F) {
	for _, a := range seeds() {
		if public := keyOf(f, a).public; public != nil {
			f.Add(uint8(a), public)
		}
	}
	f.Fuzz(func(t *testing.T, number uint8, spki []byte) {
		a := key.Algorithm(number)
		for _, b := range []key.Algorithm{key.ECDSAP256, key.X25519} {
			_, err := open(t, b).Derive(primitive.Derivation{Peer: spki})
			blame(t, err)
		}
		k, err := primitive.OpenPublic(a, spki)
		if blame(t, err); err != nil {
			return
		}
		blame(t, k.Verify(peerText, peerText, primitive.Scheme{}))
		_, err = k.Seal(rand.Reader, nil, peerText, nil)
		blame(t, err)
		_, err = k.Wrap(rand.Reader, peerText, nil)
		blame(t, err)
		_, _, err = k.Encapsulate(rand.Reader)
		blame(t, err)
	})
}
