// Package fault is the vocabulary of failure: what went wrong, said as what the caller can do about it.
//
// A Kind is set once, where the failure is understood. Everybody above adds context with
// fmt.Errorf("opening log: %w", err) and never looks at text; every protocol adapter has one table
// from Kind to its own status codes, tested to be complete over All. The package is a leaf: it knows
// nothing of the rest of Quorate.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error. A Kind is itself an error, so errors.Is(err, fault.NotFound)
// asks the question. Numbers travel between nodes and are kept in the replicated state: they are for ever.
type Kind uint8

const (
	// Internal is our own failure; its text stays in our log. Retrying may help, reporting it helps more.
	Internal Kind = 0
	// Invalid is a request that can never succeed as it stands.
	Invalid Kind = 1
	// Unauthenticated means that we do not know who asks.
	Unauthenticated Kind = 2
	// Denied means that we know who asks, and no policy permits it.
	Denied Kind = 3
	// NotFound means that there is no such object, or none that the caller may know of.
	NotFound Kind = 4
	// Exists means that the name or id is taken, or that a once-only act was done before.
	Exists Kind = 5
	// Conflict means that the object changed since the caller looked (If-Match), or that this node has not
	// reached the index that the caller asked for.
	Conflict Kind = 6
	// BadState means that the object's present state forbids the operation (NIST SP 800-57 part 1, section 7).
	BadState Kind = 7
	// Sealed means that the node has no keyring until enough shares are handed in.
	Sealed Kind = 8
	// NoLeader means that there is no leader to commit a write just now. Nothing was written.
	NoLeader Kind = 9
	// Uncertain means that a write may or may not have been committed. Repeating it with the same
	// request ID is safe and gives the first outcome.
	Uncertain Kind = 10
	// Stale means that this node cannot prove that its state is recent enough to answer.
	Stale Kind = 11
	// Busy means that a limit was reached; try again after a pause.
	Busy Kind = 12
	// TooLarge means that the request exceeds a stated limit.
	TooLarge Kind = 13
	// Full means that the disk it would be written to is almost full: nothing that grows is taken until there is room
	// again. Nothing was written. What takes out of use or deletes goes on.
	Full Kind = 14
)

var kinds = [...]struct{ name, hint string }{
	Internal:        {"internal", "Try again; if it stays, look in the node's log for the request id."},
	Invalid:         {"invalid", "Correct the request; the detail names what is wrong with it."},
	Unauthenticated: {"unauthenticated", "Send a valid token (Authorization: Bearer qt_…) or a client certificate."},
	Denied:          {"denied", "Ask for a policy that permits it; `quorate policy explain` shows what decided."},
	NotFound:        {"not_found", "Check the name or id; `quorate key list` shows what you may see."},
	Exists:          {"exists", "Choose another name, or use what is there."},
	Conflict:        {"conflict", "Read it again and repeat the change on what you find."},
	BadState:        {"bad_state", "Look at the state first (`quorate key show` for a key, `quorate status` for the cluster); the detail says what stands in the way."},
	Sealed:          {"sealed", "Hand in key shares with `quorate operator unseal`, on any node."},
	NoLeader:        {"no_leader", "Try again in a moment; if it stays, look at `quorate status`: more than half of the members must be up."},
	Uncertain:       {"uncertain", "Repeat it with the same Idempotency-Key: you will get the first outcome."},
	Stale:           {"stale", "Ask another node, or try again when this one reaches the leader."},
	Busy:            {"busy", "Try again after a pause."},
	TooLarge:        {"too_large", "Send less at once; the detail names the limit."},
	Full:            {"full", "Make room on the disk that the detail names; the node goes on by itself, without a restart."},
}

// All returns every Kind, so that tables over them can be tested to be complete.
func All() []Kind {
	all := make([]Kind, len(kinds))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// String is the kind's name on the wire, such as "not_found".
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].name
	}
	return fmt.Sprintf("kind-%d", uint8(k))
}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return k.String() }

// Hint says what someone who meets this kind should do next.
func (k Kind) Hint() string {
	if int(k) < len(kinds) {
		return kinds[k].hint
	}
	return kinds[Internal].hint
}

// Retryable tells whether the same request may succeed later without being changed.
func (k Kind) Retryable() bool {
	switch k {
	case Sealed, NoLeader, Uncertain, Stale, Busy:
		return true
	default:
		return false
	}
}

// Undone tells whether an answer of this kind says that nothing was written, but may be later, by the same request. It says so of one try: where
// an earlier one was Uncertain, it still is.
func (k Kind) Undone() bool {
	switch k {
	case Sealed, NoLeader, Stale, Busy, Full:
		return true
	default:
		return false
	}
}

// Parse returns the Kind with that name.
func Parse(name string) (Kind, bool) {
	for i := range kinds {
		if kinds[i].name == name {
			return Kind(i), true
		}
	}
	return Internal, false
}

// Error is a failure with its Kind. Message and Hint may be shown to the caller and never hold a secret;
// Err is for our own log only.
type Error struct {
	Kind    Kind
	Message string
	Hint    string // empty: the Kind's own hint
	Err     error
}

// New gives a failure its kind. The message is for the caller: what is wrong, in a sentence without a full stop.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives err a kind and a message for the caller; err itself is kept for our log.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Err: err}
}

// WithHint returns a copy of e that tells the caller what to do next in its own words.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Error is the text for our own log: message and cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.NotFound) work.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// Of returns err as the failure that a caller may see: the outermost *Error in its chain, or, for an error
// that nobody gave a kind, Internal without any of its text (Uncertain when a deadline or cancellation cut it off).
// Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var k Kind
	if errors.As(err, &k) {
		return &Error{Kind: k, Message: k.String(), Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Error{Kind: Uncertain, Message: "the request ended before its outcome was known", Err: err}
	}
	return &Error{Kind: Internal, Message: "an internal error", Err: err}
}

// KindOf returns the kind of err; see Of. KindOf(nil) is Internal: ask only of errors.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Internal
}

// NextStep is the hint for the caller: the error's own, else its kind's.
func (e *Error) NextStep() string {
	if e.Hint != "" {
		return e.Hint
	}
	return e.Kind.Hint()
}
