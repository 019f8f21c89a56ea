package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// nodeLifetime is how long a node's certificate is valid; it is renewed when a third of it is left.
const nodeLifetime = 90 * 24 * time.Hour

// ports adapts a cluster node to what the vault declares that it needs. Neither knows the other.
type ports struct{ *cluster.Node }

var (
	_ vault.Replica    = ports{}
	_ vault.Peers      = ports{}
	_ vault.Membership = ports{}
)

// Fresh implements vault.Replica.
func (p ports) Fresh(ctx context.Context, read access.Consistency) error {
	return p.Node.Fresh(ctx, read)
}

// Propose implements vault.Replica.
func (p ports) Propose(ctx context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error) {
	return p.Node.Propose(ctx, cmd, r)
}

// Forward implements vault.Peers.
func (p ports) Forward(ctx context.Context, method string, body []byte) ([]byte, error) {
	answer, err := p.Node.Forward(ctx, method, body)
	if errors.Is(err, cluster.ErrSelfLeader) && errors.Is(err, fault.Uncertain) {
		return nil, errors.Join(vault.ErrSelf, err)
	}
	if errors.Is(err, cluster.ErrSelfLeader) {
		return nil, vault.ErrSelf
	}
	return answer, err
}

// Announce implements vault.Peers.
func (p ports) Announce(sealed bool) { p.SetSealed(sealed) }

// Members implements vault.Membership.
func (p ports) Members() []vault.Member {
	var all []vault.Member
	for _, m := range p.Node.Members() {
		all = append(all, vault.Member{
			Node: m.Node, Role: m.Role, API: m.API, Peer: m.Peer, Gossip: m.Gossip, Sealed: m.Sealed, Healthy: m.Healthy, Applied: m.Applied,
			Disk: vault.Disk(m.Disk), Zone: m.Zone, Replica: m.Replica, Version: m.Version, Level: m.Level,
		})
	}
	return all
}

// Change implements vault.Membership.
func (p ports) Change(ctx context.Context, c vault.MemberChange) error {
	switch c.Act {
	case vault.AddMember:
		return p.Admit(ctx, c.Node, c.Peer, c.Level)
	case vault.PromoteMember:
		return p.Promote(ctx, c.Node)
	case vault.DemoteMember:
		return p.Demote(ctx, c.Node)
	case vault.RemoveMember:
		return p.Remove(ctx, c.Node)
	case vault.TransferLead:
		return p.Transfer(ctx, c.Node)
	}
	return fault.New(fault.Internal, "there is no membership change %d", c.Act)
}

// authority makes certificates with the peers' rules, by the machine's own clock: moved is how far a drill moved the vault's.
type authority struct{ moved time.Duration }

var _ vault.Authority = authority{}

func (a authority) NewCA(cluster [16]byte, now time.Time) ([]byte, []byte, error) {
	return peer.NewCA(cluster, now.Add(-a.moved))
}

func (a authority) SignNode(s vault.Signing) ([]byte, error) {
	names, err := peer.NamesOf(s.CSR)
	if err != nil {
		return nil, err
	}
	if s.Allow != nil {
		if err := s.Allow(names); err != nil {
			return nil, err
		}
	}
	return peer.SignNode(s.CA, s.CAKey, s.CSR, s.Node, s.Cluster, nodeLifetime, s.Now.Add(-a.moved))
}

func (a authority) SignClient(s vault.Signing) ([]byte, error) {
	return peer.SignClient(s.CA, s.CAKey, s.CSR, s.Node, s.Lifetime, s.Now.Add(-a.moved))
}

// certificateFor signs the first member's own certificate.
func certificateFor(cfg config, f vault.Founding) (cert, key []byte, err error) {
	key, csr, err := peer.NewCSR(cfg.Name, cfg.dnsNames(), cfg.addresses())
	if err != nil {
		return nil, nil, err
	}
	cert, err = peer.SignNode(f.CA, f.CAKey, csr, cfg.Name, f.Cluster, nodeLifetime, f.Now.Add(-cfg.ClockOffset))
	return cert, key, err
}

// hosts lists the hosts of every address that the node listens on or advertises, and the further names.
func (c *config) hosts() []string {
	var all []string
	for _, addr := range []string{
		c.Listen.API, c.Listen.Peer, c.Listen.Gossip, c.Listen.Keas, c.Listen.KMIP, c.Advertise.API, c.Advertise.Peer, c.Advertise.Gossip,
	} {
		if host, _, err := net.SplitHostPort(addr); err == nil && host != "" && !contains(all, host) {
			all = append(all, host)
		}
	}
	return append(all, c.Advertise.Names...)
}

// dnsNames and addresses go into the node's certificate, localhost always among them.
func (c *config) dnsNames() []string {
	names := []string{"localhost"}
	for _, h := range c.hosts() {
		if net.ParseIP(h) == nil && !contains(names, h) {
			names = append(names, h)
		}
	}
	return names
}

func (c *config) addresses() []net.IP {
	ips := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	for _, h := range c.hosts() {
		if ip := net.ParseIP(h); ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() {
			ips = append(ips, ip)
		} else if ip != nil && ip.IsLoopback() && !ip.Equal(ips[0]) && !ip.Equal(ips[1]) {
			ips = append(ips, ip)
		}
	}
	return ips
}

// shown is the certificate that the doors show: the node's own, or a self-signed one before it has one.
type shown struct {
	self tls.Certificate
	node func() *peer.Identity
}

func (s *shown) certificate() (*tls.Certificate, error) {
	if id := s.node(); id != nil {
		return &id.Cert, nil
	}
	return &s.self, nil
}
