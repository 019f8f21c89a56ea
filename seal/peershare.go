package seal

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"log/slog"

	"github.com/quorate/quorate/vault/fault"
)

const (
	peerFormat     = 1
	peerShareSize  = 1 + dealSize + 1 + scalarSize // format, dealing, index, scalar
	bootKeySize    = 32                            // X25519
	maxSealedShare = 256

	labelPeerExtract = "quorate/v1/peer-share/extract"
	labelPeerSeed    = "quorate/v1/peer-share/ed25519"
	labelPeerRelease = "quorate/v1/peer-share/release"
)

// PeerShare is one member's share of the slot "quorum", in locked memory. Destroy it when done.
type PeerShare struct {
	deal   [dealSize]byte
	index  int
	scalar *Secret
}

// Deal names the dealing that the share belongs to: 16 bytes, not secret.
func (s *PeerShare) Deal() []byte { return bytes.Clone(s.deal[:]) }

// Index is the share's number, from 1.
func (s *PeerShare) Index() int { return s.index }

// Destroy wipes the share. It may be called more than once, and on nil.
func (s *PeerShare) Destroy() {
	if s != nil {
		s.scalar.Destroy()
	}
}

// DestroyShares wipes them all.
func DestroyShares(shares []*PeerShare) {
	for _, s := range shares {
		s.Destroy()
	}
}

// Lend lends the share's bytes, as ParsePeerShare reads them. They are for the member that is to hold the share, and for nobody else.
func (s *PeerShare) Lend(use func([]byte) error) error {
	whole, err := NewSecret(peerShareSize, func(mem []byte) error {
		mem[0] = peerFormat
		copy(mem[1:], s.deal[:])
		mem[1+dealSize] = byte(s.index)
		return s.scalar.Lend(func(scalar []byte) error { copy(mem[2+dealSize:], scalar); return nil })
	})
	if err != nil {
		return err
	}
	defer whole.Destroy()
	return whole.Lend(use)
}

// ParsePeerShare reads what Lend lent. b stays the caller's, to be cleared. fault.Invalid for anything else.
func ParsePeerShare(b []byte) (*PeerShare, error) {
	if len(b) != peerShareSize || b[0] != peerFormat || b[1+dealSize] < 1 || b[1+dealSize] > maxShares {
		return nil, fault.New(fault.Invalid, "this is not a member's share")
	}
	s := &PeerShare{deal: [dealSize]byte(b[1:]), index: int(b[1+dealSize])}
	var err error
	s.scalar, err = NewSecret(scalarSize, func(mem []byte) error {
		copy(mem, b[2+dealSize:])
		if !canonicalScalar(mem) {
			return fault.New(fault.Invalid, "this is not a member's share")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Check tells whether the share is one that was dealt for this configuration. fault.Conflict: it is of another dealing. fault.Invalid
// names the share that was altered.
func (s *PeerShare) Check(c *Config) error {
	doc, err := c.quorum()
	if err != nil {
		return err
	}
	if !bytes.Equal(s.deal[:], doc.Quorum.Deal) {
		return fault.New(fault.Conflict, "share %d is of another dealing than the one that opens this cluster", s.index)
	}
	if s.index > doc.Shares {
		return fault.New(fault.Invalid, "share %d was never dealt: there are %d", s.index, doc.Shares)
	}
	public, err := s.public(c.Cluster, c.Epoch)
	if err != nil {
		return err
	}
	if !bytes.Equal(public, doc.Custodians[s.index-1]) {
		return fault.New(fault.Invalid, "share %d, of member %s, was altered: it is not the share that was dealt", s.index, doc.Quorum.Members[s.index-1])
	}
	return nil
}

// public is what the configuration keeps of a share: a public key that only this share derives.
func (s *PeerShare) public(cluster [16]byte, epoch uint16) ([]byte, error) {
	public := make([]byte, ed25519.PublicKeySize)
	err := s.scalar.Lend(func(scalar []byte) error {
		seed, err := deriveFromScalar(scalar, labelPeerExtract, labelPeerSeed, cluster[:], be16(epoch), s.deal[:], []byte{byte(s.index)})
		if err != nil {
			return err
		}
		defer seed.Destroy()
		return seed.Lend(func(seed []byte) error {
			key := ed25519.NewKeyFromSeed(seed)
			defer clear(key)
			copy(public, key[ed25519.SeedSize:])
			return nil
		})
	})
	return public, err
}

// BootKey is a process's key pair (X25519) to which members encrypt their shares. It exists as long as the process that asks.
type BootKey struct {
	private hpke.PrivateKey
}

// NewBootKey makes a key pair.
func NewBootKey() *BootKey {
	return &BootKey{private: must(hpke.DHKEM(ecdh.X25519()).GenerateKey())} // fails for a lack of randomness only, which ends the process anyway
}

// Public is the public half, 32 bytes.
func (k *BootKey) Public() []byte { return k.private.PublicKey().Bytes() }

// releaseInfo binds an encrypted share to whom and what it is for.
func releaseInfo(cluster [16]byte, deal []byte, node string, boot []byte) []byte {
	return bind(labelPeerRelease, cluster[:], deal, []byte(node), boot)
}

// SealTo encrypts the share to the boot key of a node (HPKE, RFC 9180, base mode: X25519, HKDF-SHA256, AES-256-GCM).
func (s *PeerShare) SealTo(cluster [16]byte, node string, boot []byte) ([]byte, error) {
	if len(boot) != bootKeySize {
		return nil, fault.New(fault.Invalid, "a boot key has %d bytes, not %d", bootKeySize, len(boot))
	}
	to, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(boot)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "this is not a boot key")
	}
	var sealed []byte
	err = s.Lend(func(plain []byte) error {
		sealed, err = hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), releaseInfo(cluster, s.deal[:], node, boot), plain)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "this is not a boot key")
		}
		return nil
	})
	return sealed, err
}

// Open decrypts a share that was sealed to this key for node. fault.Invalid if it was not, or is not of that dealing.
func (k *BootKey) Open(cluster [16]byte, deal []byte, node string, sealed []byte) (*PeerShare, error) {
	if len(sealed) > maxSealedShare {
		return nil, fault.New(fault.Invalid, "an encrypted share has at most %d bytes", maxSealedShare)
	}
	plain, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), releaseInfo(cluster, deal, node, k.Public()), sealed)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the share was not encrypted to this process")
	}
	defer clear(plain)
	s, err := ParsePeerShare(plain)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(s.deal[:], deal) {
		s.Destroy()
		return nil, fault.New(fault.Invalid, "the share is of another dealing than was asked for")
	}
	return s, nil
}

// String hides the key.
func (k *BootKey) String() string { return "[boot key]" }

// GoString hides the key from %#v.
func (k *BootKey) GoString() string { return k.String() }

// Format hides the key from every verb.
func (k *BootKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue hides the key from slog.
func (k *BootKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// String names the share without its value.
func (s *PeerShare) String() string {
	return fmt.Sprintf("share %d of dealing %x %s", s.index, s.deal, redacted)
}

// GoString hides the value from %#v.
func (s *PeerShare) GoString() string { return s.String() }

// Format hides the value from every verb.
func (s *PeerShare) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue hides the value from slog.
func (s *PeerShare) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders of text.
func (s *PeerShare) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value from JSON.
func (s *PeerShare) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }
