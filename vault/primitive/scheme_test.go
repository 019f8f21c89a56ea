package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func TestSignaturesVerifyInTheirSchemeAndInNoOther(t *testing.T) {
	for _, a := range algorithms() {
		if a.Traits().Usage&key.Sign == 0 {
			continue
		}
		k, public := open(t, a), openPublic(t, a)
		for _, s := range schemesOf(a) {
			input := inputFor(s, a)
			signature, err := k.Sign(rand.Reader, input, s)
			if err != nil {
				t.Fatalf("%s %+v: %v", a, s, err)
			}
			if err := public.Verify(input, signature, s); err != nil {
				t.Errorf("%s %+v: %v", a, s, err)
			}
			if size := rawSize[a]; size != 0 && s.Form != primitive.Natural && len(signature) != size {
				t.Errorf("%s %+v: %d bytes, want %d", a, s, len(signature), size)
			}
			for _, bad := range [][]byte{nil, {0}, signature[:len(signature)-1], append(bytes.Clone(signature), 0), make([]byte, len(signature)), bytes.Repeat([]byte{0xff}, len(signature))} {
				if err := public.Verify(input, bad, s); !errors.Is(err, primitive.ErrMismatch) || !errors.Is(err, fault.Invalid) {
					t.Errorf("%s %+v: %x gives %v", a, s, bad, err)
				}
			}
			for _, other := range schemesOf(a) {
				if alike(a, s, other) || len(inputFor(other, a)) != len(input) && (other.Prehashed || s.Prehashed) {
					continue
				}
				if err := public.Verify(input, signature, other); !errors.Is(err, primitive.ErrMismatch) {
					t.Errorf("%s signed in %+v: verified in %+v: %v", a, s, other, err)
				}
			}
		}
	}
}

var rawSize = map[key.Algorithm]int{key.ECDSAP256: 64, key.ECDSAP384: 96, key.ECDSAP521: 132}

// alike tells whether what one scheme signs, another may verify: forms count for ECDSA only, and JWS is raw there.
func alike(a key.Algorithm, s, o primitive.Scheme) bool {
	if rawSize[a] == 0 {
		s.Form, o.Form = 0, 0
	}
	s.Form, o.Form = min(s.Form, primitive.Raw), min(o.Form, primitive.Raw)
	if s.Hash == 0 {
		s.Hash = usualHash(a)
	}
	if o.Hash == 0 {
		o.Hash = usualHash(a)
	}
	return s == o
}

func usualHash(a key.Algorithm) crypto.Hash {
	switch a {
	case key.ECDSAP384:
		return crypto.SHA384
	case key.ECDSAP521, key.Ed25519:
		return crypto.SHA512
	}
	return crypto.SHA256
}

// schemesOf are all schemes that a has.
func schemesOf(a key.Algorithm) []primitive.Scheme {
	if a == key.Ed25519 {
		return []primitive.Scheme{{}, {Form: primitive.Raw}, {Form: primitive.JWS}, {Prehashed: true}, {Prehashed: true, Hash: crypto.SHA512}}
	}
	var all []primitive.Scheme
	for _, h := range []crypto.Hash{0, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		for _, f := range []primitive.Form{primitive.Natural, primitive.Raw, primitive.JWS} {
			for _, prehashed := range []bool{false, true} {
				if rawSize[a] != 0 {
					if f != primitive.JWS || h == 0 || h == usualHash(a) {
						all = append(all, primitive.Scheme{Hash: h, Form: f, Prehashed: prehashed})
					}
				} else if f != primitive.Raw {
					all = append(all, primitive.Scheme{Hash: h, Form: f, Prehashed: prehashed}, primitive.Scheme{Hash: h, Form: f, Prehashed: prehashed, Padding: primitive.PKCS1v15})
				}
			}
		}
	}
	return all
}

// inputFor is a message, or for prehashed schemes the message's digest.
func inputFor(s primitive.Scheme, a key.Algorithm) []byte {
	if !s.Prehashed {
		return peerText
	}
	h := s.Hash
	if h == 0 {
		h = usualHash(a)
	}
	state := h.New()
	state.Write(peerText)
	return state.Sum(nil)
}

func TestRawSignaturesHaveOneLength(t *testing.T) {
	for a, size := range rawSize {
		k := open(t, a)
		signature := must(k.Sign(rand.Reader, peerText, primitive.Scheme{Form: primitive.Raw}))(t)
		r, s := signature[:size/2], signature[size/2:]
		for _, bad := range [][]byte{bytes.Join([][]byte{r, {0}, s}, nil), bytes.Join([][]byte{{0}, r, {0}, s}, nil), bytes.Join([][]byte{{0}, r, s}, nil)} {
			if err := k.Verify(peerText, bad, primitive.Scheme{Form: primitive.Raw}); !errors.Is(err, primitive.ErrMismatch) {
				t.Errorf("%s: a signature with zeros put in gives %v", a, err)
			}
		}
	}
}

