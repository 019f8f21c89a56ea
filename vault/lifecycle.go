package vault

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// destroyWait is how long a destruction waits when the caller does not say, so that a mistake can be undone.
const destroyWait = 7 * 24 * time.Hour

// The inputs of the operations on one key, as they are forwarded.
type (
	rotateIn struct {
		Ref     string
		IfMatch uint64
	}
	updateIn struct {
		Ref   string
		Patch KeyPatch
	}
	stateIn struct {
		Ref    string
		Change StateChange
	}
	destroyIn struct {
		Ref string
		D   Destruction
	}
	cancelIn struct {
		Ref     string
		Version uint32
		IfMatch uint64
		Reason  string `cbor:",omitempty"`
	}
)

var (
	opRotateKey  = newWrite("key.rotate", access.Rotate, rotateKey)
	opUpdateKey  = newWrite("key.update", access.Update, updateKey)
	opActivate   = newWrite("key.activate", access.Activate, changeState)
	opSuspend    = newWrite("key.suspend", access.Suspend, changeState)
	opDeactivate = newWrite("key.deactivate", access.Deactivate, changeState)
	opCompromise = newWrite("key.compromise", access.Compromise, changeState)
	opDestroy    = newWrite("key.destroy", access.Destroy, destroyKey)
	opCancel     = newWrite("key.cancel-destroy", access.Destroy, cancelDestroy)
)

// RotateKey gives a key a new version, which protects from then on; older versions still open. fault.BadState
// unless the key is active, and where a destruction was faster.
func (v *Vault) RotateKey(ctx context.Context, c access.Caller, ref string) (*key.Record, error) {
	return v.RotateKeyIf(ctx, c, ref, 0)
}

// RotateKeyIf rotates a key that is still at the revision that the caller saw (0: at any). fault.Conflict if it is not.
func (v *Vault) RotateKeyIf(ctx context.Context, c access.Caller, ref string, ifMatch uint64) (*key.Record, error) {
	return opRotateKey.do(ctx, v, c, rotateIn{ref, ifMatch})
}

func rotateKey(ctx context.Context, t *task, in rotateIn) (*key.Record, error) {
	asked := t.asAsked(in.Ref)
	done, err := t.drawAhead(ctx, in.Ref, key.Active)
	defer done()
	if err != nil {
		return nil, err
	}
	return t.amend(ctx, in.Ref, in.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if err := endedSince(asked, r); err != nil {
			return nil, err
		}
		return t.nextVersion(ctx, r, ch)
	})
}

// nextVersion makes the command that gives r a fresh version.
func (t *task) nextVersion(ctx context.Context, r *key.Record, ch fsm.Change) (keyCommand, error) {
	if err := onLine(r); err != nil {
		return nil, err
	}
	if r.State != key.Active {
		return nil, fault.New(fault.BadState, "key %s is %s: only an active key can be rotated", nameOf(r), r.State)
	}
	if r.Type == key.PublicKey {
		return nil, fault.New(fault.Invalid, "key %s is a public key: nothing here could make its next version", nameOf(r)).WithHint("Make a new pair.")
	}
	bits, err := t.secretBits(r)
	if err != nil {
		return nil, err
	}
	ver, err := t.generate(ctx, r, key.Version{Number: r.Latest().Number + 1, State: key.Active, Created: ch.Updated, Activated: ch.Updated}, bits)
	if err != nil {
		return nil, err
	}
	cmd := &fsm.RotateKey{Change: ch, Version: ver}
	if r.RotateEvery > 0 {
		cmd.NextRotate = nextRotation(ch.Updated, r.RotateEvery, r.ID, ver.Number)
	}
	return cmd, nil
}

// UpdateKey changes metadata.
func (v *Vault) UpdateKey(ctx context.Context, c access.Caller, ref string, p KeyPatch) (*key.Record, error) {
	p.Names, p.Groups, p.Links = emptied(p.Names), emptied(p.Groups), emptied(p.Links)
	if p.Tags != nil && *p.Tags == nil {
		p.Tags = &map[string]string{}
	}
	return opUpdateKey.do(ctx, v, c, updateIn{ref, p})
}

// emptied is a list that replaces another: where it is nil it is written as empty, for on its way to the leader nil would mean that nothing is to change.
func emptied[T any](list *[]T) *[]T {
	if list != nil && *list == nil {
		return &[]T{}
	}
	return list
}

