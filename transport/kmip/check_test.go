package kmip_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestCheckAnswersAsFarAsItMayBeUsed: nothing about what is allowed, and the bound of what is not.
func TestCheckAnswersAsFarAsItMayBeUsed(t *testing.T) {
	w := open(t)
	r, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), vault.KeySpec{Name: "k", Usage: key.Encrypt | key.Decrypt, UsageLimit: 10})
	if err != nil {
		t.Fatal(err)
	}
	id := byID(r.ID.String())
	mask, uses := `<CryptographicUsageMask type="Integer" value="`, `<UsageLimitsCount type="LongInteger" value="`
	for ask, want := range map[string]string{
		"":                       "",
		mask + `Encrypt"/>`:      "",
		mask + `Encrypt Sign"/>`: mask + `Encrypt Decrypt"/>`,
		uses + `10"/>`:           "",
		uses + `11"/>`:           uses + `10"/>`,
		`<LeaseTime type="Interval" value="60"/>`:      "",
		`<LeaseTime type="Interval" value="4000000"/>`: `<LeaseTime type="Interval" value="3600"/>`,
	} {
		if got := xmlOf(t, w.one("1.4", "Check "+id+ask)); got != `<ResponsePayload>`+id+want+`</ResponsePayload>` {
			t.Errorf("%s: %s", ask, got)
		}
	}
	lease := w.one("1.4", "ObtainLease "+id)
	if v, err := lease.Find(wire.TagLeaseTime).Interval(); err != nil || v != time.Hour || !lease.Find(wire.TagLastChangeDate).Present() {
		t.Errorf("the lease is %s", xmlOf(t, lease))
	}
	w.one("1.4", "Revoke "+id+`<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`)
	if got := outcomes(t, w.ask(request("2.1", "", "ObtainLease "+id)))[0]; !strings.HasPrefix(got, "WrongKeyLifecycleState: ") {
		t.Errorf("a lease of what is out of use: %s", got)
	}
	for _, op := range []string{"Check ", "ObtainLease ", "Export "} {
		if got := outcomes(t, w.as("stranger").ask(request("2.1", "", op+id)))[0]; got != "ItemNotFound: there is no such object" {
			t.Errorf("%sof a stranger: %s", op, got)
		}
	}
}

// TestExportGivesTheObjectWithItsAttributes: before the object, as each version writes them.
func TestExportGivesTheObjectWithItsAttributes(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	got := w.one("2.1", "Export "+id)
	if a := got.Find(wire.TagAttributes); !a.Find(wire.TagState).Present() || !a.Find(wire.TagCryptographicLength).Present() {
		t.Errorf("the attributes are %s", xmlOf(t, a))
	}
	if xmlOf(t, got.Find(wire.TagSymmetricKey)) != xmlOf(t, w.one("2.1", "Get "+id).Find(wire.TagSymmetricKey)) {
		t.Error("Export gives another object than Get")
	}
	if old := w.one("1.4", "Export "+id); !old.Find(wire.TagAttribute).Present() || !old.Find(wire.TagSymmetricKey).Present() {
		t.Errorf("in 1.4: %s", xmlOf(t, old))
	}
	if got := outcomes(t, w.ask(request("1.3", "", "Export "+id)))[0]; !strings.HasPrefix(got, "OperationNotSupported: ") {
		t.Errorf("in 1.3: %s", got)
	}
}

// TestValidateJudgesAChain: whatever the order, at a date, and without trusting anybody who is not in it.
func TestValidateJudgesAChain(t *testing.T) {
	w := open(t)
	now := w.f.Now()
	var keys []*ecdsa.PrivateKey
	var certs []*x509.Certificate
	var der []string
	for i, name := range []string{"root", "between", "leaf"} {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
		c := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
			IsCA: name != "leaf", BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		parent := c
		if i > 0 {
			parent = certs[i-1]
		}
		b, err := x509.CreateCertificate(rand.Reader, c, parent, &k.PublicKey, keys[max(0, i-1)])
		if err != nil {
			t.Fatal(err)
		}
		if c, err = x509.ParseCertificate(b); err != nil {
			t.Fatal(err)
		}
		certs = append(certs, c)
		der = append(der, `<Certificate><CertificateType type="Enumeration" value="X_509"/><CertificateValue type="ByteString" value="`+strings.ToUpper(hex.EncodeToString(b))+`"/></Certificate>`)
	}
	kept := idOf(t, w.one("1.4", `Register <ObjectType type="Enumeration" value="Certificate"/>`+template()+der[1]))
	late := `<ValidityDate type="DateTime" value="` + now.Add(2*time.Hour).UTC().Format(time.RFC3339) + `"/>`
	for payload, want := range map[string]wire.ValidityIndicator{
		der[0] + der[1] + der[2]:        wire.ValidityIndicatorValid,
		der[2] + der[0] + der[1]:        wire.ValidityIndicatorValid,
		der[2] + der[0] + byID(kept):    wire.ValidityIndicatorValid,
		der[0] + der[1] + der[2] + late: wire.ValidityIndicatorInvalid,
		der[0] + der[2]:                 wire.ValidityIndicatorInvalid,
		der[1] + der[2]:                 wire.ValidityIndicatorUnknown,
	} {
		got, err := w.one("1.4", "Validate "+payload).Find(wire.TagValidityIndicator).Enumeration()
		if err != nil || wire.ValidityIndicator(got) != want {
			t.Errorf("got %v, want %v of %s (%v)", wire.ValidityIndicator(got), want, payload, err)
		}
	}
	if got := outcomes(t, w.ask(request("1.4", "", "Validate ")))[0]; got == "Success" {
		t.Error("nothing is valid")
	}
}
