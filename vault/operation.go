package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// write is an operation that changes the replicated state. It runs on the leader; asked of another node it is
// forwarded there with its caller and its request ID, and answered when this node has applied it.
// In and Out cross nodes as CBOR, so neither may hold a plaintext key.
type write[In, Out any] struct {
	name   string
	action access.Action
	run    func(ctx context.Context, t *task, in In) (Out, error)
}

// writes holds every write operation by name, so that the leader can run what another node forwards.
var writes = map[string]func(ctx context.Context, v *Vault, c call) ([]byte, error){}

// call is a forwarded operation as it crosses nodes.
type call struct {
	Op      string        `cbor:"1,keyasint"`
	Caller  access.Caller `cbor:"2,keyasint"`
	Request fsm.Request   `cbor:"3,keyasint"`
	Body    []byte        `cbor:"4,keyasint"`
}

// reply answers a call: what came out, and the index at which the asking node will see it.
type reply struct {
	Index uint64 `cbor:"1,keyasint"`
	Body  []byte `cbor:"2,keyasint"`
}

// MethodForward is the peer method under which HandleForward must be reachable.
const MethodForward = "vault/forward"

var decodeCall = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		MaxNestedLevels: 16, MaxArrayElements: 4096, MaxMapPairs: 4096,
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// newWrite registers an operation. It is called while the package's variables are initialised.
func newWrite[In, Out any](name string, a access.Action, run func(ctx context.Context, t *task, in In) (Out, error)) *write[In, Out] {
	w := &write[In, Out]{name: name, action: a, run: run}
	if writes[name] != nil {
		panic("vault: operation registered twice: " + name)
	}
	writes[name] = func(ctx context.Context, v *Vault, c call) ([]byte, error) {
		var in In
		if err := decodeCall.Unmarshal(c.Body, &in); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the forwarded request %s cannot be read", name)
		}
		out, index, err := w.here(ctx, v, c.Caller, c.Request, in)
		if err != nil {
			return nil, err
		}
		body, err := cbor.Marshal(out)
		if err != nil {
			return nil, err
		}
		return cbor.Marshal(reply{Index: index, Body: body})
	}
	return w
}

// do runs the operation here if this node leads, else on the leader.
func (w *write[In, Out]) do(ctx context.Context, v *Vault, c access.Caller, in In) (Out, error) {
	var none Out
	c.Node = v.cfg.Node
	t := v.start(w.name, w.action, c, true)
	body, err := cbor.Marshal(in)
	if err != nil {
		return none, t.done(err)
	}
	if err := t.identify(w.name, body); err != nil {
		return none, t.done(err)
	}
	var unknown error // a try of which nobody knows whether it was done
	for {
		l, _, err := v.openedFor(c)
		if err != nil {
			return none, t.done(certain(err, unknown))
		}
		if _, self := l.replica.Leader(); self {
			out, _, err := w.here(ctx, v, c, t.request, in)
			if fault.KindOf(err) != fault.NoLeader || err == nil {
				return out, certain(err, unknown)
			}
			// Leadership moved between the question and the proposal; nothing was written. Find the new leader.
			if !settled(ctx) {
				return none, t.done(certain(err, unknown))
			}
		}
		if err := v.cfg.Audit.Healthy(); err != nil {
			return none, certain(err, unknown)
		}
		out, err := w.forward(ctx, v, l, call{Op: w.name, Caller: c, Request: t.request, Body: body})
		if errors.Is(err, ErrSelf) {
			if errors.Is(err, fault.Uncertain) {
				unknown = err
			}
			continue
		}
		return out, t.done(certain(err, unknown))
	}
}

// certain is err, but for one that says that nothing was written after a try of which that is unknown.
func certain(err, unknown error) error {
	if err != nil && unknown != nil && fault.KindOf(err).Undone() {
		return unknown
	}
	return err
}

// settled waits a moment for leadership to become clear; false when ctx ended first.
func settled(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

// forward sends the operation to the leader and waits until this node's own state has it.
func (w *write[In, Out]) forward(ctx context.Context, v *Vault, l *link, c call) (Out, error) {
	var none Out
	body, err := cbor.Marshal(c)
	if err != nil {
		return none, err
	}
	answer, err := l.peers.Forward(ctx, MethodForward, body)
	if err != nil {
		return none, err
	}
	var r reply
	if err := cbor.Unmarshal(answer, &r); err != nil {
		return none, fmt.Errorf("reading the leader's answer: %w", err)
	}
	var out Out
	if err := cbor.Unmarshal(r.Body, &out); err != nil {
		return none, fmt.Errorf("reading the leader's answer: %w", err)
	}
	if err := l.machine.Wait(ctx, r.Index); err != nil {
		return none, fault.Wrap(fault.Uncertain, err, "the leader did it, but this node has not caught up yet")
	}
	if shown, ok := any(out).(*key.Record); ok && shown != nil {
		v.showUses(shown) // as this node knows them: they do not cross
	}
	return out, nil
}

// here runs the operation on this node, which leads.
func (w *write[In, Out]) here(ctx context.Context, v *Vault, c access.Caller, r fsm.Request, in In) (Out, uint64, error) {
	var none Out
	t, err := v.begin(w.name, w.action, c, true)
	if err != nil {
		return none, 0, err
	}
	t.request = r
	out, err := w.run(ctx, t, in)
	index := t.entry.Index
	if err != nil && fault.KindOf(err) == fault.NoLeader {
		return none, 0, err // nothing happened here; whoever runs it in the end records it
	}
	if err := t.done(err); err != nil {
		return none, 0, err
	}
	return out, index, nil
}

// HandleForward runs what another member forwards. from is that member, as its certificate names it.
func (v *Vault) HandleForward(ctx context.Context, from string, body []byte) ([]byte, error) {
	var c call
	if err := decodeCall.Unmarshal(body, &c); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the forwarded request cannot be read")
	}
	l, err := v.linked()
	if err != nil {
		return nil, err
	}
	if _, self := l.replica.Leader(); !self {
		return nil, fault.New(fault.NoLeader, "node %s does not lead", v.cfg.Node)
	}
	run := writes[c.Op]
	if run == nil {
		return nil, fault.New(fault.BadState, "the leader %s runs version %s, which has no operation %q", v.cfg.Node, v.cfg.Version, clip(c.Op)).
			WithHint("Upgrade every member; until then only what all versions know can be done.")
	}
	c.Caller.Node = from
	return run(ctx, v, c)
}
