package vault

import (
	"bytes"
	"context"
	"crypto/x509"
	"maps"
	"slices"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// stale tells whether the certificate that is to be replaced is another than the caller saw.
func (s *IssueSpec) stale(now *fsm.State) bool {
	if s.IfMatch == 0 {
		return false
	}
	r := lookup(now, s.Replaces)
	return r == nil || r.Revision != s.IfMatch
}

// replacedBy finds the certificate that r is to replace, gives r what it takes over of it, and completes what is asked for: the key that the old one
// is for, and an end as far away as the old one's was. The next try is about the same certificate, whatever has its name by then.
func (t *task) replacedBy(r *key.Record, in *IssueSpec) (*key.Record, error) {
	old, err := t.findAlso(access.Rotate, in.Replaces)
	if err != nil {
		return nil, err
	}
	if err := t.alsoAllow(access.Update, old); err != nil { // it is renamed
		return nil, err
	}
	if old.Algorithm != key.X509 || old.State.Gone() {
		return nil, fault.New(fault.Invalid, "%s is no certificate that can be replaced", nameOf(old))
	}
	t.change("replaces", nameOf(old))
	in.Replaces = old.ID.String()
	if in.IfMatch != 0 && in.IfMatch != old.Revision {
		return nil, fault.New(fault.Conflict, "the certificate %s is at revision %d, not %d", nameOf(old), old.Revision, in.IfMatch)
	}
	for _, l := range old.Links {
		if l.Kind == key.LinkReplacement {
			return nil, fault.New(fault.BadState, "the certificate %s was replaced before", nameOf(old)).WithHint("Its replacement is %s: replace that.", l.To)
		}
	}
	if err := onLine(old); err != nil {
		return nil, err
	}
	if old.Name != givenName(old.ID) {
		if named := in.Key.Name; named != "" && named != old.Name {
			return nil, fault.New(fault.Invalid, "what replaces %s takes over its name, and gets no other", nameOf(old)).WithHint("Leave the name out.")
		}
		r.Name = old.Name
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	if err := t.sameKey(old, in); err != nil {
		return nil, err
	}
	if err := t.takeOver(r, old, in); err != nil {
		return nil, err
	}
	return old, t.allow(access.OfKey(r))
}

// sameKey says of which key a certificate is that replaces another: the one to which that has a link, if it is here.
func (t *task) sameKey(old *key.Record, in *IssueSpec) error {
	var of *key.Record
	for _, l := range old.Links {
		if l.Kind != key.LinkPublic && (l.Kind != key.LinkPrivate || of != nil) {
			continue
		}
		if r := t.link.machine.State().Key(l.To); r != nil {
			of = r
		}
	}
	switch {
	case of == nil:
		return nil // it was for a request
	case in.Of == "":
		in.Of = of.ID.String()
		t.change("of", nameOf(of))
	default:
		if asked := lookup(t.link.machine.State(), in.Of); asked == nil || asked.ID != of.ID {
			return fault.New(fault.Invalid, "the certificate %s is another key's, and a certificate is replaced by one of the same key", nameOf(old)).WithHint("Leave the key out.")
		}
	}
	return nil
}

// takeOver gives r what was said of the certificate that it replaces, where nothing else is said of r (KMIP 1.4, section 4.8; 2.1, section 6.1.45): its
// names, which are its own from then on, its groups, tags, attributes and owner; dates only where r is to begin at a date, moved as far as that.
func (t *task) takeOver(r, old *key.Record, in *IssueSpec) error {
	r.Owner, r.RevealIdle = old.Owner, r.RevealIdle || old.RevealIdle
	r.Links = append(r.Links, key.Link{Kind: key.LinkReplaced, To: old.ID})
	if len(r.Names) == 0 {
		r.Names = old.Names
	}
	if len(r.Groups) == 0 {
		r.Groups = old.Groups
	}
	r.Tags = beside(r.Tags, old.Tags, nil)
	r.Attributes = beside(r.Attributes, old.Attributes, ofOneCertificate)
	if in.NotBefore == 0 {
		return nil
	}
	now := t.v.now(t.link.machine.State())
	begins, moved := in.NotBefore.Time().Sub(now.Time()), r.Clone()
	t.moveDates(moved, old, now, &begins)
	for to, at := range map[*key.Time]key.Time{&r.DeactivAt: moved.DeactivAt, &r.ProcessStart: moved.ProcessStart, &r.ProtectStop: moved.ProtectStop} {
		if *to == 0 {
			*to = at
		}
	}
	if r.State == key.PreActive && r.ActivateAt == 0 {
		r.ActivateAt = moved.ActivateAt
	}
	return checkDates(r, now, nil, given(r.DeactivAt), nil)
}

// beside is own with what it lacks of others, but for what skip tells. nil if there is nothing.
func beside[V any](own, others map[string]V, skip func(name string) bool) map[string]V {
	all := maps.Clone(own)
	for name, v := range others {
		if _, said := own[name]; said || skip != nil && skip(name) {
			continue
		}
		if all == nil {
			all = map[string]V{}
		}
		all[name] = v
	}
	return all
}

// ofOneCertificate tells of which attributes a certificate has its own, or none: what a door keeps for itself, and what the certificate says.
func ofOneCertificate(name string) bool {
	return slices.Contains(individual, name) || name == "Digital Signature Algorithm" ||
		strings.HasPrefix(name, ".") || strings.HasPrefix(name, "Certificate ") || strings.HasPrefix(name, "X.509 Certificate ")
}

// renew completes a certificate that replaces another by what that says: where there is no request it has the names of the old one, beside a subject
// that is asked for, and where no end is asked for it is good for as long. Of a key that is here it certifies the newest version, as any certificate that
// is issued; else it is for the same public key.
func (t *task) renew(c *x509.Certificate, of, old *key.Record, public any, in IssueSpec) error {
	return t.material(old, old.Latest(), func(der []byte) error {
		was, err := x509.ParseCertificate(bytes.Clone(der))
		if err != nil {
			return err
		}
		if of == nil {
			if spki, err := x509.MarshalPKIXPublicKey(public); err != nil || !bytes.Equal(spki, was.RawSubjectPublicKeyInfo) {
				return fault.New(fault.Invalid, "the certificate %s is for another public key, and a certificate is replaced by one for the same", nameOf(old)).
					WithHint("Have one issued for the new key that replaces nothing.")
			}
		}
		if in.NotAfter == 0 {
			c.NotAfter = c.NotBefore.Add(min(was.NotAfter.Sub(was.NotBefore), maxIssued))
		}
		if in.Request != nil {
			return nil
		}
		if in.Subject == "" {
			c.RawSubject = was.RawSubject
		}
		c.DNSNames, c.EmailAddresses, c.IPAddresses, c.URIs = was.DNSNames, was.EmailAddresses, was.IPAddresses, was.URIs
		return nil
	})
}

// proposeReplacement commits r in the place of old, and the change of the key that both are for, if it is here.
func (t *task) proposeReplacement(ctx context.Context, of, old, r *key.Record) (fsm.Outcome, error) {
	now := t.v.now(t.link.machine.State())
	it := fsm.Replacement{Change: fsm.Change{ID: old.ID, Expect: old.Revision, Updated: now}, By: r}
	var err error
	if it.Name, err = replacedName(old); err != nil {
		return fsm.Outcome{}, err
	}
	mac, err := t.keys.change(old, it.Next)
	if err != nil {
		return fsm.Outcome{}, err
	}
	it.SetMAC(mac)
	if of != nil {
		it.Certified = &fsm.Change{ID: of.ID, Expect: of.Revision, Updated: now}
		if mac, err = t.keys.change(of, it.NextCertified); err != nil {
			return fsm.Outcome{}, err
		}
		it.Certified.SetMAC(mac)
	}
	return t.propose(ctx, &fsm.ReplaceKeys{Items: []fsm.Replacement{it}})
}
