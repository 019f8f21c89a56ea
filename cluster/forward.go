package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
)

const (
	forwardPauseMin = 20 * time.Millisecond
	forwardPauseMax = 200 * time.Millisecond
)

// ErrSelfLeader tells the caller of Forward that this node has become the leader: run the request here.
var ErrSelfLeader = errors.New("this node leads now")

// Leader names the leader, "" if none is known; self tells that it is this node, and ready.
func (n *Node) Leader() (node string, self bool) {
	if n.leading() != nil {
		return n.cfg.Node, true
	}
	_, id := n.raft.LeaderWithID()
	return string(id), false
}

// Forward has the leader run method on body and returns its answer. While there is no leader, or it cannot be reached, or
// its answer is NoLeader or Uncertain, the same bytes are sent again, to whoever leads then, until ctx ends; so the
// method must recognise a repeated request. Errors: the leader's last *fault.Error, or ErrSelfLeader, which is fault.Uncertain too if a try was.
func (n *Node) Forward(ctx context.Context, method string, body []byte) ([]byte, error) {
	began := time.Now()
	answer, err := n.forward(ctx, method, body)
	n.meter.forwarded(time.Since(began), err)
	return answer, err
}

func (n *Node) forward(ctx context.Context, method string, body []byte) ([]byte, error) {
	var last error = fault.New(fault.NoLeader, "no leader is known")
	pause := forwardPauseMin
	for {
		leader, self := n.Leader()
		switch {
		case self:
			if errors.Is(last, fault.Uncertain) {
				return nil, errors.Join(ErrSelfLeader, last)
			}
			return nil, ErrSelfLeader
		case leader != "" && leader != n.cfg.Node:
			answer, err := n.Call(ctx, leader, method, body)
			if err == nil {
				return answer, nil
			}
			if !errors.Is(err, fault.NoLeader) && !errors.Is(err, fault.Uncertain) {
				if fault.KindOf(err).Undone() { // a later "busy" or "full" says nothing of what became of an earlier try
					err = worse(last, err)
				}
				return nil, err
			}
			if ctx.Err() == nil || errors.Is(err, fault.Uncertain) { // once unknown, a later "nothing written" does not undo it
				last = worse(last, err)
			}
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
			return nil, last
		case <-n.ctx.Done():
			return nil, last
		}
		pause = min(2*pause, forwardPauseMax)
	}
}

// worse keeps Uncertain over whatever else a repetition met.
func worse(last, err error) error {
	if errors.Is(last, fault.Uncertain) && !errors.Is(err, fault.Uncertain) {
		return last
	}
	return err
}

// Call has a member run method on body and returns its answer, once. A failure there is a *fault.Error, a failure of the
// way a *peer.CallError. Kind: fault.NotFound if the node is no member.
func (n *Node) Call(ctx context.Context, node, method string, body []byte) ([]byte, error) {
	return n.askRaw(ctx, node, method, body, nil)
}

// Handle makes h answer the calls named method. Names that begin with "cluster/" are this package's own.
func (n *Node) Handle(method string, h Handler) {
	if strings.HasPrefix(method, "cluster/") {
		panic("cluster: " + method + " is a call of the cluster's own") // a constant in our own code
	}
	n.port.Handle(method, h)
}

// ask makes one of this package's own calls.
func (n *Node) ask(ctx context.Context, node, method string, question, answer any) error {
	var body []byte
	if question != nil {
		var err error
		if body, err = wireEnc.Marshal(question); err != nil {
			return fault.Wrap(fault.Internal, err, "a call cannot be written")
		}
	}
	_, err := n.askRaw(ctx, node, method, body, answer)
	return err
}

// askRaw calls a node and, if answer is not nil, decodes what it says.
func (n *Node) askRaw(ctx context.Context, node, method string, body []byte, answer any) ([]byte, error) {
	addr := n.addrOf(node)
	if addr == "" {
		return nil, fault.New(fault.NotFound, "node %q is not a member", node)
	}
	got, err := n.port.Call(ctx, addr, node, method, body)
	if err != nil {
		return nil, err
	}
	if answer != nil {
		if err := wireDec.Unmarshal(got, answer); err != nil {
			return nil, fault.Wrap(fault.Internal, err, "the answer of node %q cannot be read", node)
		}
	}
	return got, nil
}

// servers is the newest membership that this node knows of, committed or not.
func (n *Node) servers() []raft.Server {
	return n.raft.GetConfiguration().Configuration().Servers
}

// isMember is the port's question. A node that is not in any configuration that it knows of waits to be admitted: it listens to
// whoever the cluster's CA vouches for. That is so until its own name comes up, and not only until it has some
// configuration: the snapshot that it is sent may be older than its leader's membership. And a member that was away
// listens to those of whom a voter that it knows says that they are members now: they may have joined meanwhile, and one
// of them may lead (DESIGN.md).
func (n *Node) isMember(node string) bool {
	if !n.booted.Load() {
		return false
	}
	self := false
	for _, s := range n.servers() {
		if string(s.ID) == node {
			return true
		}
		self = self || string(s.ID) == n.cfg.Node
	}
	return !self || n.around.vouchedFor(node, n.boot())
}

// addrOf finds where a member is: as it announces itself, else as the Raft configuration has it. Whoever answers must
// show the node's certificate, so a wrong hint leads nowhere.
func (n *Node) addrOf(node string) string {
	if addr, ok := n.resolve(raft.ServerID(node)); ok {
		return addr
	}
	for _, s := range n.servers() {
		if string(s.ID) == node {
			return string(s.Address)
		}
	}
	return ""
}
