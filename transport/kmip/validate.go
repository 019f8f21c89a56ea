package kmip

import (
	"bytes"
	"crypto/x509"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// validate is Validate (KMIP 1.4, section 4.24; 2.1, section 6.1.61): whether the certificates of a request make one chain that was good at a
// date. The server trusts no authority of its own: where the chain ends in none that signs itself, the answer is unknown.
func validate(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	at := x.server.cfg.Now()
	var all []*x509.Certificate
	for item := range payload.Children() {
		var der []byte
		var err error
		switch item.Tag() {
		case wire.TagCertificate:
			der, err = item.Find(wire.TagCertificateValue).Bytes()
		case wire.TagUniqueIdentifier:
			der, err = x.certificate(item)
		case wire.TagValidityDate:
			at, err = item.Time()
		}
		if err != nil {
			return err
		}
		if der == nil {
			continue
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return item.Fail("it is no X.509 certificate")
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return payload.Fail("there is no certificate to validate")
	}
	out.Enumeration(wire.TagValidityIndicator, uint32(chained(all, at)))
	return nil
}

// certificate is the DER of a certificate of the vault.
func (x *exchange) certificate(item ttlv.Item) (der []byte, err error) {
	id, err := x.objectAt(item)
	if err != nil {
		return nil, err
	}
	err = x.server.vault.Lend(x.ctx, x.caller, id, 0, func(r *key.Record, _ uint32, material []byte) error {
		if r.Algorithm != key.X509 {
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the object is no X.509 certificate"))
		}
		der = bytes.Clone(material)
		return nil
	})
	return der, err
}

// chained judges certificates that are to make one chain, in whatever order: the first leaf among them, those between, and what signs itself.
func chained(all []*x509.Certificate, at time.Time) wire.ValidityIndicator {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	var leaf *x509.Certificate
	trusted := false
	for _, c := range all {
		issues := false
		for _, o := range all {
			issues = issues || o != c && bytes.Equal(o.RawIssuer, c.RawSubject)
		}
		switch itself := bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignatureFrom(c) == nil; {
		case itself:
			roots.AddCert(c)
			trusted = true
		default:
			between.AddCert(c)
		}
		if !issues {
			if leaf != nil {
				return wire.ValidityIndicatorInvalid // two ends
			}
			leaf = c
		}
	}
	switch {
	case leaf == nil:
		return wire.ValidityIndicatorInvalid
	case !trusted:
		return wire.ValidityIndicatorUnknown
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return wire.ValidityIndicatorInvalid
	}
	return wire.ValidityIndicatorValid
}
