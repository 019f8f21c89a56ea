package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
)

const (
	identityDir  = "identity"
	raftDir      = "raft"
	sharesDir    = "shares"   // this node's share of the slot "quorum", and whether an operator sealed it
	joiningFile  = "joining"  // there while a node that was admitted has no log yet
	foundingFile = "founding" // there while a cluster is being founded: what was written does not count yet
	joinEvery    = time.Second
	joinPauseMax = 15 * time.Second
	foundWithin  = 15 * time.Second
	renewEvery   = time.Hour
)

// node is this process's way into a cluster: from blank, by founding or joining, to member. It hands the vault
// what it needs once there is a cluster.
type node struct {
	cfg      config
	log      *slog.Logger
	audit    *audit.Log
	metrics  cluster.Metrics
	vault    *vault.Vault
	identity atomic.Pointer[peer.Identity]
	cluster  atomic.Pointer[cluster.Node]
	ended    chan error // the cluster node ended by itself; the process must too
}

var _ vault.Founder = (*node)(nil)

func (n *node) path(name string) string { return filepath.Join(n.cfg.Dir, name) }

// mark puts an empty file into the directory and unmark takes it out, for good: what a mark stands for outlives a power cut, and so must
// its being there or not.
func (n *node) mark(name string) error {
	if err := os.WriteFile(n.path(name), nil, 0o600); err != nil {
		return err
	}
	return syncFolder(n.cfg.Dir)
}

func (n *node) unmark(name string) error {
	if err := os.Remove(n.path(name)); err != nil {
		return err
	}
	return syncFolder(n.cfg.Dir)
}

