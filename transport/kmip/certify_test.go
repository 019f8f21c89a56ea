package kmip_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// certifying is a door that has a key to certify with, and that key's certificate, which it signed itself.
func certifying(t *testing.T, a key.Algorithm) (*world, *x509.Certificate) {
	t.Helper()
	w := open(t)
	w.made(vault.KeySpec{Name: "authority", Algorithm: a})
	w.server = kmip.New(w.f.Vault(0), kmip.Config{Now: w.f.Now, CertifyWith: "authority"})
	r, err := w.f.Vault(0).IssueCertificate(t.Context(), w.f.Root(), vault.IssueSpec{Key: vault.KeySpec{Name: "authority-certificate", Exportable: true}, Of: "authority", Signer: "authority", Subject: "The Authority"})
	if err != nil {
		t.Fatal(err)
	}
	return w, w.x509(r.ID.String())
}

func (w *world) x509(id string) *x509.Certificate {
	w.t.Helper()
	b, err := w.one("1.4", "Get "+byID(id)).Find(wire.TagCertificate).Find(wire.TagCertificateValue).Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(b)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// pairOf makes a pair by KMIP and returns the identifiers of its halves.
func (w *world) pairOf(algorithm string, bits int) (private, public string) {
	w.t.Helper()
	made := w.one("1.4", `CreateKeyPair <CommonTemplateAttribute>`+enumeration("Cryptographic Algorithm", algorithm)+integer("Cryptographic Length", bits)+`</CommonTemplateAttribute>`+
		`<PrivateKeyTemplateAttribute>`+integer("Cryptographic Usage Mask", 1)+`</PrivateKeyTemplateAttribute><PublicKeyTemplateAttribute>`+integer("Cryptographic Usage Mask", 2)+`</PublicKeyTemplateAttribute>`)
	for tag, to := range map[wire.Tag]*string{wire.TagPrivateKeyUniqueIdentifier: &private, wire.TagPublicKeyUniqueIdentifier: &public} {
		id, err := made.Find(tag).Text()
		if err != nil {
			w.t.Fatal(err)
		}
		*to = id
	}
	return private, public
}

func requestFor(t *testing.T, k *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "asked", Organization: []string{"Org"}}, DNSNames: []string{"a.example"}}, k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestAPublicKeyIsCertified: by each kind of authority, in each version; the certificate verifies by the authority's, both objects know of each other,
// and its attributes say what it says.
func TestAPublicKeyIsCertified(t *testing.T) {
	for _, a := range []key.Algorithm{key.ECDSAP384, key.RSA2048, key.Ed25519} {
		w, root := certifying(t, a)
		if !root.IsCA || root.CheckSignatureFrom(root) != nil || root.Subject.CommonName != "The Authority" {
			t.Errorf("%v: the authority's own certificate is %v", a, root.Subject)
		}
		roots := x509.NewCertPool()
		roots.AddCert(root)
		_, public := w.pairOf("ECDSA", 256)
		for _, v := range []string{"1.0", "1.4", "2.1"} {
			attributes := template(byName(fmt.Sprint("certificate ", a, v)))
			if v == "2.1" {
				attributes = `<Attributes><Name><NameValue type="TextString" value="certificate ` + fmt.Sprint(a, v) + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name></Attributes>`
			}
			id := idOf(t, w.one(v, "Certify "+byID(public)+attributes))
			c := w.x509(id)
			if _, err := c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: w.f.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
				t.Errorf("%v %s: %v", a, v, err)
			}
			if c.IsCA || len(c.ExtKeyUsage) > 0 || c.KeyUsage != x509.KeyUsageDigitalSignature {
				t.Errorf("%v %s: it is for %v %v", a, v, c.KeyUsage, c.ExtKeyUsage)
			}
			if !hasLink(w.record(id), key.LinkPublic, public) || !hasLink(w.record(public), key.LinkCertificate, id) {
				t.Errorf("%s: they are not linked: %+v", v, w.record(public).Links)
			}
			got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id)))
			for _, want := range []string{
				enumeration("Certificate Type", "X_509"), integer("Certificate Length", len(c.Raw)), enumeration("Cryptographic Algorithm", "ECDSA")[:60],
				"X.509 Certificate Subject", "X.509 Certificate Issuer", "X.509 Certificate Identifier", `"Digest"`,
			} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: there is no %s in %s", v, want, got)
				}
			}
			if old := xmlOf(t, w.one("1.0", "GetAttributeList "+byID(id))); !strings.Contains(old, `"Certificate Subject"`) || strings.Contains(old, "X.509") || strings.Contains(got, `"Certificate Subject"`) {
				t.Errorf("1.0 has %s", old)
			}
			if named := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id)+`<AttributeName type="TextString" value="Certificate Issuer"/>`)); !strings.Contains(named, "CN=The Authority") {
				t.Errorf("by name there is %s", named)
			}
			if valid := w.one("1.4", "Validate "+byID(id)+byID(idOf(t, w.one("1.4", "Locate "+byName("authority-certificate"))))); !strings.Contains(xmlOf(t, valid), `"Valid"`) {
				t.Errorf("%s: it is %s", v, xmlOf(t, valid))
			}
		}
	}
}

// TestARequestIsCertified: of a key that is not here, by its bytes, by PEM, and as an object; not one that proves nothing, and not for another key.
func TestARequestIsCertified(t *testing.T) {
	w, root := certifying(t, key.ECDSAP256)
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := requestFor(t, k)
	_, public := w.pairOf("ECDSA", 256)
	kind := func(k string) string { return `<CertificateRequestType type="Enumeration" value="` + k + `"/>` }
	kept := idOf(t, w.one("2.1", `Register <ObjectType type="Enumeration" value="CertificateRequest"/><Attributes/><CertificateRequest>`+kind("PKCS_10")+octets("CertificateRequestValue", der)+`</CertificateRequest>`))
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	for item, v := range map[string]string{
		"Certify " + kind("PKCS_10") + octets("CertificateRequest", der):                       "1.2",
		"Certify " + kind("PEM") + octets("CertificateRequest", text):                          "1.4",
		"Certify " + kind("PKCS_10") + octets("CertificateRequestValue", der):                  "2.0",
		`Certify <CertificateRequestUniqueIdentifier type="TextString" value="` + kept + `"/>`: "2.1",
		"Certify " + byID(kept): "2.1",
	} {
		c := w.x509(idOf(t, w.one(v, item)))
		if c.CheckSignatureFrom(root) != nil || !k.PublicKey.Equal(c.PublicKey) || c.Subject.CommonName != "asked" || len(c.DNSNames) != 1 {
			t.Errorf("%s: it is for %v", item, c.Subject)
		}
	}
	torn := bytes.Clone(der)
	torn[len(torn)-1] ^= 1
	for item, want := range map[string]string{
		"Certify " + kind("PKCS_10") + octets("CertificateRequest", torn):               "InvalidField: the signature of the certificate request",
		"Certify " + byID(public) + kind("PKCS_10") + octets("CertificateRequest", der): "InvalidField: the certificate request is for another public key",
		"Certify " + kind("CRMF") + octets("CertificateRequest", der):                   "FeatureNotSupported: certificate requests of type CRMF",
		"Certify " + kind("PKCS_10") + octets("CertificateRequest", []byte{1}):          "InvalidField: ",
		"Certify " + byID(key.ID{7: 1}.String()):                                        "ItemNotFound: ",
		"Certify ":                                                                      "ItemNotFound: ",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", item, got, want)
		}
	}
	if got := outcomes(t, w.as("stranger").ask(request("1.4", "", "Certify "+byID(public))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("a stranger: %s", got)
	}
	without := open(t)
	_, public = without.pairOf("ECDSA", 256)
	if got := outcomes(t, without.ask(request("1.4", "", "Certify "+byID(public))))[0]; !strings.HasPrefix(got, "FeatureNotSupported: no key of the vault is set to sign certificates: name one as kmip.certify_with") {
		t.Errorf("without a key to certify with: %s", got)
	}
	w.f.Grant("certify", `permit (principal, action, resource); forbid (principal == Certificate::"client", action == Action::"issue", resource);`)
	_, public = w.pairOf("ECDSA", 256)
	if got := outcomes(t, w.as("client").ask(request("1.4", "", "Certify "+byID(public))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("for who may have none issued: %s", got)
	}
}

// TestACertificationIsUndone: with its batch; the certificate is gone, and the key has no link to it.
func TestACertificationIsUndone(t *testing.T) {
	w, _ := certifying(t, key.ECDSAP256)
	_, public := w.pairOf("ECDSA", 256)
	got := outcomes(t, w.ask(request("1.4", `<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`, "Certify "+byID(public), "Get "+byID(key.ID{7: 1}.String()))))
	if len(got) != 2 || got[0] != "OperationUndone" || !strings.HasPrefix(got[1], "ItemNotFound: ") {
		t.Errorf("the batch has %v", got)
	}
	for _, l := range w.record(public).Links {
		if l.Kind == key.LinkCertificate {
			t.Errorf("the key still has a link to %v", l.To)
		}
	}
}

// TestACertificateIsRenewed: for the same key and subject, with the name handed over and the links of all three objects.
func TestACertificateIsRenewed(t *testing.T) {
	w, root := certifying(t, key.ECDSAP256)
	text := func(name, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue type="TextString" value="` + value + `"/></Attribute>`
	}
	for _, v := range []string{"1.0", "1.4", "2.1"} {
		_, public := w.pairOf("ECDSA", 256)
		old := idOf(t, w.one("1.4", "Certify "+byID(public)+template(byName("web "+v), text("Operation Policy Name", "public"), text("x-note", "kept"))))
		id := idOf(t, w.one(v, "ReCertify "+byID(old)+`<Offset type="Interval" value="3600"/>`))
		was, now := w.x509(old), w.x509(id)
		if now.CheckSignatureFrom(root) != nil || !bytes.Equal(now.RawSubject, was.RawSubject) || !bytes.Equal(now.RawSubjectPublicKeyInfo, was.RawSubjectPublicKeyInfo) ||
			now.SerialNumber.Cmp(was.SerialNumber) == 0 || now.NotAfter.Sub(now.NotBefore) != was.NotAfter.Sub(was.NotBefore) || now.NotBefore.Sub(w.f.Now()).Minutes() < 59 {
			t.Errorf("%s: it was %v %v, and is %v %v", v, was.Subject, was.NotBefore, now.Subject, now.NotBefore)
		}
		a, b, k := w.record(old), w.record(id), w.record(public)
		if !hasLink(a, key.LinkReplacement, id) || !hasLink(b, key.LinkReplaced, old) || !hasLink(k, key.LinkCertificate, id) || hasLink(k, key.LinkCertificate, old) || !hasLink(b, key.LinkPublic, public) || len(a.Names) != 0 || len(b.Names) != 1 {
			t.Errorf("%s: they are %+v, %+v and %+v", v, a.Links, b, k.Links)
		}
		if b.Tags[policy.Tag] != "public" || string(b.Attributes["x-note"]) != string(a.Attributes["x-note"]) || len(b.Attributes["x-note"]) == 0 || bytes.Equal(b.Attributes["Certificate Identifier"], a.Attributes["Certificate Identifier"]) {
			t.Errorf("%s: of what was said of it there is %v and %v", v, b.Tags, b.Attributes)
		}
		if begins := b.ActivateAt.Time(); b.State != key.PreActive || !begins.Equal(now.NotBefore) {
			t.Errorf("%s: it is %v, and begins at %v", v, b.State, begins)
		}
		if got := outcomes(t, w.ask(request(v, "", "ReCertify "+byID(old))))[0]; !strings.Contains(got, "was replaced before") {
			t.Errorf("%s: it is renewed twice: %s", v, got)
		}
		if got := outcomes(t, w.ask(request(v, "", "ReCertify "+byID(public))))[0]; !strings.HasPrefix(got, "InvalidField: ") {
			t.Errorf("%s: a key is renewed: %s", v, got)
		}
	}
}

// TestACertificateIsMadeWithAllThatBelongsToIt: it, what it says of itself, and the links of its key and of the one that it replaces are one entry of
// the log; who may have one issued and may not say what it says leaves nothing.
func TestACertificateIsMadeWithAllThatBelongsToIt(t *testing.T) {
	w, _ := certifying(t, key.ECDSAP256)
	_, public := w.pairOf("ECDSA", 256)
	before := len(w.f.Log())
	made := idOf(t, w.one("1.4", "Certify "+byID(public)))
	again := idOf(t, w.one("1.4", "ReCertify "+byID(made)))
	if n := len(w.f.Log()) - before; n != 2 || len(w.record(again).Attributes) == 0 || !hasLink(w.record(public), key.LinkCertificate, again) {
		t.Errorf("a certificate and its replacement take %d entries of the log, want 2; they are %+v", n, w.record(again))
	}
	w.f.Grant("certify", `permit (principal == Certificate::"client", action, resource); forbid (principal == Certificate::"client", action == Action::"update", resource) unless { resource.type != "certificate" };`)
	if got := outcomes(t, w.as("client").ask(request("1.4", "", "Certify "+byID(public)+template(byName("half made")))))[0]; !strings.HasPrefix(got, "ItemNotFound: ") && !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Fatalf("it is described: %s", got)
	}
	if left := identifiers(t, w.one("1.4", `Locate <StorageStatusMask type="Integer" value="7"/>`+byName("half made"))); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	if r := w.record(public); !hasLink(r, key.LinkCertificate, again) {
		t.Errorf("the key has %v", r.Links)
	}
}
