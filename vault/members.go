package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

type memberIn struct{ Node string }

var (
	opPromote  = newWrite("member.promote", access.Operate, changeMember(PromoteMember))
	opDemote   = newWrite("member.demote", access.Operate, changeMember(DemoteMember))
	opRemove   = newWrite("member.remove", access.Operate, changeMember(RemoveMember))
	opCleanUp  = newWrite("member.clean-up", access.Unchecked, cleanUp)
	opStepDown = newWrite("member.step-down", access.Operate, changeMember(TransferLead))
)

// Members lists the members as this node sees them.
func (v *Vault) Members(ctx context.Context, c access.Caller) ([]Member, error) {
	t, err := v.begin("member.list", access.Inspect, c, false)
	if err != nil {
		return nil, err
	}
	err = t.allow(access.OfVault())
	if err := t.done(err); err != nil {
		return nil, err
	}
	return t.link.members.Members(), nil
}

// Digest is a hash over this node's whole state, and the log index that the state stands at: at one index all nodes have
// the same. It reads every record once.
func (v *Vault) Digest(ctx context.Context, c access.Caller) (index uint64, sum [32]byte, err error) {
	t, err := v.begin("state.digest", access.Inspect, c, false)
	if err != nil {
		return 0, sum, err
	}
	if err := t.done(t.allow(access.OfVault())); err != nil {
		return 0, sum, err
	}
	s := t.link.machine.State()
	return s.Index(), s.Digest(), nil
}

// Promote gives a member a vote.
func (v *Vault) Promote(ctx context.Context, c access.Caller, node string) error {
	_, err := opPromote.do(ctx, v, c, memberIn{node})
	return err
}

// Demote takes a member's vote; it goes on to replicate.
func (v *Vault) Demote(ctx context.Context, c access.Caller, node string) error {
	_, err := opDemote.do(ctx, v, c, memberIn{node})
	return err
}

// Remove ends a membership for good. fault.BadState when the cluster would lose its quorum.
func (v *Vault) Remove(ctx context.Context, c access.Caller, node string) error {
	_, err := opRemove.do(ctx, v, c, memberIn{node})
	return err
}

// CleanUp removes a member that the leader has not heard of for too long: the cluster's own doing, and audited like everybody's.
func (v *Vault) CleanUp(ctx context.Context, node string) error {
	c := access.Caller{Principal: "self", Kind: access.BySelf, Door: "self", Node: v.cfg.Node}
	_, err := opCleanUp.do(ctx, v, c, memberIn{node})
	return err
}

func cleanUp(ctx context.Context, t *task, in memberIn) (bool, error) {
	t.change("member", in.Node)
	if t.caller.Kind != access.BySelf || t.caller.Node != t.v.cfg.Node {
		return false, fault.New(fault.Denied, "only the leader itself removes the dead")
	}
	if err := t.member(in.Node); err != nil {
		return false, err
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	return true, t.removeMember(ctx, in.Node)
}

// StepDown hands leadership to the member named, or to any ("").
func (v *Vault) StepDown(ctx context.Context, c access.Caller, to string) error {
	_, err := opStepDown.do(ctx, v, c, memberIn{to})
	return err
}

func changeMember(act MemberAct) func(context.Context, *task, memberIn) (bool, error) {
	return func(ctx context.Context, t *task, in memberIn) (bool, error) {
		t.change("member", in.Node)
		if err := t.allow(access.OfVault()); err != nil {
			return false, err
		}
		if in.Node != "" || act != TransferLead {
			if err := t.member(in.Node); err != nil {
				return false, err
			}
		}
		if err := t.intend(); err != nil {
			return false, err
		}
		if act == RemoveMember {
			return true, t.removeMember(ctx, in.Node)
		}
		return true, t.link.members.Change(ctx, MemberChange{Act: act, Node: in.Node})
	}
}

func (t *task) member(node string) error {
	for _, m := range t.link.members.Members() {
		if m.Node == node {
			return nil
		}
	}
	return fault.New(fault.NotFound, "there is no member %q", clip(node)).WithHint("`quorate operator members` lists them.")
}

// Status is what anybody may know of this node.
func (v *Vault) Status(ctx context.Context) Status {
	st := Status{Node: v.cfg.Node, Version: v.cfg.Version, Sealed: true, Members: []Member{}}
	l := v.link.Load()
	if l == nil {
		_, err := v.linked()
		st.Initialized, st.Why = v.starting.Load(), fault.Of(err).Message
		return st
	}
	st.Initialized = true
	st.Sealed = v.Sealed()
	st.Index = l.machine.Applied()
	st.Level, st.HoldLevel = l.machine.State().Level(), l.machine.State().Autopilot().HoldLevel
	st.Members = l.members.Members()
	st.Leader, _ = l.replica.Leader()
	for _, m := range st.Members {
		if m.Node == v.cfg.Node {
			st.Role, st.Disk = m.Role, m.Disk
		}
	}
	if cfg, err := sealConfig(l.machine.State()); err == nil {
		st.Cluster = formatCluster(cfg.Cluster)
	}
	st.Opening = v.Opening()
	if y := v.ceremony.current(); y != nil {
		if p := progress(y.Progress()); p.Have > 0 {
			st.Ceremony = &p
		}
	}
	if err := v.Ready(ctx); err != nil {
		st.Why = fault.Of(err).Message
	} else {
		st.Fresh = true
	}
	return st
}

// Retire makes Ready say from now on that this node is about to stop, so that nobody new is sent here. What comes is still
// answered.
func (v *Vault) Retire() { v.retired.Store(true) }

// Ready is nil when this node can answer requests, and goes on to; else why not.
func (v *Vault) Ready(ctx context.Context) error {
	if v.retired.Load() {
		return fault.New(fault.Stale, "this node is stopping").WithHint("Ask another node.")
	}
	l, _, err := v.opened()
	if err != nil {
		return err
	}
	if err := l.replica.Fresh(ctx, access.Consistency{}); err != nil {
		return err
	}
	return v.cfg.Audit.Healthy()
}