// recoverDir is start-up's look at what is there: a founding that was cut off is undone, a member's identity is loaded.
func (n *node) recoverDir() error {
	if _, err := os.Stat(n.path(foundingFile)); err == nil {
		n.log.Warn("the founding of a cluster was cut off before its shares were shown; what it left is removed")
		if err := n.wipe(); err != nil {
			return err
		}
	}
	if n.cfg.Join.rejoin {
		if err := n.forgetMembership(); err != nil {
			return err
		}
	}
	id, err := peer.LoadIdentity(n.path(identityDir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading this node's identity: %w", err)
	}
	if id.Node != n.cfg.Name {
		return fault.New(fault.Invalid, "this directory belongs to the node %q, not %q", id.Node, n.cfg.Name).
			WithHint("Start it as --name %s, or choose another --dir.", id.Node)
	}
	n.identity.Store(id)
	n.vault.Starting()
	return n.tellRecovery()
}

// tellRecovery writes into the audit log that this node was made a cluster of its own, before it serves anybody.
func (n *node) tellRecovery() error {
	r, err := cluster.Recovered(n.path(raftDir))
	if err != nil || r == nil {
		return err
	}
	e := &audit.Entry{
		Phase: audit.Response, Operation: "cluster.recover", Outcome: audit.OutcomeOf(nil), Index: r.Index,
		Caller: access.Caller{Principal: r.By, Door: "local"},
		Detail: "this node was made the only member, because the majority of the voters was lost",
		Changes: map[string]string{
			"at": r.At.Format(time.RFC3339), "term": strconv.FormatUint(r.Term, 10), "without": strings.Join(slices.Sorted(slices.Values(r.Without)), ","),
		},
	}
	if err := n.audit.Append(e, audit.Synced); err != nil {
		return fmt.Errorf("recording that this node was recovered: %w", err)
	}
	n.log.Warn("this node was made a cluster of its own; members that were left out must join anew, empty", "by", r.By, "at", r.At, "index", r.Index, "without", r.Without)
	return cluster.ForgetRecovery(n.path(raftDir))
}

// forgetMembership wipes a node that was removed, or that has lost its log, and no other: the audit log stays.
func (n *node) forgetMembership() error {
	_, removed := os.Stat(filepath.Join(n.path(raftDir), "removed"))
	log, lost := os.Stat(filepath.Join(n.path(raftDir), "raft.db"))
	if removed != nil && lost == nil && log.Size() > 0 {
		return fault.New(fault.BadState, "this node was not removed from its cluster, so nothing is wiped").
			WithHint("Start it without --rejoin --wipe, or remove it first: quorate operator remove %s", n.cfg.Name)
	}
	n.log.Warn("this node was removed from its cluster, or has lost its log; what it kept of it is deleted, and it joins anew")
	return n.wipe()
}

// wipe removes what makes this directory a member's.
func (n *node) wipe() error {
	for _, name := range []string{raftDir, identityDir, sharesDir, foundingFile, joiningFile} {
		if err := os.RemoveAll(n.path(name)); err != nil {
			return fmt.Errorf("removing an unfinished founding: %w", err)
		}
	}
	n.identity.Store(nil)
	return nil
}

// Found implements vault.Founder.
func (n *node) Found(ctx context.Context, f vault.Founding) error {
	err := n.found(ctx, f)
	if err != nil {
		n.Abandon()
	}
	return err
}

func (n *node) found(ctx context.Context, f vault.Founding) error {
	if err := n.mark(foundingFile); err != nil {
		return fmt.Errorf("marking the founding: %w", err)
	}
	cert, key, err := certificateFor(n.cfg, f)
	if err != nil {
		return err
	}
	defer clear(key)
	if err := n.take(cert, key, f.CA, f.Gossip, f.Log); err != nil {
		return err
	}
	if err := n.start(true, nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, foundWithin)
	defer cancel()
	for {
		if _, self := n.cluster.Load().Leader(); self {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Internal, "the new cluster did not elect its only member")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Keep implements vault.Founder. From here on the founding counts: a mark that came back after a power cut would have it removed.
func (n *node) Keep() error { return n.unmark(foundingFile) }

// Abandon implements vault.Founder.
func (n *node) Abandon() {
	if c := n.cluster.Swap(nil); c != nil {
		_ = c.Halt()
	}
	if err := n.wipe(); err != nil {
		n.log.Error("an unfinished founding could not be removed; it is tried again at the next start", "err", err)
	}
}

// take makes certificate, keys and secrets this node's identity, on disk first.
func (n *node) take(cert, key, ca, gossip, log []byte) error {
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})
	id, err := peer.NewIdentity(cert, key, caPEM, gossip, log)
	if err != nil {
		return err
	}
	if err := id.Save(n.path(identityDir)); err != nil {
		return fmt.Errorf("saving this node's identity: %w", err)
	}
	n.identity.Store(id)
	return nil
}

// start opens the cluster node and hands it to the vault.
func (n *node) start(bootstrap bool, seeds []string) error {
	machine := fsm.New()
	_, joining := os.Stat(n.path(joiningFile))
	profile := cluster.LAN
	if n.cfg.Cluster.Profile == "wan" {
		profile = cluster.WAN
	}
	c, err := cluster.Open(cluster.Config{
		Dir: n.path(raftDir), Node: n.cfg.Name, Identity: n.identity.Load(), Machine: machine,
		Peer: n.cfg.Listen.Peer, Gossip: n.cfg.Listen.Gossip, API: n.cfg.advertisedAPI(),
		AdvertisePeer: n.cfg.Advertise.Peer, AdvertiseGossip: n.cfg.Advertise.Gossip,
		Process: n.vault.BootID(), Bootstrap: bootstrap, Kept: joining != nil, Seeds: seeds, Find: n.find(), Timing: profile, Lease: n.cfg.Cluster.Lease, Log: n.log, Metrics: n.metrics, Version: version, Now: n.cfg.now(),
		DiskMark: uint64(n.cfg.Disk.Mark), DiskBallast: n.cfg.Disk.Reserve,
		Zone: n.cfg.Zone, Replica: n.cfg.Replica, DeadAfter: n.cfg.Cluster.DeadAfter, MinQuorum: n.cfg.Cluster.MinQuorum, CleanUp: n.vault.CleanUp,
		Handlers: map[string]cluster.Handler{
			vault.MethodForward: n.vault.HandleForward, vault.MethodShare: n.vault.HandleShare,
			vault.MethodClose: n.vault.HandleClose, vault.MethodEpoch: n.vault.HandleEpoch,
			vault.MethodGrant: n.vault.HandleGrant, vault.MethodRelease: n.vault.HandleRelease, vault.MethodHold: n.vault.HandleHold,
			vault.MethodTell:      n.vault.HandleTell,
			vault.MethodHandInKey: n.vault.HandleHandInKey, vault.MethodHandInFile: n.vault.HandleHandInFile,
		},
		Join: n.admit,
		OnApply: func(batch []cluster.Applied) {
			for i := range batch {
				n.vault.Applied(batch[i].Command, batch[i].Outcome)
			}
		},
		OnRestore: n.vault.Restored,
	})
	if err != nil {
		return err
	}
	if err := n.unmark(joiningFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.log.Warn("the mark of a node that joins could not be removed", "err", err)
	}
	n.cluster.Store(c)
	n.audit.SetSigner(n.auditSigner)
	p := ports{c}
	n.vault.Attach(machine, p, p, p)
	p.Announce(n.vault.Sealed())
	go func() {
		<-c.Fatal()
		n.ended <- c.Reason()
		_ = c.Halt() // whoever stops it in order hears what came of it
	}()
	return nil
}

// admit answers a node that wants to join through this one.
func (n *node) admit(ctx context.Context, body []byte) ([]byte, error) {
	var a vault.Admission
	if err := cbor.Unmarshal(body, &a); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request to join cannot be read")
	}
	defer clear(a.Token)
	if err := peer.CheckNode(a.Node); err != nil {
		return nil, err
	}
	out, err := n.vault.Admit(ctx, access.Caller{Principal: "", Door: "join", Remote: a.Peer}, a)
	if err != nil {
		return nil, err
	}
	defer clear(out.Gossip)
	defer clear(out.Log)
	return cbor.Marshal(out)
}

