package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// RegisterSpec brings an object in as it is, for doors that clients trust with plain material.
type RegisterSpec struct {
	Key      KeySpec // its Algorithm has no default here, and Parent is "": what is replaced keeps its own
	Material []byte  // as package primitive has it for the algorithm, of a public key its SubjectPublicKeyInfo; lent
	ID       key.ID  // that it is to have; zero: any
	Replace  bool    // with ID: what has that id is replaced, if the caller may destroy it; nothing of it is left
	Force    bool    // with Replace: also what was used lately, as a Destruction has it
}

// registerIn is a registration as it crosses nodes: the material was sealed where it came in.
type registerIn struct {
	Key    KeySpec
	ID     key.ID       // the sealed material is bound to it
	Sealed key.Material // by the keyring

	Replace bool `cbor:",omitempty"`
	Force   bool `cbor:",omitempty"`
}

// PairSpec asks for a key pair as two objects.
type PairSpec struct {
	Private KeySpec
	Public  KeySpec // its Algorithm is the private key's

	Kept KeptPair // unless zero: a pair that is made to be kept and taken out; both halves are opaque objects, with the types of a pair
}

// KeptPair is a kind of pair that the vault makes and does not use, as package primitive has them.
type KeptPair = primitive.KeptPair

// Pair is the two objects of a key pair. Each has a link to the other.
type Pair struct {
	Private, Public *key.Record
}

var (
	opRegisterKey = newWrite("key.register", access.Import, registerKey)
	opCreatePair  = newWrite("key.create-pair", access.Create, createPair)
)

// RegisterKey keeps material that came in plain. The node that was asked seals it before anything else is done with it, so it crosses
// no node link. fault.Exists if the name is taken, fault.Invalid for what is no sound key of the algorithm. fault.Exists, too, for an ID
// that is taken, if that is not to be replaced.
func (v *Vault) RegisterKey(ctx context.Context, c access.Caller, s RegisterSpec) (*key.Record, error) {
	in := registerIn{Key: s.Key, ID: s.ID, Replace: s.Replace, Force: s.Force}
	if _, k, err := v.opened(); err == nil { // a sealed node is refused, and that recorded, by what follows
		if in.ID.IsZero() {
			if in.ID, err = key.NewID(v.cfg.Random); err != nil {
				return nil, err
			}
		}
		if in.Sealed, err = k.wrap(in.ID, 1, s.Material); err != nil {
			return nil, err
		}
	}
	return opRegisterKey.do(ctx, v, c, in)
}

func registerKey(ctx context.Context, t *task, in registerIn) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	r, err := recordOf(t, in.Key)
	if err != nil {
		return nil, err
	}
	if in.Key.Parent != "" {
		return nil, fault.New(fault.Invalid, "what is registered is put under no parent").WithHint("Move it afterwards, or import it wrapped.")
	}
	r.Origin = key.Imported
	if r.Name == givenName(r.ID) {
		r.Name = givenName(in.ID)
	}
	r.ID = in.ID
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	old, err := t.replaced(r, in.Replace, in.Force)
	if err != nil {
		return nil, err
	}
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if other := t.link.machine.State().Key(r.ID); old == nil && other != nil {
		if t.allowed(access.Read, access.OfKey(other)) != nil { // he is told what he is told where he may not import
			return nil, fault.New(fault.Denied, "no policy permits %s to %s this", t.caller.Principal, t.action)
		}
		return nil, fault.New(fault.Exists, "the id %s is taken", r.ID)
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		r = r.Clone() // what was proposed is not changed any more
		made, err := t.register(ctx, r, old, in.Sealed)
		if !again(ctx, r, err, try) || t.changed(old) {
			return made, err
		}
	}
}

// register is one try to commit r with what was sealed where it came in, in the place of old if that is not nil.
func (t *task) register(ctx context.Context, r, old *key.Record, came key.Material) (*key.Record, error) {
	ver := &r.Versions[0]
	sealed := key.Version{Number: 1, State: ver.State, Material: came}
	err := t.keys.unwrap(r, &sealed, func(plain []byte) error { // sealed anew, under the newest term or the parent
		public, err := checkMaterial(r, plain)
		if err != nil {
			return err
		}
		return t.keepImported(ctx, r, ver, plain, public, "")
	})
	if err != nil {
		return nil, err
	}
	if old == nil {
		return t.create(ctx, r)
	}
	if _, err := t.keys.stamp(r); err != nil {
		return nil, err
	}
	out, err := t.propose(ctx, &fsm.CreateKey{Record: r, Replaces: old.Revision})
	if err != nil {
		return nil, err
	}
	return t.result(out)
}

