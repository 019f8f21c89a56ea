package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// certificateDER is a certificate of a fresh P-256 key.
func certificateDER(t testing.TB) []byte {
	t.Helper()
	return certificateOf(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
}

// certificateOf is a certificate that k signed for itself.
func certificateOf(t testing.TB, k crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "primitive"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, k.Public(), k))(t)
}

func TestNoAlgorithmTakesAnothersMaterial(t *testing.T) {
	raw := func(a key.Algorithm) bool { // bytes without a structure
		t := a.Traits().Type
		return t == key.SymmetricKey || t == key.SecretData || t == key.OpaqueObject || bytesOf[a] != 0
	}
	for _, a := range algorithms() {
		material := keyOf(t, a).material
		for _, b := range algorithms() {
			public, err := primitive.Check(b, material)
			_, openErr := primitive.Open(b, material)
			if (err == nil) != (openErr == nil) {
				t.Errorf("%s as %s: Check says %v, Open %v", a, b, err, openErr)
			}
			may := a == b || b == key.Opaque || b == key.Secret && len(material) <= primitive.MaxSecret || raw(a) && raw(b) && len(material) == bytesOf[b]
			if may && err != nil {
				t.Errorf("%s as %s: %v", a, b, err)
			}
			if !may && !errors.Is(err, fault.Invalid) {
				t.Errorf("%s as %s gives %v", a, b, err)
			}
			if a == b && !bytes.Equal(public, keyOf(t, a).public) {
				t.Errorf("%s: Check finds another public half than Generate", a)
			}
			if keyOf(t, a).public == nil {
				continue
			}
			_, err = primitive.OpenPublic(b, keyOf(t, a).public)
			if a == b && err != nil || a != b && !errors.Is(err, fault.Invalid) && a != key.X509 && b != key.X509 {
				t.Errorf("the public half of %s as %s gives %v", a, b, err)
			}
		}
		for _, bad := range [][]byte{nil, material[:len(material)-1], append(bytes.Clone(material), 0)} {
			if a == key.Opaque || a == key.Secret {
				continue
			}
			if _, err := primitive.Check(a, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s of %d bytes, not %d, gives %v", a, len(bad), len(material), err)
			}
			if _, err := primitive.Open(a, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s of %d bytes, not %d, opens: %v", a, len(bad), len(material), err)
			}
		}
		if public := keyOf(t, a).public; public != nil {
			for _, bad := range [][]byte{nil, public[:len(public)-1], append(bytes.Clone(public), 0)} {
				if _, err := primitive.OpenPublic(a, bad); !errors.Is(err, fault.Invalid) {
					t.Errorf("a public half of %s of %d bytes, not %d, gives %v", a, len(bad), len(public), err)
				}
			}
		} else if _, err := primitive.OpenPublic(a, material); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s has a public half: %v", a, err)
		}
	}
}

// bytesOf is the length of material that is nothing but bytes.
var bytesOf = map[key.Algorithm]int{
	key.AES128GCM: 16, key.AES192GCM: 24, key.AES256GCM: 32, key.ChaCha20Poly1305: 32, key.HMACSHA256: 32, key.HMACSHA384: 48, key.HMACSHA512: 64,
	key.MLKEM768: 64, key.MLKEM1024: 64, key.MLKEM768X25519: 32, key.MLKEM768P256: 32, key.MLKEM1024P384: 32,
}

