package envelope

import (
	"context"
	"errors"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// askWithin bounds one look at the key's record.
const askWithin = 15 * time.Second

// follow learns of changes of the key until ctx ends: by watching or, where that is not possible, by looking now and then.
func (b *Box) follow(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		blind := b.blind
		b.mu.Unlock()
		if !blind {
			b.watch(ctx)
		}
		pause := time.NewTimer(Recheck)
		select {
		case <-ctx.Done():
		case <-pause.C:
			b.look(ctx)
		}
		pause.Stop()
	}
}

// watch follows the key until it cannot.
func (b *Box) watch(ctx context.Context) {
	b.mu.Lock()
	id := b.id
	b.mu.Unlock()
	for e, err := range b.c.Watch(ctx, client.WatchQuery{Key: id}) {
		switch {
		case err != nil:
			b.set.log.Warn("the key cannot be watched: it is looked at now and then", "key", id, "err", err)
			b.look(ctx)
			return
		case e.Event == api.EventKey && e.Gone != "":
			b.lost()
			return // another key may have taken the name
		case e.Event == api.EventKey && e.Key != nil:
			b.judge(e.Key)
		case e.Event == api.EventReady || e.Event == api.EventReset:
			b.look(ctx) // what changed before this moment was not told
		case e.Event == api.EventStale:
			b.look(ctx) // this node hears of nothing just now: others may
			return
		}
	}
}

// look reads the key's record. That nobody can be asked changes nothing; any other refusal means that it is lost.
func (b *Box) look(ctx context.Context) {
	b.mu.Lock()
	id := b.id
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	record, err := b.c.Key(ctx, id)
	switch {
	case err == nil:
		b.judge(record)
	case ctx.Err() == nil && !fault.KindOf(err).Retryable() && !errors.Is(err, fault.Internal):
		b.lost()
	}
}

// lost drops everything: the key is gone, or may not be seen any more. The next call asks the cluster what is left of it.
func (b *Box) lost() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epoch++
	b.seen = nil
	b.forget(func(*dataKey) bool { return true })
}

// judge takes in the key's record as it is now, and drops the data keys whose use is governed differently than before.
func (b *Box) judge(now *api.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.seen
	if before != nil && now.ID != before.ID { // another key has taken the name
		before = nil
	}
	b.id, b.seen, b.blind = now.ID, now, false
	changed := func(version uint32) bool { return before == nil || governs(before, version) != governs(now, version) }
	if before == nil || changed(0) || len(before.Versions) != len(now.Versions) {
		b.epoch++
	} else {
		for _, v := range now.Versions {
			if changed(v.Version) {
				b.epoch++
				break
			}
		}
	}
	b.forget(func(k *dataKey) bool { return changed(k.header.KeyVersion) })
	if k := b.current.Load(); k != nil && k.header.KeyVersion != now.Latest {
		b.current.Store(nil) // it still opens what it protected
	}
}

// forget wipes data keys. The caller holds mu.
func (b *Box) forget(out func(*dataKey) bool) {
	if k := b.current.Load(); k != nil && out(k) {
		b.current.Store(nil)
	}
	b.shelf.drop(out)
}

// rule is what governs the use of one version.
type rule struct {
	id, name, state, version string
	tooOld                   bool
}

func governs(r *api.Record, version uint32) rule {
	g := rule{id: r.ID, name: r.Name, state: r.State, tooOld: version < r.MinDecryptVersion}
	for _, v := range r.Versions {
		if v.Version == version {
			g.version = v.State
		}
	}
	return g
}