// changed tells whether a record, unless it is nil, is no longer the key's.
func (t *task) changed(r *key.Record) bool {
	if r == nil {
		return false
	}
	now := t.link.machine.State().Key(r.ID)
	return now == nil || now.Revision != r.Revision
}

// replaced is the key that a new one takes the place of, with its id, its name, its owner and its parent; nil if there is none, or none is to be replaced.
// All is asked that is asked of whoever deactivates it and destroys it at once. Versions go on counting, so that no old material fits a new
// one's place.
func (t *task) replaced(r *key.Record, replace, force bool) (*key.Record, error) {
	if !replace || t.link.machine.State().Key(r.ID) == nil {
		return nil, nil //nolint:nilnil // nothing to replace is no error
	}
	old, err := t.findAs(access.Destroy, r.ID.String())
	if err != nil {
		return nil, err
	}
	if err := t.mayReplace(old, force); err != nil {
		return nil, err
	}
	if !old.Parent.IsZero() && !old.State.Gone() { // it stays with whoever may put keys there
		if err := t.putUnder(old.Parent.String(), r); err != nil {
			return nil, err
		}
	}
	r.Name, r.Owner, r.Revision = old.Name, old.Owner, old.Revision+1
	t.entry.KeyName = r.Name
	t.change("replaces", "revision "+strconv.FormatUint(old.Revision, 10))
	if latest := old.Latest(); latest != nil {
		r.Versions[0].Number = latest.Number + 1
	}
	return old, nil
}

// mayReplace refuses to put something in the place of what could not be destroyed now.
func (t *task) mayReplace(old *key.Record, force bool) error {
	if err := onLine(old); err != nil {
		return err
	}
	if err := notOwn(old.Name); err != nil {
		return err
	}
	if isDual(old) {
		return fault.New(fault.Invalid, "key %s is bound to its key-encrypting key and is not replaced", nameOf(old))
	}
	if old.State == key.Active || old.State == key.Suspended {
		if err := t.alsoAllow(access.Deactivate, old); err != nil {
			return err
		}
	}
	if force || old.State.Gone() {
		return nil // or its material ended before
	}
	return t.v.guard(old, 0, t.v.now(t.link.machine.State()))
}

