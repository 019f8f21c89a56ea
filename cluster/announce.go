package cluster

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"time"

	"github.com/quorate/quorate/cluster/gossip"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// startGossip joins the conversation, if this node is to have part in it.
func (n *Node) startGossip() error {
	if n.cfg.Gossip == "" {
		return nil
	}
	g, err := gossip.Start(gossip.Config{
		Node: n.cfg.Node, BindAddr: n.cfg.Gossip, AdvertiseAddr: n.cfg.AdvertiseGossip, Key: n.cfg.Identity.GossipKey,
		Cluster: peer.FormatCluster(n.cfg.Identity.Cluster), Meta: n.gossipMeta, Sign: n.sign, Verify: n.verify, Log: n.log,
	})
	if err != nil {
		return err
	}
	at := g.Addr()
	n.gossipAt.Store(&at)
	n.gossip.Store(g)
	n.spawn(func() {
		if len(n.cfg.Seeds) > 0 {
			if _, err := g.Join(n.cfg.Seeds); err != nil {
				n.log.Info("no seed answers yet", "error", err)
			}
		}
		if err := g.Run(n.ctx); err != nil {
			n.log.Error("gossip ended", "error", err)
		}
	})
	return nil
}

// runAcquaint sees to it that every member takes part in gossip: those whom it does not show are asked where they gossip.
func (n *Node) runAcquaint(ctx context.Context) {
	if n.gossip.Load() == nil {
		return
	}
	tick := time.NewTicker(aroundEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		seen := n.announced()
		for _, s := range n.servers() {
			if node := string(s.ID); node != n.cfg.Node && !seen[node].Healthy {
				n.fetchCert(node)
			}
		}
	}
}

// meet makes a member's gossip known to ours.
func (n *Node) meet(addr string) {
	g := n.gossip.Load()
	if g == nil || addr == "" || len(addr) > maxAddr {
		return
	}
	for _, m := range g.Members() {
		if m.Alive && m.Addr == addr {
			return
		}
	}
	if _, err := g.Join([]string{addr}); err != nil {
		n.log.Debug("a member's gossip cannot be reached yet", "error", err)
	}
}

// gossipMeta is what this node announces. It is called before gossip runs, too.
func (n *Node) gossipMeta() gossip.Meta {
	m := gossip.Meta{API: n.cfg.API, Peer: n.peerAddr(), Sealed: n.sealed.Load(), Version: n.cfg.Version, Role: "follower", Zone: n.cfg.Zone, Replica: n.cfg.Replica, Level: fsm.MaxLevel}
	if n.cfg.AdvertiseGossip != "" {
		m.Gossip = n.cfg.AdvertiseGossip
	}
	if n.leading() != nil {
		m.Role = RoleLeader
	}
	return m
}

func (n *Node) refreshGossip() {
	if g := n.gossip.Load(); g != nil {
		g.Refresh()
	}
}

// announced is what gossip knows of the others.
func (n *Node) announced() map[string]Member {
	g := n.gossip.Load()
	if g == nil {
		return nil
	}
	list := g.Members()
	known := make(map[string]Member, len(list))
	for _, m := range list {
		if !m.Verified {
			continue
		}
		at := m.Gossip
		if at == "" {
			at = m.Addr
		}
		known[m.Node] = Member{
			Node: m.Node, API: m.API, Peer: m.Peer, Gossip: at, Version: m.Version,
			Sealed: m.Sealed, Healthy: m.Alive, Applied: m.Applied, Zone: m.Zone, Replica: m.Replica, Level: m.Level,
		}
	}
	return known
}

// sign signs with the key of this node's certificate.
func (n *Node) sign(msg []byte) []byte {
	signer, ok := n.id.Load().Cert.PrivateKey.(crypto.Signer)
	if !ok {
		return nil
	}
	var sig []byte
	var err error
	if _, isEd := signer.Public().(ed25519.PublicKey); isEd {
		sig, err = signer.Sign(rand.Reader, msg, crypto.Hash(0))
	} else {
		sum := sha256.Sum256(msg)
		sig, err = signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	if err != nil {
		n.log.Error("this node's announcement cannot be signed", "error", err)
		return nil
	}
	return sig
}

// verify checks an announcement against the certificate of the node that is said to have made it.
func (n *Node) verify(node string, msg, sig []byte) error {
	leaf := n.book.get(node)
	if node == n.cfg.Node {
		leaf = n.id.Load().Cert.Leaf
	}
	if leaf == nil {
		n.fetchCert(node)
		return fault.Wrap(fault.NotFound, errUnknownCert, "node %q cannot be verified", node)
	}
	if checkSignature(leaf, msg, sig) {
		return nil
	}
	n.fetchCert(node) // it may have a new one
	return fault.New(fault.Unauthenticated, "an announcement was not signed by node %q", node)
}

func checkSignature(leaf *x509.Certificate, msg, sig []byte) bool {
	switch pub := leaf.PublicKey.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(pub, msg, sig)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(msg)
		return ecdsa.VerifyASN1(pub, sum[:], sig)
	default:
		return false
	}
}

// fetchCert asks a node for its certificate, now and then, in the background.
func (n *Node) fetchCert(node string) {
	if !n.booted.Load() || !n.isMember(node) || !n.book.due(node) {
		return
	}
	n.spawn(func() {
		ctx, cancel := context.WithTimeout(n.ctx, aroundEvery)
		defer cancel()
		if err := n.askAround(ctx, node); err != nil && !errors.Is(err, fault.NotFound) {
			n.log.Debug("a member's certificate could not be had yet", "member", node, "error", err)
		}
	})
}
