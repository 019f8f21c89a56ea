package seal

import (
	"context"
	"fmt"

	"github.com/quorate/quorate/vault/fault"
)

// Slot is one way to get at the master key, besides the operators' shares: an HSM, a quorum of peers, a cloud's key
// service. The configuration holds the master key once per slot, wrapped by it.
type Slot interface {
	// Name returns what kind of slot it is ("pkcs11") and its name among its likes. Both are kept in the configuration.
	Name() (kind, id string)
	// Wrap returns the master key (32 bytes, not to be kept) wrapped such that Unwrap authenticates it together with aad.
	// The result is public; at most 4096 bytes.
	Wrap(ctx context.Context, aad, master []byte) ([]byte, error)
	// Unwrap lends the master key to use and wipes it afterwards. An error of use is passed on.
	Unwrap(ctx context.Context, aad, wrapped []byte, use func(master []byte) error) error
}

const kindShamir = "shamir"

// SlotDoc is one slot as the configuration holds it. All of it is public.
type SlotDoc struct {
	ID         string   `cbor:"1,keyasint"`
	Kind       string   `cbor:"2,keyasint"`
	Threshold  int      `cbor:"3,keyasint,omitempty"` // kind shamir: so many shares open it …
	Shares     int      `cbor:"4,keyasint,omitempty"` // … of so many
	Custodians [][]byte `cbor:"5,keyasint,omitempty"` // kind shamir: Ed25519 public key of share i+1
	Wrapped    []byte   `cbor:"6,keyasint"`           // the master key; empty in a slot "quorum" that waits to be dealt

	Quorum *QuorumDoc `cbor:"7,keyasint,omitempty"` // kind quorum, which has threshold, shares and their public keys too
}

// aad binds a wrapped master key to its place.
func (d *SlotDoc) aad(cluster [16]byte, epoch uint16) []byte {
	parts := [][]byte{cluster[:], be16(epoch), []byte(d.Kind), []byte(d.ID), {byte(d.Threshold), byte(d.Shares)}}
	if d.Quorum != nil {
		parts = append(parts, d.Quorum.Deal)
	}
	return bind("quorate/v1/slot", parts...)
}

func (d *SlotDoc) validate() error {
	bad := func(what string) error {
		return fault.New(fault.Invalid, "the seal configuration is damaged: slot %q: %s", d.ID, what)
	}
	switch {
	case d.ID == "" || len(d.ID) > 64 || d.Kind == "" || len(d.Kind) > 64:
		return bad("its name or kind is missing or too long")
	case d.Kind == kindQuorum:
		return d.validateQuorum(bad)
	case d.Quorum != nil:
		return bad("settings of another kind")
	case len(d.Wrapped) == 0 || len(d.Wrapped) > maxSlot:
		return bad("its wrapped key is missing or too long")
	case d.Kind == kindShamir:
		if err := CheckSharing(d.Shares, d.Threshold); err != nil {
			return bad(err.Error())
		}
		if len(d.Custodians) != d.Shares {
			return bad("custodians do not match shares")
		}
		for _, public := range d.Custodians {
			if len(public) != 32 {
				return bad("a custodian's key is not 32 bytes")
			}
		}
	case d.Threshold != 0 || d.Shares != 0 || len(d.Custodians) != 0:
		return bad("shares in a slot that has none")
	}
	return nil
}

// CheckSharing refuses, as fault.Invalid, what cannot be shared: 2 ≤ threshold ≤ shares ≤ 16, or 1 of 1 for development.
func CheckSharing(shares, threshold int) error {
	if shares == 1 && threshold == 1 {
		return nil
	}
	if threshold < 2 || threshold > shares || shares > maxShares {
		return fault.New(fault.Invalid, "%d of %d shares cannot be: the threshold is at least 2 and at most the number of shares, which is at most %d (or 1 of 1, for development)", threshold, shares, maxShares)
	}
	return nil
}

// AddSlot returns a configuration with one more way to open it. fault.Exists if the id is taken.
func (o *Opened) AddSlot(ctx context.Context, c *Config, s Slot) (*Config, error) {
	kind, id := s.Name()
	if kind == kindShamir {
		return nil, fault.New(fault.Invalid, "there is one slot of shares; rekey replaces it")
	}
	if kind == kindQuorum {
		return nil, fault.New(fault.Invalid, "a slot of members' shares is dealt, not wrapped from outside")
	}
	if _, err := c.slot(id); err == nil {
		return nil, fault.New(fault.Exists, "slot %q exists", id)
	}
	doc := SlotDoc{ID: id, Kind: kind}
	var next *Config
	err := o.withMaster(c, func(master []byte) (err error) {
		if doc.Wrapped, err = s.Wrap(ctx, doc.aad(c.Cluster, c.Epoch), master); err != nil {
			return fmt.Errorf("wrapping the master key for slot %q: %w", id, err)
		}
		next = c.successor()
		next.Slots = append(next.Slots, doc)
		return o.keyring.authenticate(next)
	})
	if err != nil {
		return nil, err
	}
	return next, next.validate()
}

// RemoveSlot returns a configuration without that slot. The slot of shares cannot be removed (fault.Invalid).
func (o *Opened) RemoveSlot(c *Config, id string) (*Config, error) {
	doc, err := c.slot(id)
	if err != nil {
		return nil, err
	}
	if doc.Kind == kindShamir {
		return nil, fault.New(fault.Invalid, "the slot of shares cannot be removed: it must always be able to open the cluster")
	}
	if err := o.matches(c); err != nil {
		return nil, err
	}
	next := c.successor()
	next.Slots = nil
	for _, d := range c.Slots {
		if d.ID != id {
			next.Slots = append(next.Slots, d)
		}
	}
	return next, o.keyring.authenticate(next)
}

// OpenSlot opens a configuration by a slot other than the shares.
func OpenSlot(ctx context.Context, c *Config, s Slot) (*Opened, error) {
	kind, id := s.Name()
	doc, err := c.slot(id)
	if err != nil {
		return nil, err
	}
	if doc.Kind != kind {
		return nil, fault.New(fault.Invalid, "slot %q is of kind %s, not %s", id, doc.Kind, kind)
	}
	var o *Opened
	err = s.Unwrap(ctx, doc.aad(c.Cluster, c.Epoch), doc.Wrapped, func(master []byte) error {
		m, err := NewSecret(32, func(mem []byte) error {
			if copy(mem, master) != 32 || len(master) != 32 {
				return fault.New(fault.Internal, "slot %q gave a master key of %d bytes", id, len(master))
			}
			return nil
		})
		if err != nil {
			return err
		}
		o, err = openWith(c, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("opening by slot %q: %w", id, err)
	}
	return o, nil
}
