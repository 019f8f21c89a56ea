package vault

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// KeyBackup is one key with all its versions, sealed under a wrapping key of the vault.
type KeyBackup struct {
	Text            []byte // qb1:…
	Record          *key.Record
	WrappingKey     string
	WrappingVersion uint32
	Versions        int      // that are in it with material
	LeftOut         []uint32 // versions that may not be taken out: compromised, or below min_decrypt. In the backup they are destroyed
}

// RestoreSpec brings a backup back.
type RestoreSpec struct {
	Text     []byte
	Wrapping string // name or id of the key that sealed it, here
	Name     string // "": the one that it had
}

// maxSealers bounds how many versions of a wrapping key are tried on a backup.
const maxSealers = 32

var opRestoreKey = newWrite("key.restore", access.Import, restoreKey)

// BackupKey seals an exportable key, with its states, dates, counts of uses and every version that may be taken out, under another key. Who makes
// a backup may export the key and wrap with the other. fault.BadState while a version is suspended: it would be lost without anybody having meant
// it. Any node does it, once the others have told what they counted and it has caught up with the leader. fault.Denied unless the key is exportable.
func (v *Vault) BackupKey(ctx context.Context, c access.Caller, ref, wrapping string) (*KeyBackup, error) {
	t, err := v.begin("key.backup", access.Export, c, false)
	if err != nil {
		return nil, err
	}
	b, err := t.backup(ctx, ref, wrapping)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return b, nil
}

func (t *task) backup(ctx context.Context, ref, wrapping string) (*KeyBackup, error) {
	r, _, err := t.exportable(ctx, key.ToBackUp, ref, 0)
	if err != nil {
		return nil, err
	}
	if wrapping == "" {
		return nil, fault.New(fault.Invalid, "a backup names its wrapping_key").WithHint("It is a key that both clusters have: import the same material in each.")
	}
	w, err := t.findAlso(access.Wrap, wrapping)
	if errors.Is(err, fault.NotFound) && t.caughtUp(ctx) { // it may have been made a moment ago, on another node
		w, err = t.findAlso(access.Wrap, wrapping)
	}
	if err != nil {
		return nil, err
	}
	t.change("wrapping-key", nameOf(w))
	if w.ID == r.ID || !w.Algorithm.Traits().AEAD {
		return nil, notSealer(w, w.ID == r.ID)
	}
	used, err := t.usedSoFar(ctx, r)
	if err != nil {
		return nil, err
	}
	b := &KeyBackup{Record: public(r), WrappingKey: nameOf(w), WrappingVersion: w.Latest().Number}
	plain, err := t.pack(r, b, used)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	sealer := w.Latest()
	o, err := t.use(ctx, key.ToSealBackup, w, sealer, 1, uint64(len(plain)))
	if err != nil {
		return nil, err
	}
	sealed, err := o.key.Seal(t.v.cfg.Random, nil, plain, []byte(envelope.BackupBinding))
	if err != nil {
		return nil, err
	}
	b.Text = envelope.WriteBackup(sealer.Number, sealed)
	return b, nil
}

func notSealer(w *key.Record, itself bool) error {
	if itself {
		return fault.New(fault.Invalid, "key %s cannot be sealed under itself: nobody could open that", nameOf(w)).WithHint("Name another wrapping_key.")
	}
	return fault.New(fault.Invalid, "keys of algorithm %s seal no backups", w.Algorithm).WithHint("Name an aes-256-gcm, aes-128-gcm or chacha20-poly1305 key as wrapping_key.")
}

