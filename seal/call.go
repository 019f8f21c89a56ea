package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// A Call asks custodians to sign something with the keys that their shares derive, wherever they are: it is printed as a
// line, answered by a CallProof that is a line too, and neither holds anything secret. What is signed is the whole call.
// Lines are bech32m, longer than BIP 350's 90 letters: a mistyped letter is found with all but certainty, and an altered
// line fails its signature in any case.
type Call struct {
	Kind    CallKind
	Cluster [16]byte
	At      time.Time // when it was made, to the second
	Nonce   [16]byte
	To      [32]byte // RootTokenCall: the X25519 public key that the token is encrypted to
}

// CallKind says what a custodian agrees to by signing.
type CallKind uint8

// Kinds of call.
const (
	RollCall      CallKind = 1 // nothing but that he still holds his share
	RootTokenCall CallKind = 2 // that a new root token is made for whoever has the private half of To
)

const (
	callPrefix  = "qcall"
	proofPrefix = "qproof"
	callFormat  = 1
	callSize    = 2 + 16 + 8 + 16
	proofSize   = 1 + fingerprintSize + 2 + 1 + 8 + 64
	maxLine     = 256 // letters of a line that is looked at
)

// purposes are what signatures of each kind are for: one for a roll call makes no root token.
var purposes = map[CallKind]string{RollCall: "roll-call", RootTokenCall: "root-token"}

// NewCall makes a call of a kind, with a fresh nonce.
func NewCall(kind CallKind, cluster [16]byte, now time.Time) *Call {
	c := &Call{Kind: kind, Cluster: cluster, At: time.Unix(now.Unix(), 0).UTC()}
	_, _ = rand.Read(c.Nonce[:]) // never fails: crypto/rand ends the process instead
	return c
}

// ID names the call in messages.
func (c *Call) ID() string { return hex.EncodeToString(c.Nonce[:8]) }

func (c *Call) payload() []byte {
	b := append(make([]byte, 0, callSize+32), callFormat, byte(c.Kind))
	b = append(b, c.Cluster[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.Unix()))
	b = append(b, c.Nonce[:]...)
	if c.Kind == RootTokenCall {
		b = append(b, c.To[:]...)
	}
	return b
}

// Line is the call as it is printed.
func (c *Call) Line() string { return string(bech32Encode(nil, callPrefix, c.payload())) }

// ParseCall reads what Line wrote, and nothing else. fault.Invalid says what is wrong with the line.
func ParseCall(text []byte) (*Call, error) {
	b, err := parseLine(text, callPrefix, "a call")
	if err != nil {
		return nil, err
	}
	if len(b) < callSize || b[0] != callFormat || purposes[CallKind(b[1])] == "" {
		return nil, wrongLine("this is not a call that this program reads")
	}
	c := &Call{Kind: CallKind(b[1]), Cluster: [16]byte(b[2:]), At: time.Unix(int64(binary.BigEndian.Uint64(b[18:])), 0).UTC(), Nonce: [16]byte(b[26:])}
	rest := b[callSize:]
	if c.Kind == RootTokenCall && len(rest) == len(c.To) {
		c.To, rest = [32]byte(rest), nil
	} else if c.Kind == RootTokenCall {
		rest = b
	}
	if len(rest) > 0 {
		return nil, wrongLine("the call has a length that it cannot have")
	}
	return c, nil
}

// CallProof is a custodian's answer to a call.
type CallProof struct {
	fingerprint [fingerprintSize]byte
	Epoch       uint16
	Index       int // of the share, from 1
	call        [8]byte
	signature   [64]byte
}

// Prove answers a call with the share. It needs no network. fault.Invalid if the share belongs to another cluster than the call.
func (s *Share) Prove(c *Call) (*CallProof, error) {
	if s.fingerprint != [fingerprintSize]byte(c.Cluster[:]) {
		return nil, fault.New(fault.Invalid, "the call is of cluster %s, and the share of cluster %s", Fingerprint(c.Cluster), s.Fingerprint()).
			WithHint("Use the share of cluster %s, or ask whoever sent the call.", Fingerprint(c.Cluster))
	}
	signature, err := s.Sign(c.Cluster, purposes[c.Kind], c.payload())
	if err != nil {
		return nil, err
	}
	return &CallProof{fingerprint: s.fingerprint, Epoch: s.epoch, Index: s.index, call: [8]byte(c.Nonce[:8]), signature: [64]byte(signature)}, nil
}

