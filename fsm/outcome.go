package fsm

import (
	"bytes"

	"github.com/quorate/quorate/fsm/btree"

	"github.com/quorate/quorate/vault/fault"
)

// Outcome is what became of one entry.
type Outcome struct {
	Index uint64 // of the entry that was applied: the first one's, when Repeated
	Result
	Fault    *fault.Error // why it was refused; nil: done. Kind, Message and Hint only
	Repeated bool         // the request was applied before; this is its first outcome, and nothing was applied now

	unkept bool // says nothing of the request whose id it bears
}

// generation is how many outcomes make a generation. Two are kept, so a retry is recognised for that many
// requests at least.
const generation = 65_536

// kept is an outcome as the state remembers it.
type kept struct {
	ID      [16]byte   `cbor:"1,keyasint"`
	Print   [8]byte    `cbor:"2,keyasint"`
	Index   uint64     `cbor:"3,keyasint"`
	Result  Result     `cbor:"4,keyasint"`
	Refused bool       `cbor:"5,keyasint,omitempty"`
	Kind    fault.Kind `cbor:"6,keyasint,omitempty"`
	Message string     `cbor:"7,keyasint,omitempty"`
	Hint    string     `cbor:"8,keyasint,omitempty"`
}

func (k *kept) outcome() Outcome {
	out := Outcome{Index: k.Index, Result: k.Result}
	if k.Refused {
		out.Fault = &fault.Error{Kind: k.Kind, Message: k.Message, Hint: k.Hint}
	}
	return out
}

// outcomes remembers the outcomes of recent requests in two generations. When the current one is full it
// becomes the previous one, and what was that is forgotten: eviction is by count alone, the same on every node.
type outcomes struct {
	current, previous *btree.Tree[*kept]
	shared            bool // a published State reads current; nobody writes to previous
}

func newOutcomes() outcomes {
	return outcomes{current: newGeneration(), previous: newGeneration()}
}

func newGeneration() *btree.Tree[*kept] {
	return btree.New(func(a, b *kept) bool { return bytes.Compare(a.ID[:], b.ID[:]) < 0 })
}

func (o *outcomes) share() { o.shared = true }

func (o *outcomes) find(id [16]byte) *kept {
	if id == ([16]byte{}) {
		return nil
	}
	pivot := kept{ID: id}
	if k, ok := o.current.Get(&pivot); ok {
		return k
	}
	k, _ := o.previous.Get(&pivot)
	return k
}

func (o *outcomes) keep(r Request, out Outcome) {
	if r.ID == ([16]byte{}) {
		return
	}
	if o.current.Len() >= generation {
		o.previous, o.current, o.shared = o.current, newGeneration(), false
	}
	if o.shared {
		o.current, o.shared = o.current.Clone(), false
	}
	k := &kept{ID: r.ID, Print: r.Print, Index: out.Index, Result: out.Result}
	if f := out.Fault; f != nil {
		k.Refused, k.Kind, k.Message, k.Hint = true, f.Kind, f.Message, f.Hint
	}
	o.current.Put(k)
}
