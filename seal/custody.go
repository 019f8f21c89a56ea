package seal

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Opened is a node's open seal: master key and keyring, in locked memory, at some revision of the configuration. Changes (Rekey,
// RotateKeyring, DropTerm, AddSlot …) only make a new Config: once it is committed, every open node, the one that made it too,
// takes it up with Adopt. It is safe for concurrent use.
type Opened struct {
	keyring *Keyring
	cluster [16]byte

	mu       sync.Mutex
	epoch    uint16  // guarded by mu
	revision uint64  // guarded by mu
	mac      []byte  // guarded by mu; of the configuration that was adopted last
	master   *Secret // guarded by mu; nil once destroyed
}

// Create makes a new cluster's master key, its first keyring, and shares of which threshold open it. The share lines are the only
// copies there are: hand them out, then clear them. fault.Invalid unless 2 ≤ threshold ≤ shares ≤ 16, or 1 of 1.
func Create(cluster [16]byte, shares, threshold int, now time.Time) (*Config, *Opened, [][]byte, error) {
	if err := CheckSharing(shares, threshold); err != nil {
		return nil, nil, nil, err
	}
	c := &Config{Format: configFormat, Cluster: cluster, Epoch: 1, Revision: 1, CreatedAt: now.Unix(), CurrentTerm: 1}
	master, err := newMaster()
	if err != nil {
		return nil, nil, nil, err
	}
	ring := newPlainKeyring()
	defer ring.destroy()
	if err := ring.generate(); err != nil {
		master.Destroy()
		return nil, nil, nil, err
	}
	o, out, err := establish(c, master, ring, shares, threshold)
	if err != nil {
		master.Destroy()
		return nil, nil, nil, fmt.Errorf("creating the seal: %w", err)
	}
	return c, o, out, nil
}

func newMaster() (*Secret, error) {
	return NewSecret(32, func(mem []byte) error { _, err := rand.Read(mem); return err })
}

// establish completes a first configuration: slot of shares, wrapped keyring, MAC.
func establish(c *Config, master *Secret, ring *plainKeyring, shares, threshold int) (o *Opened, out [][]byte, err error) {
	err = master.Lend(func(key []byte) error {
		doc, dealt, err := dealSlot(c.Cluster, c.Epoch, shares, threshold, key)
		if err != nil {
			return err
		}
		c.Slots = []SlotDoc{doc}
		if err := ring.sealInto(c, key); err != nil {
			return err
		}
		keyring, err := newKeyring(ring.root())
		if err != nil {
			return err
		}
		if err := keyring.authenticate(c); err != nil {
			return err
		}
		if out, err = lines(dealt); err != nil {
			return err
		}
		o, err = finishOpen(c, master, keyring, ring)
		return err
	})
	return o, out, err
}

// openWith opens a configuration with its master key, which it takes over: it is destroyed on failure.
func openWith(c *Config, master *Secret) (o *Opened, err error) {
	err = master.Lend(func(key []byte) error {
		ring, err := openKeyring(c, key)
		if err != nil {
			return err
		}
		defer ring.destroy()
		keyring, err := newKeyring(ring.root())
		if err != nil {
			return err
		}
		o, err = finishOpen(c, master, keyring, ring)
		return err
	})
	if err != nil {
		master.Destroy()
		return nil, fmt.Errorf("opening the seal: %w", err)
	}
	return o, nil
}

func finishOpen(c *Config, master *Secret, keyring *Keyring, ring *plainKeyring) (*Opened, error) {
	if err := keyring.verify(c); err != nil {
		keyring.Destroy()
		return nil, err
	}
	if err := keyring.adopt(ring, c.CurrentTerm); err != nil {
		keyring.Destroy()
		return nil, err
	}
	return &Opened{
		keyring: keyring, cluster: c.Cluster, master: master,
		epoch: c.Epoch, revision: c.Revision, mac: slices.Clone(c.MAC),
	}, nil
}

// Keyring returns the keyring, always the same one: it follows Adopt and is sealed by Destroy.
func (o *Opened) Keyring() *Keyring { return o.keyring }

// Epoch returns the epoch and the revision of the configuration that was adopted last.
func (o *Opened) Epoch() (epoch uint16, revision uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.epoch, o.revision
}

// Destroy wipes master key and keyring: the node is sealed. It may be called more than once, and on nil.
func (o *Opened) Destroy() {
	if o == nil {
		return
	}
	o.keyring.Destroy()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.master.Destroy()
	o.master = nil
}

// String hides the keys.
func (o *Opened) String() string { return "[opened seal]" }

// GoString hides the keys from %#v.
func (o *Opened) GoString() string { return o.String() }

// Format hides the keys from every verb.
func (o *Opened) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(o.String())) }

// LogValue hides the keys from slog.
func (o *Opened) LogValue() slog.Value { return slog.StringValue(o.String()) }

// matches refuses a configuration that is not the one adopted here: changes are made only on what was seen to be authentic.
func (o *Opened) matches(c *Config) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.matchesLocked(c)
}

func (o *Opened) matchesLocked(c *Config) error {
	if o.master == nil {
		return errSealed()
	}
	if c.Cluster != o.cluster || c.Revision != o.revision || !slices.Equal(c.MAC, o.mac) {
		return fault.New(fault.Conflict, "the seal configuration is at revision %d and this node at %d", c.Revision, o.revision).
			WithHint("Another change came first: try again.")
	}
	return o.keyring.verify(c)
}

// withMaster lends the master key for a change of c, which must be the configuration adopted here. The lock is not held meanwhile: a
// slot may take its time to wrap, and sealing the node must not wait for it.
func (o *Opened) withMaster(c *Config, use func(master []byte) error) error {
	o.mu.Lock()
	err, master := o.matchesLocked(c), o.master
	o.mu.Unlock()
	if err != nil {
		return err
	}
	return master.Lend(use)
}

