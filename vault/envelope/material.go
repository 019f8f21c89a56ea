package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// material is what was found, as material of a; fault.Invalid says what it is if it is nothing of a.
func (f *finding) material(a key.Algorithm) ([]byte, error) {
	switch k := f.key.(type) {
	case octets:
		if a.Traits().Type == key.SymmetricKey || a == key.Secret {
			if of, known := jwkAlgorithms[k.alg]; !known || of == a {
				return bytes.Clone(k.bytes), nil
			}
		}
	case seed:
		if k.algorithm == a {
			return bytes.Clone(k.bytes), nil
		}
	default:
		if algorithmOf(k) == a {
			der, err := x509.MarshalPKCS8PrivateKey(k)
			if err != nil {
				return nil, fmt.Errorf("writing PKCS #8: %w", err)
			}
			return der, nil
		}
	}
	return nil, fault.New(fault.Invalid, "this is %s, not %s", f, a).WithHint("Name the algorithm that the key is of, or give the key that was meant.")
}

// algorithmOf is the algorithm of a key of the standard library; 0 if the vault has none like it.
func algorithmOf(k any) key.Algorithm {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return rsaAlgorithm(k.N.BitLen())
	case *ecdsa.PrivateKey:
		return curveAlgorithm(k.Curve)
	case ed25519.PrivateKey:
		return key.Ed25519
	case *ecdh.PrivateKey:
		if k.Curve() == ecdh.X25519() {
			return key.X25519
		}
	}
	return 0
}

func rsaAlgorithm(bits int) key.Algorithm {
	return map[int]key.Algorithm{2048: key.RSA2048, 3072: key.RSA3072, 4096: key.RSA4096}[bits]
}

func curveAlgorithm(c elliptic.Curve) key.Algorithm {
	switch c {
	case elliptic.P256():
		return key.ECDSAP256
	case elliptic.P384():
		return key.ECDSAP384
	case elliptic.P521():
		return key.ECDSAP521
	}
	return 0
}

func curveOf(a key.Algorithm) elliptic.Curve {
	switch a {
	case key.ECDSAP256:
		return elliptic.P256()
	case key.ECDSAP384:
		return elliptic.P384()
	case key.ECDSAP521:
		return elliptic.P521()
	}
	return nil
}

// parseRaw reads bytes that say nothing of themselves: a symmetric key, a scalar of fixed width, or a seed.
func parseRaw(a key.Algorithm, data []byte) ([]byte, error) {
	want := 0
	switch a {
	case key.RSA2048, key.RSA3072, key.RSA4096:
		return nil, fault.New(fault.Invalid, "this is no RSA key in a format that is known here").WithHint("Give it as PEM or DER (PKCS #8, PKCS #1), or as a JWK.")
	case key.ECDSAP256, key.ECDSAP384, key.ECDSAP521:
		want = (curveOf(a).Params().BitSize + 7) / 8
	case key.Ed25519, key.X25519, key.MLKEM768X25519, key.MLKEM768P256, key.MLKEM1024P384:
		want = 32
	case key.MLKEM768, key.MLKEM1024:
		want = 64
	case key.Secret, key.Opaque:
		return bytes.Clone(data), nil
	default:
		want = a.Traits().Bytes
	}
	if len(data) != want {
		e := fault.New(fault.Invalid, "this is no key in a format that is known here, and %d bytes are no raw key of algorithm %s, which has %d", len(data), a, want)
		if len(data) > want && len(bytes.TrimRight(data, "\r\n")) == want {
			return nil, e.WithHint("There is a line's end after the key: leave it away.")
		}
		return nil, e.WithHint("Give raw bytes, PEM, DER or a JWK; nothing that is base64 or hex by itself.")
	}
	return rawMaterial(a, data)
}

func rawMaterial(a key.Algorithm, data []byte) ([]byte, error) {
	var k any
	var err error
	switch a {
	case key.ECDSAP256, key.ECDSAP384, key.ECDSAP521:
		k, err = ecdsa.ParseRawPrivateKey(curveOf(a), data)
	case key.Ed25519:
		k = ed25519.NewKeyFromSeed(data)
	case key.X25519:
		k, err = ecdh.X25519().NewPrivateKey(data)
	default:
		return bytes.Clone(data), nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "these bytes are no private key of algorithm %s", a)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("writing PKCS #8: %w", err)
	}
	return der, nil
}

// private is the key that is in material of a pair of the standard library's.
func private(a key.Algorithm, material []byte) (any, error) {
	k, err := x509.ParsePKCS8PrivateKey(material)
	if err != nil {
		return nil, fmt.Errorf("reading the material of a key of algorithm %s: %w", a, err)
	}
	return k, nil
}
