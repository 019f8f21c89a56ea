package seal

import (
	"slices"

	"github.com/quorate/quorate/vault/fault"
)

func handoverAAD(cluster [16]byte, from uint16) []byte {
	return bind("quorate/v1/handover", cluster[:], be16(from))
}

// withHandoverSealer lends the AEAD that hands the next master key to those who have the one of epoch from.
func withHandoverSealer(cluster [16]byte, from uint16, master []byte, use func(*sealer) error) error {
	key, err := deriveSecret(master, labelMasterHand, cluster[:], be16(from))
	if err != nil {
		return err
	}
	defer key.Destroy()
	return withSealer(key, use)
}

// handOver adds to next the new master key for nodes that are open with the old one.
func handOver(c, next *Config, old, fresh []byte) error {
	return withHandoverSealer(c.Cluster, c.Epoch, old, func(aead *sealer) error {
		sealed, err := aead.seal(nil, handoverAAD(c.Cluster, c.Epoch), fresh)
		if err != nil {
			return err
		}
		next.Handovers = append(next.Handovers, Handover{From: c.Epoch, Sealed: sealed})
		return nil
	})
}

// Adopt takes up a committed configuration: new terms, a new epoch. It may be called with any configuration of this cluster, also
// the one it has (nothing happens). It changes nothing when it fails: fault.Sealed once destroyed; fault.Conflict for a configuration
// older than the one adopted; fault.Internal for one that is not authentic; fault.BadState when this node missed a rekey and its
// handover was settled: it goes on with the terms it has and has to be opened again for newer ones.
func (o *Opened) Adopt(c *Config) error {
	if err := c.validate(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.master == nil {
		return errSealed()
	}
	if c.Cluster != o.cluster {
		return fault.New(fault.Conflict, "the seal configuration is of cluster %s and this node of %s", Fingerprint(c.Cluster), Fingerprint(o.cluster))
	}
	if err := o.keyring.verify(c); err != nil {
		return err
	}
	switch {
	case c.Revision == o.revision && slices.Equal(c.MAC, o.mac):
		return nil
	case c.Revision <= o.revision || c.Epoch < o.epoch:
		return fault.New(fault.Conflict, "the seal configuration is at revision %d, epoch %d; this node has %d, epoch %d, already", c.Revision, c.Epoch, o.revision, o.epoch)
	}
	master, err := o.followLocked(c)
	if err != nil {
		return err
	}
	err = master.Lend(func(key []byte) error {
		ring, err := openKeyring(c, key)
		if err != nil {
			return err
		}
		defer ring.destroy()
		return o.keyring.adopt(ring, c.CurrentTerm)
	})
	if err != nil {
		if master != o.master {
			master.Destroy()
		}
		return err
	}
	if master != o.master {
		o.master.Destroy()
		o.master = master
	}
	o.epoch, o.revision, o.mac = c.Epoch, c.Revision, slices.Clone(c.MAC)
	return nil
}

// followLocked walks the handovers from this node's epoch to the configuration's and returns the master key there: the present
// one if the epoch is the same, else a new secret.
func (o *Opened) followLocked(c *Config) (*Secret, error) {
	master := o.master
	for epoch := o.epoch; epoch < c.Epoch; epoch++ {
		next, err := takeOver(c, epoch, master)
		if master != o.master {
			master.Destroy()
		}
		if err != nil {
			return nil, err
		}
		master = next
	}
	return master, nil
}

func takeOver(c *Config, from uint16, master *Secret) (*Secret, error) {
	i := slices.IndexFunc(c.Handovers, func(h Handover) bool { return h.From == from })
	if i < 0 {
		return nil, fault.New(fault.BadState, "this node missed the rekey of epoch %d to %d", from, from+1).
			WithHint("Seal this node and hand in shares of epoch %d.", c.Epoch)
	}
	var next *Secret
	err := master.Lend(func(key []byte) error {
		return withHandoverSealer(c.Cluster, from, key, func(aead *sealer) (err error) {
			next, err = NewSecret(32, func(mem []byte) error {
				if _, err := aead.open(mem[:0], handoverAAD(c.Cluster, from), c.Handovers[i].Sealed); err != nil {
					return errDamaged("the handover from epoch %d does not open", from)
				}
				return nil
			})
			return err
		})
	})
	return next, err
}
