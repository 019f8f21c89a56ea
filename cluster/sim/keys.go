package sim

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// held is a key that its keeper takes out of use, one step after the other, while readers use it on every node.
type held struct {
	id key.ID

	mu    sync.Mutex
	steps []step // acknowledged; guarded by mu
}

// step is one acknowledged change that takes a key, or one version of it, out of use.
type step struct {
	what  string
	rev   uint64 // of the record that it made
	order int64  // of its acknowledgement
}

// keepers make keys and take them out of use.
const keepers = 2

// keep lets one key after the other live: it is made with two versions, used, and taken out of use in every way.
func (l *load) keep(rnd *rand.Rand) {
	for l.sleep(pause(rnd, time.Second, 4*time.Second)) {
		k := &held{}
		for i := range k.id {
			k.id[i] = byte(rnd.Uint32())
		}
		if !l.made(rnd, k) {
			continue
		}
		l.mu.Lock()
		l.keys = append(l.keys, k)
		l.mu.Unlock()
		for rev := uint64(1); rev > 0 && l.sleep(pause(rnd, 500*time.Millisecond, 4*time.Second)); {
			rev = l.retire(rnd, k, rev)
		}
	}
}

func pause(rnd *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rnd.Int64N(int64(most-least)))
}

func (l *load) made(rnd *rand.Rand, k *held) bool {
	now := key.At(time.Now())
	r := &key.Record{
		ID: k.id, Name: fmt.Sprintf("k-%x", k.id[:]), Algorithm: key.AES256GCM, Type: key.SymmetricKey, Usage: key.AES256GCM.Traits().Default(),
		State: key.Active, Owner: "sim", Created: now, Updated: now, Revision: 1, MAC: make([]byte, 32),
	}
	for n := range uint32(2) {
		r.Versions = append(r.Versions, key.Version{
			Number: n + 1, State: key.Active, Created: now, Activated: now, Material: key.Material{Term: 1, Sealed: bytes.Repeat([]byte{byte(n)}, 60)},
		})
	}
	out, known, _ := l.commit(rnd, &fsm.CreateKey{Record: r}, nil)
	return known && out.kind == fault.Internal
}

// retire takes the key, or its first version, one step further out of use. It returns the record's revision then; 0 when there is no
// further step, or when nobody knows what became of this one.
func (l *load) retire(rnd *rand.Rand, k *held, rev uint64) uint64 {
	n, life := l.somebody(rnd)
	if n == nil {
		return rev
	}
	r := life.machine.State().Key(k.id)
	if r == nil || r.Revision != rev { // it lags
		return rev
	}
	version := uint32(rnd.IntN(2))
	from := r.State
	if version > 0 {
		from = r.Version(version).State
	}
	var to []key.State
	for _, s := range []key.State{key.Suspended, key.Deactivated, key.Compromised, key.Destroyed} {
		if from.May(s) {
			to = append(to, s)
		}
	}
	switch {
	case len(to) > 0:
	case r.State.Gone() || r.State == key.Compromised:
		return 0
	default: // nothing is left of that version
		return rev
	}
	change := fsm.Change{ID: k.id, Expect: rev, Updated: key.At(time.Now()), MAC: make([]byte, 32)}
	cmd := &fsm.SetState{Change: change, Version: version, To: to[rnd.IntN(len(to))], Reason: "simulated"}
	what := fmt.Sprintf("%v of the whole key", cmd.To)
	if version > 0 {
		what = fmt.Sprintf("%v of a version", cmd.To)
	}
	began, calm := time.Now(), l.calm()
	out, known, _ := l.commit(rnd, cmd, func(o fsm.Outcome) { k.acked(step{what, o.Result.Revision, l.w.seq.Add(1)}) })
	if !known || out.kind != fault.Internal {
		return 0
	}
	l.w.record.took(what)
	l.w.record.revoked(time.Since(began), calm != 0 && calm == l.calm())
	return out.rev
}

func (k *held) acked(s step) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.steps = append(k.steps, s)
}

// useSometime is a use that may have to wait for the process to go on.
func (l *load) useSometime(n *Node, life *life, k *held, think time.Duration) {
	if think > 0 || n.clock.paused() != nil {
		l.work.Go(func() { l.use(n, life, k, think) })
		return
	}
	l.use(n, life, k, 0)
}

// use is what the vault does to use a key: may this node answer, some work, may it still answer, and is the key still what it was.
func (l *load) use(n *Node, life *life, k *held, think time.Duration) {
	n.clock.gate()
	local := access.Consistency{}
	if life.node.Fresh(context.Background(), local) != nil || think > 0 && !l.sleep(think) {
		return
	}
	n.clock.gate()
	order := l.w.seq.Add(1)
	if life.node.Fresh(context.Background(), local) != nil {
		return
	}
	rev := uint64(0)
	if r := life.machine.State().Key(k.id); r != nil {
		rev = r.Revision
	}
	l.w.record.count(&l.w.record.uses)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.steps {
		if s.order < order && rev < s.rev {
			l.w.record.used("%s used a key as it was at revision %d, after %s (revision %d) was acknowledged", n.Name, rev, s.what, s.rev)
			return
		}
	}
}

// finish complains of acknowledged steps that the cluster does not know at the end.
func (k *held) finish(w *World, end *life) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := end.machine.State().Key(k.id)
	for _, s := range k.steps {
		if r == nil || r.Revision < s.rev {
			w.record.complain("an acknowledged revocation is lost: %s, revision %d of a key", s.what, s.rev)
			return
		}
	}
}

// recent is one of the keys that were made last, and some older one now and then: what is gone has to stay gone. Nil: there is none.
func (l *load) recent(rnd *rand.Rand) *held {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch n := len(l.keys); {
	case n == 0:
		return nil
	case rnd.IntN(8) == 0:
		return l.keys[rnd.IntN(n)]
	default:
		return l.keys[n-1-rnd.IntN(min(n, keepers))]
	}
}
