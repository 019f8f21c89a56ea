package kmip

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"

	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// certify is Certify (KMIP 1.4, section 4.7; 2.1, section 6.1.6): a certificate for a public key, signed by the key of the vault that the configuration
// names. It opens no door of the cluster: the cluster's own authority signs nothing here.
func certify(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	request, err := x.certificateRequest(payload)
	if err != nil {
		return err
	}
	s, err := x.issueSpec(payload)
	if err != nil {
		return err
	}
	s.Request = request
	if named := payload.Find(wire.TagUniqueIdentifier).Present(); named || request == nil {
		if s.Of, err = x.object(payload); err != nil {
			return err
		}
		r, err := x.server.vault.Key(x.ctx, x.caller, s.Of)
		if err != nil {
			return err
		}
		switch {
		case r.Type == key.Request && request == nil: // the request itself is named
			s.Of = ""
			if s.Request, err = x.keptRequest(r.ID.String()); err != nil {
				return err
			}
		case r.Type != key.PublicKey && r.Type != key.PrivateKey:
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "an object of type %v is not certified; name a public key", wire.ObjectType(r.Type)))
		}
	}
	return x.issue(s, out)
}

// recertify is Re-certify (KMIP 1.4, section 4.8; 2.1, section 6.1.45): a new certificate for the key of one that there is, whose place it takes. What
// it takes over, and the links of all three objects, are the vault's.
func recertify(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	request, err := x.certificateRequest(payload)
	if err != nil {
		return err
	}
	s, err := x.issueSpec(payload)
	if err != nil {
		return err
	}
	s.Request = request
	if _, said := s.Key.Attributes[wire.TagOperationPolicyName.Name()]; !said {
		delete(s.Key.Tags, policy.Tag) // it stays under that of the one that it replaces
	}
	if s.Replaces, err = x.object(payload); err != nil {
		return err
	}
	if offset := payload.Find(wire.TagOffset); offset.Present() && s.NotBefore == 0 {
		d, err := offset.Interval()
		if err != nil {
			return err
		}
		s.NotBefore = x.now().Add(d)
	}
	return x.issue(s, out)
}

// issueSpec reads what both operations have in common. The dates of the object are those of the certificate.
func (x *exchange) issueSpec(payload ttlv.Item) (s vault.IssueSpec, err error) {
	if s.Signer = x.server.cfg.CertifyWith; s.Signer == "" {
		return s, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "no key of the vault is set to sign certificates: name one as kmip.certify_with in the configuration of each node"))
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return s, err
	}
	for t, to := range map[wire.Tag]*key.Time{wire.TagActivationDate: &s.NotBefore, wire.TagDeactivationDate: &s.NotAfter} {
		if v := all.find(t).value; v.Present() {
			if *to, err = dateOf(v); err != nil {
				return s, err
			}
		}
	}
	s.Key, err = x.spec(all, key.Certificate)
	return s, err
}

// issue has a certificate made, and keeps with it what it says of itself. The two steps are one entry of the log: see severalObjects.
func (x *exchange) issue(s vault.IssueSpec, out *ttlv.Encoder) error {
	r, err := x.server.vault.IssueCertificate(x.ctx, x.caller, s)
	if err != nil {
		return err
	}
	c, err := x.x509Of(r)
	if err != nil {
		return err
	}
	told := vault.KeySpec{}
	if err := describeCertificate(&told, c); err != nil {
		return err
	}
	if _, err := x.server.vault.UpdateKey(x.ctx, x.caller, r.ID.String(), vault.KeyPatch{Attributes: told.Attributes}); err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// certificateRequest is the request in a payload as PKCS #10: its bytes, or, in 2.x, an object. nil where there is none.
func (x *exchange) certificateRequest(payload ttlv.Item) ([]byte, error) {
	if id := payload.Find(wire.TagCertificateRequestUniqueIdentifier); id.Present() {
		ref, err := x.objectAt(id)
		if err != nil {
			return nil, err
		}
		return x.keptRequest(ref)
	}
	value := payload.Find(wire.TagCertificateRequestValue)
	if x.version.Before(wire.V20) {
		value = payload.Find(wire.TagCertificateRequest)
	}
	if !value.Present() {
		return nil, nil
	}
	b, err := value.Bytes()
	if err != nil {
		return nil, err
	}
	kind, err := payload.Find(wire.TagCertificateRequestType).Enumeration()
	if err != nil {
		return nil, err
	}
	return pkcs10(wire.CertificateRequestType(kind), bytes.Clone(b))
}

// keptRequest is a Certificate Request that is an object.
func (x *exchange) keptRequest(ref string) (der []byte, err error) {
	err = x.server.vault.Lend(x.ctx, x.caller, ref, 0, func(r *key.Record, _ uint32, material []byte) error {
		if r.Type != key.Request {
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the object is no certificate request"))
		}
		kind := uint32(wire.CertificateRequestTypePKCS_10)
		if m, err := ttlv.Decode(r.Attributes[keptObject], ttlv.Limits{}); err == nil {
			if kind, err = m.Root().Find(wire.TagCertificateRequestType).Enumeration(); err != nil {
				return err
			}
		}
		der, err = pkcs10(wire.CertificateRequestType(kind), bytes.Clone(material))
		return err
	})
	return der, err
}

// pkcs10 is a request of a type as PKCS #10 in DER.
func pkcs10(kind wire.CertificateRequestType, b []byte) ([]byte, error) {
	switch kind {
	case wire.CertificateRequestTypePKCS_10:
		return b, nil
	case wire.CertificateRequestTypePEM:
		if p, _ := pem.Decode(b); p != nil {
			return p.Bytes, nil
		}
		return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the certificate request is no PEM"))
	}
	return nil, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "certificate requests of type %v are not certified here; send PKCS_10 or PEM", kind))
}

// x509Of is the certificate that an object is. It is no secret: who may read the record may have it.
func (x *exchange) x509Of(r *key.Record) (*x509.Certificate, error) {
	if r.Algorithm != key.X509 {
		return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the object is no X.509 certificate"))
	}
	p, err := x.server.vault.PublicKey(x.ctx, x.caller, r.ID.String(), 0, "der")
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(p.Bytes)
}