func updateKey(ctx context.Context, t *task, in updateIn) (*key.Record, error) {
	p := in.Patch
	t.change("attributes", strings.Join(slices.Sorted(maps.Keys(p.Attributes)), ","))
	return t.amend(ctx, in.Ref, p.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if err := p.check(r, ch.Updated); err != nil {
			return nil, err
		}
		if err := t.mayEnd(r, &p, ch.Updated); err != nil {
			return nil, err
		}
		attributes, err := patched(r.Attributes, p.Attributes)
		if err != nil {
			return nil, err
		}
		if p.Exportable != nil && !r.Parent.IsZero() {
			m, err := t.mother(r)
			if err == nil {
				err = staysBelow(m, *p.Exportable)
			}
			if err != nil {
				return nil, err
			}
		}
		cmd := &fsm.UpdateKey{
			Change: ch, Tags: p.Tags, ActivateAt: p.ActivateAt, DeactivAt: p.DeactivAt, DestroyAt: p.DestroyAt, MinDecrypt: p.MinDecrypt,
			Exportable: p.Exportable, RotateUses: p.RotateUses, RotateBytes: p.RotateBytes, RetireAfter: p.RetireAfter, UsageLimit: p.UsageLimit, LimitBytes: p.LimitBytes,
			Attributes: attributes, Names: p.Names, Groups: p.Groups, Links: p.Links, ProcessStart: p.ProcessStart, ProtectStop: p.ProtectStop,
		}
		if guard := r.Guarded(p.Sensitive, p.Exportable); guard != r.Guard {
			cmd.Guard = &guard
		}
		if p.RotateEvery != nil {
			every, next := *p.RotateEvery, key.Time(0)
			if latest := r.Latest(); every > 0 {
				next = nextRotation(max(latest.Created, r.ActivateAt), every, r.ID, latest.Number)
			}
			cmd.RotateEvery, cmd.NextRotate = &every, &next
		}
		return cmd, nil
	})
}

// ChangeState takes a key or one version a step through its life. fault.BadState for a step that NIST SP 800-57
// does not have. A step that takes it out of use is acknowledged when no node serves it any more.
func (v *Vault) ChangeState(ctx context.Context, c access.Caller, ref string, s StateChange) (*key.Record, error) {
	for _, op := range []*write[stateIn, *key.Record]{opActivate, opSuspend, opDeactivate, opCompromise} {
		if op.action == s.Action {
			return op.do(ctx, v, c, stateIn{ref, s})
		}
	}
	return nil, fault.New(fault.Invalid, "%q is no step in a key's life", s.Action)
}

func changeState(ctx context.Context, t *task, in stateIn) (*key.Record, error) {
	s := in.Change
	t.change("reason", s.Reason)
	t.change("version", number(s.Version))
	t.change("occurred", s.Occurred.String())
	if s.Occurred != 0 && t.action != access.Compromise {
		return nil, fault.New(fault.Invalid, "only a compromise has a date at which it occurred")
	}
	return t.amend(ctx, in.Ref, s.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if s.Occurred < 0 || s.Occurred > ch.Updated {
			return nil, fault.New(fault.Invalid, "a compromise occurred between 1970 and now, not on %v", s.Occurred)
		}
		if err := onLine(r); err != nil && t.action != access.Compromise {
			return nil, err
		}
		from := r.State
		if s.Version != 0 {
			ver := r.Version(s.Version)
			if ver == nil {
				return nil, noVersion(r, s.Version)
			}
			from = ver.State
		}
		to, err := target(t.action, s.Resume, from)
		if err != nil {
			return nil, err
		}
		t.change("from", from.String())
		t.change("to", to.String())
		return &fsm.SetState{Change: ch, Version: s.Version, To: to, Reason: s.Reason, Keep: s.Reason == "" && tells(r), Occurred: s.Occurred}, nil
	})
}

// target is the state that an action leads to from a state.
func target(a access.Action, resume bool, from key.State) (key.State, error) {
	to := key.Active
	switch a {
	case access.Suspend:
		to = key.Suspended
	case access.Deactivate:
		to = key.Deactivated
	case access.Compromise:
		to = key.Compromised
		if from == key.Destroyed {
			to = key.DestroyedCompromised
		}
	default:
		if resume != (from == key.Suspended) {
			want := key.PreActive
			if resume {
				want = key.Suspended
			}
			return 0, fault.New(fault.BadState, "it is %s; this step starts from %s", from, want)
		}
	}
	if !from.May(to) {
		return 0, fault.New(fault.BadState, "it is %s; from there it cannot become %s", from, to)
	}
	return to, nil
}

