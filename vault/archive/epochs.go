package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
)

// maxEpochs is how many keys a companion may hold.
const maxEpochs = 1024

// EpochsName is the name of the companion beside the snapshots whose keys it holds.
const EpochsName = "quorate-epochs"

const (
	epochsMagic = "QEPOC\r\n\x01"
	maxEpochSet = 512 << 10
)

// Epoch is one snapshot key, wrapped by the keyring.
type Epoch struct {
	Number  uint64 `cbor:"1,keyasint"`
	Began   int64  `cbor:"2,keyasint"` // Unix milliseconds
	Term    uint32 `cbor:"3,keyasint"` // of the keyring
	Wrapped []byte `cbor:"4,keyasint"`
}

// Epochs is the companion: the keys of all epochs that have not expired, and the seal's configuration by which shares lead to
// the keyring that wraps them. It lies beside the snapshots and is replaced with each one; so deleting an epoch's
// key here and in the cluster is what makes the snapshots of that epoch useless, wherever copies of them are.
type Epochs struct {
	Format  uint8    `cbor:"1,keyasint"`
	Cluster [16]byte `cbor:"2,keyasint"`
	Made    int64    `cbor:"3,keyasint"` // Unix milliseconds
	Seal    []byte   `cbor:"4,keyasint"`
	Keys    []Epoch  `cbor:"5,keyasint"` // ascending by number
}

// Encode writes a companion: magic, CBOR, and the SHA-256 of both.
func (e *Epochs) Encode() ([]byte, error) {
	e.Format = format
	if err := e.check(); err != nil {
		return nil, err
	}
	enc, err := encoding.Marshal(e)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint32([]byte(epochsMagic), uint32(len(enc)))
	out = append(out, enc...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// ReadEpochs reads what Encode wrote. The keys in it are authentic when the keyring unwraps them.
func ReadEpochs(r io.Reader) (*Epochs, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxEpochSet+1))
	if err != nil {
		return nil, broken(err)
	}
	bad := refuse("the companion with the keys of its epochs is damaged")
	n := len(b) - sha256.Size
	if len(b) > maxEpochSet || n < fixed || string(b[:len(epochsMagic)]) != epochsMagic || int(binary.BigEndian.Uint32(b[len(epochsMagic):])) != n-fixed {
		return nil, bad
	}
	if sum := sha256.Sum256(b[:n]); string(sum[:]) != string(b[n:]) {
		return nil, bad
	}
	e := new(Epochs)
	if err := decoding.Unmarshal(b[fixed:n], e); err != nil {
		return nil, bad
	}
	if again, err := encoding.Marshal(e); err != nil || string(again) != string(b[fixed:n]) { // each content has one encoding
		return nil, bad
	}
	return e, e.check()
}

func (e *Epochs) check() error {
	if e.Format != format || len(e.Seal) == 0 || len(e.Seal) > maxSeal || len(e.Keys) > maxEpochs {
		return refuse("the companion with the keys of its epochs is none that this program reads")
	}
	last := uint64(0)
	for _, k := range e.Keys {
		if k.Number <= last || len(k.Wrapped) == 0 || len(k.Wrapped) > maxSealed {
			return refuse("the companion's epochs are out of order")
		}
		last = k.Number
	}
	return nil
}

// Find is the key of an epoch; nil if it is not there any more.
func (e *Epochs) Find(number uint64) *Epoch {
	for i := range e.Keys {
		if e.Keys[i].Number == number {
			return &e.Keys[i]
		}
	}
	return nil
}
