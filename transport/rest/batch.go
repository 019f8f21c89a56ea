package rest

import (
	"context"
	"reflect"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// batchBody bounds the body of a batch; a single item has the default bound.
const batchBody = 32 << 20

// oneOrMany is the body of an operation that takes one item or many: the item's own fields, or "batch".
type oneOrMany[In any] struct {
	One   In   `json:",embed"`
	Batch []In `json:"batch"`
}

// check refuses what is neither the one nor the other.
func (b *oneOrMany[In]) check(size int) error {
	switch {
	case b.Batch == nil && size > defaultBody:
		return fault.New(fault.TooLarge, "the body exceeds %d bytes", defaultBody).WithHint("Only a batch may be larger, up to %d bytes.", batchBody)
	case b.Batch == nil:
		return nil
	case !reflect.ValueOf(&b.One).Elem().IsZero():
		return fault.New(fault.Invalid, "the body is both a single item and a batch").WithHint("Send the item's fields, or batch alone.")
	case len(b.Batch) == 0 || len(b.Batch) > vault.MaxBatch:
		return fault.New(fault.Invalid, "a batch has 1 to %d items, not %d", vault.MaxBatch, len(b.Batch)).WithHint("Send at least one, and more in further requests.")
	}
	return nil
}

// wipe clears what the items hold that may be secret.
func (b *oneOrMany[In]) wipe() {
	wipe(&b.One)
	for i := range b.Batch {
		wipe(&b.Batch[i])
	}
}

// cryptic is an operation on one item or many. Results are appended to the answer by hand, which is cleared once it is sent.
type cryptic[In, Item, Out any] struct {
	item  func(in *In) (Item, error) // what the vault is asked
	write func(out *buffer, r *Out)
	one   func(ctx context.Context, q *request, item Item, lend func(*Out)) error
	many  func(ctx context.Context, q *request, items []Item, lend func([]vault.Result[Out]) error) error
	// other answers a body that asks for something else than item, one and many; nil: there is nothing else.
	other func(ctx context.Context, q *request, in *oneOrMany[In], out *buffer) (taken bool, err error)
}

// action is the route's.
func (c cryptic[In, Item, Out]) action() action {
	return func(ctx context.Context, h *Handler, q *request) error {
		var in oneOrMany[In]
		defer in.wipe()
		err := h.withBody(q, func(body []byte) error {
			if err := decode(body, q.route.Optional, &in); err != nil {
				return err
			}
			return in.check(len(body))
		})
		if err != nil {
			return err
		}
		out := getBuffer()
		defer putBuffer(out)
		if c.other != nil {
			if taken, err := c.other(ctx, q, &in, out); taken {
				if err == nil {
					h.send(q, out.b)
				}
				return err
			}
		}
		if in.Batch == nil {
			err = c.single(ctx, q, &in.One, out)
		} else {
			err = c.batch(ctx, q, in.Batch, out)
		}
		if err == nil {
			h.send(q, out.b)
		}
		return err
	}
}

func (c cryptic[In, Item, Out]) single(ctx context.Context, q *request, in *In, out *buffer) error {
	item, err := c.item(in)
	if err != nil {
		return err
	}
	return c.one(ctx, q, item, func(r *Out) { c.write(out, r) })
}

func (c cryptic[In, Item, Out]) batch(ctx context.Context, q *request, in []In, out *buffer) error {
	items := make([]Item, len(in))
	for i := range in {
		var err error
		if items[i], err = c.item(&in[i]); err != nil {
			return of("batch."+decimal(uint64(i)), err)
		}
	}
	return c.many(ctx, q, items, func(results []vault.Result[Out]) error {
		out.raw(`{"results":[`)
		for i := range results {
			if i > 0 {
				out.raw(",")
			}
			if r := &results[i]; r.Err != nil {
				out.failure(fault.Of(r.Err))
			} else {
				c.write(out, &r.Value)
			}
		}
		out.raw("]}")
		return nil
	})
}

// failure appends why one item was not done.
func (b *buffer) failure(f *fault.Error) {
	b.raw(`{"error":{"kind":"`).raw(f.Kind.String()).raw(`","detail":`).text([]byte(f.Message)).raw(`,"hint":`).text([]byte(f.NextStep())).raw("}}")
}
