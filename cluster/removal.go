package cluster

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

const (
	methodRemoved = "cluster/removed" // to a node that was removed: you are
	methodRemove  = "cluster/remove"  // to a new leader, from the one before: remove me
	tellFor       = 10 * time.Second
	answerFirst   = 100 * time.Millisecond // between the answer of a node that was told of its removal, and its end
	refusedTimes  = 4                      // refusals by one voter, without an answer from any, that count
)

// removal says which membership has ended. A node of the same name may have joined since: it has another certificate.
type removal struct {
	Cert [sha256.Size]byte `cbor:"1,keyasint"` // SHA-256 of the certificate of who was removed
}

// certOf is the hash of the certificate that a member holds now; false if nobody knows it. A node that does not answer and
// whose certificate was never seen is not told of its removal: it learns that from the doors it finds shut.
func (n *Node) certOf(ctx context.Context, node string) (removal, bool) {
	ctx, cancel := context.WithTimeout(ctx, aroundEvery)
	defer cancel()
	if err := n.askAround(ctx, node); err != nil {
		n.log.Debug("a member that is to be removed does not show its certificate", "member", node, "error", err)
	}
	leaf := n.book.get(node)
	if leaf == nil {
		return removal{}, false
	}
	return removal{Cert: sha256.Sum256(leaf.Raw)}, true
}

// tellRemoved tells a node, which still listens to us, that it was removed, until it knows or has been replaced.
func (n *Node) tellRemoved(node, addr string, which removal) {
	ctx, cancel := context.WithTimeout(n.ctx, tellFor)
	defer cancel()
	body, err := wireEnc.Marshal(which)
	if err != nil {
		n.log.Error("a removal cannot be written", "error", err)
		return
	}
	for addr != "" && ctx.Err() == nil {
		if _, admitted := n.find(node); admitted {
			return
		}
		_, err := n.port.Call(ctx, addr, node, methodRemoved, body)
		told := n.boot()
		if _, admitted := n.find(node); err == nil && !admitted { // it serves no more, whatever it was given meanwhile: nobody has to wait for its lease
			n.grants.forget(node, told, n.leaseBound())
		}
		if err == nil || errors.Is(err, fault.Conflict) {
			return
		}
		n.sleepUntil(ctx, n.boot()+200*time.Millisecond)
	}
}

// serveRemoved hears from a voter that this node was removed.
func (n *Node) serveRemoved(_ context.Context, from string, body []byte) ([]byte, error) {
	s, ok := n.find(from)
	if !ok || s.Suffrage != raft.Voter {
		return nil, fault.New(fault.Denied, "only a voter can tell a node that it was removed")
	}
	var which removal
	if err := wireDec.Unmarshal(body, &which); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the removal cannot be read")
	}
	if which.Cert != sha256.Sum256(n.id.Load().Cert.Leaf.Raw) {
		return nil, fault.New(fault.Conflict, "the node %s that was removed held another certificate", n.cfg.Node)
	}
	n.dead.Store(true) // before the answer, which says that this node serves nothing any more
	n.lease.drop("this node was removed from its cluster")
	n.spawn(func() {
		n.sleepUntil(n.ctx, n.boot()+answerFirst)
		n.removed()
	})
	return nil, nil
}

// removed ends this node for good: its directory is marked first.
func (n *Node) removed() {
	marker := filepath.Join(n.cfg.Dir, removedFile)
	text := fmt.Sprintf("%s was removed from its cluster.\n", n.cfg.Node)
	err := os.WriteFile(marker, []byte(text), 0o600)
	if err == nil {
		err = syncDir(n.cfg.Dir)
	}
	if err != nil {
		n.log.Error("the removal of this node could not be marked in its directory", "error", err)
	}
	n.fail(&RemovedError{File: marker})
}

// removeSelf hands leadership over and asks the new leader to remove this node.
func (n *Node) removeSelf(ctx context.Context) error {
	if err := n.quorumWithout(ctx, n.cfg.Node); err != nil {
		return err
	}
	if err := n.Transfer(ctx, ""); err != nil {
		return err
	}
	if _, err := n.Forward(ctx, methodRemove, nil); err != nil && !n.dead.Load() {
		return fmt.Errorf("leadership was handed over; removing this node: %w", err)
	}
	return nil
}

// serveRemove removes the caller: a node may ask that for itself only. The caller's connection is cut by that, so its
// context does not count.
func (n *Node) serveRemove(_ context.Context, from string, _ []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(n.ctx, upkeepWithin)
	defer cancel()
	return nil, n.Remove(ctx, from)
}

// refusals counts, for each voter, how often it has shut its door to us since any of them last answered.
type refusals struct {
	mu     sync.Mutex
	byNode map[string]int // guarded by mu
}

// forget is for a node that a leader has just answered: what was counted before says nothing of what comes.
func (r *refusals) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.byNode)
}

// countRefusals concludes from being refused by a majority of the voters that it knows, again and again and by nobody
// answered, that this node was removed while it was away. errs is what came of asking each of them once.
func (n *Node) countRefusals(errs map[string]error) {
	r := &n.around.refusals
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byNode == nil {
		r.byNode = map[string]int{}
	}
	voters, shut := 0, 0
	for _, s := range n.servers() {
		err, asked := errs[string(s.ID)]
		if s.Suffrage != raft.Voter || string(s.ID) == n.cfg.Node || !asked {
			continue
		}
		voters++
		var way *peer.CallError
		if !errors.As(err, &way) { // it answered, if only with a fault
			clear(r.byNode)
			return
		}
		if isRefusal(err) {
			r.byNode[string(s.ID)]++
		}
		if r.byNode[string(s.ID)] >= refusedTimes {
			shut++
		}
	}
	if voters > 0 && shut >= voters/2+1 && time.Now().Before(n.id.Load().Cert.Leaf.NotAfter) {
		n.removed()
	}
}

// isRefusal tells whether the other side ended the handshake with a TLS alert, as a port does to who is no member.
func isRefusal(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
