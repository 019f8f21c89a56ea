// Package clienttest is a strict stand-in for a cluster's nodes: TLS servers on real sockets that speak the native
// API's documents, for tests of what talks to them. Keys, tokens, ceremonies and faults are as shallow as a client can
// see; the cryptography is real, so that what was encrypted decrypts, and what was changed does not.
//
// For tests of applications there is Memory: a client of a cluster in this process, without a network.
//
// Whatever a stand-in emits is marked as such. Every answer, refusals too, has the header X-Quorate-Stand-In: TEST-ONLY. Ids, and tokens that it makes,
// hold 7e577e57 ("test", twice); ciphertexts begin with TEST-ONLY (in base64: VEVTVC1PTkxZ), and a cluster opens none of them; its version, its
// join tokens and key-encrypting keys say TEST-ONLY. What other software has to take as it is (signatures, codes, plain data keys) cannot hold
// a mark: there the header is all.
//
// It knows the wire structs and the kinds of failure. It must not know the vault: where the two differ, the real one
// is right.
package clienttest

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// Mark is the header that every answer of a stand-in has, and what it says.
const (
	MarkHeader = "X-Quorate-Stand-In"
	Mark       = "TEST-ONLY"
)

// RootToken is the token that every Server accepts.
const RootToken = "qt_root"

// Server is one node. Nodes made by Join share their state. Methods may be called while requests are served.
type Server struct {
	*httptest.Server
	Name  string
	state *state
	ended chan struct{}
	end   sync.Once

	mu        sync.Mutex // guards what follows
	intercept func(w http.ResponseWriter, r *http.Request) bool
	requests  []string // method and escaped path, in order
	lag       uint64   // how far this node is behind
}

// New starts a node of a new cluster that is open and has no keys. It ends with the test.
func New(t testing.TB) *Server {
	return start(t, "node1", newState())
}

// Join starts another node of the same cluster.
func (s *Server) Join(t testing.TB, name string) *Server { return start(t, name, s.state) }

// Start is New for a TestMain: it fills in s and returns what ends the node.
func Start(s **Server) (stop func()) {
	*s = begin("node1", newState())
	return (*s).Close
}

func start(t testing.TB, name string, st *state) *Server {
	s := begin(name, st)
	t.Cleanup(s.Close)
	return s
}

func begin(name string, st *state) *Server {
	s := &Server{Name: name, state: st, ended: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	st.mu.Lock()
	st.members = append(st.members, s)
	st.mu.Unlock()
	return s
}

// Pool trusts the node's certificate, which is the same for all.
func (s *Server) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// PEM is the certificate as a CA file.
func (s *Server) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// Intercept lets f see each request first; if it returns true it has answered. nil takes it away.
func (s *Server) Intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Fail answers the next n requests with that kind; n < 0: all of them.
func (s *Server) Fail(k fault.Kind, n int) {
	var mu sync.Mutex
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if n == 0 {
			return false
		}
		n--
		Refuse(w, fault.New(k, "the test asked for %v", k))
		return true
	})
}

// SetLag lets the node be n entries behind the others.
func (s *Server) SetLag(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = n
}

// Requests lists what was asked so far, as "POST /v1/keys".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Statuses is the HTTP status of each kind, as the API's document has it.
var Statuses = map[fault.Kind]int{
	fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Denied: 403, fault.NotFound: 404, fault.Exists: 409,
	fault.Conflict: 412, fault.BadState: 409, fault.Sealed: 503, fault.NoLeader: 503, fault.Uncertain: 504, fault.Stale: 503, fault.Busy: 429, fault.TooLarge: 413, fault.Full: 507,
}

// Refuse answers with the problem document.
func Refuse(w http.ResponseWriter, err error) {
	e := fault.Of(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set(api.HeaderRequestID, "req-1")
	w.WriteHeader(Statuses[e.Kind])
	_ = json.NewEncoder(w).Encode(api.Problem{Type: "about:blank", Title: e.Kind.String(), Status: Statuses[e.Kind], Detail: e.Message, Kind: e.Kind.String(), Hint: e.NextStep(), RequestID: "req-1"})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(MarkHeader, Mark)
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.EscapedPath())
	f, lag := s.intercept, s.lag
	s.mu.Unlock()
	if f != nil && f(w, r) {
		return
	}
	answer, status, err := s.answer(r, lag)
	if err != nil {
		Refuse(w, err)
		return
	}
	w.Header().Set(api.HeaderRequestID, "req-1")
	w.Header().Set(api.HeaderIndex, strconv.FormatUint(s.state.Index()-min(lag, s.state.Index()), 10))
	if raw, ok := answer.([]byte); ok {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(raw)
		return
	}
	if events, ok := answer.(eventStream); ok {
		w.Header().Set("Content-Type", "text/event-stream")
		s.hold(w, r, events)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// hold keeps a stream of events open until something changes; whoever watches then connects again.
func (s *Server) hold(w http.ResponseWriter, r *http.Request, events eventStream) {
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for next := []byte(events.told); ; next = []byte(":\n\n") {
		if _, err := w.Write(next); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-alive.C:
			continue
		case <-events.until:
		case <-r.Context().Done():
		case <-s.ended:
		}
		return
	}
}

// Close ends the node, and the streams that it holds open.
func (s *Server) Close() {
	s.end.Do(func() { close(s.ended) })
	s.Server.Close()
}

// answer checks what every route checks, then finds the route.
func (s *Server) answer(r *http.Request, lag uint64) (any, int, error) {
	if n := r.Header.Get(api.HeaderIndex); n != "" {
		want, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			return nil, 0, fault.New(fault.Invalid, "%s is not a number", api.HeaderIndex)
		}
		if want > s.state.Index()-min(lag, s.state.Index()) {
			return nil, 0, fault.New(fault.Conflict, "this node has not reached index %d", want)
		}
	}
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range segments {
		segments[i] = strings.ReplaceAll(segments[i], "%2F", "/")
	}
	rt := &route{server: s, r: r, at: segments}
	if !rt.public() && r.Header.Get("Authorization") != "Bearer "+RootToken && !s.state.knows(r.Header.Get("Authorization")) {
		return nil, 0, fault.New(fault.Unauthenticated, "no valid token was sent")
	}
	if s.state.isSealed() && !rt.public() {
		return nil, 0, fault.New(fault.Sealed, "the node is sealed")
	}
	return rt.find()
}

// decode is as strict as the documents: JSON of the right type, no unknown field, nothing after it.
func decode(r *http.Request, into any) error {
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		return fault.New(fault.Invalid, "the content type is %q, not application/json", ct)
	}
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fault.New(fault.Invalid, "the body is not as documented: %v", err)
	}
	if d.More() {
		return fault.New(fault.Invalid, "the body goes on after its object")
	}
	return nil
}

// idempotent refuses writes without the key that makes them repeatable.
func idempotent(r *http.Request) error {
	if k := r.Header.Get(api.HeaderIdempotency); len(k) != 32 {
		return fault.New(fault.Invalid, "a write without an Idempotency-Key of 128 bits: %q", k)
	}
	return nil
}

func noRoute(r *http.Request) error {
	return fault.New(fault.NotFound, "no route %s", fmt.Sprintf("%s %s", r.Method, r.URL.EscapedPath()))
}
