package vault

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
)

// Snapshot writes the whole state, as a portable file that K shares open on a machine that has never seen this cluster. begin is
// told the header right before the first byte and gives the writer. Any open node does it, from a state that the leader
// confirmed to be the newest. The key is drawn for this file alone and lies in it, wrapped by the keyring: so the file brings back
// what it holds for as long as it exists. Once begin was called an error means that the file is not whole.
func (v *Vault) Snapshot(ctx context.Context, c access.Caller, begin func(archive.Header) (io.Writer, error)) error {
	t, err := v.begin("sys.snapshot", access.Operate, c, false)
	if err != nil {
		return err
	}
	return t.done(t.snapshot(ctx, begin))
}

func (t *task) snapshot(ctx context.Context, begin func(archive.Header) (io.Writer, error)) error {
	if err := t.allow(access.OfVault()); err != nil {
		return err
	}
	if t.caller.Read.Mode == access.Local {
		t.caller.Read.Mode = access.Linearizable // a backup that lacks what was just acknowledged surprises at the worst time
	}
	if err := t.fresh(ctx); err != nil {
		return err
	}
	if err := t.intend(); err != nil {
		return err
	}
	sk := make([]byte, archive.KeySize)
	defer clear(sk)
	if _, err := io.ReadFull(t.v.cfg.Random, sk); err != nil {
		return err
	}
	s := t.link.machine.State()
	h, err := t.describe(s)
	if err != nil {
		return err
	}
	if h.Term, h.Wrapped, err = t.keys.wrapSnapshotKey(0, sk); err != nil {
		return err
	}
	t.change("index", fmt.Sprint(h.Index))
	w, err := begin(h)
	if err != nil {
		return err
	}
	return archive.Write(w, h, sk, func(w io.Writer) error { _, err := s.WriteTo(w); return err })
}

// describe is the header of a snapshot of s, without its key.
func (t *task) describe(s *fsm.State) (h archive.Header, err error) {
	cfg, err := sealConfig(s)
	if err != nil {
		return h, err
	}
	return archive.Header{
		Cluster: t.keys.cluster, Index: s.Index(), Term: t.keys.ring.Term(), Created: t.v.cfg.Now().UnixMilli(),
		Counts: countsOf(s), Content: s.ContentDigest(), Seal: cfg.Encode(), Node: t.v.cfg.Node, Software: t.v.cfg.Version,
		Lineage: lineageOf(s).current(),
	}, nil
}

func countsOf(s *fsm.State) archive.Counts {
	n := archive.Counts{Keys: uint64(s.KeyCount()), Tokens: uint64(s.TokenCount()), Policies: uint64(len(s.Policies()))}
	for r := range s.AllKeys() {
		n.Versions += uint64(len(r.Versions))
		for i := range r.Versions {
			if r.Versions[i].State.Gone() {
				n.Destroyed++
			}
		}
	}
	return n
}

// snapshotAAD binds a snapshot key to its cluster and epoch.
func (k *keyroom) snapshotAAD(epoch uint64) []byte {
	aad := append([]byte("quorate snapshot key"), k.cluster[:]...)
	return binary.BigEndian.AppendUint64(aad, epoch)
}

// wrapSnapshotKey and openSnapshotKey are for the keys of snapshots; epoch 0 is a file's own.
func (k *keyroom) wrapSnapshotKey(epoch uint64, sk []byte) (term uint32, wrapped []byte, err error) {
	return k.ring.Wrap(k.snapshotAAD(epoch), sk)
}

func (k *keyroom) openSnapshotKey(epoch uint64, term uint32, wrapped []byte, use func(sk []byte) error) error {
	err := k.ring.Unwrap(term, k.snapshotAAD(epoch), wrapped, use)
	if fault.KindOf(err) == fault.NotFound {
		return fault.Wrap(fault.Invalid, err, "the snapshot's key is wrapped under term %d of the keyring, which is not there any more", term).
			WithHint("Shares of the time when the snapshot was taken open it on an empty node.")
	}
	return err
}
