package handin

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// Kind is the ceremony that shares are for. A share for one is not taken by the other.
type Kind uint8

// Kinds of ceremony.
const (
	Unseal Kind = 1
	Rekey  Kind = 2
)

// String says what the ceremony is, in words that follow "for".
func (k Kind) String() string {
	switch k {
	case Unseal:
		return "an unsealing"
	case Rekey:
		return "a change of shares"
	default:
		return "something unknown"
	}
}

const (
	// MaxLife is how long a request may be good, and MinLife how short.
	MaxLife = 24 * time.Hour
	MinLife = 10 * time.Minute
	// MaxText bounds a request or file as text, in bytes.
	MaxText = 128 << 10

	step     = 10 * time.Minute // keys are wiped in such steps
	keySize  = 32
	maxKeys  = 64
	maxCert  = 8 << 10
	maxSign  = 256
	format   = 1
	maxNames = 63

	requestType = "QUORATE HAND-IN REQUEST"
	fileType    = "QUORATE SHARE TO HAND IN"

	labelVouch = "quorate/v1/hand-in/vouch"
	labelShare = "quorate/v1/hand-in/share"
	labelKey   = "quorate/v1/hand-in/x25519"
)

// Ceremony says which gathering of shares a request or file belongs to. Times are Unix seconds.
type Ceremony struct {
	Kind    Kind     `cbor:"1,keyasint"`
	Cluster [16]byte `cbor:"2,keyasint"`
	Number  [8]byte  `cbor:"3,keyasint"`
	Epoch   uint16   `cbor:"4,keyasint"` // of the shares that are asked for
	Made    int64    `cbor:"5,keyasint"`
	Expires int64    `cbor:"6,keyasint"`
}

// NewCeremony names a new gathering that ends after life, rounded up to full ten minutes. fault.Invalid if life is not MinLife to MaxLife.
func NewCeremony(kind Kind, cluster [16]byte, epoch uint16, now time.Time, life time.Duration) (*Ceremony, error) {
	if life < MinLife || life > MaxLife {
		return nil, fault.New(fault.Invalid, "shares can be handed in by file for %s to %s, not %s", MinLife, MaxLife, life)
	}
	c := &Ceremony{Kind: kind, Cluster: cluster, Epoch: epoch, Made: now.Unix(), Expires: now.Add(life + step - 1).Truncate(step).Unix()}
	_, _ = rand.Read(c.Number[:]) // never fails: crypto/rand ends the process instead
	return c, nil
}

// ID names the ceremony in messages.
func (c *Ceremony) ID() string { return hex.EncodeToString(c.Number[:]) }

// Ends is when nothing of it opens any more.
func (c *Ceremony) Ends() time.Time { return time.Unix(c.Expires, 0).UTC() }

// check bounds what somebody else says of a ceremony.
func (c *Ceremony) check() error {
	if c.Kind != Unseal && c.Kind != Rekey || c.Expires%int64(step/time.Second) != 0 || c.Expires <= c.Made || c.Expires-c.Made > int64((MaxLife+step)/time.Second) {
		return fault.New(fault.Invalid, "it describes a ceremony that this program does not make")
	}
	return nil
}

// bytes is the ceremony in a fixed form, to be bound to keys and ciphertexts.
func (c *Ceremony) bytes() []byte {
	b := append(make([]byte, 0, 64), format, byte(c.Kind))
	b = append(b, c.Cluster[:]...)
	b = append(b, c.Number[:]...)
	b = binary.BigEndian.AppendUint16(b, c.Epoch)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Made))
	return binary.BigEndian.AppendUint64(b, uint64(c.Expires))
}

