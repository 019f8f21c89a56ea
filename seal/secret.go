package seal

import (
	"fmt"
	"log/slog"
	"unsafe"

	"github.com/quorate/quorate/vault/fault"
)

const redacted = "[secret]"

// Secret is a short byte string in locked memory. It is safe for concurrent use. However it is printed, logged or
// marshalled, its value does not appear.
type Secret struct {
	// A pointer and a length, not a slice: fmt shows the bytes of a slice in an unexported field of somebody's struct when it
	// meets a wrong verb, without asking Format; it never follows a pointer there.
	base *byte
	size int
	gate gate
}

// mem is the value; the caller has entered the gate.
func (s *Secret) mem() []byte { return unsafe.Slice(s.base, s.size) }

// NewSecret returns a secret of n bytes (1 to 4096) that fill writes in place, so that the value never exists elsewhere.
// When fill fails, the secret is destroyed and the error returned.
func NewSecret(n int, fill func([]byte) error) (*Secret, error) {
	if n <= 0 || n > maxSlot {
		return nil, fault.New(fault.TooLarge, "a secret has 1 to %d bytes, not %d", maxSlot, n)
	}
	slot := locked.alloc(n)
	s := &Secret{base: unsafe.SliceData(slot), size: n}
	s.gate.wipe = func() { locked.release(slot) }
	if err := fill(slot); err != nil {
		s.Destroy()
		return nil, err
	}
	return s, nil
}

// Lend calls use with the value, which is valid until use returns and must not be changed or kept. After Destroy it gives
// fault.Sealed. A Destroy during use takes effect when use returns.
func (s *Secret) Lend(use func([]byte) error) error {
	if !s.gate.enter() {
		return errSealed()
	}
	defer s.gate.leave()
	return use(s.mem())
}

// Destroy wipes the value. It may be called more than once, and on nil.
func (s *Secret) Destroy() {
	if s != nil {
		s.gate.close()
	}
}

// String hides the value.
func (s *Secret) String() string { return redacted }

// GoString hides the value from %#v.
func (s *Secret) GoString() string { return redacted }

// Format hides the value from every verb.
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides the value from slog.
func (s *Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value from encoders of text.
func (s *Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON hides the value from JSON.
func (s *Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
