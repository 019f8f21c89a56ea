package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// SnapshotCopy is a snapshot that was read to its end, found authentic, and lies open beside whatever runs here. Close wipes what opened it.
type SnapshotCopy struct {
	Header archive.Header
	Sum    [32]byte // of the file

	state  *fsm.State
	config *seal.Config // by which it was opened
	aside  *task        // works on the copy as on a vault of its own
	owns   bool         // the keyring is the copy's own, and wiped with it
}

// OpenSnapshot opens a snapshot with custodians' shares alone: no cluster is needed, nor ever was seen. epochs is the companion that
// lies beside scheduled snapshots; nil for a file that holds its own key. Shares of the time of the snapshot open it, and with the
// companion those of now do too. fault.Invalid names what is wrong with a share or with the file; fault.NotFound says that the
// snapshot has expired: its key was destroyed.
func OpenSnapshot(r io.Reader, shares [][]byte, epochs *archive.Epochs) (*SnapshotCopy, error) {
	a, err := archive.Open(r)
	if err != nil {
		return nil, err
	}
	if epochs != nil && epochs.Cluster != a.Header.Cluster {
		return nil, fault.New(fault.Invalid, "the companion %s belongs to another cluster than the snapshot", archive.EpochsName)
	}
	opened, cfg, err := openShares(a, shares, epochs)
	if err != nil {
		return nil, err
	}
	room := &keyroom{opened: opened, ring: opened.Keyring(), cluster: cfg.Cluster}
	c, err := readCopy(a, room, epochs)
	if err != nil {
		opened.Destroy()
		return nil, err
	}
	c.config, c.owns = cfg, true
	return c, nil
}

// openShares tries the seal's newest configuration first: the companion's, then the snapshot's own.
func openShares(a *archive.Reader, shares [][]byte, epochs *archive.Epochs) (opened *seal.Opened, cfg *seal.Config, err error) {
	if len(shares) == 0 {
		return nil, nil, fault.New(fault.Invalid, "no share was given").WithHint("The snapshot tells how many it takes: quorate operator snapshot inspect FILE")
	}
	var docs [][]byte
	if epochs != nil {
		docs = append(docs, epochs.Seal)
	}
	docs = append(docs, a.Header.Seal)
	var last error
	for _, doc := range docs {
		if cfg, err = seal.DecodeConfig(doc); err != nil {
			return nil, nil, err
		}
		if cfg.Cluster != a.Header.Cluster {
			return nil, nil, fault.New(fault.Invalid, "the snapshot is refused: its seal configuration belongs to another cluster")
		}
		if opened, err = gather(cfg, shares); err == nil {
			return opened, cfg, nil
		}
		last = err
	}
	return nil, nil, last
}

// gather opens a configuration with shares that are all there at once.
func gather(cfg *seal.Config, shares [][]byte) (*seal.Opened, error) {
	y := seal.NewCeremony(cfg, time.Hour, time.Now)
	defer y.ForceReset()
	var p seal.Progress
	for i, line := range shares {
		var opened *seal.Opened
		var err error
		p, opened, err = y.Submit(line)
		switch {
		case errors.Is(err, fault.Exists):
		case err != nil:
			return nil, fmt.Errorf("share number %d of those given: %w", i+1, err)
		case opened != nil:
			return opened, nil
		}
	}
	return nil, fault.New(fault.Invalid, "%d of the %d shares that it takes were given", p.Have, p.Need).WithHint("Give %d more, of other custodians.", p.Need-p.Have)
}

