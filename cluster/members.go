package cluster

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// The words for what part a member has.
const (
	RoleLeader   = "leader"
	RoleVoter    = "voter"
	RoleNonvoter = "nonvoter"
)

// nonvoterDocument marks, for every future leader, a member that an operator demoted and that is not to be promoted.
const nonvoterDocument = "setting/nonvoter/"

// Member is one member as this node sees it.
type Member struct {
	Node              string
	Role              string // RoleLeader, RoleVoter or RoleNonvoter
	API, Peer, Gossip string // addresses as the member announces them
	Version           string
	Sealed            bool
	Healthy           bool // heard of within the last moments, by gossip or, on the leader, by its reports
	Zone              string
	Replica           bool // is not given a vote by itself
	Disk              Disk // under its data directory; the leader knows all, others their own
	Applied           uint64
	Behind            uint64        // how many entries it was behind the leader when it last reported; the leader knows, others do not
	Clock             time.Duration // its clock less the leader's, too small by what the report was on its way; as Behind
	Clocked           bool          // Clock is known
	Level             uint32        // newest level of commands that its program knows; 0: not heard
	Since             time.Time     // of its "member/<node>" document; zero if it has none
}

// Disk is how much room is left on a member's disk, and how much must be, in bytes.
type Disk struct {
	Free uint64 `cbor:"1,keyasint"`
	Mark uint64 `cbor:"2,keyasint"`
	Low  bool   `cbor:"3,keyasint,omitempty"` // nothing that grows is written to it
}

// report is what a node tells the leader of itself with each renewal of its lease.
type report struct {
	Applied uint64 `cbor:"1,keyasint"`
	Sealed  bool   `cbor:"2,keyasint,omitempty"`
	Peer    string `cbor:"3,keyasint,omitempty"`
	Gossip  string `cbor:"4,keyasint,omitempty"`
	API     string `cbor:"5,keyasint,omitempty"`
	Version string `cbor:"6,keyasint,omitempty"`
	Disk    Disk   `cbor:"7,keyasint"`
	Zone    string `cbor:"8,keyasint,omitempty"`
	Replica bool   `cbor:"9,keyasint,omitempty"`
	Level   uint32 `cbor:"10,keyasint,omitempty"` // newest level that its program knows; see supports
	Wall    int64  `cbor:"11,keyasint,omitempty"` // nanoseconds of Unix time when this was said; 0: a program of before it was

	Process [16]byte `cbor:"20,keyasint"` // which process of the member this is
}

const maxAddr = 255

// reports is what a leader was told.
type reports struct {
	clock  clock
	mu     sync.Mutex
	byNode map[string]heard // guarded by mu
}

type heard struct {
	report
	at    time.Duration // boot time of the newest report
	clock time.Duration // its wall clock less the leader's, when the newest report came
	lag   uint64        // how many entries it was behind the leader then. Not now: the leader applies on until the next report comes
	close time.Duration // boot time since which every report was close behind; 0: the newest was not
}

