package vaulttest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"testing"
	"time"
)

// identity is what a node signs with: a certificate of its own, which nobody issued.
type identity struct {
	key  ed25519.PrivateKey
	cert []byte
}

func newIdentity(t testing.TB, name string) *identity {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().AddDate(1, 0, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{key: key, cert: cert}
}

func (i *identity) sign(message []byte) ([]byte, string, error) {
	sum := sha256.Sum256(i.cert)
	return ed25519.Sign(i.key, message), hex.EncodeToString(sum[:]), nil
}

func (i *identity) certificate() []byte { return i.cert }
