package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// peers carries calls between vaults, as bytes.
type peers struct{ n *node }

var _ vault.Peers = peers{}

// Call implements vault.Peers.
func (p peers) Call(ctx context.Context, to, method string, body []byte) ([]byte, error) {
	f := p.n.f
	f.mu.Lock()
	var target *node
	for _, n := range f.nodes {
		if n.name == to && !f.removed[to] {
			target = n
		}
	}
	reachable := target != nil && !target.cut && !p.n.cut && target.machine != nil
	f.wire = append(f.wire, bytes.Clone(body))
	f.mu.Unlock()
	if target == nil {
		return nil, fault.New(fault.NotFound, "node %q is not a member", to)
	}
	if !reachable {
		return nil, fault.New(fault.NoLeader, "node %s cannot be reached", to)
	}
	answer, err := target.handle(ctx, p.n.name, method, bytes.Clone(body))
	if err != nil {
		seen := fault.Of(err)
		return nil, &fault.Error{Kind: seen.Kind, Message: seen.Message, Hint: seen.Hint} // a failure crosses without its cause
	}
	f.mu.Lock()
	f.wire = append(f.wire, bytes.Clone(answer))
	f.mu.Unlock()
	return bytes.Clone(answer), nil
}

func (n *node) handle(ctx context.Context, from, method string, body []byte) ([]byte, error) {
	switch method {
	case vault.MethodForward:
		return n.vault.HandleForward(ctx, from, body)
	case vault.MethodShare:
		return n.vault.HandleShare(ctx, from, body)
	case vault.MethodClose:
		return n.vault.HandleClose(ctx, from, body)
	case vault.MethodEpoch:
		return n.vault.HandleEpoch(ctx, from, body)
	case vault.MethodGrant:
		return n.vault.HandleGrant(ctx, from, body)
	case vault.MethodRelease:
		return n.vault.HandleRelease(ctx, from, body)
	case vault.MethodHold:
		return n.vault.HandleHold(ctx, from, body)
	case vault.MethodTell:
		return n.vault.HandleTell(ctx, from, body)
	case vault.MethodHandInKey:
		return n.vault.HandleHandInKey(ctx, from, body)
	case vault.MethodHandInFile:
		return n.vault.HandleHandInFile(ctx, from, body)
	}
	return nil, fault.New(fault.NotFound, "there is no call %q", method)
}

// Forward implements vault.Peers as the cluster does: the same bytes go to whoever leads until somebody answers for
// good or ctx ends. Between tries it waits for the fixture to change, unless nothing stands in the way.
func (p peers) Forward(ctx context.Context, method string, body []byte) ([]byte, error) {
	f := p.n.f
	var last error = fault.New(fault.NoLeader, "no leader is known")
	for {
		f.mu.Lock()
		moved := f.moved
		f.mu.Unlock()
		name, self := replica(p).Leader()
		if self {
			if errors.Is(last, fault.Uncertain) {
				return nil, errors.Join(vault.ErrSelf, last)
			}
			return nil, vault.ErrSelf
		}
		if name != "" && name != p.n.name {
			answer, err := p.Call(ctx, name, method, body)
			if err == nil || !errors.Is(err, fault.NoLeader) && !errors.Is(err, fault.Uncertain) {
				if errors.Is(last, fault.Uncertain) && fault.KindOf(err).Undone() {
					err = last // a later "busy" does not undo it
				}
				return answer, err
			}
			if !errors.Is(last, fault.Uncertain) || errors.Is(err, fault.Uncertain) {
				last = err
			}
			if ctx.Err() == nil {
				continue
			}
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, last
		}
	}
}

// Announce implements vault.Peers.
func (p peers) Announce(sealed bool) {
	p.n.f.mu.Lock()
	defer p.n.f.mu.Unlock()
	p.n.sealed = sealed
}

// members is the membership as a node sees it.
type members struct{ n *node }

var _ vault.Membership = members{}

// Members implements vault.Membership.
func (m members) Members() []vault.Member {
	f := m.n.f
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []vault.Member
	for i, n := range f.nodes {
		if n.machine == nil || f.removed[n.name] {
			continue
		}
		role := n.role
		if i == f.leader {
			role = "leader"
		}
		all = append(all, vault.Member{
			Node: n.name, Role: role, API: n.name + ".test:7800", Peer: n.name + ".test:7801", Gossip: n.name + ".test:7802",
			Sealed: n.sealed, Healthy: !n.cut, Applied: n.machine.Applied(),
		})
	}
	return append(all, f.extra...)
}

// BeforeChange calls a function before each change of the membership.
func (f *Fixture) BeforeChange(before func(vault.MemberChange)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.beforeChange = before
}

// Change implements vault.Membership. Members that are added have no vault and are never healthy.
func (m members) Change(_ context.Context, c vault.MemberChange) error {
	f := m.n.f
	if _, self := replica(m).Leader(); !self {
		return fault.New(fault.NoLeader, "node %s does not lead", m.n.name)
	}
	f.mu.Lock()
	before := f.beforeChange
	f.mu.Unlock()
	if before != nil {
		before(c)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, c)
	switch c.Act {
	case vault.AddMember:
		for _, x := range f.extra {
			if x.Node == c.Node {
				return nil
			}
		}
		f.extra = append(f.extra, vault.Member{Node: c.Node, Role: "nonvoter", Peer: c.Peer, Sealed: true})
	case vault.PromoteMember, vault.DemoteMember:
		for _, n := range f.nodes {
			if n.name == c.Node {
				n.role = map[vault.MemberAct]string{vault.PromoteMember: "voter", vault.DemoteMember: "nonvoter"}[c.Act]
			}
		}
	case vault.RemoveMember:
		if i := slices.IndexFunc(f.extra, func(x vault.Member) bool { return x.Node == c.Node }); i >= 0 {
			f.extra = slices.Delete(f.extra, i, i+1)
			return nil
		}
		if len(f.nodes)-len(f.removed) <= 1 {
			return fault.New(fault.BadState, "the last member cannot be removed")
		}
		f.removed[c.Node] = true
	case vault.TransferLead:
		f.leader = f.nextLeaderLocked()
		for i, n := range f.nodes {
			if n.name == c.Node {
				f.leader = i
			}
		}
		f.stirLocked()
	}
	return nil
}