func TestLengthsHaveBounds(t *testing.T) {
	for _, c := range []struct {
		a    key.Algorithm
		n    int
		want bool
	}{
		{key.Secret, 0, false},
		{key.Secret, 1, true},
		{key.Secret, primitive.MaxSecret, true},
		{key.Secret, primitive.MaxSecret + 1, false},
		{key.Opaque, 0, false},
		{key.Opaque, primitive.MaxOpaque, true},
		{key.Opaque, primitive.MaxOpaque + 1, false},
	} {
		if _, err := primitive.Check(c.a, make([]byte, c.n)); (err == nil) != c.want {
			t.Errorf("%s of %d bytes: %v", c.a, c.n, err)
		}
	}
	for _, c := range []struct {
		a    key.Algorithm
		bits int
		want int // bytes; 0: refused
	}{
		{key.Secret, 0, 32},
		{key.Secret, 112, 14},
		{key.Secret, 104, 0},
		{key.Secret, 129, 0},
		{key.Secret, -8, 0},
		{key.Secret, primitive.MaxSecret * 8, primitive.MaxSecret},
		{key.Secret, primitive.MaxSecret*8 + 8, 0},
		{key.AES256GCM, 256, 0},
		{key.Opaque, 0, 0},
		{key.X509, 0, 0},
		{key.Algorithm(0), 0, 0},
		{key.Algorithm(200), 0, 0},
	} {
		material, _, err := primitive.Generate(c.a, c.bits, rand.Reader)
		if len(material) != c.want || (err == nil) != (c.want != 0) || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s of %d bits: %d bytes, %v", c.a, c.bits, len(material), err)
		}
	}
	for _, a := range []key.Algorithm{0, 200} {
		if _, err := primitive.Check(a, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("algorithm %d: %v", a, err)
		}
		if _, err := primitive.Open(a, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("algorithm %d: %v", a, err)
		}
		if _, err := primitive.OpenPublic(a, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("algorithm %d: %v", a, err)
		}
	}
	if _, err := primitive.Check(key.RSA2048, make([]byte, 1<<20)); !errors.Is(err, fault.Invalid) {
		t.Errorf("a megabyte as an RSA key: %v", err)
	}
}

func TestTwoKeysAreNeverTheSame(t *testing.T) {
	for _, a := range algorithms() {
		if a == key.Opaque || a == key.X509 || strings.HasPrefix(a.String(), "rsa") {
			continue
		}
		one, onePublic, err := primitive.Generate(a, 0, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		two, twoPublic, err := primitive.Generate(a, 0, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(one, two) || onePublic != nil && bytes.Equal(onePublic, twoPublic) {
			t.Errorf("%s: the same key twice", a)
		}
		if _, _, err := primitive.Generate(a, 0, bytes.NewReader(one[:8])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s made of 8 random bytes: %v", a, err)
		}
	}
}

type ones struct{}

func (ones) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte{0xff}, len(b)))
	return len(b), nil
}

func TestScalarsAreDrawnOnceAndNotForEver(t *testing.T) {
	for a, n := range map[key.Algorithm]int{key.ECDSAP256: 32, key.ECDSAP384: 48, key.ECDSAP521: 66} {
		random := make([]byte, n)
		_, _ = rand.Read(random)
		if _, _, err := primitive.Generate(a, 0, bytes.NewReader(random)); err != nil { // 1 in 2^32 scalars is out of range for P-256, fewer for the others
			t.Errorf("%s is not made of %d random bytes: %v", a, n, err)
		}
		if _, _, err := primitive.Generate(a, 0, ones{}); err == nil {
			t.Errorf("%s takes a scalar above the curve's order", a)
		}
	}
}

