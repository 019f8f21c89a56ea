package kmip_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func enumeration(name, value string) string {
	return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue type="Enumeration" value="` + value + `"/></Attribute>`
}

func integer(name string, value int) string {
	return fmt.Sprintf(`<Attribute><AttributeName type="TextString" value="%s"/><AttributeValue type="Integer" value="%d"/></Attribute>`, name, value)
}

func template(attributes ...string) string {
	return `<TemplateAttribute>` + strings.Join(attributes, "") + `</TemplateAttribute>`
}

func idOf(t testing.TB, payload ttlv.Item) string {
	t.Helper()
	id, err := payload.Find(wire.TagUniqueIdentifier).Text()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// material is what Get gives in a format ("": the object's own): its Key Material, as XML.
func (w *world) material(id, format string) string {
	w.t.Helper()
	if format != "" {
		format = `<KeyFormatType type="Enumeration" value="` + format + `"/>`
	}
	object := w.one("2.1", "Get "+byID(id)+format)
	for _, tag := range []wire.Tag{wire.TagSymmetricKey, wire.TagPrivateKey, wire.TagPublicKey, wire.TagSecretData, wire.TagSplitKey, wire.TagPGPKey} {
		if o := object.Find(tag); o.Present() {
			return xmlOf(w.t, o.Find(wire.TagKeyBlock).Find(wire.TagKeyValue).Find(wire.TagKeyMaterial))
		}
	}
	w.t.Fatalf("no key in %s", xmlOf(w.t, object))
	return ""
}

func bytesXML(b []byte) string {
	return `<KeyMaterial type="ByteString" value="` + strings.ToUpper(hex.EncodeToString(b)) + `"/>`
}

// TestCreatedKeysAreTheVaults: each algorithm is the vault's own where it has it, waits to be activated, and is given out all the same.
func TestCreatedKeysAreTheVaults(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		algorithm string
		bits      int
		want      key.Algorithm
		bytes     int
	}{
		{"AES", 128, key.AES128GCM, 16},
		{"AES", 192, key.AES192GCM, 24},
		{"AES", 256, key.AES256GCM, 32},
		{"HMAC_SHA256", 256, key.HMACSHA256, 32},
		{"HMAC_SHA1", 160, key.Secret, 20},
		{"DES3", 168, key.Secret, 24},
		{"DES3", 112, key.Secret, 16},
		{"Blowfish", 448, key.Secret, 56},
		{"Camellia", 256, key.Secret, 32},
		{"CAST5", 128, key.Secret, 16},
		{"IDEA", 128, key.Secret, 16},
		{"RC4", 128, key.Secret, 16},
	} {
		name := fmt.Sprintf("%s-%d", strings.ReplaceAll(c.algorithm, "_", "-"), c.bits)
		id := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(byName(name),
			enumeration("Cryptographic Algorithm", c.algorithm), integer("Cryptographic Length", c.bits), integer("Cryptographic Usage Mask", 0x8c))))
		r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), name)
		if err != nil || r.ID.String() != id || r.Algorithm != c.want || r.Type != key.SymmetricKey || r.State != key.PreActive || r.Usage != 0x8c {
			t.Errorf("%s is %+v to the vault (%v)", name, r, err)
			continue
		}
		if got := w.material(id, ""); len(got) != len(bytesXML(nil))+2*c.bytes {
			t.Errorf("%s: %s", name, got)
		}
		got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id)+`<AttributeName type="TextString" value="Cryptographic Algorithm"/><AttributeName type="TextString" value="Cryptographic Length"/>`))
		if want := `<ResponsePayload>` + byID(id) + enumeration("Cryptographic Algorithm", c.algorithm) + integer("Cryptographic Length", c.bits) + `</ResponsePayload>`; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
	for _, bad := range []string{
		template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 64)),
		template(enumeration("Cryptographic Algorithm", "RSA"), integer("Cryptographic Length", 2048)),
		template(enumeration("Cryptographic Algorithm", "AES")),
		template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 128), enumeration("State", "Active")),
	} {
		if got := outcomes(t, w.ask(request("1.4", "", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+bad)))[0]; !strings.HasPrefix(got, "InvalidField: ") && !(strings.Contains(bad, "State") && strings.HasPrefix(got, "PermissionDenied: ")) {
			t.Errorf("%s: %s", bad, got)
		}
	}
	stranger := w.as("stranger")
	if got := outcomes(t, stranger.ask(request("1.4", "", "Get "+byID(idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+
		template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 128))))))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("another certificate gets it: %s", got)
	}
}

// TestALifeByKMIP: given out before it is activated and after it was revoked, and gone when it is destroyed.
func TestALifeByKMIP(t *testing.T) {
	w := open(t)
	id := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+
		template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 12))))
	first := w.material(id, "")
	for _, step := range []string{"Activate " + byID(id), "Revoke " + byID(id) + `<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`} {
		w.one("1.4", step)
		if got := w.material(id, ""); got != first {
			t.Errorf("after %s it is %s, and was %s", step, got, first)
		}
	}
	w.one("1.4", "Destroy "+byID(id))
	for v, want := range map[string]string{"1.4": "PermissionDenied: ", "2.1": "ObjectDestroyed: "} {
		if got := outcomes(t, w.ask(request(v, "", "Get "+byID(id))))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", v, got)
		}
	}
}

// blockOf is a key block.
func blockOf(format, material, algorithm string, bits int) string {
	b := `<KeyBlock><KeyFormatType type="Enumeration" value="` + format + `"/><KeyValue>` + material + `</KeyValue>`
	if algorithm != "" {
		b += fmt.Sprintf(`<CryptographicAlgorithm type="Enumeration" value="%s"/><CryptographicLength type="Integer" value="%d"/>`, algorithm, bits)
	}
	return b + `</KeyBlock>`
}

func register(kind, object string, attributes ...string) string {
	return `Register <ObjectType type="Enumeration" value="` + kind + `"/>` + template(attributes...) + `<` + kind + `>` + object + `</` + kind + `>`
}

// TestEveryTypeOfObjectComesBackAsItWas: through one node in, by another out.
func TestEveryTypeOfObjectComesBackAsItWas(t *testing.T) {
	w := open(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := certificate(t, ec)
	text := func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
	for _, c := range []struct{ kind, object string }{
		{"SymmetricKey", blockOf("Raw", bytesXML([]byte("0123456789abcdef")), "AES", 128)},
		{"SymmetricKey", blockOf("Raw", bytesXML([]byte("0123456789abcdefx")), "HMAC_SHA1", 136)},
		{"SymmetricKey", blockOf("TransparentSymmetricKey", `<KeyMaterial><Key type="ByteString" value="30313233343536373839616263646566"/></KeyMaterial>`, "AES", 128)},
		{"SecretData", `<SecretDataType type="Enumeration" value="Password"/>` + blockOf("Opaque", bytesXML([]byte("secret")), "", 0)},
		{"OpaqueObject", `<OpaqueDataType type="Enumeration" value="0x80000001"/><OpaqueDataValue type="ByteString" value="00FF"/>`},
		{"Certificate", `<CertificateType type="Enumeration" value="X_509"/><CertificateValue type="ByteString" value="` + text(der) + `"/>`},
		{"Certificate", `<CertificateType type="Enumeration" value="PGP"/><CertificateValue type="ByteString" value="9901"/>`},
		{"SplitKey", `<SplitKeyParts type="Integer" value="3"/><KeyPartIdentifier type="Integer" value="1"/><SplitKeyThreshold type="Integer" value="2"/>` +
			`<SplitKeyMethod type="Enumeration" value="PolynomialSharingGF2_8"/>` + blockOf("Raw", bytesXML([]byte("0123456789abcdef")), "AES", 128)},
		{"PGPKey", `<PGPKeyVersion type="Integer" value="4"/>` + blockOf("Raw", bytesXML([]byte("pgp")), "RSA", 2048)},
		{"PrivateKey", blockOf("TransparentDHPrivateKey", `<KeyMaterial><P type="BigInteger" value="0000000000000017"/><G type="BigInteger" value="0000000000000005"/><X type="BigInteger" value="0000000000000003"/></KeyMaterial>`, "DH", 2048)},
	} {
		id := idOf(t, w.one("1.4", register(c.kind, c.object)))
		object := w.one("1.4", "Get "+byID(id))
		want := `<ResponsePayload><ObjectType type="Enumeration" value="` + c.kind + `"/>` + byID(id) + `<` + c.kind + `>` + c.object + `</` + c.kind + `></ResponsePayload>`
		if got := xmlOf(t, object); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), id)
		if err != nil || r.Origin != key.Imported {
			t.Errorf("%s: %v", c.kind, err)
		}
	}
	id := idOf(t, w.one("2.1", `Register <ObjectType type="Enumeration" value="CertificateRequest"/><Attributes/><CertificateRequest><CertificateRequestType type="Enumeration" value="PKCS_10"/><CertificateRequestValue type="ByteString" value="3000"/></CertificateRequest>`))
	if got := xmlOf(t, w.one("2.1", "Get "+byID(id))); !strings.Contains(got, `<CertificateRequestType type="Enumeration" value="PKCS_10"/><CertificateRequestValue type="ByteString" value="3000"/>`) {
		t.Errorf("the request comes back as %s", got)
	}
	for _, c := range []struct{ kind, object, want string }{
		{"SymmetricKey", blockOf("Raw", bytesXML([]byte("0123456789abcdef")), "AES", 256), "the key has 128 bits, not the 256 that are said"},
		{"PrivateKey", blockOf("PKCS_1", bytesXML([]byte("0123456789abcdef")), "RSA", 2048), "the key material is no private key in the format PKCS_1"},
		{"Certificate", `<CertificateType type="Enumeration" value="X_509"/><CertificateValue type="ByteString" value="9901"/>`, "no X.509 certificate"},
	} {
		if got := outcomes(t, w.ask(request("1.4", "", register(c.kind, c.object))))[0]; !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.want, got)
		}
	}
}

func certificate(t testing.TB, k *ecdsa.PrivateKey) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestFormatsAreConverted: whatever a key came in, it is given out in each format that there is for it, the same key.
func TestFormatsAreConverted(t *testing.T) {
	w := open(t)
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
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
	for _, c := range []struct {
		kind, algorithm string
		bits            int
		forms           map[string][]byte // nil: transparent
		vault           key.Algorithm
	}{
		{"PrivateKey", "RSA", 2048, map[string][]byte{"PKCS_1": x509.MarshalPKCS1PrivateKey(r), "PKCS_8": must(x509.MarshalPKCS8PrivateKey(r)), "TransparentRSAPrivateKey": nil}, key.RSA2048},
		{"PublicKey", "RSA", 2048, map[string][]byte{"PKCS_1": x509.MarshalPKCS1PublicKey(&r.PublicKey), "X_509": must(x509.MarshalPKIXPublicKey(&r.PublicKey)), "TransparentRSAPublicKey": nil}, key.RSA2048},
		{"PrivateKey", "EC", 384, map[string][]byte{"ECPrivateKey": must(x509.MarshalECPrivateKey(e)), "PKCS_8": must(x509.MarshalPKCS8PrivateKey(e)), "TransparentECPrivateKey": nil}, key.ECDSAP384},
		{"PublicKey", "EC", 384, map[string][]byte{"X_509": must(x509.MarshalPKIXPublicKey(&e.PublicKey)), "TransparentECPublicKey": nil}, key.ECDSAP384},
		{"PrivateKey", "Ed25519", 256, map[string][]byte{"Raw": d.Seed(), "PKCS_8": must(x509.MarshalPKCS8PrivateKey(d))}, key.Ed25519},
	} {
		seen := map[string]string{}
		for in, b := range c.forms {
			form := bytesXML(b)
			if b == nil {
				if form = seen[in]; form == "" { // learnt from another form first
					continue
				}
			}
			id := idOf(t, w.one("2.1", strings.NewReplacer("TemplateAttribute", "Attributes").Replace(register(c.kind, blockOf(in, form, c.algorithm, c.bits)))))
			rec, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), id)
			if err != nil || rec.Algorithm != c.vault {
				t.Errorf("%s %s is of algorithm %v to the vault (%v)", c.kind, in, rec.Algorithm, err)
			}
			if got := w.material(id, ""); got != form {
				t.Errorf("%s came as %s and is given out as %s", in, form, got)
			}
			for out, want := range c.forms {
				got := w.material(id, out)
				if want != nil && got != bytesXML(want) {
					t.Errorf("%s %s as %s: %s", c.kind, in, out, got)
				}
				if want == nil {
					if seen[out] != "" && seen[out] != got {
						t.Errorf("%s %s as %s: %s, and before %s", c.kind, in, out, got, seen[out])
					}
					seen[out] = got
				}
			}
			if got := outcomes(t, w.ask(request("2.1", "", "Get "+byID(id)+`<KeyFormatType type="Enumeration" value="TransparentDSAPublicKey"/>`)))[0]; !strings.HasPrefix(got, "KeyFormatTypeNotSupported: ") {
				t.Errorf("a format that it has not: %s", got)
			}
		}
		for form, text := range seen { // transparent ones in
			id := idOf(t, w.one("2.1", strings.NewReplacer("TemplateAttribute", "Attributes").Replace(register(c.kind, blockOf(form, text, c.algorithm, c.bits)))))
			for out, want := range c.forms {
				if got := w.material(id, out); want != nil && got != bytesXML(want) || want == nil && got != text {
					t.Errorf("%s %s as %s: %s", c.kind, form, out, got)
				}
			}
		}
	}
}

// TestAPairIsTwoLinkedObjects: both in one entry, of which either has the other's identifier, and the public one verifies.
func TestAPairIsTwoLinkedObjects(t *testing.T) {
	w := open(t)
	answer := w.one("1.4", `CreateKeyPair <CommonTemplateAttribute>`+enumeration("Cryptographic Algorithm", "RSA")+integer("Cryptographic Length", 2048)+
		`</CommonTemplateAttribute><PrivateKeyTemplateAttribute>`+byName("pair/private")+integer("Cryptographic Usage Mask", 1)+
		`</PrivateKeyTemplateAttribute><PublicKeyTemplateAttribute>`+byName("pair/public")+integer("Cryptographic Usage Mask", 2)+`</PublicKeyTemplateAttribute>`)
	private, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), "pair/private")
	if err != nil {
		t.Fatal(err)
	}
	public, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), "pair/public")
	if err != nil {
		t.Fatal(err)
	}
	want := `<ResponsePayload><PrivateKeyUniqueIdentifier type="TextString" value="` + private.ID.String() + `"/><PublicKeyUniqueIdentifier type="TextString" value="` + public.ID.String() + `"/></ResponsePayload>`
	if got := xmlOf(t, answer); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if private.Links[0] != (key.Link{Kind: key.LinkPublic, To: public.ID}) || public.Links[0] != (key.Link{Kind: key.LinkPrivate, To: private.ID}) || public.Type != key.PublicKey || private.Usage != key.Sign {
		t.Errorf("they are %+v and %+v", private, public)
	}
	if !bytes.Equal(private.Latest().Public, public.Latest().Public) || len(public.Latest().Public) == 0 {
		t.Error("they do not belong together")
	}
	if _, err := w.f.Vault(0).RotateKey(t.Context(), w.f.Root(), "pair/public"); err == nil {
		t.Error("a public key is rotated")
	}
	w.one("1.4", "Activate "+byID(public.ID.String()))
	if _, err := w.f.Vault(0).RotateKey(t.Context(), w.f.Root(), "pair/public"); !errors.Is(err, fault.Invalid) {
		t.Errorf("an active public key is rotated: %v", err)
	}
	if got := outcomes(t, w.ask(request("1.4", "", `CreateKeyPair <CommonTemplateAttribute>`+enumeration("Cryptographic Algorithm", "RSA")+integer("Cryptographic Length", 512)+`</CommonTemplateAttribute>`)))[0]; !strings.HasPrefix(got, "InvalidField: ") {
		t.Errorf("RSA-512: %s", got)
	}
	if _, err := w.f.Vault(0).CreatePair(t.Context(), w.f.Root(), vault.PairSpec{Private: vault.KeySpec{Name: "a", Algorithm: key.AES256GCM}, Public: vault.KeySpec{Name: "b"}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a pair of AES: %v", err)
	}
}

// TestSecretDataIsCreatedSince20: as long as it is asked for, never twice the same, of the type Seed; and what Create does not make is refused by name.
func TestSecretDataIsCreatedSince20(t *testing.T) {
	w := open(t)
	create := func(kind, more string) string {
		return `Create <ObjectType type="Enumeration" value="` + kind + `"/><Attributes>` + more + `<CryptographicUsageMask type="Integer" value="DeriveKey"/></Attributes>`
	}
	bits := func(n int) string { return fmt.Sprintf(`<CryptographicLength type="Integer" value="%d"/>`, n) }
	seen := map[string]bool{}
	for i, version := range []string{"2.0", "2.1", "2.1"} {
		id := idOf(t, w.one(version, create("SecretData", bits(192)+`<CryptographicAlgorithm type="Enumeration" value="HMAC_SHA256"/>`)))
		secret := w.one("2.1", "Get "+byID(id)).Find(wire.TagSecretData)
		material := bytesOf(t, secret.Find(wire.TagKeyBlock).Find(wire.TagKeyValue), wire.TagKeyMaterial)
		if seen[string(material)] = true; len(material) != 24 || len(seen) != i+1 || !strings.Contains(xmlOf(t, secret), `<SecretDataType type="Enumeration" value="Seed"/>`) {
			t.Errorf("%s: it is %s", version, xmlOf(t, secret))
		}
		if got := xmlOf(t, w.one("2.1", "GetAttributes "+byID(id))); !strings.Contains(got, bits(192)) || !strings.Contains(got, `"HMAC_SHA256"`) || !strings.Contains(got, `"SecretData"`) {
			t.Errorf("%s: it says %s", version, got)
		}
	}
	for item, want := range map[string]string{
		create("SecretData", ""):          "InvalidField: secret data to be made needs a Cryptographic Length",
		create("SecretData", bits(12)):    "InvalidField: secret data to be made needs a Cryptographic Length",
		create("PrivateKey", bits(256)):   "InvalidField: Create makes symmetric keys and secret data, no PrivateKey",
		create("OpaqueObject", bits(256)): "InvalidField: Create makes symmetric keys and secret data, no OpaqueObject",
		create("SecretData", bits(1<<30)): "InvalidField: ",
	} {
		if got := outcomes(t, w.ask(request("2.1", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", item, got, want)
		}
	}
	old := `Create <ObjectType type="Enumeration" value="SecretData"/>` + template(integer("Cryptographic Length", 192))
	if got, want := outcomes(t, w.ask(request("1.4", "", old)))[0], "InvalidField: Create makes symmetric keys, no SecretData"; got != want {
		t.Errorf("1.4: %s, want %s", got, want)
	}
}
