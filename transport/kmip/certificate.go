package kmip

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"unicode/utf8"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
)

// signedBy are what the protocol calls the signature algorithms of certificates.
var signedBy = map[x509.SignatureAlgorithm]wire.DigitalSignatureAlgorithm{
	x509.MD5WithRSA: wire.DigitalSignatureAlgorithmMD5WithRSAEncryption, x509.SHA1WithRSA: wire.DigitalSignatureAlgorithmSHA_1WithRSAEncryption,
	x509.SHA256WithRSA: wire.DigitalSignatureAlgorithmSHA_256WithRSAEncryption, x509.SHA384WithRSA: wire.DigitalSignatureAlgorithmSHA_384WithRSAEncryption,
	x509.SHA512WithRSA: wire.DigitalSignatureAlgorithmSHA_512WithRSAEncryption, x509.DSAWithSHA1: wire.DigitalSignatureAlgorithmDSAWithSHA_1,
	x509.SHA256WithRSAPSS: wire.DigitalSignatureAlgorithmRSASSA_PSS, x509.SHA384WithRSAPSS: wire.DigitalSignatureAlgorithmRSASSA_PSS, x509.SHA512WithRSAPSS: wire.DigitalSignatureAlgorithmRSASSA_PSS,
	x509.ECDSAWithSHA1: wire.DigitalSignatureAlgorithmECDSAWithSHA_1, x509.ECDSAWithSHA256: wire.DigitalSignatureAlgorithmECDSAWithSHA256,
	x509.ECDSAWithSHA384: wire.DigitalSignatureAlgorithmECDSAWithSHA384, x509.ECDSAWithSHA512: wire.DigitalSignatureAlgorithmECDSAWithSHA512,
}

// mostNames bounds what is kept of a certificate's names, in bytes: all attributes of an object share one limit. What is longer stands in the certificate alone.
const mostNames = 1024

// describeCertificate keeps what a certificate says of itself as the attributes of its object (KMIP 1.4, sections 3.8 to 3.16; 2.1, section 4.9 on): those of
// 1.0, which are text, and those of later versions, which are DER.
func describeCertificate(s *vault.KeySpec, c *x509.Certificate) error {
	keep := func(t wire.Tag, write func(e *ttlv.Encoder)) error {
		var e ttlv.Encoder
		write(&e)
		return attach(s, t.Name(), &e)
	}
	structure := func(t wire.Tag, fields func(e *ttlv.Encoder)) error {
		return keep(t, func(e *ttlv.Encoder) { e.Structure(t, func() { fields(e) }) })
	}
	serial, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		return err
	}
	subject, issuer := alternativeNames(c, 17), alternativeNames(c, 18)
	all := []error{
		keep(wire.TagCertificateType, func(e *ttlv.Encoder) { e.Enumeration(wire.TagCertificateType, uint32(wire.CertificateTypeX_509)) }),
		keep(wire.TagCertificateLength, func(e *ttlv.Encoder) { e.Integer(wire.TagCertificateLength, int32(len(c.Raw))) }),
	}
	if a, bits := block.About(c.PublicKey); a != 0 {
		all = append(all, said(s, a, int32(bits)))
	}
	if a, ok := signedBy[c.SignatureAlgorithm]; ok {
		all = append(all, keep(wire.TagDigitalSignatureAlgorithm, func(e *ttlv.Encoder) { e.Enumeration(wire.TagDigitalSignatureAlgorithm, uint32(a)) }))
	}
	if len(c.RawSubject)+len(c.RawIssuer)+len(subject)+len(issuer) <= mostNames {
		all = append(all,
			structure(wire.TagX_509CertificateIdentifier, func(e *ttlv.Encoder) {
				e.Bytes(wire.TagIssuerDistinguishedName, c.RawIssuer)
				e.Bytes(wire.TagCertificateSerialNumber, serial)
			}),
			structure(wire.TagX_509CertificateSubject, func(e *ttlv.Encoder) {
				e.Bytes(wire.TagSubjectDistinguishedName, c.RawSubject)
				if len(subject) > 0 {
					e.Bytes(wire.TagSubjectAlternativeName, subject)
				}
			}),
			structure(wire.TagX_509CertificateIssuer, func(e *ttlv.Encoder) {
				e.Bytes(wire.TagIssuerDistinguishedName, c.RawIssuer)
				if len(issuer) > 0 {
					e.Bytes(wire.TagIssuerAlternativeName, issuer)
				}
			}),
			structure(wire.TagCertificateIdentifier, func(e *ttlv.Encoder) {
				e.Text(wire.TagIssuer, c.Issuer.String())
				e.Text(wire.TagSerialNumber, strings.ToUpper(c.SerialNumber.Text(16)))
			}),
			structure(wire.TagCertificateSubject, func(e *ttlv.Encoder) { e.Text(wire.TagCertificateSubjectDistinguishedName, c.Subject.String()) }),
			structure(wire.TagCertificateIssuer, func(e *ttlv.Encoder) { e.Text(wire.TagCertificateIssuerDistinguishedName, c.Issuer.String()) }))
	}
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// alternativeNames is the DER of a certificate's extension of alternative names (RFC 5280, 4.2.1.6 and 4.2.1.7); nil if it has none.
func alternativeNames(c *x509.Certificate, number int) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, number}) {
			return e.Value
		}
	}
	return nil
}

