package envelope

import (
	"log/slog"
	"time"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// Defaults and bounds.
const (
	DefaultLifetime = time.Hour
	DefaultUses     = 1 << 20  // messages and streams under one data key
	DefaultBytes    = 64 << 30 // of plaintext under one data key
	DefaultOpened   = 1000     // data keys of others that are kept open
	MaxUses         = 1 << 32  // random nonces under one key: NIST SP 800-38D, section 8.3
	MaxStale        = 24 * time.Hour
	Recheck         = 30 * time.Second // between two looks at the key where it cannot be watched
)

type settings struct {
	lifetime, stale time.Duration
	uses, bytes     int64
	opened, segment int
	now             func() time.Time
	log             *slog.Logger
}

// Option tunes a Box.
type Option func(*settings)

// Lifetime is how long a data key is kept, for encrypting and for opening alike; by default an hour. 0 turns keeping off:
// each call then asks the cluster.
func Lifetime(d time.Duration) Option { return func(s *settings) { s.lifetime = d } }

// Uses bounds how many messages and streams one data key protects; at most MaxUses.
func Uses(n int64) Option { return func(s *settings) { s.uses = n } }

// Bytes bounds how much plaintext one data key protects. A message, or a stream, that has begun goes on to its end.
func Bytes(n int64) Option { return func(s *settings) { s.bytes = n } }

// Opened bounds how many data keys are kept open at a time, beside the one that encrypts. The least recently used goes first.
func Opened(n int) Option { return func(s *settings) { s.opened = n } }

// StaleIfUnreachable lets data keys be used for d longer than their lifetime while no node of the cluster answers for it; at most
// MaxStale. Without it a key that has run out is of no use. A node that answers, be it that it is sealed, ends it at once.
func StaleIfUnreachable(d time.Duration) Option { return func(s *settings) { s.stale = d } }

// Segment is how streams are cut, in bytes: a multiple of 4096, 64 KiB to 1 MiB, by default 256 KiB. That much is decrypted to read
// a byte anywhere.
func Segment(n int) Option { return func(s *settings) { s.segment = n } }

// Clock replaces the clock, for tests.
func Clock(now func() time.Time) Option { return func(s *settings) { s.now = now } }

// Log hears when the key cannot be followed, at level warn. By default nothing is logged.
func Log(l *slog.Logger) Option { return func(s *settings) { s.log = l } }

func (s *settings) check() error {
	wrong := func(format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...)
	}
	switch {
	case s.lifetime < 0:
		return wrong("a lifetime of %v is not possible: 0 is off", s.lifetime)
	case s.stale < 0 || s.stale > MaxStale:
		return wrong("data keys cannot be used for %v after their time: at most %v", s.stale, MaxStale)
	case s.stale > 0 && s.lifetime == 0:
		return wrong("stale data keys are asked for, and none are kept")
	case s.uses < 1 || s.uses > MaxUses:
		return wrong("%d uses of a data key are not possible: 1 to %d", s.uses, int64(MaxUses))
	case s.bytes < 1:
		return wrong("%d bytes under a data key are not possible", s.bytes)
	case s.segment < sealed.MinSegment || s.segment > sealed.MaxSegment || s.segment%4096 != 0:
		return wrong("segments of %d bytes are not possible: %d to %d, a multiple of 4096", s.segment, sealed.MinSegment, sealed.MaxSegment)
	case s.opened < 1:
		return wrong("%d open data keys are not possible: at least 1; Lifetime(0) keeps none", s.opened)
	}
	return nil
}
