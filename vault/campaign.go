package vault

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// How campaigns go: rotating a key leaves its children under the version before, and the leader moves them to the newest, an
// entry of many at a time. What is left is in the state, so whoever leads next goes on where it stands, and an item that was
// moved already is passed over when it is applied.
const (
	// campaignBytes bounds the material in one entry, which must fit fsm.MaxEntry with what is around it.
	campaignBytes = fsm.MaxEntry / 2
	// campaignAhead is how many entries are under way at a time: while some are being committed the next is wrapped.
	campaignAhead = 3
	// campaignRetry is how long a campaign rests when nothing of what is left could be moved.
	campaignRetry = time.Minute
)

// Rewrapping is how far the children of a key have been moved to its newest version.
type Rewrapping struct {
	Key      *key.Record
	Versions []WrapCount
	Campaign *fsm.Campaign // nil: the key was never rotated while it had children
	Done     uint64
	Active   bool // it is not finished, and the key's state lets it go on
}

// WrapCount is how many versions of children one version of a key wraps.
type WrapCount struct {
	Version uint32
	State   key.State
	Items   int
	// SafeToRetire: the vault keeps nothing under this version any more, and makes nothing new under it. The vault does not
	// know of ciphertexts that callers keep: they open only while the version exists.
	SafeToRetire bool
}

// Rewrapping tells how far the rewrapping of a key's children is, and which versions the vault itself needs no longer.
func (v *Vault) Rewrapping(ctx context.Context, c access.Caller, ref string) (*Rewrapping, error) {
	t, err := v.begin("key.rewrapping", access.Read, c, false)
	if err != nil {
		return nil, err
	}
	r, err := t.read(ctx, ref)
	if err := t.done(err); err != nil {
		return nil, err
	}
	s := t.link.machine.State()
	out := &Rewrapping{Key: public(r), Versions: make([]WrapCount, len(r.Versions))}
	out.Campaign, out.Done = s.Campaign(r.ID)
	out.Active = out.Campaign != nil && out.Campaign.Finished == 0 && mayRewrap(s, r)
	for i := range r.Versions {
		n, state := r.Versions[i].Number, r.Versions[i].State
		items := s.ChildrenUnder(r.ID, n)
		out.Versions[i] = WrapCount{n, state, items, items == 0 && n != r.Latest().Number && !state.Gone()}
	}
	return out, nil
}

// Rewrapped is how many versions of children campaigns moved to a newer version of their parent, as this node applied it since its
// process began: what it replays of the log at its start counts too, what a snapshot brought does not. May be called concurrently.
func (v *Vault) Rewrapped() uint64 { return v.moved.Load() }

// mayRewrap tells whether states let the children of r be moved: r must take children, and every key above it open.
func mayRewrap(s *fsm.State, r *key.Record) bool {
	if r == nil || r.Latest() == nil || r.Permits(r.Latest(), key.ToHaveChild) != key.Allowed {
		return false
	}
	for ver := r.Latest(); !r.Parent.IsZero(); {
		p := s.Key(r.Parent)
		if p == nil || p.Version(ver.Material.Parent) == nil {
			return false
		}
		if ver = p.Version(ver.Material.Parent); p.Permits(ver, key.ToOpenChild) == key.Refused {
			return false
		}
		r = p
	}
	return true
}

// campaigns carries out campaigns while this node leads, until ctx ends. Dates do not wait for it.
func (v *Vault) campaigns(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	resting := map[key.ID]time.Time{} // campaigns that could not move anything, and until when
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		l, _, err := v.opened()
		if err != nil {
			continue
		}
		if _, self := l.replica.Leader(); !self {
			clear(resting)
			continue
		}
		if err := v.rewrapChildren(ctx, l, resting); err != nil && ctx.Err() == nil && !errors.Is(err, fault.NoLeader) {
			v.log.Warn("rewrapping children did not finish; it is tried again", "err", err)
		}
	}
}

// rewrapChildren works through the campaigns that are not finished.
func (v *Vault) rewrapChildren(ctx context.Context, l *link, resting map[key.ID]time.Time) error {
	var all error
	s := l.machine.State()
	for _, c := range s.OpenCampaigns(s.CampaignCount()) {
		if now := v.cfg.Now(); !mayRewrap(s, s.Key(c.Parent)) || now.Before(resting[c.Parent]) {
			continue
		}
		moved, err := v.rewrapFamily(ctx, l, c)
		if errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Uncertain) || errors.Is(err, fault.Sealed) || ctx.Err() != nil {
			return err
		}
		if all = errors.Join(all, err); moved == 0 {
			resting[c.Parent] = v.cfg.Now().Add(campaignRetry)
		}
	}
	return all
}

