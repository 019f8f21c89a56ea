package handin

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/hex"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// maxBox is an encapsulated key, a share's line and a tag, with room.
const maxBox = 256

// File is a share, encrypted to the members of one request (HPKE, RFC 9180, base mode: X25519, HKDF-SHA256, AES-256-GCM; once for each).
type File struct {
	Ceremony Ceremony `cbor:"1,keyasint"`
	Index    int      `cbor:"2,keyasint"` // of the share, as whoever made the file says; the share itself counts
	Boxes    []Box    `cbor:"3,keyasint"`
}

// Box holds the share for one member.
type Box struct {
	Node   string `cbor:"1,keyasint"`
	Sealed []byte `cbor:"2,keyasint"`
}

// info binds a ciphertext to the ceremony, the member and its key.
func info(c *Ceremony, node string, public []byte) []byte {
	return bind(labelShare, c.bytes(), []byte(node), public)
}

// Encrypt makes the file of a share. fault.Invalid if the share is of another cluster or epoch than the request asks for.
func (r *Request) Encrypt(s *seal.Share) (*File, error) {
	c := &r.Ceremony
	if s.Fingerprint() != seal.Fingerprint(c.Cluster) {
		return nil, fault.New(fault.Invalid, "the request is of cluster %s, and the share of cluster %s", seal.Fingerprint(c.Cluster), s.Fingerprint()).
			WithHint("Use the share of cluster %s, or ask whoever sent the request.", seal.Fingerprint(c.Cluster))
	}
	if s.Epoch() != c.Epoch {
		return nil, fault.New(fault.Invalid, "the request asks for a share of epoch %d, and this one is of epoch %d", c.Epoch, s.Epoch()).
			WithHint("Use the share of epoch %d.", c.Epoch)
	}
	f := &File{Ceremony: *c, Index: s.Index()}
	err := s.Line(func(line []byte) error {
		for _, k := range r.Keys {
			to, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(k.Public)
			if err != nil {
				return fault.Wrap(fault.Invalid, err, "the key of member %s is none", k.Node)
			}
			sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), info(c, k.Node, k.Public), line)
			if err != nil {
				return fault.Wrap(fault.Invalid, err, "nothing can be encrypted to the key of member %s", k.Node)
			}
			f.Boxes = append(f.Boxes, Box{Node: k.Node, Sealed: sealed})
		}
		return nil
	})
	return f, err
}

// Text is the file's content.
func (f *File) Text() ([]byte, error) { return encode(fileType, f) }

// ParseFile reads what Text wrote. fault.Invalid says what is wrong.
func ParseFile(text []byte) (*File, error) {
	var f File
	if err := decode(text, fileType, "an encrypted share to hand in", &f); err != nil {
		return nil, err
	}
	if err := f.Ceremony.check(); err != nil {
		return nil, err
	}
	if len(f.Boxes) == 0 || len(f.Boxes) > maxKeys || f.Index < 1 || f.Index > 16 {
		return nil, fault.New(fault.Invalid, "the file holds no share that this program wrote")
	}
	for _, b := range f.Boxes {
		if len(b.Sealed) > maxBox || b.Node == "" || len(b.Node) > maxNames {
			return nil, fault.New(fault.Invalid, "the file holds no share that this program wrote")
		}
	}
	return &f, nil
}

func (f *File) box(node string) []byte {
	for _, b := range f.Boxes {
		if b.Node == node {
			return b.Sealed
		}
	}
	return nil
}

// For tells what is wrong with handing this file in to a ceremony of that kind and cluster; number, if it is not "", is the ceremony's.
func (f *File) For(kind Kind, cluster [16]byte, number string) error {
	c := &f.Ceremony
	switch {
	case c.Cluster != cluster:
		return fault.New(fault.Invalid, "the file is for cluster %s, and this is %s", hex.EncodeToString(c.Cluster[:6]), hex.EncodeToString(cluster[:6])).
			WithHint("Hand it in at a member of cluster %s.", seal.Fingerprint(c.Cluster))
	case c.Kind != kind:
		return fault.New(fault.Invalid, "the share in the file was given for %s, and this is %s", c.Kind, kind).
			WithHint("Send the custodian the request of this ceremony.")
	case number != "" && c.ID() != number:
		return fault.New(fault.Invalid, "the file belongs to ceremony %s, and this is %s", c.ID(), number).
			WithHint("Send the custodian the request of this ceremony.")
	}
	return nil
}
