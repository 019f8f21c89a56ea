package keas

import (
	"errors"
	"net/http"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

// statuses is the one table from fault.Kind to this door's statuses; a test proves it complete. What to do next is
// in the status: 429 and 503 say when to come back.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Exists:          http.StatusConflict,
	fault.Conflict:        http.StatusConflict,
	fault.BadState:        http.StatusConflict,
	fault.Sealed:          http.StatusServiceUnavailable,
	fault.NoLeader:        http.StatusServiceUnavailable,
	fault.Stale:           http.StatusServiceUnavailable,
	fault.Uncertain:       http.StatusGatewayTimeout,
	fault.Busy:            http.StatusTooManyRequests,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Full:            http.StatusInsufficientStorage,
}

// wrongMethod is the fault whose status HTTP itself prescribes.
type wrongMethod struct{ fault *fault.Error }

func (e *wrongMethod) Error() string { return e.fault.Error() }
func (e *wrongMethod) Unwrap() error { return e.fault }

// Fail writes err as one short line of text. It is the serve.Config.Error of this door.
func (h *Handler) Fail(x *serve.Exchange, err error) {
	f := fault.Of(err)
	x.Failed(f.Kind)
	if f.Kind == fault.Internal {
		h.log.Error("request failed", "request_id", x.ID, "err", err)
	} else {
		h.log.Debug("request refused", "request_id", x.ID, "kind", f.Kind.String(), "err", err)
	}
	if x.Begun() {
		return // an answer is on its way; nothing can be added to it
	}
	status, ok := statuses[f.Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	var method *wrongMethod
	if errors.As(err, &method) {
		status = http.StatusMethodNotAllowed
	}
	header := x.Header()
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="quorate"`)
	case http.StatusRequestEntityTooLarge:
		header.Set("Connection", "close")
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	x.WriteHeader(status)
	_, _ = x.Write([]byte(f.Message + "\n")) // the client is gone if this fails
}
