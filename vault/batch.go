package vault

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxBatch is how many items one request may hold.
const MaxBatch = 1000

// Result is what became of one item of a batch.
type Result[T any] struct {
	Value T
	Err   error // of this item alone; the others have their own
}

// keyUse is an operation that uses the material of one key, on one item or on many. Both go through the same choke point:
// one beginning, one look for the key, one decision of the policies, one audit entry.
type keyUse[In, Out any] struct {
	name   string
	action access.Action
	op     key.Operation

	// about says which version an item names (0: the newest), and how many bytes it has the key work on.
	about func(in *In) (version uint32, bytes uint64)
	// each does one item. What goes wrong with the item alone is its error; fault.Internal ends the request.
	each func(ctx context.Context, u *using, in *In, out *Out) error
	// wipe clears what is secret in a result; nil: nothing is.
	wipe func(out *Out)
}

// using is a key in use by one request.
type using struct {
	*task
	record  *key.Record
	random  io.Reader
	items   uint64
	bytes   uint64
	scratch []byte   // what an item needs for a moment; cleared with the request
	bind    []byte   // likewise, what the item is bound to
	pieces  []byte   // where results are laid that would each need memory of their own
	open    []inUse  // the versions in use, seldom more than one
	few     [2]inUse // where open begins
}

// inUse is a version that the request uses, opened when the first item needs it.
type inUse struct {
	op          key.Operation
	version     uint32 // as items name it
	uses, bytes uint64
	number      uint32
	opened      *opened
	err         error
}

// one does a single item and lends its result, which is cleared when lend returns.
func (k *keyUse[In, Out]) one(ctx context.Context, v *Vault, c access.Caller, ref string, in In, lend func(out *Out) error) error {
	t, err := v.begin(k.name, k.action, c, false)
	if err != nil {
		return err
	}
	w := &struct { // together, because each is asked for on every use of a key
		u   using
		in  [1]In
		out Out
	}{u: using{task: t, random: v.cfg.Random, items: 1}, in: [1]In{in}}
	if k.wipe != nil {
		defer k.wipe(&w.out)
	}
	defer w.u.end()
	if err = k.find(ctx, &w.u, ref, w.in[:]); err == nil {
		err = k.each(ctx, &w.u, &w.in[0], &w.out)
	}
	if err := k.finish(ctx, t, err); err != nil {
		return err
	}
	return lend(&w.out)
}

// find finds the key for these items and asks the policies.
func (k *keyUse[In, Out]) find(ctx context.Context, u *using, ref string, items []In) (err error) {
	if k.op == "" {
		return u.allow(access.OfVault())
	}
	u.open = u.few[:0]
	highest := uint32(0)
	for i := range items {
		version, size := k.about(&items[i])
		u.expect(k.op, version, size)
		highest = max(highest, version)
	}
	u.record, err = u.readVersion(ctx, ref, highest)
	return err
}

// finish closes the operation; after it, and only if it gives no error, results may be handed out.
func (k *keyUse[In, Out]) finish(ctx context.Context, t *task, err error) error {
	if err == nil && k.op != "" {
		err = t.still(ctx)
	}
	return t.done(err)
}

// many does a batch and lends the results, in the order of the items. An error of the whole request is one that every item
// would meet: the key, the policies, the state of the node.
func (k *keyUse[In, Out]) many(ctx context.Context, v *Vault, c access.Caller, ref string, items []In, lend func([]Result[Out]) error) error {
	t, err := v.begin(k.name, k.action, c, false)
	if err != nil {
		return err
	}
	results := []Result[Out]{}
	if k.wipe != nil {
		defer func() {
			for i := range results {
				k.wipe(&results[i].Value)
			}
		}()
	}
	u := using{task: t, items: uint64(len(items))}
	defer u.end()
	results, err = k.all(ctx, &u, ref, items)
	if err := k.finish(ctx, t, err); err != nil {
		return err
	}
	return lend(results)
}

