package primitive_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

type unhex []byte

func (u *unhex) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	d, err := hex.DecodeString(s)
	*u = d
	return err
}

// vector is one published figure. testdata/vectors.jsonl holds a choice of Project Wycheproof's (github.com/C2SP/wycheproof,
// testvectors_v1, January 2026; the file and number of each stand beside it), some for every flag that it knows and every
// parameter that we offer, and the KEM figures of draft-ietf-hpke-pq.
type vector struct {
	File, Comment, Kind, Result, Algorithm, Hash, Form, Padding string
	ID, Size                                                    int

	Public, Private, Msg, Sig, CT, AAD, IV, Salt, Info unhex
}

var hashes = map[string]crypto.Hash{"": 0, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

// tryVector returns nil if the vector's outcome is ours.
var tryVector = map[string]func(v *vector, a key.Algorithm) error{
	"sign": func(v *vector, a key.Algorithm) error {
		k, err := primitive.OpenPublic(a, v.Public)
		if err != nil {
			return err
		}
		s := primitive.Scheme{Hash: hashes[v.Hash]}
		s.Form = map[string]primitive.Form{"natural": primitive.Natural, "raw": primitive.Raw, "jws": primitive.JWS}[v.Form]
		if v.Padding == "pkcs1" {
			s.Padding = primitive.PKCS1v15
		}
		err = k.Verify(v.Msg, v.Sig, s)
		if err != nil && !errors.Is(err, primitive.ErrMismatch) {
			panic(fmt.Sprintf("%s %d: %v", v.File, v.ID, err)) // a refusal of the scheme would count as a right answer
		}
		return err
	},
	"oaep": func(v *vector, a key.Algorithm) error {
		k, err := primitive.Open(a, v.Private)
		if err != nil {
			return err
		}
		plain, err := k.Open(v.CT, v.AAD)
		return same(plain, v.Msg, err)
	},
	"aead": func(v *vector, a key.Algorithm) error {
		k, err := primitive.Open(a, v.Private)
		if err != nil {
			return err
		}
		plain, err := k.Open(append(bytes.Clone(v.IV), v.CT...), v.AAD)
		if err != nil {
			return err
		}
		sealed, err := k.Seal(bytes.NewReader(v.IV), nil, v.Msg, v.AAD)
		return errors.Join(same(plain, v.Msg, nil), same(sealed, append(bytes.Clone(v.IV), v.CT...), err))
	},
	"kwp": func(v *vector, a key.Algorithm) error {
		k, err := primitive.Open(a, v.Private)
		if err != nil {
			return err
		}
		plain, err := k.Unwrap(v.CT, nil)
		if err != nil {
			return err
		}
		wrapped, err := k.Wrap(rand.Reader, v.Msg, nil)
		return errors.Join(same(plain, v.Msg, nil), same(wrapped, v.CT, err))
	},
	"hmac": func(v *vector, a key.Algorithm) error {
		material := make([]byte, a.Traits().Bytes) // a key shorter than a block is padded with zeros (RFC 2104), here or there
		copy(material, v.Private)
		k, err := primitive.Open(a, material)
		if err != nil {
			return err
		}
		if len(v.Sig) < a.Traits().Bytes { // these MACs are truncated: ours begins like them, and they do not verify
			mac, err := k.MAC(v.Msg, 0)
			if err != nil {
				return err
			}
			if k.VerifyMAC(v.Msg, v.Sig, 0) == nil {
				return errors.New("a truncated MAC verifies")
			}
			if !bytes.Equal(mac[:len(v.Sig)], v.Sig) {
				return primitive.ErrMismatch
			}
			return nil
		}
		return k.VerifyMAC(v.Msg, v.Sig, 0)
	},
	"hkdf": func(v *vector, a key.Algorithm) error {
		k, err := primitive.Open(a, v.Private)
		if err != nil {
			return err
		}
		got, err := k.Derive(primitive.Derivation{Hash: hashes[v.Hash], Salt: v.Salt, Info: v.Info, Bytes: v.Size})
		return same(got, v.Msg, err)
	},
	"ecdh": func(v *vector, a key.Algorithm) error {
		material := []byte(v.Private)
		if a != key.X25519 {
			material = scalarMaterial(a, v.Private)
		}
		k, err := primitive.Open(a, material)
		if err != nil {
			return err
		}
		got, err := k.Derive(primitive.Derivation{Peer: v.Public})
		return same(got, v.Msg, err)
	},
	"kem": func(v *vector, a key.Algorithm) error {
		k, err := primitive.Open(a, v.Private)
		if err != nil {
			return err
		}
		public, err := primitive.Check(a, v.Private)
		if err != nil {
			return err
		}
		if len(v.Public) != 0 && !bytes.HasSuffix(public, v.Public) {
			return errors.New("another public key")
		}
		got, err := k.Decapsulate(v.CT)
		return same(got, v.Msg, err)
	},
	"kem-public": func(v *vector, a key.Algorithm) error {
		_, err := primitive.OpenPublic(a, kemSPKI(a, v.Public))
		return err
	},
}

func same(got, want []byte, err error) error {
	if err == nil && !bytes.Equal(got, want) {
		return fmt.Errorf("got %x, want %x", got, want)
	}
	return err
}

// scalarMaterial is PKCS #8 of the private key on a's curve with this scalar, nil if there is none.
func scalarMaterial(a key.Algorithm, scalar []byte) []byte {
	c := map[key.Algorithm]elliptic.Curve{key.ECDSAP256: elliptic.P256(), key.ECDSAP384: elliptic.P384(), key.ECDSAP521: elliptic.P521()}[a]
	size := (c.Params().BitSize + 7) / 8
	scalar = bytes.TrimLeft(scalar, "\x00")
	scalar = append(make([]byte, max(0, size-len(scalar))), scalar...)
	k, err := ecdsa.ParseRawPrivateKey(c, scalar)
	if err != nil {
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil
	}
	return der
}

// kemSPKI writes an ML-KEM key as SubjectPublicKeyInfo by hand.
func kemSPKI(a key.Algorithm, public []byte) []byte {
	last := map[key.Algorithm]int{key.MLKEM768: 2, key.MLKEM1024: 3}[a]
	der, err := asn1.Marshal(struct {
		Algorithm []asn1.ObjectIdentifier
		PublicKey asn1.BitString
	}{
		[]asn1.ObjectIdentifier{{2, 16, 840, 1, 101, 3, 4, 4, last}},
		asn1.BitString{Bytes: public, BitLength: 8 * len(public)},
	})
	if err != nil {
		panic(err)
	}
	return der
}

// vectors reads testdata/vectors.jsonl.
func vectors(t testing.TB) []*vector {
	t.Helper()
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var all []*vector
	for lines.Scan() {
		v := new(vector)
		if err := json.Unmarshal(lines.Bytes(), v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPublishedVectorsComeOutAsPublished(t *testing.T) {
	counts, accepted := map[string]int{}, map[string]int{}
	for _, v := range vectors(t) {
		a, err := key.ParseAlgorithm(v.Algorithm)
		if err != nil {
			t.Fatal(err)
		}
		try := tryVector[v.Kind]
		if try == nil {
			t.Fatalf("%s: nothing tries vectors of kind %q", v.File, v.Kind)
		}
		err = try(v, a)
		counts[v.Kind+" "+v.Result]++
		if err == nil {
			accepted[v.Kind+" "+v.Result]++
		}
		if stricter(v) {
			v.Result = "invalid"
		}
		switch {
		case err != nil && v.Result == "valid":
			t.Errorf("%s %d (%s) is refused: %v", v.File, v.ID, v.Comment, err)
		case err == nil && v.Result == "invalid":
			t.Errorf("%s %d (%s) is accepted", v.File, v.ID, v.Comment)
		case err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge):
			t.Errorf("%s %d (%s): %v is no fault of the caller's", v.File, v.ID, v.Comment, err)
		}
	}
	for kind := range tryVector {
		if counts[kind+" valid"] == 0 {
			t.Errorf("there is no valid vector of kind %s", kind)
		}
	}
	t.Logf("vectors by kind and outcome: %v; accepted: %v", counts, accepted)
}

// stricter tells whether a vector is right and refused all the same: KWP of less than 16 bytes (Tink's bound, and the strength of the
// weakest key there is), RSA exponents below 65537 (FIPS 186-5).
func stricter(v *vector) bool {
	if v.Kind == "kwp" {
		return len(v.Msg) < 16
	}
	public, err := x509.ParsePKIXPublicKey(v.Public)
	k, ok := public.(*rsa.PublicKey)
	return err == nil && ok && k.E < 65537
}

func TestSmallOrderPointsGiveNoSecret(t *testing.T) {
	k := open(t, key.X25519)
	for _, point := range []string{ // RFC 7748, 6.1; the list is Bernstein's (https://cr.yp.to/ecdh.html#validate)
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		b, err := hex.DecodeString(point)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ecdh.X25519().NewPublicKey(b)
		if err != nil {
			t.Fatal(err)
		}
		spki, err := x509.MarshalPKIXPublicKey(p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Derive(primitive.Derivation{Peer: spki})
		wantRefusal(t, err, "the peer's public key gives no secret")
		public, err := primitive.OpenPublic(key.X25519, spki)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = public.Wrap(rand.Reader, make([]byte, 32), nil); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "wraps nothing") {
			t.Errorf("wrapping to %s gives %v", point, err)
		}
	}
}
