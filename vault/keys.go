package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// catchUp bounds how long a node tries to reach the leader before it says that something does not exist.
const catchUp = 500 * time.Millisecond

// maxRetries bounds how often an operation looks again when somebody else changed the key meanwhile.
const maxRetries = 16

var opCreateKey = newWrite("key.create", access.Create, createKey)

// CreateKey makes a key and its first version on the leader. fault.Exists if the name is taken.
func (v *Vault) CreateKey(ctx context.Context, c access.Caller, s KeySpec) (*key.Record, error) {
	return opCreateKey.do(ctx, v, c, s)
}

func createKey(ctx context.Context, t *task, s KeySpec) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	r, err := newRecord(t, s)
	if err != nil {
		return nil, err
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if err := t.putUnder(s.Parent, r); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		r = r.Clone() // what was proposed is not changed any more
		if r.Versions[0], err = t.generate(ctx, r, r.Versions[0], s.Bits); err != nil {
			return nil, err
		}
		made, err := t.create(ctx, r)
		if !again(ctx, r, err, try) {
			return made, err
		}
	}
}

// made answers a repeated request with the key that it made the first time, as it is now, if the caller may still make such a key.
func (t *task) made() (r *key.Record, done bool, err error) {
	first, done, err := t.before()
	if !done || err != nil {
		return nil, done, err
	}
	if r = t.link.machine.State().Key(first.Object); r == nil {
		return nil, true, fault.New(fault.NotFound, "the key that this request made was purged since").
			WithHint("Use a new Idempotency-Key to make another one.")
	}
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, true, err
	}
	r, err = t.result(first)
	return r, true, err
}

// create authenticates and commits a new record. A repeated request gets the record that it made the first time. used is what was used of it
// before; nothing of a key that is new.
func (t *task) create(ctx context.Context, r *key.Record, used ...fsm.FirstUse) (*key.Record, error) {
	if _, err := t.keys.stamp(r); err != nil {
		return nil, err
	}
	out, err := t.propose(ctx, &fsm.CreateKey{Record: r, Used: used})
	if err != nil {
		return nil, err
	}
	return t.result(out)
}

// result is the record as it is after the operation.
func (t *task) result(out fsm.Outcome) (*key.Record, error) {
	r := t.link.machine.State().Key(out.Object)
	if r == nil {
		return nil, fmt.Errorf("key %s is not in the state after it was written", out.Object)
	}
	t.entry.Key, t.entry.KeyName, t.entry.KeyVersion = r.ID, r.Name, out.Version
	return t.v.shown(r), nil
}

// public is a record as it leaves the vault: without wrapped material and MAC. Its versions are its own; tags, attributes
// and links are those of the state, which nobody changes.
func public(r *key.Record) *key.Record {
	c := *r
	p := &c
	p.Versions = slices.Clone(r.Versions)
	p.MAC, p.Shown = nil, new(key.Shown)
	if p.State != key.PreActive {
		p.ActivateAt = 0
	}
	if p.State != key.PreActive && p.State != key.Active && p.State != key.Suspended { // from there it goes no way back
		p.NextRotate, p.DeactivAt = 0, 0
	}
	p.Shown.Bits = secretBits(p)
	for i := range p.Versions {
		p.Versions[i].Material = key.Material{}
	}
	return p
}

// secretBits is how long the latest version of a secret is, 0 of anything else.
func secretBits(r *key.Record) int {
	if latest := r.Latest(); latest != nil && r.Algorithm == key.Secret && !isDual(r) {
		return 8 * max(0, len(latest.Material.Sealed)-sealedOverhead)
	}
	return 0
}

// sealedOverhead is what sealing adds to material, by the keyring and by every algorithm that a parent can have: nonce and tag.
const sealedOverhead = 12 + 16

// newRecord checks a spec and makes the record that it describes, without material.
func newRecord(t *task, s KeySpec) (*key.Record, error) {
	r, err := draftRecord(t, s)
	if err != nil {
		return nil, err
	}
	return r, t.nameByFirst(r)
}

