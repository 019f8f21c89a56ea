package seal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

const (
	sharePrefix  = "qshare"
	shareFormat  = 1
	sharePayload = 1 + fingerprintSize + 2 + 1 + scalarSize
	shareLetters = len(sharePrefix) + 1 + (sharePayload*8+4)/5 + bech32Sum // 81: within bech32m's guarantee of 90
	maxShares    = 16

	fingerprintSize = 6
)

// Share is one custodian's part of the master key, in locked memory. Print it with Line; every other way of printing it
// is redacted. Destroy it when done.
type Share struct {
	fingerprint [fingerprintSize]byte // the first bytes of the cluster's id
	epoch       uint16
	index       int // 1 … 16
	threshold   int // 1 … 16
	scalar      *Secret
}

// Fingerprint is how shares and error messages name a cluster: the first 12 hexadecimal digits of its id.
func Fingerprint(cluster [16]byte) string { return hex.EncodeToString(cluster[:fingerprintSize]) }

// Fingerprint names the cluster that the share belongs to.
func (s *Share) Fingerprint() string { return hex.EncodeToString(s.fingerprint[:]) }

// Epoch is the generation of shares that it belongs to; rekey begins the next one.
func (s *Share) Epoch() uint16 { return s.epoch }

// Index is the share's number, from 1.
func (s *Share) Index() int { return s.index }

// Threshold is how many shares of this epoch open the cluster.
func (s *Share) Threshold() int { return s.threshold }

// Destroy wipes the share. It may be called more than once, and on nil.
func (s *Share) Destroy() {
	if s != nil {
		s.scalar.Destroy()
	}
}

// Line lends the share's printed form, one line without a line end, in locked memory. After Destroy it gives fault.Sealed.
func (s *Share) Line(use func(line []byte) error) error {
	payload, err := NewSecret(sharePayload, func(mem []byte) error {
		mem[0] = shareFormat
		copy(mem[1:], s.fingerprint[:])
		binary.BigEndian.PutUint16(mem[1+fingerprintSize:], s.epoch)
		mem[3+fingerprintSize] = byte(s.index-1)<<4 | byte(s.threshold-1)
		return s.scalar.Lend(func(scalar []byte) error {
			copy(mem[4+fingerprintSize:], scalar)
			return nil
		})
	})
	if err != nil {
		return err
	}
	defer payload.Destroy()
	line, err := NewSecret(shareLetters, func(mem []byte) error {
		return payload.Lend(func(data []byte) error {
			bech32Encode(mem[:0], sharePrefix, data)
			return nil
		})
	})
	if err != nil {
		return err
	}
	defer line.Destroy()
	return line.Lend(use)
}

// ParseShare reads a printed share; space around it and upper case do not matter. text stays the caller's, to be cleared.
// What is wrong is named, always as fault.Invalid and never with any of the text: not a share, wrong length, a letter that
// shares do not use (and where), a checksum that does not match (and, if a single mistyped letter explains it, where that letter is).
// Letters are counted from 1 at the beginning of the line.
func ParseShare(text []byte) (*Share, error) {
	text = bytes.TrimSpace(text)
	if len(text) != shareLetters {
		return nil, wrongLength(text)
	}
	slot := locked.alloc(shareLetters)
	defer locked.release(slot)
	for i, b := range text {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		slot[i] = b
	}
	if err := checkPrefix(slot); err != nil {
		return nil, err
	}
	if err := checkLetters(slot); err != nil {
		return nil, err
	}
	prefix, values, err := bech32Decode(slot)
	switch {
	case errors.Is(err, errBech32Checksum):
		if at, ok := bech32Locate(prefix, values); ok {
			return nil, invalidShare("the share's checksum does not match: letter %d of %d is mistyped", at+len(prefix)+2, shareLetters)
		}
		return nil, invalidShare("the share's checksum does not match: more than one letter is wrong, or out of place")
	case err != nil:
		return nil, invalidShare("this is not a share: %s", err)
	}
	return decodeShare(values[:len(values)-bech32Sum])
}

func invalidShare(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, format, args...).
		WithHint("Compare the line with the original, letter by letter; progress made so far is kept.")
}

func wrongLength(text []byte) error {
	if !bytes.HasPrefix(bytes.ToLower(text[:min(len(text), len(sharePrefix)+1)]), []byte(sharePrefix+"1")) {
		return invalidShare("this is not a share: a share is one line of %d letters that begins with %s1", shareLetters, sharePrefix)
	}
	return invalidShare("a share has %d letters and this line has %d, so its checksum cannot match", shareLetters, len(text))
}

