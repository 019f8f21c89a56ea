package seal

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// CeremonyLifetime is how long a ceremony keeps its progress after the last accepted share, unless told otherwise.
const CeremonyLifetime = 10 * time.Minute

// Progress is how far a ceremony is. None of it is secret.
type Progress struct {
	ID      string    // random, of this gathering of shares; empty while there is none
	Have    int       // shares that are in
	Need    int       // shares that it takes
	Indexes []int     // which ones, ascending
	Expires time.Time // when the shares are wiped unless another one comes; zero while there is none
}

// Ceremony gathers shares of one configuration until they open it. Whatever is wrong with a share is said at once, and never costs
// the progress made. Shares wait in locked memory and are wiped when the ceremony opens, expires or is reset. It is safe for
// concurrent use.
type Ceremony struct {
	now      func() time.Time
	lifetime time.Duration

	mu      sync.Mutex
	config  *Config   // guarded by mu
	id      string    // guarded by mu
	shares  []*Share  // guarded by mu; checked against config, distinct
	expires time.Time // guarded by mu
}

// NewCeremony returns a ceremony for that configuration. lifetime 0 means CeremonyLifetime; now is the clock.
func NewCeremony(c *Config, lifetime time.Duration, now func() time.Time) *Ceremony {
	if lifetime <= 0 {
		lifetime = CeremonyLifetime
	}
	return &Ceremony{config: c, lifetime: lifetime, now: now}
}

// Submit hands in a printed share. At the threshold it opens the configuration, gives what was opened to the caller, and begins
// anew. Refusals keep the progress: fault.Invalid as ParseShare and Share.Check say it, fault.Exists for a share that is in already.
// fault.Internal means that the configuration itself was altered; then the shares are wiped, since no further one could help.
func (y *Ceremony) Submit(line []byte) (Progress, *Opened, error) {
	share, err := ParseShare(line)
	if err != nil {
		return y.Progress(), nil, err
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if err := y.takeLocked(share); err != nil {
		share.Destroy()
		return y.progressLocked(), nil, err
	}
	p := y.progressLocked()
	if p.Have < p.Need {
		return p, nil, nil
	}
	defer y.wipeLocked()
	master, err := openMaster(y.config, y.shares)
	if err != nil {
		return p, nil, err
	}
	o, err := openWith(y.config, master)
	return p, o, err
}

// takeLocked adds a share, or says why not.
func (y *Ceremony) takeLocked(share *Share) error {
	y.expireLocked()
	if err := share.Check(y.config); err != nil {
		return err
	}
	for _, s := range y.shares {
		if s.index == share.index {
			return fault.New(fault.Exists, "share %d is in already", share.index).
				WithHint("Hand in another custodian's share; %d of %d are in.", len(y.shares), y.needLocked())
		}
	}
	if len(y.shares) == 0 {
		y.id = randomID()
	}
	y.shares = append(y.shares, share)
	y.expires = y.now().Add(y.lifetime)
	return nil
}

func randomID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b[:])
}

// Progress tells how far the ceremony is.
func (y *Ceremony) Progress() Progress {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.expireLocked()
	return y.progressLocked()
}

// Expire wipes the shares if their time is over. Submit and Progress do so too; call it from time to time so that
// an abandoned ceremony does not keep shares in memory until somebody looks.
func (y *Ceremony) Expire() { _ = y.Progress() }

// Reset wipes the shares on the word of somebody who proves a valid share, which is not counted. The errors are those of Submit.
func (y *Ceremony) Reset(line []byte) error {
	share, err := ParseShare(line)
	if err != nil {
		return err
	}
	defer share.Destroy()
	y.mu.Lock()
	defer y.mu.Unlock()
	if err := share.Check(y.config); err != nil {
		return err
	}
	y.wipeLocked()
	return nil
}

// ForceReset wipes the shares. The caller has authorised whoever asked for it.
func (y *Ceremony) ForceReset() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.wipeLocked()
}

// Use goes on with another configuration. Shares that are in stay if they are right for it too, which they are unless the epoch
// changed; the others are wiped.
func (y *Ceremony) Use(c *Config) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.config = c
	y.shares = slices.DeleteFunc(y.shares, func(s *Share) bool {
		if s.Check(c) == nil {
			return false
		}
		s.Destroy()
		return true
	})
	if len(y.shares) == 0 {
		y.wipeLocked()
	}
}

// Shares lends the lines of the shares that are in, one after the other, so that a node can relay them to a sealed member that missed
// them. The ceremony stands still meanwhile: use copies what it needs (and clears it) and must not call the ceremony.
func (y *Ceremony) Shares(use func(line []byte) error) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.expireLocked()
	for _, s := range y.shares {
		if err := s.Line(use); err != nil {
			return err
		}
	}
	return nil
}

func (y *Ceremony) needLocked() int { return y.config.shamir().Threshold }

func (y *Ceremony) progressLocked() Progress {
	p := Progress{ID: y.id, Have: len(y.shares), Need: y.needLocked(), Indexes: make([]int, 0, len(y.shares)), Expires: y.expires}
	for _, s := range y.shares {
		p.Indexes = append(p.Indexes, s.index)
	}
	slices.Sort(p.Indexes)
	return p
}

func (y *Ceremony) expireLocked() {
	if len(y.shares) > 0 && !y.now().Before(y.expires) {
		y.wipeLocked()
	}
}

func (y *Ceremony) wipeLocked() {
	for _, s := range y.shares {
		s.Destroy()
	}
	y.shares, y.id, y.expires = nil, "", time.Time{}
}

// String names the ceremony without its shares.
func (y *Ceremony) String() string { return "[ceremony]" }

// GoString hides the shares from %#v.
func (y *Ceremony) GoString() string { return "[ceremony]" }

// Format hides them from every verb.
func (y *Ceremony) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(y.String())) }

// LogValue hides them from slog.
func (y *Ceremony) LogValue() slog.Value { return slog.StringValue(y.String()) }
