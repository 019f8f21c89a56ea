package peer

import (
	"context"
	"log/slog"
	"net"
	"time"
)

// Config is what a Port needs to know. Identity and Member are required; every other field works as zero.
type Config struct {
	// Identity returns who this node is now; a renewal is picked up by the next handshake, and connections made
	// with the former certificate are replaced as they come into use. Never nil; called often, so make it cheap.
	Identity func() *Identity
	// Member tells whether node is a current member. Asked at each handshake, each incoming call and each incoming
	// Raft frame, concurrently; it must be cheap and must not call the Port.
	Member func(node string) bool
	// Log gets what an operator should see. Nil: slog.Default().
	Log *slog.Logger
	// Now is the clock against which certificates are judged. Nil: time.Now.
	Now func() time.Time
	// Dial opens the TCP connection to an address. Nil: net.Dialer.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	// HandshakeTimeout bounds TLS handshakes on accepted connections. Default 5 s.
	HandshakeTimeout time.Duration
	// DialTimeout bounds connecting to a peer, TCP and TLS together. Default 1 s.
	DialTimeout time.Duration
	// IdleTimeout ends accepted connections on which nothing is asked. Default 5 min.
	IdleTimeout time.Duration
	// BodyTimeout bounds how long the body of an incoming call may take to arrive. Default 10 s.
	BodyTimeout time.Duration
	// MaxFrame bounds a Raft frame in bytes, before it is read. Default 2 MiB.
	MaxFrame int
	// MaxBody bounds the body of a call and of its answer in bytes. Default 8 MiB.
	MaxBody int
	// MaxConnsPerAddress bounds connections of one remote address that have not shown a member's certificate
	// (handshakes and joins). Default 32.
	MaxConnsPerAddress int
	// MaxPending bounds the same over all addresses. Default 512.
	MaxPending int
	// MaxConnsPerMember bounds the accepted connections of one member. Default 64.
	MaxConnsPerMember int
	// MaxJoins bounds the joins worked on at the same time. Default 8.
	MaxJoins int
	// JoinBurst joins are let through per address at once (default 10), then one each JoinEvery (default 1 s).
	JoinBurst int
	JoinEvery time.Duration
}

const (
	// MaxJoinBody bounds the body of a join request, in bytes.
	MaxJoinBody = 16 << 10
	// MaxJoinAnswer bounds the answer to a join request, in bytes.
	MaxJoinAnswer = 64 << 10
)

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Dial == nil {
		var d net.Dialer
		c.Dial = func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	orDuration := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	orInt := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	orDuration(&c.HandshakeTimeout, 5*time.Second)
	orDuration(&c.DialTimeout, time.Second)
	orDuration(&c.IdleTimeout, 5*time.Minute)
	orDuration(&c.BodyTimeout, 10*time.Second)
	orDuration(&c.JoinEvery, time.Second)
	orInt(&c.MaxFrame, 2<<20)
	orInt(&c.MaxBody, 8<<20)
	orInt(&c.MaxConnsPerAddress, 32)
	orInt(&c.MaxPending, 512)
	orInt(&c.MaxConnsPerMember, 64)
	orInt(&c.MaxJoins, 8)
	orInt(&c.JoinBurst, 10)
	return c
}
