package e2e_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// other is a key beside those whose states are tried: it takes children, seals backups and wraps what is imported.
const other = "other"

// parcel is new key material, in base64, wrapped by other.
func (s *trial) parcel() string {
	s.t.Helper()
	material := make([]byte, 32)
	if _, err := rand.Read(material); err != nil {
		s.t.Fatal(err)
	}
	text := s.text(on(other, "wrap", api.WrapRequest{Plaintext: material}), "ciphertext")
	return text[strings.LastIndexByte(text, ':')+1:]
}

func unbased(text string) []byte {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(text); err == nil {
			return b
		}
	}
	panic("the vault's base64 does not decode: " + text)
}

// certificateOf certifies a public key, as a CA of this test's own.
func certificateOf(t *testing.T, public string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(public))
	if block == nil {
		t.Fatalf("not PEM: %q", public)
	}
	subject, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	_, ca, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "states"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, subject, ca)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
