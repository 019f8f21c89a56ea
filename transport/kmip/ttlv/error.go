package ttlv

import (
	"fmt"
	"strings"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// Error says what is wrong with a message, and where. It never holds a value of the message: that may be a key.
type Error struct {
	Path    []wire.Tag // from the outermost structure to the item
	Offset  int        // of the item in the bytes that came in
	Limit   bool       // well formed so far, but more than we take
	Missing bool       // the item is not there, though it must be
	Problem string
}

// Error is one line, such as "RequestMessage/RequestHeader/BatchCount (byte 72): the padding is not zero".
func (e *Error) Error() string {
	var b strings.Builder
	for i, t := range e.Path {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(t.String())
	}
	if len(e.Path) == 0 {
		b.WriteString("message")
	}
	fmt.Fprintf(&b, " (byte %d): %s", e.Offset, e.Problem)
	return b.String()
}
