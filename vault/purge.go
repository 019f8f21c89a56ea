package vault

import (
	"context"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

type purgeIn struct {
	Ref     string
	IfMatch uint64
}

var opPurgeKey = newWrite("key.purge", access.Purge, purgeKey)

// PurgeKey forgets a destroyed key, whose record stayed as a tombstone: its name is free again. fault.BadState while the
// key is not destroyed.
func (v *Vault) PurgeKey(ctx context.Context, c access.Caller, ref string, ifMatch uint64) error {
	_, err := opPurgeKey.do(ctx, v, c, purgeIn{ref, ifMatch})
	return err
}

func purgeKey(ctx context.Context, t *task, in purgeIn) (bool, error) {
	done, err := t.turn(ctx, in.Ref)
	if err != nil {
		return false, err
	}
	defer done()
	if _, was, err := t.again(ctx); was || err != nil { // it is not there to be found any more
		if err != nil {
			return false, err
		}
		return true, t.allow(access.OfKey(&key.Record{Name: in.Ref}))
	}
	r, err := t.find(in.Ref)
	if err != nil {
		return false, err
	}
	if in.IfMatch != 0 && in.IfMatch != r.Revision {
		return false, fault.New(fault.Conflict, "key %s is at revision %d, not %d", nameOf(r), r.Revision, in.IfMatch)
	}
	if r.State.Permits(key.ToPurge) != key.Allowed {
		return false, fault.New(fault.BadState, "key %s is %s: only a destroyed key can be purged", nameOf(r), r.State).
			WithHint("Destroy it first; purging then forgets its record and frees its name.")
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, err = t.propose(ctx, &fsm.PurgeKey{ID: r.ID, Expect: r.Revision})
	return err == nil, err
}
