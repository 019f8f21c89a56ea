// Package block knows the forms in which keys stand in a KMIP key block, and brings each into the one that the vault
// keeps: bytes of symmetric keys, PKCS #8 of private keys, SubjectPublicKeyInfo of public ones. It knows no vault; it imports only key, fault, ttlv and wire.
package block

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Key is a key that came in a block.
type Key struct {
	Material  []byte                      // in the vault's form, or, where nothing here reads it, as it came; whoever asked for it clears it
	Algorithm wire.CryptographicAlgorithm // that the material itself shows; 0 if it shows none
	Bits      int                         // likewise
	Vault     key.Algorithm               // the vault's algorithm for it; 0: none, it is only kept
	AsItCame  bool                        // Material is in the format it came in, and is given out in no other
}

// Read reads key material in a format. algorithm is what the block or the request's attributes say; bytes that show none themselves are of it.
func Read(t key.ObjectType, algorithm wire.CryptographicAlgorithm, f wire.KeyFormatType, material ttlv.Item) (Key, error) {
	switch t {
	case key.PrivateKey:
		return readHalf(t, algorithm, f, material, x509.MarshalPKCS8PrivateKey)
	case key.PublicKey:
		return readHalf(t, algorithm, f, material, x509.MarshalPKIXPublicKey)
	}
	b := material
	if f == wire.KeyFormatTypeTransparentSymmetricKey {
		b = material.Find(wire.TagKey)
	}
	plain, err := b.Bytes()
	if err != nil {
		return Key{}, err
	}
	k := Key{Material: bytes.Clone(plain), Algorithm: algorithm, Bits: 8 * len(plain)}
	if t == key.SymmetricKey {
		k.Vault = Symmetric(algorithm, k.Bits)
	}
	return k, nil
}

// Symmetric is the vault's algorithm for a symmetric key; 0 if it has none and only keeps such keys.
func Symmetric(a wire.CryptographicAlgorithm, bits int) key.Algorithm {
	return map[wire.CryptographicAlgorithm]map[int]key.Algorithm{
		wire.CryptographicAlgorithmAES:              {128: key.AES128GCM, 192: key.AES192GCM, 256: key.AES256GCM},
		wire.CryptographicAlgorithmChaCha20Poly1305: {256: key.ChaCha20Poly1305},
		wire.CryptographicAlgorithmHMAC_SHA256:      {256: key.HMACSHA256},
		wire.CryptographicAlgorithmHMAC_SHA384:      {384: key.HMACSHA384},
		wire.CryptographicAlgorithmHMAC_SHA512:      {512: key.HMACSHA512},
	}[a][bits]
}

// readHalf reads one half of a pair, and writes it in the vault's form where it is of a kind that the standard library knows.
func readHalf(t key.ObjectType, algorithm wire.CryptographicAlgorithm, f wire.KeyFormatType, material ttlv.Item, write func(any) ([]byte, error)) (Key, error) {
	half, err := halfOf(t, algorithm, f, material)
	if err != nil {
		return Key{}, err
	}
	if half == nil {
		b := material.Raw() // a structure whole, for nothing here can rebuild it
		if material.Type() == ttlv.ByteString {
			if b, err = material.Bytes(); err != nil {
				return Key{}, err
			}
		}
		return Key{Material: bytes.Clone(b), Algorithm: algorithm, AsItCame: true}, nil
	}
	k := Key{}
	if k.Material, err = write(half); err != nil {
		return Key{}, unreadable(t, f)
	}
	k.Algorithm, k.Bits, k.Vault = about(half)
	if algorithm == wire.CryptographicAlgorithmECDSA || algorithm == wire.CryptographicAlgorithmECDH {
		k.Algorithm = algorithm // they name what an EC key is for
	}
	return k, nil
}

func unreadable(t key.ObjectType, f wire.KeyFormatType) error {
	what := "private"
	if t == key.PublicKey {
		what = "public"
	}
	return fault.New(fault.Invalid, "the key material is no %s key in the format %v", what, f)
}

// About is the algorithm of a public key, as the standard library has it, and its length in bits; zero of a kind that is not known.
func About(public any) (wire.CryptographicAlgorithm, int) {
	a, bits, _ := about(public)
	return a, bits
}

// OfPrivate is a private key of the standard library as one that came in a block. fault.Invalid for a kind that is not kept.
func OfPrivate(private any) (Key, error) {
	b, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, unreadable(key.PrivateKey, wire.KeyFormatTypePKCS_12)
	}
	k := Key{Material: b}
	k.Algorithm, k.Bits, k.Vault = about(private)
	return k, nil
}

// about is the algorithm of a half of a pair, its length in bits, and the vault's name for both (0: it has none).
func about(half any) (wire.CryptographicAlgorithm, int, key.Algorithm) {
	switch k := half.(type) {
	case *rsa.PrivateKey:
		return about(&k.PublicKey)
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		a := map[int]key.Algorithm{2048: key.RSA2048, 3072: key.RSA3072, 4096: key.RSA4096}[bits]
		if k.E < 65537 {
			a = 0 // the vault's keys have no smaller exponent
		}
		return wire.CryptographicAlgorithmRSA, bits, a
	case *ecdsa.PrivateKey:
		return about(&k.PublicKey)
	case *ecdsa.PublicKey:
		bits := k.Curve.Params().BitSize
		return wire.CryptographicAlgorithmEC, bits, map[int]key.Algorithm{256: key.ECDSAP256, 384: key.ECDSAP384, 521: key.ECDSAP521}[bits]
	case ed25519.PrivateKey, ed25519.PublicKey:
		return wire.CryptographicAlgorithmEd25519, 256, key.Ed25519
	case *ecdh.PrivateKey:
		return about(k.PublicKey())
	case *ecdh.PublicKey:
		if k.Curve() == ecdh.X25519() {
			return wire.CryptographicAlgorithmEC, 256, key.X25519
		}
	}
	return 0, 0, 0
}

// curves are the recommended curves that the standard library has.
var curves = map[wire.RecommendedCurve]elliptic.Curve{
	wire.RecommendedCurveP_224: elliptic.P224(), wire.RecommendedCurveP_256: elliptic.P256(),
	wire.RecommendedCurveP_384: elliptic.P384(), wire.RecommendedCurveP_521: elliptic.P521(),
}
