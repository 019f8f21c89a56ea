package vault

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// IssueSpec asks for a certificate, signed by a key of the vault.
type IssueSpec struct {
	Key       KeySpec // of the certificate as an object: its name and what is said of it
	Of        string  // name or id of the key whose public half is certified; "": the request's, which need not be here
	Signer    string  // name or id of the private key that signs
	Request   []byte  // a certificate request (PKCS #10, DER), whose signature proves that its maker has the key; nil: none, so Of is needed
	Subject   string  // common name where there is no request that has a subject; "": the key's name
	NotBefore key.Time
	NotAfter  key.Time // 0: a year after NotBefore, which is now if it is 0; ten for a key that certifies itself; as long as what it replaces. Never after its issuer's
	Replaces  string   // a certificate whose place the new one takes, for the same key: Key's names and Of may be left out then; "": none
	IfMatch   uint64   `cbor:",omitempty"` // revision of that certificate that the caller saw; 0: any
}

// maxIssued bounds how long a certificate of the vault is good.
const maxIssued = 10 * 366 * 24 * time.Hour

var opIssue = newWrite("key.issue", access.Create, issue)

// IssueCertificate makes a certificate that a key of the vault signs, and keeps it. The authority of the cluster's own certificates has no part in it:
// nobody logs into the cluster with what is issued so. It needs "issue" on the signer, which is not "sign" (who has that can sign any certificate), and, where a key of the vault is certified, "update" on that, which
// learns of the certificate in the same entry of the log; to replace another it needs "rotate" and "update" on that, which keeps all but its names, and is
// changed in the same entry, too. fault.BadState if that was replaced before, fault.Conflict if it is not as IfMatch says. Of a request, its subject and the
// names that it asks for (RFC 5280, 4.2.1.6) are taken over, and nothing else. fault.Invalid if the request does not prove its key, is for another, or asks
// to be an authority's, and if nobody who trusts the issuer would take the certificate; fault.BadState if the signer has no certificate to issue by.
func (v *Vault) IssueCertificate(ctx context.Context, c access.Caller, s IssueSpec) (*key.Record, error) {
	return opIssue.do(ctx, v, c, s)
}

func issue(ctx context.Context, t *task, in IssueSpec) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		if err == nil && in.Replaces != "" {
			err = t.link.replica.Outlast(ctx)
		}
		return r, err
	}
	if in.IfMatch != 0 && in.Replaces == "" {
		return nil, fault.New(fault.Invalid, "what is to be as it was seen is the certificate that is replaced, and there is none").WithHint("Say which certificate is replaced, or leave If-Match out.")
	}
	in.Key.Algorithm, in.Key.Type = key.X509, 0
	in.Key.Usage = 0
	r, err := recordOf(t, in.Key)
	if err != nil {
		return nil, err
	}
	r.Origin = key.Derived
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("signer", in.Signer)
	t.change("of", in.Of)
	if in.Replaces == "" || in.Key.Name != "" { // else it is asked under the name that it takes over
		if err := t.allow(access.OfKey(r)); err != nil {
			return nil, err
		}
	}
	for try := 0; ; try++ {
		out, err := t.issueOnce(ctx, r.Clone(), &in, try == 0)
		if errors.Is(err, fault.Conflict) && !in.stale(t.link.machine.State()) && try < maxRetries && ctx.Err() == nil {
			continue // one of the objects changed meanwhile
		}
		if err != nil {
			return nil, err
		}
		return t.result(out)
	}
}

