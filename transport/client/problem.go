package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// ErrUnreachable is in the chain of an error of a call that no endpoint could be connected for.
var ErrUnreachable = errors.New("no endpoint can be reached")

// Error is a failed call: the fault as the server named it (or as the client had to conclude), with what helps to
// find it again. errors.Is(err, fault.Denied) and errors.As(err, **fault.Error) look through it.
type Error struct {
	Fault          *fault.Error
	RequestID      string        // names the request in the node's log and audit trail; "" if no node answered
	Status         int           // HTTP status; 0 if no node answered
	Endpoint       string        // who answered, or was asked last
	RetryAfter     time.Duration // what the server asked to wait; 0 if it did not
	IdempotencyKey string        // of a write, for WithIdempotencyKey; "" for reads
}

// Error is the fault's message with the request id.
func (e *Error) Error() string {
	if e.RequestID == "" {
		return e.Fault.Message
	}
	return e.Fault.Message + " (request " + e.RequestID + ")"
}

// Unwrap gives the fault.
func (e *Error) Unwrap() error { return e.Fault }

const (
	maxProblem   = 64 << 10
	maxText      = 2048 // of a problem's detail or hint
	maxRequestID = 128
)

// ParseProblem reads an error answer: the problem document, or what can be said without one. It never fails and
// never panics; text is cut to a bound and freed of control characters, since it goes to terminals.
func ParseProblem(status int, header http.Header, body []byte) *Error {
	e := &Error{Status: status, RequestID: clean(header.Get(api.HeaderRequestID), maxRequestID)}
	if s, err := strconv.Atoi(header.Get("Retry-After")); err == nil && s > 0 && s <= 3600 {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	var p api.Problem
	kind, known := fault.Internal, false
	if len(body) <= maxProblem && json.Unmarshal(body, &p) == nil {
		kind, known = fault.Parse(p.Kind)
	}
	if !known {
		p = api.Problem{}
		kind = kindOfStatus(status)
	}
	if id := clean(p.RequestID, maxRequestID); id != "" {
		e.RequestID = id
	}
	message := clean(p.Detail, maxText)
	if message == "" {
		message = clean(p.Title, maxText)
	}
	if message == "" {
		message = fmt.Sprintf("the server answered %d %s", status, http.StatusText(status))
	}
	e.Fault = &fault.Error{Kind: kind, Message: message, Hint: clean(p.Hint, maxText)}
	return e
}

// kindOfStatus guesses for answers without a problem document: from a proxy, or from something that is no Quorate.
func kindOfStatus(status int) fault.Kind {
	switch status {
	case http.StatusUnauthorized:
		return fault.Unauthenticated
	case http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		return fault.BadState
	case http.StatusPreconditionFailed:
		return fault.Conflict
	case http.StatusRequestEntityTooLarge:
		return fault.TooLarge
	case http.StatusTooManyRequests:
		return fault.Busy
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return fault.Stale
	case http.StatusGatewayTimeout:
		return fault.Uncertain
	case http.StatusInsufficientStorage:
		return fault.Full
	}
	if status >= 400 && status < 500 {
		return fault.Invalid
	}
	return fault.Internal
}

// clean makes text from the network fit for a terminal.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	if len(s) > limit {
		s = s[:limit]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimSpace(s)
}