// changeKeyring makes a configuration whose keyring is changed by edit.
func (o *Opened) changeKeyring(c *Config, edit func(next *Config, ring *plainKeyring) error) (*Config, error) {
	next := c.successor()
	err := o.withMaster(c, func(master []byte) error {
		ring, err := openKeyring(c, master)
		if err != nil {
			return err
		}
		defer ring.destroy()
		if err := edit(next, ring); err != nil {
			return err
		}
		if err := ring.sealInto(next, master); err != nil {
			return err
		}
		return o.keyring.authenticate(next)
	})
	if err != nil {
		return nil, err
	}
	return next, next.validate()
}

// RotateKeyring returns a configuration with a new current term; what older terms wrapped still opens. fault.Conflict if c is
// not the configuration adopted here, fault.BadState at 64 terms.
func (o *Opened) RotateKeyring(c *Config) (*Config, error) {
	return o.changeKeyring(c, func(next *Config, ring *plainKeyring) error {
		if c.CurrentTerm == math.MaxUint32 {
			return fault.New(fault.BadState, "terms are exhausted")
		}
		next.CurrentTerm = slices.Max(c.Keyring.Terms) + 1
		return ring.add(next.CurrentTerm)
	})
}

// DropTerm returns a configuration without a retired term. The caller makes sure that nothing is wrapped with it any more: it would
// be lost. fault.BadState for the current term, fault.NotFound for one that is not there.
func (o *Opened) DropTerm(c *Config, term uint32) (*Config, error) {
	if term == c.CurrentTerm {
		return nil, fault.New(fault.BadState, "term %d is in use; rotate the keyring first", term)
	}
	if !slices.Contains(c.Keyring.Terms, term) {
		return nil, errTerm(term)
	}
	return o.changeKeyring(c, func(_ *Config, ring *plainKeyring) error {
		ring.drop(term)
		return nil
	})
}

// Settle returns a configuration without the handovers of past rekeys: call it when every open node has adopted the new epoch.
// From then on (and once older log entries and snapshots have aged out) the shares of an earlier epoch, even with an old backup,
// do not lead to the new master key.
func (o *Opened) Settle(c *Config) (*Config, error) {
	if err := o.matches(c); err != nil {
		return nil, err
	}
	next := c.successor()
	next.Handovers = nil
	return next, o.keyring.authenticate(next)
}

// Rekey returns a configuration of the next epoch: a new master key, new shares of it, the same keyring. Until it is committed
// and adopted the old shares are the valid ones. Every slot besides the shares has to be passed in, so that it can wrap the
// new master key; otherwise fault.BadState: remove it first. The slot of members' shares waits to be dealt again. See Create for what shares and threshold may be.
func (o *Opened) Rekey(ctx context.Context, c *Config, shares, threshold int, now time.Time, slots ...Slot) (*Config, [][]byte, error) {
	if err := CheckSharing(shares, threshold); err != nil {
		return nil, nil, err
	}
	if c.Epoch == math.MaxUint16 {
		return nil, nil, fault.New(fault.BadState, "epochs are exhausted")
	}
	if len(c.Handovers) >= maxHandovers {
		return nil, nil, fault.New(fault.BadState, "%d rekeys are not settled yet", len(c.Handovers)).
			WithHint("Open every member, so that each has the newest epoch, and try again.")
	}
	fresh, err := newMaster()
	if err != nil {
		return nil, nil, err
	}
	defer fresh.Destroy()
	next := c.successor()
	next.Epoch++
	next.CreatedAt = now.Unix()
	var out [][]byte
	err = o.withMaster(c, func(old []byte) error {
		return fresh.Lend(func(master []byte) error {
			doc, dealt, err := dealSlot(next.Cluster, next.Epoch, shares, threshold, master)
			if err != nil {
				return err
			}
			next.Slots = []SlotDoc{doc}
			if err := rewrapSlots(ctx, c, next, master, slots); err != nil {
				return err
			}
			if err := handOver(c, next, old, master); err != nil {
				return err
			}
			ring, err := openKeyring(c, old)
			if err != nil {
				return err
			}
			defer ring.destroy()
			if err := ring.sealInto(next, master); err != nil {
				return err
			}
			if err := o.keyring.authenticate(next); err != nil {
				return err
			}
			out, err = lines(dealt)
			return err
		})
	})
	if err != nil {
		return nil, nil, fmt.Errorf("rekeying: %w", err)
	}
	return next, out, next.validate()
}

// rewrapSlots carries the slots besides the shares over to a new master key.
func rewrapSlots(ctx context.Context, c, next *Config, master []byte, slots []Slot) error {
	for _, doc := range c.Slots {
		if doc.Kind == kindShamir {
			continue
		}
		if doc.Kind == kindQuorum { // it keeps its settings and waits for a dealing of the new master key
			next.Slots = append(next.Slots, doc.undealt())
			continue
		}
		i := slices.IndexFunc(slots, func(s Slot) bool {
			kind, id := s.Name()
			return kind == doc.Kind && id == doc.ID
		})
		if i < 0 {
			return fault.New(fault.BadState, "slot %q cannot be carried over to the new master key from here", doc.ID).
				WithHint("Remove the slot, rekey, and add it again; or rekey on a node that has it.")
		}
		wrapped, err := slots[i].Wrap(ctx, doc.aad(next.Cluster, next.Epoch), master)
		if err != nil {
			return fmt.Errorf("wrapping the master key for slot %q: %w", doc.ID, err)
		}
		doc.Wrapped = wrapped
		next.Slots = append(next.Slots, doc)
	}
	return nil
}