func (t *task) issueOnce(ctx context.Context, r *key.Record, in *IssueSpec, first bool) (fsm.Outcome, error) {
	signer, err := t.findAlso(access.Issue, in.Signer)
	if err != nil {
		return fsm.Outcome{}, err
	}
	var of, old *key.Record
	if in.Replaces != "" {
		if old, err = t.replacedBy(r, in); err != nil {
			return fsm.Outcome{}, err
		}
	}
	if in.Of != "" {
		if of, err = t.findAlso(access.Update, in.Of); err != nil {
			return fsm.Outcome{}, err
		}
		if of.State.Permits(key.ToCertify) != key.Allowed {
			return fsm.Outcome{}, fault.New(fault.BadState, "key %s is %s and takes no certificate", nameOf(of), of.State)
		}
	}
	if first {
		if err := t.intend(); err != nil {
			return fsm.Outcome{}, err
		}
	}
	der, err := t.signCertificate(ctx, signer, of, old, *in)
	if err != nil {
		return fsm.Outcome{}, err
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if err := t.keepImported(ctx, r, &r.Versions[0], der, made.RawSubjectPublicKeyInfo, ""); err != nil {
		return fsm.Outcome{}, err
	}
	if of != nil {
		kind := key.LinkPublic
		if of.Type == key.PrivateKey {
			kind = key.LinkPrivate
		}
		r.Links = append(r.Links, key.Link{Kind: kind, To: of.ID})
	}
	if _, err := t.keys.stamp(r); err != nil {
		return fsm.Outcome{}, err
	}
	switch {
	case old != nil:
		return t.proposeReplacement(ctx, of, old, r)
	case of == nil:
		return t.propose(ctx, &fsm.CreateKey{Record: r})
	}
	cmd := &fsm.CertifyKey{Change: fsm.Change{ID: of.ID, Expect: of.Revision, Updated: t.v.now(t.link.machine.State())}, Certificate: r}
	mac, err := t.keys.change(of, cmd.Next)
	if err != nil {
		return fsm.Outcome{}, err
	}
	cmd.SetMAC(mac)
	return t.propose(ctx, cmd)
}

// signCertificate makes the certificate's DER.
func (t *task) signCertificate(ctx context.Context, signer, of, old *key.Record, in IssueSpec) ([]byte, error) {
	c, public, err := t.certificateOf(of, in)
	if err == nil && old != nil {
		err = t.renew(c, of, old, public, in)
	}
	if err != nil {
		return nil, err
	}
	ver := signer.Latest()
	if ver == nil || signer.Type != key.PrivateKey || len(ver.Public) == 0 {
		return nil, fault.New(fault.Invalid, "key %s signs no certificates", nameOf(signer)).WithHint("Name a key pair for signing: rsa-…, ecdsa-… or ed25519.")
	}
	own, err := x509.ParsePKIXPublicKey(ver.Public)
	if err != nil {
		return nil, err
	}
	parent := c
	if spki, err := x509.MarshalPKIXPublicKey(public); err == nil && bytes.Equal(spki, ver.Public) { // it certifies itself, as the root of what it signs
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
		c.MaxPathLenZero = true // no authority is made under it
		if in.NotAfter == 0 && old == nil {
			c.NotAfter = c.NotBefore.Add(10 * 365 * 24 * time.Hour)
		}
	} else if parent, err = t.issuer(signer); err != nil {
		return nil, err
	} else if err := within(c, parent); err != nil {
		return nil, err
	}
	o, err := t.use(ctx, key.ToSign, signer, ver, 1, 0)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(t.v.cfg.Random, c, parent, public, &certifier{o.key, own})
	var f *fault.Error
	if err != nil && !errors.As(err, &f) {
		return nil, fault.Wrap(fault.Invalid, err, "the certificate cannot be made")
	}
	if err != nil || parent == c {
		return der, err
	}
	return der, verifies(der, parent)
}

// within keeps a certificate's time to its issuer's. fault.Invalid if nothing is left of it.
func within(c, issuer *x509.Certificate) error {
	if c.NotBefore.Before(issuer.NotBefore) {
		c.NotBefore = issuer.NotBefore
	}
	if c.NotAfter.After(issuer.NotAfter) {
		c.NotAfter = issuer.NotAfter
	}
	if !c.NotBefore.Before(c.NotAfter) {
		return fault.New(fault.Invalid, "the certificate would begin after its issuer's ends, at %s", issuer.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// verifies refuses a certificate that nobody who trusts its issuer would take: for the names that the issuer may not certify, above all.
func verifies(der []byte, issuer *x509.Certificate) error {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(issuer)
	_, err = c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: c.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the issuer's certificate is not good for this one: %v", err)
	}
	return nil
}

// certificateOf is the certificate that is asked for, without its issuer, and the key that it is for.
func (t *task) certificateOf(of *key.Record, in IssueSpec) (*x509.Certificate, any, error) {
	serial := make([]byte, 16)
	if _, err := io.ReadFull(t.v.cfg.Random, serial); err != nil {
		return nil, nil, err
	}
	serial[0] &= 0x7f
	c := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial), BasicConstraintsValid: true}
	if err := t.validity(c, in); err != nil {
		return nil, nil, err
	}
	var public any
	if of != nil {
		var err error
		v := of.Latest()
		if v == nil || len(v.Public) == 0 {
			return nil, nil, fault.New(fault.Invalid, "%s has no public key to certify", nameOf(of))
		}
		if public, err = x509.ParsePKIXPublicKey(v.Public); err != nil {
			return nil, nil, fault.New(fault.Invalid, "the public key of %s is of no kind that is certified", nameOf(of))
		}
		c.Subject, c.KeyUsage = pkix.Name{CommonName: nameOf(of)}, certifiedUses(of.Usage)
	}
	if in.Subject != "" {
		c.Subject = pkix.Name{CommonName: in.Subject}
	}
	if in.Request == nil {
		if of == nil {
			return nil, nil, fault.New(fault.Invalid, "a certificate is for a key or for a request, and neither is named")
		}
		return c, public, nil
	}
	q, err := x509.ParseCertificateRequest(in.Request)
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "the request is no certificate request (PKCS #10)")
	}
	if err := q.CheckSignature(); err != nil {
		return nil, nil, fault.New(fault.Invalid, "the signature of the certificate request is not good: its maker has not proved to have the key")
	}
	if of != nil && !bytes.Equal(q.RawSubjectPublicKeyInfo, of.Latest().Public) {
		return nil, nil, fault.New(fault.Invalid, "the certificate request is for another public key than that of %s", nameOf(of))
	}
	if asksForAuthority(q) {
		return nil, nil, fault.New(fault.Invalid, "the certificate request asks for a certificate of an authority (basic constraints); none is issued for a request")
	}
	if len(q.Subject.Names) > 0 {
		c.RawSubject = q.RawSubject
	}
	if of == nil {
		c.KeyUsage = x509.KeyUsageDigitalSignature
	}
	c.DNSNames, c.EmailAddresses, c.IPAddresses, c.URIs = q.DNSNames, q.EmailAddresses, q.IPAddresses, q.URIs
	return c, q.PublicKey, nil
}

