package vault

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/depot"
	"github.com/quorate/quorate/vault/fault"
)

// A scheduled snapshot is stored as quorate-<cluster>-<time>-<index>-e<epoch>-<tag>.qsnap. Names sort by time, and tell the epoch. The tag is of
// the keyring: whoever can write to the store, and no more, makes no name that counts, or snapshots and keys of epochs would be let go for his.
const backupStamp = "20060102T150405Z"

var backupName = regexp.MustCompile(`^(quorate-[0-9a-f]{12}-([0-9]{8}T[0-9]{6}Z)-[0-9]{1,20}-e([0-9]{1,20}))-([0-9a-f]{16})\.qsnap$`)

// stored is a snapshot in a store.
type stored struct {
	name  string
	size  int64
	at    time.Time
	epoch uint64
}

func (t *task) backupPrefix() string { return "quorate-" + seal.Fingerprint(t.keys.cluster) + "-" }

// backupTag authenticates the name of a snapshot, which stem is all of but the tag.
func (t *task) backupTag(stem string) (string, error) {
	mac, err := t.keys.ring.MAC(labelStored, []byte(stem))
	return hex.EncodeToString(mac[:8]), err
}

// storedIn lists this cluster's snapshots in a store, oldest first.
func (t *task) storedIn(ctx context.Context, d *depot.Depot) ([]stored, error) {
	objects, err := d.List(ctx, t.backupPrefix())
	if err != nil {
		return nil, err
	}
	var all []stored
	for _, o := range objects {
		m := backupName.FindStringSubmatch(o.Name)
		if m == nil {
			continue // not ours to judge or delete
		}
		tag, err := t.backupTag(m[1])
		if err != nil {
			return nil, err
		}
		if !hmac.Equal([]byte(tag), []byte(m[4])) {
			continue // nor is what somebody else named so
		}
		at, err := time.Parse(backupStamp, m[2])
		epoch, err2 := strconv.ParseUint(m[3], 10, 64)
		if err == nil && err2 == nil {
			all = append(all, stored{name: o.Name, size: o.Size, at: at, epoch: epoch})
		}
	}
	slices.SortFunc(all, func(a, b stored) int { return a.at.Compare(b.at) })
	return all, nil
}

var opBackUp = newWrite("sys.snapshot-run", access.Operate, func(ctx context.Context, t *task, _ struct{}) (bool, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	return true, t.backUp(ctx)
})

// BackUp takes a scheduled snapshot now. fault.BadState without a schedule.
func (v *Vault) BackUp(ctx context.Context, c access.Caller) error {
	_, err := opBackUp.do(ctx, v, c, struct{}{})
	return err
}

func (v *Vault) backUpNow(ctx context.Context) error {
	return v.self("sys.snapshot-run", func(t *task) error { return t.backUp(ctx) })
}

// backUp stores a snapshot, proves it by reading it back, lets those go that have expired, and writes down how it went.
func (t *task) backUp(ctx context.Context) error {
	sched := scheduleOf(t.link.machine.State())
	if sched == nil {
		return fault.New(fault.BadState, "no snapshots are scheduled").WithHint("quorate operator snapshot schedule set --to file:///… --every 1h")
	}
	if !t.v.backing.TryLock() {
		return fault.New(fault.Busy, "a snapshot is being stored just now")
	}
	defer t.v.backing.Unlock()
	if err := t.intend(); err != nil {
		return err
	}
	t.change("to", sched.To)
	epoch := sealEpoch(t.link.machine.State()) // before: a rekey meanwhile makes another due
	o, n, err := t.storeOne(ctx, sched)
	st := sched.statusIn(t.link.machine.State())
	st.Tried, st.Error, st.To = t.v.now(t.link.machine.State()), "", sched.To
	if err != nil {
		st.Error = clip(fault.Of(err).Message)
	} else {
		st.Succeeded, st.Name, st.Size, st.Stored, st.Epoch = st.Tried, o.name, o.size, uint32(n), epoch
		t.change("name", o.name)
	}
	if errors.Is(err, fault.NoLeader) {
		return err
	}
	return errors.Join(err, t.putDoc(ctx, docBackups, st))
}

// storeOne is backUp without the bookkeeping; n is how many are stored then. Its order is such that wherever it ends, every snapshot
// that should open does: the key of an epoch is in the state and beside the snapshots before the first one needs it, and
// a key is destroyed before the snapshots that need it are deleted.
func (t *task) storeOne(ctx context.Context, sched *BackupSchedule) (o stored, n int, err error) {
	d, err := depot.Open(ctx, sched.To)
	if err != nil {
		return o, 0, err
	}
	defer d.Close()
	epochs, err := t.currentEpoch(ctx, sched)
	if err != nil {
		return o, 0, err
	}
	if err := t.ownStore(ctx, d, epochs); err != nil {
		return o, 0, err
	}
	if err := putCompanion(ctx, d, epochs); err != nil {
		return o, 0, err
	}
	if o, err = t.storeSnapshot(ctx, d, epochs); err != nil {
		return o, 0, err
	}
	if o.size, err = t.readBack(ctx, d, o.name); err != nil {
		return o, 0, errors.Join(fmt.Errorf("what was stored cannot be used: %w", err), d.Delete(ctx, o.name))
	}
	all, err := t.storedIn(ctx, d)
	if err != nil {
		return o, 0, err
	}
	keep, drop := sched.expired(with(all, o), t.v.cfg.Now())
	if err := t.letGo(ctx, d, epochs, sched.over(epochs.Keys, keep, t.v.cfg.Now())); err != nil {
		return o, 0, err
	}
	for _, old := range drop {
		if err := d.Delete(ctx, old.name); err != nil {
			return o, 0, err
		}
	}
	return o, len(keep), nil
}

