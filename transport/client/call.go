package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// How a call may be repeated.
type safety int

const (
	read   safety = iota // changes nothing: at once on another endpoint
	write                // repeated with its Idempotency-Key
	unique               // not kept in the log, so not repeatable: repeated only where nothing was sent
	pinned               // like unique, and the first endpoint only
)

// call is one operation of the API.
type call struct {
	safety  safety
	method  string
	path    string // escaped
	query   url.Values
	ifMatch string
	in, out any
	slow    bool // asks every member: an attempt may take as long as a ceremony
	anyNode bool // about the node itself (status, init, unseal): no index is asked for
}

const (
	slowAttempt  = 65 * time.Second // the server's own bound is a minute
	maxAnswer    = 64 << 20
	maxRetryWait = 5 * time.Second
)

// ref escapes a name so that it is one segment of a path: "a/b" becomes "a%2Fb".
func ref(name string) string { return url.PathEscape(name) }

// checkRef refuses names that a server or a proxy would take for a way up or for another route.
func checkRef(name string) error {
	if name == "" {
		return fault.New(fault.Invalid, "the name is empty")
	}
	for seg := range strings.SplitSeq(name, "/") {
		if seg == "." || seg == ".." {
			return fault.New(fault.Invalid, "the name %q is not allowed: no \".\" or \"..\" segment", name)
		}
	}
	return nil
}

// attempts is what a call has met so far.
type attempts struct {
	last    *Error // the last failure that a node named
	dead    *Error // the last failure to reach a node
	unknown *Error // the write may have taken effect
	reached bool   // some endpoint answered, or took a request
}

// do performs a call: round after round over the endpoints, until one answers for good or the context ends.
func (c *Client) do(ctx context.Context, k *call) error {
	idem := ""
	if k.safety == write {
		if k.ifMatch == "" {
			k.ifMatch, _ = ctx.Value(ifMatchKey{}).(string)
		}
		if idem, _ = ctx.Value(idempotencyKey{}).(string); idem == "" {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails (crypto/rand)
			idem = hex.EncodeToString(b[:])
		}
	}
	if c.cfg.CallTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.CallTimeout)
		defer cancel()
	}
	var seen attempts
	begin, pause := time.Now(), c.cfg.Backoff
	for {
		wait := time.Duration(0)
		sealed := 0
		order := c.order()
		if k.safety == pinned {
			order = c.endpoints[:1]
		}
		for _, e := range order {
			if ctx.Err() != nil {
				return c.over(ctx, k, &seen, idem)
			}
			err := c.attempt(ctx, e, k, idem)
			if err == nil {
				c.answered(e)
				return nil
			}
			again, final := c.judge(ctx, e, k, err, &seen, idem)
			if !again {
				return final
			}
			wait = max(wait, err.RetryAfter)
			if err.Fault.Kind == fault.Sealed || err.Status == 0 {
				sealed++
			}
		}
		if seen.last != nil && seen.last.Fault.Kind == fault.Sealed && sealed == len(order) && seen.unknown == nil {
			return seen.last // nobody is open, and waiting opens nobody
		}
		if !seen.reached && c.cfg.Unreachable > 0 && time.Since(begin) >= c.cfg.Unreachable {
			return seen.dead
		}
		if len(order) > 1 {
			wait = 0 // another may be free sooner; each one's own pause is kept by order
		}
		if !sleep(ctx, max(pause/2+mathrand.N(pause/2+1), min(wait, maxRetryWait))) {
			return c.over(ctx, k, &seen, idem)
		}
		pause = min(2*pause, 16*c.cfg.Backoff)
	}
}

// judge decides whether a failed attempt is the call's answer or is to be repeated, and notes it.
func (c *Client) judge(ctx context.Context, e *endpoint, k *call, err *Error, seen *attempts, idem string) (again bool, final error) {
	err.IdempotencyKey = idem
	c.log.LogAttrs(ctx, levelAttempt, "attempt failed", attemptAttrs(e, k, err)...)
	if err.Status == 0 { // no answer
		nothingSent := refused(err.Fault.Err)
		if !nothingSent {
			seen.reached = true
		}
		seen.dead = err
		c.failed(e, 0)
		switch {
		case nothingSent:
			_, cert := untrusted(err.Fault.Err)
			if cert && len(c.endpoints) == 1 {
				return false, err // the certificate will not change while we wait
			}
			return true, nil
		case (k.safety == unique || k.safety == pinned) && k.method != http.MethodGet:
			return false, c.uncertain(err)
		case k.safety == write:
			seen.unknown = err
		}
		return true, nil
	}
	seen.reached = true
	kind := err.Fault.Kind
	if kind == fault.Conflict && k.ifMatch == "" && !k.anyNode && !c.cfg.StaleReads {
		seen.last = err // the node has not reached our index: another has, or it will
		c.failed(e, 0)
		return true, nil
	}
	if !kind.Retryable() || k.safety == unique || k.safety == pinned {
		c.answered(e)
		if kind.Undone() && seen.unknown != nil { // that nothing was written is said of this try
			return false, c.uncertain(seen.unknown)
		}
		return false, err
	}
	if kind == fault.Uncertain && k.safety == write {
		seen.unknown = err
	}
	seen.last = err
	c.failed(e, err.RetryAfter)
	return true, nil
}

// over is the error of a call whose context ended: what is known of its outcome, not just that time ran out.
func (c *Client) over(ctx context.Context, k *call, seen *attempts, idem string) error {
	if seen.unknown != nil {
		return c.uncertain(seen.unknown)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return &Error{Fault: fault.Wrap(fault.Uncertain, ctx.Err(), "the call was cancelled before it was answered"), IdempotencyKey: idem}
	}
	if seen.last != nil {
		return seen.last
	}
	if seen.dead != nil {
		return seen.dead
	}
	return &Error{Fault: fault.Wrap(fault.Stale, ctx.Err(), "no answer within the time given"), IdempotencyKey: idem}
}

