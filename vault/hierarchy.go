package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A child is a key whose material a version of its parent wraps, and not the keyring. It opens only while every key above it
// may open its children: that is asked at each use and kept nowhere, so that a parent which goes out of use takes what is
// below it along at the same moment, on every node.

// childAAD binds a child's material to where it belongs: cluster, child, version, and the parent's version that wraps it. Its
// first eight bytes are no length that a message's context could have (binding), so nothing that a caller has a parent
// encrypt or decrypt can be taken for a child's material.
func (k *keyroom) childAAD(id key.ID, version uint32, parent key.ID, under uint32) []byte {
	aad := make([]byte, 0, 96)
	aad = append(aad, "quorate child material"...)
	aad = append(aad, k.cluster[:]...)
	aad = append(aad, id[:]...)
	aad = binary.BigEndian.AppendUint32(aad, version)
	aad = append(aad, parent[:]...)
	return binary.BigEndian.AppendUint32(aad, under)
}

// wrap seals material of a version of r: under the latest version of its parent, or under the keyring if it has none.
func (t *task) wrap(ctx context.Context, r *key.Record, version uint32, plain []byte) (key.Material, error) {
	if r.Parent.IsZero() {
		return t.keys.wrap(r.ID, version, plain)
	}
	p, err := t.mother(r)
	if err != nil {
		return key.Material{}, err
	}
	pv := p.Latest()
	o, err := t.use(ctx, key.ToHaveChild, p, pv, 1, uint64(len(plain)))
	if err != nil {
		return key.Material{}, err
	}
	sealed, err := o.key.Seal(t.v.cfg.Random, nil, plain, t.keys.childAAD(r.ID, version, p.ID, pv.Number))
	return key.Material{Parent: pv.Number, Sealed: sealed}, err
}

// mother is the parent of r as it is now, checked.
func (t *task) mother(r *key.Record) (*key.Record, error) {
	p := t.link.machine.State().Key(r.Parent)
	if p == nil {
		return nil, fault.New(fault.Internal, "the key %s, which wraps key %s, is not in the state", r.Parent, r.ID)
	}
	return p, t.authentic(p)
}

// material lends the plain material of a version of a record that find gave.
func (t *task) material(r *key.Record, ver *key.Version, use func(plain []byte) error) error {
	if r.Parent.IsZero() || len(ver.Material.Sealed) == 0 {
		return t.keys.unwrap(r, ver, use)
	}
	r, ver = t.rewrapped(r, ver)
	p, pv, err := t.above(r, ver)
	if err != nil {
		return err
	}
	o, err := t.open(p, pv)
	if err != nil {
		return err
	}
	plain, err := o.key.Open(bytes.Clone(ver.Material.Sealed), t.keys.childAAD(r.ID, ver.Number, p.ID, pv.Number)) // a copy: the record is shared
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the stored material of key %s version %d was altered", r.ID, ver.Number).
			WithHint("Do not trust this node's disk: stop it, keep its directory for examination, and join it again empty.")
	}
	defer clear(plain)
	return use(plain)
}

// rewrapped is a version as the state has it now, if nothing but what wraps it has changed since r was found: what wrapped it
// then may be destroyed already.
func (t *task) rewrapped(r *key.Record, ver *key.Version) (*key.Record, *key.Version) {
	if now := t.link.machine.State().Key(r.ID); now != nil && now.Revision == r.Revision {
		return now, now.Version(ver.Number)
	}
	return r, ver
}

// above is the version of r's parent that wraps ver. fault.BadState while it does not open children.
func (t *task) above(r *key.Record, ver *key.Version) (*key.Record, *key.Version, error) {
	p, err := t.mother(r)
	if err != nil {
		return nil, nil, err
	}
	pv := p.Version(ver.Material.Parent)
	if pv == nil || ver.Material.Parent == 0 {
		return nil, nil, fault.New(fault.Internal, "version %d of key %s names version %d of its parent, which there is not", ver.Number, r.ID, ver.Material.Parent)
	}
	return p, pv, t.opensChildren(p, pv)
}

// opensChildren asks the states of a key and of one of its versions. The lowest version for decryption has no say: it is about
// what callers keep. The cluster itself opens what a compromised version wraps, to get it away from there.
func (t *task) opensChildren(p *key.Record, pv *key.Version) error {
	if err := onLine(p); err != nil {
		return err
	}
	switch p.Permits(pv, key.ToOpenChild) {
	case key.Allowed:
		return nil
	case key.ByPolicy:
		if t.caller.Kind == access.BySelf {
			return nil
		}
		return t.openCompromised(p, pv)
	default:
		return outOfUse(key.ToOpenChild, purposes[key.ToOpenChild], p, pv)
	}
}

