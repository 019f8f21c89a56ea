package history

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// span is a time in which a version is certainly out of use.
type span struct {
	version  int // 0: all
	upTo     int // or all up to this one; 0: version says it
	from, to time.Duration
	opens    time.Duration // to, for what decrypts: what was suspended and is deactivated then decrypts again
	by       Op
}

// holds tells whether the span lasts at the beginning of a use.
func (s span) holds(u Op) bool {
	to := s.to
	if u.Kind == Use {
		to = s.opens
	}
	return u.Call > s.from && u.Call < to
}

// stops tells whether a use that succeeded is one that a revocation forbids: what is deactivated decrypts, and does not encrypt.
func (s span) stops(u Op) bool {
	switch {
	case u.Kind == Use && (s.by.Kind == Deactivate || s.by.Kind == Rotate):
		return false
	case u.Kind == Reveal: // by which version is not known
		return s.version == 0 && s.upTo == 0
	case s.upTo > 0:
		return u.Version <= s.upTo
	}
	return s.version == 0 || s.version == u.Version
}

// Revoked tells of uses that began after what they used had been acknowledged to be out of use, and before anybody asked for it back.
func Revoked(ops []Op) error {
	var out []span
	for _, o := range ops {
		switch {
		case o.Outcome != OK:
		case o.Kind.Revokes():
			back := returns(ops, o, Resume)
			out = append(out, span{version: o.Version, from: o.Return, to: back, opens: min(back, returns(ops, o, Deactivate)), by: o})
		case o.Kind == Rotate && o.Sure && o.Saw.Latest() > 1 && !together(ops, o):
			out = append(out, span{upTo: o.Saw.Latest() - 1, from: o.Return, to: math.MaxInt64, by: o}) // of those who encrypt
		}
	}
	for _, u := range ops {
		if !u.Kind.uses() || u.Outcome != OK {
			continue
		}
		for _, s := range out {
			if s.stops(u) && s.holds(u) {
				return fmt.Errorf("key %s: version %d was used %v after the acknowledgement that it is out of use\n%v\n%v",
					u.Key, u.Version, (u.Call - s.from).Round(time.Microsecond), s.by, u)
			}
		}
	}
	return nil
}

// together tells whether another rotation was under way with r: then the newest version that r was shown may be the other's.
func together(ops []Op, r Op) bool {
	return slices.ContainsFunc(ops, func(o Op) bool {
		over := o.Outcome != Unknown && o.Return < r.Call
		return o.Kind == Rotate && o != r && o.Outcome != Refused && o.Call < r.Return && !over
	})
}

// returns is when somebody first asked, in one way, for what s suspended: nobody was doing so before.
func returns(ops []Op, s Op, by Kind) time.Duration {
	first := time.Duration(math.MaxInt64)
	for _, r := range ops {
		over := r.Outcome != Unknown && r.Return < s.Call // it was done before s began
		if r.Kind != by || r.Outcome == Refused || over || s.Kind != Suspend {
			continue
		}
		if s.Version == 0 || r.Version == 0 || r.Version == s.Version {
			first = min(first, r.Call)
		}
	}
	return first
}

// refusedInVain tells of local uses that were refused although nothing that anybody asked for explains it: no revocation had
// been asked for, or what it took out of use had been given back, and that acknowledged, for longer than a node may be behind. It also tells of
// keys and versions that a node does not know although somebody was shown them longer ago than that.
func refusedInVain(ops []Op, bound time.Duration) error {
	for _, u := range ops {
		switch {
		case !u.Local || !u.Kind.uses():
		case u.Outcome == Refused && !slices.ContainsFunc(ops, func(s Op) bool { return explains(ops, s, u, bound) }):
			return fmt.Errorf("key %s: a use was refused, and nothing had taken it out of use\n%v", u.Key, u)
		case u.Outcome == Missing:
			for _, o := range ops {
				if o.Sure && o.Saw.Latest() >= max(1, u.Version) && u.Call-o.Return > bound {
					return fmt.Errorf("key %s: a use found nothing %v after it was shown\n%v\n%v", u.Key, (u.Call - o.Return).Round(time.Microsecond), o, u)
				}
			}
		}
	}
	return nil
}

// explains tells whether s may be why u was refused.
func explains(ops []Op, s, u Op, bound time.Duration) bool {
	switch {
	case !s.Kind.Revokes(), s.Outcome == Refused, s.Outcome == Missing, s.Call > u.Return:
		return false
	case u.Kind == Use && s.Kind == Deactivate:
		return false
	case s.Version != 0 && u.Version != 0 && s.Version != u.Version:
		return false
	case s.Kind != Suspend, s.Outcome == Unknown:
		return true // it is not undone; and what has no answer may still have happened a moment ago
	}
	// A resumption that succeeded undid it: of the same version, or of the key for the key.
	return !slices.ContainsFunc(ops, func(r Op) bool {
		return r.Kind == Resume && r.Outcome == OK && r.Version == s.Version && r.Call > s.Return && u.Call-r.Return > bound
	})
}