func (c *Client) uncertain(cause *Error) *Error {
	if cause.Fault.Kind == fault.Uncertain && cause.Status != 0 {
		return cause
	}
	u := *cause
	u.Fault = fault.Wrap(fault.Uncertain, cause.Fault, "the connection broke before the outcome was known")
	if u.IdempotencyKey == "" {
		u.Fault = u.Fault.WithHint("Look whether it took effect (quorate status) before you repeat it.")
	}
	return &u
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// attempt asks one endpoint once.
func (c *Client) attempt(ctx context.Context, e *endpoint, k *call, idem string) *Error {
	patience := c.cfg.Timeout
	if k.slow {
		patience = max(patience, slowAttempt)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := c.request(ctx, e, k, idem)
	if err != nil {
		return &Error{Status: -1, Endpoint: e.url.Host, Fault: fault.Wrap(fault.Invalid, err, "the request cannot be written: %v", err)}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(e, err)
	}
	defer resp.Body.Close()
	index, _ := strconv.ParseUint(resp.Header.Get(api.HeaderIndex), 10, 64)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem+1)) // what can be read is enough
		p := ParseProblem(resp.StatusCode, resp.Header, body)
		p.Endpoint = e.url.Host
		return p
	}
	if err := readAnswer(resp, k.out); err != nil {
		if errors.Is(err, errNotOurs) {
			return &Error{
				Status: resp.StatusCode, Endpoint: e.url.Host, RequestID: clean(resp.Header.Get(api.HeaderRequestID), maxRequestID),
				Fault: fault.Wrap(fault.Internal, err, "%s sent an answer that is none of this API", e.url.Host).WithHint("Check that the address is that of a Quorate node, of this version or newer."),
			}
		}
		return unreachable(e, err)
	}
	if !k.anyNode {
		c.sawIndex(index)
	}
	return nil
}

func unreachable(e *endpoint, err error) *Error {
	var u *url.Error // its text repeats method and address
	if errors.As(err, &u) {
		err = u.Err
	}
	why, bad := untrusted(err)
	f := fault.Wrap(fault.NoLeader, errors.Join(ErrUnreachable, err), "%s cannot be reached: %v", e.url.Host, err).
		WithHint("Check the address (--addr) and that the node runs.")
	if bad {
		f = fault.Wrap(fault.NoLeader, errors.Join(ErrUnreachable, err), "%s cannot be trusted: %s", e.url.Host, why).
			WithHint("Give the cluster's CA certificate with --ca or QUORATE_CACERT, and use an address that its certificates name.")
	}
	return &Error{Endpoint: e.url.Host, Fault: f}
}

func (c *Client) request(ctx context.Context, e *endpoint, k *call, idem string) (*http.Request, error) {
	target := e.url.String() + k.path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	var body io.Reader
	size := int64(0)
	form := "application/json"
	if k.in != nil {
		b, err := []byte(nil), error(nil)
		if raw, ok := k.in.(plainText); ok {
			b, form = bytes.Clone(raw), "text/plain"
		} else if b, err = json.Marshal(k.in); err != nil {
			return nil, err
		}
		body, size = &lentBody{r: bytes.NewReader(b), buf: b}, int64(len(b))
	} else if k.method != http.MethodGet {
		// net/http would send again, by itself, what has a key and no body, when a connection breaks: then nobody knew of the first time.
		body = &lentBody{r: bytes.NewReader(nil), buf: []byte{}}
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	h := req.Header
	if _, raw := k.out.(*[]byte); !raw {
		h.Set("Accept", "application/json")
	}
	if k.in != nil {
		h.Set("Content-Type", form)
	}
	if c.cfg.Token != nil {
		if t := c.cfg.Token(); len(t) > 0 {
			h.Set("Authorization", "Bearer "+string(t))
		}
	}
	if idem != "" {
		h.Set(api.HeaderIdempotency, idem)
	}
	if k.ifMatch != "" {
		h.Set("If-Match", k.ifMatch)
	} else if n := c.index.Load(); n > 0 && !k.anyNode && !c.cfg.StaleReads {
		h.Set(api.HeaderIndex, strconv.FormatUint(n, 10))
	}
	return req, nil
}

var errNotOurs = errors.New("not an answer of this API")

// readAnswer decodes a success. Its buffer is cleared: it may hold key material.
func readAnswer(resp *http.Response, out any) error {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxAnswer {
		buf.Grow(int(n) + bytes.MinRead)
	}
	defer func() { clear(buf.Bytes()[:buf.Len()]) }()
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if n > maxAnswer {
		return fmt.Errorf("%w: it exceeds %d bytes", errNotOurs, maxAnswer)
	}
	switch o := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*o = bytes.Clone(buf.Bytes())
		return nil
	}
	if err := json.Unmarshal(buf.Bytes(), out); err != nil {
		return fmt.Errorf("%w: its body does not decode", errNotOurs)
	}
	return nil
}

// lentBody is a request's body that clears itself when the transport is done with it: it may hold a share or a
// plaintext. The transport may close it while it still reads.
type lentBody struct {
	mu  sync.Mutex
	r   *bytes.Reader
	buf []byte
}

func (b *lentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buf == nil {
		return 0, io.ErrClosedPipe
	}
	return b.r.Read(p)
}

func (b *lentBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.buf)
	b.buf = nil
	return nil
}
