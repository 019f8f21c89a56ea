package vault

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// maxJitter is how much earlier than asked a rotation comes, at most; it is also at most a fiftieth of the period.
const maxJitter = 6 * time.Hour

// nextRotation is when a version that began at base is replaced: after the period, or a little before, so that keys made
// together are not all rotated together. How much before follows from key and version, so a repeated request gives the
// same date.
func nextRotation(base key.Time, every time.Duration, id key.ID, version uint32) key.Time {
	most := min(every/50, maxJitter).Milliseconds()
	if most <= 0 {
		return base.Add(every)
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(id[:], version))
	early := int64(binary.BigEndian.Uint64(sum[:]) % uint64(most))
	return base.Add(every - time.Duration(early)*time.Millisecond)
}

// checkPeriods refuses periods that the cluster could not keep.
func checkPeriods(rotateEvery, retireAfter time.Duration) error {
	if rotateEvery != 0 && rotateEvery < time.Minute || rotateEvery > key.MaxPeriod || rotateEvery < 0 {
		return fault.New(fault.Invalid, "rotate_every must be \"0s\" or lie between one minute and 100 years")
	}
	if retireAfter != 0 && retireAfter < time.Minute || retireAfter > key.MaxPeriod || retireAfter < 0 {
		return fault.New(fault.Invalid, "retire_after must be \"0s\" or lie between one minute and 100 years")
	}
	return nil
}

// rotateExhausted gives keys whose latest version was used as often, or for as many bytes, as it may be, a new one. They
// are found in the state, where every node's counts end up.
func (v *Vault) rotateExhausted(ctx context.Context, l *link) error {
	s := l.machine.State()
	now := v.now(s)
	var all error
	acted := 0
	for r := range s.Exhausted(s.KeyCount()) { // what fails must not hold up the rest
		if !v.denied.open(r, opRotateKey.name, 0, s.PolicyRevision(), now) {
			continue
		}
		err := v.act(ctx, r, step{op: opRotateKey.name, build: func(t *task, old *key.Record, ch fsm.Change) (keyCommand, error) {
			t.change("reason", "its version was used as much as it may be")
			return t.nextVersion(ctx, old, ch)
		}})
		v.denied.note(r, opRotateKey.name, 0, s.PolicyRevision(), now, err)
		all = errors.Join(all, err)
		if err == nil {
			acted++
		}
		if acted == dueBatch || errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Uncertain) {
			break
		}
	}
	return all
}
