package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ssh"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// DefaultFormat is how material of a is written when nobody says.
func DefaultFormat(a key.Algorithm) Format {
	switch {
	case a.Traits().Type == key.Certificate:
		return DER
	case hasPKCS8(a):
		return PKCS8
	}
	return Raw
}

// hasPKCS8 leaves out the hybrids, for which nobody has written down a PKCS #8.
func hasPKCS8(a key.Algorithm) bool {
	switch a {
	case key.MLKEM768X25519, key.MLKEM768P256, key.MLKEM1024P384:
		return false
	}
	return a.Traits().Type == key.PrivateKey
}

// errNoFormat is what writing says of a format that there is not for an algorithm.
var errNoFormat = errors.New("there is no such format")

// noFormat says so with the formats that there are, which are those of all that try writes.
func noFormat(a key.Algorithm, f Format, all []Format, try func(Format) ([]byte, error)) error {
	var names []string
	for _, other := range all {
		if b, err := try(other); err == nil {
			clear(b)
			names = append(names, string(other))
		}
	}
	why := ""
	if f == JWK && (a == key.MLKEM768 || a == key.MLKEM1024 || a.Traits().Type == key.PrivateKey && !hasPKCS8(a)) {
		why = ": no standard says yet what a JWK with ML-KEM is"
	}
	return fault.New(fault.Invalid, "an object of algorithm %s cannot be written as %s%s", a, f, why).WithHint("It has the formats %s.", strings.Join(names, ", "))
}

// Write writes material of a in format f ("": DefaultFormat). fault.Invalid for a format that a does not have. The caller clears it.
func Write(a key.Algorithm, material []byte, f Format) ([]byte, error) {
	b, err := write(a, material, f)
	if errors.Is(err, errNoFormat) {
		return nil, noFormat(a, f, []Format{PEM, DER, PKCS8, PKCS1, SEC1, JWK, Raw}, func(f Format) ([]byte, error) { return write(a, material, f) })
	}
	return b, err
}

func write(a key.Algorithm, material []byte, f Format) ([]byte, error) {
	if f == "" {
		f = DefaultFormat(a)
	}
	switch {
	case f == Raw && (a.Traits().Type != key.PrivateKey || a == key.MLKEM768 || a == key.MLKEM1024 || !hasPKCS8(a)):
		return bytes.Clone(material), nil
	case f == JWK && (a.Traits().Type == key.SymmetricKey || a == key.Secret):
		return writeJWK("oct", "", member{"k", material}), nil
	case a == key.X509 && f == DER:
		return bytes.Clone(material), nil
	case a == key.X509 && f == PEM:
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: material}), nil
	case !hasPKCS8(a):
		return nil, errNoFormat
	}
	switch f {
	case PKCS8, DER, PEM:
		return writePKCS8(a, material, f == PEM)
	case PKCS1, SEC1, JWK, Raw:
		if a == key.MLKEM768 || a == key.MLKEM1024 {
			return nil, errNoFormat
		}
		k, err := private(a, material)
		if err != nil {
			return nil, err
		}
		return writePrivate(a, k, f)
	}
	return nil, errNoFormat
}

func writePKCS8(a key.Algorithm, material []byte, armour bool) (der []byte, err error) {
	der = bytes.Clone(material)
	if a == key.MLKEM768 || a == key.MLKEM1024 {
		clear(der)
		if der, err = writeSeed(a, material); err != nil {
			return nil, err
		}
	}
	if !armour {
		return der, nil
	}
	defer clear(der)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func writePrivate(a key.Algorithm, k any, f Format) ([]byte, error) {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		switch f {
		case PKCS1:
			return x509.MarshalPKCS1PrivateKey(k), nil
		case JWK:
			k.Precompute()
			return writeJWK("RSA", "", append(rsaMembers(&k.PublicKey), member{"d", k.D.Bytes()}, member{"p", k.Primes[0].Bytes()}, member{"q", k.Primes[1].Bytes()},
				member{"dp", k.Precomputed.Dp.Bytes()}, member{"dq", k.Precomputed.Dq.Bytes()}, member{"qi", k.Precomputed.Qinv.Bytes()})...), nil
		}
	case *ecdsa.PrivateKey:
		scalar, err := k.Bytes()
		if err != nil {
			return nil, err
		}
		switch f {
		case SEC1:
			clear(scalar)
			return x509.MarshalECPrivateKey(k)
		case Raw:
			return scalar, nil
		case JWK:
			defer clear(scalar)
			members, err := ecMembers(&k.PublicKey)
			if err != nil {
				return nil, err
			}
			return writeJWK("EC", k.Curve.Params().Name, append(members, member{"d", scalar})...), nil
		}
	case ed25519.PrivateKey:
		switch f {
		case Raw:
			return k.Seed(), nil
		case JWK:
			return writeJWK("OKP", "Ed25519", member{"x", k[32:]}, member{"d", k.Seed()}), nil
		}
	case *ecdh.PrivateKey:
		switch f {
		case Raw:
			return k.Bytes(), nil
		case JWK:
			return writeJWK("OKP", "X25519", member{"x", k.PublicKey().Bytes()}, member{"d", k.Bytes()}), nil
		}
	}
	return nil, errNoFormat
}

