package peer

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// A frame is a length (uint32, big endian: the bytes that follow), one byte that says what it is, and a body.
const (
	frameHead  = 5
	frameChunk = 64 << 10
)

// What a frame is. Numbers are for ever; an answer is the request's number plus frameAnswer.
const (
	frameAppend     byte = 1
	frameVote       byte = 2
	framePreVote    byte = 3
	frameSnapshot   byte = 4
	frameTimeoutNow byte = 5
	frameJoin       byte = 16
	frameJoinAnswer byte = 17
	frameAnswer     byte = 64
	frameWorking    byte = 126 // the answer is not ready; the sender is alive
	frameFault      byte = 127 // body: faultDoc
)

var (
	errFrameEmpty = fault.New(fault.Invalid, "a frame has no type")
	errFrameKind  = fault.New(fault.Invalid, "a frame is of a type that does not belong here")
)

// appendHead starts a frame in buf; seal completes it.
func appendHead(buf []byte, kind byte) []byte {
	return append(buf, 0, 0, 0, 0, kind)
}

// seal writes the length of the frame that begins at buf's start. Kind: fault.TooLarge over limit.
func seal(buf []byte, limit int) error {
	n := len(buf) - 4
	if n > limit {
		return fault.New(fault.TooLarge, "a frame of %d bytes exceeds the limit of %d", n, limit)
	}
	binary.BigEndian.PutUint32(buf, uint32(n))
	return nil
}

func writeFrame(w io.Writer, kind byte, body []byte) error {
	buf := append(appendHead(make([]byte, 0, frameHead+len(body)), kind), body...)
	binary.BigEndian.PutUint32(buf, uint32(len(buf)-4))
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	return nil
}

// readFrame reads one frame whose length is at most limit. The limit is checked before anything is allocated, and
// memory grows only as bytes arrive. io.EOF means that the stream ended between frames. Kinds: fault.TooLarge, fault.Invalid.
func readFrame(r io.Reader, limit int) (kind byte, body []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:4]); err != nil {
		if err == io.EOF {
			return 0, nil, io.EOF
		}
		return 0, nil, fmt.Errorf("reading a frame: %w", err)
	}
	n := binary.BigEndian.Uint32(head[:4])
	if int64(n) > int64(limit) {
		return 0, nil, fault.New(fault.TooLarge, "a frame of %d bytes exceeds the limit of %d", n, limit)
	}
	if n == 0 {
		return 0, nil, errFrameEmpty
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return 0, nil, fmt.Errorf("reading a frame: %w", noEOF(err))
	}
	rest := int(n) - 1
	body = make([]byte, 0, min(rest, frameChunk))
	for len(body) < rest {
		step := min(rest-len(body), max(len(body), frameChunk))
		if cap(body)-len(body) < step {
			grown := make([]byte, len(body), len(body)+step)
			copy(grown, body)
			body = grown
		}
		got := len(body)
		body = body[:got+step]
		if _, err := io.ReadFull(r, body[got:]); err != nil {
			return 0, nil, fmt.Errorf("reading a frame: %w", noEOF(err))
		}
	}
	return head[4], body, nil
}

// noEOF makes an end inside a frame an unexpected one.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