func TestGeneratedRSAKeysAreSound(t *testing.T) {
	for a, bits := range map[key.Algorithm]int{key.RSA2048: 2048, key.RSA3072: 3072, key.RSA4096: 4096} {
		if bits > 2048 && testing.Short() {
			continue
		}
		material, public, err := primitive.Generate(a, 0, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		again, err := primitive.Check(a, material)
		if err := same(again, public, err); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		k := must(x509.ParsePKIXPublicKey(public))(t).(*rsa.PublicKey)
		if k.N.BitLen() != bits || k.E != 65537 {
			t.Errorf("%s has %d bits and exponent %d", a, k.N.BitLen(), k.E)
		}
	}
}

func TestUnsoundRSAKeysAreRefused(t *testing.T) {
	sound := rsaOf(t, keyOf(t, key.RSA2048).material)
	if _, err := primitive.Check(key.RSA2048, sound.marshal(t)); err != nil {
		t.Fatalf("a sound key written by hand: %v", err)
	}
	for name, change := range map[string]func(k *rsaParts){
		"an altered modulus":          func(k *rsaParts) { k.N = new(big.Int).Add(k.N, big.NewInt(2)) },
		"an even modulus":             func(k *rsaParts) { k.N = new(big.Int).Add(k.N, big.NewInt(1)) },
		"another private exponent":    func(k *rsaParts) { k.D = new(big.Int).Add(k.D, big.NewInt(2)) },
		"another CRT exponent":        func(k *rsaParts) { k.DP = new(big.Int).Add(k.DP, big.NewInt(2)) },
		"another CRT coefficient":     func(k *rsaParts) { k.QInv = new(big.Int).Add(k.QInv, big.NewInt(1)) },
		"an even public exponent":     func(k *rsaParts) { k.E = 65538 },
		"a public exponent of 1":      func(k *rsaParts) { k.E = 1 },
		"a negative prime":            func(k *rsaParts) { k.P = new(big.Int).Neg(k.P) },
		"no primes":                   func(k *rsaParts) { k.P, k.Q = new(big.Int), new(big.Int) },
		"a public exponent of 3":      func(k *rsaParts) { *k = *rsaWith(t, 3, prime(t, 1024, 3), prime(t, 1024, 3)) },
		"primes of unlike length":     func(k *rsaParts) { *k = *rsaWith(t, 65537, prime(t, 1280, 65537), prime(t, 768, 65537)) },
		"a modulus of 1024 bits":      func(k *rsaParts) { *k = *rsaWith(t, 65537, prime(t, 512, 65537), prime(t, 512, 65537)) },
		"a modulus of 2032 bits":      func(k *rsaParts) { *k = *rsaWith(t, 65537, prime(t, 1008, 65537), prime(t, 1024, 65537)) },
		"a factor that is no prime":   func(k *rsaParts) { *k = *rsaWith(t, 65537, composite(t), prime(t, 1024, 65537)) },
		"one prime twice":             func(k *rsaParts) { p := prime(t, 1024, 65537); *k = *rsaWith(t, 65537, p, p) },
		"a modulus of a million bits": func(k *rsaParts) { k.N = new(big.Int).Lsh(k.N, 1<<20) },
	} {
		k := *sound
		change(&k)
		if _, err := primitive.Check(key.RSA2048, k.marshal(t)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// rsaParts is RSAPrivateKey (RFC 8017, A.1.2).
type rsaParts struct {
	Version int
	N       *big.Int
	E       int
	D, P, Q *big.Int
	DP, DQ  *big.Int
	QInv    *big.Int
}

func rsaOf(t *testing.T, material []byte) *rsaParts {
	t.Helper()
	k := must(x509.ParsePKCS8PrivateKey(material))(t).(*rsa.PrivateKey)
	return rsaWith(t, k.E, k.Primes[0], k.Primes[1])
}

func rsaWith(t *testing.T, e int, p, q *big.Int) *rsaParts {
	t.Helper()
	one := big.NewInt(1)
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	k := &rsaParts{N: new(big.Int).Mul(p, q), E: e, P: p, Q: q}
	k.D = new(big.Int).ModInverse(big.NewInt(int64(e)), new(big.Int).Mul(p1, q1))
	if k.D == nil {
		t.Fatalf("%d has no inverse", e)
	}
	k.DP, k.DQ = new(big.Int).Mod(k.D, p1), new(big.Int).Mod(k.D, q1)
	if k.QInv = new(big.Int).ModInverse(q, p); k.QInv == nil {
		k.QInv = one
	}
	return k
}

func (k *rsaParts) marshal(t *testing.T) []byte {
	t.Helper()
	type algorithm struct {
		OID  asn1.ObjectIdentifier
		Null asn1.RawValue
	}
	return must(asn1.Marshal(struct {
		Version    int
		Algorithm  algorithm
		PrivateKey []byte
	}{0, algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}, asn1.NullRawValue}, must(asn1.Marshal(*k))(t)}))(t)
}

// prime draws a prime p of that many bits, its two highest set, such that e has an inverse modulo p-1.
func prime(t *testing.T, bits int, e int64) *big.Int {
	t.Helper()
	for {
		p := must(rand.Prime(rand.Reader, bits))(t)
		if new(big.Int).Mod(p, big.NewInt(e)).Cmp(big.NewInt(1)) != 0 {
			return p
		}
	}
}

// composite is a product of two primes, of 1024 bits, its two highest set.
func composite(t *testing.T) *big.Int {
	t.Helper()
	for {
		c := new(big.Int).Mul(prime(t, 512, 65537), prime(t, 512, 65537))
		if c.BitLen() == 1024 && c.Bit(1022) == 1 {
			return c
		}
	}
}

func TestPublicHalvesOfKEMsAreNamedAsPublished(t *testing.T) {
	for a, want := range map[key.Algorithm]string{
		key.MLKEM768:       "2.16.840.1.101.3.4.4.2", // NIST, RFC 9935
		key.MLKEM1024:      "2.16.840.1.101.3.4.4.3",
		key.MLKEM768X25519: "1.3.6.1.4.1.62253.25722", // draft-connolly-cfrg-xwing-kem
		key.MLKEM768P256:   "1.3.6.1.5.5.7.6.59",      // draft-ietf-lamps-pq-composite-kem
		key.MLKEM1024P384:  "1.3.6.1.5.5.7.6.63",
	} {
		var s struct {
			Algorithm []asn1.RawValue
			PublicKey asn1.BitString
		}
		if rest, err := asn1.Unmarshal(keyOf(t, a).public, &s); err != nil || len(rest) != 0 || len(s.Algorithm) != 1 {
			t.Fatalf("%s: %v, %d", a, err, len(s.Algorithm))
		}
		var oid asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(s.Algorithm[0].FullBytes, &oid); err != nil || oid.String() != want {
			t.Errorf("%s is named %v, %v", a, oid, err)
		}
		s.Algorithm = append(s.Algorithm, asn1.NullRawValue) // parameters must be absent
		if _, err := primitive.OpenPublic(a, must(asn1.Marshal(s))(t)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s with parameters: %v", a, err)
		}
		s.Algorithm = s.Algorithm[:1]
		for _, n := range []int{len(s.PublicKey.Bytes) - 1, 32, 0} {
			s.PublicKey = asn1.BitString{Bytes: s.PublicKey.Bytes[:n], BitLength: 8 * n}
			if _, err := primitive.OpenPublic(a, must(asn1.Marshal(s))(t)); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s of %d bytes: %v", a, n, err)
			}
		}
	}
}

func TestACertificateVerifiesWhatItsKeySigned(t *testing.T) {
	for _, signer := range []key.Algorithm{key.RSA2048, key.ECDSAP384, key.Ed25519} {
		private := must(x509.ParsePKCS8PrivateKey(keyOf(t, signer).material))(t).(crypto.Signer)
		der := certificateOf(t, private)
		public := must(primitive.Check(key.X509, der))(t)
		if !bytes.Equal(public, keyOf(t, signer).public) {
			t.Errorf("%s: the certificate has another public key", signer)
		}
		signature := must(open(t, signer).Sign(rand.Reader, peerText, primitive.Scheme{}))(t)
		for _, k := range []*primitive.Key{must(primitive.Open(key.X509, der))(t), must(primitive.OpenPublic(key.X509, public))(t)} {
			if err := k.Verify(peerText, signature, primitive.Scheme{}); err != nil {
				t.Errorf("%s: %v", signer, err)
			}
			if err := k.Verify(peerText[1:], signature, primitive.Scheme{}); !errors.Is(err, primitive.ErrMismatch) {
				t.Errorf("%s: other input gives %v", signer, err)
			}
			_, err := k.Seal(rand.Reader, nil, peerText, nil) // an RSA key could; a certificate is for verifying
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: a certificate encrypts: %v", signer, err)
			}
		}
	}
	k := must(primitive.OpenPublic(key.X509, keyOf(t, key.X25519).public))(t)
	if err := k.Verify(peerText, peerText, primitive.Scheme{}); !errors.Is(err, fault.Invalid) || errors.Is(err, primitive.ErrMismatch) {
		t.Errorf("a certificate of a key that does not sign verifies: %v", err)
	}
}

// What goes with a key in PKCS #8 (attributes) is not read, and bounded all the same.
func TestMaterialHasABound(t *testing.T) {
	for n, want := range map[int]bool{100: true, 9000: false} {
		var s struct {
			Version    int
			Algorithm  asn1.RawValue
			PrivateKey []byte
			Attributes asn1.RawValue `asn1:"optional"`
		}
		if _, err := asn1.Unmarshal(keyOf(t, key.ECDSAP256).material, &s); err != nil {
			t.Fatal(err)
		}
		s.Attributes = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: make([]byte, n)}
		if _, err := primitive.Open(key.ECDSAP256, must(asn1.Marshal(s))(t)); (err == nil) != want {
			t.Errorf("a key with %d bytes of attributes: %v", n, err)
		}
	}
}