// ForeignID is the id of an object that another system calls by a name of its own: always the same one, of version 8 (RFC 9562).
func ForeignID(name string) key.ID {
	sum := sha256.Sum256([]byte("quorate foreign id\x00" + name))
	id := key.ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// checkMaterial tells whether material is a sound key of the record's algorithm, and returns its public half.
func checkMaterial(r *key.Record, material []byte) (public []byte, err error) {
	if r.Type != key.PublicKey {
		return primitive.Check(r.Algorithm, material)
	}
	if r.Algorithm == key.Opaque {
		return nil, nil
	}
	_, err = primitive.OpenPublic(r.Algorithm, material)
	return append(make([]byte, 0, len(material)), material...), err
}

// openMaterial makes a record's material ready for use.
func openMaterial(r *key.Record, material []byte) (*primitive.Key, error) {
	if r.Type == key.PublicKey && r.Algorithm != key.Opaque {
		return primitive.OpenPublic(r.Algorithm, material)
	}
	return primitive.Open(r.Algorithm, material)
}

// CreatePair makes a key pair as two objects that are linked, in one entry of the log.
func (v *Vault) CreatePair(ctx context.Context, c access.Caller, s PairSpec) (*Pair, error) {
	p, err := opCreatePair.do(ctx, v, c, s)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

func createPair(ctx context.Context, t *task, in PairSpec) (Pair, error) {
	if first, done, err := t.before(); done || err != nil {
		if err != nil {
			return Pair{}, err
		}
		return t.pair(first)
	}
	private, public, err := pairRecords(t, in)
	if err != nil {
		return Pair{}, err
	}
	t.entry.Key, t.entry.KeyName = private.ID, private.Name
	t.change("algorithm", private.Algorithm.String())
	t.change("public", public.Name)
	for _, r := range []*key.Record{private, public} {
		if err := t.allow(access.OfKey(r)); err != nil {
			return Pair{}, err
		}
	}
	if err := t.intend(); err != nil {
		return Pair{}, err
	}
	if err := t.drawPair(ctx, in.Kept, private, public); err != nil {
		return Pair{}, err
	}
	for _, r := range []*key.Record{private, public} {
		if _, err := t.keys.stamp(r); err != nil {
			return Pair{}, err
		}
	}
	out, err := t.propose(ctx, &fsm.CreateKeys{Records: []*key.Record{private, public}})
	if err != nil {
		return Pair{}, err
	}
	return t.pair(out)
}

// drawPair gives the halves of a pair their material.
func (t *task) drawPair(ctx context.Context, kept KeptPair, private, public *key.Record) (err error) {
	if kept != (KeptPair{}) {
		if kept.RSABits > 0 {
			done, err := t.search(ctx)
			if err != nil {
				return err
			}
			defer done()
		}
		pkcs8, spki, err := primitive.GenerateKept(kept, t.v.cfg.Random)
		defer clear(pkcs8)
		if err != nil {
			return err
		}
		return errors.Join(t.keep(private, &private.Versions[0], pkcs8, nil), t.keep(public, &public.Versions[0], spki, nil))
	}
	if private.Versions[0], err = t.generate(ctx, private, private.Versions[0], 0); err != nil {
		return err
	}
	spki := private.Versions[0].Public
	return t.keep(public, &public.Versions[0], spki, spki)
}

// pairRecords are the two records, linked, without material.
func pairRecords(t *task, in PairSpec) (private, public *key.Record, err error) {
	record := newRecord
	if in.Kept != (KeptPair{}) {
		record = recordOf
		in.Private.Algorithm, in.Private.Type = key.Opaque, key.PrivateKey
	}
	if private, err = record(t, in.Private); err != nil {
		return nil, nil, err
	}
	if private.Algorithm.Traits().Type != key.PrivateKey && private.Algorithm != key.Opaque {
		return nil, nil, fault.New(fault.Invalid, "keys of algorithm %s are no pairs", private.Algorithm)
	}
	in.Public.Algorithm, in.Public.Type = private.Algorithm, key.PublicKey
	if public, err = record(t, in.Public); err != nil {
		return nil, nil, err
	}
	private.Links = append(private.Links, key.Link{Kind: key.LinkPublic, To: public.ID})
	public.Links = append(public.Links, key.Link{Kind: key.LinkPrivate, To: private.ID})
	return private, public, nil
}

// pair is the two objects of a pair as they are after the operation that made them, its first the private key.
func (t *task) pair(out fsm.Outcome) (p Pair, err error) {
	s := t.link.machine.State()
	private := s.Key(out.Object)
	if private == nil {
		return Pair{}, fault.New(fault.NotFound, "the key pair that this request made was purged since")
	}
	for _, l := range private.Links {
		if r := s.Key(l.To); l.Kind == key.LinkPublic && r != nil {
			p.Public = t.v.shown(r)
		}
	}
	if p.Public == nil {
		return Pair{}, fault.New(fault.NotFound, "the public key that this request made was purged since")
	}
	if err := errors.Join(t.allow(access.OfKey(private)), t.allow(access.OfKey(p.Public))); err != nil {
		return Pair{}, fault.Of(err)
	}
	t.entry.Key, t.entry.KeyName = private.ID, private.Name
	p.Private = t.v.shown(private)
	return p, nil
}

// givenName is what an object is called that came without a name.
func givenName(id key.ID) string { return "kmip/" + id.String() }

// fitType refuses an object type that an algorithm has nothing to do with. A secret or an opaque object is kept as whatever KMIP calls it.
func fitType(a key.Algorithm, t key.ObjectType) error {
	own := a.Traits().Type
	switch {
	case t == 0, t == own, t == key.PublicKey && own == key.PrivateKey, a == key.Secret, a == key.Opaque:
		return nil
	}
	return fault.New(fault.Invalid, "an object of algorithm %s has another type than that", a)
}
