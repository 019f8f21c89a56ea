package seal

import (
	"github.com/cloudflare/circl/math/fp25519"

	"github.com/quorate/quorate/vault/fault"
)

// dealSlot makes the slot of shares for a master key: a fresh random secret, shared K of N, from which the slot key is derived.
func dealSlot(cluster [16]byte, epoch uint16, shares, threshold int, master []byte) (SlotDoc, []*Share, error) {
	doc := SlotDoc{ID: kindShamir, Kind: kindShamir, Threshold: threshold, Shares: shares}
	secret, err := NewSecret(scalarSize, randomScalar)
	if err != nil {
		return doc, nil, err
	}
	defer secret.Destroy()
	var dealt []*Share
	err = secret.Lend(func(scalar []byte) error {
		if doc.Wrapped, err = sealMaster(&doc, cluster, epoch, scalar, master); err != nil {
			return err
		}
		points, err := deal(scalar, shares, threshold)
		if err != nil {
			return err
		}
		for i, point := range points {
			dealt = append(dealt, &Share{
				fingerprint: [fingerprintSize]byte(cluster[:fingerprintSize]),
				epoch:       epoch, index: i + 1, threshold: threshold, scalar: point,
			})
		}
		return nil
	})
	if err != nil {
		return doc, nil, err
	}
	for _, s := range dealt {
		public, err := s.Public(cluster)
		if err != nil {
			return doc, nil, err
		}
		doc.Custodians = append(doc.Custodians, public)
	}
	return doc, dealt, nil
}

// withSlotKey derives the key that wraps the master key from the shared secret.
func withSlotKey(doc *SlotDoc, cluster [16]byte, epoch uint16, scalar []byte, use func(*sealer) error) error {
	key, err := deriveFromScalar(scalar, labelSlotExtract, labelSlotKey, cluster[:], be16(epoch), []byte(doc.Kind), []byte(doc.ID))
	if err != nil {
		return err
	}
	defer key.Destroy()
	return withSealer(key, use)
}

// withSealer lends an AEAD under a 32-byte secret.
func withSealer(key *Secret, use func(*sealer) error) error {
	return key.Lend(func(key []byte) error {
		aead, err := newSealer(key)
		if err != nil {
			return err
		}
		defer aead.destroy()
		return use(aead)
	})
}

func sealMaster(doc *SlotDoc, cluster [16]byte, epoch uint16, scalar, master []byte) (wrapped []byte, err error) {
	err = withSlotKey(doc, cluster, epoch, scalar, func(aead *sealer) error {
		wrapped, err = aead.seal(nil, doc.aad(cluster, epoch), master)
		return err
	})
	return wrapped, err
}

// openMaster recovers the master key from at least a threshold of distinct, checked shares.
func openMaster(c *Config, shares []*Share) (*Secret, error) {
	return c.shamir().openWith(c, shares)
}

// openWith recovers the master key that a slot wraps from at least a threshold of distinct, checked shares of that slot.
func (doc *SlotDoc) openWith(c *Config, shares []*Share) (*Secret, error) {
	if len(shares) < doc.Threshold || doc.Threshold == 0 {
		return nil, fault.New(fault.Sealed, "%d of %d shares are in", len(shares), doc.Threshold)
	}
	shares = shares[:doc.Threshold]
	secret, err := combine(shares)
	if err != nil {
		return nil, err
	}
	defer secret.Destroy()
	var master *Secret
	err = secret.Lend(func(scalar []byte) error {
		return withSlotKey(doc, c.Cluster, c.Epoch, scalar, func(aead *sealer) error {
			master, err = NewSecret(32, func(mem []byte) error {
				if len(doc.Wrapped) != 32+overhead {
					return errDamaged("the wrapped master key has %d bytes", len(doc.Wrapped))
				}
				if _, err := aead.open(mem[:0], doc.aad(c.Cluster, c.Epoch), doc.Wrapped); err != nil {
					return errDamaged("the master key does not open with shares that are right")
				}
				return nil
			})
			return err
		})
	})
	return master, err
}

// combine interpolates the shared secret.
func combine(shares []*Share) (*Secret, error) {
	tmp := locked.alloc(scalarSize)
	defer locked.release(tmp)
	xs := make([]int, len(shares))
	ys := make([]*fp25519.Elt, len(shares))
	for i, s := range shares {
		if !s.scalar.gate.enter() {
			return nil, errSealed()
		}
		defer s.scalar.gate.leave()
		xs[i], ys[i] = s.index, element(s.scalar.mem())
	}
	return NewSecret(scalarSize, func(out []byte) error {
		recoverSecret(element(out), element(tmp), xs, ys)
		return nil
	})
}

// lines prints shares, for handing out. The caller clears them as soon as they are handed out; the shares are destroyed.
func lines(shares []*Share) ([][]byte, error) {
	out := make([][]byte, len(shares))
	for i, s := range shares {
		err := s.Line(func(line []byte) error {
			out[i] = append(make([]byte, 0, len(line)), line...)
			return nil
		})
		if err != nil {
			for _, line := range out[:i] {
				clear(line)
			}
			return nil, err
		}
		s.Destroy()
	}
	return out, nil
}

func errDamaged(format string, args ...any) error {
	e := fault.New(fault.Internal, "the seal configuration was altered: "+format, args...)
	return e.WithHint("This node's store was changed behind its back; re-seed it from another member, or restore a snapshot.")
}
