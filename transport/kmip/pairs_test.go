package kmip_test

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// TestPairsThatAreOnlyKept: RSA-1024 and P-224 are made, linked, given out in each format, and do not sign; X25519 is the vault's.
func TestPairsThatAreOnlyKept(t *testing.T) {
	w := open(t)
	curve := func(name string) string {
		return `<Attribute><AttributeName type="TextString" value="Cryptographic Domain Parameters"/><AttributeValue><RecommendedCurve type="Enumeration" value="` + name + `"/></AttributeValue></Attribute>`
	}
	for _, c := range []struct {
		attributes, algorithm string
		bits                  int
		vault                 key.Algorithm
	}{
		{enumeration("Cryptographic Algorithm", "RSA") + integer("Cryptographic Length", 1024), "RSA", 1024, key.Opaque},
		{enumeration("Cryptographic Algorithm", "RSA") + integer("Cryptographic Length", 1536), "RSA", 1536, key.Opaque},
		{enumeration("Cryptographic Algorithm", "ECDSA") + integer("Cryptographic Length", 224), "ECDSA", 224, key.Opaque},
		{enumeration("Cryptographic Algorithm", "EC") + curve("P_224"), "EC", 224, key.Opaque},
		{enumeration("Cryptographic Algorithm", "EC") + curve("CURVE25519"), "EC", 256, key.X25519},
	} {
		made := w.one("1.4", `CreateKeyPair <CommonTemplateAttribute>`+c.attributes+integer("Cryptographic Usage Mask", 3)+`</CommonTemplateAttribute>`)
		for tag, format := range map[wire.Tag]string{wire.TagPrivateKeyUniqueIdentifier: "PKCS_8", wire.TagPublicKeyUniqueIdentifier: "X_509"} {
			id, err := made.Find(tag).Text()
			if err != nil {
				t.Fatal(err)
			}
			if r := w.record(id); r.Algorithm != c.vault || len(r.Links) != 1 || r.Origin != key.Generated {
				t.Errorf("%s: it is %+v", c.attributes, r)
			}
			der := materialBytes(t, w, id, format)
			var k any
			if format == "PKCS_8" {
				k, err = x509.ParsePKCS8PrivateKey(der)
			} else {
				k, err = x509.ParsePKIXPublicKey(der)
			}
			if err != nil || lengthOf(k) != c.bits {
				t.Errorf("%s: %T of %d bits (%v)", c.attributes, k, lengthOf(k), err)
			}
			got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id)))
			if !strings.Contains(got, enumeration("Cryptographic Algorithm", c.algorithm)) || !strings.Contains(got, integer("Cryptographic Length", c.bits)) {
				t.Errorf("%s: it has %s", c.attributes, got)
			}
			if format == "PKCS_8" {
				w.one("1.4", "Activate "+byID(id))
				if got := outcomes(t, w.ask(request("1.4", "", "Sign "+byID(id)+octets("Data", []byte("data")))))[0]; got == "Success" {
					t.Errorf("%s signs", c.attributes)
				}
			}
		}
	}
	for _, bits := range []int{512, 1000, 16384} {
		item := `CreateKeyPair <CommonTemplateAttribute>` + enumeration("Cryptographic Algorithm", "RSA") + integer("Cryptographic Length", bits) + `</CommonTemplateAttribute>`
		if got := outcomes(t, w.ask(request("1.4", "", item)))[0]; !strings.HasPrefix(got, "InvalidField: ") {
			t.Errorf("RSA of %d bits: %s", bits, got)
		}
	}
}

func materialBytes(t *testing.T, w *world, id, format string) []byte {
	t.Helper()
	object := w.one("2.1", fmt.Sprintf(`Get %s<KeyFormatType type="Enumeration" value="%s"/>`, byID(id), format))
	for _, tag := range []wire.Tag{wire.TagPrivateKey, wire.TagPublicKey} {
		if o := object.Find(tag); o.Present() {
			b, err := o.Find(wire.TagKeyBlock).Find(wire.TagKeyValue).Find(wire.TagKeyMaterial).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatal(xmlOf(t, object))
	return nil
}

func lengthOf(k any) int {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return k.N.BitLen()
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P224() {
			return 224
		}
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P224() {
			return 224
		}
	case *ecdh.PrivateKey, *ecdh.PublicKey:
		return 256
	}
	return 0
}