// checkPrefix tells a share with one slip in its first letters from what is no share at all.
func checkPrefix(line []byte) error {
	wrong, at := 0, 0
	for i, want := range []byte(sharePrefix + "1") {
		if line[i] != want {
			wrong, at = wrong+1, i+1
		}
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		return invalidShare("letter %d of the share is mistyped, so its checksum does not match: a share begins with %s1", at, sharePrefix)
	default:
		return invalidShare("this is not a share: a share is one line of %d letters that begins with %s1", shareLetters, sharePrefix)
	}
}

// checkLetters names the first letter after the prefix that shares do not use.
func checkLetters(line []byte) error {
	for i := len(sharePrefix) + 1; i < len(line); i++ {
		if strings.IndexByte(bech32Alphabet, line[i]) < 0 {
			return invalidShare("letter %d of %d is not in the alphabet of shares (%s), so the checksum cannot match", i+1, shareLetters, bech32Alphabet)
		}
	}
	return nil
}

// decodeShare reads a payload whose checksum is right.
func decodeShare(values []byte) (*Share, error) {
	payload := locked.alloc(sharePayload)
	defer locked.release(payload)
	if _, err := bech32Pack(payload[:0], values); err != nil {
		return nil, invalidShare("the share's checksum matches but its last letter is not one that this program prints")
	}
	if payload[0] != shareFormat {
		return nil, invalidShare("the share has format %d; this program reads format %d", payload[0], shareFormat)
	}
	s := &Share{
		fingerprint: [fingerprintSize]byte(payload[1:]),
		epoch:       binary.BigEndian.Uint16(payload[1+fingerprintSize:]),
		index:       int(payload[3+fingerprintSize]>>4) + 1,
		threshold:   int(payload[3+fingerprintSize]&15) + 1,
	}
	scalar := payload[4+fingerprintSize : sharePayload]
	if !canonicalScalar(scalar) {
		return nil, invalidShare("the share's checksum matches but its value is not one that this program prints")
	}
	var err error
	s.scalar, err = NewSecret(scalarSize, func(mem []byte) error { copy(mem, scalar); return nil })
	return s, err
}

// Check tells whether the share is one that was handed out for this configuration. What is wrong is named, as fault.Invalid: it
// belongs to another cluster, to another epoch, to no index there is, or it was altered.
func (s *Share) Check(c *Config) error {
	slot := c.shamir()
	switch {
	case s.fingerprint != [fingerprintSize]byte(c.Cluster[:fingerprintSize]):
		return fault.New(fault.Invalid, "the share belongs to another cluster: to %s, and this one is %s", s.Fingerprint(), Fingerprint(c.Cluster)).
			WithHint("Look for the share that was printed for cluster %s.", Fingerprint(c.Cluster))
	case s.epoch < c.Epoch:
		return fault.New(fault.Invalid, "the share is of epoch %d, which a rekey replaced; this cluster is at epoch %d", s.epoch, c.Epoch).
			WithHint("Use the share of epoch %d.", c.Epoch)
	case s.epoch > c.Epoch:
		return fault.New(fault.Invalid, "the share is of epoch %d and this cluster is at epoch %d: either the rekey that made it has not taken effect, or this is an older backup", s.epoch, c.Epoch).
			WithHint("Use the share of epoch %d.", c.Epoch)
	case s.index > slot.Shares:
		return fault.New(fault.Invalid, "share %d was never handed out: this cluster has %d shares", s.index, slot.Shares)
	}
	public, err := s.Public(c.Cluster)
	if err != nil {
		return err
	}
	if s.threshold != slot.Threshold || !bytes.Equal(public, slot.Custodians[s.index-1]) {
		return fault.New(fault.Invalid, "share %d was altered: it is not the share that was handed out", s.index).
			WithHint("Read it again from the original; if that is refused too, use another custodian's share.")
	}
	return nil
}

// String names the share without its value.
func (s *Share) String() string {
	return fmt.Sprintf("share %d of epoch %d of cluster %s %s", s.index, s.epoch, s.Fingerprint(), redacted)
}

// GoString hides the value from %#v.
func (s *Share) GoString() string { return s.String() }

// Format hides the value from every verb.
func (s *Share) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue hides the value from slog.
func (s *Share) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders of text.
func (s *Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value from JSON.
func (s *Share) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }
