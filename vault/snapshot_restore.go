package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/merge"
)

// RestoreWish is how a snapshot is to be brought back.
type RestoreWish struct {
	Shares [][]byte        // for an empty node: what opens the snapshot, and proves the right to
	Epochs *archive.Epochs // for an empty node: the companion of a scheduled snapshot
	// Replace is the consent to replace the keys of a running cluster, which is not given by accident.
	Replace bool
	// Revive brings back what was destroyed, suspended, deactivated or compromised since.
	Revive bool
}

// BroughtBack tells what a restore did.
type BroughtBack struct {
	Header   archive.Header
	Sum      [32]byte    // SHA-256 of the file; for an empty node
	Verified Unlocked    // every version was opened before anything was touched
	Diff     *merge.Diff // for a running cluster: what it did to the keys that were there
	CA       []byte      // for an empty node: the certificate of the cluster's new CA, PEM
	Index    uint64      // at which it took effect
	Members  []Member
}

// RestoreSnapshot brings a snapshot back. An empty node becomes the first member of the cluster that the snapshot is of: shares
// prove the right to. On a member of a running cluster it takes the permission to operate and Replace, and every member adopts the
// snapshot's keys at one place in the log; on return no node serves anything else. Everything is verified, and every key version
// opened, before anything is touched.
func (v *Vault) RestoreSnapshot(ctx context.Context, c access.Caller, body io.Reader, w RestoreWish) (*BroughtBack, error) {
	v.initMu.Lock()
	blank := v.link.Load() == nil
	if blank {
		defer v.initMu.Unlock()
		c.Kind = access.ByShare
		t := v.start("sys.snapshot-restore", access.Unchecked, c, true)
		b, err := t.refound(ctx, body, w)
		if werr := t.done(err); werr != nil {
			if err == nil {
				v.abandon()
			}
			return nil, werr
		}
		return b, nil
	}
	v.initMu.Unlock()
	t, err := v.begin("sys.snapshot-restore", access.Operate, c, true)
	if err != nil {
		return nil, err
	}
	b, err := t.bringBack(ctx, body, w)
	return b, t.done(err)
}

// restorePart is one command of a restore, from whichever node brings it.
type restorePart struct {
	Begin  *fsm.BeginRestore
	Chunk  *fsm.RestoreChunk
	Commit *fsm.CommitRestore
	Abort  *fsm.AbortRestore
}

var opRestoreStep = newWrite("sys.snapshot-restore-step", access.Operate, restoreStep)

func restoreStep(ctx context.Context, t *task, s restorePart) (bool, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	var cmd fsm.Command
	switch {
	case s.Begin != nil:
		cmd = s.Begin
	case s.Chunk != nil:
		cmd = s.Chunk
	case s.Commit != nil:
		cmd = s.Commit
	case s.Abort != nil:
		cmd = s.Abort
	default:
		return false, fault.New(fault.Invalid, "a step of a restore without content")
	}
	t.change("step", cmd.Op())
	if s.Chunk == nil { // hundreds of them say nothing more; each is in the log
		if err := t.intend(); err != nil {
			return false, err
		}
	}
	_, err := t.propose(ctx, cmd)
	return true, err
}

// mover brings an image through the log.
type mover struct {
	id   [16]byte
	send func(restorePart) error
	n    uint32
	buf  []byte
	sum  [32]byte
}

// bring sends an image, piece by piece.
func (m *mover) bring(image *fsm.State) error {
	h := sha256.New()
	if _, err := image.WriteTo(io.MultiWriter(h, m)); err != nil {
		return err
	}
	copy(m.sum[:], h.Sum(nil))
	return m.flush()
}

func (m *mover) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		k := min(len(rest), fsm.MaxChunk-len(m.buf))
		m.buf = append(m.buf, rest[:k]...)
		rest = rest[k:]
		if len(m.buf) == fsm.MaxChunk {
			if err := m.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (m *mover) flush() error {
	if len(m.buf) == 0 {
		return nil
	}
	m.n++
	err := m.send(restorePart{Chunk: &fsm.RestoreChunk{ID: m.id, Number: m.n, Data: m.buf}})
	m.buf = nil // the log has it
	return err
}

// bringBack restores into the running cluster.
func (t *task) bringBack(ctx context.Context, body io.Reader, w RestoreWish) (*BroughtBack, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if !w.Replace {
		return nil, fault.New(fault.Invalid, "this cluster is running and has keys: restoring replaces them").
			WithHint("Look first what it would do (quorate operator snapshot diff), then restore with --yes-replace-state.")
	}
	c, err := t.copyOf(body)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	b := &BroughtBack{Header: c.Header}
	if b.Verified, err = c.Verify(true, nil); err != nil {
		return nil, err
	}
	t.change("index", fmt.Sprint(c.Header.Index))
	t.change("revive", fmt.Sprint(w.Revive))
	if err := t.intend(); err != nil {
		return nil, err
	}
	caller := t.caller
	caller.Retry = "" // each step is a request of its own
	m := &mover{send: func(s restorePart) error { _, err := opRestoreStep.do(ctx, t.v, caller, s); return err }}
	if _, err := io.ReadFull(t.v.cfg.Random, m.id[:]); err != nil {
		return nil, err
	}
	if err := m.send(restorePart{Begin: &fsm.BeginRestore{ID: m.id}}); err != nil {
		return nil, err
	}
	if err := t.replace(c, w, m, b); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = opRestoreStep.do(ctx, t.v, caller, restorePart{Abort: &fsm.AbortRestore{ID: m.id}}) // else it ends by itself
		return nil, err
	}
	b.Index, b.Members = t.link.machine.State().Index(), t.link.members.Members()
	t.change("brings-back", fmt.Sprint(b.Diff.Returned.Count))
	t.change("loses", fmt.Sprint(b.Diff.Lost.Count))
	t.change("revives", fmt.Sprint(b.Diff.Revived.Count))
	return b, nil
}

