package client

import (
	"io"

	"github.com/quorate/quorate/transport/client/sealed"
)

// Magic begins every encrypted stream.
const Magic = sealed.Magic

// Bounds of a stream's header. Segments are measured as they lie in the stream, tag included.
const (
	MinSegment     = sealed.MinSegment
	MaxSegment     = sealed.MaxSegment
	DefaultSegment = sealed.DefaultSegment
)

// Header describes an encrypted stream: what opens it, and how it is cut.
type Header = sealed.Header

// ReadHeader reads a header, and not a byte more; raw is how it lay in the stream. It reads at most 1,056 bytes.
// fault.Invalid says what is wrong.
func ReadHeader(r io.Reader) (h *Header, raw []byte, err error) { return sealed.ReadHeader(r) }