// note keeps what a member says of itself; own and wall are the leader's counter and clock at that moment. Who was silent, or was started again,
// perhaps with another program, begins anew to keep up.
func (r *reports) note(node string, rep report, own uint64, wall time.Time, silent time.Duration) {
	if len(rep.Peer) > maxAddr || len(rep.Gossip) > maxAddr || len(rep.API) > maxAddr || len(rep.Version) > maxAddr || len(rep.Zone) > maxAddr {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byNode == nil {
		r.byNode = map[string]heard{}
	}
	h, now := r.byNode[node], r.clock.now()
	if rep.Process != h.Process || rep.Level != h.Level || now-h.at > silent {
		h.close = 0
	}
	h.report, h.at, h.lag = rep, now, own-min(own, rep.Applied)
	if h.clock = 0; rep.Wall != 0 {
		h.clock = time.Unix(0, rep.Wall).Sub(wall)
	}
	r.byNode[node] = h
}

// judge notes whether a member keeps up with the leader, and returns since when it has.
func (r *reports) judge(node string, silent time.Duration) (keptUp time.Duration, h heard, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h, ok = r.byNode[node]
	if !ok {
		return 0, h, false
	}
	now := r.clock.now()
	switch {
	case now-h.at > silent || h.lag > closeEnough:
		h.close = 0
	case h.close == 0:
		h.close = now
	}
	r.byNode[node] = h
	if h.close == 0 {
		return 0, h, true
	}
	return now - h.close, h, true
}

func (r *reports) get(node string) (heard, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h, ok := r.byNode[node]
	return h, ok
}

// silence is how long a healthy member may be silent.
func (n *Node) silence() time.Duration { return max(time.Second, 3*n.cfg.LeaseRenew) }

func (n *Node) ownReport() report {
	r := n.room.Last()
	return report{
		Applied: n.app.done.reached(), Sealed: n.sealed.Load(), Peer: n.peerAddr(), Gossip: n.GossipAddr(),
		API: n.cfg.API, Version: n.cfg.Version, Zone: n.cfg.Zone, Replica: n.cfg.Replica, Level: fsm.MaxLevel, Wall: n.cfg.Now().UnixNano(), Process: n.cfg.Process, Disk: Disk{Free: r.Free, Mark: r.Mark, Low: r.Low},
	}
}

// healthy tells whether a member can be counted on now, as the leader sees it.
func (n *Node) healthy(node string) bool {
	if node == n.cfg.Node {
		return true
	}
	h, ok := n.reports.get(node)
	return ok && n.boot()-h.at <= n.silence()
}

// Members lists the members: the Raft configuration, joined with what each announces.
func (n *Node) Members() []Member {
	leader, _ := n.Leader()
	seen := n.announced()
	list := make([]Member, 0, 8)
	state := n.app.machine.State()
	for _, s := range n.servers() {
		m := seen[string(s.ID)]
		m.Node, m.Role = string(s.ID), RoleNonvoter
		if s.Suffrage == raft.Voter {
			m.Role = RoleVoter
		}
		if m.Node == leader {
			m.Role = RoleLeader
		}
		if m.Peer == "" {
			m.Peer = string(s.Address)
		}
		if h, ok := n.reports.get(m.Node); ok && n.boot()-h.at <= n.silence() {
			m.API, m.Peer, m.Gossip, m.Version = h.API, h.Peer, h.Gossip, h.Version
			m.Sealed, m.Applied, m.Disk, m.Healthy = h.Sealed, h.Applied, h.Disk, true
			m.Zone, m.Replica, m.Level = h.Zone, h.Replica, h.supports()
			m.Behind, m.Clock, m.Clocked = h.lag, h.clock, h.Wall != 0
		}
		if m.Node == n.cfg.Node {
			own := n.ownReport()
			m.API, m.Peer, m.Gossip, m.Version = own.API, own.Peer, own.Gossip, own.Version
			m.Sealed, m.Applied, m.Disk, m.Healthy = own.Sealed, own.Applied, own.Disk, true
			m.Zone, m.Replica, m.Level = own.Zone, own.Replica, own.Level
			m.Behind, m.Clock, m.Clocked = 0, 0, true
		}
		if d := state.Document("member/" + m.Node); d != nil {
			m.Since = d.Updated.Time()
		}
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Node < list[j].Node })
	return list
}

// change makes one change of the membership, on top of the configuration that this leader has applied, and waits for
// its commit.
func (n *Node) change(ctx context.Context, do func(prev uint64, wait time.Duration) raft.IndexFuture) error {
	if n.leading() == nil {
		return fault.New(fault.NoLeader, "this node does not lead, or is not ready yet")
	}
	wait := enqueueWithin
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline))
	}
	if wait <= 0 {
		return fault.New(fault.NoLeader, "the request ended before anything was changed")
	}
	return n.await(ctx, do(n.app.conf.Load(), wait))
}

