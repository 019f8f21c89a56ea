package seal

import (
	"slices"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Proof gathers evidence that enough custodians agree: that a threshold (or all) of valid, distinct shares of one configuration was shown. A
// rekey asks for two of them: first of the present shares, before new ones are made; then of the new ones, handed back before the
// new configuration is committed, so that nobody is locked out by shares that were never written down. It keeps no share: each is
// checked and wiped at once. It is safe for concurrent use.
type Proof struct {
	config   *Config
	need     int // shares that it takes
	now      func() time.Time
	lifetime time.Duration

	mu      sync.Mutex
	id      string    // guarded by mu
	indexes []int     // guarded by mu; ascending
	expires time.Time // guarded by mu
	done    bool      // guarded by mu
}

// NewProof returns a proof over the shares of c, which need not be in effect yet. lifetime 0 means CeremonyLifetime.
func NewProof(c *Config, lifetime time.Duration, now func() time.Time) *Proof {
	if lifetime <= 0 {
		lifetime = CeremonyLifetime
	}
	return &Proof{config: c, need: c.shamir().Threshold, lifetime: lifetime, now: now, id: randomID()}
}

// NewFullProof is NewProof over every share of c instead of a threshold of them.
func NewFullProof(c *Config, lifetime time.Duration, now func() time.Time) *Proof {
	p := NewProof(c, lifetime, now)
	p.need = c.shamir().Shares
	return p
}

// Submit shows a share. Refusals are those of Ceremony.Submit and keep the progress; fault.BadState once the proof was used.
func (p *Proof) Submit(line []byte) (Progress, error) {
	share, err := ParseShare(line)
	if err != nil {
		return p.Progress(), err
	}
	defer share.Destroy()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expireLocked()
	if p.done {
		return p.progressLocked(), fault.New(fault.BadState, "this proof was used")
	}
	if err := share.Check(p.config); err != nil {
		return p.progressLocked(), err
	}
	if slices.Contains(p.indexes, share.index) {
		return p.progressLocked(), fault.New(fault.Exists, "share %d is in already", share.index).
			WithHint("Hand in another custodian's share.")
	}
	p.indexes = append(p.indexes, share.index)
	slices.Sort(p.indexes)
	p.expires = p.now().Add(p.lifetime)
	return p.progressLocked(), nil
}

// Progress tells how far the proof is.
func (p *Proof) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expireLocked()
	return p.progressLocked()
}

// Use takes the proof: it succeeds once, while the proof is complete and not expired. Otherwise fault.Denied names how many shares
// are missing.
func (p *Proof) Use() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expireLocked()
	if need := p.need; len(p.indexes) < need {
		return fault.New(fault.Denied, "%d of %d shares of epoch %d were shown", len(p.indexes), need, p.config.Epoch).
			WithHint("Hand in the missing shares; they are forgotten %s after the last one.", p.lifetime)
	}
	p.done, p.indexes = true, nil
	return nil
}

func (p *Proof) progressLocked() Progress {
	return Progress{
		ID: p.id, Have: len(p.indexes), Need: p.need,
		Indexes: slices.Clone(p.indexes), Expires: p.expires,
	}
}

func (p *Proof) expireLocked() {
	if len(p.indexes) > 0 && !p.now().Before(p.expires) {
		p.indexes, p.expires = nil, time.Time{}
	}
}
