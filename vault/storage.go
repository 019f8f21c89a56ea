package vault

import (
	"context"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

type storageIn struct {
	Ref     string
	IfMatch uint64
}

var (
	opArchive = newWrite("key.archive", access.Update, func(ctx context.Context, t *task, in storageIn) (*key.Record, error) { return t.shelve(ctx, in, true) })
	opRecover = newWrite("key.recover", access.Update, func(ctx context.Context, t *task, in storageIn) (*key.Record, error) { return t.shelve(ctx, in, false) })
)

// ArchiveKey puts a key into the archive: it is used for nothing, takes no step by hand but to be compromised, and is not rotated, until
// RecoverKey; its dates act all the same. Acknowledged when no node uses it any more. ifMatch is the revision that it must have; 0: any.
// fault.BadState if it is archived or destroyed.
func (v *Vault) ArchiveKey(ctx context.Context, c access.Caller, ref string, ifMatch uint64) (*key.Record, error) {
	return opArchive.do(ctx, v, c, storageIn{ref, ifMatch})
}

// RecoverKey takes a key back out of the archive. fault.BadState if it is not in it.
func (v *Vault) RecoverKey(ctx context.Context, c access.Caller, ref string, ifMatch uint64) (*key.Record, error) {
	return opRecover.do(ctx, v, c, storageIn{ref, ifMatch})
}

func (t *task) shelve(ctx context.Context, in storageIn, archive bool) (*key.Record, error) {
	return t.amend(ctx, in.Ref, in.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		switch {
		case archive:
			if err := onLine(r); err != nil {
				return nil, err
			}
		case r.Archived == 0:
			return nil, fault.New(fault.BadState, "key %s is not archived", nameOf(r))
		}
		return &fsm.ArchiveKey{Change: ch, Archived: archive}, nil
	})
}

// onLine refuses what cannot be done with a key in the archive.
func onLine(r *key.Record) error {
	if r.Archived == 0 {
		return nil
	}
	return fault.New(fault.BadState, "key %s is archived since %s: nothing is done with it until it is recovered", nameOf(r), r.Archived).
		WithHint("`quorate key recover %s` brings it back.", nameOf(r))
}
