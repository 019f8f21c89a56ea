package main

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"testing"
)

// A JWS signature is read as "quorate sign --form jws" prints it; what is not one is left alone.
func TestASignatureIsReadInItsForm(t *testing.T) {
	for _, c := range []struct{ in, form, want string }{
		{"_-8\n", "jws", "qk:v2:/+8="},
		{"_-8", "raw", "qk:v2:Xy04"},
		{"qk:v3:/+8=\n", "jws", "qk:v3:/+8="},
		{"\xff\xef", "jws", "qk:v2:/+8="},
	} {
		if got := signatureOf([]byte(c.in), 2, c.form); got != c.want {
			t.Errorf("%q of form %s is read as %s, want %s", c.in, c.form, got, c.want)
		}
	}
}

// Whatever form a private key has it is known as one, and no public key is.
func TestAPrivateKeyIsKnownInAnyForm(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	xKey, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	unheardOf := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}} // ML-KEM-768
	private := map[string][]byte{
		"PKCS #1": x509.MarshalPKCS1PrivateKey(rsaKey), "SEC 1": must(x509.MarshalECPrivateKey(ecKey)),
		"PKCS #8 of RSA": must(x509.MarshalPKCS8PrivateKey(rsaKey)), "PKCS #8 of X25519": must(x509.MarshalPKCS8PrivateKey(xKey)),
		"PKCS #8 of Ed25519": must(x509.MarshalPKCS8PrivateKey(edKey)),
		"PKCS #8 of another": must(asn1.Marshal(struct {
			Version   int
			Algorithm pkix.AlgorithmIdentifier
			Key       []byte
		}{0, unheardOf, []byte("seed")})),
		"encrypted PKCS #8": must(asn1.Marshal(struct {
			Algorithm pkix.AlgorithmIdentifier
			Data      []byte
		}{unheardOf, []byte("sealed")})),
	}
	public := map[string][]byte{
		"PKCS #1": x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey), "of RSA": must(x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)), "of P-256": must(x509.MarshalPKIXPublicKey(&ecKey.PublicKey)),
		"of X25519": must(x509.MarshalPKIXPublicKey(xKey.PublicKey())), "of Ed25519": must(x509.MarshalPKIXPublicKey(edKey.Public())),
		"bytes": xKey.PublicKey().Bytes(), "a JWK": []byte(`{"kty":"OKP","crv":"X25519","x":"AAAA"}`),
	}
	check := func(name string, b []byte, want bool) {
		t.Helper()
		if got := holdsPrivate(b); got != want {
			t.Errorf("%s (private: %v) is taken for private: %v", name, want, got)
		}
	}
	for _, c := range []struct {
		keys map[string][]byte
		want bool
		kind string
	}{{private, true, "PRIVATE KEY"}, {public, false, "PUBLIC KEY"}} {
		for name, b := range c.keys {
			check(name, b, c.want)
			check(name+" as base64", []byte(base64.StdEncoding.EncodeToString(b)+"\n"), c.want)
			check(name+" as PEM", pem.EncodeToMemory(&pem.Block{Type: c.kind, Bytes: b}), c.want)
		}
	}
	check("a private JWK", []byte(`{"kty":"OKP","crv":"X25519","x":"AAAA","d":"AAAA"}`), true)
	check("OpenPGP", []byte("-----BEGIN PGP PRIVATE KEY BLOCK-----\n"), true)
}
