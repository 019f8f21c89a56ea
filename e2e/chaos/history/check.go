package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

// MaxOps bounds the history of one key: what porcupine takes grows faster than that.
const MaxOps = 2000

// patience bounds the search for an order.
const patience = 60 * time.Second

// Check judges the history of one key, sorted by the time of beginning. Bound is the age that a local read may have.
func Check(ops []Op, bound time.Duration) error {
	if len(ops) == 0 {
		return nil
	}
	if len(ops) > MaxOps {
		return fmt.Errorf("key %s: a history of %d operations is too long to be judged", ops[0].Key, len(ops))
	}
	if err := Revoked(ops); err != nil {
		return err
	}
	if err := refusedInVain(ops, bound); err != nil {
		return err
	}
	if err := aged(ops, bound); err != nil {
		return err
	}
	ops = rivalled(ops)
	switch porcupine.CheckOperationsTimeout(model, timed(ops), patience) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("key %s: no order was found in %v; whether there is one is not known", ops[0].Key, patience)
	default:
		return fmt.Errorf("key %s: no order of the operations explains what the clients saw; up to here there is one:\n%v", ops[0].Key, culprit(ops))
	}
}

// rivalled marks what the vault may refuse although the state of the key allows it: of a rotation and the destruction of a version that
// were under way together the second is refused (vault/rivals.go). A rival that was refused itself, or that had been answered before, is none.
func rivalled(ops []Op) []Op {
	ops = slices.Clone(ops)
	rivals := map[Kind]Kind{Rotate: Destroy, Destroy: Rotate}
	for i, o := range ops {
		if o.Outcome != Refused || o.Kind != Rotate && o.Kind != Destroy {
			continue
		}
		ops[i].rivalled = slices.ContainsFunc(ops, func(r Op) bool {
			answered := r.Outcome != Unknown && r.Return < o.Call
			return r.Kind == rivals[o.Kind] && (r.Outcome == OK || r.Outcome == Unknown) && r.Call < o.Return && !answered
		})
	}
	return ops
}

// culprit is the operation whose answer first made an order impossible: without the answers from it on there is one.
func culprit(ops []Op) Op {
	ends := slices.Clone(ops)
	slices.SortFunc(ends, func(a, b Op) int { return cmp.Compare(a.Return, b.Return) })
	first := sort.Search(len(ends)-1, func(i int) bool {
		return porcupine.CheckOperationsTimeout(model, timed(until(ops, ends[i].Return)), patience) == porcupine.Illegal
	})
	return ends[first]
}

// until is what was known of the operations at a time: of those under way only that a change may happen.
func until(ops []Op, end time.Duration) []Op {
	var known []Op
	for _, o := range ops {
		switch {
		case o.Return <= end:
			known = append(known, o)
		case o.Call <= end && o.Changes():
			o.Outcome, o.Sure = Unknown, false
			known = append(known, o)
		}
	}
	return known
}

// timed gives each operation that porcupine sees the span in which it may have happened.
func timed(ops []Op) []porcupine.Operation {
	all := make([]porcupine.Operation, 0, len(ops))
	for i, o := range ops {
		if !o.ordered() {
			continue
		}
		end := int64(o.Return)
		if o.Outcome == Unknown {
			end = math.MaxInt64
		}
		all = append(all, porcupine.Operation{ClientId: i, Input: o, Call: int64(o.Call), Return: end})
		if o.Changes() && o.Sure { // the record in its answer was read while it lasted: see step
			read := Op{Client: o.Client, Node: o.Node, Key: o.Key, Kind: Read, Call: o.Call, Return: o.Return, Saw: o.Saw, Sure: true}
			all = append(all, porcupine.Operation{ClientId: i, Input: read, Call: int64(o.Call), Return: end})
		}
	}
	return all
}

// aged judges local reads by the revision that they show: nobody shows another record under the same revision, and whoever had
// been told of a newer one had not been so for longer than the bound, or for any time at all if the same node had acknowledged that change.
func aged(ops []Op, bound time.Duration) error {
	by := map[uint64]Op{}
	for _, o := range ops {
		if !o.Sure {
			continue
		}
		if other, ok := by[o.Saw.Revision]; ok && other.Saw != o.Saw {
			return fmt.Errorf("key %s: two records of one revision\n%v\n%v", o.Key, other, o)
		}
		by[o.Saw.Revision] = o
	}
	for _, r := range ops {
		if !r.Local || r.Kind != Read || r.Outcome == Refused {
			continue
		}
		for _, o := range ops {
			allowed := bound
			if o.Changes() && o.Node == r.Node {
				allowed = 0
			}
			if o.Sure && o.Saw.Revision > r.Saw.Revision && r.Call-o.Return > allowed {
				return fmt.Errorf("key %s: a read is %v old, more than %v\n%v\n%v", r.Key, (r.Call - o.Return).Round(time.Microsecond), allowed, o, r)
			}
		}
	}
	return nil
}