// rewrapFamily moves what older versions of one key wrap, once through. It returns when all that it began is committed.
// What cannot be opened is told of and left where it is; it does not hold up the rest.
func (v *Vault) rewrapFamily(ctx context.Context, l *link, c *fsm.Campaign) (int, error) {
	f := &family{l: l, campaign: c, versions: l.machine.State().ChildVersions(c.Parent)}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range campaignAhead {
		workers.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				version, batch := f.next(v.pace.batch())
				if len(batch) == 0 {
					return
				}
				if err := v.moveChildren(ctx, f, version, batch); err != nil {
					cancel(err)
				}
				rest(ctx, v.pace.rest(len(batch), time.Since(began), time.Now()))
			}
		})
	}
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return f.moved, cause
	}
	return f.moved, errors.Join(f.failures...)
}

// family is the children of one key while they are moved to its newest version.
type family struct {
	l        *link
	campaign *fsm.Campaign

	mu       sync.Mutex         // guards what follows
	versions []fsm.VersionCount // of the parent, that are still to be gone through
	after    key.ID             // the last child that was handed out under the first of them
	moved    int
	failures []error // at most maxFailures
}

const maxFailures = 8

// next hands out the next children under a version, at most so many, and no more than go into an entry; nothing at the end.
func (f *family) next(limit int) (version uint32, batch []*key.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.versions) > 0 && f.versions[0].Version < f.campaign.To {
		version = f.versions[0].Version
		batch, _ = f.l.machine.State().WrappedUnder(f.campaign.Parent, version, f.after, limit)
		if len(batch) > 0 {
			batch = batch[:entryful(batch, version)]
			f.after = batch[len(batch)-1].ID
			return version, batch
		}
		f.versions, f.after = f.versions[1:], key.ID{}
	}
	return 0, nil
}

// entryful is how many of some children one entry can move from a version; at least one.
func entryful(batch []*key.Record, version uint32) int {
	items, size := 0, 0
	for i, r := range batch {
		for j := range r.Versions {
			if m := &r.Versions[j].Material; m.Parent == version {
				items, size = items+1, size+len(m.Sealed)+64
			}
		}
		if i > 0 && (items > fsm.MaxRewrap || size > campaignBytes) {
			return i
		}
	}
	return len(batch)
}

// moveChildren wraps some children anew and commits that in one entry.
func (v *Vault) moveChildren(ctx context.Context, f *family, version uint32, batch []*key.Record) error {
	return v.self("sys.rewrap-children", func(t *task) error {
		t.entry.Key = f.campaign.Parent
		t.change("to", number(f.campaign.To))
		cmd := &fsm.RewrapKeys{Parent: f.campaign.Parent}
		for _, r := range batch {
			var err error
			if cmd.Items, err = t.movedUp(ctx, r, version, f.campaign.To, cmd.Items); err != nil {
				f.failed(err)
			}
		}
		t.change("versions", number(uint32(len(cmd.Items))))
		if len(cmd.Items) == 0 {
			return nil
		}
		out, err := t.propose(ctx, cmd)
		if err == nil {
			t.change("moved", strconv.FormatUint(uint64(out.Version), 10)) // less than the versions named, where something else was faster
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.moved += int(out.Version)
		return err
	})
}

func (f *family) failed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.failures) < maxFailures {
		f.failures = append(f.failures, err)
	}
}

// movedUp appends what moves r from one version of its parent to another: an entry's worth, of a child with very many versions.
func (t *task) movedUp(ctx context.Context, r *key.Record, from, to uint32, items []fsm.RewrapItem) ([]fsm.RewrapItem, error) {
	size := 0
	for i := range r.Versions {
		ver := &r.Versions[i]
		if ver.Material.Parent != from || len(ver.Material.Sealed) == 0 {
			continue
		}
		if size += len(ver.Material.Sealed) + 64; len(items) >= fsm.MaxRewrap || size > campaignBytes && len(items) > 0 {
			break // the next time through comes to it
		}
		item := fsm.RewrapItem{ID: r.ID, Version: ver.Number, OldParent: from}
		err := t.material(r, ver, func(plain []byte) (err error) {
			item.New, err = t.wrap(ctx, r, ver.Number, plain)
			return err
		})
		if err != nil {
			return items, err
		}
		if item.New.Parent == to { // else the key was rotated again, and another campaign has begun
			items = append(items, item)
		}
	}
	return items, nil
}

// rest leaves the machines to others for a while.
func rest(ctx context.Context, d time.Duration) {
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-ctx.Done():
	case <-pause.C:
	}
}
