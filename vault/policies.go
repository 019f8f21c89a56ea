package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

var (
	opPutPolicy    = newWrite("policy.put", access.ManagePolicy, putPolicy)
	opDeletePolicy = newWrite("policy.delete", access.ManagePolicy, deletePolicy)
)

// PutPolicy adds or replaces a policy, on the revision that the caller saw (0: any). fault.Invalid names the place
// of a mistake; fault.BadState when nobody could change policies any more.
func (v *Vault) PutPolicy(ctx context.Context, c access.Caller, p PolicyText) (*PolicyText, error) {
	return opPutPolicy.do(ctx, v, c, p)
}

func putPolicy(ctx context.Context, t *task, p PolicyText) (*PolicyText, error) {
	t.change("policy", p.Name)
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if err := key.CheckName(p.Name); err != nil {
		return nil, err
	}
	if err := access.Check(access.Source{Name: p.Name, Text: p.Text}); err != nil {
		return nil, err
	}
	if err := t.settlePolicy(ctx, p, func(s *fsm.State, seal fsm.PolicySeal) fsm.Command {
		expect := p.Revision
		if old := s.Policy(p.Name); old != nil && expect == 0 {
			expect = old.Revision
		}
		return &fsm.PutPolicy{Name: p.Name, Source: p.Text, Expect: expect, PolicySeal: seal}
	}); err != nil {
		return nil, err
	}
	made := t.link.machine.State().Policy(p.Name)
	if made == nil {
		return nil, fault.New(fault.Conflict, "the policy %q was deleted meanwhile", p.Name)
	}
	return policyText(made), nil
}

// settlePolicy commits a change of one policy (no text: it is deleted), with the MAC of all as they will be. When another
// change of policies was faster, it looks again.
func (t *task) settlePolicy(ctx context.Context, p PolicyText, build func(*fsm.State, fsm.PolicySeal) fsm.Command) error {
	for try := 0; ; try++ {
		s := t.link.machine.State()
		if err := t.keys.checkPolicies(s); err != nil {
			return err // else the new MAC would bless what was altered
		}
		next := s.PolicyRevision() + 1
		all := slices.DeleteFunc(s.Policies(), func(old *fsm.Policy) bool { return old.Name == p.Name })
		if p.Text != "" {
			all = append(all, &fsm.Policy{Name: p.Name, Source: p.Text, Revision: next})
		}
		if err := t.governable(all); err != nil {
			return err
		}
		seal, err := t.keys.sealPolicies(next, all)
		if err != nil {
			return err
		}
		if try == 0 {
			if err := t.intend(); err != nil {
				return err
			}
		}
		_, err = t.propose(ctx, build(s, seal))
		faster := t.link.machine.State().PolicyRevision() != s.PolicyRevision()
		if !errors.Is(err, fault.Conflict) || !faster || try == maxRetries || ctx.Err() != nil {
			return err
		}
	}
}

// governable refuses a change after which the group root could not change policies any more.
func (t *task) governable(all []*fsm.Policy) error {
	sources := make([]access.Source, len(all))
	for i, p := range all {
		sources[i] = access.Source{Name: p.Name, Text: p.Source}
	}
	set, err := access.Compile(sources)
	if err != nil {
		return err
	}
	return set.Governable()
}

// DeletePolicy removes a policy.
func (v *Vault) DeletePolicy(ctx context.Context, c access.Caller, name string) error {
	_, err := opDeletePolicy.do(ctx, v, c, PolicyText{Name: name})
	return err
}

func deletePolicy(ctx context.Context, t *task, p PolicyText) (bool, error) {
	t.change("policy", p.Name)
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	p.Text = ""
	err := t.settlePolicy(ctx, p, func(_ *fsm.State, seal fsm.PolicySeal) fsm.Command {
		return &fsm.DeletePolicy{Name: p.Name, Expect: p.Revision, PolicySeal: seal}
	})
	return err == nil, err
}

// Policy returns one policy.
func (v *Vault) Policy(ctx context.Context, c access.Caller, name string) (*PolicyText, error) {
	t, err := v.begin("policy.get", access.ManagePolicy, c, false)
	if err != nil {
		return nil, err
	}
	var found *fsm.Policy
	if err = t.inspect(ctx); err == nil {
		if found = t.link.machine.State().Policy(name); found == nil {
			err = fault.New(fault.NotFound, "there is no policy %q", clip(name))
		}
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return policyText(found), nil
}

// Policies returns all policies.
func (v *Vault) Policies(ctx context.Context, c access.Caller) ([]PolicyText, error) {
	t, err := v.begin("policy.list", access.ManagePolicy, c, false)
	if err != nil {
		return nil, err
	}
	if err := t.done(t.inspect(ctx)); err != nil {
		return nil, err
	}
	all := []PolicyText{}
	for _, p := range t.link.machine.State().Policies() {
		all = append(all, *policyText(p))
	}
	return all, nil
}

func policyText(p *fsm.Policy) *PolicyText {
	return &PolicyText{Name: p.Name, Text: p.Source, Revision: p.Revision, Updated: p.Updated}
}

// Explain tells whether somebody could do something, and which policies decide.
func (v *Vault) Explain(ctx context.Context, c access.Caller, q Question) (*Explanation, error) {
	t, err := v.begin("policy.explain", access.ManagePolicy, c, false)
	if err != nil {
		return nil, err
	}
	e, err := t.explain(ctx, q)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return e, nil
}

func (t *task) explain(ctx context.Context, q Question) (*Explanation, error) {
	if err := t.inspect(ctx); err != nil {
		return nil, err
	}
	known := false
	for _, a := range access.Actions() {
		known = known || a == q.Action
	}
	if !known {
		return nil, fault.New(fault.Invalid, "there is no action %q", clip(string(q.Action))).WithHint("Actions are %v.", access.Actions())
	}
	resource := access.OfVault()
	if q.Key != "" {
		r := lookup(t.link.machine.State(), q.Key)
		if r == nil {
			r = &key.Record{Name: q.Key}
		}
		resource = access.OfKey(r)
	}
	set, err := t.policies()
	if err != nil {
		return nil, err
	}
	a := set.Explain(access.Caller{Principal: q.Principal, Groups: q.Groups, Kind: q.Kind, Door: t.caller.Door, Remote: t.caller.Remote}, q.Action, resource)
	return &Explanation{Allowed: a.Allowed, Policies: a.Policies, Errors: a.Errors}, nil
}
