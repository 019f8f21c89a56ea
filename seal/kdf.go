package seal

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"sync"
)

// Derivation labels. Each is used for one purpose only; DESIGN.md lists them. A label never changes: data would be lost.
const (
	labelSlotExtract   = "quorate/v1/slot/extract"
	labelSlotKey       = "quorate/v1/slot/key"
	labelCustodian     = "quorate/v1/custodian/extract"
	labelCustodianSeed = "quorate/v1/custodian/ed25519"
	labelMasterKeyring = "quorate/v1/master/keyring"
	labelMasterHand    = "quorate/v1/master/handover"
	labelRootMAC       = "quorate/v1/root/mac"
	labelRootConfig    = "quorate/v1/root/config"
	labelRootDerive    = "quorate/v1/root/derive"
)

// bind encodes a label and parts so that no two different lists give the same bytes: each is preceded by its length.
func bind(label string, parts ...[]byte) []byte {
	n := 4 + len(label)
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	out = binary.BigEndian.AppendUint32(out, uint32(len(label)))
	out = append(out, label...)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

func be16(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

// digest is crypto/sha256's state: it can be stored and restored without allocating.
type digest interface {
	hash.Hash
	encoding.BinaryUnmarshaler
	encoding.BinaryAppender
}

// scratch is what one HMAC needs; the pool keeps concurrent callers from waiting for each other.
type scratch struct {
	h    digest
	sum  [sha256.Size]byte
	pad  [sha256.BlockSize]byte
	head []byte // what comes before the data; grows to the longest label
}

var scratches = sync.Pool{New: func() any { return &scratch{h: sha256.New().(digest)} }}

// scrub overwrites what a computation left in the hash state: its block buffer and its chaining value.
func (s *scratch) scrub() {
	clear(s.pad[:])
	clear(s.sum[:])
	s.h.Reset()
	s.h.Write(s.pad[:sha256.BlockSize-1]) // all but the last byte of a block stays in the buffer …
	s.h.Write(s.pad[:1])                  // … until the block is complete
	s.h.Reset()
}

const stateSize = 128 // room for a marshalled SHA-256 state (108 bytes)

// hmacKey is an HMAC-SHA256 key (FIPS 198-1) of which only the two precomputed states are kept, in locked memory.
// crypto/hmac would keep them, and the key's padded forms, on the heap. It is safe for concurrent use.
type hmacKey struct {
	states *Secret // inner state, outer state
	n      int     // length of a marshalled state
}

// newHMACKey takes a key of at most a block (64 bytes). The caller keeps key.
func newHMACKey(key []byte) *hmacKey {
	if len(key) > sha256.BlockSize {
		panic("seal: hmac key longer than a block")
	}
	s := scratches.Get().(*scratch)
	k := &hmacKey{}
	k.states, _ = NewSecret(2*stateSize, func(mem []byte) error {
		for half, pad := range [2]byte{0x36, 0x5c} {
			for i := range s.pad {
				s.pad[i] = pad
				if i < len(key) {
					s.pad[i] ^= key[i]
				}
			}
			s.h.Reset()
			s.h.Write(s.pad[:])
			state, err := s.h.AppendBinary(mem[half*stateSize : half*stateSize])
			if err != nil || len(state) > stateSize {
				panic("seal: sha256 state does not marshal")
			}
			k.n = len(state)
		}
		return nil
	})
	s.scrub()
	scratches.Put(s)
	return k
}

// sum writes the HMAC of the parts, one after the other, to out.
func (k *hmacKey) sum(out *[sha256.Size]byte, parts ...[]byte) error {
	return k.sumLabelled(out, "", parts...)
}

// sumLabelled is sum, with the label before the parts: its length and itself. Without a label nothing comes before.
func (k *hmacKey) sumLabelled(out *[sha256.Size]byte, label string, parts ...[]byte) error {
	if !k.states.gate.enter() {
		return errSealed()
	}
	defer k.states.gate.leave()
	s := scratches.Get().(*scratch)
	s.restore(k.states.mem()[:k.n])
	if label != "" {
		s.head = binary.BigEndian.AppendUint32(s.head[:0], uint32(len(label)))
		s.head = append(s.head, label...)
		s.h.Write(s.head)
	}
	for _, p := range parts {
		s.h.Write(p)
	}
	inner := s.h.Sum(s.sum[:0])
	s.restore(k.states.mem()[stateSize : stateSize+k.n])
	s.h.Write(inner)
	s.h.Sum(s.sum[:0])
	*out = s.sum // not by Sum: out would have to be on the heap
	s.scrub()
	scratches.Put(s)
	return nil
}

func (s *scratch) restore(state []byte) {
	if err := s.h.UnmarshalBinary(state); err != nil {
		panic("seal: sha256 state does not restore: " + err.Error())
	}
}

func (k *hmacKey) destroy() {
	if k != nil {
		k.states.Destroy()
	}
}

// expand is HKDF-Expand (RFC 5869, section 2.3) with k as the pseudorandom key; len(out) ≤ 255 · 32.
func (k *hmacKey) expand(out []byte, info []byte) error {
	var block [sha256.Size]byte
	defer clear(block[:])
	previous := block[:0]
	for i := byte(1); len(out) > 0; i++ {
		if err := k.sum(&block, previous, info, []byte{i}); err != nil {
			return err
		}
		out = out[copy(out, block[:]):]
		previous = block[:]
	}
	return nil
}

// deriveSecret gives a 32-byte secret: HKDF-Expand under the uniform key prk.
func deriveSecret(prk []byte, label string, context ...[]byte) (*Secret, error) {
	k := newHMACKey(prk)
	defer k.destroy()
	return NewSecret(32, func(out []byte) error { return k.expand(out, bind(label, context...)) })
}

// deriveFromScalar gives a 32-byte secret from material that is unpredictable but not uniform bytes: HKDF-Extract with
// the label as salt, then HKDF-Expand.
func deriveFromScalar(scalar []byte, extract, label string, context ...[]byte) (*Secret, error) {
	salt := newHMACKey([]byte(extract))
	defer salt.destroy()
	prk, err := NewSecret(sha256.Size, func(mem []byte) error {
		return salt.sum((*[sha256.Size]byte)(mem), scalar)
	})
	if err != nil {
		return nil, err
	}
	defer prk.Destroy()
	var out *Secret
	err = prk.Lend(func(key []byte) error {
		out, err = deriveSecret(key, label, context...)
		return err
	})
	return out, err
}
