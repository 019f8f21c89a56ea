package kmip

import (
	"crypto/rand"
	"crypto/x509"
	"slices"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A PKCS #12 file is a private key with its certificates, under a password (KMIP 1.4, section 9.1.3.2.3; 2.1, section 11.23). Here it is taken apart: the key
// and each certificate are objects. The key has links to them (PKCS#12 Certificate Link, the first its own) and to the password, which is secret data
// (PKCS#12 Password Link). Get puts the file together anew, with AES-256 and 2,048 rounds or more of PBKDF2.

// mostCertificates bounds the files that come in.
const mostCertificates = 32

// unpacking lets one file be opened at a time: the rounds that it asks for keep a processor busy.
var unpacking = make(chan struct{}, 1)

// readPKCS12 takes a file apart: the key as a block, and its certificates, its own first, which are registered. The password is what an attribute links to.
//
// BUG: a file whose only key is in an encrypted content is refused. A file may keep a processor busy for some seconds, as many rounds within the bound as it has
// passwords to derive from, and others that come meanwhile wait.
func (x *exchange) readPKCS12(file []byte, all template) (k block.Key, certificates []*x509.Certificate, err error) {
	contents, encrypted, keyed, tooMany, err := unpack(file)
	switch {
	case err != nil:
		return k, nil, noPKCS12()
	case tooMany:
		return k, nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the PKCS #12 asks for more than %d rounds", mostPKCS12Rounds))
	case len(contents) > 2 || !slices.Contains(keyed, true):
		return k, nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a PKCS #12 has its key in a content that is not encrypted as a whole, and one more content at most").WithHint("Write it anew, as by openssl pkcs12 -export."))
	}
	links, err := linksAmong(all)
	if err != nil {
		return k, nil, err
	}
	select {
	case unpacking <- struct{}{}:
		defer func() { <-unpacking }()
	case <-x.ctx.Done():
		return k, nil, x.ctx.Err()
	}
	err = x.withPassword(links, func(password string) error {
		if at := slices.Index(encrypted, true); at >= 0 && at < slices.Index(keyed, true) { // a key in there would be opened before the other
			again, err := keyFirst(contents, keyed, password)
			if err != nil {
				return noPKCS12()
			}
			if _, _, _, err := pkcs12.DecodeChain(again, password); err != nil {
				return noPKCS12()
			}
		}
		private, own, chain, err := pkcs12.DecodeChain(file, password)
		if err != nil {
			return noPKCS12()
		}
		if certificates = append([]*x509.Certificate{own}, chain...); len(certificates) > mostCertificates {
			return fault.New(fault.TooLarge, "a PKCS #12 has %d certificates at most", mostCertificates)
		}
		k, err = block.OfPrivate(private)
		return err
	})
	return k, certificates, err
}

func noPKCS12() error {
	return because(wire.ResultReasonCryptographicFailure, fault.New(fault.Invalid, "it is no PKCS #12 with one private key and its certificate, or the password is another"))
}

// linksAmong are the links that a request gives.
func linksAmong(all template) ([]key.Link, error) {
	var values []attribute.Value
	for _, g := range all {
		if g.tag == wire.TagLink {
			values = append(values, attribute.Value{Item: g.value})
		}
	}
	return linksOf(values)
}

// withPassword lends the password to which one of the links leads.
func (x *exchange) withPassword(links []key.Link, use func(password string) error) error {
	for _, l := range links {
		if l.Kind == key.LinkPassword {
			return x.server.vault.Lend(x.ctx, x.caller, l.To.String(), 0, func(r *key.Record, _ uint32, b []byte) error {
				if r.Type != key.SecretData {
					return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a password is secret data"))
				}
				return use(string(b)) // as the library wants it: a copy that the collector has
			})
		}
	}
	return because(wire.ResultReasonMissingData, fault.New(fault.Invalid, "a PKCS #12 has a password: register that as Secret Data and give the key a PKCS#12 Password Link to it"))
}

// registerCertificates registers the certificates of a PKCS #12 and returns the links of its key to them.
func (x *exchange) registerCertificates(all []*x509.Certificate) (links []key.Link, err error) {
	for _, c := range all {
		s, err := x.spec(nil, key.Certificate)
		if err != nil {
			return nil, err
		}
		s.Algorithm = key.X509
		if err := describeCertificate(&s, c); err != nil {
			return nil, err
		}
		r, err := x.server.vault.RegisterKey(x.ctx, x.caller, vault.RegisterSpec{Key: s, Material: c.Raw})
		if err != nil {
			return nil, err
		}
		links = append(links, key.Link{Kind: key.LinkPKCS12, To: r.ID})
	}
	return links, nil
}

// writePKCS12 writes a private key, which is lent in the vault's form, as PKCS #12.
func (x *exchange) writePKCS12(out *ttlv.Encoder, r *key.Record, pkcs8 []byte) error {
	private, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil || r.Type != key.PrivateKey {
		return because(wire.ResultReasonKeyFormatTypeNotSupported, fault.New(fault.Invalid, "only private keys are given out as PKCS #12"))
	}
	chain, err := x.certificatesOf(r)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return because(wire.ResultReasonKeyFormatTypeNotSupported, fault.New(fault.Invalid, "a PKCS #12 has a certificate of the key, and there is none: give the key a PKCS#12 Certificate Link"))
	}
	return x.withPassword(r.Links, func(password string) error {
		file, err := pkcs12.Modern.WithRand(rand.Reader).Encode(private, chain[0], chain[1:], password)
		if err != nil {
			return because(wire.ResultReasonCryptographicFailure, fault.New(fault.Invalid, "the key cannot be written as PKCS #12"))
		}
		out.Bytes(wire.TagKeyMaterial, file)
		return nil
	})
}

// certificatesOf are the certificates of a private key, its own first: those of PKCS #12, or else the newest that its pair has.
func (x *exchange) certificatesOf(r *key.Record) (all []*x509.Certificate, err error) {
	links := slices.Clone(r.Links)
	for _, l := range r.Links {
		if l.Kind == key.LinkPublic {
			if half, err := x.server.vault.Key(x.ctx, x.caller, l.To.String()); err == nil { // who may not read it has what the private half says
				links = append(links, half.Links...)
			}
		}
	}
	of := func(kind key.LinkKind) error {
		for _, l := range links {
			if l.Kind != kind || len(all) >= mostCertificates {
				continue
			}
			c, err := x.server.vault.Key(x.ctx, x.caller, l.To.String())
			if err != nil {
				return err
			}
			parsed, err := x.x509Of(c)
			if err != nil {
				return err
			}
			all = append(all, parsed)
		}
		return nil
	}
	if err := of(key.LinkPKCS12); err != nil || len(all) > 0 {
		return all, err
	}
	err = of(key.LinkCertificate)
	return all[max(0, len(all)-1):], err
}
