package key

import (
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Time is a wall-clock time in milliseconds since 1970 UTC; 0 means never. It is what the replicated state
// keeps: small, comparable, the same on every node.
type Time int64

// At converts; the zero time.Time becomes 0.
func At(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Time converts back, in UTC; 0 becomes the zero time.Time.
func (t Time) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Milliseconds()) }

// String is RFC 3339 in UTC, or "" for never.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	u := t.Time()
	var b [len("2006-01-02T15:04:05.000Z")]byte
	at := u.AppendFormat(b[:0], time.RFC3339) // the library writes this layout at once, and reads any other first
	ms := u.Nanosecond() / int(time.Millisecond)
	at = append(at[:len(at)-1], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
	return string(at)
}

// latest is 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write.
const latest Time = 253402300799999

// ParseTime reads RFC 3339; "" is never. fault.Invalid for what it cannot read or what lies outside 1970–9999.
func ParseTime(s string) (Time, error) {
	if s == "" {
		return 0, nil
	}
	p, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fault.New(fault.Invalid, "%q is not a time", clip(s)).WithHint("Times look like 2026-11-22T08:00:00Z.")
	}
	t := At(p)
	if t <= 0 || t > latest {
		return 0, fault.New(fault.Invalid, "the time %q is outside the years 1970 to 9999", clip(s))
	}
	return t, nil
}

// MaxPeriod bounds every duration that a user may name: 100 years.
const MaxPeriod = 100 * 365 * 24 * time.Hour

// ParsePeriod reads a duration such as "90d", "36h", "1d12h" or "10s"; "" is 0. Days are 24 hours.
// fault.Invalid for what it cannot read, what is negative, and what exceeds MaxPeriod.
func ParsePeriod(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	bad := fault.New(fault.Invalid, "%q is not a duration", clip(s)).WithHint("Durations look like 90d, 36h, 15m or 10s.")
	rest, days := s, int64(0)
	if i := strings.IndexByte(s, 'd'); i >= 0 {
		n, err := strconv.ParseUint(s[:i], 10, 20)
		if err != nil {
			return 0, bad
		}
		days, rest = int64(n), s[i+1:]
	}
	d := time.Duration(0)
	if rest != "" {
		p, err := time.ParseDuration(rest)
		if err != nil || p < 0 {
			return 0, bad
		}
		d = p
	}
	if days > int64(MaxPeriod/(24*time.Hour)) || d > MaxPeriod {
		return 0, fault.New(fault.Invalid, "the duration %q exceeds 100 years", clip(s))
	}
	d += time.Duration(days) * 24 * time.Hour
	if d > MaxPeriod {
		return 0, fault.New(fault.Invalid, "the duration %q exceeds 100 years", clip(s))
	}
	return d, nil
}

// FormatPeriod writes d as ParsePeriod reads it: "90d", "36h", "1d12h30m"; 0 is "".
func FormatPeriod(d time.Duration) string {
	if d == 0 {
		return ""
	}
	var b strings.Builder
	if days := d / (24 * time.Hour); days > 0 {
		b.WriteString(strconv.FormatInt(int64(days), 10))
		b.WriteByte('d')
		d -= days * 24 * time.Hour
	}
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / u.unit; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10))
			b.WriteString(u.name)
			d -= n * u.unit
		}
	}
	return b.String()
}
