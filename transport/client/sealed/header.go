package sealed

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// Magic begins everything that is written here.
const Magic = "QRT1"

// Formats. What is written is Latest; First is read for ever.
const (
	First  = 1 // streams only; the whole header goes into the stream's key
	Latest = 2 // the header may be given a newly wrapped data key
)

// Cipher suites.
const (
	suiteStream  = 1 // AES-256-GCM segments, HKDF-SHA-256
	suiteMessage = 2 // one AES-256-GCM message, HKDF-SHA-256
)

// Bounds of a header. Segments are measured as they lie in the stream, tag included.
const (
	MinSegment     = 64 << 10
	MaxSegment     = 1 << 20
	DefaultSegment = 256 << 10
	DataKeySize    = 32 // bytes

	MaxHeader   = fixedHeader + maxWrapped
	maxWrapped  = 1024 // letters of the wrapped data key
	fixedHeader = 4 + 1 + 1 + 16 + 4 + 4 + 2
)

// Header says what opens the data, and how it is cut. All of it is authenticated: key id, format, suite and segment size by
// every segment or message, version and wrapped data key by the cluster, which opens them for that key id only.
type Header struct {
	Format     uint8  // 0 when writing: Latest
	KeyID      string // id of the key in the cluster that wraps the data key, in its 36-letter form
	KeyVersion uint32 // version of it
	Segment    int    // bytes of a segment in the stream; 0: a message
	Wrapped    string // the data key as the cluster encrypted it: qk:v<version>:<base64>
}

// ErrHeader is in the chain of an error about bytes that are no header.
var ErrHeader = errors.New("not the header of encrypted data")

// Binding is the associated data under which the cluster wraps the data key: what it is for, and which key wraps it. One
// data key may serve messages and streams: their keys are derived from it apart.
func (h *Header) Binding() []byte {
	if h.Format == First {
		return []byte("quorate stream 1\x00" + h.KeyID)
	}
	return []byte("quorate data key 2\x00" + h.KeyID)
}

// MarshalBinary writes the header as DESIGN.md lays it out. fault.Invalid for one that ReadHeader would refuse.
func (h *Header) MarshalBinary() ([]byte, error) {
	id, err := hex.DecodeString(strings.ReplaceAll(h.KeyID, "-", ""))
	if err != nil || formatID(id) != h.KeyID {
		return nil, fault.New(fault.Internal, "the cluster named the key by something that is no id")
	}
	format, suite := h.Format, byte(suiteStream)
	if format == 0 {
		format = Latest
	}
	if h.Segment == 0 {
		suite = suiteMessage
	}
	switch {
	case suite == suiteStream && !segmentSize(h.Segment):
		return nil, fault.New(fault.Invalid, "segments of %d bytes are not possible: %d to %d, a multiple of 4096", h.Segment, MinSegment, MaxSegment)
	case format > Latest || format == First && suite != suiteStream:
		return nil, fault.New(fault.Invalid, "there is no format %d of this kind", format)
	case !wrappedForm(h.Wrapped) || h.KeyVersion == 0:
		return nil, fault.New(fault.Internal, "the cluster sent a wrapped data key of an unknown form")
	}
	b := make([]byte, 0, fixedHeader+len(h.Wrapped))
	b = append(b, Magic...)
	b = append(b, format, suite)
	b = append(b, id...)
	b = binary.BigEndian.AppendUint32(b, h.KeyVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(h.Segment))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Wrapped)))
	return append(b, h.Wrapped...), nil
}

// derivation is what of a header's bytes goes into the derived key: in the first format everything, since then all but what
// a new wrapping changes.
func derivation(raw []byte) []byte {
	if raw[4] == First {
		return bytes.Clone(raw)
	}
	return append(bytes.Clone(raw[:22]), raw[26:30]...)
}

// ReadHeader reads a header, and not a byte more; raw is how it lay there. It reads at most MaxHeader bytes. fault.Invalid
// says what is wrong.
func ReadHeader(r io.Reader) (h *Header, raw []byte, err error) {
	raw = make([]byte, fixedHeader, MaxHeader)
	if n, err := io.ReadFull(r, raw); err != nil {
		if !ended(err) {
			return nil, nil, fmt.Errorf("reading the header: %w", err)
		}
		if n < len(Magic) || string(raw[:len(Magic)]) != Magic {
			return nil, nil, notOurs("it does not begin with " + Magic)
		}
		return nil, nil, cutShort(err, "within its header")
	}
	h, n, err := parseFixed(raw)
	if err != nil {
		return nil, nil, err
	}
	raw = raw[:fixedHeader+n]
	if _, err := io.ReadFull(r, raw[fixedHeader:]); err != nil {
		if ended(err) {
			return nil, nil, cutShort(err, "within its header")
		}
		return nil, nil, fmt.Errorf("reading the header: %w", err)
	}
	h.Wrapped = string(raw[fixedHeader:])
	if !wrappedForm(h.Wrapped) {
		return nil, nil, notOurs("its data key is of an unknown form")
	}
	return h, raw, nil
}

// parseFixed reads the part of fixed length; n is the length of the wrapped data key behind it.
func parseFixed(raw []byte) (h *Header, n int, err error) {
	if BeginsHeld(raw) {
		return nil, 0, fault.Wrap(fault.Invalid, ErrHeader, "the input is encrypted under a key of the keas.kmi door").WithHint("Open it with `quorate kmi decrypt`.")
	}
	if string(raw[:4]) != Magic {
		return nil, 0, notOurs("it does not begin with " + Magic)
	}
	h = &Header{
		Format:     raw[4],
		KeyID:      formatID(raw[6:22]),
		KeyVersion: binary.BigEndian.Uint32(raw[22:26]),
		Segment:    int(binary.BigEndian.Uint32(raw[26:30])),
	}
	n = int(binary.BigEndian.Uint16(raw[30:32]))
	stream, message := raw[5] == suiteStream, raw[5] == suiteMessage && raw[4] != First
	switch {
	case raw[4] < First || raw[4] > Latest || !stream && !message:
		return nil, 0, notOurs(fmt.Sprintf("format %d with cipher suite %d is unknown to this version", raw[4], raw[5]))
	case h.KeyVersion == 0:
		return nil, 0, notOurs("its key version is 0")
	case stream && !segmentSize(h.Segment), message && h.Segment != 0:
		return nil, 0, notOurs("its segment size is out of bounds")
	case n == 0 || n > maxWrapped:
		return nil, 0, notOurs("the length of its data key is out of bounds")
	}
	return h, n, nil
}

func segmentSize(n int) bool { return n >= MinSegment && n <= MaxSegment && n%4096 == 0 }

// wrappedForm tells whether s can be a wrapped data key, and cannot be anything that upsets a log or a terminal.
func wrappedForm(s string) bool {
	if len(s) == 0 || len(s) > maxWrapped || !strings.HasPrefix(s, "qk:v") {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func notOurs(why string) error {
	return fault.Wrap(fault.Invalid, ErrHeader, "the input is not what Quorate encrypted: %s", why).
		WithHint("Decrypt reads what `quorate encrypt` or the Go client wrote: a whole file, or a line that begins with qk:.")
}

func cutShort(err error, where string) error {
	return fault.Wrap(fault.Invalid, err, "the encrypted data is cut short, %s", where).
		WithHint("Get a whole copy of it; nothing of this one can be trusted to be complete.")
}

func formatID(id []byte) string {
	if len(id) != 16 {
		return ""
	}
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
