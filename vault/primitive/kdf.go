package primitive

import (
	"crypto"
	"crypto/hmac"
	"crypto/pbkdf2"
	"encoding/binary"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// Method is how Expand derives, other than Derive does.
type Method uint8

// Methods.
const (
	PBKDF2      Method = 1 // RFC 8018, 5.2: with HMAC; the key is the password
	HashOfKey   Method = 2 // the hash of the key
	HMACOfData  Method = 3 // HMAC of the data under the key
	CounterMode Method = 4 // NIST SP 800-108, 4.1: with HMAC and a counter of 32 bits before the data, which is the fixed input whole
)

// MaxIterations is how often PBKDF2 may go round, for all blocks of its output together: about a second's work.
const MaxIterations = 1_000_000

// Expansion is a derivation by one of the methods. What gives more bytes than are asked for is cut.
type Expansion struct {
	Method     Method
	Hash       crypto.Hash // 0: SHA-256
	Salt, Data []byte
	Iterations int // of PBKDF2
	Bytes      int // 1 to MaxDerived
}

// Expand derives from a symmetric key or a secret for protocols that have other methods than HKDF. The caller clears the outcome.
func (k *Key) Expand(e Expansion) ([]byte, error) {
	half, ok := k.half.(holder)
	if !ok {
		return nil, k.refuse("derive")
	}
	if e.Bytes < 1 || e.Bytes > MaxDerived {
		return nil, fault.New(fault.Invalid, "1 to %d bytes can be derived at once, not %d", MaxDerived, e.Bytes)
	}
	if e.Hash == 0 {
		e.Hash = crypto.SHA256
	}
	if err := keyedHash(e.Hash); err != nil {
		return nil, err
	}
	switch secret := half.bytes(); e.Method {
	case PBKDF2:
		blocks := (e.Bytes + e.Hash.Size() - 1) / e.Hash.Size() // each goes round as often
		if e.Iterations < 1 || e.Iterations > MaxIterations/blocks {
			return nil, fault.New(fault.Invalid, "PBKDF2 goes round 1 to %d times for %d bytes, not %d", MaxIterations/blocks, e.Bytes, e.Iterations)
		}
		return pbkdf2.Key(e.Hash.New, string(secret), e.Salt, e.Iterations, e.Bytes)
	case HashOfKey:
		state := e.Hash.New()
		state.Write(secret)
		return cut(state.Sum(nil), e.Bytes)
	case HMACOfData:
		state := hmac.New(e.Hash.New, secret)
		state.Write(e.Data)
		return cut(state.Sum(nil), e.Bytes)
	case CounterMode:
		return counterMode(e, secret), nil
	}
	return nil, fault.New(fault.Invalid, "there is no such method of derivation")
}

func counterMode(e Expansion, secret []byte) []byte {
	out := make([]byte, 0, e.Bytes+e.Hash.Size())
	state := hmac.New(e.Hash.New, secret)
	for i := uint32(1); len(out) < e.Bytes; i++ {
		state.Reset()
		_ = binary.Write(state, binary.BigEndian, i) // a hash never fails
		_, _ = io.Writer(state).Write(e.Data)
		out = state.Sum(out)
	}
	clear(out[e.Bytes:])
	return out[:e.Bytes]
}

// cut is the first n bytes of b, of which there have to be as many.
func cut(b []byte, n int) ([]byte, error) {
	if len(b) < n {
		clear(b)
		return nil, fault.New(fault.Invalid, "this method gives %d bytes; %d are asked for", len(b), n).WithHint("Ask for a shorter key, another hash or another method.")
	}
	clear(b[n:])
	return b[:n:n], nil
}
