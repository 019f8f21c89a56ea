package serve

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// HeaderRequestID carries the request's id on every answer.
const HeaderRequestID = "X-Quorate-Request-Id"

// Exchange is one request being answered. It is the http.ResponseWriter that a handler gets; Of finds it again.
// It belongs to the goroutine that serves the request and ends with the handler: do not keep it.
type Exchange struct {
	ID string // of the request: 32 hex letters, unique; already in the answer's header
	Op *Op    // set by the router as soon as it knows; nil counts as "none"

	w       http.ResponseWriter
	door    string
	failed  bool
	kind    fault.Kind
	status  int
	written int64
	started time.Time
	gate    *gate
	stream  bool // Stream was called
	placed  bool // it was let in
}

var exchanges = sync.Pool{New: func() any { return new(Exchange) }}

// Of returns the Exchange that w is, or that w wraps through Unwrap methods; nil if w did not come from a Server.
func Of(w http.ResponseWriter) *Exchange {
	for w != nil {
		if x, ok := w.(*Exchange); ok {
			return x
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
	return nil
}

// Door is the name of the door that the request came through.
func (x *Exchange) Door() string { return x.door }

// Failed records why the request is being refused, for log and metrics. The function that writes errors calls it.
func (x *Exchange) Failed(k fault.Kind) { x.failed, x.kind = true, k }

// Header is the answer's header.
func (x *Exchange) Header() http.Header { return x.w.Header() }

// WriteHeader sends the status.
func (x *Exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.w.WriteHeader(status)
}

// Write sends a part of the answer's body.
func (x *Exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.w.Write(p)
	x.written += int64(n)
	return n, err
}

// Begun tells whether the status was sent, so that it is too late for an error document.
func (x *Exchange) Begun() bool { return x.status != 0 }

// Stream says that the answer goes on for as long as the client likes: it counts as answered now, frees the place that it
// held among the requests of this node, and has no deadline but what Push gives it. The channel is closed when the server
// begins to stop: the handler then ends the answer in its own way, soon. It is called once, before anything is written.
func (x *Exchange) Stream() (ending <-chan struct{}, err error) {
	rc := http.NewResponseController(x.w)
	for _, set := range []func(time.Time) error{rc.SetReadDeadline, rc.SetWriteDeadline} {
		if err := set(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil, fmt.Errorf("beginning a stream: %w", err)
		}
	}
	x.stream = true
	x.gate.leave(x)
	return x.gate.ending, nil
}

// Push sends p and whatever was written before, and gives the client that long to take it.
func (x *Exchange) Push(p []byte, within time.Duration) error {
	rc := http.NewResponseController(x.w)
	if err := rc.SetWriteDeadline(time.Now().Add(within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := x.Write(p); err != nil {
		return err
	}
	return rc.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (x *Exchange) Unwrap() http.ResponseWriter { return x.w }
