package primitive_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/cloudflare/circl/hpke"
	"github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"
	"github.com/cloudflare/circl/kem/xwing"

	"github.com/quorate/quorate/vault/key"
)

// CIRCL's implementations share no code with those of the standard library.
func TestCIRCLAndWeEncapsulateAlike(t *testing.T) {
	for a, scheme := range map[key.Algorithm]kem.Scheme{
		key.MLKEM768:       mlkem768.Scheme(),
		key.MLKEM1024:      mlkem1024.Scheme(),
		key.MLKEM768X25519: xwing.Scheme(),
	} {
		p := keyOf(t, a)
		public, private := scheme.DeriveKeyPair(p.material)
		packed := must(public.MarshalBinary())(t)
		if !bytes.HasSuffix(p.public, packed) {
			t.Errorf("%s: CIRCL makes another public key of the seed", a)
		}
		shared, ciphertext, err := openPublic(t, a).Encapsulate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := same(must(scheme.Decapsulate(private, ciphertext))(t), shared, nil); err != nil {
			t.Errorf("%s: CIRCL decapsulates ours: %v", a, err)
		}
		ciphertext, shared, err = scheme.Encapsulate(public)
		if err != nil {
			t.Fatal(err)
		}
		if err := same(must(open(t, a).Decapsulate(ciphertext))(t), shared, nil); err != nil {
			t.Errorf("%s: we decapsulate CIRCL's: %v", a, err)
		}
		ciphertext[7] ^= 1 // implicit rejection: another secret, the same one each time, no error
		first, second := must(open(t, a).Decapsulate(ciphertext))(t), must(open(t, a).Decapsulate(ciphertext))(t)
		if bytes.Equal(first, shared) || !bytes.Equal(first, second) {
			t.Errorf("%s: an altered ciphertext gives %x, then %x", a, first, second)
		}
		if err := same(must(scheme.Decapsulate(private, ciphertext))(t), first, nil); err != nil {
			t.Errorf("%s: CIRCL rejects otherwise: %v", a, err)
		}
	}
}

// HPKE with no info is in no table of RFC 9180, so CIRCL stands in for it: base mode with aad, both directions.
func TestCIRCLAndWeWrapAlike(t *testing.T) {
	for a, id := range map[key.Algorithm]hpke.KEM{key.X25519: hpke.KEM_X25519_HKDF_SHA256, key.MLKEM768X25519: hpke.KEM_XWING} {
		suite := hpke.NewSuite(id, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES256GCM)
		p := keyOf(t, a)
		raw := p.material[len(p.material)-32:] // PKCS #8 of X25519 ends in the scalar
		private := must(id.Scheme().UnmarshalBinaryPrivateKey(raw))(t)
		aad := []byte("for whom")

		wrapped := must(openPublic(t, a).Wrap(rand.Reader, peerText, aad))(t)
		n := len(wrapped) - len(peerText) - 16
		receiver := must(suite.NewReceiver(private, nil))(t)
		opener := must(receiver.Setup(wrapped[:n]))(t)
		if err := same(must(opener.Open(wrapped[n:], aad))(t), peerText, nil); err != nil {
			t.Errorf("%s: %v", a, err)
		}

		sender := must(suite.NewSender(private.Public(), nil))(t)
		enc, sealer, err := sender.Setup(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		wrapped = append(enc, must(sealer.Seal(peerText, aad))(t)...)
		if err := same(must(open(t, a).Unwrap(wrapped, aad))(t), peerText, nil); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}
