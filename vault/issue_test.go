package vault_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// issuing is a vault with the key "authority", to which an authority outside gives certificates.
type issuing struct {
	*testing.T
	f       *vaulttest.Fixture
	outside *ecdsa.PrivateKey
	key     vault.KeySpec // what given says of its certificates, beside their names
	n       int
}

func newIssuing(t *testing.T) *issuing {
	t.Helper()
	i := &issuing{T: t, f: vaulttest.New(t)}
	var err error
	if i.outside, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"authority", "subject"} {
		_, err := i.f.Vault(0).CreateKey(ctx, i.f.Root(), vault.KeySpec{Name: name, Algorithm: key.ECDSAP256})
		ok(t, "creating", err)
	}
	return i
}

// given imports the certificate that the authority outside gives to "authority": good for a day, but for what change does.
func (i *issuing) given(change func(c *x509.Certificate)) (*x509.Certificate, string) {
	i.Helper()
	i.n++
	c := &x509.Certificate{
		SerialNumber: big.NewInt(int64(i.n)), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: i.f.Now().Add(-time.Hour), NotAfter: i.f.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(c)
	}
	p, err := i.f.Vault(0).PublicKey(ctx, i.f.Root(), "authority", 0, "der")
	ok(i.T, "the public key", err)
	public, err := x509.ParsePKIXPublicKey(p.Bytes)
	ok(i.T, "the public key", err)
	root := &x509.Certificate{Subject: pkix.Name{CommonName: "Outside"}, PublicKey: &i.outside.PublicKey}
	der, err := x509.CreateCertificate(rand.Reader, c, root, public, i.outside)
	ok(i.T, "certifying", err)
	s := i.key
	s.Name, s.Algorithm = "given/"+c.SerialNumber.String(), key.X509
	r, err := i.f.Vault(0).ImportKey(ctx, i.f.Root(), vault.ImportSpec{Key: s, Certificate: der, Of: "authority"})
	ok(i.T, "importing", err)
	made, err := x509.ParseCertificate(der)
	ok(i.T, "reading", err)
	return made, r.ID.String()
}

func (i *issuing) issue(s vault.IssueSpec) (*x509.Certificate, error) {
	i.Helper()
	i.n++
	s.Key = vault.KeySpec{Name: "issued/" + big.NewInt(int64(i.n)).String()}
	if s.Signer = "authority"; s.Of == "" && s.Request == nil {
		s.Of = "subject"
	}
	r, err := i.f.Vault(0).IssueCertificate(ctx, i.f.Root(), s)
	if err != nil {
		return nil, err
	}
	p, err := i.f.Vault(0).PublicKey(ctx, i.f.Root(), r.ID.String(), 0, "der")
	ok(i.T, "the certificate", err)
	return x509.ParseCertificate(p.Bytes)
}

// TestWhoIssuesHasACertificateForThat: of an authority, for signing certificates, good now and not taken out of use; the newest such is the issuer's.
func TestWhoIssuesHasACertificateForThat(t *testing.T) {
	i := newIssuing(t)
	refused := func(why string) {
		t.Helper()
		if _, err := i.issue(vault.IssueSpec{}); !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), why) {
			t.Errorf("got %v, want %q", err, why)
		}
	}
	refused("it has none")
	for why, change := range map[string]func(c *x509.Certificate){
		"is no authority's":    func(c *x509.Certificate) { c.IsCA = false },
		"is not for signing":   func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature },
		"is not valid yet":     func(c *x509.Certificate) { c.NotBefore = i.f.Now().Add(time.Hour) },
		"has expired":          func(c *x509.Certificate) { c.NotAfter = i.f.Now().Add(-time.Minute) },
		"(basic constraints)":  func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = false, false },
		"not for signing cert": func(c *x509.Certificate) { c.KeyUsage = 0 },
	} {
		i.given(change)
		refused(why)
	}
	good, id := i.given(nil)
	i.given(func(c *x509.Certificate) { c.IsCA = false }) // newer, and of no use
	c, err := i.issue(vault.IssueSpec{})
	if err != nil || c.CheckSignatureFrom(good) != nil || !bytes.Equal(c.RawIssuer, good.RawSubject) || c.IsCA {
		t.Fatalf("%v: %v", err, c)
	}
	_, err = i.f.Vault(0).ChangeState(ctx, i.f.Root(), id, vault.StateChange{Action: access.Deactivate})
	ok(t, "revoking", err)
	if _, err := i.issue(vault.IssueSpec{}); !errors.Is(err, fault.BadState) {
		t.Errorf("by a certificate that was revoked: %v", err)
	}
}

