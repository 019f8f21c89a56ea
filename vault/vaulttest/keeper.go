package vaulttest

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// Keeper is what a node keeps beside its log, in memory. It can be told to fail.
type Keeper struct {
	mu     sync.Mutex
	files  map[string][]byte // guarded by mu
	broken bool              // guarded by mu
}

var _ vault.Keeper = (*Keeper)(nil)

var errKeeper = fault.New(fault.Internal, "the node's files were told to fail")

// Read implements vault.Keeper.
func (k *Keeper) Read(name string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, ok := k.files[name]
	switch {
	case k.broken:
		return nil, errKeeper
	case !ok:
		return nil, fault.New(fault.NotFound, "there is no file %q", name)
	}
	return bytes.Clone(b), nil
}

// Write implements vault.Keeper.
func (k *Keeper) Write(name string, data []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return errKeeper
	}
	if data == nil {
		delete(k.files, name)
	} else {
		k.files[name] = bytes.Clone(data)
	}
	return nil
}

// Names implements vault.Keeper.
func (k *Keeper) Names() ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken {
		return nil, errKeeper
	}
	return slices.Sorted(maps.Keys(k.files)), nil
}

// Files are copies of what there is.
func (k *Keeper) Files() map[string][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string][]byte{}
	for name, b := range k.files {
		all[name] = bytes.Clone(b)
	}
	return all
}

// Break makes everything fail, or work again.
func (k *Keeper) Break(broken bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.broken = broken
}

// Keeper is what node i keeps beside its log. It survives restarts.
func (f *Fixture) Keeper(i int) *Keeper { return f.nodes[i].keeper }

// Rival says whether another process of node i is alive, too, as the leader hears.
func (f *Fixture) Rival(i int, alive bool) { f.set(func() { f.nodes[i].rival = alive }) }

// Elsewhere implements vault.Membership.
func (m members) Elsewhere(node string, _ [16]byte) time.Duration {
	f := m.n.f
	if _, self := replica(m).Leader(); !self {
		return time.Second
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.nodes {
		if n.name == node && n.rival {
			return time.Second
		}
	}
	return 0
}
