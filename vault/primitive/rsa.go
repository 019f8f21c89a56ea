package primitive

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

var rsaBits = map[key.Algorithm]int{key.RSA2048: 2048, key.RSA3072: 3072, key.RSA4096: 4096}

// The smallest public exponent is 2^16 + 1, and all are odd (FIPS 186-5, A.1.1); above the largest crypto/rsa takes none.
const (
	minExponent = 1<<16 + 1
	maxExponent = 1<<31 - 1
)

// primeRounds bounds the chance that a composite passes as a prime by 4^-primeRounds; Baillie-PSW comes on top.
const primeRounds = 32

type rsaPublic struct{ key *rsa.PublicKey }

type rsaPrivate struct {
	rsaPublic
	private *rsa.PrivateKey
}

func drawRSA(a key.Algorithm, _ int, rnd io.Reader) ([]byte, error) {
	k, err := rsa.GenerateKey(rnd, rsaBits[a])
	if err != nil {
		return nil, fmt.Errorf("generating an RSA key: %w", err)
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

func openRSA(a key.Algorithm, material []byte) (any, error) {
	k, err := parsePrivate[*rsa.PrivateKey](a, material)
	if err != nil {
		return nil, err
	}
	switch {
	case k.N.BitLen() != rsaBits[a]:
		return nil, badMaterial(a, "its modulus has %d bits", k.N.BitLen())
	case k.E < minExponent:
		return nil, badMaterial(a, "its public exponent is below 65537")
	}
	return &rsaPrivate{rsaPublic{&k.PublicKey}, k}, nil
}

func openRSAPublic(a key.Algorithm, spki []byte) (any, error) {
	k, err := parsePublic[*rsa.PublicKey](a, spki)
	if err != nil {
		return nil, err
	}
	if k.N.BitLen() != rsaBits[a] || k.N.Bit(0) == 0 || k.E < minExponent || k.E > maxExponent || k.E%2 == 0 {
		return nil, badPublic(a)
	}
	return rsaPublic{k}, nil
}

// check tests what reading the key did not: that its parts belong together, and that its factors are primes of half its length,
// of which there is room for two.
func (k *rsaPrivate) check() error {
	a := key.Algorithm(0)
	for name, bits := range rsaBits {
		if bits == k.key.N.BitLen() {
			a = name
		}
	}
	if err := k.private.Validate(); err != nil {
		return badMaterial(a, "its parts do not belong together")
	}
	for _, p := range k.private.Primes {
		if p.BitLen() != k.key.N.BitLen()/2 || !p.ProbablyPrime(primeRounds) {
			return badMaterial(a, "its factors are not two primes of half its length")
		}
	}
	return nil
}

func (k rsaPublic) spki() ([]byte, error) { return x509.MarshalPKIXPublicKey(k.key) }

func (k rsaPublic) seal(rnd io.Reader, dst, plaintext, binding []byte) ([]byte, error) {
	if limit := k.key.Size() - 2*sha256.Size - 2; len(plaintext) > limit {
		return nil, fault.New(fault.TooLarge, "this key encrypts at most %d bytes, not %d", limit, len(plaintext)).
			WithHint("Ask for a data key under a symmetric key and encrypt with that, or wrap instead.")
	}
	sealed, err := rsa.EncryptOAEP(sha256.New(), rnd, k.key, plaintext, binding)
	if err != nil {
		return nil, fmt.Errorf("encrypting with RSA: %w", err)
	}
	return append(dst, sealed...), nil
}

func (k *rsaPrivate) unseal(sealed, binding []byte) ([]byte, error) {
	plain, err := rsa.DecryptOAEP(sha256.New(), nil, k.private, sealed, binding)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}

func (k rsaPublic) wrap(rnd io.Reader, plaintext, aad []byte) ([]byte, error) {
	fresh, err := draw(32, rnd)
	if err != nil {
		return nil, err
	}
	defer clear(fresh)
	inner, err := newKeyWrap(fresh)
	if err != nil {
		return nil, err
	}
	body, err := inner.wrapBytes(plaintext)
	if err != nil {
		return nil, err
	}
	head, err := k.seal(rnd, nil, fresh, aad)
	if err != nil {
		return nil, err
	}
	return append(head, body...), nil
}

func (k *rsaPrivate) unwrap(wrapped, aad []byte) ([]byte, error) {
	n := k.key.Size()
	if len(wrapped) < n {
		return nil, ErrUnopened
	}
	fresh, err := k.unseal(wrapped[:n], aad)
	if err != nil {
		return nil, err
	}
	defer clear(fresh)
	if len(fresh) != 32 {
		return nil, ErrUnopened
	}
	inner, err := newKeyWrap(fresh)
	if err != nil {
		return nil, ErrUnopened
	}
	return inner.unwrapBytes(wrapped[n:])
}

func (k *rsaPrivate) sign(rnd io.Reader, input []byte, s Scheme) ([]byte, error) {
	digest, h, err := s.digest(input, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	switch s.Padding {
	case PSS:
		salt := rsa.PSSSaltLengthEqualsHash
		if s.Salt != 0 {
			if most := (k.key.N.BitLen()-1+7)/8 - h.Size() - 2; s.Salt < 0 || s.Salt > most {
				return nil, fault.New(fault.Invalid, "with this key and hash a salt has at most %d bytes, not %d", most, s.Salt)
			}
			salt = s.Salt
		}
		return rsa.SignPSS(rnd, k.private, h, digest, &rsa.PSSOptions{SaltLength: salt})
	case PKCS1v15:
		return rsa.SignPKCS1v15(rnd, k.private, h, digest)
	}
	return nil, noSuchPadding(s.Padding)
}

// verify accepts PSS salts of any length, for OpenSSL makes the longest by default; in the JWS form only those of the hash's
// length (RFC 7518, 3.5).
func (k rsaPublic) verify(input, signature []byte, s Scheme) error {
	digest, h, err := s.digest(input, crypto.SHA256)
	if err != nil {
		return err
	}
	switch s.Padding {
	case PSS:
		salt := rsa.PSSSaltLengthAuto
		if s.Form == JWS {
			salt = rsa.PSSSaltLengthEqualsHash
		}
		err = rsa.VerifyPSS(k.key, h, digest, signature, &rsa.PSSOptions{SaltLength: salt})
	case PKCS1v15:
		err = rsa.VerifyPKCS1v15(k.key, h, digest, signature)
	default:
		return noSuchPadding(s.Padding)
	}
	if err != nil {
		return ErrMismatch
	}
	return nil
}

func noSuchPadding(p Padding) error {
	return fault.New(fault.Invalid, "there is no padding with number %d", p).WithHint("Paddings are PSS and PKCS #1 v1.5.")
}
