package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// handler is what Handle registers.
type handler func(ctx context.Context, from string, body []byte) ([]byte, error)

// Handle makes h answer the calls named method ([a-z0-9-], parts divided by /). h may be called concurrently; from is
// the calling member, as its certificate names it; ctx ends with the caller's deadline, when it goes away, and with the
// port. Body and what h returns may hold secrets: both are cleared when the answer is out, so h keeps neither. What the
// caller sees of an error is its fault.Kind, message and hint. Handlers can be registered at any time; registering a
// method twice replaces the first.
func (p *Port) Handle(method string, h func(ctx context.Context, from string, body []byte) ([]byte, error)) {
	if !isMethod(method) {
		panic("peer: " + strconv.Quote(method) + " cannot name a call") // a constant in our own code
	}
	p.calls.mu.Lock()
	defer p.calls.mu.Unlock()
	p.calls.handlers[method] = h
}

// callServer answers peer calls: an http.Server that is handed connections which are verified already.
type callServer struct {
	port  *Port
	http  *http.Server
	queue *handover

	mu       sync.Mutex
	handlers map[string]handler // guarded by mu
	running  int                // handlers at work; guarded by mu
	idle     chan struct{}      // closed when running is 0 after closing; guarded by mu
	closing  bool               // guarded by mu
}

type inboundKey struct{}

func newCallServer(p *Port) *callServer {
	s := &callServer{port: p, handlers: map[string]handler{}, idle: make(chan struct{})}
	s.queue = &handover{conns: make(chan net.Conn), done: p.ctx.Done(), addr: p.ln.Addr()}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	s.http = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{alpnCall}},
		ReadHeaderTimeout: p.cfg.HandshakeTimeout,
		IdleTimeout:       p.cfg.IdleTimeout,
		MaxHeaderBytes:    8 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          256,
			MaxReceiveBufferPerConnection: 4 << 20,
			MaxReceiveBufferPerStream:     1 << 20,
			SendPingTimeout:               5 * time.Second,
			PingTimeout:                   2 * time.Second,
			WriteByteTimeout:              5 * time.Second,
		},
		BaseContext: func(net.Listener) context.Context { return p.ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if t, ok := c.(*tls.Conn); ok {
				return context.WithValue(ctx, inboundKey{}, inboundOf(t))
			}
			return ctx
		},
		ErrorLog: log.New(io.Discard, "", 0), // what matters is logged where it happens
	}
	return s
}

func (s *callServer) run() {
	if err := s.http.Serve(s.queue); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		s.port.cfg.Log.Error("the server of peer calls ended", "error", err)
	}
}

// serve hands a connection to the HTTP server, which closes it.
func (s *callServer) serve(conn *tls.Conn) {
	select {
	case s.queue.conns <- conn:
	case <-s.queue.done:
		_ = conn.Close()
	}
}

func (s *callServer) close() { _ = s.http.Close() }

// wait returns when every handler has returned; it gives up on one that ignores its context.
func (s *callServer) wait(lg *slog.Logger) {
	s.mu.Lock()
	s.closing = true
	if s.running == 0 {
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-time.After(5 * time.Second):
		lg.Error("a peer call goes on although its context has ended")
	}
}

func (s *callServer) enter(method string) (handler, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil, false
	}
	s.running++
	return s.handlers[method], true
}

func (s *callServer) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running--; s.running == 0 && s.closing {
		close(s.idle)
	}
}

// ServeHTTP runs one call.
func (s *callServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, _ := r.Context().Value(inboundKey{}).(*inbound)
	method := strings.TrimPrefix(r.URL.Path, "/")
	h, ok := s.enter(method)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	defer s.leave()
	if in == nil || !s.port.admitted(in) {
		if in != nil {
			s.port.CutMember(in.node)
		}
		panic(http.ErrAbortHandler)
	}
	ctx, cancel := callContext(r)
	defer cancel()
	answer, body, err := s.answer(ctx, w, r, in, method, h)
	defer clear(body)
	if err == nil && len(answer) > s.port.cfg.MaxBody {
		err = fault.New(fault.TooLarge, "the answer exceeds the %d bytes that a call between nodes carries", s.port.cfg.MaxBody)
	}
	outcome := outcomeOK
	if err != nil {
		clear(answer)
		outcome, answer = outcomeFault, encodeFault(err)
	}
	w.Header()["Date"] = nil
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.Header().Set(headerOutcome, outcome)
	// If it fails the caller is gone: nobody left to tell, and net/http may still be reading.
	if _, err := w.Write(answer); err == nil {
		clear(answer)
	}
}

func (s *callServer) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, in *inbound, method string, h handler) (answer, body []byte, err error) {
	if r.Method != http.MethodPost || h == nil {
		return nil, nil, fault.New(fault.Invalid, "this node knows no peer call %.64q", method).
			WithHint("Run the same version of Quorate on every node.")
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.port.cfg.BodyTimeout)); err != nil {
		return nil, nil, fault.Wrap(fault.Internal, err, "no deadline for the body")
	}
	body, err = readBounded(r.Body, r.ContentLength, s.port.cfg.MaxBody)
	if err != nil {
		if errors.Is(err, fault.TooLarge) {
			return nil, nil, err
		}
		return nil, nil, fault.Wrap(fault.Invalid, err, "the body of the call did not arrive whole")
	}
	if !s.port.admitted(in) { // the body may have taken its time
		return nil, body, fault.New(fault.Denied, "not a member")
	}
	answer, err = guarded(s.port.cfg.Log, method, func() ([]byte, error) { return h(ctx, in.node, body) })
	return answer, body, err
}

// guarded runs a handler; a panic in it becomes fault.Internal, and its text goes to our log only.
func guarded(lg *slog.Logger, method string, run func() ([]byte, error)) (answer []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			lg.Error("a peer call panicked", "method", method, "stack", string(debug.Stack()))
			answer, err = nil, fault.New(fault.Internal, "an internal error")
		}
	}()
	return run()
}

// callContext carries the caller's deadline over.
func callContext(r *http.Request) (context.Context, context.CancelFunc) {
	ms, err := strconv.ParseInt(r.Header.Get(headerTimeout), 10, 64)
	if err != nil || ms <= 0 || ms > int64(24*time.Hour/time.Millisecond) {
		return context.WithCancel(r.Context())
	}
	return context.WithTimeout(r.Context(), time.Duration(ms)*time.Millisecond)
}

// handover is the listener through which verified connections reach the http.Server.
type handover struct {
	conns chan net.Conn
	done  <-chan struct{}
	addr  net.Addr
}

// Accept waits for the next verified connection.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close does nothing: the port's context ends the handover.
func (h *handover) Close() error { return nil }

// Addr is the port's address.
func (h *handover) Addr() net.Addr { return h.addr }
