package sim

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/quorate/quorate/vault/fault"
)

type op uint8

const (
	opPut op = iota
	opDelete
	opRead
)

// input and output are one operation on a register.
type input struct {
	op     op
	expect uint64 // revision that must be there
	value  uint64
}

type output struct {
	kind    fault.Kind // Internal: done
	unknown bool       // it may have been made or not
	rev     uint64
	value   uint64
}

// content of a register: rev 0 means that there is none.
type cell struct{ rev, value uint64 }

// model is what one register does, one operation after the other.
var model = porcupine.Model{
	Init: func() any { return cell{} },
	Step: func(state, in, out any) (bool, any) {
		s, i, o := state.(cell), in.(input), out.(output)
		switch {
		case i.op == opRead:
			return o.rev == s.rev && o.value == s.value, s
		case o.unknown: // whoever it was never came back: nothing said what it did
			if s.rev != i.expect || i.op == opDelete && s.rev == 0 {
				return true, s
			}
			return true, i.done(s)
		case o.kind == fault.Internal:
			next := i.done(s)
			return s.rev == i.expect && (i.op == opDelete && s.rev > 0 || i.op == opPut && next.rev == o.rev), next
		case o.kind == fault.NotFound:
			return i.op == opDelete && s.rev == 0, s
		default: // Conflict
			return s.rev != i.expect, s
		}
	},
	DescribeOperation: func(in, out any) string {
		i, o := in.(input), out.(output)
		switch i.op {
		case opRead:
			return fmt.Sprintf("read: revision %d, value %d", o.rev, o.value)
		case opDelete:
			return fmt.Sprintf("delete revision %d: %v (unknown %v)", i.expect, o.kind, o.unknown)
		default:
			return fmt.Sprintf("put %d over revision %d: %v, revision %d (unknown %v)", i.value, i.expect, o.kind, o.rev, o.unknown)
		}
	},
}

func (i input) done(s cell) cell {
	if i.op == opDelete {
		return cell{}
	}
	return cell{rev: s.rev + 1, value: i.value}
}

// register is a document that clients write, read, and take out of use once.
type register struct {
	name      string
	mayBeGone atomic.Bool // somebody has begun to delete it

	mu     sync.Mutex
	ops    []porcupine.Operation // guarded by mu
	acks   []ack                 // guarded by mu
	acked  bool                  // some write was; guarded by mu
	making int                   // writes that make it and whose outcome is not known; guarded by mu
	goneAt int64                 // order of the acknowledgement of its removal; 0: none. Guarded by mu
}

// ack is an acknowledged write.
type ack struct {
	at    time.Time
	order int64
	cell
}

// forever is after all that happens.
const forever = int64(1) << 62

func (r *register) written() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked
}

// make begins a write that makes the register. False: it was made before. A register is made once: then a revision tells
// how old an answer is, and one that is gone does not come back.
func (r *register) make() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.acked || r.mayBeGone.Load() {
		return false
	}
	r.making++
	return true
}

// end begins the register's removal. False: not yet, somebody may still be making it.
func (r *register) end() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.making > 0 || !r.acked {
		return false
	}
	r.mayBeGone.Store(true)
	return true
}

// in is the register as a process has it now.
func (r *register) in(l *life) (rev, value uint64) {
	d := l.machine.State().Document(r.name)
	if d == nil {
		return 0, 0
	}
	return d.Revision, binary.BigEndian.Uint64(d.Body)
}

// wrote notes a write and what its client learnt.
func (r *register) wrote(client int, in input, out outcome, known bool, call, back int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case known:
		if in.op == opPut && in.expect == 0 {
			r.making--
		}
		r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: in, Call: call, Return: back, Output: output{kind: out.kind, rev: out.rev}})
		if out.kind == fault.Internal && in.op == opPut {
			r.acked = true
			r.acks = append(r.acks, ack{at: time.Now(), order: back, cell: cell{out.rev, in.value}})
		}
	case out.kind == fault.NoLeader: // certainly nothing was written: if it was, a read shows a value that nobody wrote
	default:
		r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: in, Call: call, Return: forever + 9, Output: output{unknown: true}})
	}
}

func (r *register) read(client int, rev, value uint64, call, back int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: input{op: opRead}, Call: call, Return: back, Output: output{rev: rev, value: value}})
}

// gone notes the acknowledgement of the register's removal.
func (r *register) gone(order int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.goneAt == 0 {
		r.goneAt = order
	}
}

// judge looks at one answer of a node to a local read: at is when the node last found that it may answer.
func (r *register) judge(w *World, n *Node, l *life, rev uint64, at time.Time, order int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rev > 0 && r.goneAt > 0 && r.goneAt < order {
		w.record.used("%s served %s, revision %d, after its revocation was acknowledged", n.Name, r.name, rev)
		return
	}
	if rev == 0 && r.mayBeGone.Load() {
		return
	}
	oldest := at.Add(-w.leaseBound())
	for _, a := range r.acks {
		switch {
		case a.rev <= rev:
		case a.order < l.since:
			w.record.complain("%s served the past after its start: revision %d of %s, and %d was acknowledged before it started", n.Name, rev, r.name, a.rev)
			return
		case a.at.Before(oldest):
			w.record.complain("%s served revision %d of %s, older than the lease allows: %d was acknowledged %v before", n.Name, rev, r.name, a.rev, at.Sub(a.at))
			return
		}
	}
}

// finish judges the whole history of a register, and what the cluster holds at the end.
func (r *register) finish(w *World, end *life) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rev, value := r.in(end)
	for _, a := range r.acks {
		lost := a.rev > rev && !r.mayBeGone.Load() || a.rev == rev && a.value != value
		if lost {
			w.record.complain("an acknowledged write is lost: revision %d of %s; at the end it has %d", a.rev, r.name, rev)
		}
	}
	if rev > 0 && r.goneAt > 0 {
		w.record.complain("an acknowledged revocation is lost: %s has revision %d at the end", r.name, rev)
	}
	last := append([]porcupine.Operation(nil), r.ops...)
	last = append(last, porcupine.Operation{ClientId: 99, Input: input{op: opRead}, Call: forever + 1, Return: forever + 2, Output: output{rev: rev, value: value}})
	w.record.checked(len(last))
	switch porcupine.CheckOperationsTimeout(model, last, 0) {
	case porcupine.Illegal:
		w.record.complain("no order explains what the clients saw of %s (%d operations)", r.name, len(last))
	case porcupine.Unknown:
		w.record.complain("%s could not be judged (%d operations)", r.name, len(last))
	}
}
