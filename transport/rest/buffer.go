package rest

import (
	"encoding/base64"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// buffer holds a request body or an answer. Both may be secret, so whatever was in one is cleared before the memory
// goes anywhere else: to the pool, or to the collector when it grows.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, firstBuffer)} }}

func getBuffer() *buffer {
	b, _ := buffers.Get().(*buffer)
	return b
}

func putBuffer(b *buffer) {
	clear(b.b)
	if cap(b.b) > maxPooledCap {
		return
	}
	b.b = b.b[:0]
	buffers.Put(b)
}

// grow moves the content to new memory of that capacity and clears the old.
func (b *buffer) grow(size int) []byte {
	bigger := make([]byte, len(b.b), size)
	copy(bigger, b.b)
	clear(b.b)
	b.b = bigger
	return bigger
}

// reserve makes room for n more bytes, so that the appends that follow leave no copy behind.
func (b *buffer) reserve(n int) {
	if cap(b.b)-len(b.b) < n {
		b.grow(max(2*cap(b.b), len(b.b)+n))
	}
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.reserve(len(p))
	b.b = append(b.b, p...)
	return len(p), nil
}

// raw appends JSON as it stands.
func (b *buffer) raw(s string) *buffer {
	b.reserve(len(s))
	b.b = append(b.b, s...)
	return b
}

// bytes appends a JSON string of base64.
func (b *buffer) bytes(p []byte) *buffer {
	b.reserve(base64.StdEncoding.EncodedLen(len(p)) + 2)
	b.b = append(b.b, '"')
	b.b = base64.StdEncoding.AppendEncode(b.b, p)
	b.b = append(b.b, '"')
	return b
}

// text appends a JSON string. Bytes that are not UTF-8 become replacement characters.
func (b *buffer) text(p []byte) *buffer {
	b.reserve(6*len(p) + 2)
	b.b, _ = jsontext.AppendQuote(b.b, p) //nolint:errcheck // it reports invalid UTF-8 only, and has replaced it
	return b
}

// plain appends a JSON string of ASCII in which nothing needs escaping, such as a text qk:v….
func (b *buffer) plain(p []byte) *buffer {
	b.reserve(len(p) + 2)
	b.b = append(b.b, '"')
	b.b = append(b.b, p...)
	b.b = append(b.b, '"')
	return b
}

func (b *buffer) number(n uint64) *buffer {
	b.reserve(20)
	b.b = strconv.AppendUint(b.b, n, 10)
	return b
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