func TestADigestSignedIsTheMessageSigned(t *testing.T) {
	for _, a := range []key.Algorithm{key.RSA2048, key.ECDSAP256, key.ECDSAP384, key.ECDSAP521} {
		k := open(t, a)
		signature := must(k.Sign(rand.Reader, inputFor(primitive.Scheme{Prehashed: true}, a), primitive.Scheme{Prehashed: true}))(t)
		if err := k.Verify(peerText, signature, primitive.Scheme{}); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	// Ed25519ph is another scheme than Ed25519, on purpose (RFC 8032, 8.6).
	k := open(t, key.Ed25519)
	signature := must(k.Sign(rand.Reader, inputFor(primitive.Scheme{Prehashed: true}, key.Ed25519), primitive.Scheme{Prehashed: true}))(t)
	if err := k.Verify(peerText, signature, primitive.Scheme{}); !errors.Is(err, primitive.ErrMismatch) {
		t.Errorf("Ed25519ph verifies as Ed25519: %v", err)
	}
}

// OpenSSL's command line makes the longest salt there is room for; RFC 7518, 3.5 wants one as long as the hash.
func TestPSSTakesAnySaltExceptInAJWS(t *testing.T) {
	private := must(x509.ParsePKCS8PrivateKey(keyOf(t, key.RSA2048).material))(t).(*rsa.PrivateKey)
	digest := inputFor(primitive.Scheme{Prehashed: true}, key.RSA2048)
	for _, salt := range []int{rsa.PSSSaltLengthAuto, 20, 32} {
		signature := must(rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: salt}))(t)
		if err := openPublic(t, key.RSA2048).Verify(peerText, signature, primitive.Scheme{}); err != nil {
			t.Errorf("salt %d: %v", salt, err)
		}
		err := openPublic(t, key.RSA2048).Verify(peerText, signature, primitive.Scheme{Form: primitive.JWS})
		if (salt == 32) != (err == nil) {
			t.Errorf("a JWS with salt %d: %v", salt, err)
		}
	}
	signature := must(open(t, key.RSA2048).Sign(rand.Reader, peerText, primitive.Scheme{}))(t)
	if err := rsa.VerifyPSS(&private.PublicKey, crypto.SHA256, digest, signature, &rsa.PSSOptions{SaltLength: 32}); err != nil {
		t.Errorf("our salt has another length than the hash: %v", err)
	}
}

func TestSchemesThatDoNotExistAreRefused(t *testing.T) {
	digest := make([]byte, 31)
	for _, c := range []struct {
		a     key.Algorithm
		input []byte
		s     primitive.Scheme
		want  string
	}{
		{key.RSA2048, peerText, primitive.Scheme{Hash: crypto.SHA1}, "not offered"},
		{key.RSA2048, peerText, primitive.Scheme{Hash: 99}, "not offered"},
		{key.RSA2048, peerText, primitive.Scheme{Hash: crypto.SHA3_256}, "not offered"},
		{key.RSA2048, peerText, primitive.Scheme{Padding: 2}, "no padding"},
		{key.RSA2048, peerText, primitive.Scheme{Form: 3}, "no form"},
		{key.RSA2048, digest, primitive.Scheme{Prehashed: true}, "32 bytes, not 31"},
		{key.ECDSAP256, digest, primitive.Scheme{Prehashed: true}, "32 bytes, not 31"},
		{key.ECDSAP521, digest, primitive.Scheme{Prehashed: true}, "64 bytes, not 31"},
		{key.ECDSAP256, peerText, primitive.Scheme{Padding: primitive.PKCS1v15}, "only RSA"},
		{key.ECDSAP256, peerText, primitive.Scheme{Form: 3}, "no form"},
		{key.ECDSAP256, peerText, primitive.Scheme{Hash: crypto.MD5}, "not offered"},
		{key.ECDSAP256, peerText, primitive.Scheme{Form: primitive.JWS, Hash: crypto.SHA512}, "is made with SHA-256"},
		{key.Ed25519, peerText, primitive.Scheme{Hash: crypto.SHA512}, "hashes by itself"},
		{key.Ed25519, peerText, primitive.Scheme{Padding: primitive.PKCS1v15}, "only RSA"},
		{key.Ed25519, peerText, primitive.Scheme{Form: 3}, "no form"},
		{key.Ed25519, make([]byte, 64), primitive.Scheme{Form: primitive.JWS, Prehashed: true}, "over the message"},
		{key.Ed25519, make([]byte, 32), primitive.Scheme{Prehashed: true, Hash: crypto.SHA256}, "SHA-512 digests"},
		{key.Ed25519, digest, primitive.Scheme{Prehashed: true}, "64 bytes, not 31"},
	} {
		_, err := open(t, c.a).Sign(rand.Reader, c.input, c.s)
		verifyErr := openPublic(t, c.a).Verify(c.input, []byte("garbage"), c.s)
		for _, err := range []error{err, verifyErr} {
			if !errors.Is(err, fault.Invalid) || errors.Is(err, primitive.ErrMismatch) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s %+v: got %v, want %q", c.a, c.s, err, c.want)
			}
		}
	}
}

