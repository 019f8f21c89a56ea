package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// Server is one door that listens. Make one with New; it answers while Run runs.
type Server struct {
	cfg  Config
	gate *gate
	ln   *listener
	http *http.Server
}

// New checks cfg and binds its address, so that a taken port is known at once. Connections wait in the kernel until
// Run; a Server that is never run must be closed.
func New(cfg Config, h http.Handler) (*Server, error) {
	if err := cfg.check(h); err != nil {
		return nil, fmt.Errorf("door %q: %w", cfg.Name, err)
	}
	cfg = cfg.withDefaults()
	ln, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("door %q: %w", cfg.Name, err)
	}
	s := &Server{
		cfg:  cfg,
		gate: newGate(cfg, h),
		ln:   newListener(ln, cfg.Limits, cfg.Metrics),
	}
	s.http = s.newHTTP()
	return s, nil
}

func (s *Server) newHTTP() *http.Server {
	l := s.cfg.Limits
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler:           s.gate,
		ReadHeaderTimeout: l.HeaderTimeout,
		ReadTimeout:       l.BodyTimeout,
		WriteTimeout:      l.WriteTimeout,
		IdleTimeout:       l.IdleTimeout,
		MaxHeaderBytes:    l.HeaderBytes,
		ErrorLog:          log.New(lineLog{s.cfg.Log, s.cfg.Name}, "", 0),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          l.StreamsPerConn,
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     256 << 10,
			WriteByteTimeout:              l.WriteTimeout,
		},
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true,
	}
	if !s.cfg.Plain {
		protocols.SetHTTP2(true)
		srv.TLSConfig = newTLS(s.cfg.TLS)
	}
	return srv
}

// Addr is the bound address.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Close frees the address of a Server that is not run.
func (s *Server) Close() error { return s.ln.Close() }

// Retire asks every client, with the answer to its next request, not to use its connection again (RFC 9112 section 9.6; over
// HTTP/2 it becomes GOAWAY, RFC 9113 section 6.8). Closing an idle connection instead may cross a request on its way, which
// then fails. Everything is answered as before until Run's ctx ends.
func (s *Server) Retire() { s.gate.retiring.Store(true) }

// Connections is how many are open.
func (s *Server) Connections() int {
	s.ln.mu.Lock()
	defer s.ln.mu.Unlock()
	return s.ln.open
}

// Run answers until ctx ends, then stops accepting, lets running requests finish within Limits.DrainTimeout and
// returns nil. Requests that are still running by then have their context cancelled and their connection closed.
// Any other return is a failure of the listener.
func (s *Server) Run(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	s.http.ConnContext = withConn

	failed := make(chan error, 1)
	go func() {
		if s.cfg.Plain {
			failed <- s.http.Serve(s.ln)
			return
		}
		failed <- s.http.ServeTLS(s.ln, "", "")
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("door %q: %w", s.cfg.Name, err)
	case <-ctx.Done():
	}
	close(s.gate.ending)
	drain, stop := context.WithTimeout(base, s.cfg.Limits.DrainTimeout)
	defer stop()
	s.Retire()
	s.ln.hold()
	s.lastRequests(drain)
	if err := s.http.Shutdown(drain); err != nil {
		s.cfg.Log.Warn("requests cut off at shutdown", "door", s.cfg.Name, "in_flight", s.gate.inFlight.Load())
		cancel()
		if err := s.http.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.cfg.Log.Debug("closing door", "door", s.cfg.Name, "err", err)
		}
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("door %q: %w", s.cfg.Name, err)
	}
	return nil
}

// lastWait is how long the first request of a connection is waited for when the door closes.
const lastWait = time.Second

// lastRequests waits until every connection that was let in has brought its request, and all of them are answered. From Shutdown on,
// net/http reads a request and closes its connection without a word.
func (s *Server) lastRequests(ctx context.Context) {
	limit := time.NewTimer(lastWait)
	defer limit.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for s.ln.waiting() > 0 || s.gate.inFlight.Load() > 0 {
		select {
		case <-look.C:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// connKey finds the connection of a request in its context.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return context.WithValue(ctx, connKey{}, c)
}

// lineLog passes net/http's own remarks (failed handshakes, mostly) on; they carry addresses and TLS errors only.
type lineLog struct {
	log  *slog.Logger
	door string
}

func (l lineLog) Write(p []byte) (int, error) {
	l.log.Debug("http server", "door", l.door, "detail", strings.TrimSpace(string(p)))
	return len(p), nil
}