// TestACertificateIsGoodWithinItsIssuers: in time, and for names that the issuer may certify.
func TestACertificateIsGoodWithinItsIssuers(t *testing.T) {
	i := newIssuing(t)
	issuer, _ := i.given(func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains, c.MaxPathLenZero = true, []string{"good.example"}, true
	})
	c, err := i.issue(vault.IssueSpec{NotBefore: key.At(i.f.Now().Add(-10 * time.Hour)), NotAfter: key.At(i.f.Now().Add(100 * time.Hour))})
	if err != nil || !c.NotBefore.Equal(issuer.NotBefore) || !c.NotAfter.Equal(issuer.NotAfter) {
		t.Errorf("%v: from %v to %v", err, c.NotBefore, c.NotAfter)
	}
	if c, err := i.issue(vault.IssueSpec{NotAfter: key.At(i.f.Now().Add(time.Hour))}); err != nil || !c.NotAfter.Before(issuer.NotAfter) {
		t.Errorf("a shorter one: %v", err)
	}
	if _, err := i.issue(vault.IssueSpec{NotBefore: key.At(i.f.Now().Add(48 * time.Hour))}); !errors.Is(err, fault.Invalid) {
		t.Errorf("one that begins after its issuer's end: %v", err)
	}
	for name, good := range map[string]bool{"a.good.example": true, "bad.example": false} {
		q, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, i.outside)
		ok(t, "asking", err)
		if _, err := i.issue(vault.IssueSpec{Request: q}); (err == nil) != good || !good && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestARequestMakesNoAuthority: one that asks for it is refused, one that says that it asks for none is not; the root that a key makes of itself has
// none under it.
func TestARequestMakesNoAuthority(t *testing.T) {
	i := newIssuing(t)
	i.given(nil)
	for value, good := range map[string]bool{"\x30\x03\x01\x01\xff": false, "\x30\x00": true, "\x30\x03\x01\x01\x00": true, "\x30\x06\x01\x01\xff\x02\x01\x03": false, "\x30\x03\x01": false, "": false} {
		extension := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Value: []byte(value)}
		q, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{ExtraExtensions: []pkix.Extension{extension}}, i.outside)
		ok(t, "asking", err)
		c, err := i.issue(vault.IssueSpec{Request: q})
		if (err == nil) != good || !good && !errors.Is(err, fault.Invalid) || good && c.IsCA {
			t.Errorf("%x: %v", value, err)
		}
	}
	root, err := i.issue(vault.IssueSpec{Of: "authority"})
	if err != nil || !root.IsCA || !root.MaxPathLenZero || root.CheckSignatureFrom(root) != nil {
		t.Errorf("a root: %v", err)
	}
}

// TestACertificateThatIsNotInUseIssuesNothing: in the archive, not active yet, or not to be opened; an older one that is in use is taken in its place.
func TestACertificateThatIsNotInUseIssuesNothing(t *testing.T) {
	i := newIssuing(t)
	v, root := i.f.Vault(0), i.f.Root()
	_, id := i.given(nil)
	ok(t, "archiving", err1(v.ArchiveKey(ctx, root, id, 0)))
	if _, err := i.issue(vault.IssueSpec{}); !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), "is archived") {
		t.Errorf("by one in the archive: %v", err)
	}
	i = newIssuing(t)
	i.key.PreActive = true
	i.given(nil)
	if _, err := i.issue(vault.IssueSpec{}); !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), "is pre-active") {
		t.Errorf("by one that is not active yet: %v", err)
	}
	i.key.PreActive = false
	good, _ := i.given(nil)
	ok(t, "creating", err1(i.f.Vault(0).CreateKey(ctx, i.f.Root(), vault.KeySpec{Name: "mother"})))
	_, id = i.given(nil)
	ok(t, "moving", err1(i.f.Vault(0).MoveKey(ctx, i.f.Root(), id, "mother", 0)))
	ok(t, "suspending", err1(i.f.Vault(0).ChangeState(ctx, i.f.Root(), "mother", vault.StateChange{Action: access.Suspend})))
	if c, err := i.issue(vault.IssueSpec{}); err != nil || c.CheckSignatureFrom(good) != nil {
		t.Errorf("beside one that cannot be opened: %v", err)
	}
}
