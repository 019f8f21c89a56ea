package peer

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

const (
	joinTimeout  = 30 * time.Second // the whole exchange; the handler may have to wait for a commit
	joinBodyTime = 5 * time.Second
	maxBuckets   = 4096
)

// HandleJoin makes h answer joins. h gets the body that the joiner sent (at most MaxJoinBody bytes, not authenticated
// by anything yet) and answers with at most MaxJoinAnswer bytes. Until it is set, joins are refused with fault.Busy.
func (p *Port) HandleJoin(h func(ctx context.Context, body []byte) ([]byte, error)) {
	p.joins.mu.Lock()
	defer p.joins.mu.Unlock()
	p.joins.handler = h
}

// ForeignError says that who answered at an address is no node of the cluster that was asked for; its kind is
// fault.Unauthenticated. It speaks for that address only.
type ForeignError struct {
	Addr string
	Err  error
}

// Error names the address.
func (e *ForeignError) Error() string { return fmt.Sprintf("joining by %s: %v", e.Addr, e.Err) }

// Unwrap gives the cause, with its kind.
func (e *ForeignError) Unwrap() error { return e.Err }

// Join sends body to the node at addr without an identity of our own, and returns its answer. caFingerprint is the
// SHA-256 of the CA certificate (DER) that the node's certificate must chain to. Kinds: a *CallError when the way
// failed, a *ForeignError when the node is not of that cluster, fault.TooLarge, else what the node answered.
func Join(ctx context.Context, addr string, caFingerprint [sha256.Size]byte, body []byte) ([]byte, error) {
	if len(body) > MaxJoinBody {
		return nil, fault.New(fault.TooLarge, "a join request has at most %d bytes", MaxJoinBody)
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, &CallError{Node: addr, Err: err}
	}
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn := tls.Client(raw, joinTLS(caFingerprint))
	if err := conn.HandshakeContext(ctx); err != nil {
		var refused *fault.Error
		if errors.As(err, &refused) {
			return nil, &ForeignError{Addr: addr, Err: err}
		}
		return nil, &CallError{Node: addr, Err: cause(ctx, err)}
	}
	if err := writeFrame(conn, frameJoin, body); err != nil {
		return nil, &CallError{Node: addr, Sent: true, Err: cause(ctx, err)}
	}
	kind, answer, err := readFrame(conn, MaxJoinAnswer+1)
	switch {
	case err != nil:
		return nil, &CallError{Node: addr, Sent: true, Err: cause(ctx, err)}
	case kind == frameJoinAnswer:
		return answer, nil
	case kind == frameFault:
		return nil, decodeFault(answer)
	default:
		return nil, &CallError{Node: addr, Sent: true, Err: errFrameKind}
	}
}

// joinServer answers joins, slowly enough that guessing or flooding gains nothing.
type joinServer struct {
	slots chan struct{}
	burst int
	every time.Duration
	now   func() time.Time

	mu      sync.Mutex
	handler func(ctx context.Context, body []byte) ([]byte, error) // guarded by mu
	buckets map[string]*bucket                                     // by remote address; guarded by mu
}

// bucket lets burst joins through and gains one each period.
type bucket struct {
	left float64
	at   time.Time
}

func newJoinServer(cfg Config) *joinServer {
	return &joinServer{
		slots: make(chan struct{}, cfg.MaxJoins), burst: cfg.JoinBurst, every: cfg.JoinEvery, now: time.Now,
		buckets: map[string]*bucket{},
	}
}

// serve reads one request, answers it, and is done with the connection.
func (s *joinServer) serve(ctx context.Context, conn *tls.Conn, addr string, lg *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	_ = conn.SetDeadline(time.Now().Add(joinBodyTime)) // fails only on a closed connection, where reading fails too
	kind, body, err := readFrame(conn, MaxJoinBody+1)
	if err == nil && kind != frameJoin {
		err = errFrameKind
	}
	var answer []byte
	switch {
	case errors.Is(err, fault.TooLarge):
	case err != nil:
		return
	default:
		answer, err = s.run(ctx, addr, body, lg)
	}
	_ = conn.SetDeadline(time.Now().Add(joinBodyTime))
	if err != nil {
		_ = writeFrame(conn, frameFault, encodeFault(err))
	} else {
		_ = writeFrame(conn, frameJoinAnswer, answer)
	}
	_ = conn.CloseWrite()
	clear(body)
}

func (s *joinServer) run(ctx context.Context, addr string, body []byte, lg *slog.Logger) ([]byte, error) {
	if !s.allow(addr) {
		return nil, fault.New(fault.Busy, "too many joins from this address")
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return nil, fault.New(fault.Busy, "too many joins at the same time")
	}
	s.mu.Lock()
	h := s.handler
	s.mu.Unlock()
	if h == nil {
		return nil, fault.New(fault.Busy, "this node takes no joins yet")
	}
	answer, err := guarded(lg, "join", func() ([]byte, error) { return h(ctx, body) })
	if err == nil && len(answer) > MaxJoinAnswer {
		return nil, fault.New(fault.Internal, "the answer to a join is too large")
	}
	return answer, err
}

// allow takes one join off the address's bucket.
func (s *joinServer) allow(addr string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	b := s.buckets[addr]
	if b == nil {
		if len(s.buckets) >= maxBuckets {
			s.pruneLocked(now)
		}
		if len(s.buckets) >= maxBuckets {
			return false
		}
		b = &bucket{left: float64(s.burst), at: now}
		s.buckets[addr] = b
	}
	b.left = min(float64(s.burst), b.left+float64(now.Sub(b.at))/float64(s.every))
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// pruneLocked forgets the addresses whose buckets are full again.
func (s *joinServer) pruneLocked(now time.Time) {
	for addr, b := range s.buckets {
		if b.left+float64(now.Sub(b.at))/float64(s.every) >= float64(s.burst) {
			delete(s.buckets, addr)
		}
	}
}
