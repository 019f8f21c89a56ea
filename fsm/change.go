package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Change is what every change of one key carries.
type Change struct {
	ID      key.ID   `cbor:"1,keyasint"`
	Expect  uint64   `cbor:"2,keyasint"` // the revision that the key must have; fault.Conflict otherwise
	Updated key.Time `cbor:"3,keyasint"` // becomes Record.Updated and the date of whatever happens
	MAC     []byte   `cbor:"4,keyasint,omitempty"`
}

// MaxMAC bounds the MAC of a record, in bytes.
const MaxMAC = 64

// begin checks what all changes share and gives the record to be changed: a copy, one revision on.
func (c *Change) begin(old *key.Record) (*key.Record, error) {
	if old.ID != c.ID {
		return nil, fault.New(fault.Internal, "the change of key %s was tried on key %s", c.ID, old.ID)
	}
	if old.Revision != c.Expect {
		return nil, fault.New(fault.Conflict, "the key %s is at revision %d, the change expects %d", title(old), old.Revision, c.Expect)
	}
	if c.Updated <= 0 || len(c.MAC) > MaxMAC {
		return nil, fault.New(fault.Invalid, "the change of key %s has no date, or a MAC longer than %d bytes", title(old), MaxMAC)
	}
	r := old.Clone()
	r.Revision++
	r.Updated = max(old.Updated, c.Updated)
	r.MAC = c.MAC
	return r, nil
}

// nexter is a change of one key.
type nexter interface {
	Next(old *key.Record) (*key.Record, error)
}

// replaceKey is the Apply of changes that concern no other object.
func replaceKey(d *Draft, id key.ID, c nexter) (*key.Record, error) {
	old := d.key(id)
	if old == nil {
		return nil, noKey(id)
	}
	r, err := c.Next(old)
	if err != nil {
		return nil, err
	}
	d.putKey(old, r)
	return r, nil
}

func noKey(id key.ID) error { return fault.New(fault.NotFound, "there is no key %s", id) }

// title is what messages call a key.
func title(r *key.Record) string {
	if r.Name != "" {
		return clip(r.Name)
	}
	return r.ID.String()
}

// Target is the key that is changed.
func (c *Change) Target() key.ID { return c.ID }

// SetMAC completes the change with the MAC of the record as Next gives it.
func (c *Change) SetMAC(mac []byte) { c.MAC = mac }