func (k *keyUse[In, Out]) all(ctx context.Context, u *using, ref string, items []In) ([]Result[Out], error) {
	if len(items) == 0 || len(items) > MaxBatch {
		return nil, fault.New(fault.Invalid, "a batch has 1 to %d items, not %d", MaxBatch, len(items)).WithHint("Send at least one, and more in further requests.")
	}
	u.change("items", strconv.Itoa(len(items)))
	if err := k.find(ctx, u, ref, items); err != nil {
		return nil, err
	}
	draw := &draws{from: u.v.cfg.Random}
	defer draw.end()
	u.random = draw
	results, failed := make([]Result[Out], len(items)), 0
	for i := range items {
		if err := ctx.Err(); err != nil {
			return results, err
		}
		r := &results[i]
		if r.Err = k.each(ctx, u, &items[i], &r.Value); r.Err == nil {
			continue
		}
		failed++
		if fault.KindOf(r.Err) == fault.Internal || u.hopeless() {
			return results, r.Err
		}
	}
	if failed > 0 {
		u.change("failed", strconv.Itoa(failed))
	}
	return results, nil
}

// expect counts an item against the version that it names.
func (u *using) expect(op key.Operation, version uint32, size uint64) {
	u.bytes += size
	for i := range u.open {
		if e := &u.open[i]; e.version == version && e.op == op {
			e.uses, e.bytes = e.uses+1, e.bytes+size
			return
		}
	}
	u.open = append(u.open, inUse{op: op, version: version, uses: 1, bytes: size})
}

// at opens the version that an item names (0: the newest) for op, once for all items that name it.
func (u *using) at(ctx context.Context, op key.Operation, version uint32) (*opened, uint32, error) {
	for i := range u.open {
		if e := &u.open[i]; e.version == version && e.op == op {
			if e.opened == nil && e.err == nil {
				u.openNow(ctx, e)
			}
			return e.opened, e.number, e.err
		}
	}
	u.open = append(u.open, inUse{op: op, version: version, uses: u.items, bytes: u.bytes})
	e := &u.open[len(u.open)-1]
	u.openNow(ctx, e)
	return e.opened, e.number, e.err
}

// hopeless tells whether what went wrong would go wrong with every item: the newest version is out of use, or the key is not
// for this.
func (u *using) hopeless() bool {
	for i := range u.open {
		if e := &u.open[i]; e.err != nil && (e.version == 0 || errors.Is(e.err, fault.Denied)) {
			return true
		}
	}
	return false
}

func (u *using) openNow(ctx context.Context, e *inUse) {
	var ver *key.Version
	if ver, e.err = u.version(u.record, e.version); e.err != nil {
		return
	}
	e.number = ver.Number
	if e.err = notWrapping(u.record); e.err != nil {
		return
	}
	e.opened, e.err = u.use(ctx, e.op, u.record, ver, e.uses, e.bytes)
}

// room is memory of n bytes for a result of this item, cut from a larger piece that the items of the request share.
func (u *using) room(n int) []byte {
	if cap(u.pieces)-len(u.pieces) < n {
		u.pieces = make([]byte, 0, max(n, int(min(u.items, 64))*n))
	}
	at := len(u.pieces)
	u.pieces = u.pieces[:at+n]
	return u.pieces[at : at : at+n]
}

// temporary is memory of n bytes until the next item asks for some; it is cleared with the request.
func (u *using) temporary(n int) []byte {
	if cap(u.scratch) < n {
		clear(u.scratch[:cap(u.scratch)])
		u.scratch = make([]byte, 0, n)
	}
	return u.scratch[:0]
}

func (u *using) end() { clear(u.scratch[:cap(u.scratch)]) }

// draws hands out random bytes of a larger piece: a batch asks the source a few times, not once for each item.
type draws struct {
	from io.Reader
	left []byte
	all  [1024]byte
}

// Read fills p whole, or fails.
func (d *draws) Read(p []byte) (int, error) {
	if len(p) > len(d.all)/4 {
		return io.ReadFull(d.from, p)
	}
	if len(d.left) < len(p) {
		if _, err := io.ReadFull(d.from, d.all[:]); err != nil {
			return 0, err
		}
		d.left = d.all[:]
	}
	n := copy(p, d.left)
	clear(d.left[:n]) // nobody finds later what was drawn
	d.left = d.left[n:]
	return n, nil
}

func (d *draws) end() { clear(d.all[:]) }