// bind joins a label and parts so that no two lists of parts give the same bytes.
func bind(label string, parts ...[]byte) []byte {
	b := append([]byte{byte(len(label))}, label...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// Key is the one-time public key of one member.
type Key struct {
	Node        string `cbor:"1,keyasint"`
	Public      []byte `cbor:"2,keyasint"` // X25519, 32 bytes
	Certificate []byte `cbor:"3,keyasint"` // the member's, DER
	Signature   []byte `cbor:"4,keyasint"` // by its key, over Statement
}

// Request is what custodians encrypt their shares to. Nothing of it is secret.
type Request struct {
	Ceremony Ceremony `cbor:"1,keyasint"`
	Keys     []Key    `cbor:"2,keyasint"`
}

// Statement is what a member signs about its key.
func Statement(c *Ceremony, node string, public []byte) []byte {
	return bind(labelVouch, c.bytes(), []byte(node), public)
}

// Text is the request as it is written to a file.
func (r *Request) Text() ([]byte, error) { return encode(requestType, r) }

// ParseRequest reads what Text wrote. fault.Invalid says what is wrong. Whether the keys are members' is for Check to say.
func ParseRequest(text []byte) (*Request, error) {
	var r Request
	if err := decode(text, requestType, "a request for shares", &r); err != nil {
		return nil, err
	}
	if err := r.Ceremony.check(); err != nil {
		return nil, err
	}
	if len(r.Keys) == 0 || len(r.Keys) > maxKeys {
		return nil, fault.New(fault.Invalid, "a request has 1 to %d keys, and this one has %d", maxKeys, len(r.Keys))
	}
	seen := map[string]bool{}
	for _, k := range r.Keys {
		if len(k.Public) != keySize || k.Node == "" || len(k.Node) > maxNames || len(k.Certificate) > maxCert || len(k.Signature) > maxSign || seen[k.Node] {
			return nil, fault.New(fault.Invalid, "the request holds a key that no member makes")
		}
		seen[k.Node] = true
	}
	return &r, nil
}

// Fingerprint is a hash over the whole request, to be compared by people: eight groups of four letters.
func (r *Request) Fingerprint() string {
	b, err := coder.Marshal(r)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	digits := hex.EncodeToString(sum[:16])
	groups := make([]string, 0, 8)
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, "-")
}

// Current is fault.BadState if the request has expired by the clock of whoever asks.
func (r *Request) Current(now time.Time) error {
	if now.Before(r.Ceremony.Ends()) {
		return nil
	}
	return fault.New(fault.BadState, "the request %s expired at %s", r.Ceremony.ID(), r.Ceremony.Ends().Format(time.RFC3339)).
		WithHint("Ask for a new one; if that is wrong, set this machine's clock.")
}

// Check tells whether each key is vouched for by a certificate of a member, issued by roots: member reads which cluster and node a
// certificate names. fault.Denied says which key is not.
func (r *Request) Check(roots *x509.CertPool, member func(*x509.Certificate) (cluster [16]byte, node string, err error), now time.Time) error {
	for _, k := range r.Keys {
		cert, err := x509.ParseCertificate(k.Certificate)
		if err != nil {
			return forged(k.Node, "its certificate cannot be read")
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err != nil {
			return forged(k.Node, "its certificate was not issued by the cluster's CA, or has expired")
		}
		cluster, node, err := member(cert)
		if err != nil || node != k.Node || cluster != r.Ceremony.Cluster {
			return forged(k.Node, "its certificate is not that member's of cluster "+seal.Fingerprint(r.Ceremony.Cluster))
		}
		if !signed(cert, Statement(&r.Ceremony, k.Node, k.Public), k.Signature) {
			return forged(k.Node, "the signature over it is wrong")
		}
	}
	return nil
}

func forged(node, why string) error {
	return fault.New(fault.Denied, "the key of member %.63q is not to be trusted: %s", node, why).
		WithHint("Do not encrypt a share to this request. Ask the operator for it again, and for its fingerprint by another way.")
}

func signed(cert *x509.Certificate, message, signature []byte) bool {
	switch pub := cert.PublicKey.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(pub, message, signature)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(pub, sum[:], signature)
	default:
		return false
	}
}

var coder, decoder = func() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	dec, err := cbor.DecOptions{
		MaxNestedLevels: 8, MaxArrayElements: 128, MaxMapPairs: 32,
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return enc, dec
}()

func encode(kind string, v any) ([]byte, error) {
	b, err := coder.Marshal(v)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "an internal error")
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), nil
}

func decode(text []byte, kind, what string, into any) error {
	if len(text) > MaxText {
		return fault.New(fault.TooLarge, "this is not %s: it has %d bytes, and those have at most %d", what, len(text), MaxText)
	}
	block, rest := pem.Decode(bytes.TrimSpace(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return fault.New(fault.Invalid, "this is not %s: that is one block that begins with -----BEGIN %s-----", what, kind).
			WithHint("Copy the whole file again.")
	}
	if block.Type != kind {
		return fault.New(fault.Invalid, "this is not %s but %s", what, strings.ToLower(block.Type)).WithHint("Give the other file.")
	}
	if err := decoder.Unmarshal(block.Bytes, into); err != nil {
		return fault.Wrap(fault.Invalid, err, "this is not %s: it was altered, or made by a newer program", what).WithHint("Copy the whole file again.")
	}
	return nil
}