// DestroyKey ends a key's or a version's material, by default after a wait of 7 days, or at once if the caller forces it. fault.BadState
// if it was used lately and is not forced, and where a rotation was faster.
func (v *Vault) DestroyKey(ctx context.Context, c access.Caller, ref string, d Destruction) (*key.Record, error) {
	return opDestroy.do(ctx, v, c, destroyIn{ref, d})
}

func destroyKey(ctx context.Context, t *task, in destroyIn) (*key.Record, error) {
	d := in.D
	wait := destroyWait
	switch {
	case d.After != nil:
		wait = *d.After
	case d.Force:
		wait = 0
	}
	if wait < 0 || wait > key.MaxPeriod {
		return nil, fault.New(fault.Invalid, "after must lie between 0s and 100 years")
	}
	t.change("reason", d.Reason)
	t.change("version", number(d.Version))
	t.change("after", key.FormatPeriod(wait))
	if d.Force {
		t.change("force", "true")
	}
	asked := t.asAsked(in.Ref)
	return t.amend(ctx, in.Ref, d.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		if err := rotatedSince(asked, r); err != nil {
			return nil, err
		}
		if err := onLine(r); err != nil {
			return nil, err
		}
		from := r.State
		if d.Version != 0 {
			ver := r.Version(d.Version)
			if ver == nil {
				return nil, noVersion(r, d.Version)
			}
			from = ver.State
		}
		to := end(from)
		if !from.May(to) {
			return nil, notDestroyed(r, d.Version, from)
		}
		if !d.Force {
			if err := t.v.guard(r, d.Version, ch.Updated); err != nil {
				return nil, err
			}
		}
		if wait == 0 {
			return &fsm.SetState{Change: ch, Version: d.Version, To: to, Reason: d.Reason, Keep: d.Reason == "" && tells(r)}, nil
		}
		ending := key.Guarded
		if d.Force {
			ending = key.Dated
		}
		return &fsm.ScheduleDestroy{Change: ch, Version: d.Version, At: ch.Updated.Add(wait), Reason: d.Reason, Ending: ending}, nil
	})
}

// tells is whether r or one of its versions has a reason that is not to go when a step is taken without one: that of a compromise, or of
// a destruction to come. Only then is the log told to keep it, for a program of before that rule cannot read so.
func tells(r *key.Record) bool {
	kept := func(s key.State, reason string, forEnd bool) bool {
		return reason != "" && (forEnd || s == key.Compromised)
	}
	return kept(r.State, r.Reason, r.ForEnd) || slices.ContainsFunc(r.Versions, func(v key.Version) bool { return kept(v.State, v.Reason, v.ForEnd) })
}

// notDestroyed refuses to destroy what is in a state that does not end so, and says what to do first.
func notDestroyed(r *key.Record, version uint32, from key.State) error {
	if from.Gone() {
		return fault.New(fault.BadState, "it is %s already", from).WithHint("There is nothing left to destroy; `quorate key purge` forgets the record and frees the name.")
	}
	how := "quorate key deactivate " + nameOf(r)
	if version != 0 {
		how += " --version " + number(version)
	}
	return fault.New(fault.BadState, "it is %s: deactivate it first, then destroy it", from).WithHint("`%s` ends its use for protecting; what it protected still opens until it is destroyed.", how)
}

// end is the state in which a destroyed key rests.
func end(from key.State) key.State {
	if from == key.Compromised {
		return key.DestroyedCompromised
	}
	return key.Destroyed
}

// CancelDestroy undoes a destruction that has not happened yet. ifMatch is the revision that the key must have; 0: any. The reason
// is in the audit log alone: the record tells why things ended, and this one goes on.
func (v *Vault) CancelDestroy(ctx context.Context, c access.Caller, ref string, version uint32, ifMatch uint64, reason string) (*key.Record, error) {
	return opCancel.do(ctx, v, c, cancelIn{ref, version, ifMatch, reason})
}

func cancelDestroy(ctx context.Context, t *task, in cancelIn) (*key.Record, error) {
	if len(in.Reason) > key.MaxReason {
		return nil, fault.New(fault.TooLarge, "the reason has %d bytes, more than the %d allowed", len(in.Reason), key.MaxReason)
	}
	t.change("reason", in.Reason)
	t.change("version", number(in.Version))
	return t.amend(ctx, in.Ref, in.IfMatch, func(r *key.Record, ch fsm.Change) (keyCommand, error) {
		at := r.DestroyAt
		if in.Version != 0 {
			ver := r.Version(in.Version)
			if ver == nil {
				return nil, noVersion(r, in.Version)
			}
			at = ver.DestroyAt
		}
		if at == 0 {
			return nil, fault.New(fault.BadState, "no destruction is scheduled")
		}
		return &fsm.ScheduleDestroy{Change: ch, Version: in.Version}, nil
	})
}