// currentEpoch begins a new epoch when the newest is old enough, and gives the companion as it is then.
func (t *task) currentEpoch(ctx context.Context, sched *BackupSchedule) (*archive.Epochs, error) {
	s := t.link.machine.State()
	e, err := epochsOf(s)
	if err != nil {
		return nil, err
	}
	cfg, err := sealConfig(s)
	if err != nil {
		return nil, err
	}
	now := t.v.cfg.Now()
	e.Cluster, e.Seal, e.Made = t.keys.cluster, cfg.Encode(), now.UnixMilli()
	if n := len(e.Keys); n > 0 && now.Sub(time.UnixMilli(e.Keys[n-1].Began)) < sched.epochEvery() {
		return e, nil
	}
	sk := make([]byte, archive.KeySize)
	defer clear(sk)
	if _, err := io.ReadFull(t.v.cfg.Random, sk); err != nil {
		return nil, err
	}
	next := archive.Epoch{Number: 1, Began: now.UnixMilli()}
	if n := len(e.Keys); n > 0 {
		next.Number = e.Keys[n-1].Number + 1
	}
	if next.Term, next.Wrapped, err = t.keys.wrapSnapshotKey(next.Number, sk); err != nil {
		return nil, err
	}
	e.Keys = append(e.Keys, next)
	return e, t.putEpochs(ctx, e)
}

func (t *task) putEpochs(ctx context.Context, e *archive.Epochs) error {
	body, err := e.Encode()
	if err != nil {
		return err
	}
	return t.putBody(ctx, docEpochs, body)
}

// ownStore refuses a store that another cluster uses, or another life of this cluster uses: one that was restored beside it, or that it was restored from and
// that goes on. Each would replace the companion of the other, and with it the keys of epochs that the other began. What this one
// let go may still be in the companion, where a turn was cut short: those epochs are not newer than its own.
func (t *task) ownStore(ctx context.Context, d *depot.Depot, own *archive.Epochs) error {
	r, err := d.Get(ctx, archive.EpochsName)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	there, err := archive.ReadEpochs(r)
	if err != nil {
		return nil // it is damaged, and written anew
	}
	const hint = "Each cluster stores in a place of its own. Set the schedule to another folder or bucket: quorate operator snapshot schedule set --to …"
	if there.Cluster != own.Cluster {
		return fault.New(fault.BadState, "in %s lies the companion of another cluster, %s", d, seal.Fingerprint(there.Cluster)).WithHint(hint)
	}
	newest := own.Keys[len(own.Keys)-1]
	for _, k := range there.Keys {
		if mine := own.Find(k.Number); k.Number > newest.Number || mine != nil && mine.Began != k.Began {
			return fault.New(fault.BadState, "in %s lies the companion of another life of this cluster, with a key of epoch %d that this one does not have", d, k.Number).
				WithHint(hint)
		}
	}
	return nil
}

func putCompanion(ctx context.Context, d *depot.Depot, e *archive.Epochs) error {
	body, err := e.Encode()
	if err != nil {
		return err
	}
	return d.Put(ctx, archive.EpochsName, func(w io.Writer) error { _, err := w.Write(body); return err })
}

// storeSnapshot writes one under the key of the newest epoch.
func (t *task) storeSnapshot(ctx context.Context, d *depot.Depot, e *archive.Epochs) (o stored, err error) {
	newest := e.Keys[len(e.Keys)-1]
	s := t.link.machine.State()
	h, err := t.describe(s)
	if err != nil {
		return o, err
	}
	h.Epoch = newest.Number
	o.at, o.epoch = time.UnixMilli(h.Created).UTC(), newest.Number
	stem := fmt.Sprintf("%s%s-%d-e%d", t.backupPrefix(), o.at.Format(backupStamp), h.Index, newest.Number)
	tag, err := t.backupTag(stem)
	if err != nil {
		return o, err
	}
	o.name = stem + "-" + tag + ".qsnap"
	err = t.keys.openSnapshotKey(newest.Number, newest.Term, newest.Wrapped, func(sk []byte) error {
		sk = bytes.Clone(sk) // a slow store must not hold locked memory
		defer clear(sk)
		return d.Put(ctx, o.name, func(w io.Writer) error {
			return archive.Write(w, h, sk, func(w io.Writer) error { _, err := s.WriteTo(w); return err })
		})
	})
	return o, err
}

// readBack proves that what was stored opens and is authentic.
func (t *task) readBack(ctx context.Context, d *depot.Depot, name string) (size int64, err error) {
	r, err := d.Get(ctx, name)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n := &counted{r: r}
	c, err := t.copyOf(n)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	_, err = c.Verify(false, nil)
	return n.n, err
}

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// with is a listing in which o is, whatever the store says: it may tell of what it had a while ago.
func with(all []stored, o stored) []stored {
	if slices.ContainsFunc(all, func(there stored) bool { return there.name == o.name }) {
		return all
	}
	return append(slices.Clip(all), o)
}

// letGo destroys keys of epochs: in the cluster, then in the companion.
func (t *task) letGo(ctx context.Context, d *depot.Depot, e *archive.Epochs, over []uint64) error {
	if len(over) == 0 {
		return nil
	}
	t.change("epochs-destroyed", strconv.Itoa(len(over)))
	e.Keys = slices.DeleteFunc(slices.Clone(e.Keys), func(k archive.Epoch) bool { return slices.Contains(over, k.Number) })
	if err := t.putEpochs(ctx, e); err != nil {
		return err
	}
	return putCompanion(ctx, d, e)
}