func (t *task) validity(c *x509.Certificate, in IssueSpec) error {
	from := in.NotBefore
	if from == 0 {
		from = t.v.now(t.link.machine.State())
	}
	to := in.NotAfter
	if to == 0 {
		to = from.Add(365 * 24 * time.Hour)
	}
	if to <= from || to.Time().Sub(from.Time()) > maxIssued {
		return fault.New(fault.Invalid, "a certificate ends after it begins, and within ten years")
	}
	c.NotBefore, c.NotAfter = from.Time(), to.Time()
	return nil
}

// certifiedUses are the uses of a key as its certificate has them.
func certifiedUses(u key.Usage) (k x509.KeyUsage) {
	for use, bit := range map[key.Usage]x509.KeyUsage{
		key.Sign: x509.KeyUsageDigitalSignature, key.Verify: x509.KeyUsageDigitalSignature, key.Encrypt: x509.KeyUsageDataEncipherment, key.Decrypt: x509.KeyUsageDataEncipherment,
		key.Wrap: x509.KeyUsageKeyEncipherment, key.Unwrap: x509.KeyUsageKeyEncipherment, key.Agree: x509.KeyUsageKeyAgreement,
	} {
		if u&use != 0 {
			k |= bit
		}
	}
	return k
}

// asksForAuthority tells whether a request has basic constraints (RFC 5280, 4.2.1.9) that say CA, or that cannot be read.
func asksForAuthority(q *x509.CertificateRequest) bool {
	for _, e := range q.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 19}) {
			var b struct {
				CA   bool `asn1:"optional"`
				Most int  `asn1:"optional,default:-1"`
			}
			rest, err := asn1.Unmarshal(e.Value, &b)
			return err != nil || len(rest) > 0 || b.CA
		}
	}
	return false
}

