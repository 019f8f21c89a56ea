package fsm

import (
	"slices"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxReplace is how many keys one ReplaceKeys may replace: the halves of a pair.
const MaxReplace = 2

// ReplaceKeys adds keys in the place of others, which stay: each takes over the names of the one that it replaces, and both have a link to the
// other. All of them or none. Result.Object is the first that was added.
type ReplaceKeys struct {
	Items []Replacement `cbor:"1,keyasint"`
}

// Replacement is one key in the place of another. fault.Invalid unless the new key has the link to the old one, fault.BadState if that was
// replaced before, else as for CreateKey.
type Replacement struct {
	Change                // of the key that is replaced
	Name      string      `cbor:"10,keyasint,omitempty"` // that it has from now on
	By        *key.Record `cbor:"11,keyasint"`
	Certified *Change     `cbor:"12,keyasint,omitempty"` // of the key that both are certificates of, which learns of the new one; nil: there is none here
}

// Op implements Command.
func (*ReplaceKeys) Op() string { return "key.replace" }

// Revokes implements Revoker: policies may speak of the names that go over.
func (*ReplaceKeys) Revokes() bool { return true }

// Next gives the replaced key's record as it will be. Whether Name is free only Apply can tell.
func (c *Replacement) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	switch {
	case c.By == nil || !slices.Contains(c.By.Links, key.Link{Kind: key.LinkReplaced, To: old.ID}):
		return nil, fault.New(fault.Invalid, "what is to replace key %s has no link to it", title(old))
	case slices.ContainsFunc(old.Links, func(l key.Link) bool { return l.Kind == key.LinkReplacement }):
		return nil, fault.New(fault.BadState, "the key %s was replaced before", title(old))
	}
	if err := key.CheckName(c.Name); err != nil {
		return nil, err
	}
	r.Name, r.Names = c.Name, nil
	r.Links = append(r.Links, key.Link{Kind: key.LinkReplacement, To: c.By.ID})
	return r, checkMetadata(r)
}

// NextCertified gives the certified key's record as it will be: its link to the certificate that is replaced becomes one to the new, its newest.
// fault.Invalid unless the new one is a certificate that links to the key.
func (c *Replacement) NextCertified(old *key.Record) (*key.Record, error) {
	r, err := c.Certified.begin(old)
	if err != nil {
		return nil, err
	}
	if !certifies(c.By, old.ID) {
		return nil, fault.New(fault.Invalid, "what is to certify key %s is no certificate that links to it", title(old))
	}
	was := key.Link{Kind: key.LinkCertificate, To: c.ID}
	r.Links = append(slices.DeleteFunc(r.Links, func(l key.Link) bool { return l == was }), key.Link{Kind: key.LinkCertificate, To: c.By.ID})
	return r, checkMetadata(r)
}

// Apply implements Command.
func (c *ReplaceKeys) Apply(d *Draft, _ Env) (Result, error) {
	if len(c.Items) == 0 || len(c.Items) > MaxReplace {
		return Result{}, fault.New(fault.Invalid, "keys are replaced 1 to %d at a time, not %d", MaxReplace, len(c.Items))
	}
	olds, nexts := make([]*key.Record, len(c.Items)), make([]*key.Record, len(c.Items))
	labels := make(labelSet)
	for i := range c.Items {
		it := &c.Items[i]
		if olds[i] = d.key(it.ID); olds[i] == nil {
			return Result{}, noKey(it.ID)
		}
		var err error
		if nexts[i], err = it.Next(olds[i]); err != nil {
			return Result{}, err
		}
		if err := c.admit(d, i, olds[i]); err != nil {
			return Result{}, err
		}
		if err := labels.add(it.By); err != nil {
			return Result{}, err
		}
	}
	certified, linked, err := c.certified(d)
	if err != nil {
		return Result{}, err
	}
	for i := range c.Items { // names are given up before they are taken
		d.putKey(olds[i], nexts[i])
	}
	for i := range c.Items {
		d.putKey(nil, c.Items[i].By)
	}
	for i := range certified {
		d.putKey(certified[i], linked[i])
	}
	return Result{Object: c.Items[0].By.ID, Version: c.Items[0].By.Latest().Number, Revision: 1}, nil
}

// certified gives the keys that learn of new certificates, as they are and as they will be. None of them is changed beside that.
func (c *ReplaceKeys) certified(d *Draft) (olds, nexts []*key.Record, err error) {
	for i := range c.Items {
		it := &c.Items[i]
		if it.Certified == nil {
			continue
		}
		id := it.Certified.ID
		if slices.ContainsFunc(c.Items, func(o Replacement) bool { return o.ID == id }) || slices.ContainsFunc(olds, func(o *key.Record) bool { return o.ID == id }) {
			return nil, nil, fault.New(fault.Invalid, "the key %s is to be changed twice", id)
		}
		old := d.key(id)
		if old == nil {
			return nil, nil, noKey(id)
		}
		next, err := it.NextCertified(old)
		if err != nil {
			return nil, nil, err
		}
		olds, nexts = append(olds, old), append(nexts, next)
	}
	return olds, nexts, nil
}

// admit checks what a new key needs, and that names are free but for the old key's own.
func (c *ReplaceKeys) admit(d *Draft, i int, old *key.Record) error {
	it := &c.Items[i]
	if err := checkNewKey(it.By); err != nil {
		return err
	}
	if d.key(it.By.ID) != nil {
		return fault.New(fault.Exists, "the key id %s is taken", it.By.ID)
	}
	if other := d.keyByName(it.By.Name); it.By.Name != old.Name && other != nil {
		return nameTaken(it.By.Name)
	}
	if other := d.keyByName(it.Name); it.Name == it.By.Name || other != nil && other.ID != old.ID {
		return nameTaken(it.Name)
	}
	for j := range i {
		o := &c.Items[j]
		if o.ID == it.ID || o.By.ID == it.By.ID || o.By.Name == it.By.Name || o.Name == it.Name || o.Name == it.By.Name || o.By.Name == it.Name {
			return fault.New(fault.Exists, "a key or a name is twice among those to be replaced")
		}
	}
	if err := d.namesFree(it.By, old.ID); err != nil {
		return err
	}
	return wrappedWell(d, it.By, 1)
}
