package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/access"
)

// Stream is a door for a protocol of its own on mutual TLS 1.2 or 1.3, beside the HTTP ones: the same limits on
// connections, handshakes, idle time and slow peers, the same graceful stop. Make one with NewStream; it answers while
// Run runs.
type Stream struct {
	cfg    Config
	handle func(context.Context, *Conn)
	ln     *listener
	tls    *tls.Config
	none   Op // what was asked for is no operation

	places   places
	inFlight atomic.Int64 // requests of all connections between Conn.Begin and Conn.End, also those that got no place

	mu     sync.Mutex
	ending bool           // guarded by mu
	conns  map[*Conn]bool // open, after their handshake; guarded by mu
	work   sync.WaitGroup
}

// NewStream checks cfg, of which Error, Plain and the limits on headers do not count, and binds its
// address. handle serves one connection; it returns when Conn.Next does not tell it to go on.
func NewStream(cfg Config, handle func(context.Context, *Conn)) (*Stream, error) {
	switch {
	case cfg.Name == "" || handle == nil:
		return nil, errors.New("a door needs a name and a handler")
	case cfg.TLS.Certificate == nil || cfg.TLS.ClientCAs == nil:
		return nil, fmt.Errorf("door %q: it needs a certificate source, and one for who vouches for clients", cfg.Name)
	}
	cfg = cfg.withDefaults()
	ln, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("door %q: %w", cfg.Name, err)
	}
	return &Stream{
		cfg: cfg, handle: handle, ln: newListener(ln, cfg.Limits, cfg.Metrics), tls: mutualTLS(cfg.TLS), conns: map[*Conn]bool{},
		places: places{limit: int64(cfg.Limits.Requests)},
	}, nil
}

// mutualTLS wants a certificate of every client. TLS 1.2 is for clients that will not be mended; of its suites Go
// offers those with forward secrecy only.
func mutualTLS(src TLS) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			pool := src.ClientCAs()
			if pool == nil {
				return nil, errors.New("nobody vouches for clients yet: this node belongs to no cluster")
			}
			return &tls.Config{
				MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, SessionTicketsDisabled: true, // as in newTLS
				GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return src.Certificate() },
			}, nil
		},
	}
}

// Addr is the bound address.
func (s *Stream) Addr() net.Addr { return s.ln.Addr() }

// Close frees the address of a Stream that is not run.
func (s *Stream) Close() error { return s.ln.Close() }

// Retire closes connections that wait for a request, and every other one after its answer, and takes no new ones:
// clients go to another node. What was begun is finished.
func (s *Stream) Retire() { s.end(func(c *Conn) { c.endIfIdle() }) }

// Connections is how many are open.
func (s *Stream) Connections() int {
	s.ln.mu.Lock()
	defer s.ln.mu.Unlock()
	return s.ln.open
}

// Run answers until ctx ends, then stops accepting, closes connections that wait for a request, lets the others finish
// theirs within Limits.DrainTimeout and returns nil. Any other return is a failure of the listener.
func (s *Stream) Run(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- s.accept(base) }()
	select {
	case err := <-failed:
		return fmt.Errorf("door %q: %w", s.cfg.Name, err)
	case <-ctx.Done():
	}
	_ = s.ln.Close() // ends accept
	<-failed
	s.end(func(c *Conn) { c.endIfIdle() })
	finished := make(chan struct{})
	go func() {
		s.work.Wait()
		close(finished)
	}()
	drain := time.NewTimer(s.cfg.Limits.DrainTimeout)
	defer drain.Stop()
	select {
	case <-finished:
		return nil
	case <-drain.C:
	}
	s.cfg.Log.Warn("requests cut off at shutdown", "door", s.cfg.Name, "in_flight", s.inFlight.Load())
	cancel()
	s.end(func(c *Conn) { _ = c.Conn.Close() })
	<-finished
	return nil
}

