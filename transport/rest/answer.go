package rest

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// Header values that never change; shared, so never written into.
var (
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
	plainJSON   = []string{"application/json"}
	problemJSON = []string{"application/problem+json"}
)

// action answers one request of a route.
type action func(ctx context.Context, h *Handler, q *request) error

// take is a route whose body is an In and whose answer is an Out.
func take[In, Out any](f func(ctx context.Context, q *request, in *In) (Out, error)) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		var in In
		defer wipe(&in)
		if err := h.read(q, &in); err != nil {
			return err
		}
		out, err := f(ctx, q, &in)
		if err != nil {
			return err
		}
		return h.reply(q, out)
	}
}

// give is a route without a body whose answer is an Out.
func give[Out any](f func(ctx context.Context, q *request) (Out, error)) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		out, err := f(ctx, q)
		if err != nil {
			return err
		}
		return h.reply(q, out)
	}
}

// takeSecret is a route whose answer holds a secret: f appends it to out itself, which is cleared once it is sent.
func takeSecret[In any](f func(ctx context.Context, q *request, in *In, out *buffer) error) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		var in In
		defer wipe(&in)
		if err := h.read(q, &in); err != nil {
			return err
		}
		out := getBuffer()
		defer putBuffer(out)
		if err := f(ctx, q, &in, out); err != nil {
			return err
		}
		h.send(q, out.b)
		return nil
	}
}

// giveSecret is takeSecret without a body. What is too long to be made twice is written in this way too.
func giveSecret(f func(ctx context.Context, q *request, out *buffer) error) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		out := getBuffer()
		defer putBuffer(out)
		if err := f(ctx, q, out); err != nil {
			return err
		}
		h.send(q, out.b)
		return nil
	}
}

// takeOnly is a route with a body whose answer is that it was done (204).
func takeOnly[In any](f func(ctx context.Context, q *request, in *In) error) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		var in In
		defer wipe(&in)
		if err := h.read(q, &in); err != nil {
			return err
		}
		if err := f(ctx, q, &in); err != nil {
			return err
		}
		h.send(q, nil)
		return nil
	}
}

// only is takeOnly without a body.
func only(f func(ctx context.Context, q *request) error) action {
	return func(ctx context.Context, h *Handler, q *request) error {
		if err := f(ctx, q); err != nil {
			return err
		}
		h.send(q, nil)
		return nil
	}
}

func (h *Handler) read(q *request, in any) error {
	return h.withBody(q, func(body []byte) error { return decode(body, q.route.Optional, in) })
}

func (h *Handler) reply(q *request, out any) error {
	if r, ok := out.(api.Record); ok {
		q.x.Header()["Etag"] = []string{r.ETag}
		if q.route.IfNoneMatch && q.seen(r.ETag) {
			h.stamp(q.x)
			q.x.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	b := getBuffer()
	defer putBuffer(b)
	if err := json.MarshalWrite(b, out, json.Deterministic(true)); err != nil {
		return fault.Wrap(fault.Internal, err, "an internal error")
	}
	h.send(q, b.b)
	return nil
}

// send writes a good answer; nil is one without a body.
func (h *Handler) send(q *request, body []byte) {
	header := q.x.Header()
	if !q.route.Stateless {
		h.stamp(q.x)
	}
	if body == nil {
		q.x.WriteHeader(http.StatusNoContent)
		return
	}
	header["Content-Type"] = plainJSON
	header["X-Content-Type-Options"] = noSniff
	q.own[0] = decimal(uint64(len(body)))
	header["Content-Length"] = q.own[:]
	q.x.WriteHeader(q.route.Status)
	_, _ = q.x.Write(body) // the client is gone if this fails
}
