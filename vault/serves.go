package vault

import (
	"context"
	"sync"

	"github.com/quorate/quorate/vault/access"
)

// whenSealed is what others do when the node is sealed. The zero value is nothing.
type whenSealed struct {
	mu  sync.Mutex
	all []func() // guarded by mu
}

// WhenSealed has f called each time the node is sealed, or closed, by whoever keeps what only an open node may give out. f may not block.
func (v *Vault) WhenSealed(f func()) {
	v.sealed.mu.Lock()
	defer v.sealed.mu.Unlock()
	v.sealed.all = append(v.sealed.all, f)
}

func (w *whenSealed) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.all {
		f()
	}
}

// Serves is nil when the node is open, may answer reads now, and knows the caller's token as one that lives: a door asks before it gives out
// what it kept of an operation that was done before.
func (v *Vault) Serves(ctx context.Context, c access.Caller) error {
	l, k, err := v.opened()
	if err != nil {
		return err
	}
	t := &task{v: v, link: l, keys: k, caller: c}
	if err := t.fresh(ctx); err != nil {
		return err
	}
	return t.alive()
}