// Line is the proof as it is printed.
func (p *CallProof) Line() string {
	b := append(make([]byte, 0, proofSize), callFormat)
	b = append(b, p.fingerprint[:]...)
	b = binary.BigEndian.AppendUint16(b, p.Epoch)
	b = append(b, byte(p.Index))
	b = append(b, p.call[:]...)
	return string(bech32Encode(nil, proofPrefix, append(b, p.signature[:]...)))
}

// ParseCallProof reads what Line wrote. fault.Invalid says what is wrong with the line.
func ParseCallProof(text []byte) (*CallProof, error) {
	b, err := parseLine(text, proofPrefix, "a proof")
	if err != nil {
		return nil, err
	}
	if len(b) != proofSize || b[0] != callFormat {
		return nil, wrongLine("this is not a proof that this program reads")
	}
	p := &CallProof{fingerprint: [fingerprintSize]byte(b[1:]), Epoch: binary.BigEndian.Uint16(b[7:]), Index: int(b[9]), call: [8]byte(b[10:]), signature: [64]byte(b[18:])}
	if p.Index < 1 || p.Index > maxShares {
		return nil, wrongLine("the proof is by share %d, and there are at most %d", p.Index, maxShares)
	}
	return p, nil
}

// CheckProof tells whether the proof answers that call and is by a custodian of this configuration. What is wrong is named: fault.Invalid
// for another cluster, epoch, call or index; fault.Denied for a signature that is not his.
func (c *Config) CheckProof(call *Call, p *CallProof) error {
	switch {
	case call.Cluster != c.Cluster:
		return fault.New(fault.Invalid, "the call is of cluster %s, and this is %s", Fingerprint(call.Cluster), Fingerprint(c.Cluster))
	case p.fingerprint != [fingerprintSize]byte(c.Cluster[:]):
		return fault.New(fault.Invalid, "the proof is by a custodian of cluster %s, and this is %s", hex.EncodeToString(p.fingerprint[:]), Fingerprint(c.Cluster))
	case p.Epoch != c.Epoch:
		return fault.New(fault.Invalid, "the proof is by a share of epoch %d, and this cluster is at epoch %d", p.Epoch, c.Epoch).
			WithHint("Let the custodian answer with the share of epoch %d.", c.Epoch)
	case p.call != [8]byte(call.Nonce[:8]):
		return fault.New(fault.Invalid, "the proof answers call %s, and this is call %s", hex.EncodeToString(p.call[:]), call.ID()).
			WithHint("Let the custodian answer the call of now.")
	}
	return c.VerifyCustodian(p.Index, purposes[call.Kind], call.payload(), p.signature[:])
}

func wrongLine(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, format, args...).WithHint("Copy the whole line again.")
}

// parseLine gives the bytes of a printed line that begins with prefix. Upper case and space around it do not matter.
func parseLine(text []byte, prefix, what string) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if len(text) > maxLine || !bytes.HasPrefix(bytes.ToLower(text), []byte(prefix+"1")) {
		return nil, wrongLine("this is not %s: it is one line that begins with %s1", what, prefix)
	}
	_, values, err := bech32DecodeLong(bytes.Clone(text), maxLine)
	switch {
	case errors.Is(err, errBech32Checksum):
		return nil, wrongLine("the line's checksum does not match: a letter is wrong, or missing")
	case err != nil:
		return nil, wrongLine("this is not %s: %s", what, err)
	}
	b, err := bech32Pack(nil, values[:len(values)-bech32Sum])
	if err != nil {
		return nil, wrongLine("this is not %s: %s", what, err)
	}
	return b, nil
}