func TestMACsAreWholeAndOfTheirHash(t *testing.T) {
	for _, a := range []key.Algorithm{key.HMACSHA256, key.HMACSHA384, key.HMACSHA512} {
		k := open(t, a)
		mac := must(k.MAC(peerText, 0))(t)
		if err := k.VerifyMAC(peerText, mac, 0); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		for _, bad := range [][]byte{nil, mac[:16], mac[:len(mac)-1], append(bytes.Clone(mac), 0), make([]byte, len(mac))} {
			if err := k.VerifyMAC(peerText, bad, 0); !errors.Is(err, primitive.ErrMismatch) || !errors.Is(err, fault.Invalid) || err.Error() == primitive.ErrMismatch.Error() {
				t.Errorf("%s: %d bytes give %v", a, len(bad), err)
			}
		}
		for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512, 99} {
			got, err := k.MAC(peerText, h)
			if own := len(mac) == 32 && h == crypto.SHA256 || len(mac) == 48 && h == crypto.SHA384 || len(mac) == 64 && h == crypto.SHA512; own {
				if err := same(got, mac, err); err != nil {
					t.Errorf("%s with its own hash: %v", a, err)
				}
			} else if !errors.Is(err, fault.Invalid) {
				t.Errorf("%s with %s: %v", a, h, err)
			}
			if err := k.VerifyMAC(peerText, mac, h); (err == nil) != (got != nil) {
				t.Errorf("%s verified with %s: %v", a, h, err)
			}
		}
	}
}

func TestDerivationsThatMakeNoSenseAreRefused(t *testing.T) {
	peer := keyOf(t, key.ECDSAP256).public
	x := keyOf(t, key.X25519).public
	for _, c := range []struct {
		a    key.Algorithm
		d    primitive.Derivation
		want string
	}{
		{key.Secret, primitive.Derivation{}, "1 to 8160"},
		{key.Secret, primitive.Derivation{Bytes: -1}, "1 to 8160"},
		{key.Secret, primitive.Derivation{Bytes: 8161, Hash: crypto.SHA512}, "1 to 8160"},
		{key.Secret, primitive.Derivation{Bytes: 32, Hash: crypto.SHA1}, "not offered"},
		{key.Secret, primitive.Derivation{Bytes: 32, Peer: peer}, "only keys of a curve"},
		{key.AES256GCM, primitive.Derivation{Bytes: 32, Peer: []byte{}}, "only keys of a curve"},
		{key.HMACSHA256, primitive.Derivation{Bytes: 32, Peer: x}, "only keys of a curve"},
		{key.ECDSAP256, primitive.Derivation{Bytes: 32}, "together with a peer"},
		{key.X25519, primitive.Derivation{Bytes: 32, Peer: []byte{}}, "together with a peer"},
		{key.X25519, primitive.Derivation{Bytes: 32, Peer: peer}, "the curve of"},
		{key.ECDSAP256, primitive.Derivation{Bytes: 32, Peer: x}, "the curve of"},
		{key.ECDSAP384, primitive.Derivation{Bytes: 32, Peer: peer}, "the curve of"},
		{key.ECDSAP256, primitive.Derivation{Bytes: 32, Peer: []byte("garbage")}, "the curve of"},
		{key.ECDSAP256, primitive.Derivation{Bytes: 32, Peer: keyOf(t, key.RSA2048).public}, "the curve of"},
		{key.ECDSAP256, primitive.Derivation{Peer: peer, Info: []byte("i")}, "mean nothing"},
		{key.ECDSAP256, primitive.Derivation{Peer: peer, Salt: []byte("s")}, "mean nothing"},
		{key.X25519, primitive.Derivation{Peer: x, Hash: crypto.SHA256}, "mean nothing"},
		{key.X25519, primitive.Derivation{Peer: x, Bytes: 8161}, "1 to 8160"},
	} {
		if _, err := open(t, c.a).Derive(c.d); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: got %v, want %q", c.a, c.d, err, c.want)
		}
	}
}

