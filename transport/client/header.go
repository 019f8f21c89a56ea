package client

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// Magic begins every encrypted stream.
const Magic = "QRT1"

// Bounds of a stream's header. Segments are measured as they lie in the stream, tag included.
const (
	MinSegment     = 64 << 10
	MaxSegment     = 1 << 20
	DefaultSegment = 256 << 10

	formatVersion = 1
	suiteGCMHKDF  = 1    // AES-256-GCM segments, HKDF-SHA-256
	maxWrapped    = 1024 // letters of the wrapped data key
	fixedHeader   = 4 + 1 + 1 + 16 + 4 + 4 + 2
)

// Header describes an encrypted stream: what opens it, and how it is cut. All of it is authenticated by every
// segment, and the key id by the wrapped data key as well.
type Header struct {
	KeyID      string // id of the key in the cluster that wraps the data key, in its 36-letter form
	KeyVersion uint32 // version of it
	Segment    int    // bytes of a segment in the stream
	Wrapped    string // the data key as the cluster encrypted it: qk:v<version>:<base64>
}

var errHeader = errors.New("not the header of an encrypted stream")

// MarshalBinary writes the header as DESIGN.md lays it out. fault.Invalid for one that ReadHeader would refuse.
func (h *Header) MarshalBinary() ([]byte, error) {
	id, err := hex.DecodeString(strings.ReplaceAll(h.KeyID, "-", ""))
	if err != nil || formatID(id) != h.KeyID {
		return nil, fault.New(fault.Internal, "the cluster named the key by something that is no id")
	}
	if h.Segment < MinSegment || h.Segment > MaxSegment || h.Segment%4096 != 0 {
		return nil, fault.New(fault.Invalid, "segments of %d bytes are not possible: %d to %d, a multiple of 4096", h.Segment, MinSegment, MaxSegment)
	}
	if !wrappedForm(h.Wrapped) || h.KeyVersion == 0 {
		return nil, fault.New(fault.Internal, "the cluster sent a wrapped data key of an unknown form")
	}
	b := make([]byte, 0, fixedHeader+len(h.Wrapped))
	b = append(b, Magic...)
	b = append(b, formatVersion, suiteGCMHKDF)
	b = append(b, id...)
	b = binary.BigEndian.AppendUint32(b, h.KeyVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(h.Segment))
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Wrapped)))
	return append(b, h.Wrapped...), nil
}

// ReadHeader reads a header, and not a byte more; raw is how it lay in the stream. It reads at most 1,056 bytes.
// fault.Invalid says what is wrong.
func ReadHeader(r io.Reader) (h *Header, raw []byte, err error) {
	raw = make([]byte, fixedHeader, fixedHeader+maxWrapped)
	if n, err := io.ReadFull(r, raw); err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, nil, fmt.Errorf("reading the stream's header: %w", err)
		}
		if n < len(Magic) || string(raw[:len(Magic)]) != Magic {
			return nil, nil, notAStream("it does not begin with " + Magic)
		}
		return nil, nil, truncated(err)
	}
	if string(raw[:4]) != Magic {
		return nil, nil, notAStream("it does not begin with " + Magic)
	}
	if raw[4] != formatVersion || raw[5] != suiteGCMHKDF {
		return nil, nil, notAStream(fmt.Sprintf("format %d, cipher suite %d are unknown to this version", raw[4], raw[5]))
	}
	h = &Header{
		KeyID:      formatID(raw[6:22]),
		KeyVersion: binary.BigEndian.Uint32(raw[22:26]),
		Segment:    int(binary.BigEndian.Uint32(raw[26:30])),
	}
	n := int(binary.BigEndian.Uint16(raw[30:32]))
	switch {
	case h.KeyVersion == 0:
		return nil, nil, notAStream("its key version is 0")
	case h.Segment < MinSegment || h.Segment > MaxSegment || h.Segment%4096 != 0:
		return nil, nil, notAStream("its segment size is out of bounds")
	case n == 0 || n > maxWrapped:
		return nil, nil, notAStream("the length of its data key is out of bounds")
	}
	raw = raw[:fixedHeader+n]
	if _, err := io.ReadFull(r, raw[fixedHeader:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, nil, truncated(err)
		}
		return nil, nil, fmt.Errorf("reading the stream's header: %w", err)
	}
	h.Wrapped = string(raw[fixedHeader:])
	if !wrappedForm(h.Wrapped) {
		return nil, nil, notAStream("its data key is of an unknown form")
	}
	return h, raw, nil
}

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

func notAStream(why string) error {
	return fault.Wrap(fault.Invalid, errHeader, "the input is not an encrypted stream: %s", why).
		WithHint("Decrypt reads what `quorate encrypt` wrote: a whole file, or a line that begins with qk:.")
}

func truncated(err error) error {
	return fault.Wrap(fault.Invalid, err, "the encrypted stream is cut short").WithHint("Get a whole copy of it; nothing of this one can be trusted to be complete.")
}

func formatID(id []byte) string {
	if len(id) != 16 {
		return ""
	}
	h := hex.EncodeToString(id)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