// join asks the members, one after the other, until one of them lets this node in.
func (n *node) join(ctx context.Context) error {
	var request vault.Admission
	var pin [32]byte
	if founded, err := n.awaitToken(ctx); founded || err != nil {
		return err
	}
	err := n.cfg.Join.withToken(func(text []byte) error {
		p, id, secret, err := vault.ParseJoinToken(text)
		pin, request.Token = p, append(id[:], secret...)
		clear(secret)
		return err
	})
	if err != nil {
		return err
	}
	defer clear(request.Token)
	key, csr, err := peer.NewCSR(n.cfg.Name, n.cfg.dnsNames(), n.cfg.addresses())
	if err != nil {
		return err
	}
	defer clear(key)
	request.Node, request.CSR, request.Peer, request.Level = n.cfg.Name, csr, n.cfg.advertisedPeer(), fsm.MaxLevel
	request.Replace = n.cfg.Join.Replace
	body, err := cbor.Marshal(request)
	if err != nil {
		return err
	}
	defer clear(body)
	out, err := n.ask(ctx, pin, body)
	if err != nil {
		return err
	}
	defer clear(out.Gossip)
	defer clear(out.Log)
	if err := n.mark(joiningFile); err != nil {
		return fmt.Errorf("marking that this node joins: %w", err)
	}
	if err := n.take(out.Cert, key, out.CA, out.Gossip, out.Log); err != nil {
		return err
	}
	n.log.Info("joined the cluster", "cluster", peer.FormatCluster(out.Cluster))
	return n.start(false, out.Seeds)
}

