// Package keas is the door for clients of keas.kmi, a small key-management server of the Python world: three
// requests in plain text, so that wget is a client. POST /new makes a key-encrypting key (KEK), which the client
// alone keeps, and a data-encrypting key (DEK) that only this KEK opens; POST /key takes the KEK and gives the DEK.
// POST /RPC2 is the same for clients of its forerunner, z3c.keyserver, as XML-RPC: generate, get, contains, and encrypt
// and decrypt, for which the DEK stays here.
//
// It knows that protocol and how to make an RSA key. It must not know how the vault keeps a DEK: it hands over the
// KEK's public half and, to open, lends the private one for the call. No KEK outlives its request here.
package keas

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Principal is who calls when nothing else says so: the protocol has no credentials. Operators write policies for it.
const Principal = "keas"

const (
	maxPEM  = 64 << 10 // bytes of a KEK in PEM
	kekBits = 2048
	timeout = 20 * time.Second // of one request's work
)

// Config holds what the door needs beside the vault. The zero value works.
type Config struct {
	Log     *slog.Logger // nil: silent
	Makers  int          // RSA keys being made at one time; default: GOMAXPROCS
	Waiting int          // requests that may wait for their turn to make one; more are told to come back; default 64
}

// Handler is the door. Make one with New and run it in a serve.Server whose Config.Error is its Fail.
type Handler struct {
	vault   *vault.Vault
	log     *slog.Logger
	routes  map[string]*route // by path
	makers  chan struct{}     // a place for each RSA key being made
	waiting atomic.Int64      // requests that have or want a place
	most    int64             // of waiting
}

// route is one path of the protocol.
type route struct {
	method string
	op     serve.Op
	limit  int64 // bytes of the body
	serve  func(ctx context.Context, c access.Caller, x *serve.Exchange, r *http.Request) error
}

// New builds the door on v.
func New(v *vault.Vault, cfg Config) *Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Makers <= 0 {
		cfg.Makers = runtime.GOMAXPROCS(0)
	}
	if cfg.Waiting <= 0 {
		cfg.Waiting = 64
	}
	h := &Handler{vault: v, log: cfg.Log, makers: make(chan struct{}, cfg.Makers), most: int64(cfg.Makers + cfg.Waiting)}
	h.routes = map[string]*route{
		"/":    {method: http.MethodGet, op: serve.Op{Name: "count"}, serve: h.count},
		"/new": {method: http.MethodPost, op: serve.Op{Name: "new"}, serve: h.create},
		"/key": {method: http.MethodPost, op: serve.Op{Name: "key"}, limit: maxPEM, serve: h.open},

		"/RPC2": {method: http.MethodPost, op: serve.Op{Name: "rpc"}, limit: maxCall, serve: h.rpc},
	}
	return h
}

// ServeHTTP answers one request. w must come from a serve.Server (or serve.Gate).
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := serve.Of(w)
	if x == nil {
		panic("keas: served without a serve.Server")
	}
	x.Header().Set("Cache-Control", "no-store")
	if err := h.answer(x, r); err != nil {
		h.Fail(x, err)
	}
}

