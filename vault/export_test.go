package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// Duties does once what Run does every second on a leader.
func (v *Vault) Duties(ctx context.Context) error {
	l, room, err := v.opened()
	if err != nil {
		return err
	}
	return errors.Join(v.duties(ctx, l, room), v.rewrapChildren(ctx, l, map[key.ID]time.Time{}))
}

// Searches takes every place for a search for primes, and tells how many callers wait for one. release gives the places back.
func (v *Vault) Searches() (waiting func() int, release func()) {
	for range searchPlaces() {
		v.searches.running <- struct{}{}
	}
	return func() int { return len(v.searches.waiting) }, func() {
		for range searchPlaces() {
			<-v.searches.running
		}
	}
}

// SearchPlaces is how many callers' searches for primes may run at a time, and how many more may wait.
func SearchPlaces() (running, waiting int) { return searchPlaces(), searchWaiters }

// BackupDue tells whether a leader would take a scheduled snapshot now.
func (v *Vault) BackupDue() bool {
	backup, _ := v.dueBackups(v.state())
	return backup
}

// Cached counts the opened keys and data keys that the node holds.
func (v *Vault) Cached() int {
	v.keys.cache.CleanUp()
	v.dual.cache.CleanUp()
	return v.keys.cache.EstimatedSize() + v.dual.cache.EstimatedSize()
}

// EndedSince is what a rotation asks of the record as it was when it was asked for, and as it is.
var EndedSince = endedSince

// Stamp authenticates a record as the vault would.
func (v *Vault) Stamp(r *key.Record) {
	if _, err := v.open.Load().stamp(r); err != nil {
		panic(err)
	}
}

// MACAfter is the MAC that the vault would give to what cmd makes of old.
func (v *Vault) MACAfter(old *key.Record, cmd interface {
	Next(*key.Record) (*key.Record, error)
},
) []byte {
	mac, err := v.open.Load().change(old, cmd.Next)
	if err != nil {
		panic(err)
	}
	return mac
}

// PolicySeal authenticates the policies with one more or another, as the vault would.
func (v *Vault) PolicySeal(more fsm.Policy) fsm.PolicySeal {
	s := v.state()
	more.Revision = s.PolicyRevision() + 1
	seal, err := v.open.Load().sealPolicies(more.Revision, append(slices.DeleteFunc(s.Policies(), func(p *fsm.Policy) bool { return p.Name == more.Name }), &more))
	if err != nil {
		panic(err)
	}
	return seal
}

// SetCounting makes the thresholds of counting small enough for a test.
func (c *Config) SetCounting(tellAt, holdAt, stopAt uint64) {
	c.counting = counting{tellAt, holdAt, stopAt}
}

// CountUses and AllocateUses are what nodes ask of the leader.
func (v *Vault) CountUses(ctx context.Context, c access.Caller, items ...fsm.UsageItem) error {
	_, err := opUsage.do(ctx, v, c, usageIn{items})
	return err
}

func (v *Vault) AllocateUses(ctx context.Context, c access.Caller, id key.ID, uses uint64) (uint64, error) {
	return opAllocate.do(ctx, v, c, allocateIn{ID: id, Uses: uses})
}

// StepRestore begins a restore and aborts it, as a node does that cannot read on.
func (v *Vault) StepRestore(ctx context.Context, c access.Caller) error {
	id := [16]byte{1}
	if _, err := opRestoreStep.do(ctx, v, c, restorePart{Begin: &fsm.BeginRestore{ID: id}}); err != nil {
		return err
	}
	_, err := opRestoreStep.do(ctx, v, c, restorePart{Abort: &fsm.AbortRestore{ID: id}})
	return err
}

// Counters is how many versions the node counts the uses of.
func (v *Vault) Counters() int { return len(v.usage.counters) }

// Nudged tells whether the node was told to tell at once, and takes note.
func (v *Vault) Nudged() bool {
	select {
	case <-v.usage.nudge:
		return true
	default:
		return false
	}
}

// NextRotation and Block are how the vault reckons.
var (
	NextRotation = nextRotation
	Block        = block
)

// Writes lists the operations that are forwarded to the leader.
func Writes() []string {
	var names []string
	for name := range writes {
		names = append(names, name)
	}
	return names
}

// RetitleToken is a bearer token's text with another id before its secret.
func RetitleToken(text []byte, id key.ID) []byte {
	_, secret, ok := parseBearer(text)
	if !ok {
		panic("that is no bearer token")
	}
	return bearerText(id, secret)
}

// SecretOf is the secret half of a bearer token.
func SecretOf(text []byte) []byte {
	_, secret, _ := parseBearer(text)
	return secret
}

// ForgetRekey is what Run does on a node that does not lead.
func (v *Vault) ForgetRekey() { v.rekey.forget("a test") }

// CloneDual is another record with material of the same size as r's, as the vault would write it.
func (v *Vault) CloneDual(r *key.Record, n uint32) (*key.Record, error) {
	room, c := v.open.Load(), r.Clone()
	binary.BigEndian.PutUint32(c.ID[:], n)
	c.Name = fmt.Sprintf("%s%d", r.Name, n)
	var err error
	if c.Versions[0].Material, err = room.wrap(c.ID, 1, make([]byte, len(r.Versions[0].Material.Sealed)-28)); err != nil {
		return nil, err
	}
	return room.stamp(c)
}

// What tests of watching need to know.
const (
	FeedSize    = feedSize
	MaxWatchers = maxWatchers
)

// Touched are the keys that watchers are told of.
func Touched(cmd fsm.Command) []key.ID { return touched(cmd) }

// TidyShares does once what Run does every second: it removes shares that open nothing any more.
func (v *Vault) TidyShares() error { return v.tidyShares() }

// Holds tells whether the first version of a key lies opened in the node's memory, from whatever record it was opened.
func (v *Vault) Holds(id key.ID) bool {
	_, held := v.keys.cache.GetIfPresent(slot{id, 1})
	return held
}
