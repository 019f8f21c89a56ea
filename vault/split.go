package vault

import (
	"context"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// Sharing is how a key is split into parts, and SharingMethod by which of the methods that package primitive has.
type (
	Sharing       = primitive.Sharing
	SharingMethod = primitive.SharingMethod
)

// Methods of sharing.
const (
	SharingXOR    = primitive.SharingXOR
	SharingGF2_16 = primitive.SharingGF2_16
	SharingPrime  = primitive.SharingPrime
	SharingGF2_8  = primitive.SharingGF2_8
)

// SplitSpec asks for the parts of a key, each an object of its own.
type SplitSpec struct {
	Of      string        // the key that is split; "": a new one, which is kept nowhere but in its parts
	Fresh   key.Algorithm // of a new key
	Bits    int           // likewise, of a secret
	Sharing Sharing
	Parts   []KeySpec // as many as the sharing has; they are opaque objects, of the type split key unless they say otherwise
}

// JoinSpec asks for the key of which there are parts.
type JoinSpec struct {
	Key     KeySpec // its Algorithm has no default here, but where the parts say it
	Sharing Sharing // zero: what the parts say, which SplitKey made; they also say their numbers
	Parts   []JoinPart
	Bytes   int // how long the key is, which only a prime field does not tell; 0: it does not begin with a byte 0
}

// JoinPart is one part, and which of them it is.
type JoinPart struct {
	Ref    string
	Number uint32
}

var (
	opSplitKey = newWrite("key.split", access.Create, splitKey)
	opJoinKey  = newWrite("key.join", access.Create, joinKey)
)

// SplitKey makes parts of a key, in one entry of the log; the first comes first, and each is linked to the next. The leader does it: neither the key
// nor a part crosses a node link in plain. To split a key is to take it out: it needs "reveal" on it, and that it is exportable; the key itself stays
// as it is. Its parts have a link to it.
func (v *Vault) SplitKey(ctx context.Context, c access.Caller, s SplitSpec) ([]*key.Record, error) {
	return opSplitKey.do(ctx, v, c, s)
}

// JoinKey makes a key of its parts, which stay. It needs "reveal" on each, and that they are exportable, and "create" on the new key, which has a link
// to each. fault.Invalid if they are too few, do not belong together, or make no sound key of the algorithm.
func (v *Vault) JoinKey(ctx context.Context, c access.Caller, s JoinSpec) (*key.Record, error) {
	return opJoinKey.do(ctx, v, c, s)
}

// taken finds a key whose material is about to be used outside of it, for who may take it out, and lends that.
func (t *task) taken(ctx context.Context, ref string, use func(r *key.Record, plain []byte) error) error {
	r, err := t.findAlso(access.Reveal, ref)
	if err != nil {
		return err
	}
	if !r.Exportable || isDual(r) {
		return fault.New(fault.Denied, "key %s is not exportable", nameOf(r)).WithHint("Use it where it is, or make an exportable key.")
	}
	if err := leavesPlain(r); err != nil { // parts are opened by whoever has enough of them
		return err
	}
	ver := r.Latest()
	if err := t.mayTake(ctx, key.ToReveal, r, ver); err != nil {
		return err
	}
	return t.material(r, ver, func(plain []byte) error { return use(r, plain) })
}

func splitKey(ctx context.Context, t *task, in SplitSpec) ([]*key.Record, error) {
	first, done, err := t.before()
	if err != nil {
		return nil, err
	}
	if done {
		return t.parts(first)
	}
	if err := in.Sharing.Check(); err != nil {
		return nil, err
	}
	parts, err := partRecords(t, in)
	if err != nil {
		return nil, err
	}
	t.entry.Key, t.entry.KeyName = parts[0].ID, parts[0].Name
	t.change("of", in.Of)
	for _, r := range parts {
		if err := t.allow(access.OfKey(r)); err != nil {
			return nil, err
		}
	}
	if in.Of != "" {
		if _, err := t.findAlso(access.Reveal, in.Of); err != nil {
			return nil, err
		}
	}
	if err := in.Sharing.CheckField(); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	if err := t.share(ctx, in, parts); err != nil {
		return nil, err
	}
	for _, r := range parts {
		if _, err := t.keys.stamp(r); err != nil {
			return nil, err
		}
	}
	out, err := t.propose(ctx, &fsm.CreateKeys{Records: parts})
	if err != nil {
		return nil, err
	}
	return t.parts(out)
}

// partRecords are the records of parts, each linked to its neighbours, without material.
func partRecords(t *task, in SplitSpec) ([]*key.Record, error) {
	if len(in.Parts) != in.Sharing.Parts {
		return nil, fault.New(fault.Invalid, "%d parts are described, and %d are to be made", len(in.Parts), in.Sharing.Parts)
	}
	parts := make([]*key.Record, len(in.Parts))
	for i, s := range in.Parts {
		s.Algorithm = key.Opaque
		if s.Type == 0 {
			s.Type = key.SplitKey
		}
		var err error
		if parts[i], err = recordOf(t, s); err != nil {
			return nil, err
		}
		if i > 0 {
			parts[i].Links = append(parts[i].Links, key.Link{Kind: key.LinkPrevious, To: parts[i-1].ID})
			parts[i-1].Links = append(parts[i-1].Links, key.Link{Kind: key.LinkNext, To: parts[i].ID})
		}
		parts[i].Origin = key.Derived
	}
	return parts, nil
}

// share gives the parts their material.
func (t *task) share(ctx context.Context, in SplitSpec, parts []*key.Record) error {
	divide := func(algorithm key.Algorithm, plain []byte) error {
		shares, err := in.Sharing.Split(plain, t.v.cfg.Random)
		defer func() {
			for _, b := range shares {
				clear(b)
			}
		}()
		for i := range shares {
			if err == nil {
				s := in.Sharing
				err = SplitPart{s.Method, s.Parts, s.Threshold, uint32(i + 1), algorithm, len(plain), s.Prime}.mark(parts[i])
			}
			if err == nil {
				err = t.keep(parts[i], &parts[i].Versions[0], shares[i], nil)
			}
		}
		return err
	}
	if in.Of != "" {
		return t.taken(ctx, in.Of, func(r *key.Record, plain []byte) error {
			for _, p := range parts {
				p.Links = append(p.Links, key.Link{Kind: key.LinkBase, To: r.ID})
			}
			return divide(r.Algorithm, plain)
		})
	}
	if err := generatable(in.Fresh, in.Bits); err != nil {
		return err
	}
	plain, _, err := t.drawMaterial(ctx, in.Fresh, in.Bits)
	if err != nil {
		return err
	}
	defer clear(plain)
	for _, p := range parts {
		p.Origin = key.Generated
	}
	return divide(in.Fresh, plain)
}

// parts are the parts that a split made, from its first on.
func (t *task) parts(out fsm.Outcome) (all []*key.Record, err error) {
	s := t.link.machine.State()
	for next := out.Object; !next.IsZero() && len(all) < primitive.MaxParts; {
		r := s.Key(next)
		if r == nil {
			return nil, fault.New(fault.NotFound, "a part that this request made was purged since")
		}
		if err := t.allow(access.OfKey(r)); err != nil {
			return nil, err
		}
		all, next = append(all, t.v.shown(r)), key.ID{}
		for _, l := range r.Links {
			if l.Kind == key.LinkNext {
				next = l.To
			}
		}
	}
	return all, nil
}

func joinKey(ctx context.Context, t *task, in JoinSpec) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	if in.Sharing.Method == 0 && len(in.Parts) > 0 && len(in.Parts) <= primitive.MaxParts {
		if err := t.learn(&in); err != nil {
			return nil, err
		}
	}
	if err := in.Sharing.Check(); err != nil {
		return nil, err
	}
	if len(in.Parts) > in.Sharing.Parts {
		return nil, fault.New(fault.Invalid, "the key has %d parts, not %d", in.Sharing.Parts, len(in.Parts))
	}
	r, err := recordOf(t, in.Key)
	if err != nil {
		return nil, err
	}
	r.Origin = key.Derived
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	taken := make([]string, len(in.Parts))
	for i, p := range in.Parts {
		part, err := t.findAlso(access.Reveal, p.Ref)
		if err != nil {
			return nil, err
		}
		taken[i] = part.ID.String()
	}
	t.change("parts", strings.Join(taken, ","))
	if err := in.Sharing.CheckField(); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	parts := make([]primitive.Part, len(in.Parts))
	defer func() {
		for _, p := range parts {
			clear(p.Bytes)
		}
	}()
	for i, p := range in.Parts {
		err := t.taken(ctx, p.Ref, func(part *key.Record, plain []byte) error {
			parts[i] = primitive.Part{Number: p.Number, Bytes: append(make([]byte, 0, len(plain)), plain...)}
			r.Links = append(r.Links, key.Link{Kind: key.LinkBase, To: part.ID})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	plain, err := in.Sharing.Join(parts, in.Bytes)
	defer clear(plain)
	if err != nil {
		return nil, err
	}
	public, err := checkMaterial(r, plain)
	if err != nil {
		return nil, err
	}
	if err := t.keepImported(ctx, r, &r.Versions[0], plain, public, ""); err != nil {
		return nil, err
	}
	return t.create(ctx, r)
}
