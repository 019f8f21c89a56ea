package primitive

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/x509"
	"io"

	"github.com/quorate/quorate/vault/key"
)

// x25519Bytes is the length of an X25519 key, either half.
const x25519Bytes = 32

type x25519Public struct {
	hpkePublic
	key *ecdh.PublicKey
}

type x25519Private struct {
	x25519Public
	hpkePrivate
	private *ecdh.PrivateKey
}

func drawX25519(_ key.Algorithm, _ int, rnd io.Reader) ([]byte, error) {
	scalar, err := draw(x25519Bytes, rnd)
	if err != nil {
		return nil, err
	}
	defer clear(scalar)
	k, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(k)
}

func openX25519(a key.Algorithm, material []byte) (any, error) {
	k, err := parsePrivate[*ecdh.PrivateKey](a, material)
	if err != nil {
		return nil, err
	}
	if k.Curve() != ecdh.X25519() {
		return nil, badMaterial(a, "it is on another curve")
	}
	public, err := newX25519Public(k.PublicKey())
	if err != nil {
		return nil, err
	}
	private, err := hpke.NewDHKEMPrivateKey(k)
	return &x25519Private{public, hpkePrivate{private, x25519Bytes}, k}, err
}

func openX25519Public(a key.Algorithm, spki []byte) (any, error) {
	k, err := parsePublic[*ecdh.PublicKey](a, spki)
	if err != nil {
		return nil, err
	}
	return newX25519Public(k)
}

func newX25519Public(k *ecdh.PublicKey) (x25519Public, error) {
	public, err := hpke.NewDHKEMPublicKey(k)
	return x25519Public{hpkePublic{public}, k}, err
}

func (k x25519Public) spki() ([]byte, error) { return x509.MarshalPKIXPublicKey(k.key) }

func (k *x25519Private) derive(d Derivation) ([]byte, error) { return agree(k.private, key.X25519, d) }