// keyCommand is a command that changes one record.
type keyCommand interface {
	fsm.Command
	Next(old *key.Record) (*key.Record, error)
	SetMAC(mac []byte)
}

// amend changes one key: it finds it, asks the policies, lets build make the command from the record as it is,
// authenticates the record as it will be and commits. When somebody else was faster it looks again, unless the
// caller said which revision it had seen.
func (t *task) amend(ctx context.Context, ref string, ifMatch uint64, build func(r *key.Record, ch fsm.Change) (keyCommand, error)) (*key.Record, error) {
	done, err := t.turn(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer done()
	for try := 0; ; try++ {
		out, err := t.amendOnce(ctx, ref, ifMatch, try == 0, build)
		if errors.Is(err, fault.Conflict) && ifMatch == 0 && try < maxRetries && ctx.Err() == nil {
			continue // a conflict is not remembered as the request's outcome, so the same ID may try again
		}
		if err != nil {
			return nil, err
		}
		return t.result(out)
	}
}

// amendOnce is one try of amend, on the record as it is now.
func (t *task) amendOnce(ctx context.Context, ref string, ifMatch uint64, first bool, build func(r *key.Record, ch fsm.Change) (keyCommand, error)) (fsm.Outcome, error) {
	r, err := t.find(ref)
	if err != nil {
		return fsm.Outcome{}, err
	}
	if out, done, err := t.again(ctx); done || err != nil {
		return out, err
	}
	if ifMatch != 0 && ifMatch != r.Revision {
		return fsm.Outcome{}, fault.New(fault.Conflict, "key %s is at revision %d, not %d", nameOf(r), r.Revision, ifMatch)
	}
	cmd, err := build(r, fsm.Change{ID: r.ID, Expect: r.Revision, Updated: t.v.now(t.link.machine.State())})
	if err != nil {
		return fsm.Outcome{}, err
	}
	mac, err := t.keys.change(r, cmd.Next)
	if err != nil {
		return fsm.Outcome{}, err
	}
	cmd.SetMAC(mac)
	if first {
		if err := t.intend(); err != nil {
			return fsm.Outcome{}, err
		}
	}
	return t.propose(ctx, cmd)
}

// lanes is how many changes of different keys may wait for their commit at one time without standing in each other's way.
const lanes = 256

// turn lets changes of one key go to the log one after the other: made side by side from the same revision, all but
// one would be refused there. It waits until ctx ends: fault.Busy.
func (t *task) turn(ctx context.Context, ref string) (done func(), err error) {
	r := lookup(t.link.machine.State(), ref)
	if r == nil {
		return func() {}, nil // find will say so
	}
	lane := t.v.turns[r.ID[0]]
	select {
	case lane <- struct{}{}:
		t.hasty = true
		return func() {
			t.hasty = false
			<-lane
		}, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Busy, ctx.Err(), "other changes of this key were still under way")
	}
}

// before finds the outcome of the same request, had it been made already: what it did must not be judged against
// the state that it left behind. A refusal is given again, and so is fault.Invalid for another request's Idempotency-Key.
func (t *task) before() (first fsm.Outcome, done bool, err error) {
	out, print, ok := t.link.machine.State().Outcome(t.request.ID)
	if !ok || t.request.ID == [16]byte{} {
		return fsm.Outcome{}, false, nil
	}
	if print != t.request.Print {
		return fsm.Outcome{}, false, fault.New(fault.Invalid, "this Idempotency-Key was used for another request").
			WithHint("Use a new Idempotency-Key for every new request, and the same one only to repeat it unchanged.")
	}
	t.entry.Index = out.Index
	if out.Fault != nil {
		return out, false, out.Fault
	}
	return out, true, nil
}

// again is before for what takes something out of use: the first answer may never have been given, so the repeated one waits
// as that one did, until no node can serve the old state.
func (t *task) again(ctx context.Context) (first fsm.Outcome, done bool, err error) {
	first, done, err = t.before()
	if done && err == nil {
		err = t.link.replica.Outlast(ctx)
	}
	return first, done, err
}

func noVersion(r *key.Record, n uint32) error {
	return fault.New(fault.NotFound, "key %s has no version %d", nameOf(r), n).WithHint("`quorate key show %s` lists its versions.", nameOf(r))
}

func number(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}
