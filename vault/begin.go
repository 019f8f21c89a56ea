package vault

import (
	"context"
	"crypto/sha256"
	"io"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// task is one operation under way: who asks for what, and what the audit log will say of it.
// Every operation of every door begins with begin and finishes with done: that is the one choke point.
type task struct {
	v       *Vault
	link    *link
	keys    *keyroom
	caller  access.Caller
	action  access.Action
	entry   audit.Entry
	request fsm.Request
	writes  bool
	ahead   drawn // material drawn before the key's turn came; zero: none
	hasty   bool  // it keeps others waiting: it holds a key's turn
}

// begin opens an operation on a node that belongs to a cluster and is open. When it is not, or when the audit
// log cannot be written, the refusal is recorded as far as possible and returned.
func (v *Vault) begin(op string, a access.Action, c access.Caller, writes bool) (*task, error) {
	t := v.start(op, a, c, writes)
	var err error
	if t.link, t.keys, err = v.openedFor(c); err != nil {
		return nil, t.done(err)
	}
	if c.Draft != 0 { // whether it was committed the entry of "whole" says, which has the same request id
		t.change("part_of", opWhole)
	}
	if err := v.cfg.Audit.Healthy(); err != nil {
		return nil, err
	}
	return t, nil
}

// start opens an operation that also works on a sealed or blank node.
func (v *Vault) start(op string, a access.Action, c access.Caller, writes bool) *task {
	return &task{v: v, link: v.link.Load(), caller: c, action: a, writes: writes, entry: audit.Entry{
		Operation: op,
		Action:    a,
		Caller:    c,
	}}
}

// policies is the compiled policy set of the state's policy revision.
func (t *task) policies() (*access.PolicySet, error) {
	return t.v.auth.policies(t.link.machine.State(), t.v.open.Load())
}

// allow asks the policies. The refusal reads the same whether the key exists or not, save to those who may see it.
func (t *task) allow(r access.Resource) error {
	if err := t.alive(); err != nil {
		return err
	}
	set, err := t.policies()
	if err != nil {
		return err
	}
	d := set.Decide(t.caller, t.action, r)
	t.entry.Policies = d.Policies
	if d.Allowed {
		return nil
	}
	if t.caller.Principal == "" {
		return fault.New(fault.Unauthenticated, "this needs a token or a client certificate")
	}
	if len(d.Policies) > 0 && set.Decide(t.caller, access.Read, r).Allowed { // who may see it learns nothing by being told more
		return fault.New(fault.Denied, "policy %s forbids %s to %s this", d.Policies[0], t.caller.Principal, t.action).
			WithHint("A policy forbids it, whatever others permit; `quorate policy explain` shows why.")
	}
	return fault.New(fault.Denied, "no policy permits %s to %s this", t.caller.Principal, t.action)
}

// alive refuses a caller whose token ended between the door and here: the door of a node that was behind let him in on
// an older state than this one, be it another node's or this one's before it caught up.
func (t *task) alive() error {
	if t.caller.Token.IsZero() { // of certificates those have one who came with a ticket
		return nil
	}
	s := t.link.machine.State()
	if tok := s.Token(t.caller.Token); tok == nil || !tok.Live(s.At()) {
		return fault.New(fault.Unauthenticated, "the token has expired or was revoked").
			WithHint("Get a new one with `quorate token create`.")
	}
	return nil
}

// find looks a key up by name or id, asks the policies and checks the record's MAC. A key that the caller may
// not use and one that is not there are told apart only to those who may do the action on it anyway.
func (t *task) find(ref string) (*key.Record, error) {
	s := t.link.machine.State()
	r := lookup(s, ref)
	if r == nil {
		t.entry.KeyName = clip(ref)
		hypothetical := &key.Record{Name: ref}
		if err := t.allow(access.OfKey(hypothetical)); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.NotFound, "there is no key %q", clip(ref))
	}
	t.saw(r)
	if !t.writes {
		r = t.v.keys.once(r)
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	return r, t.authentic(r)
}

// authentic refuses a record that is not as the vault wrote it. A record is checked once: the same record, which
// is never changed in memory, needs no second look while the cache remembers the first.
func (t *task) authentic(r *key.Record) error {
	const checked = 0 // no version has this number
	if t.v.keys.get(r, checked) != nil {
		return nil
	}
	if err := t.keys.check(r); err != nil {
		t.v.log.Error("a key record was altered outside the vault", "key", r.ID.String(), "err", err)
		return err
	}
	t.remember(checked, &opened{record: r})
	return nil
}

const idLetters = 36 // of a key.ID as text

// lookup finds a record by id or name; nil if there is none.
func lookup(s *fsm.State, ref string) *key.Record {
	if len(ref) == idLetters { // names are not tried as ids: each would cost an error
		if id, err := key.ParseID(ref); err == nil {
			return s.Key(id)
		}
	}
	return s.KeyByName(ref)
}

// change records a parameter of the operation for the audit log; never a secret.
func (t *task) change(name, value string) {
	if value == "" {
		return
	}
	if t.entry.Changes == nil {
		t.entry.Changes = map[string]string{}
	}
	t.entry.Changes[name] = clip(value)
}

// intend writes the intent of a state change to the audit log before anything is proposed.
func (t *task) intend() error {
	e := t.entry
	e.Phase = audit.Request
	return t.v.cfg.Audit.Append(&e, audit.Written)
}

// done closes the operation: the audit log says how it went, before anybody is answered. It returns err, or
// the audit log's own failure if that is what the caller must learn instead.
func (t *task) done(err error) error {
	t.entry.Phase = audit.Response
	t.entry.Outcome = audit.OK
	t.entry.Detail = ""
	if err != nil {
		f := fault.Of(err)
		t.entry.Outcome, t.entry.Detail = f.Kind.String(), f.Message
		if f.Kind == fault.Internal {
			t.v.log.Error("operation failed", "op", t.entry.Operation, "request", t.caller.RequestID, "err", err)
		}
	}
	switch {
	case t.caller.Draft != 0:
		t.entry.Index = 0 // it is in no entry of the log yet
	case t.link != nil:
		t.entry.Index = t.link.machine.Applied()
	}
	durability := audit.Written
	if t.writes {
		durability = audit.Synced
	}
	if werr := t.v.cfg.Audit.Append(&t.entry, durability); werr != nil {
		if err == nil && t.writes {
			return fault.Wrap(fault.Uncertain, werr, "it was done, but the audit log could not be written").
				WithHint("Mend the audit log (the node's log names it), then repeat with the same Idempotency-Key.")
		}
		if fault.KindOf(err) == fault.Uncertain && t.writes {
			return err // that the disk is full would say that nothing was written
		}
		return werr
	}
	return err
}

// identify gives the operation its request ID: a client that repeats a request with the same Idempotency-Key
// names the same one, and nobody else can.
func (t *task) identify(op string, body []byte) error {
	sum := sha256.Sum256(append([]byte(op+"\x00"), body...))
	copy(t.request.Print[:], sum[:])
	if t.caller.Retry == "" {
		_, err := io.ReadFull(t.v.cfg.Random, t.request.ID[:])
		return err
	}
	h := sha256.New()
	for _, part := range []string{"quorate request", t.caller.Kind.String(), t.caller.Principal, t.caller.Retry} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	copy(t.request.ID[:], h.Sum(nil))
	return nil
}

// propose commits cmd under the operation's request ID and returns its first outcome.
func (t *task) propose(ctx context.Context, cmd fsm.Command) (fsm.Outcome, error) {
	out, err := t.link.replica.Propose(ctx, cmd, t.request)
	if err != nil {
		return out, err
	}
	t.entry.Index = out.Index
	if out.Fault != nil {
		return out, out.Fault
	}
	return out, nil
}

// fresh is nil when this node may answer the caller's read now.
func (t *task) fresh(ctx context.Context) error { return t.link.replica.Fresh(ctx, t.caller.Read) }

// still is nil when what was read while fresh held may be handed out now: it is asked after the work, right
// before the answer, so that nothing leaves a node whose lease ran out meanwhile (reliability.md R5).
func (t *task) still(ctx context.Context) error {
	return t.link.replica.Fresh(ctx, access.Consistency{Mode: access.Local})
}

func clip(s string) string {
	if len(s) > 256 {
		return s[:256] + "…"
	}
	return s
}
