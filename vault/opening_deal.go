package vault

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

const (
	seenEvery   = 5 * time.Minute  // how often the log is told who is open
	checkHeld   = time.Minute      // how often members are asked whether they hold their shares
	dealAgain   = 30 * time.Second // after a dealing that left somebody out, or failed
	pendingLife = 5 * time.Minute  // how long a share waits for its dealing to be committed
	maxShares   = 16               // members that can hold one
)

// dealing is what the leader remembers of dealing shares.
type dealing struct {
	rest  time.Time // no dealing before
	asked time.Time // when members were last asked what they hold
	lost  bool      // one of them does not hold its share
}

// holdIn hands a member its share, or asks for one that it holds. It travels only from the leader to that member, over mTLS.
type holdIn struct {
	Deal  []byte `cbor:"1,keyasint"`
	Share []byte `cbor:"2,keyasint,omitempty"`
}

// openings is the leader's work for members that open themselves. It does nothing without the slot "quorum".
func (v *Vault) openings(ctx context.Context, l *link, room *keyroom) error {
	cfg, err := sealConfig(l.machine.State())
	if err != nil {
		return err
	}
	q, err := cfg.Quorum()
	if err != nil {
		return nil
	}
	members := l.members.Members()
	if err := v.forgetGone(ctx, l, members); err != nil {
		return err
	}
	if err := v.noteOpen(ctx, l, q, members); err != nil {
		return err
	}
	return v.dealShares(ctx, l, room, cfg, q, members)
}

// forgetGone drops what is known of those who are no members any more.
func (v *Vault) forgetGone(ctx context.Context, l *link, members []Member) error {
	for _, node := range l.machine.State().KnownOpenings() {
		if !slices.ContainsFunc(members, func(m Member) bool { return m.Node == node }) {
			return v.self("sys.open-forget", func(t *task) error { return t.forgetOpening(ctx, node) })
		}
	}
	return nil
}

// forgetOpening ends what is known of a member's openings, if anything is: a newcomer of that name must not inherit it.
func (t *task) forgetOpening(ctx context.Context, node string) error {
	if !slices.Contains(t.link.machine.State().KnownOpenings(), node) {
		return nil
	}
	t.change("member", node)
	out, err := t.link.replica.Propose(ctx, &fsm.ForgetOpening{Node: node}, fsm.Request{})
	if err == nil && out.Fault != nil {
		err = out.Fault
	}
	return err
}