// nameParts are what 2.0 made attributes of a certificate's subject and issuer: one instance of each for each time that a name has that part.
var nameParts = []struct {
	part            string // its object identifier
	subject, issuer wire.Tag
}{
	{"2.5.4.3", wire.TagCertificateSubjectCN, wire.TagCertificateIssuerCN},
	{"2.5.4.10", wire.TagCertificateSubjectO, wire.TagCertificateIssuerO},
	{"2.5.4.11", wire.TagCertificateSubjectOU, wire.TagCertificateIssuerOU},
	{"1.2.840.113549.1.9.1", wire.TagCertificateSubjectEmail, wire.TagCertificateIssuerEmail},
	{"2.5.4.6", wire.TagCertificateSubjectC, wire.TagCertificateIssuerC},
	{"2.5.4.8", wire.TagCertificateSubjectST, wire.TagCertificateIssuerST},
	{"2.5.4.7", wire.TagCertificateSubjectL, wire.TagCertificateIssuerL},
	{"0.9.2342.19200300.100.1.1", wire.TagCertificateSubjectUID, wire.TagCertificateIssuerUID},
	{"2.5.4.5", wire.TagCertificateSubjectSerialNumber, wire.TagCertificateIssuerSerialNumber},
	{"2.5.4.12", wire.TagCertificateSubjectTitle, wire.TagCertificateIssuerTitle},
	{"0.9.2342.19200300.100.1.25", wire.TagCertificateSubjectDC, wire.TagCertificateIssuerDC},
	{"2.5.4.46", wire.TagCertificateSubjectDNQualifier, wire.TagCertificateIssuerDNQualifier},
}

// certificate is what 2.0 made attributes of a certificate's names (KMIP 2.1, section 4, Certificate Attributes). They are read from the names that are kept, so that
// certificates which came before have them too, and nothing is kept twice.
func (g *gathering) certificate() {
	subject := g.distinguished(wire.TagX_509CertificateSubject, wire.TagSubjectDistinguishedName)
	issuer := g.distinguished(wire.TagX_509CertificateIssuer, wire.TagIssuerDistinguishedName)
	for _, p := range nameParts {
		g.parts(p.subject, subject, p.part)
		g.parts(p.issuer, issuer, p.part)
	}
}

// distinguished is a name that is kept as DER in a field of an attribute; none where it is not kept, or is no name.
func (g *gathering) distinguished(t, field wire.Tag) (name pkix.RDNSequence) {
	for _, v := range attribute.Decode(g.r.Attributes[t.Name()]) {
		der, err := v.Item.Find(field).Bytes()
		if err != nil {
			return nil
		}
		if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) > 0 {
			return nil
		}
	}
	return name
}

// parts adds each part of a kind that a name has, in its order. What is no text stands in the whole name alone.
func (g *gathering) parts(t wire.Tag, name pkix.RDNSequence, part string) {
	index := 0
	for _, set := range name {
		for _, p := range set {
			text, ok := p.Value.(string)
			if !ok || !utf8.ValidString(text) || p.Type.String() != part {
				continue
			}
			g.all = append(g.all, instance{t, t.Name(), index, func(e *ttlv.Encoder, t wire.Tag) { e.Text(t, text) }})
			index++
		}
	}
}
