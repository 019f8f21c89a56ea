package seal

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
)

const (
	configFormat  = 1
	maxConfig     = 256 << 10 // bytes of an encoded configuration
	maxSlots      = 32
	maxTerms      = 64
	maxHandovers  = 16
	maxKeyringLen = maxSlot + overhead
)

// Config is a cluster's seal configuration: who can open it, and the keyring, wrapped. Nothing in it is secret in the clear. It is
// replicated as Encode gives it. Slot keys authenticate what leads to the master key, and a MAC under the keyring's root authenticates
// the whole when it is opened or adopted: an edit is refused, never obeyed. Treat it as immutable; changes give a new one.
type Config struct {
	Format      uint8          `cbor:"1,keyasint"`
	Cluster     [16]byte       `cbor:"2,keyasint"`
	Epoch       uint16         `cbor:"3,keyasint"` // generation of shares and of the master key, from 1
	Revision    uint64         `cbor:"4,keyasint"` // counts changes, from 1: commit a change only onto the revision it was made from
	CreatedAt   int64          `cbor:"5,keyasint"` // Unix seconds: when this epoch began
	Slots       []SlotDoc      `cbor:"6,keyasint"`
	Keyring     WrappedKeyring `cbor:"7,keyasint"`
	CurrentTerm uint32         `cbor:"8,keyasint"`
	Handovers   []Handover     `cbor:"9,keyasint,omitempty"`
	MAC         []byte         `cbor:"10,keyasint"`
}

// WrappedKeyring is the keyring under the master key.
type WrappedKeyring struct {
	Terms  []uint32 `cbor:"1,keyasint"` // which terms it holds, ascending
	Sealed []byte   `cbor:"2,keyasint"`
}

// Handover lets a node that was open at epoch From follow a rekey: it is the master key of From+1 under a key derived from the one
// of From. It also lets those who could open From: see Settle.
type Handover struct {
	From   uint16 `cbor:"1,keyasint"`
	Sealed []byte `cbor:"2,keyasint"`
}

var (
	encMode = must(cbor.EncOptions{
		Sort: cbor.SortCoreDeterministic, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
	}.EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, MaxNestedLevels: 8, MaxArrayElements: 256, MaxMapPairs: 64,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic("seal: " + err.Error()) // fixed options: reached by no input
	}
	return v
}

// Encode returns the document: deterministic CBOR, the same bytes for the same configuration.
func (c *Config) Encode() []byte {
	return must(encMode.Marshal(c)) // plain fields only: marshalling them cannot fail
}

// DecodeConfig reads what Encode wrote and nothing else: other bytes for the same content are refused. fault.Invalid names the damage.
// That a document decodes does not mean that it is authentic: opening it does.
func DecodeConfig(b []byte) (*Config, error) {
	if len(b) > maxConfig {
		return nil, fault.New(fault.TooLarge, "a seal configuration has at most %d bytes, not %d", maxConfig, len(b))
	}
	c := &Config{}
	if err := decMode.Unmarshal(b, c); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the seal configuration cannot be read")
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	if !bytes.Equal(c.Encode(), b) {
		return nil, fault.New(fault.Invalid, "the seal configuration is damaged: it is not in canonical form")
	}
	return c, nil
}

// Shares returns how many shares there are, and how many open the cluster.
func (c *Config) Shares() (shares, threshold int) {
	s := c.shamir()
	return s.Shares, s.Threshold
}

func (c *Config) validate() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "the seal configuration is damaged: "+format, args...)
	}
	switch {
	case c.Format != configFormat:
		return bad("format %d; this program reads format %d", c.Format, configFormat)
	case c.Epoch == 0 || c.Revision == 0:
		return bad("no epoch or revision")
	case len(c.MAC) != 32:
		return bad("no authentication code")
	case len(c.Slots) == 0 || len(c.Slots) > maxSlots:
		return bad("%d slots", len(c.Slots))
	case len(c.Keyring.Sealed) == 0 || len(c.Keyring.Sealed) > maxKeyringLen:
		return bad("the keyring has %d bytes", len(c.Keyring.Sealed))
	case len(c.Keyring.Terms) == 0 || len(c.Keyring.Terms) > maxTerms || !slices.IsSorted(c.Keyring.Terms):
		return bad("its terms are missing, too many, or out of order")
	case !slices.Contains(c.Keyring.Terms, c.CurrentTerm) || c.CurrentTerm == 0:
		return bad("the current term is not in the keyring")
	case len(c.Handovers) > maxHandovers:
		return bad("%d handovers", len(c.Handovers))
	}
	shamir := 0
	for i := range c.Slots {
		if err := c.Slots[i].validate(); err != nil {
			return err
		}
		if c.Slots[i].Kind == kindShamir {
			shamir++
		}
		for j := range i {
			if c.Slots[j].ID == c.Slots[i].ID {
				return bad("slot %q appears twice", c.Slots[i].ID)
			}
		}
	}
	if shamir != 1 {
		return bad("%d slots of shares instead of one", shamir)
	}
	for _, h := range c.Handovers {
		if h.From == 0 || h.From >= c.Epoch || len(h.Sealed) != 32+overhead {
			return bad("a handover from epoch %d", h.From)
		}
	}
	return nil
}

// shamir returns the slot of shares, which every valid configuration has.
func (c *Config) shamir() *SlotDoc {
	for i := range c.Slots {
		if c.Slots[i].Kind == kindShamir {
			return &c.Slots[i]
		}
	}
	panic("seal: configuration without a slot of shares")
}

func (c *Config) slot(id string) (*SlotDoc, error) {
	for i := range c.Slots {
		if c.Slots[i].ID == id {
			return &c.Slots[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no slot %q", id).WithHint("`quorate operator slots` lists those that there are.")
}

// successor is a copy to be changed, at the next revision and not yet authenticated. What is inside elements is shared: replace it.
func (c *Config) successor() *Config {
	next := *c
	next.Revision++
	next.Slots = slices.Clone(c.Slots)
	next.Handovers = slices.Clone(c.Handovers)
	next.Keyring.Terms = slices.Clone(c.Keyring.Terms)
	next.MAC = nil
	return &next
}

// unsigned is what the MAC covers: everything but the MAC.
func (c *Config) unsigned() []byte {
	bare := *c
	bare.MAC = nil
	return bare.Encode()
}

// String names the configuration, for logs.
func (c *Config) String() string {
	return fmt.Sprintf("seal configuration of cluster %s, epoch %d, revision %d", Fingerprint(c.Cluster), c.Epoch, c.Revision)
}
