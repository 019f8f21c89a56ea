package vault

import (
	"context"
	"errors"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ReplaceSpec asks for a key of its own in the place of another, unlike a rotation, which gives a key a new version.
type ReplaceSpec struct {
	Pair   bool           // the key is the private half of a pair: both are replaced
	Offset *time.Duration // from now until the new key is active, its other dates moved likewise; nil: it waits to be activated, without dates

	Key    Successor // what the new key has unlike the old one
	Public Successor // likewise the public half of a pair
}

// Successor is what a key that replaces another has unlike that. The zero value is nothing.
type Successor struct {
	Patch KeyPatch  // in which Links are beside its own, and what is no more than a change of versions (MinDecrypt, IfMatch) means nothing
	Usage key.Usage // 0: the old key's
}

type replaceIn struct {
	Ref     string
	Replace ReplaceSpec
}

var opReplaceKey = newWrite("key.replace", access.Rotate, replaceKey)

// ReplaceKey makes a fresh key with the settings of another, which takes over its names; both have a link to the other. The old one stays as it
// is, in the folder of the name that it had, so that policies which spoke of it still do; whoever replaces it must be permitted to update it. The new
// one has the old one's owner. It returns the new key, of a pair the private one, which has a link to the public one.
func (v *Vault) ReplaceKey(ctx context.Context, c access.Caller, ref string, s ReplaceSpec) (*key.Record, error) {
	return opReplaceKey.do(ctx, v, c, replaceIn{ref, s})
}

func replaceKey(ctx context.Context, t *task, in replaceIn) (*key.Record, error) {
	if in.Replace.Pair { // nothing else is slow to draw
		drop, err := t.drawAhead(ctx, in.Ref, key.PreActive, key.Active, key.Deactivated, key.Compromised)
		defer drop()
		if err != nil {
			return nil, err
		}
	}
	done, err := t.turn(ctx, in.Ref)
	if err != nil {
		return nil, err
	}
	defer done()
	for try := 0; ; try++ {
		out, err := t.replaceOnce(ctx, in, try == 0)
		if errors.Is(err, fault.Conflict) && try < maxRetries && ctx.Err() == nil {
			continue // one of the keys changed meanwhile
		}
		if err != nil {
			return nil, err
		}
		return t.result(out)
	}
}

func (t *task) replaceOnce(ctx context.Context, in replaceIn, first bool) (fsm.Outcome, error) {
	r, err := t.find(in.Ref)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if out, done, err := t.again(ctx); done || err != nil {
		return out, err
	}
	if _, err := t.findAlso(access.Update, r.ID.String()); err != nil { // it is renamed
		return fsm.Outcome{}, err
	}
	olds := []*key.Record{r}
	if in.Replace.Pair {
		public, err := t.publicOf(r)
		if err != nil {
			return fsm.Outcome{}, err
		}
		olds = append(olds, public)
	}
	news := make([]*key.Record, len(olds))
	for i, old := range olds {
		if err := onLine(old); err != nil {
			return fsm.Outcome{}, err
		}
		unlike := in.Replace.Key
		if i > 0 {
			unlike = in.Replace.Public
		}
		if news[i], err = t.successor(old, in.Replace, unlike); err != nil {
			return fsm.Outcome{}, err
		}
	}
	if first {
		if err := t.intend(); err != nil {
			return fsm.Outcome{}, err
		}
	}
	bits, err := t.secretBits(r)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if news[0].Versions[0], err = t.generate(ctx, news[0], news[0].Versions[0], bits); err != nil {
		return fsm.Outcome{}, err
	}
	if in.Replace.Pair {
		spki := news[0].Versions[0].Public
		if err := t.keep(news[1], &news[1].Versions[0], spki, spki); err != nil {
			return fsm.Outcome{}, err
		}
		news[0].Links = append(news[0].Links, key.Link{Kind: key.LinkPublic, To: news[1].ID})
		news[1].Links = append(news[1].Links, key.Link{Kind: key.LinkPrivate, To: news[0].ID})
	}
	cmd := &fsm.ReplaceKeys{Items: make([]fsm.Replacement, len(olds))}
	for i, old := range olds {
		if _, err := t.keys.stamp(news[i]); err != nil {
			return fsm.Outcome{}, err
		}
		it := &cmd.Items[i]
		it.Change = fsm.Change{ID: old.ID, Expect: old.Revision, Updated: t.v.now(t.link.machine.State())}
		if it.Name, err = replacedName(old); err != nil {
			return fsm.Outcome{}, err
		}
		it.By = news[i]
		mac, err := t.keys.change(old, it.Next)
		if err != nil {
			return fsm.Outcome{}, err
		}
		it.SetMAC(mac)
	}
	return t.propose(ctx, cmd)
}

// replacedName is what a key is called once its name is its successor's: in the folder of that name, so that policies which spoke of the
// key by name still do.
func replacedName(old *key.Record) (string, error) {
	if given := givenName(old.ID); old.Name == given {
		return given, nil
	}
	name := old.Name + "/" + old.ID.String()
	if key.CheckName(name) != nil {
		return "", fault.New(fault.Invalid, "the name of key %s is too long for it to be replaced", nameOf(old)).WithHint("Rotate the key instead.")
	}
	return name, nil
}

// publicOf is the public half of a pair that was made as two objects, for who may replace it, too.
func (t *task) publicOf(r *key.Record) (*key.Record, error) {
	for _, l := range r.Links {
		if l.Kind == key.LinkPublic && r.Type == key.PrivateKey {
			public, err := t.findAlso(access.Rotate, l.To.String())
			if err != nil {
				return nil, err
			}
			return public, t.alsoAllow(access.Update, public) // it is renamed, too
		}
	}
	return nil, fault.New(fault.Invalid, "key %s is no private key of a pair of objects", nameOf(r))
}

// successor is the record of a key that is to replace another, without material.
func (t *task) successor(old *key.Record, s ReplaceSpec, unlike Successor) (*key.Record, error) {
	switch {
	case old.State.Gone() || old.State == key.Suspended:
		return nil, fault.New(fault.BadState, "key %s is %s: it is not replaced", nameOf(old), old.State)
	case (old.Type == key.PublicKey || old.Type == key.PrivateKey) != s.Pair:
		return nil, fault.New(fault.Invalid, "the halves of a pair are replaced together, and nothing else is")
	case isDual(old):
		return nil, fault.New(fault.Invalid, "key %s is bound to its key-encrypting key and is not replaced", nameOf(old))
	}
	if err := notOwn(old.Name); err != nil {
		return nil, err
	}
	id, err := key.NewID(t.v.cfg.Random)
	if err != nil {
		return nil, err
	}
	now := t.v.now(t.link.machine.State())
	r := old.Clone()
	r.ID, r.Origin, r.Created, r.Updated, r.Revision, r.MAC, r.Reason, r.ForEnd, r.MinDecrypt = id, key.Generated, now, now, 1, nil, "", false, 0
	r.Occurred = nil
	if old.Name == givenName(old.ID) {
		r.Name = givenName(id)
	}
	r.Guard &= key.Sensitive // what it remembers is of the old material
	r.Links = []key.Link{{Kind: key.LinkReplaced, To: old.ID}}
	for _, name := range individual {
		delete(r.Attributes, name)
	}
	first := key.Version{Number: 1, State: key.PreActive, Created: now}
	r.State = key.PreActive
	t.moveDates(r, old, now, s.Offset)
	active := s.Offset != nil && r.ActivateAt == 0
	if at := unlike.Patch.ActivateAt; at != nil && *at != 0 {
		active = *at <= now
		if r.ActivateAt = *at; active {
			r.ActivateAt = 0
		}
	}
	if active {
		r.State, first.State, first.Activated = key.Active, key.Active, now
	}
	if err := unlike.apply(r, old, now); err != nil {
		return nil, err
	}
	if !old.Parent.IsZero() { // it stays with whoever may put keys there
		if _, err := t.adopter(old.Parent.String(), r); err != nil {
			return nil, err
		}
	}
	if r.RotateEvery > 0 {
		r.NextRotate = nextRotation(max(now, r.ActivateAt), r.RotateEvery, id, 1)
	}
	r.Versions = []key.Version{first}
	return r, t.alsoAllow(access.Create, r)
}

// apply gives a successor what it has unlike the old key, but for its activation. What stays inside does not get out by being replaced.
func (s Successor) apply(r, old *key.Record, now key.Time) error {
	p := s.Patch
	for to, at := range map[*key.Time]*key.Time{&r.DeactivAt: p.DeactivAt, &r.ProcessStart: p.ProcessStart, &r.ProtectStop: p.ProtectStop, &r.DestroyAt: p.DestroyAt} {
		if at != nil {
			*to = *at
		}
	}
	if p.Names != nil {
		r.Names = *p.Names
	}
	if p.Groups != nil {
		r.Groups = *p.Groups
	}
	if p.Links != nil {
		r.Links = append(r.Links, *p.Links...)
	}
	if p.Tags != nil {
		r.Tags = *p.Tags
	}
	if p.UsageLimit != nil {
		r.UsageLimit = *p.UsageLimit
	}
	if p.Exportable != nil {
		if *p.Exportable && !old.Exportable {
			return fault.New(fault.BadState, "key %s is not exportable, and what replaces it cannot be made so", nameOf(old))
		}
		r.Exportable = *p.Exportable
	}
	if p.Sensitive != nil {
		r.Guard = 0
		if *p.Sensitive {
			r.Guard = key.Sensitive
		}
	}
	if s.Usage != 0 {
		r.Usage = s.Usage
	}
	attributes, err := patched(r.Attributes, p.Attributes)
	if err != nil {
		return err
	}
	if attributes != nil {
		r.Attributes = *attributes
	}
	return checkDates(r, now, nil, p.DeactivAt, p.DestroyAt)
}

// individual are attributes that say something of one object alone, which its successor does not share.
var individual = []string{"Activation Date", "Archive Date", "Compromise Occurrence Date", "Digest", "Original Creation Date", "Revocation Reason", "Last Change Date"}

// moveDates gives a successor the dates of the old key, moved as far as its activation is (KMIP 2.1, section 6.1.44). Without an offset it has none.
func (t *task) moveDates(r, old *key.Record, now key.Time, offset *time.Duration) {
	r.ActivateAt, r.DeactivAt, r.DestroyAt, r.Ending, r.ProcessStart, r.ProtectStop = 0, 0, 0, key.Dated, 0, 0
	if offset == nil {
		return
	}
	begins := now.Add(max(0, *offset))
	if begins > now {
		r.ActivateAt = begins
	}
	from := old.ActivateAt
	if at := old.Latest().Activated; at != 0 {
		from = at
	}
	for to, at := range map[*key.Time]key.Time{&r.DeactivAt: old.DeactivAt, &r.ProcessStart: old.ProcessStart, &r.ProtectStop: old.ProtectStop} {
		if at > from && from != 0 {
			*to = begins + (at - from)
		}
	}
}
