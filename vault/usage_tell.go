package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// tellLimit is how long a node tries to tell before it lets go until the next time.
const tellLimit = 5 * time.Second

type usageIn struct{ Items []fsm.UsageItem }

var opUsage = newWrite("key.usage", access.Operate, countUses)

// countUses adds what a node counted to the state.
func countUses(ctx context.Context, t *task, in usageIn) (uint32, error) {
	if err := t.ownWork(); err != nil {
		return 0, err
	}
	t.change("versions", number(uint32(len(in.Items))))
	if err := t.intend(); err != nil {
		return 0, err
	}
	out, err := t.propose(ctx, &fsm.CountUses{Items: in.Items})
	return out.Version, err
}

// ownWork asks the policies unless a node of this cluster does its own work: no policy may keep the cluster from counting.
func (t *task) ownWork() error {
	if t.caller.Kind == access.BySelf {
		return nil
	}
	return t.allow(access.OfVault())
}

// asSelf is the cluster itself as a caller.
func (v *Vault) asSelf() access.Caller {
	return access.Caller{Principal: "self", Groups: []string{access.RootGroup}, Kind: access.BySelf, Door: "self", Node: v.cfg.Node}
}

// usageBatch is what is being told. It is told under one Idempotency-Key until its outcome is known: then it has been
// counted once, however often it was sent.
type usageBatch struct {
	retry    string
	items    []fsm.UsageItem
	counters []*counter // of items
}

// collect takes stock of what was not told yet, a batch at most; nil if there is nothing. The caller holds turn.
func (u *usages) collect(node string) *usageBatch {
	u.mu.RLock()
	defer u.mu.RUnlock()
	b := &usageBatch{}
	for at, c := range u.counters {
		it := fsm.UsageItem{ID: at.id, Version: at.version, Uses: c.uses.Load(), Bytes: c.bytes.Load(), LastUsed: key.Time(c.last.Load())}
		if it.Uses == 0 && it.Bytes == 0 && int64(it.LastUsed) == c.told.Load() {
			continue
		}
		b.items, b.counters = append(b.items, it), append(b.counters, c)
		if len(b.items) == fsm.MaxUsageItems {
			break
		}
	}
	if len(b.items) == 0 {
		return nil
	}
	u.seq++
	b.retry = "usage/" + node + "/" + hex.EncodeToString(u.boot[:]) + "/" + strconv.FormatUint(u.seq, 10)
	return b
}

// settle takes what was told off the counters. What is committed is raised first, so that their sum is never too low.
func (b *usageBatch) settle(s *fsm.State) {
	for i, c := range b.counters {
		it := &b.items[i]
		c.learn(s.Usage(it.ID, it.Version).Uses)
		c.uses.Add(-it.Uses)
		c.bytes.Add(-it.Bytes)
		c.told.Store(int64(it.LastUsed))
	}
}

// TellUses tells the leader of all uses that this node counted. What cannot be told now is told the next time; nothing is
// told twice.
func (v *Vault) TellUses(ctx context.Context) error {
	u := v.usage
	select {
	case u.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-u.turn }()
	for {
		l, _, err := v.opened()
		if err != nil {
			return err
		}
		last := u.batch == nil // after one from before, what was counted since is told too
		if last {
			if u.batch = u.collect(v.cfg.Node); u.batch == nil {
				break
			}
		}
		c := v.asSelf()
		c.Retry = u.batch.retry
		if _, err := opUsage.do(ctx, v, c, usageIn{u.batch.items}); err != nil {
			if f := fault.KindOf(err); f == fault.Invalid || f == fault.TooLarge || f == fault.BadState {
				u.batch = nil // refused for good: nothing of it is in the state, and a new batch begins from the counters
			}
			return err
		}
		last = last && len(u.batch.items) < fsm.MaxUsageItems
		u.batch.settle(l.machine.State())
		if u.batch = nil; last {
			break
		}
	}
	u.prune(max(v.cfg.CacheAge, 0) + time.Minute) // an opened key is used no longer
	return nil
}

// tellUses tells at intervals, and at once when a version was used very often, until ctx ends.
func (v *Vault) tellUses(ctx context.Context) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-v.usage.nudge:
		}
		err := v.tellFor(ctx, tellLimit)
		if err == nil || errors.Is(err, fault.Sealed) || ctx.Err() != nil {
			continue
		}
		v.log.Warn("the leader could not be told how often keys were used; it is tried again", "err", err)
		select { // the next nudge comes with the next use
		case <-ctx.Done():
		case <-time.After(tick):
		}
	}
}

// tellFor tells for a limited time: of a node that is closing, as much as can be told.
func (v *Vault) tellFor(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return v.TellUses(ctx)
}