func (n *Node) find(node string) (raft.Server, bool) {
	for _, s := range n.servers() {
		if string(s.ID) == node {
			return s, true
		}
	}
	return raft.Server{}, false
}

// Admit makes node, at peerAddr, a member that receives the log and does not vote yet; it becomes a voter by itself once
// it has kept up for a while. level is the newest that its program knows. Leader only. A member's address is updated. Kinds:
// NoLeader, Uncertain, Invalid; BadState if the program is too old.
func (n *Node) Admit(ctx context.Context, node, peerAddr string, level uint32) error {
	if peerAddr == "" || len(peerAddr) > maxAddr {
		return fault.New(fault.Invalid, "a member needs a peer address")
	}
	n.confMu.Lock()
	defer n.confMu.Unlock()
	if err := n.welcome(node, level); err != nil {
		return err
	}
	add := n.raft.AddNonvoter
	if s, ok := n.find(node); ok {
		if string(s.Address) == peerAddr {
			return nil
		}
		if s.Suffrage == raft.Voter {
			add = n.raft.AddVoter
		}
	}
	err := n.change(ctx, func(prev uint64, wait time.Duration) raft.IndexFuture {
		return add(raft.ServerID(node), raft.ServerAddress(peerAddr), prev, wait)
	})
	if err != nil {
		return fmt.Errorf("admitting %s: %w", node, err)
	}
	n.log.Info("member admitted", "member", node, "peer", peerAddr)
	n.nudge()
	return nil
}

// Promote makes a member a voter, now, and lets it be one again after Demote. Leader only. Kinds: NotFound;
// BadState if it is not close behind.
func (n *Node) Promote(ctx context.Context, node string) error {
	s, ok := n.find(node)
	if !ok {
		return fault.New(fault.NotFound, "node %q is not a member", node)
	}
	if err := n.unmark(ctx, node); err != nil {
		return err
	}
	if s.Suffrage == raft.Voter {
		return nil
	}
	if _, h, ok := n.reports.judge(node, n.silence()); !ok || h.close == 0 {
		return fault.New(fault.BadState, "node %q has not caught up yet", node).
			WithHint("Wait until `quorate operator members` shows it close to the leader's index, then try again.")
	}
	return n.addVoter(ctx, s)
}

func (n *Node) addVoter(ctx context.Context, s raft.Server) error {
	n.confMu.Lock()
	defer n.confMu.Unlock()
	err := n.change(ctx, func(prev uint64, wait time.Duration) raft.IndexFuture {
		return n.raft.AddVoter(s.ID, s.Address, prev, wait)
	})
	if err != nil {
		return fmt.Errorf("promoting %s: %w", s.ID, err)
	}
	n.log.Info("member votes now", "member", string(s.ID))
	return nil
}

// Demote takes a member's vote away, until Promote. Leader only, and not of itself. Kinds: NotFound, BadState.
func (n *Node) Demote(ctx context.Context, node string) error {
	s, ok := n.find(node)
	switch {
	case !ok:
		return fault.New(fault.NotFound, "node %q is not a member", node)
	case node == n.cfg.Node:
		return fault.New(fault.BadState, "the leader cannot take its own vote away").
			WithHint("Hand leadership over first (`quorate operator step-down`).")
	}
	n.confMu.Lock()
	defer n.confMu.Unlock()
	if s.Suffrage == raft.Voter {
		if err := n.quorumWithout(ctx, node); err != nil {
			return err
		}
	}
	// After what refuses it, so that a refusal leaves nothing; before the change, so that no leader gives the vote back in between.
	if err := n.mark(ctx, node); err != nil {
		return err
	}
	if s.Suffrage != raft.Voter {
		return nil
	}
	err := n.change(ctx, func(prev uint64, wait time.Duration) raft.IndexFuture {
		return n.raft.DemoteVoter(s.ID, prev, wait)
	})
	if err != nil {
		return fmt.Errorf("demoting %s: %w", node, err)
	}
	n.log.Info("member does not vote any more", "member", node)
	return nil
}