// draftRecord is newRecord without a last look at the name.
func draftRecord(t *task, s KeySpec) (*key.Record, error) {
	id, err := key.NewID(t.v.cfg.Random)
	if err != nil {
		return nil, err
	}
	if s.Unnamed && s.Name == "" {
		s.Name = givenName(id)
	}
	if err := key.CheckName(s.Name); err != nil {
		return nil, err
	}
	if err := notOwn(s.Name); err != nil {
		return nil, err
	}
	if s.Algorithm == 0 {
		s.Algorithm = key.AES256GCM
	}
	traits := s.Algorithm.Traits()
	if err := generatable(s.Algorithm, s.Bits); err != nil {
		return nil, err
	}
	if s.Usage == 0 {
		s.Usage = traits.Default()
	}
	if err := fitType(s.Algorithm, s.Type); err != nil {
		return nil, err
	}
	if s.Type != 0 {
		traits.Type = s.Type
	} else if extra := s.Usage &^ traits.Usage; extra != 0 {
		return nil, fault.New(fault.Invalid, "a key of algorithm %s cannot be used to %s", s.Algorithm, strings.Join(extra.Names(), " or ")).
			WithHint("Such keys are for %s.", strings.Join(traits.Usage.Names(), ", "))
	}
	if err := checkPeriods(s.RotateEvery, s.RetireAfter); err != nil {
		return nil, err
	}
	attributes, err := patched(nil, s.Attributes)
	if err != nil {
		return nil, err
	}
	now := t.v.now(t.link.machine.State())
	r := &key.Record{
		ID: id, Name: s.Name, Algorithm: s.Algorithm, Type: traits.Type, Usage: s.Usage, State: key.Active,
		Exportable: s.Exportable, RevealIdle: s.RevealIdle, RotateEvery: s.RotateEvery, Tags: s.Tags, Owner: t.caller.Principal, UsageLimit: s.UsageLimit,
		DeactivAt: s.DeactivAt, DestroyAt: s.DestroyAt, RotateUses: s.RotateUses, RotateBytes: s.RotateBytes, RetireAfter: s.RetireAfter, Created: now, Updated: now, Revision: 1,
	}
	if attributes != nil {
		r.Attributes = *attributes
	}
	if s.Sensitive {
		r.Guard = key.Sensitive
	}
	r.LimitBytes = s.LimitBytes && s.UsageLimit != 0
	r.Names, r.Groups, r.Links, r.ProcessStart, r.ProtectStop = s.Names, s.Groups, s.Links, s.ProcessStart, s.ProtectStop
	first := key.Version{Number: 1, State: key.Active, Created: now, Activated: now}
	if s.PreActive || s.ActivateAt != 0 {
		r.State, first.State, first.Activated, r.ActivateAt = key.PreActive, key.PreActive, 0, s.ActivateAt
	}
	if err := checkDates(r, now, given(s.ActivateAt), given(s.DeactivAt), given(s.DestroyAt)); err != nil {
		return nil, err
	}
	if r.RotateEvery > 0 {
		r.NextRotate = nextRotation(max(now, s.ActivateAt), r.RotateEvery, id, 1)
	}
	r.Versions = []key.Version{first}
	return r, nil
}

// Key returns a key's metadata.
func (v *Vault) Key(ctx context.Context, c access.Caller, ref string) (*key.Record, error) {
	t, err := v.begin("key.read", access.Read, c, false)
	if err != nil {
		return nil, err
	}
	r, err := t.read(ctx, ref)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return t.v.shown(r), nil
}

// read finds a key on fresh state; metadata needs no second look at the lease, for it is answered as of the first.
func (t *task) read(ctx context.Context, ref string) (*key.Record, error) {
	return t.readVersion(ctx, ref, 0)
}

// readVersion finds a key that has version n (0: any). What is not here may have been made on another node a moment
// ago, and its maker told so: so before a node denies that something exists, it catches up with the leader.
func (t *task) readVersion(ctx context.Context, ref string, n uint32) (*key.Record, error) {
	if err := t.fresh(ctx); err != nil {
		return nil, err
	}
	r, err := t.find(ref)
	missing := errors.Is(err, fault.NotFound) || err == nil && r.Version(n) == nil
	if !missing || !t.caughtUp(ctx) {
		return r, err // as far as this node knows, within the staleness bound
	}
	return t.find(ref)
}

// caughtUp asks the leader for what this node may lack, and tells whether it is worth looking again.
func (t *task) caughtUp(ctx context.Context) bool {
	if t.caller.Read.Mode == access.Linearizable {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	return t.link.replica.Fresh(ctx, access.Consistency{Mode: access.Linearizable}) == nil
}
