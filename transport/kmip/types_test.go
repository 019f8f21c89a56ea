package kmip_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
)

// TestEveryTypeInEachVersion: what Query says is registered there, in the version's form, and comes back as it was; what it does not say is refused.
func TestEveryTypeInEachVersion(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]string{
		"SymmetricKey":       blockOf("Raw", bytesXML([]byte("0123456789abcdef")), "AES", 128),
		"SecretData":         `<SecretDataType type="Enumeration" value="Password"/>` + blockOf("Opaque", bytesXML([]byte("secret")), "", 0),
		"OpaqueObject":       `<OpaqueDataType type="Enumeration" value="0x80000001"/><OpaqueDataValue type="ByteString" value="00FF"/>`,
		"Certificate":        `<CertificateType type="Enumeration" value="X_509"/>` + fmt.Sprintf(`<CertificateValue type="ByteString" value="%X"/>`, certificate(t, ec)),
		"SplitKey":           `<SplitKeyParts type="Integer" value="3"/><KeyPartIdentifier type="Integer" value="1"/><SplitKeyThreshold type="Integer" value="3"/><SplitKeyMethod type="Enumeration" value="XOR"/>` + blockOf("Raw", bytesXML([]byte("0123456789abcdef")), "AES", 128),
		"Template":           byName("template"),
		"PGPKey":             `<PGPKeyVersion type="Integer" value="4"/>` + blockOf("Raw", bytesXML([]byte("pgp")), "RSA", 2048),
		"CertificateRequest": `<CertificateRequestType type="Enumeration" value="PKCS_10"/><CertificateRequestValue type="ByteString" value="3000"/>`,
		"PublicKey":          blockOf("TransparentDSAPublicKey", `<KeyMaterial><P type="BigInteger" value="0000000000000017"/><Q type="BigInteger" value="000000000000000B"/><G type="BigInteger" value="0000000000000004"/><Y type="BigInteger" value="0000000000000008"/></KeyMaterial>`, "DSA", 1024),
		"PrivateKey":         blockOf("TransparentDHPrivateKey", `<KeyMaterial><P type="BigInteger" value="0000000000000017"/><G type="BigInteger" value="0000000000000005"/><X type="BigInteger" value="0000000000000003"/></KeyMaterial>`, "DH", 2048),
	}
	for _, v := range []string{"1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1"} {
		w := open(t)
		known := xmlOf(t, w.one(v, `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`))
		for kind, object := range objects {
			item := register(kind, object)
			if v[0] == '2' {
				item = register2(kind, "<Attributes/>", object)
			}
			if !strings.Contains(known, `<ObjectType type="Enumeration" value="`+kind+`"/>`) {
				if since := map[string]string{"PGPKey": "1.2", "CertificateRequest": "2.0"}[kind]; since <= v && kind != "Template" || kind == "Template" && v[0] == '1' {
					t.Errorf("%s does not know %s", v, kind)
				}
				continue
			}
			id := idOf(t, w.one(v, item))
			want := `<ResponsePayload><ObjectType type="Enumeration" value="` + kind + `"/>` + byID(id) + `<` + kind + `>` + object + `</` + kind + `></ResponsePayload>`
			if got := xmlOf(t, w.one(v, "Get "+byID(id))); got != want {
				t.Errorf("%s: got  %s\nwant %s", v, got, want)
			}
			w.one(v, "GetAttributes "+byID(id))
			w.one(v, "Destroy "+byID(id))
		}
	}
}
