package gossip

import (
	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/memberlist"

	"github.com/quorate/quorate/vault/fault"
)

const (
	maxNodeName  = 63
	maxText      = 128
	maxSignature = 128
	signedFor    = "quorate gossip metadata 1\x00"
)

// Meta is what a node announces of itself: hints, for finding and for display. Encoded and signed it has at most
// 512 bytes.
type Meta struct {
	// Node is the announcing node's name.
	Node string `cbor:"1,keyasint"`
	// API, Peer and Gossip are host:port addresses.
	API    string `cbor:"2,keyasint,omitempty"`
	Peer   string `cbor:"3,keyasint,omitempty"`
	Gossip string `cbor:"4,keyasint,omitempty"`
	// Role is the node's own view of its Raft role, such as "leader".
	Role string `cbor:"5,keyasint,omitempty"`
	// Sealed tells that the node has no keyring.
	Sealed bool `cbor:"6,keyasint,omitempty"`
	// Version is the program's version.
	Version string `cbor:"7,keyasint,omitempty"`
	// Applied is the last log index that the node's state holds.
	Applied uint64 `cbor:"8,keyasint,omitempty"`
	// Seq rises with each announcement, so that an old one cannot be passed off as new. Set by this package.
	Seq uint64 `cbor:"9,keyasint"`
	// Leaving is a node's goodbye. Set by this package.
	Leaving bool `cbor:"10,keyasint,omitempty"`
	// Zone is where the node stands, Replica that it gets no vote by itself.
	Zone    string `cbor:"11,keyasint,omitempty"`
	Replica bool   `cbor:"12,keyasint,omitempty"`
	// Level is the newest level of commands that its program knows.
	Level uint32 `cbor:"13,keyasint,omitempty"`
}

// announcement is Meta with its signature, as it travels.
type announcement struct {
	_    struct{} `cbor:",toarray"`
	Meta []byte
	Sig  []byte
}

var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 4, MaxArrayElements: 16, MaxMapPairs: 32,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
	}.DecMode())
)

// must is for constant options: a mistake in them shows in every test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// signedText is what the signature of an announcement covers.
func signedText(cluster string, meta []byte) []byte {
	msg := make([]byte, 0, len(signedFor)+len(cluster)+1+len(meta))
	msg = append(msg, signedFor...)
	msg = append(msg, cluster...)
	msg = append(msg, 0)
	return append(msg, meta...)
}

// encodeMeta encodes and signs m. Kind: fault.TooLarge if it does not fit.
func encodeMeta(m Meta, cluster string, sign func([]byte) []byte) ([]byte, error) {
	body, err := encMode.Marshal(m)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the gossip metadata cannot be encoded")
	}
	raw, err := encMode.Marshal(announcement{Meta: body, Sig: sign(signedText(cluster, body))})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the gossip metadata cannot be encoded")
	}
	if _, err := openMeta(raw, m.Node); err != nil {
		return nil, err
	}
	return raw, nil
}

// opened is an announcement that can be read; nobody has verified it yet.
type opened struct {
	meta Meta
	body []byte // what was signed
	sig  []byte
}

// openMeta reads an announcement of the given node without verifying it. Kinds: fault.Invalid, fault.TooLarge.
func openMeta(raw []byte, node string) (*opened, error) {
	if len(raw) > memberlist.MetaMaxSize {
		return nil, fault.New(fault.TooLarge, "gossip metadata have at most %d bytes signed", memberlist.MetaMaxSize).
			WithHint("Use shorter addresses.")
	}
	var a announcement
	if err := decMode.Unmarshal(raw, &a); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "an announcement cannot be read")
	}
	if len(a.Sig) == 0 || len(a.Sig) > maxSignature {
		return nil, fault.New(fault.Invalid, "an announcement is not signed")
	}
	o := &opened{body: a.Meta, sig: a.Sig}
	if err := decMode.Unmarshal(a.Meta, &o.meta); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "an announcement cannot be read")
	}
	for _, s := range []string{o.meta.API, o.meta.Peer, o.meta.Gossip, o.meta.Role, o.meta.Version, o.meta.Zone} {
		if len(s) > maxText || !printable(s) {
			return nil, fault.New(fault.Invalid, "a field of an announcement is not plain text of at most %d bytes", maxText)
		}
	}
	if o.meta.Node != node {
		return nil, fault.New(fault.Invalid, "an announcement is made in the name of another node")
	}
	return o, nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// nameOK tells whether a node may have that name: [a-z0-9][a-z0-9-]{0,62}.
func nameOK(s string) bool {
	if s == "" || len(s) > maxNodeName || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
