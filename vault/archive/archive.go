// Package archive is the format of a portable snapshot: one file that holds a cluster's whole state, encrypted, and says in
// the clear only what is needed to find and check it. It knows bytes, ciphers and bounds; what the body means, who may open
// it and where its key comes from is the vault's.
//
// A file is, in this order:
//
//	magic "QARCH\r\n\x01" | header length, 4 bytes | header, CBOR | body | footer
//
// The body is a stream of segments under AES-256-GCM (Tink's AES-GCM-HKDF streaming: each segment is authentic before
// anything of it is given out, segments cannot be moved, and the last one is known as such), bound to everything before it. The
// footer is the length of the body, 8 bytes, the SHA-256 of all that precedes, and an HMAC-SHA256 of that sum. Numbers are
// big-endian. Whoever has no key finds damage by the sum; whoever has it also finds out who wrote the file, by the MAC.
package archive

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"github.com/quorate/quorate/vault/fault"
)

const (
	magic      = "QARCH\r\n\x01"
	format     = 1
	fixed      = len(magic) + 4
	footerSize = 8 + sha256.Size + sha256.Size
	segment    = 64 << 10
	maxHeader  = 512 << 10
	maxSeal    = 256 << 10
	maxText    = 256
	maxSealed  = 128
)

// KeySize is the length of a snapshot key.
const KeySize = 32

// Labels under which a snapshot key gives the keys that are used. Their meaning never changes.
const (
	labelBody = "quorate/v1/archive/body"
	labelMAC  = "quorate/v1/archive/mac"
)

// Counts is how much is in a state. It tells an operator whether a file is the one he means.
type Counts struct {
	Keys      uint64 `cbor:"1,keyasint" json:"keys"`
	Versions  uint64 `cbor:"2,keyasint" json:"versions"`
	Destroyed uint64 `cbor:"3,keyasint" json:"destroyed_versions"` // of them; their material exists no more
	Tokens    uint64 `cbor:"4,keyasint" json:"tokens"`
	Policies  uint64 `cbor:"5,keyasint" json:"policies"`
}

// Header is what a file says in the clear. It is authentic once the body was opened.
type Header struct {
	Format   uint8    `cbor:"1,keyasint"`
	Cluster  [16]byte `cbor:"2,keyasint"`
	Index    uint64   `cbor:"3,keyasint"` // in the log, of the state
	Term     uint32   `cbor:"4,keyasint"` // of the keyring that wraps new keys then
	Epoch    uint64   `cbor:"5,keyasint"` // of the snapshot key; 0: it is in the file, wrapped
	Created  int64    `cbor:"6,keyasint"` // Unix milliseconds
	Counts   Counts   `cbor:"7,keyasint"`
	Content  [32]byte `cbor:"8,keyasint"`            // digest of what users keep in the state, wherever in the log it stands
	Seal     []byte   `cbor:"9,keyasint"`            // the seal's configuration then; public
	Wrapped  []byte   `cbor:"10,keyasint,omitempty"` // the snapshot key of epoch 0, wrapped by the keyring
	Node     string   `cbor:"11,keyasint"`
	Software string   `cbor:"12,keyasint"`
	Lineage  [16]byte `cbor:"13,keyasint"` // the life of the cluster that this state is of; a restore begins another
}

// check bounds a header, read or about to be written.
func (h *Header) check() error {
	switch {
	case h.Format != format:
		return refuse("it has format %d, and this program reads format %d", h.Format, format).WithHint("Use the program that wrote it, or a newer one.")
	case len(h.Seal) == 0 || len(h.Seal) > maxSeal || len(h.Node) > maxText || len(h.Software) > maxText || len(h.Wrapped) > maxSealed:
		return refuse("a field of its header has an impossible length")
	case (h.Epoch == 0) != (len(h.Wrapped) > 0):
		return refuse("its header does not say where its key is")
	case h.Created < 0 || h.Counts.Destroyed > h.Counts.Versions:
		return refuse("its header contradicts itself")
	}
	return nil
}

var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 5, MaxArrayElements: maxEpochs, MaxMapPairs: 32,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

// must is for constants of ours that cannot fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// refuse says what is wrong with a file. Its kind is fault.Invalid.
func refuse(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "the snapshot is refused: %s", fmt.Sprintf(format, args...)).
		WithHint("Take another snapshot; `quorate operator snapshot verify` tells which are whole.")
}

// ErrKey means that the key given is not the one of this file. Its kind is fault.Invalid. Test with errors.Is.
var ErrKey = refuse("its authentication does not match: it was altered by somebody, or it was sealed under another key")

// keys are derived from a snapshot key.
type keys struct {
	body *subtle.AESGCMHKDF
	mac  []byte
}

func newKeys(key []byte) (*keys, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("archive: a snapshot key has %d bytes, not %d", KeySize, len(key))
	}
	main, err := hkdf.Key(sha256.New, key, nil, labelBody, KeySize)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, labelMAC, KeySize)
	if err != nil {
		return nil, err
	}
	body, err := subtle.NewAESGCMHKDF(main, "SHA256", KeySize, segment, 0)
	if err != nil {
		return nil, err
	}
	return &keys{body: body, mac: mac}, nil
}

func (k *keys) sum(sum []byte) []byte {
	m := hmac.New(sha256.New, k.mac)
	_, _ = m.Write(sum)
	return m.Sum(nil)
}

// Write makes a file. body writes the content. On an error w holds something that no reader accepts.
func Write(w io.Writer, h Header, key []byte, body func(io.Writer) error) error {
	h.Format = format
	if err := h.check(); err != nil {
		return err
	}
	k, err := newKeys(key)
	if err != nil {
		return err
	}
	enc, err := encoding.Marshal(h)
	if err != nil {
		return err
	}
	if len(enc) > maxHeader {
		return refuse("its header would have %d bytes", len(enc))
	}
	head := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(enc)))
	head = append(head, enc...)
	sum := sha256.New()
	out := &counter{w: io.MultiWriter(w, sum)}
	if _, err := out.Write(head); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	out.n = 0
	sealed, err := k.body.NewEncryptingWriter(out, head)
	if err == nil {
		err = body(sealed)
	}
	if err == nil {
		err = sealed.Close()
	}
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	if _, err := out.Write(binary.BigEndian.AppendUint64(nil, out.n)); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	digest := sum.Sum(nil)
	if _, err := w.Write(append(digest, k.sum(digest)...)); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return nil
}

// counter counts what goes through it.
type counter struct {
	w io.Writer
	n uint64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += uint64(n)
	return n, err
}

var errShort = errors.New("it is cut off")