// replace makes the image from what the frozen cluster has, and swaps.
func (t *task) replace(c *SnapshotCopy, w RestoreWish, m *mover, b *BroughtBack) error {
	live := t.link.machine.State()
	past := lineageOf(live).past(c.Header.Lineage, c.Header.Index)
	b.Diff = merge.Compare(c.state, live, past)
	if err := t.unforbidden(c.state, live); err != nil {
		return err
	}
	image, err := t.keys.merged(c.state, live, past, w.Revive)
	if err != nil {
		return err
	}
	if err := m.bring(image); err != nil {
		return err
	}
	lives, err := cbor.Marshal(follow(c.state, m.id))
	if err != nil {
		return err
	}
	return m.send(restorePart{Commit: &fsm.CommitRestore{ID: m.id, Sum: m.sum, Documents: []fsm.Document{{Name: docLineage, Body: lives}}}})
}

// merged is the living state with the snapshot's keys. Who may do what is as it is now: tokens, policies and documents stay the living
// ones. Keys that are in the snapshot alone come back unless they were purged since; what is out of use now stays so unless revived.
func (k *keyroom) merged(snap, live *fsm.State, past, revive bool) (*fsm.State, error) {
	img := fsm.NewRebuild(live)
	var wraps func(key.ID, uint32) bool // of another branch the same number may be another key
	if past {
		wraps = func(parent key.ID, version uint32) bool {
			p := snap.Key(parent)
			return p != nil && p.Version(version) != nil && live.Key(parent) != nil
		}
	}
	for now := range live.AllKeys() {
		if snap.Key(now.ID) == nil {
			img.DropKey(now.ID)
		}
	}
	for old := range snap.AllKeys() {
		now := live.Key(old.ID)
		r := old
		switch {
		case now == nil && past && !revive:
			continue
		case now != nil && revive:
			if r = nil; !bytes.Equal(old.MAC, now.MAC) {
				r = old.Clone()
				r.Revision = max(old.Revision, now.Revision) + 1
			}
		case now != nil:
			r = merge.Carry(old, now, wraps)
		}
		if r == nil {
			continue
		}
		if now != nil {
			if _, err := k.stamp(r); err != nil {
				return nil, err
			}
		}
		img.PutKey(r)
	}
	for old := range snap.AllKeys() { // uses are never forgotten: limits and the bounds of ciphers rest on them
		img.RaiseUsage(snap.Usage(old.ID, 0))
		for i := range old.Versions {
			if !old.Versions[i].State.Gone() {
				img.RaiseUsage(snap.Usage(old.ID, old.Versions[i].Number))
			}
		}
	}
	return img.State(), nil
}

// refound makes the cluster anew from a snapshot, with this empty node as its first member.
func (t *task) refound(ctx context.Context, body io.Reader, w RestoreWish) (*BroughtBack, error) {
	c, err := OpenSnapshot(body, w.Shares, w.Epochs)
	if err != nil {
		return nil, err
	}
	c.owns = false // it becomes the node's
	kept := false
	defer func() {
		c.Close()
		if !kept {
			c.aside.keys.opened.Destroy()
		}
	}()
	b := &BroughtBack{Header: c.Header, Sum: c.Sum}
	if b.Verified, err = c.Verify(true, nil); err != nil {
		return nil, err
	}
	t.change("cluster", formatCluster(c.Header.Cluster))
	t.change("index", fmt.Sprint(c.Header.Index))
	if err := t.intend(); err != nil {
		return nil, err
	}
	if b.CA, err = t.reestablish(ctx, c, w); err != nil {
		return nil, err
	}
	kept = true
	t.v.unseal(c.aside.keys.opened, c.Header.Cluster)
	b.Index, b.Members = t.link.machine.State().Index(), t.link.members.Members()
	return b, nil
}

