package ttlv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Read reads one message in binary from r and returns its bytes, in buf if it fits. It takes what has arrived, not
// what the header claims: a claim within most (bytes) costs memory only as fast as the bytes come. A clean end before the
// first byte is io.EOF, an end inside of a message io.ErrUnexpectedEOF. What is no message or too long is an *Error;
// then the connection cannot be used any more, as nobody knows where the next one would begin.
func Read(r io.Reader, buf []byte, most int) (message []byte, err error) {
	buf = append(buf[:0], make([]byte, headerSize)...)
	defer func() {
		if err != nil {
			clear(buf)
		}
	}()
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, err
	}
	if buf[0] != 0x42 || Type(buf[3]) != Structure {
		return nil, &Error{Problem: "this is no KMIP message: it must begin with a structure of tag 42...."}
	}
	length := int64(binary.BigEndian.Uint32(buf[4:]))
	if length+headerSize > int64(most) {
		return nil, &Error{Limit: true, Problem: fmt.Sprintf("%d bytes are more than the limit of %d", length+headerSize, most)}
	}
	if length%8 != 0 {
		return nil, &Error{Problem: fmt.Sprintf("the length of a Structure is a multiple of 8, not %d", length)}
	}
	whole := headerSize + int(length)
	for len(buf) < whole {
		if len(buf) == cap(buf) {
			buf = grown(buf, min(max(2*cap(buf), 4096), whole))
		}
		n, err := io.ReadFull(r, buf[len(buf):min(cap(buf), whole)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return buf, nil
}

// grown moves buf to a larger place and overwrites the old one, which may hold part of a key.
func grown(buf []byte, size int) []byte {
	bigger := make([]byte, len(buf), size)
	copy(bigger, buf)
	clear(buf)
	return bigger
}
