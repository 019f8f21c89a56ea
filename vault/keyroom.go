package vault

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Labels under which the keyring authenticates and derives. Each serves one purpose only.
const (
	labelRecord  = "record"  // MAC of a key record
	labelToken   = "token"   // MAC of a token
	labelSecrets = "secrets" // what the members share, wrapped
	labelPolicy  = "policy"  // MAC of all policies
	labelStored  = "stored"  // MAC of a stored snapshot's name
	labelBearer  = "bearer"  // the secret half of a token, derived from its id
	labelCursor  = "cursor"  // seals places in lists at keys that the caller may not know of
)

// keyroom is what a node has while it is open.
type keyroom struct {
	opened  *seal.Opened
	ring    *seal.Keyring
	cluster [16]byte
}

// materialAAD binds wrapped material to where it belongs: cluster, key and version. The term is bound by the
// keyring, so that nothing can be moved between records, versions or clusters.
func (k *keyroom) materialAAD(id key.ID, version uint32) []byte {
	aad := make([]byte, 0, 64)
	aad = append(aad, "quorate material"...)
	aad = append(aad, k.cluster[:]...)
	aad = append(aad, id[:]...)
	return binary.BigEndian.AppendUint32(aad, version)
}

// wrap seals a version's material under the newest term.
func (k *keyroom) wrap(id key.ID, version uint32, plain []byte) (key.Material, error) {
	term, sealed, err := k.ring.Wrap(k.materialAAD(id, version), plain)
	if err != nil {
		return key.Material{}, fmt.Errorf("wrapping version %d: %w", version, err)
	}
	return key.Material{Term: term, Sealed: sealed}, nil
}

// unwrap lends the material of a version.
func (k *keyroom) unwrap(r *key.Record, v *key.Version, use func(plain []byte) error) error {
	if v.State.Gone() || len(v.Material.Sealed) == 0 {
		return fault.New(fault.BadState, "version %d of %s is %s: its material no longer exists", v.Number, nameOf(r), v.State)
	}
	err := k.ring.Unwrap(v.Material.Term, k.materialAAD(r.ID, v.Number), v.Material.Sealed, use)
	if errors.Is(err, seal.ErrAltered) {
		return fault.Wrap(fault.Internal, err, "the stored material of key %s version %d was altered", r.ID, v.Number).
			WithHint("Do not trust this node's disk: stop it, keep its directory for examination, and join it again empty.")
	}
	return err
}

// stamp authenticates everything that governs the record's use, and returns r.
func (k *keyroom) stamp(r *key.Record) (*key.Record, error) {
	mac, err := k.ring.MAC(labelRecord, fsm.Canonical(r))
	if err != nil {
		return nil, err
	}
	r.MAC = mac[:]
	return r, nil
}

// check refuses a record that is not as the vault wrote it. The record is lent.
func (k *keyroom) check(r *key.Record) error {
	if err := k.ring.CheckMAC(labelRecord, fsm.Canonical(r), r.MAC); err != nil {
		if !errors.Is(err, seal.ErrAltered) {
			return err
		}
		return fault.Wrap(fault.Internal, err, "the stored record of key %s was altered", r.ID).
			WithHint("Do not trust this node's disk: stop it, keep its directory for examination, and join it again empty.")
	}
	return nil
}

// stampToken and checkToken do the same for tokens.
func (k *keyroom) stampToken(t *access.Token) error {
	mac, err := k.ring.MAC(labelToken, fsm.CanonicalToken(t))
	if err != nil {
		return err
	}
	t.MAC = mac[:]
	return nil
}

func (k *keyroom) checkToken(t *access.Token) error {
	if err := k.ring.CheckMAC(labelToken, fsm.CanonicalToken(t), t.MAC); err != nil {
		if !errors.Is(err, seal.ErrAltered) {
			return err
		}
		return fault.Wrap(fault.Internal, err, "the stored token %s was altered", t.ID)
	}
	return nil
}

// sealPolicies authenticates all policies as they are at a revision.
func (k *keyroom) sealPolicies(revision uint64, all []*fsm.Policy) (fsm.PolicySeal, error) {
	mac, err := k.ring.MAC(labelPolicy, fsm.CanonicalPolicies(revision, all))
	return fsm.PolicySeal{MAC: mac[:], Next: revision}, err
}

// checkPolicies refuses a set of policies that is not the one the vault wrote last: altered, added to, or short of one.
func (k *keyroom) checkPolicies(s *fsm.State) error {
	var mac []byte
	if doc := s.Document(fsm.PoliciesDocument); doc != nil {
		mac = doc.Body
	}
	if err := k.ring.CheckMAC(labelPolicy, fsm.CanonicalPolicies(s.PolicyRevision(), s.Policies()), mac); err != nil {
		if !errors.Is(err, seal.ErrAltered) {
			return err
		}
		return fault.Wrap(fault.Internal, err, "the stored policies were altered").
			WithHint("Do not trust this node's disk: stop it, keep its directory for examination, and join it again empty.")
	}
	return nil
}