// reestablish founds the cluster on this node and brings the snapshot's state into its log: all of it, or nothing remains. The cluster
// keeps its id, for shares, keys and ciphertexts are bound to it. CA, gossip key and log key are new: so a node of the old
// cluster that turns up again is a stranger to the new one, and the other way round.
func (t *task) reestablish(ctx context.Context, c *SnapshotCopy, w RestoreWish) (caPEM []byte, err error) {
	v := t.v
	members := &memberSecrets{Gossip: make([]byte, 32), Log: make([]byte, 32)}
	defer members.clear()
	m := &mover{}
	for _, b := range [][]byte{members.Gossip, members.Log, m.id[:]} {
		if _, err := io.ReadFull(v.cfg.Random, b); err != nil {
			return nil, err
		}
	}
	ca, caKey, err := v.cfg.Authority.NewCA(c.Header.Cluster, v.cfg.Now())
	if err != nil {
		return nil, err
	}
	members.CAKey = caKey
	image, err := c.refounded(members, ca, m.id, w.Epochs)
	if err != nil {
		return nil, err
	}
	founding := Founding{Cluster: c.Header.Cluster, CA: ca, CAKey: caKey, Gossip: members.Gossip, Log: members.Log, Now: v.cfg.Now()}
	if err := v.cfg.Founder.Found(ctx, founding); err != nil {
		return nil, err
	}
	t.link = v.link.Load()
	m.send = func(s restorePart) error {
		var cmd fsm.Command = s.Chunk
		if s.Begin != nil {
			cmd = s.Begin
		} else if s.Commit != nil {
			cmd = s.Commit
		}
		_, err := t.propose(ctx, cmd)
		return err
	}
	err = m.send(restorePart{Begin: &fsm.BeginRestore{ID: m.id}})
	if err == nil {
		err = m.bring(image)
	}
	if err == nil {
		err = m.send(restorePart{Commit: &fsm.CommitRestore{ID: m.id, Sum: m.sum}})
	}
	if err == nil {
		err = v.cfg.Founder.Keep()
	}
	if err != nil {
		v.abandon()
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}), nil
}

// refounded is the snapshot's state as it begins anew: with the members' new secrets, and without what was said of the old members.
func (c *SnapshotCopy) refounded(members *memberSecrets, ca []byte, life [16]byte, epochs *archive.Epochs) (*fsm.State, error) {
	wrapped, err := c.aside.keys.wrapSecrets(members)
	if err != nil {
		return nil, err
	}
	lives, err := cbor.Marshal(follow(c.state, life))
	if err != nil {
		return nil, err
	}
	img := fsm.NewRebuild(c.state)
	for _, prefix := range []string{"member/", "setting/"} {
		for _, doc := range c.state.Documents(prefix) {
			img.DropDocument(doc.Name)
		}
	}
	for _, name := range []string{docSchedule, docBackups} { // the old cluster may live still and store where it did; and this one proved nothing yet
		if c.state.Document(name) != nil {
			img.DropDocument(name)
		}
	}
	if doc := c.config.Encode(); !bytes.Equal(doc, c.Header.Seal) {
		img.PutDocument(docSeal, doc) // shares of after the snapshot opened it: they are the ones that count
	}
	if epochs != nil {
		doc, err := epochs.Encode()
		if err != nil {
			return nil, err
		}
		img.PutDocument(docEpochs, doc)
	}
	img.PutDocument(docCA, ca)
	img.PutDocument(docSecrets, wrapped)
	img.PutDocument(docLineage, lives)
	return img.State(), nil
}

// DiffSnapshot tells what bringing a snapshot back into the running cluster would do to its keys.
func (v *Vault) DiffSnapshot(ctx context.Context, c access.Caller, body io.Reader) (h archive.Header, d *merge.Diff, err error) {
	t, err := v.begin("sys.snapshot-diff", access.Operate, c, false)
	if err != nil {
		return h, nil, err
	}
	h, d, err = t.diff(ctx, body)
	return h, d, t.done(err)
}

func (t *task) diff(ctx context.Context, body io.Reader) (h archive.Header, d *merge.Diff, err error) {
	if err := t.allow(access.OfVault()); err != nil {
		return h, nil, err
	}
	c, err := t.copyOf(body)
	if err != nil {
		return h, nil, err
	}
	defer c.Close()
	if _, err := c.Verify(false, nil); err != nil {
		return h, nil, err
	}
	if err := t.fresh(ctx); err != nil {
		return h, nil, err
	}
	live := t.link.machine.State()
	return c.Header, merge.Compare(c.state, live, lineageOf(live).past(c.Header.Lineage, c.Header.Index)), nil
}