func rsaMembers(k *rsa.PublicKey) []member {
	return []member{{"n", k.N.Bytes()}, {"e", big.NewInt(int64(k.E)).Bytes()}}
}

func ecMembers(k *ecdsa.PublicKey) ([]member, error) {
	point, err := k.Bytes()
	if err != nil {
		return nil, err
	}
	half := (len(point) - 1) / 2
	return []member{{"x", point[1 : 1+half]}, {"y", point[1+half:]}}, nil
}

// WritePublic writes the public half of a key of algorithm a, given as SubjectPublicKeyInfo, in format f ("": PEM). fault.Invalid
// for a format that a does not have.
func WritePublic(a key.Algorithm, spki []byte, f Format) ([]byte, error) {
	if len(spki) == 0 {
		return nil, fault.New(fault.Invalid, "a key of algorithm %s has no public half", a)
	}
	b, err := writePublic(a, spki, f)
	if errors.Is(err, errNoFormat) {
		return nil, noFormat(a, f, []Format{PEM, DER, SPKI, PKCS1, JWK, Raw, SSH}, func(f Format) ([]byte, error) { return writePublic(a, spki, f) })
	}
	return b, err
}

func writePublic(a key.Algorithm, spki []byte, f Format) ([]byte, error) {
	switch f {
	case "", PEM:
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), nil
	case DER, SPKI:
		return bytes.Clone(spki), nil
	case Raw:
		if a.Traits().Type == key.PrivateKey && rsaBits(a) == 0 {
			return rawPublic(spki)
		}
		return nil, errNoFormat
	}
	k, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, errNoFormat
	}
	switch f {
	case SSH:
		s, err := ssh.NewPublicKey(k)
		if err != nil {
			return nil, errNoFormat
		}
		return ssh.MarshalAuthorizedKey(s), nil
	case PKCS1:
		if r, ok := k.(*rsa.PublicKey); ok {
			return x509.MarshalPKCS1PublicKey(r), nil
		}
	case JWK:
		return publicJWK(a, k)
	}
	return nil, errNoFormat
}

func rsaBits(a key.Algorithm) int {
	return map[key.Algorithm]int{key.RSA2048: 2048, key.RSA3072: 3072, key.RSA4096: 4096}[a]
}

func publicJWK(a key.Algorithm, k any) ([]byte, error) {
	switch k := k.(type) {
	case *rsa.PublicKey:
		return writeJWK("RSA", "", rsaMembers(k)...), nil
	case *ecdsa.PublicKey:
		members, err := ecMembers(k)
		if err != nil {
			return nil, err
		}
		return writeJWK("EC", k.Curve.Params().Name, members...), nil
	case ed25519.PublicKey:
		return writeJWK("OKP", "Ed25519", member{"x", k}), nil
	case *ecdh.PublicKey:
		return writeJWK("OKP", "X25519", member{"x", k.Bytes()}), nil
	}
	return nil, errNoFormat
}

// rawPublic is the bit string in a SubjectPublicKeyInfo: a point, or an encapsulation key.
func rawPublic(spki []byte) ([]byte, error) {
	in, body, id := cryptobyte.String(spki), cryptobyte.String(nil), cryptobyte.String(nil)
	var bits []byte
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !in.Empty() || !body.ReadASN1(&id, asn1.SEQUENCE) || !body.ReadASN1BitStringAsBytes(&bits) || !body.Empty() {
		return nil, fmt.Errorf("the public key is no SubjectPublicKeyInfo")
	}
	return bytes.Clone(bits), nil
}
