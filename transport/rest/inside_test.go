package rest

// What the external tests need of the inside.

import (
	"context"
	"io"
	"net/url"
	"reflect"
	"time"
)

// CheckPath is checkPath.
func CheckPath(path string) error { return checkPath(path) }

// Unescape is unescape.
func Unescape(s string) string { return unescape(s) }

// EscapedPath is escapedPath.
func EscapedPath(u *url.URL) string { return escapedPath(u) }

// NewDeadline is newDeadline, and its stop.
func NewDeadline(ctx context.Context, d time.Duration) (context.Context, func()) {
	c := newDeadline(ctx, d)
	return c, c.stop
}

// Bodies lists a fresh value of every request type that is decoded.
func Bodies() []func() any {
	all := []func() any{func() any { return new(share) }}
	seen := map[reflect.Type]bool{}
	for _, rt := range table() {
		if t := reflect.TypeOf(rt.In); t != nil && !seen[t] {
			seen[t] = true
			all = append(all, func() any { return reflect.New(t).Interface() })
		}
	}
	return all
}

// Decode is decode.
func Decode(body []byte, in any) error { return decode(body, false, in) }

// ShareBody is the type behind api.ShareRequest.
func ShareBody() reflect.Type { return reflect.TypeFor[share]() }

// Leftovers writes p into a pooled buffer by way of growth, gives it back and returns the memory that it had.
func Leftovers(p []byte) (memory []byte) {
	b := getBuffer()
	for i := range p {
		if _, err := b.Write(p[i : i+1]); err != nil {
			panic(io.ErrShortWrite)
		}
	}
	memory = b.b[:len(p)]
	putBuffer(b)
	return memory
}

// ReadRestoreRequest is readRequest; it returns the shares that it read.
func ReadRestoreRequest(part io.Reader) (shares []string, err error) {
	var in restoreBody
	err = readRequest(part, &in)
	for _, s := range in.Shares {
		shares = append(shares, string(s))
	}
	return shares, err
}
