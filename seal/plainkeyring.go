package seal

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/quorate/quorate/vault/fault"
)

const (
	keyringFormat = 1
	keyringHeader = 1 + 32 + 2 // format, root, number of terms
	keyringTerm   = 4 + 32     // term, key
)

// plainKeyring is a keyring being read or changed, in locked memory: it exists for the length of one call.
type plainKeyring struct {
	mem   []byte // a slot of maxSlot bytes
	terms []uint32
}

func newPlainKeyring() *plainKeyring { return &plainKeyring{mem: locked.alloc(maxSlot)} }

func (p *plainKeyring) destroy() { locked.release(p.mem); p.mem = nil }

func (p *plainKeyring) root() []byte { return p.mem[1:33] }

// key is the key of the i-th term.
func (p *plainKeyring) key(i int) []byte {
	at := keyringHeader + i*keyringTerm
	return p.mem[at+4 : at+keyringTerm]
}

// generate makes a keyring with a new root and term 1.
func (p *plainKeyring) generate() error {
	if _, err := rand.Read(p.root()); err != nil {
		return err
	}
	return p.add(1)
}

// add appends a term with a new key.
func (p *plainKeyring) add(term uint32) error {
	if len(p.terms) >= maxTerms {
		return fault.New(fault.BadState, "the keyring holds %d terms, which is the limit", maxTerms).
			WithHint("Let the background rewrap finish, then drop retired terms.")
	}
	p.terms = append(p.terms, term)
	i := len(p.terms) - 1
	binary.BigEndian.PutUint32(p.mem[keyringHeader+i*keyringTerm:], term)
	_, err := rand.Read(p.key(i))
	return err
}

// drop removes a term and its key.
func (p *plainKeyring) drop(term uint32) {
	for i, t := range p.terms {
		if t == term {
			at, end := keyringHeader+i*keyringTerm, keyringHeader+len(p.terms)*keyringTerm
			copy(p.mem[at:end], p.mem[at+keyringTerm:end])
			clear(p.mem[end-keyringTerm : end])
			p.terms = append(p.terms[:i:i], p.terms[i+1:]...)
			return
		}
	}
}

// bytes is the encoded form: format, root, number of terms, then term and key each.
func (p *plainKeyring) bytes() []byte {
	p.mem[0] = keyringFormat
	binary.BigEndian.PutUint16(p.mem[33:], uint16(len(p.terms)))
	return p.mem[:keyringHeader+len(p.terms)*keyringTerm]
}

func keyringAAD(c *Config) []byte { return bind("quorate/v1/keyring", c.Cluster[:], be16(c.Epoch)) }

// withKeyringSealer lends the AEAD that wraps the keyring under a master key.
func withKeyringSealer(c *Config, master []byte, use func(*sealer) error) error {
	key, err := deriveSecret(master, labelMasterKeyring, c.Cluster[:], be16(c.Epoch))
	if err != nil {
		return err
	}
	defer key.Destroy()
	return withSealer(key, use)
}

// sealInto wraps the keyring into a configuration.
func (p *plainKeyring) sealInto(c *Config, master []byte) error {
	return withKeyringSealer(c, master, func(aead *sealer) error {
		sealed, err := aead.seal(nil, keyringAAD(c), p.bytes())
		if err != nil {
			return err
		}
		c.Keyring = WrappedKeyring{Terms: append([]uint32(nil), p.terms...), Sealed: sealed}
		return nil
	})
}

// openKeyring reads the keyring of a configuration. The caller destroys it.
func openKeyring(c *Config, master []byte) (*plainKeyring, error) {
	p := newPlainKeyring()
	err := withKeyringSealer(c, master, func(aead *sealer) error {
		if len(c.Keyring.Sealed) > maxKeyringLen {
			return errDamaged("the keyring is too long")
		}
		plain, err := aead.open(p.mem[:0], keyringAAD(c), c.Keyring.Sealed)
		if err != nil {
			return errDamaged("the keyring does not open with the right master key")
		}
		return p.parse(plain, c.Keyring.Terms)
	})
	if err != nil {
		p.destroy()
		return nil, err
	}
	return p, nil
}

func (p *plainKeyring) parse(plain []byte, terms []uint32) error {
	if len(plain) < keyringHeader || plain[0] != keyringFormat {
		return errDamaged("the keyring has a format that this program does not read")
	}
	n := int(binary.BigEndian.Uint16(plain[33:]))
	if n != len(terms) || len(plain) != keyringHeader+n*keyringTerm {
		return errDamaged("the keyring's terms are not those listed")
	}
	for i := range n {
		term := binary.BigEndian.Uint32(plain[keyringHeader+i*keyringTerm:])
		if term != terms[i] {
			return errDamaged("the keyring's terms are not those listed")
		}
		p.terms = append(p.terms, term)
	}
	return nil
}