// noteOpen writes who is open into the log, now and then: only who was open lately may open itself.
func (v *Vault) noteOpen(ctx context.Context, l *link, q *seal.Quorum, members []Member) error {
	s := l.machine.State()
	now, every := v.now(s).Time(), min(seenEvery, max(q.Away/4, time.Second))
	var due []string
	for _, m := range members {
		if !m.Sealed && m.Healthy && now.Sub(s.SeenOpen(m.Node).Time()) >= every {
			due = append(due, m.Node)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return v.self("sys.open-seen", func(t *task) error {
		t.change("members", joined(due))
		_, err := t.propose(ctx, &fsm.NoteOpen{Nodes: due})
		return err
	})
}

// dealShares deals when the members that should hold shares are not those that do. Who was never open gets none: who has a join token, and
// no more, must not gather shares.
func (v *Vault) dealShares(ctx context.Context, l *link, room *keyroom, cfg *seal.Config, q *seal.Quorum, members []Member) error {
	s := l.machine.State()
	var voters, able []string
	for _, m := range members {
		if m.Role == "nonvoter" {
			continue
		}
		voters = append(voters, m.Node)
		if m.Healthy && s.SeenOpen(m.Node) != 0 {
			able = append(able, m.Node)
		}
	}
	slices.Sort(able)
	able = able[:min(len(able), maxShares)]
	need := q.QuorumNeed(len(voters))
	if !v.dealDue(ctx, l, q, voters, able, need) || v.rekey.waits(v.cfg.Now()) {
		return nil // later, if new shares of the operators wait: see changeSeal
	}
	if len(voters) < need { // it cannot be dealt until members come; what was dealt must not open anything meanwhile
		if q.Deal == nil {
			return nil
		}
		next, err := room.opened.PutQuorum(cfg, q.QuorumSettings)
		if err != nil {
			return err
		}
		return v.self("sys.slot-undeal", func(t *task) error { return t.changeSeal(ctx, next) })
	}
	d, all := &v.opening.deal, len(able)
	d.rest = v.cfg.Now().Add(dealAgain)
	for len(able) >= need {
		missed, err := v.dealOnce(ctx, l, room, cfg, able, need)
		if err == nil && len(missed) == 0 && len(able) == all { // who becomes able is dealt to at once
			d.rest = time.Time{}
		}
		if err != nil || len(missed) == 0 {
			d.lost = false
			return err
		}
		able = slices.DeleteFunc(able, func(n string) bool { return slices.Contains(missed, n) })
	}
	return nil
}

// dealDue tells whether shares are to be dealt now.
func (v *Vault) dealDue(ctx context.Context, l *link, q *seal.Quorum, voters, able []string, need int) bool {
	d, now := &v.opening.deal, v.cfg.Now()
	gone := slices.ContainsFunc(q.Members, func(n string) bool { return !slices.Contains(voters, n) })
	fresh := slices.ContainsFunc(able, func(n string) bool { return !slices.Contains(q.Members, n) }) && len(q.Members) < maxShares
	if q.Deal != nil && now.Sub(d.asked) >= checkHeld {
		d.asked, d.lost = now, !v.allHold(ctx, l, q, able)
	}
	switch {
	case now.Before(d.rest):
		return false
	case q.Deal == nil || gone || q.Need != need:
		return true
	default:
		return fresh || d.lost
	}
}

// allHold asks those who should whether they hold their share.
func (v *Vault) allHold(ctx context.Context, l *link, q *seal.Quorum, able []string) bool {
	body, err := cbor.Marshal(holdIn{Deal: q.Deal})
	if err != nil {
		return true
	}
	all := true
	if slices.Contains(q.Members, v.cfg.Node) {
		s, err := v.ownShare(q.Deal)
		s.Destroy()
		all = err == nil
	}
	v.everyOther(ctx, l, MethodHold, body, func(node string, _ []byte, err error) {
		if slices.Contains(q.Members, node) && slices.Contains(able, node) && errors.Is(err, fault.NotFound) {
			all = false
		}
	})
	return all
}

// dealOnce makes shares, has each member store its own, and only then makes them the ones that count. It names who did not store one; then
// nothing has changed.
func (v *Vault) dealOnce(ctx context.Context, l *link, room *keyroom, cfg *seal.Config, members []string, need int) (missed []string, err error) {
	next, shares, err := room.opened.DealQuorum(cfg, members, need)
	if err != nil {
		return nil, err
	}
	defer seal.DestroyShares(shares)
	ctx, cancel := context.WithTimeout(ctx, 2*relayTimeout)
	defer cancel()
	var mu sync.Mutex
	var handing sync.WaitGroup
	for i, node := range members {
		handing.Go(func() {
			if err := v.handShare(ctx, l, node, shares[i]); err != nil {
				v.log.Warn("a member does not hold its new share", "member", node, "err", err)
				mu.Lock()
				defer mu.Unlock()
				missed = append(missed, node)
			}
		})
	}
	handing.Wait()
	if len(missed) > 0 {
		return missed, nil
	}
	return nil, v.self("sys.slot-deal", func(t *task) error {
		t.change("members", joined(members))
		t.change("threshold", number(uint32(need)))
		if err := t.intend(); err != nil {
			return err
		}
		return t.changeSeal(ctx, next)
	})
}

func (v *Vault) handShare(ctx context.Context, l *link, node string, s *seal.PeerShare) error {
	return s.Lend(func(share []byte) error {
		if node == v.cfg.Node {
			return v.keepShare(s.Deal(), share)
		}
		body, err := cbor.Marshal(holdIn{Deal: s.Deal(), Share: share})
		if err != nil {
			return err
		}
		defer clear(body)
		_, err = l.peers.Call(ctx, node, MethodHold, body)
		return err
	})
}

// HandleHold stores a share that the leader deals, or tells whether this node holds one.
func (v *Vault) HandleHold(_ context.Context, from string, body []byte) ([]byte, error) {
	defer clear(body)
	var in holdIn
	if err := decodeCall.Unmarshal(body, &in); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the share cannot be read")
	}
	defer clear(in.Share)
	if len(in.Share) == 0 {
		s, err := v.ownShare(in.Deal)
		s.Destroy()
		return nil, err
	}
	l, err := v.linked()
	if err != nil {
		return nil, err
	}
	if leader, _ := l.replica.Leader(); leader != from {
		return nil, fault.New(fault.Denied, "shares are dealt by the leader, which %q is not", from)
	}
	s, err := seal.ParsePeerShare(in.Share)
	if err != nil {
		return nil, err
	}
	defer s.Destroy()
	t := v.start("sys.share-hold", access.Unchecked, access.Caller{Kind: access.BySelf, Principal: "self", Door: "peer", Node: from}, true)
	return nil, t.done(v.keepShare(s.Deal(), in.Share))
}

// keepShare stores a share until its dealing is committed, and from then on.
func (v *Vault) keepShare(deal, share []byte) error {
	if v.cfg.Keeper == nil {
		return fault.New(fault.BadState, "node %s keeps no shares", v.cfg.Node)
	}
	r, name := &v.opening, shareFile(deal)
	r.mu.Lock()
	if r.pending == nil {
		r.pending = map[string]time.Time{}
	}
	r.pending[name] = v.cfg.Now()
	r.mu.Unlock()
	return v.cfg.Keeper.Write(name, share)
}

// tidyShares removes shares that open nothing any more: every one but that of the dealing that counts, once this node holds that, and those
// that may be about to.
func (v *Vault) tidyShares() error {
	s := v.state()
	if v.cfg.Keeper == nil || s == nil {
		return nil
	}
	cfg, err := sealConfig(s)
	if err != nil {
		return nil
	}
	keep := ""
	if q, err := cfg.Quorum(); err == nil && q.Deal != nil {
		keep = shareFile(q.Deal)
	}
	names, err := v.cfg.Keeper.Names()
	if err != nil || keep != "" && !slices.Contains(names, keep) {
		return err
	}
	v.opening.mu.Lock()
	delete(v.opening.pending, keep) // it counts now; the next dealing ends it
	v.opening.mu.Unlock()
	for _, name := range names {
		if name == keep || name == heldFile || v.opening.isPending(name, v.cfg.Now()) {
			continue
		}
		err = errors.Join(err, v.cfg.Keeper.Write(name, nil))
	}
	return err
}

func (r *openingRoom) isPending(name string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	since, ok := r.pending[name]
	if ok && now.Sub(since) > pendingLife {
		delete(r.pending, name)
		return false
	}
	return ok
}
