package peer

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// What a connection is for is its ALPN protocol.
const (
	alpnRaft = "quorate-raft/1"
	alpnCall = "h2"
	alpnJoin = "quorate-join/1"
)

// serverTLS decides by the ALPN that the client offers: joins need no certificate, everything else needs one.
func (p *Port) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c := &tls.Config{
				MinVersion:             tls.VersionTLS13,
				SessionTicketsDisabled: true, // every connection proves itself anew
				GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
					return &p.cfg.Identity().Cert, nil
				},
			}
			offers := func(proto string) bool { return slices.Contains(hello.SupportedProtos, proto) }
			switch {
			case offers(alpnRaft) || offers(alpnCall):
				c.NextProtos = []string{alpnRaft, alpnCall}
				c.ClientAuth = tls.RequireAnyClientCert
				c.VerifyConnection = func(cs tls.ConnectionState) error {
					_, err := p.verifyPeer(cs, x509.ExtKeyUsageClientAuth, true)
					return err
				}
			case offers(alpnJoin):
				c.NextProtos = []string{alpnJoin}
			default:
				return nil, fault.New(fault.Invalid, "no known protocol offered")
			}
			return c, nil
		},
	}
}

// clientTLS is for a connection to node, and to nobody else.
func (p *Port) clientTLS(id *Identity, node, alpn string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{alpn},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &id.Cert, nil
		},
		InsecureSkipVerify: true, //nolint:gosec // the chain is verified below, against our CA and the node's name instead of a host name
		VerifyConnection: func(cs tls.ConnectionState) error {
			got, err := p.verifyPeer(cs, x509.ExtKeyUsageServerAuth, false)
			if err != nil {
				return err
			}
			if got != node {
				return fault.New(fault.Unauthenticated, "node %q answered where %q was expected", got, node)
			}
			if cs.NegotiatedProtocol != alpn {
				return fault.New(fault.Invalid, "node %q does not speak %s", node, alpn)
			}
			return nil
		},
	}
}

// verifyPeer checks the other side's chain against our CA, and its cluster against ours; and, if asked,
// that it is a member. It returns the node's name. Kinds: fault.Unauthenticated, fault.Denied.
func (p *Port) verifyPeer(cs tls.ConnectionState, usage x509.ExtKeyUsage, member bool) (string, error) {
	if len(cs.PeerCertificates) == 0 {
		return "", fault.New(fault.Unauthenticated, "no certificate")
	}
	id := p.cfg.Identity()
	leaf := cs.PeerCertificates[0]
	if err := verifyChain(leaf, id.CA, p.cfg.Now(), usage); err != nil {
		return "", err
	}
	cluster, node, err := NodeOf(leaf)
	if err != nil {
		return "", err
	}
	if cluster != id.Cluster {
		return "", fault.New(fault.Unauthenticated, "the certificate belongs to cluster %s", FormatCluster(cluster))
	}
	if member && !p.cfg.Member(node) {
		return "", fault.New(fault.Denied, "node %q is not a member", node)
	}
	return node, nil
}

func verifyChain(leaf *x509.Certificate, roots *x509.CertPool, now time.Time, usage x509.ExtKeyUsage) error {
	opts := x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}}
	if _, err := leaf.Verify(opts); err != nil {
		return fault.Wrap(fault.Unauthenticated, err, "the certificate is not valid in this cluster")
	}
	return nil
}

// joinTLS is for a node without an identity: it trusts the one CA whose certificate has the pinned fingerprint.
func joinTLS(pin [sha256.Size]byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{alpnJoin},
		InsecureSkipVerify: true, //nolint:gosec // the chain is verified below, against the pinned CA
		VerifyConnection: func(cs tls.ConnectionState) error {
			if cs.NegotiatedProtocol != alpnJoin || len(cs.PeerCertificates) < 2 {
				return fault.New(fault.Unauthenticated, "the other side is not a node that takes joins")
			}
			leaf := cs.PeerCertificates[0]
			for _, c := range cs.PeerCertificates[1:] {
				sum := sha256.Sum256(c.Raw)
				if subtle.ConstantTimeCompare(sum[:], pin[:]) != 1 {
					continue
				}
				roots := x509.NewCertPool()
				roots.AddCert(c)
				if err := verifyChain(leaf, roots, time.Now(), x509.ExtKeyUsageServerAuth); err != nil {
					return err
				}
				_, _, err := NodeOf(leaf)
				return err
			}
			return fault.New(fault.Unauthenticated, "the node does not belong to the cluster that the join token names").
				WithHint("Check the address given to --join, or make a new token with `quorate operator join-token`.")
		},
	}
}

// dial connects to node at addr for one protocol: TCP and TLS within the dial timeout.
func (p *Port) dial(ctx context.Context, addr, node, alpn string) (*tls.Conn, *Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.DialTimeout)
	defer cancel()
	id := p.cfg.Identity()
	raw, err := p.cfg.Dial(ctx, addr)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	out, err := p.conns.dialled(raw, node)
	if err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	conn := tls.Client(out, p.clientTLS(id, node, alpn))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = out.Close()
		return nil, nil, fmt.Errorf("shaking hands: %w", err)
	}
	return conn, id, nil
}

// handshake completes TLS on an accepted connection and tells which node it is; "" for a join.
func (p *Port) handshake(ctx context.Context, raw net.Conn) (*tls.Conn, string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.HandshakeTimeout)
	defer cancel()
	conn := tls.Server(raw, p.serverTLS())
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, "", err
	}
	cs := conn.ConnectionState()
	if cs.NegotiatedProtocol == alpnJoin {
		return conn, "", nil
	}
	_, node, err := NodeOf(cs.PeerCertificates[0])
	return conn, node, err
}
