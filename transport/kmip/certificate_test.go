package kmip_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestThePartsOfNamesAreAttributesSince20: each part of the subject and of the issuer by its own attribute, several where there are several; found by
// them; none in 1.4, which has no such attributes; and none of them is a client's to set.
func TestThePartsOfNamesAreAttributesSince20(t *testing.T) {
	w := open(t)
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	part := func(value string, id ...int) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: id, Value: value}
	}
	user := func(last int) []int { return []int{0, 9, 2342, 19200300, 100, 1, last} }
	name := func(cn string) pkix.Name {
		return pkix.Name{
			CommonName: cn, Organization: []string{"Org"}, OrganizationalUnit: []string{"a", "b"}, Country: []string{"AT"}, Province: []string{"Tirol"}, Locality: []string{"Hall"}, SerialNumber: "77",
			ExtraNames: []pkix.AttributeTypeAndValue{
				part("u@example.org", 1, 2, 840, 113549, 1, 9, 1), part("uid7", user(1)...), part("Dr.", 2, 5, 4, 12), part("example", user(25)...), part("org", user(25)...), part("q", 2, 5, 4, 46),
			},
		}
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(5), Subject: name("leaf"), NotBefore: w.f.Now(), NotAfter: w.f.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, &x509.Certificate{Subject: name("root")}, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	register := func(der []byte) string {
		return idOf(t, w.one("2.1", `Register <ObjectType type="Enumeration" value="Certificate"/><Attributes/><Certificate><CertificateType type="Enumeration" value="X_509"/>`+octets("CertificateValue", der)+`</Certificate>`))
	}
	id := register(der)
	text := func(tag, value string) string { return `<` + tag + ` type="TextString" value="` + value + `"/>` }
	want := []string{}
	for _, of := range []string{"Subject", "Issuer"} {
		cn := map[string]string{"Subject": "leaf", "Issuer": "root"}[of]
		for _, p := range [][2]string{
			{"CN", cn},
			{"O", "Org"},
			{"OU", "a"},
			{"OU", "b"},
			{"Email", "u@example.org"},
			{"C", "AT"},
			{"ST", "Tirol"},
			{"L", "Hall"},
			{"UID", "uid7"},
			{"SerialNumber", "77"},
			{"Title", "Dr."},
			{"DC", "example"},
			{"DC", "org"},
			{"DNQualifier", "q"},
		} {
			want = append(want, text("Certificate"+of+p[0], p[1]))
		}
	}
	if got := xmlOf(t, w.one("2.0", "GetAttributes "+byID(id))); !strings.Contains(got, strings.Join(want, "")) {
		t.Errorf("2.0 says %s\nwant in it %v", got, want)
	}
	list := xmlOf(t, w.one("2.1", "GetAttributeList "+byID(id)))
	if strings.Count(list, `"CertificateSubjectOU"`) != 1 || !strings.Contains(list, `"CertificateIssuerDNQualifier"`) {
		t.Errorf("the list is %s", list)
	}
	if old := xmlOf(t, w.one("1.4", "GetAttributeList "+byID(id))); strings.Contains(old, "Subject CN") {
		t.Errorf("1.4 lists %s", old)
	}
	for filter, found := range map[string]bool{
		text("CertificateSubjectCN", "leaf"): true, text("CertificateSubjectOU", "b") + text("CertificateSubjectOU", "a") + text("CertificateIssuerCN", "root"): true,
		text("CertificateSubjectCN", "root"): false, text("CertificateSubjectOU", "b") + text("CertificateSubjectOU", "c"): false,
	} {
		if got := identifiers(t, w.one("2.1", "Locate <Attributes>"+filter+"</Attributes>")); slices.Contains(got, id) != found {
			t.Errorf("by %s: %v is found", filter, got)
		}
	}
	if got := outcomes(t, w.ask(request("2.1", "", "AddAttribute "+byID(id)+"<NewAttribute>"+text("CertificateSubjectCN", "mine")+"</NewAttribute>")))[0]; got == "Success" {
		t.Error("a client gives a certificate another name")
	}
}
