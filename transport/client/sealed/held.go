package sealed

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// HeldMagic begins a stream under a data key that nobody wraps in it: whoever reads it holds a key-encrypting key, and has
// the data key from a keas.kmi door.
const HeldMagic = "QKM1"

const (
	heldHeader = 30 // bytes: the fixed header without the length of a wrapped data key
	heldKey    = 16 // least bytes of such a data key
	heldLabel  = "quorate kmi key check"
)

// ErrOtherKey is in the chain of an error about a stream that another data key opens.
var ErrOtherKey = errors.New("another data key")

// EncryptHeld writes a whole stream under dataKey: constant memory, and it ends with the context between two reads.
// segment is as in Header; 0: DefaultSegment.
func EncryptHeld(ctx context.Context, dst io.Writer, src io.Reader, dataKey []byte, segment int, progress func(int64)) error {
	if segment == 0 {
		segment = DefaultSegment
	}
	if !segmentSize(segment) {
		return fault.New(fault.Invalid, "segments of %d bytes are not possible: %d to %d, a multiple of 4096", segment, MinSegment, MaxSegment)
	}
	check, err := heldCheck(dataKey)
	if err != nil {
		return err
	}
	raw := make([]byte, 0, heldHeader)
	raw = append(raw, HeldMagic...)
	raw = append(raw, Latest, suiteStream)
	raw = append(raw, check...)
	raw = append(raw, 0, 0, 0, 0) // where others have a version
	raw = binary.BigEndian.AppendUint32(raw, uint32(segment))
	return EncryptStream(ctx, dst, src, dataKey, raw, nil, progress)
}

// DecryptHeld reads what EncryptHeld wrote, from its first byte to the end of src. Only nil says that it is whole.
// fault.Invalid names what is wrong; ErrOtherKey is in its chain if another data key opens the stream.
func DecryptHeld(ctx context.Context, dst io.Writer, src io.Reader, dataKey []byte, progress func(int64)) error {
	raw := make([]byte, heldHeader)
	if _, err := io.ReadFull(src, raw); err != nil {
		if ended(err) {
			return cutShort(err, "within its header")
		}
		return fmt.Errorf("reading the header: %w", err)
	}
	switch {
	case !BeginsHeld(raw):
		return notOurs("it does not begin with " + HeldMagic)
	case raw[4] != Latest || raw[5] != suiteStream:
		return notOurs(fmt.Sprintf("format %d with cipher suite %d is unknown to this version", raw[4], raw[5]))
	case !bytes.Equal(raw[22:26], make([]byte, 4)):
		return notOurs("its header is damaged")
	case !segmentSize(segmentOf(raw)):
		return notOurs("its segment size is out of bounds")
	}
	check, err := heldCheck(dataKey)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(check, raw[6:22]) != 1 {
		return fault.Wrap(fault.Invalid, ErrOtherKey, "the data was encrypted under another key, or its header is damaged").
			WithHint("Take the key-encrypting key with which it was encrypted.")
	}
	return DecryptStream(ctx, dst, src, dataKey, raw, nil, progress)
}

// BeginsHeld tells whether data begins as EncryptHeld begins it.
func BeginsHeld(data []byte) bool { return bytes.HasPrefix(data, []byte(HeldMagic)) }

// heldCheck names a data key without telling anything of it.
func heldCheck(dataKey []byte) ([]byte, error) {
	if len(dataKey) < heldKey {
		return nil, fault.New(fault.Invalid, "a data key of %d bytes is too short", len(dataKey))
	}
	check, err := hkdf.Key(sha256.New, dataKey, nil, heldLabel, 16)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return check, nil
}
