package field

import (
	"context"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// prefix begins the stored form of a value: text, qe1: and the message of a Box in base64.
const prefix = "qe1:"

// Encrypted is a T as it is stored: encrypted. Documents and rows are read and written without the cluster; Seal and Open say when a
// value is encrypted and decrypted, under which Box, and in whose time. The zero value is no value at all: NULL, or null.
//
// In JSON it is a string; in SQL text, for a column of a text or binary type. It prints as [encrypted].
type Encrypted[T any] struct {
	message []byte
}

// Seal encrypts a value. where says where it belongs, such as "customers.email 17": Open needs the same, so a value that was moved
// to another row or column does not open there. The value is written as encoding/json writes it.
func Seal[T any](ctx context.Context, box *envelope.Box, value T, where string) (Encrypted[T], error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return Encrypted[T]{}, fault.Wrap(fault.Invalid, err, "a value of the type %T cannot be written down", value)
	}
	defer clear(plain)
	message, err := box.Encrypt(ctx, plain, binding(where))
	return Encrypted[T]{message}, err
}

// Open decrypts the value. fault.NotFound if there is none; fault.Invalid if it was changed, or belongs elsewhere.
func (e Encrypted[T]) Open(ctx context.Context, box *envelope.Box, where string) (value T, err error) {
	if e.IsZero() {
		return value, fault.New(fault.NotFound, "there is no value").WithHint("Ask IsZero first where a value may be missing.")
	}
	plain, err := box.Decrypt(ctx, e.message, binding(where))
	if err != nil {
		return value, err
	}
	defer clear(plain)
	if err := json.Unmarshal(plain, &value); err != nil {
		// The decoder's own words may show a piece of the value.
		return value, fault.New(fault.Invalid, "what was encrypted is no %T", value).WithHint("Open it as the type that was sealed.")
	}
	return value, nil
}

// Rewrap has the data key of the value wrapped by the latest version of its key; nothing is decrypted.
func (e Encrypted[T]) Rewrap(ctx context.Context, box *envelope.Box) (Encrypted[T], error) {
	if e.IsZero() {
		return e, nil
	}
	message, err := box.Rewrap(ctx, e.message)
	return Encrypted[T]{message}, err
}

// IsZero tells that there is no value.
func (e Encrypted[T]) IsZero() bool { return len(e.message) == 0 }

// Value implements driver.Valuer.
func (e Encrypted[T]) Value() (driver.Value, error) {
	if e.IsZero() {
		return nil, nil
	}
	return text(e.message), nil
}

// Scan implements sql.Scanner.
func (e *Encrypted[T]) Scan(from any) error {
	switch stored := from.(type) {
	case nil:
		e.message = nil
		return nil
	case string:
		return e.parse(stored)
	case []byte:
		return e.parse(string(stored))
	}
	return fault.New(fault.Invalid, "an encrypted value is text, and the column gave a %T", from).WithHint("Use a column of a text or binary type.")
}

// MarshalJSON implements json.Marshaler.
func (e Encrypted[T]) MarshalJSON() ([]byte, error) {
	if e.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(text(e.message))
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Encrypted[T]) UnmarshalJSON(b []byte) error {
	var stored *string
	if err := json.Unmarshal(b, &stored); err != nil {
		return notEncrypted() // without the decoder's words: it may be a plaintext
	}
	if stored == nil {
		e.message = nil
		return nil
	}
	return e.parse(*stored)
}

func (e *Encrypted[T]) parse(stored string) error {
	message, err := parse(stored)
	if err == nil {
		e.message = message
	}
	return err
}

// String says that there is something, and not what.
func (e Encrypted[T]) String() string {
	if e.IsZero() {
		return "[no value]"
	}
	return "[encrypted]"
}

// GoString is String.
func (e Encrypted[T]) GoString() string { return e.String() }

// LogValue is String.
func (e Encrypted[T]) LogValue() slog.Value { return slog.StringValue(e.String()) }

// binding is the associated data of a value: that it is one, and where it belongs.
func binding(where string) []byte { return []byte("quorate field 1\x00" + where) }

func text(message []byte) string { return prefix + base64.StdEncoding.EncodeToString(message) }

// parse reads the stored form; it proves nothing yet.
func parse(stored string) ([]byte, error) {
	body, is := strings.CutPrefix(stored, prefix)
	if !is {
		return nil, notEncrypted()
	}
	message, err := base64.StdEncoding.Strict().DecodeString(body)
	if err != nil || !envelope.IsEncrypted(message) || text(message) != stored { // base64 passes over line ends
		return nil, fault.New(fault.Invalid, "an encrypted value is damaged: behind %s there is no message", prefix).WithHint("Get an intact copy of the row.")
	}
	return message, nil
}

func notEncrypted() error {
	return fault.New(fault.Invalid, "a stored value is not encrypted: it does not begin with %s", prefix).
		WithHint("Seal what is still plain before it is read as encrypted.")
}