func (s *Stream) end(each func(*Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = true
	for c := range s.conns {
		each(c)
	}
}

func (s *Stream) accept(ctx context.Context) error {
	var pause time.Duration
	for {
		c, err := s.ln.Accept()
		switch {
		case err == nil:
			pause = 0
			s.work.Go(func() { s.serve(ctx, c) })
		case errors.Is(err, net.ErrClosed):
			return err
		default: // out of descriptors, or the like: wait, then go on
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.cfg.Log.Warn("a connection could not be accepted", "door", s.cfg.Name, "err", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// serve serves one connection from its handshake to its end. A handler that panics costs its connection only.
func (s *Stream) serve(ctx context.Context, raw net.Conn) {
	defer func() { _ = raw.Close() }() // nobody to tell
	conn := tls.Server(raw, s.tls)
	hello, cancel := context.WithTimeout(ctx, s.cfg.Limits.HeaderTimeout)
	defer cancel()
	if err := conn.HandshakeContext(hello); err != nil {
		s.cfg.Log.Debug("handshake failed", "door", s.cfg.Name, "remote", raw.RemoteAddr().String(), "err", err)
		return
	}
	c := &Conn{Conn: conn, stream: s}
	if !s.admit(c) {
		return
	}
	defer s.leave(c)
	defer c.End() // of what a handler that panicked, or forgot it, had begun
	defer func() {
		if p := recover(); p != nil {
			stack := make([]byte, 8<<10)
			s.cfg.Log.Error("a handler panicked", "door", s.cfg.Name, "panic", fmt.Sprintf("%T", p), "stack", string(stack[:runtime.Stack(stack, false)]))
		}
	}()
	s.handle(ctx, c)
}

func (s *Stream) admit(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ending {
		s.conns[c] = true
	}
	return !s.ending
}

func (s *Stream) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// Conn is one connection after its handshake. It belongs to its handler's goroutine.
type Conn struct {
	*tls.Conn
	stream *Stream

	begun, placed bool // what Begin began, and whether there was a place for it

	mu   sync.Mutex
	idle bool // waits for a request; guarded by mu
}

// Next waits for the first byte of a request, at most Limits.IdleTimeout, and puts it into first. It returns false
// when there will be none: the client is gone or silent, or the server ends. The rest of the request has to come
// within Limits.BodyTimeout.
func (c *Conn) Next(first []byte) bool {
	l := c.stream.cfg.Limits
	if !c.rest(l.IdleTimeout) {
		return false
	}
	n, err := c.Read(first[:1])
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = false
	return n == 1 && err == nil && c.SetReadDeadline(time.Now().Add(l.BodyTimeout)) == nil
}

// rest makes the connection one that may be closed at any time.
func (c *Conn) rest(most time.Duration) bool {
	c.stream.mu.Lock() // over both: whoever ends the door sees this connection idle, or is seen here
	defer c.stream.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = !c.stream.ending
	return c.idle && c.SetReadDeadline(time.Now().Add(most)) == nil
}

func (c *Conn) endIfIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // wakes Next
	}
}

// Begin counts a request that was read among those being worked on, of all connections, and tells whether it may be: false where
// Limits.Requests were let in already. Either way End is called as soon as its answer is made, before that is written.
func (c *Conn) Begin() bool {
	s := c.stream
	c.begun, c.placed = true, s.places.take()
	s.inFlight.Add(1)
	s.cfg.Metrics.Add(InFlight, 1)
	return c.placed
}

// End is the end of what Begin began. Where nothing is begun, or it has ended, End does nothing. A client that does not read its answer holds
// its connection, and no place among the requests.
func (c *Conn) End() {
	if !c.begun {
		return
	}
	if c.placed {
		c.stream.places.free()
	}
	c.begun, c.placed = false, false
	c.stream.inFlight.Add(-1)
	c.stream.cfg.Metrics.Add(InFlight, -1)
}

// Answer writes an answer, at most as long as Limits.WriteTimeout, and tells whether it could.
func (c *Conn) Answer(b []byte) bool {
	if c.SetWriteDeadline(time.Now().Add(c.stream.cfg.Limits.WriteTimeout)) != nil {
		return false
	}
	_, err := c.Write(b)
	return err == nil
}

// Caller is the holder of the client's certificate, with an id for the request that is about to be served.
func (c *Conn) Caller() (access.Caller, error) {
	who, err := byCertificate(c.ConnectionState().VerifiedChains[0][0])
	who.Remote, who.Door, who.RequestID = c.RemoteAddr().String(), c.stream.cfg.Name, newRequestID()
	return who, err
}

// Answered counts one operation in the door's figures: how long it took, and how it ended, "ok" or the name of a fault.Kind. A nil
// op is none that the door knows.
func (c *Conn) Answered(op *Op, took time.Duration, outcome string) {
	if op == nil {
		op = &c.stream.none
	}
	op.answered(c.stream.cfg.Metrics, took, outcome)
}