// bearer derives the secret half of a token from its id, so that whoever repeats the request that made the
// token gets the same one, and no secret crosses a node link. The caller clears it.
func (k *keyroom) bearer(kind access.TokenKind, id key.ID) ([]byte, error) {
	return k.ring.Derive(labelBearer, append([]byte{byte(kind)}, id[:]...), tokenSecret)
}

// change computes the MAC of the record that a command will make of old, so that every node can write it.
func (k *keyroom) change(old *key.Record, next func(*key.Record) (*key.Record, error)) ([]byte, error) {
	if err := k.check(old); err != nil {
		return nil, err
	}
	r, err := next(old)
	if err != nil {
		return nil, err
	}
	mac, err := k.ring.MAC(labelRecord, fsm.Canonical(r))
	return mac[:], err
}

func nameOf(r *key.Record) string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID.String()
}

// unseal makes the node open: the keyring is there, and everybody learns it.
func (v *Vault) unseal(o *seal.Opened, cluster [16]byte) {
	room := &keyroom{opened: o, ring: o.Keyring(), cluster: cluster}
	if old := v.open.Swap(room); old != nil {
		old.opened.Destroy()
	}
	if l := v.link.Load(); l != nil {
		l.peers.Announce(false)
	}
	v.handKeys.End("member " + v.cfg.Node + " was opened")
	v.log.Info("node is open", "node", v.cfg.Node)
}

// close wipes the keyring and everything that was opened with it.
func (v *Vault) close() {
	room := v.open.Swap(nil)
	v.feed.wake()
	v.sealed.tell()
	v.keys.purge()
	v.dual.purge()
	v.auth.forget()
	v.handKeys.End("member " + v.cfg.Node + " was sealed")
	v.rekey.forgetSoon(leaderSealed)
	if room == nil {
		return
	}
	room.opened.Destroy()
	if l := v.link.Load(); l != nil {
		l.peers.Announce(true)
	}
	v.log.Info("node is sealed", "node", v.cfg.Node)
}

// Close wipes what the node holds open; the process is about to end.
func (v *Vault) Close() {
	v.close()
	v.ceremony.forget()
	v.keys.stop()
	v.dual.stop()
}

// Applied is called by the cluster after a command was applied here and before anybody is told of it: opened
// keys that changed are dropped, a new seal configuration is taken up, and watchers learn of it.
func (v *Vault) Applied(cmd fsm.Command, out fsm.Outcome) {
	if _, restored := cmd.(*fsm.CommitRestore); restored && out.Fault == nil && !out.Repeated {
		v.Restored()
		return
	}
	v.changed(cmd, out)
	v.feed.note(v.state(), cmd, out)
}

// changed drops what this node knows of what a command changed.
func (v *Vault) changed(cmd fsm.Command, out fsm.Outcome) {
	switch c := cmd.(type) {
	case *fsm.Bundle:
		for _, b := range c.Commands {
			v.changed(b.Command, out)
		}
	case *fsm.PutDocument:
		if c.Name == docSeal {
			v.adopt()
		}
	case *fsm.RewrapKeys:
		if !c.Parent.IsZero() && out.Fault == nil && !out.Repeated {
			v.moved.Add(uint64(out.Version))
		}
	case *fsm.CountUses:
		v.usage.applied(c.Items, v.state())
	case *fsm.PurgeKey:
		v.usage.forgetLimit(c.ID)
	case *fsm.CreateKey:
		if c.Replaces != 0 && c.Record != nil && out.Fault == nil { // what is refused took no key's place
			v.forgetReplaced(c.Record)
		}
		if len(c.Used) > 0 && out.Fault == nil {
			v.usage.came(c.Record.ID, c.Used, v.state())
		}
	case *fsm.ReplaceKeys:
		for i := range c.Items {
			v.forget(c.Items[i].ID)
			if of := c.Items[i].Certified; of != nil {
				v.forget(of.ID)
			}
		}
	case interface{ Target() key.ID }:
		v.forget(c.Target())
	}
}

// forgetReplaced drops what was opened of the key in whose place r is, and what was taken off its limit: r begins above its versions.
func (v *Vault) forgetReplaced(r *key.Record) {
	old := &key.Record{ID: r.ID, Versions: make([]key.Version, r.Latest().Number)}
	for i := range old.Versions {
		old.Versions[i].Number = uint32(i) + 1
	}
	v.keys.drop(old)
	v.usage.forgetLimit(r.ID)
}

// forget drops what was opened of a key.
func (v *Vault) forget(id key.ID) {
	r := v.state().Key(id)
	if r == nil {
		return
	}
	v.keys.drop(r)
	v.usage.changed(r)
	if isDual(r) {
		v.dual.drop(id)
	}
}

// adopt takes up the seal configuration of the state: new terms, a new epoch.
func (v *Vault) adopt() {
	room, s := v.open.Load(), v.state()
	if s == nil {
		return
	}
	cfg, err := sealConfig(s)
	if err != nil {
		v.log.Error("the seal configuration cannot be read", "err", err)
		return
	}
	v.ceremony.use(cfg)
	if room == nil {
		return
	}
	if err := room.opened.Adopt(cfg); err != nil && !errors.Is(err, fault.Conflict) {
		v.log.Error("the new seal configuration cannot be taken up; hand in shares to this node again", "err", err)
	}
}