// mark notes in the replicated state that a member is not to be promoted.
func (n *Node) mark(ctx context.Context, node string) error {
	if n.app.machine.State().Document(nonvoterDocument+node) != nil {
		return nil
	}
	return n.settle(ctx, &fsm.PutDocument{Name: nonvoterDocument + node, Body: []byte{1}})
}

func (n *Node) unmark(ctx context.Context, node string) error {
	d := n.app.machine.State().Document(nonvoterDocument + node)
	if d == nil {
		return nil
	}
	return n.settle(ctx, &fsm.DeleteDocument{Name: d.Name, Expect: d.Revision})
}

// settle proposes a command of this package's own.
func (n *Node) settle(ctx context.Context, cmd fsm.Command) error {
	id, err := key.NewID(randomness)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "no random numbers")
	}
	out, err := n.propose(ctx, cmd, fsm.Request{ID: id}) // a full disk does not keep a cluster from looking after itself
	if err != nil {
		return err
	}
	if out.Fault != nil {
		return out.Fault
	}
	return nil
}

// quorumWithout refuses a change that would leave the voters without a live majority. A new leader waits a moment first,
// until the others have reported to it.
func (n *Node) quorumWithout(ctx context.Context, node string) error {
	ld := n.leading()
	if ld == nil {
		return fault.New(fault.NoLeader, "this node does not lead, or is not ready yet")
	}
	limit := ld.since + n.silence()
	for {
		err := n.countWithout(node)
		if err == nil || n.boot() >= limit || ctx.Err() != nil {
			return err
		}
		n.sleepUntil(ctx, n.boot()+5*time.Millisecond)
	}
}

func (n *Node) countWithout(node string) error {
	voters, live := 0, 0
	for _, s := range n.servers() {
		if s.Suffrage != raft.Voter || string(s.ID) == node {
			continue
		}
		voters++
		if n.healthy(string(s.ID)) {
			live++
		}
	}
	if voters == 0 {
		return fault.New(fault.BadState, "node %q is the last voter", node).WithHint("Give another member a vote first (`quorate operator promote`).")
	}
	if live < voters/2+1 {
		return fault.New(fault.BadState, "without node %q only %d of %d voters would be up: no quorum", node, live, voters).
			WithHint("Bring the other members back first, or remove those that are gone for good.")
	}
	return nil
}

// Remove takes a member out. It is told, and can never come back with the data that it has. A leader that is to remove
// itself hands over first, and the new leader does it. Leader only. Kinds: NotFound, BadState.
func (n *Node) Remove(ctx context.Context, node string) error {
	s, ok := n.find(node)
	if !ok {
		return fault.New(fault.NotFound, "node %q is not a member", node)
	}
	if node == n.cfg.Node {
		return n.removeSelf(ctx)
	}
	addr := n.addrOf(node)
	which, known := n.certOf(ctx, node)
	n.confMu.Lock()
	defer n.confMu.Unlock()
	if s.Suffrage == raft.Voter {
		if err := n.quorumWithout(ctx, node); err != nil {
			return err
		}
	}
	if err := n.unmark(ctx, node); err != nil {
		return err
	}
	n.app.noteDrop() // raft's newest configuration is without it from the append on, long before it is applied here
	err := n.change(ctx, func(prev uint64, wait time.Duration) raft.IndexFuture {
		return n.raft.RemoveServer(s.ID, prev, wait)
	})
	if err != nil {
		return fmt.Errorf("removing %s: %w", node, err)
	}
	n.log.Info("member removed", "member", node)
	if known {
		n.spawn(func() { n.tellRemoved(node, addr, which) })
	}
	return nil
}