// pack is a record with its plain material and what was used of it, encoded; it tells b what is in it. The caller clears it.
func (t *task) pack(r *key.Record, b *KeyBackup, used *envelope.Used) ([]byte, error) {
	packed := envelope.Backup{Record: public(r), Used: used}
	defer packed.Clear()
	for i := range r.Versions {
		ver := &r.Versions[i]
		switch {
		case ver.State.Gone():
			continue
		case ver.State == key.Suspended:
			return nil, t.mayUse(key.ToBackUp, r, ver)
		case t.mayUse(key.ToBackUp, r, ver) != nil:
			leave(&packed.Record.Versions[i], t.v.now(t.link.machine.State()))
			b.LeftOut = append(b.LeftOut, ver.Number)
			continue
		}
		err := t.material(r, ver, func(plain []byte) error {
			packed.Materials = append(packed.Materials, envelope.VersionMaterial{Version: ver.Number, Material: slices.Clone(plain)})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	b.Versions = len(packed.Materials)
	return packed.Encode()
}

// leave makes a version in a backup what it will be wherever that is restored: without material.
func leave(v *key.Version, at key.Time) {
	to := key.Destroyed
	if v.State == key.Compromised {
		to = key.DestroyedCompromised
	}
	v.State, v.Destroyed, v.DestroyAt, v.Ending, v.ForEnd = to, at, 0, key.Dated, false
}

// RestoreKey brings back a key that BackupKey sealed, in this vault or another: its id, states, dates, tags and versions. fault.Exists if its id or its name
// is taken. Whoever restores becomes its owner, and may import it and unwrap with the wrapping key. A parent and links are left behind. Its uses
// are counted on from where they stood when the backup was made; in a backup that does not say, all that may be used counts as used.
func (v *Vault) RestoreKey(ctx context.Context, c access.Caller, s RestoreSpec) (*key.Record, error) {
	return opRestoreKey.do(ctx, v, c, s)
}

func restoreKey(ctx context.Context, t *task, in RestoreSpec) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	w, err := t.findAlso(access.Unwrap, in.Wrapping)
	if err != nil {
		return nil, err
	}
	t.change("wrapping-key", nameOf(w))
	b, err := t.unpack(ctx, w, in.Text)
	if err != nil {
		return nil, err
	}
	defer b.Clear()
	r, err := t.restored(b.Record, in.Name)
	if err != nil {
		return nil, err
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	if err := t.free(r, in.Name == ""); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	for _, m := range b.Materials {
		public, err := checkMaterial(r, m.Material)
		if err != nil {
			return nil, err
		}
		ver := r.Version(m.Version)
		if !bytes.Equal(public, ver.Public) {
			return nil, fault.New(fault.Invalid, "the public half of version %d in the backup belongs to another key", ver.Number)
		}
		if err := t.keep(r, ver, m.Material, ver.Public); err != nil {
			return nil, err
		}
	}
	return t.create(ctx, r, t.usedBefore(r, b.Used)...)
}

// unpack opens a backup with whichever version of w sealed it. The caller clears the result.
func (t *task) unpack(ctx context.Context, w *key.Record, text []byte) (*envelope.Backup, error) {
	hint, sealed, err := envelope.ReadBackup(text)
	if err != nil {
		return nil, err
	}
	if !w.Algorithm.Traits().AEAD {
		return nil, notSealer(w, false)
	}
	var refusal error
	for _, ver := range sealers(w, hint) {
		o, err := t.use(ctx, key.ToRestore, w, ver, 1, uint64(len(sealed)))
		if err != nil {
			refusal = err
			continue
		}
		plain, err := o.key.Open(slices.Clone(sealed), []byte(envelope.BackupBinding))
		if err != nil {
			continue
		}
		defer clear(plain)
		return envelope.DecodeBackup(plain)
	}
	if refusal != nil {
		return nil, refusal
	}
	return nil, fault.New(fault.Invalid, "the backup does not open with key %s", nameOf(w)).
		WithHint("It was sealed under another key, or altered. Compare the check values of the wrapping key here and there.")
}

// sealers are the versions of w that may have sealed a backup: first the one of the number that it names, which counts where it was made, then the newest.
func sealers(w *key.Record, hint uint32) []*key.Version {
	var all []*key.Version
	if hint != 0 {
		if ver := w.Version(hint); ver != nil {
			all = append(all, ver)
		}
	}
	for i := len(w.Versions) - 1; i >= 0 && len(all) < maxSealers; i-- {
		if ver := &w.Versions[i]; ver.Number != hint && !ver.State.Gone() {
			all = append(all, ver)
		}
	}
	return all
}

// restored is the record of a backup as it will be here, without material.
func (t *task) restored(old *key.Record, name string) (*key.Record, error) {
	r := old.Clone()
	if name != "" {
		r.Name = name
	}
	if err := key.CheckName(r.Name); err != nil {
		return nil, err
	}
	if err := notOwn(r.Name); err != nil {
		return nil, err
	}
	// A usage that the algorithm does not have is no reason to refuse it: what KMIP clients bring in may name any, and none comes of it.
	if strings.HasPrefix(r.Name, dualFolder) || !r.Exportable || r.State.Gone() || r.Type == 0 || fitType(r.Algorithm, r.Type) != nil {
		return nil, fault.New(fault.Invalid, "the backup holds a key that no vault backs up")
	}
	now := t.v.now(t.link.machine.State())
	r.Created, r.Updated = min(r.Created, now), now
	r.Revision, r.MAC, r.Origin, r.Parent, r.Links, r.Owner = 1, nil, key.Restored, key.ID{}, nil, t.caller.Principal
	for i := range r.Versions {
		r.Versions[i].Material = key.Material{}
	}
	return r, nil
}

// free refuses a record whose id or name is taken, before anything is written.
func (t *task) free(r *key.Record, itsName bool) error {
	s := t.link.machine.State()
	if there := s.Key(r.ID); there != nil {
		return fault.New(fault.Exists, "the key is here already: %s has the id %s", nameOf(there), r.ID).WithHint("There is nothing to restore. If it was destroyed, purge it first.")
	}
	if s.KeyByName(r.Name) == nil {
		return nil
	}
	err := fault.New(fault.Exists, "the key name %q is taken", clip(r.Name))
	if itsName {
		return err.WithHint("Restore it under another name (--name); it keeps its id.")
	}
	return err.WithHint("Choose another name.")
}