// awaitToken waits until the file of the join token is there: in containers it is brought after the node was started. Meanwhile
// the node is blank, and a cluster may be founded on it: then it has nothing to join.
func (n *node) awaitToken(ctx context.Context) (founded bool, err error) {
	if len(n.cfg.Join.token) > 0 || n.cfg.Join.TokenFile == "" {
		return false, nil
	}
	for said := false; ; said = true {
		if n.identity.Load() != nil {
			return true, nil
		}
		if _, err := os.Stat(n.cfg.Join.TokenFile); !errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if !said {
			n.log.Warn("there is no join token yet; this node waits for it, and joins then", "file", n.cfg.Join.TokenFile)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// ask goes round the peers until a member answers for good. The pause between two rounds grows. Somebody else may be at an address, and
// that says nothing of the others; but when nobody else is at any of those that were given one by one, the token is for another cluster.
func (n *node) ask(ctx context.Context, pin [32]byte, body []byte) (*vault.Admitted, error) {
	for pause := joinEvery; ; pause = min(pause*3/2, joinPauseMax) {
		addrs, err := n.cfg.Join.addresses(ctx)
		if err != nil {
			n.log.Warn("a name of members cannot be looked up yet, trying again", "err", err)
		}
		strangers := 0
		for _, addr := range addrs {
			out, err := joinAt(ctx, addr, pin, body)
			var foreign *peer.ForeignError
			switch f := fault.Of(err); {
			case err == nil:
				return out, nil
			case errors.As(err, &foreign):
				if strangers++; strangers == len(addrs) && !n.cfg.Join.byName() {
					return nil, err
				}
			case !f.Kind.Retryable() && f.Kind != fault.Internal:
				return nil, err
			}
			n.log.Info("not admitted yet, trying again", "member", addr, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}

func joinAt(ctx context.Context, addr string, pin [32]byte, body []byte) (*vault.Admitted, error) {
	answer, err := peer.Join(ctx, addr, pin, body)
	if err != nil {
		return nil, err
	}
	defer clear(answer)
	var out vault.Admitted
	if err := cbor.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", addr, err)
	}
	return &out, nil
}

// renew gets a new certificate when a third of the old one's life is left. It returns when ctx ends.
func (n *node) renew(ctx context.Context) {
	for {
		if id := n.identity.Load(); id != nil && due(id.Cert.Leaf, time.Now()) && !n.vault.Sealed() {
			if err := n.renewNow(ctx, id); err != nil {
				n.log.Warn("this node's certificate could not be renewed yet", "expires", id.Cert.Leaf.NotAfter, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(renewEvery):
		}
	}
}

func due(leaf *x509.Certificate, now time.Time) bool {
	return now.After(leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3))
}

func (n *node) renewNow(ctx context.Context, old *peer.Identity) error {
	key, csr, err := peer.NewCSR(n.cfg.Name, n.cfg.dnsNames(), n.cfg.addresses())
	if err != nil {
		return err
	}
	defer clear(key)
	out, err := n.vault.Renew(ctx, csr)
	if err != nil {
		return err
	}
	if err := n.take(out.Cert, key, out.CA, old.GossipKey, old.LogKey); err != nil {
		return err
	}
	if c := n.cluster.Load(); c != nil {
		if err := c.SetIdentity(n.identity.Load()); err != nil {
			return err
		}
	}
	n.log.Info("this node's certificate was renewed", "expires", n.identity.Load().Cert.Leaf.NotAfter)
	return nil
}

// handOver gives leadership away, if this node leads, while its doors are still open: requests under way are then
// forwarded to the new leader, and nobody sees an error.
func (n *node) handOver() {
	c := n.cluster.Load()
	if c == nil {
		return
	}
	if _, leads := c.Leader(); !leads || len(c.Members()) < 2 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := c.Transfer(ctx, ""); err != nil {
		n.log.Warn("leadership could not be handed over before stopping", "err", err)
	}
}

// stop leaves the cluster in order: leadership is handed over first, unless this node cannot go on.
func (n *node) stop() error {
	c := n.cluster.Load()
	if c == nil {
		return nil
	}
	select {
	case <-c.Fatal():
		return c.Halt()
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return c.Shutdown(ctx)
}

func (c *config) advertisedAPI() string {
	if c.Advertise.API != "" {
		return c.Advertise.API
	}
	return c.Listen.API
}

func (c *config) advertisedPeer() string {
	if c.Advertise.Peer != "" {
		return c.Advertise.Peer
	}
	return c.Listen.Peer
}