// issuer is the certificate of a key that signs: the newest of those to which it, or its public half, has a link, that is for the key and can issue
// others now. fault.BadState if there is none.
func (t *task) issuer(signer *key.Record) (*x509.Certificate, error) {
	s := t.link.machine.State()
	look := []*key.Record{signer}
	for _, l := range signer.Links {
		if r := s.Key(l.To); l.Kind == key.LinkPublic && r != nil {
			look = append(look, r)
		}
	}
	const none = "it has none"
	why := none
	for _, r := range look {
		for i := len(r.Links) - 1; i >= 0; i-- { // the newest first
			c := s.Key(r.Links[i].To)
			if r.Links[i].Kind != key.LinkCertificate || c == nil || c.State.Gone() || c.Algorithm != key.X509 {
				continue
			}
			found, unfit, err := t.fitting(c, signer.Latest().Public, t.v.now(s).Time())
			if err != nil || found != nil {
				return found, err
			}
			if unfit == "" { // it is another key's
				continue
			}
			if why == none {
				why = nameOf(c) + " " + unfit
			}
		}
	}
	return nil, fault.New(fault.BadState, "key %s has no certificate with which it can issue others: %s", nameOf(signer), why).
		WithHint("Certify the key by itself (Certify of its public half, signed by it), or import the certificate that its authority gave it.")
}

// fitting is a stored certificate if a key issues by it; else unfit says why not, and is empty where the certificate is another key's. The error is of
// what was altered.
func (t *task) fitting(r *key.Record, public []byte, now time.Time) (c *x509.Certificate, unfit string, err error) {
	if err := t.authentic(r); err != nil {
		return nil, "", err
	}
	var der []byte
	err = t.material(r, r.Latest(), func(b []byte) error {
		der = bytes.Clone(b)
		return nil
	})
	switch {
	case errors.Is(err, fault.Internal) || errors.Is(err, fault.Sealed):
		return nil, "", err
	case err != nil:
		return nil, "cannot be opened", nil
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		return nil, "cannot be read", nil
	}
	if !bytes.Equal(c.RawSubjectPublicKeyInfo, public) {
		return nil, "", nil
	}
	if unfit = unfitIssuer(r, c, now); unfit != "" {
		return nil, unfit, nil
	}
	return c, "", nil
}

// unfitIssuer says why a certificate cannot be an issuer's; "" if it can (RFC 5280, 4.2.1.3, 4.2.1.9, 6.1).
func unfitIssuer(r *key.Record, c *x509.Certificate, now time.Time) string {
	switch {
	case r.Archived != 0:
		return "is archived"
	case r.State != key.Active:
		return "is " + r.State.String()
	case !c.BasicConstraintsValid || !c.IsCA:
		return "is no authority's (basic constraints)"
	case c.KeyUsage&x509.KeyUsageCertSign == 0:
		return "is not for signing certificates (key usage)"
	case now.Before(c.NotBefore):
		return "is not valid yet"
	case now.After(c.NotAfter):
		return "has expired"
	}
	return ""
}

// certifier is a key of the vault as crypto/x509 signs with it.
type certifier struct {
	key    *primitive.Key
	public crypto.PublicKey
}

func (c *certifier) Public() crypto.PublicKey { return c.public }

func (c *certifier) Sign(rnd io.Reader, input []byte, opts crypto.SignerOpts) ([]byte, error) {
	s := primitive.Scheme{Hash: opts.HashFunc(), Prehashed: opts.HashFunc() != 0}
	if _, ok := c.public.(interface{ Size() int }); ok { // RSA
		s.Padding = primitive.PKCS1v15
	}
	return c.key.Sign(rnd, input, s)
}
