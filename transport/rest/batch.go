package rest

import (
	"context"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// batchBody bounds the body of a batch; a single item has the default bound.
const batchBody = 32 << 20

// oneOrMany is the body of an operation that takes one item or many: the item's own fields, or "batch".
type oneOrMany[In any] struct {
	One   In   `json:",embed"`
	Batch []In `json:"batch"`

	errs []error // why an item of Batch could not be read; empty: all could
}

// decode reads the body. An item of a batch that is JSON, but not what the operation takes, fails alone, unless there is no other.
func (b *oneOrMany[In]) decode(body []byte, optional bool) error {
	err := decode(body, optional, b)
	if err == nil || !b.apart(body) {
		return err
	}
	return nil
}

// apart reads each item by itself, and tells whether the body is a batch of which some items can be read. Most bodies never
// come here: looking at every item twice costs as much as reading it.
func (b *oneOrMany[In]) apart(body []byte) bool {
	var items struct {
		One   In               `json:",embed"`
		Batch []jsontext.Value `json:"batch"`
	}
	defer func() {
		wipe(&items.One)
		for _, v := range items.Batch {
			clear(v)
		}
	}()
	if firstByte(body) != '{' || checkDepth(body) != nil || json.Unmarshal(body, &items, strict) != nil {
		return false
	}
	if !reflect.ValueOf(&items.One).Elem().IsZero() || len(items.Batch) > vault.MaxBatch {
		return false
	}
	b.wipe() // what was read before the item that could not be
	b.Batch, b.errs = make([]In, len(items.Batch)), make([]error, len(items.Batch))
	for i, v := range items.Batch {
		if err := json.Unmarshal(v, &b.Batch[i], strict); err != nil {
			b.errs[i] = explain(err)
			wipe(&b.Batch[i])
		}
	}
	return slices.Contains(b.errs, nil)
}

// whole is nil if all items could be read: for operations that do all items or none.
func (b *oneOrMany[In]) whole() error {
	for i, err := range b.errs {
		if err != nil {
			return of("batch."+decimal(uint64(i)), err)
		}
	}
	return nil
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
			if err := in.decode(body, q.route.Optional); err != nil {
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
			err = c.batch(ctx, q, &in, out)
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

// batch does the items that can be read, and answers for all of them in their order.
func (c cryptic[In, Item, Out]) batch(ctx context.Context, q *request, in *oneOrMany[In], out *buffer) error {
	items, errs := make([]Item, 0, len(in.Batch)), in.errs
	for i := range in.Batch {
		var item Item
		var err error
		if len(in.errs) > 0 {
			err = in.errs[i]
		}
		if err == nil {
			item, err = c.item(&in.Batch[i])
		}
		if err == nil {
			items = append(items, item)
			continue
		}
		if len(errs) == 0 {
			errs = make([]error, len(in.Batch))
		}
		errs[i] = err
	}
	if len(items) == 0 {
		return of("batch.0", errs[0])
	}
	return c.many(ctx, q, items, func(results []vault.Result[Out]) error {
		out.raw(`{"results":[`)
		next := 0
		for i := range in.Batch {
			if i > 0 {
				out.raw(",")
			}
			if len(errs) > 0 && errs[i] != nil {
				out.failure(fault.Of(errs[i]))
				continue
			}
			r := &results[next]
			if next++; r.Err != nil {
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