func TestBothSidesOfAnAgreementDeriveTheSame(t *testing.T) {
	for _, a := range []key.Algorithm{key.ECDSAP256, key.ECDSAP384, key.ECDSAP521, key.X25519} {
		material, public, err := primitive.Generate(a, 0, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		theirs := openMaterial(t, a, material)
		for _, n := range []int{0, 1, primitive.MaxDerived} {
			d := primitive.Derivation{Bytes: n}
			if n != 0 {
				d.Hash, d.Salt, d.Info = crypto.SHA384, []byte("salt"), []byte("info")
			}
			d.Peer = public
			got := must(open(t, a).Derive(d))(t)
			d.Peer = keyOf(t, a).public
			if err := same(must(theirs.Derive(d))(t), got, nil); err != nil || n != 0 && len(got) != n {
				t.Errorf("%s, %d bytes: %d, %v", a, n, len(got), err)
			}
			if n != 0 { // the same HKDF as over a secret that holds the shared one
				secret := must(open(t, a).Derive(primitive.Derivation{Peer: public}))(t)
				d.Peer = nil
				if err := same(must(openMaterial(t, key.Secret, secret).Derive(d))(t), got, nil); err != nil {
					t.Errorf("%s: %v", a, err)
				}
			}
		}
	}
	if one, other := must(open(t, key.HMACSHA384).Derive(primitive.Derivation{Bytes: 32}))(t), must(open(t, key.HMACSHA384).Derive(primitive.Derivation{Bytes: 32, Hash: crypto.SHA384}))(t); !bytes.Equal(one, other) {
		t.Error("an hmac-sha384 key does not derive with SHA-384 unless told")
	}
}

func TestTooLongAMessageForRSAIsRefusedWithTheLimit(t *testing.T) {
	for a, limit := range map[key.Algorithm]int{key.RSA2048: 190, key.RSA3072: 318, key.RSA4096: 446} { // RFC 8017, 7.1.1: k - 2 hLen - 2
		k := openPublic(t, a)
		sealed := must(k.Seal(rand.Reader, nil, make([]byte, limit), nil))(t)
		if got, err := open(t, a).Open(sealed, nil); err != nil || len(got) != limit {
			t.Errorf("%s: %d bytes, %v", a, len(got), err)
		}
		_, err := k.Seal(rand.Reader, nil, make([]byte, limit+1), nil)
		if !errors.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), "at most "+map[int]string{190: "190", 318: "318", 446: "446"}[limit]) {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestKeyWrapHasBounds(t *testing.T) {
	for _, a := range []key.Algorithm{key.AES128GCM, key.AES256GCM, key.RSA2048} {
		k := open(t, a)
		for n, want := range map[int]error{15: fault.Invalid, 16: nil, 17: nil, 8192: nil, 8193: fault.TooLarge} {
			wrapped, err := k.Wrap(rand.Reader, make([]byte, n), nil)
			if !errors.Is(err, want) {
				t.Errorf("%s wraps %d bytes: %v", a, n, err)
			}
			if want != nil {
				continue
			}
			if got, err := k.Unwrap(wrapped, nil); err != nil || len(got) != n {
				t.Errorf("%s: %d bytes, %v", a, len(got), err)
			}
		}
	}
}

func TestRSAUnwrapsKeysUnderAES256Only(t *testing.T) {
	k := open(t, key.RSA2048)
	for a, want := range map[key.Algorithm]bool{key.AES256GCM: true, key.AES128GCM: false} {
		inner := keyOf(t, a).material
		wrapped := must(k.Seal(rand.Reader, nil, inner, nil))(t)
		wrapped = append(wrapped, must(open(t, a).Wrap(rand.Reader, peerText, nil))(t)...)
		if got, err := k.Unwrap(wrapped, nil); (err == nil) != want || want && !bytes.Equal(got, peerText) {
			t.Errorf("under %d bytes: %q, %v", len(inner), got, err)
		}
	}
}

// An opener of wrapped keys is not to be had by the right to decrypt, nor the other way round.
func TestDecryptDoesNotOpenWhatWrapMade(t *testing.T) {
	for _, a := range algorithms() {
		if a.Traits().Usage&key.Encrypt == 0 || a.Traits().Usage&key.Wrap == 0 {
			continue
		}
		k := open(t, a)
		wrapped := must(k.Wrap(rand.Reader, bytes.Repeat(peerText, 4), nil))(t)
		if _, err := k.Open(wrapped, nil); err == nil {
			t.Errorf("%s: decrypt opens a wrapped key", a)
		}
		sealed := must(k.Seal(rand.Reader, nil, peerText, nil))(t)
		if _, err := k.Unwrap(sealed, nil); err == nil {
			t.Errorf("%s: unwrap opens a ciphertext", a)
		}
	}
}
