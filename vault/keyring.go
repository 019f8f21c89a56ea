package vault

import (
	"context"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// One log entry rewraps at most so many versions, and so many bytes of material: it must fit fsm.MaxEntry.
const (
	rewrapBatch = 512
	rewrapBytes = fsm.MaxEntry / 2
)

var opRotateKeyring = newWrite("sys.keyring-rotate", access.Operate, rotateKeyring)

// RotateKeyring begins a new term of the keyring. What older terms wrapped still opens, and is rewrapped in the background.
func (v *Vault) RotateKeyring(ctx context.Context, c access.Caller) (*KeyringStatus, error) {
	return opRotateKeyring.do(ctx, v, c, struct{}{})
}

func rotateKeyring(ctx context.Context, t *task, _ struct{}) (*KeyringStatus, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	_, done, err := t.before()
	if err != nil {
		return nil, err
	}
	if !done {
		next, err := t.keys.opened.RotateKeyring(cfg)
		if err != nil {
			return nil, err
		}
		if err := t.changeSeal(ctx, next); err != nil {
			return nil, err
		}
	}
	return t.keyring(), nil
}

// Keyring describes the keyring's terms and how far rewrapping is.
func (v *Vault) Keyring(ctx context.Context, c access.Caller) (*KeyringStatus, error) {
	t, err := v.begin("sys.keyring", access.Inspect, c, false)
	if err != nil {
		return nil, err
	}
	err = t.inspect(ctx)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return t.keyring(), nil
}

// inspect is what an operator's look at the system needs: a fresh state and a policy.
func (t *task) inspect(ctx context.Context) error {
	if err := t.fresh(ctx); err != nil {
		return err
	}
	return t.allow(access.OfVault())
}

func (t *task) keyring() *KeyringStatus {
	s, room := t.link.machine.State(), t.keys
	k := &KeyringStatus{Term: room.ring.Term()}
	for _, term := range room.ring.Terms() {
		n := s.TermCount(term)
		k.Terms = append(k.Terms, KeyringTerm{Term: term, Versions: n})
		k.Total += n
		if term == k.Term {
			k.Done = n
		}
	}
	k.Active = k.Done < k.Total
	return k
}

// rewrap moves versions that older terms wrap to the newest, until there are none or ctx ends.
func (v *Vault) rewrap(ctx context.Context, l *link, room *keyroom) error {
	term := room.ring.Term()
	for ctx.Err() == nil {
		page, _ := l.machine.State().OldTerms(term, key.ID{}, rewrapBatch)
		items, err := room.rewrapItems(page, term)
		if err != nil || len(items) == 0 {
			return err
		}
		err = v.self("sys.rewrap", func(t *task) error {
			t.change("term", number(term))
			t.change("versions", number(uint32(len(items))))
			_, err := t.propose(ctx, &fsm.RewrapKeys{Items: items})
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rewrapItems wraps the old versions of some records anew, a batch at most.
func (k *keyroom) rewrapItems(page []*key.Record, term uint32) ([]fsm.RewrapItem, error) {
	var items []fsm.RewrapItem
	size := 0
	for _, r := range page {
		for i := range r.Versions {
			ver := &r.Versions[i]
			if ver.Material.Term == 0 || ver.Material.Term >= term || len(ver.Material.Sealed) == 0 {
				continue
			}
			size += len(ver.Material.Sealed) + 64
			if len(items) > 0 && (len(items) == rewrapBatch || size > rewrapBytes) {
				return items, nil
			}
			item := fsm.RewrapItem{ID: r.ID, Version: ver.Number, Old: ver.Material.Term}
			err := k.unwrap(r, ver, func(plain []byte) (err error) {
				item.New, err = k.wrap(r.ID, ver.Number, plain)
				return err
			})
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// rewrapSecrets moves the member secrets to the newest term.
func (v *Vault) rewrapSecrets(ctx context.Context, l *link, room *keyroom) error {
	s := l.machine.State()
	doc := s.Document(docSecrets)
	if doc == nil || room.secretsTerm(doc.Body) == room.ring.Term() {
		return nil
	}
	var body []byte
	err := room.secrets(s, func(m *memberSecrets) (err error) {
		body, err = room.wrapSecrets(m)
		return err
	})
	if err != nil {
		return err
	}
	return v.self("sys.rewrap-secrets", func(t *task) error {
		_, err := t.propose(ctx, &fsm.PutDocument{Name: docSecrets, Expect: doc.Revision, Body: body})
		return err
	})
}

// self runs a step of the cluster's own background work through the same choke point as everybody's.
func (v *Vault) self(op string, step func(t *task) error) error {
	return v.selfAs(op, access.Operate, step)
}

// selfAs is self where policies are asked about that very action.
func (v *Vault) selfAs(op string, a access.Action, step func(t *task) error) error {
	t, err := v.begin(op, a, v.asSelf(), true)
	if err != nil {
		return err
	}
	if err := t.identify(op, nil); err != nil {
		return t.done(err)
	}
	err = step(t)
	if fault.KindOf(err) == fault.NoLeader && err != nil {
		return err // it will be done by whoever leads now
	}
	return t.done(err)
}
