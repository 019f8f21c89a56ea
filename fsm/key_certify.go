package fsm

import (
	"slices"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// CertifyKey adds a certificate as it stands in Certificate, as CreateKey adds a key, and links the key that it certifies to it. fault.Invalid
// unless the certificate links to that key, as its private or its public half.
type CertifyKey struct {
	Change                  // of the key that is certified
	Certificate *key.Record `cbor:"10,keyasint"`
}

// Op implements Command.
func (*CertifyKey) Op() string { return "key.certify" }

// Next gives the certified key's record as it will be.
func (c *CertifyKey) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	if !certifies(c.Certificate, old.ID) {
		return nil, fault.New(fault.Invalid, "what is to certify key %s is no certificate that links to it", title(old))
	}
	r.Links = append(r.Links, key.Link{Kind: key.LinkCertificate, To: c.Certificate.ID})
	return r, checkMetadata(r)
}

// certifies tells whether r is a certificate that links to key id, as its private or its public half.
func certifies(r *key.Record, id key.ID) bool {
	return r != nil && r.Type == key.Certificate && slices.ContainsFunc(r.Links, func(l key.Link) bool {
		return (l.Kind == key.LinkPrivate || l.Kind == key.LinkPublic) && l.To == id
	})
}

// Apply implements Command.
func (c *CertifyKey) Apply(d *Draft, env Env) (Result, error) {
	old := d.key(c.ID)
	if old == nil {
		return Result{}, noKey(c.ID)
	}
	r, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	made, err := (&CreateKey{Record: c.Certificate}).Apply(d, env)
	if err != nil {
		return Result{}, err
	}
	d.putKey(old, r)
	return made, nil
}