// lineage asks every key above a version whether it opens its children now.
func (t *task) lineage(r *key.Record, ver *key.Version) error {
	for r, ver = t.rewrapped(r, ver); !r.Parent.IsZero() && len(ver.Material.Sealed) > 0; {
		p, pv, err := t.above(r, ver)
		if err != nil {
			return err
		}
		r, ver = p, pv
	}
	return nil
}

// allowed asks the policies about another action that the operation comes to.
func (t *task) allowed(a access.Action, r access.Resource) error {
	other := *t
	other.action = a
	return other.allow(r)
}

// findAs finds another key that the operation needs, and asks whether the caller may do a to it.
func (t *task) findAs(a access.Action, ref string) (*key.Record, error) {
	other := *t
	other.action = a
	return other.find(ref)
}

// adopter finds the key under which r is to be put, and asks whether the caller may put it there.
func (t *task) adopter(ref string, r *key.Record) (*key.Record, error) {
	p, err := t.findAs(access.Adopt, ref)
	if err != nil {
		return nil, err
	}
	t.change("parent", nameOf(p))
	if err := fitParent(p); err != nil {
		return nil, err
	}
	return p, staysBelow(p, r.Exportable)
}

// putUnder makes the key ref the parent of a record that is to be written; "" is none.
func (t *task) putUnder(ref string, r *key.Record) error {
	if ref == "" {
		return nil
	}
	p, err := t.adopter(ref, r)
	if err != nil {
		return err
	}
	r.Parent = p.ID
	return nil
}

func fitParent(p *key.Record) error {
	if !p.Algorithm.Traits().AEAD {
		return fault.New(fault.Invalid, "key %s of algorithm %s cannot be a parent", nameOf(p), p.Algorithm).
			WithHint("Parents are of aes-256-gcm, aes-192-gcm, aes-128-gcm or chacha20-poly1305.")
	}
	return nil
}

// staysBelow refuses to let an exportable key wrap one that is not: whoever exported it could open the other, out of a node's
// files or a snapshot. So nothing above a key that stays may leave. fault.Denied.
func staysBelow(p *key.Record, exportable bool) error {
	if p.Exportable && !exportable {
		return fault.New(fault.Denied, "key %s is exportable and cannot wrap a key that is not: who exports it could open the other", nameOf(p)).
			WithHint("Choose a parent that is not exportable, or none.")
	}
	return nil
}

// again tells whether a change of a child is to be made anew because its parent was rotated meanwhile.
func again(ctx context.Context, r *key.Record, err error, try int) bool {
	return errors.Is(err, fault.Conflict) && !r.Parent.IsZero() && try < maxRetries && ctx.Err() == nil
}

type moveIn struct {
	Ref, Parent string
	IfMatch     uint64
}

var opMoveKey = newWrite("key.move", access.Update, moveKey)

// MoveKey gives a key another parent, or none (""): all its versions are wrapped anew, with it moves what is below it. The
// caller needs "update" on the key and "adopt" on the parent. fault.Invalid for a parent below the key.
func (v *Vault) MoveKey(ctx context.Context, c access.Caller, ref, parent string, ifMatch uint64) (*key.Record, error) {
	return opMoveKey.do(ctx, v, c, moveIn{ref, parent, ifMatch})
}

func moveKey(ctx context.Context, t *task, in moveIn) (*key.Record, error) {
	return t.amend(ctx, in.Ref, in.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if isDual(r) {
			return nil, fault.New(fault.Denied, "key %s opens only with its key-encrypting key and takes no parent", nameOf(r))
		}
		if err := onLine(r); err != nil {
			return nil, err
		}
		if r.State.Permits(key.ToMove) != key.Allowed {
			return nil, fault.New(fault.BadState, "key %s is %s: there is nothing left to wrap", nameOf(r), r.State)
		}
		to := *r
		to.Parent = key.ID{}
		if in.Parent != "" {
			p, err := t.adopter(in.Parent, r)
			if err != nil {
				return nil, err
			}
			to.Parent = p.ID
		}
		cmd := &fsm.Reparent{Change: ch, Parent: to.Parent}
		for i := range r.Versions {
			ver := &r.Versions[i]
			if len(ver.Material.Sealed) == 0 {
				continue
			}
			if err := t.material(r, ver, func(plain []byte) error {
				m, err := t.wrap(ctx, &to, ver.Number, plain)
				cmd.Materials = append(cmd.Materials, fsm.NewMaterial{Version: ver.Number, Material: m})
				return err
			}); err != nil {
				return nil, err
			}
		}
		return cmd, nil
	})
}