// copyOf opens a snapshot with the keyring of this open node and the epochs that the cluster keeps.
func (t *task) copyOf(r io.Reader) (*SnapshotCopy, error) {
	a, err := archive.Open(r)
	if err != nil {
		return nil, err
	}
	if a.Header.Cluster != t.keys.cluster {
		return nil, foreign(&a.Header, t.keys.cluster)
	}
	epochs, err := epochsOf(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	return readCopy(a, t.keys, epochs)
}

func foreign(h *archive.Header, here [16]byte) error {
	return fault.New(fault.Invalid, "the snapshot is of cluster %s, and this is cluster %s", formatCluster(h.Cluster), formatCluster(here)).
		WithHint("Keys of another cluster come in by `quorate key import` or `key restore`, not by a snapshot.")
}

// readCopy decrypts and decodes, and holds the content against the header.
func readCopy(a *archive.Reader, room *keyroom, epochs *archive.Epochs) (*SnapshotCopy, error) {
	c := &SnapshotCopy{Header: a.Header}
	term, wrapped := a.Header.Term, a.Header.Wrapped
	if e := a.Header.Epoch; e != 0 {
		k := (*archive.Epoch)(nil)
		if epochs != nil {
			k = epochs.Find(e)
		}
		switch {
		case k == nil && epochs == nil:
			return nil, fault.New(fault.NotFound, "the key of this snapshot, epoch %d, is not in the file", e).
				WithHint("Scheduled snapshots need the companion %q that lies beside them (--epochs).", archive.EpochsName)
		case k == nil:
			return nil, fault.New(fault.NotFound, "the snapshot has expired: the key of epoch %d was destroyed", e).WithHint("Take a newer snapshot.")
		}
		term, wrapped = k.Term, k.Wrapped
	}
	m := fsm.New()
	err := room.openSnapshotKey(a.Header.Epoch, term, wrapped, func(sk []byte) (err error) {
		c.Sum, err = a.Body(sk, m.Restore)
		return err
	})
	if errors.Is(err, seal.ErrAltered) {
		return nil, fault.Wrap(fault.Invalid, err, "the snapshot is refused: the key in it was not wrapped by this keyring")
	}
	if err != nil {
		return nil, err
	}
	c.state = m.State()
	v := New(Config{Node: a.Header.Node, CacheSize: 1000, Log: nil})
	v.link.Store(&link{machine: m})
	v.open.Store(room)
	c.aside = &task{v: v, link: v.link.Load(), keys: room}
	return c, c.honest()
}

// honest refuses a header that says something else than the content.
func (c *SnapshotCopy) honest() error {
	h, s := &c.Header, c.state
	cfg := s.Document(docSeal)
	if cfg == nil || h.Index != s.Index() || h.Counts != countsOf(s) || h.Content != s.ContentDigest() || !bytes.Equal(h.Seal, cfg.Body) {
		return fault.New(fault.Invalid, "the snapshot is refused: its header does not describe its content")
	}
	return nil
}

// Close wipes what was opened.
func (c *SnapshotCopy) Close() {
	c.aside.v.keys.purge()
	c.aside.v.keys.stop()
	c.aside.v.dual.stop()
	if c.owns {
		c.aside.keys.opened.Destroy()
	}
}

// Unlocked is what Verify found in order.
type Unlocked struct {
	Keys     uint64 // records whose authentication is right
	Versions uint64 // that were opened
	Gone     uint64 // that were destroyed: nobody opens them again
	Tokens   uint64
	Policies uint64
}

// Verify checks every record, token and policy against its authentication code; with deep it opens every key version there
// is, and holds public halves against the private ones. progress, if not nil, is told how many of the versions are through.
func (c *SnapshotCopy) Verify(deep bool, progress func(done, of uint64)) (u Unlocked, err error) {
	t, s := c.aside, c.state
	if err := t.keys.checkPolicies(s); err != nil {
		return u, err
	}
	u.Policies = uint64(len(s.Policies()))
	for after := (key.ID{}); ; {
		page, next := s.Tokens(after, 1000)
		for _, tok := range page {
			if err := t.keys.checkToken(tok); err != nil {
				return u, err
			}
			u.Tokens++
		}
		if after = next; after.IsZero() {
			break
		}
	}
	for r := range s.AllKeys() {
		if err := t.keys.check(r); err != nil {
			return u, err
		}
		u.Keys++
		for i := range r.Versions {
			if r.Versions[i].State.Gone() {
				u.Gone++
				continue
			}
			if deep {
				if err := t.opens(r, &r.Versions[i]); err != nil {
					return u, fmt.Errorf("key %s version %d does not open: %w", r.ID, r.Versions[i].Number, err)
				}
			}
			u.Versions++
			if progress != nil && u.Versions%1000 == 0 {
				progress(u.Versions, c.Header.Counts.Versions)
			}
		}
	}
	return u, nil
}

// opens is nil if a version's material is whole and is a key of its algorithm.
func (t *task) opens(r *key.Record, ver *key.Version) error {
	return t.material(r, ver, func(plain []byte) error {
		if isDual(r) {
			return nil // sealed for somebody else: what can be told is that it is authentic
		}
		k, err := openMaterial(r, plain)
		if err != nil || len(ver.Public) == 0 || r.Type == key.Certificate {
			return err
		}
		public, err := k.Public()
		if err == nil && !bytes.Equal(public, ver.Public) {
			err = fault.New(fault.Internal, "its public half belongs to another key")
		}
		return err
	})
}

// VerifySnapshot checks a snapshot with the keyring of this open node, which the snapshot must be of.
func (v *Vault) VerifySnapshot(t0 access.Caller, r io.Reader, deep bool) (h archive.Header, u Unlocked, err error) {
	t, err := v.begin("sys.snapshot-verify", access.Operate, t0, false)
	if err != nil {
		return h, u, err
	}
	if err = t.allow(access.OfVault()); err == nil {
		var c *SnapshotCopy
		if c, err = t.copyOf(r); err == nil {
			defer c.Close()
			h = c.Header
			u, err = c.Verify(deep, nil)
		}
	}
	return h, u, t.done(err)
}
