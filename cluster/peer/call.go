package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

const (
	headerTimeout = "Quorate-Timeout-Ms" // the caller's remaining time
	headerOutcome = "Quorate-Outcome"
	outcomeOK     = "ok"
	outcomeFault  = "fault"
	maxMethod     = 64
)

// CallError says that the way to a node failed, as opposed to the node answering with a failure. Its kind
// (fault.Of, errors.Is) is fault.NoLeader while the request was certainly never received, and fault.Uncertain
// as soon as it may have been.
type CallError struct {
	// Node is the node that was called; for Join, the address.
	Node string
	// Sent tells that the node may have received the request and acted on it.
	Sent bool
	// Err is the cause, for our log.
	Err error
}

// Error is the text for our own log.
func (e *CallError) Error() string {
	return e.shown().Message + ": " + e.Err.Error()
}

// Unwrap gives the kind first, then the cause.
func (e *CallError) Unwrap() []error { return []error{e.shown(), e.Err} }

func (e *CallError) shown() *fault.Error {
	if e.Sent {
		return fault.Wrap(fault.Uncertain, e.Err, "node %s did not answer", e.Node)
	}
	return fault.Wrap(fault.NoLeader, e.Err, "node %s cannot be reached", e.Node)
}

// Call asks node at addr to run method on body and returns its answer. The other side must hold node's certificate.
// The context's deadline travels with the call. A failure of the node is a *fault.Error; a failure of the way
// to it is a *CallError. A body over Config.MaxBody is refused with fault.TooLarge before anything is sent.
// Nothing is retried that the node may have received. Nobody reads body after the return: the caller may clear it.
func (p *Port) Call(ctx context.Context, addr, node, method string, body []byte) ([]byte, error) {
	if err := CheckNode(node); err != nil {
		return nil, err
	}
	if !isMethod(method) {
		return nil, fault.New(fault.Invalid, "%.64q is not the name of a peer call", method)
	}
	if len(body) > p.cfg.MaxBody {
		return nil, fault.New(fault.TooLarge, "a call between nodes carries at most %d bytes", p.cfg.MaxBody)
	}
	if err := ctx.Err(); err != nil {
		return nil, &CallError{Node: node, Err: err}
	}
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost,
		"https://"+node+".invalid/"+method, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("making the call: %w", err)
	}
	req.GetBody = nil // a request is sent once
	if len(body) > 0 {
		l := &lent{left: body}
		defer l.end()
		req.Body, req.ContentLength = io.NopCloser(l), int64(len(body))
	}
	if deadline, ok := ctx.Deadline(); ok {
		ms := max(time.Until(deadline).Milliseconds(), 1)
		req.Header.Set(headerTimeout, strconv.FormatInt(ms, 10))
	}
	resp, err := p.outlets.to(node, addr).RoundTrip(req)
	if err != nil {
		return nil, &CallError{Node: node, Sent: sent.Load(), Err: cause(ctx, err)}
	}
	defer resp.Body.Close()
	answer, err := readBounded(resp.Body, resp.ContentLength, p.cfg.MaxBody)
	if errors.Is(err, fault.TooLarge) {
		return nil, fault.New(fault.Uncertain, "node %s answered more than %d bytes", node, p.cfg.MaxBody)
	}
	if err != nil {
		return nil, &CallError{Node: node, Sent: true, Err: cause(ctx, err)}
	}
	switch resp.Header.Get(headerOutcome) {
	case outcomeOK:
		return answer, nil
	case outcomeFault:
		return nil, decodeFault(answer)
	default:
		return nil, &CallError{Node: node, Sent: true, Err: fmt.Errorf("answer without an outcome, status %d", resp.StatusCode)}
	}
}

// cause prefers the context's own error, so that a deadline is seen as one.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// lent is a body while it is sent. net/http may go on reading one when its call was given up, or answered before it was whole; this one
// it cannot read any more once end has returned.
type lent struct {
	mu   sync.Mutex
	left []byte // guarded by mu
	over bool   // guarded by mu
}

// Read implements io.Reader.
func (l *lent) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.left) == 0:
		return 0, io.EOF
	case l.over:
		return 0, net.ErrClosed
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

func (l *lent) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

func isMethod(m string) bool {
	if m == "" || len(m) > maxMethod || m[0] == '/' || m[len(m)-1] == '/' {
		return false
	}
	for i := range len(m) {
		c := m[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && (c != '/' || m[i-1] == '/') {
			return false
		}
	}
	return true
}

// readBounded reads r to its end, at most limit bytes, and allocates no faster than bytes arrive.
func readBounded(r io.Reader, announced int64, limit int) ([]byte, error) {
	if announced > int64(limit) {
		return nil, fault.New(fault.TooLarge, "at most %d bytes are accepted", limit)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(announced, 0), 64<<10)) + bytes.MinRead)
	if _, err := buf.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if buf.Len() > limit {
		return nil, fault.New(fault.TooLarge, "at most %d bytes are accepted", limit)
	}
	return buf.Bytes(), nil
}

// outlets holds one HTTP/2 client per node, for the address and the identity it was made for.
type outlets struct {
	port   *Port
	mu     sync.Mutex
	byNode map[string]*outlet // guarded by mu
}

type outlet struct {
	addr string
	id   *Identity
	http *http.Transport
}

func (o *outlets) to(node, addr string) *http.Transport {
	id := o.port.cfg.Identity()
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.byNode[node]; known != nil {
		if known.addr == addr && known.id == id {
			return known.http
		}
		known.http.CloseIdleConnections()
	}
	if o.byNode == nil {
		o.byNode = map[string]*outlet{}
	}
	t := o.port.newHTTP(node, addr)
	o.byNode[node] = &outlet{addr: addr, id: id, http: t}
	return t
}

func (o *outlets) drop(node string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.byNode[node]; known != nil {
		known.http.CloseIdleConnections()
		delete(o.byNode, node)
	}
}

func (o *outlets) closeAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for node, known := range o.byNode {
		known.http.CloseIdleConnections()
		delete(o.byNode, node)
	}
}

// newHTTP makes a client that speaks HTTP/2 with one node and notices within two seconds that it is gone.
func (p *Port) newHTTP(node, addr string) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &http.Transport{
		Protocols: protocols,
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, _, err := p.dial(ctx, addr, node, alpnCall)
			if err != nil {
				return nil, err
			}
			return conn, nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{alpnCall}},
		DisableCompression:     true,
		MaxResponseHeaderBytes: 8 << 10,
		IdleConnTimeout:        2 * time.Minute,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout:  time.Second,
			PingTimeout:      time.Second,
			WriteByteTimeout: 2 * time.Second,
		},
	}
}