func (h *Handler) answer(x *serve.Exchange, r *http.Request) error {
	rt, ok := h.routes[r.URL.EscapedPath()]
	if !ok {
		return fault.New(fault.NotFound, "Not found")
	}
	x.Op = &rt.op
	if r.Method != rt.method && (r.Method != http.MethodHead || rt.method != http.MethodGet) {
		x.Header().Set("Allow", rt.method)
		return &wrongMethod{fault.New(fault.Invalid, "This path takes %s only", rt.method)}
	}
	if r.ContentLength > rt.limit {
		return tooMuch(rt.limit)
	}
	c, err := serve.Identify(x, r, h.vault)
	if err != nil {
		return h.vault.Refused("keas", access.Caller{RequestID: x.ID, Remote: r.RemoteAddr, Door: x.Door()}, err)
	}
	if c.Kind == access.Anonymous {
		c.Principal = Principal
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	return rt.serve(ctx, c, x, r)
}

func tooMuch(limit int64) error {
	if limit == 0 {
		return fault.New(fault.Invalid, "This path takes no body")
	}
	return fault.New(fault.TooLarge, "The body exceeds %d bytes", limit)
}

// readBody lends the body, at most limit bytes, and clears it.
func readBody(r *http.Request, limit int64, use func([]byte) error) error {
	buf := make([]byte, min(max(r.ContentLength, 4096), maxPEM, limit)+1) // more when more has come
	defer func() { clear(buf) }()
	n := 0
	for {
		m, err := r.Body.Read(buf[n:])
		n += m
		switch {
		case int64(n) > limit:
			return tooMuch(limit)
		case errors.Is(err, io.EOF):
			return use(buf[:n])
		case err != nil:
			return fault.Wrap(fault.Invalid, err, "The body did not arrive whole and in time")
		case n == len(buf):
			bigger := make([]byte, min(2*int64(len(buf)), limit+1))
			copy(bigger, buf)
			clear(buf)
			buf = bigger
		}
	}
}

// count is GET /.
func (h *Handler) count(ctx context.Context, c access.Caller, x *serve.Exchange, r *http.Request) error {
	if err := readBody(r, 0, func([]byte) error { return nil }); err != nil {
		return err
	}
	n, err := h.vault.CountDual(ctx, c)
	if err != nil {
		return err
	}
	answer(x, "text/plain; charset=utf-8", []byte("KMS server holding "+strconv.Itoa(n)+" keys"))
	return nil
}

// create is POST /new.
func (h *Handler) create(ctx context.Context, c access.Caller, x *serve.Exchange, r *http.Request) error {
	if err := readBody(r, 0, func([]byte) error { return nil }); err != nil {
		return err
	}
	return h.make(ctx, c, func(kek []byte) { answer(x, "text/plain; charset=utf-8", kek) })
}

// make makes a data key and lends the PEM of its key-encrypting key. A node that cannot serve says so before an RSA key is
// made for nothing.
func (h *Handler) make(ctx context.Context, c access.Caller, use func(kek []byte)) error {
	if err := h.vault.Ready(ctx); err != nil {
		return h.vault.Refused("dual.create", c, err)
	}
	return h.withKEK(ctx, func(public, private []byte) error {
		if _, err := h.vault.CreateDual(ctx, c, public); err != nil {
			return err
		}
		use(private)
		return nil
	})
}

// open is POST /key. What the client says its content is (wget: a form) does not matter.
func (h *Handler) open(ctx context.Context, c access.Caller, x *serve.Exchange, r *http.Request) error {
	return readBody(r, maxPEM, func(kek []byte) error {
		if len(kek) == 0 {
			return fault.New(fault.Invalid, "The body must be the key-encrypting key in PEM, as POST /new gave it")
		}
		return h.withDEK(ctx, c, kek, func(dek []byte) error {
			answer(x, "application/octet-stream", dek)
			return nil
		})
	})
}

// withDEK lends the data key that a key-encrypting key opens, when the vault has said its last word that it may.
func (h *Handler) withDEK(ctx context.Context, c access.Caller, kek []byte, use func(dek []byte) error) error {
	var dek []byte
	defer func() { clear(dek) }()
	err := h.vault.OpenDual(ctx, c, kek, func(d []byte) error {
		dek = append(make([]byte, 0, len(d)), d...)
		return nil
	})
	if errors.Is(err, fault.NotFound) {
		return fault.Wrap(fault.NotFound, err, "Key not found")
	}
	if err != nil {
		return err
	}
	return use(dek)
}

// withKEK makes a fresh RSA key when its turn comes, lends its public half (PKIX DER) and the whole (PKCS#1 PEM),
// and clears what can be cleared: the standard library's own working copies are left to the collector.
func (h *Handler) withKEK(ctx context.Context, use func(public, private []byte) error) error {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.most {
		return fault.New(fault.Busy, "Too many keys are being made; try again in a second")
	}
	select {
	case h.makers <- struct{}{}:
	case <-ctx.Done():
		return fault.Wrap(fault.Busy, ctx.Err(), "Too many keys are being made; try again in a second")
	}
	kek, err := rsa.GenerateKey(rand.Reader, kekBits)
	<-h.makers
	if err != nil {
		return fault.Wrap(fault.Internal, err, "An internal error")
	}
	defer forget(kek)
	public, err := x509.MarshalPKIXPublicKey(&kek.PublicKey)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "An internal error")
	}
	der := x509.MarshalPKCS1PrivateKey(kek)
	defer clear(der)
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})
	defer clear(private)
	return use(public, private)
}

func forget(k *rsa.PrivateKey) {
	for _, n := range append([]*big.Int{k.D, k.Precomputed.Dp, k.Precomputed.Dq, k.Precomputed.Qinv}, k.Primes...) {
		if n != nil {
			clear(n.Bits())
		}
	}
}

func answer(x *serve.Exchange, contentType string, body []byte) {
	header := x.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	x.WriteHeader(http.StatusOK)
	_, _ = x.Write(body) // the client is gone if this fails
}
