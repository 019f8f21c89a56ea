package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// request is what the handlers of a route get: who asks, what the path names, and the parameters.
type request struct {
	vault   *vault.Vault
	x       *serve.Exchange
	r       *http.Request
	route   *route
	caller  access.Caller
	ref     string // what the {…} of the path stands for, unescaped
	query   url.Values
	read    access.Consistency
	ifMatch uint64    // revision of If-Match; 0: any
	own     [1]string // value of the answer's Content-Length, where net/http finds it
}

// readQuery refuses parameters that the route does not have, given twice, or that cannot be read.
func (q *request) readQuery() error {
	raw := q.r.URL.RawQuery
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return fault.New(fault.Invalid, "the query string cannot be read").WithHint("Parameters are name=value, joined by &.")
	}
	for name, given := range values {
		if !q.route.takes(name) {
			return fault.New(fault.Invalid, "there is no query parameter %q here", clip(name)).WithHint("GET /v1/openapi.json lists the parameters of every route.")
		}
		if len(given) > 1 {
			return fault.New(fault.Invalid, "the query parameter %q was given more than once", clip(name))
		}
	}
	q.query = values
	switch given, ok := values["consistency"]; {
	case !ok || given[0] == "local":
	case given[0] == "linearizable":
		q.read.Mode = access.Linearizable
	default:
		return fault.New(fault.Invalid, "the query parameter consistency must be local or linearizable")
	}
	return nil
}

// readHeader reads the headers that this API gives a meaning to, and refuses those whose meaning it cannot keep.
func (q *request) readHeader() error {
	h := q.r.Header
	if given := h["X-Quorate-Index"]; len(given) > 0 {
		n, err := strconv.ParseUint(given[0], 10, 64)
		if err != nil || len(given) > 1 {
			return fault.New(fault.Invalid, "the header %s must be one decimal number", api.HeaderIndex)
		}
		if q.read.Mode == access.Local {
			q.read = access.Consistency{Mode: access.AtIndex, Index: n}
		}
	}
	if given := h["If-Match"]; len(given) > 0 {
		if !q.route.IfMatch {
			return fault.New(fault.Invalid, "this operation does not take If-Match").WithHint("Leave the header out; PATCH, and what changes the state or the versions of a key, take it.")
		}
		n, err := parseETag(given)
		if err != nil {
			return err
		}
		q.ifMatch = n
	}
	if e := h["Content-Encoding"]; len(e) > 0 && !strings.EqualFold(e[0], "identity") {
		return fault.New(fault.Invalid, "request bodies may not be compressed").WithHint("Send the body without Content-Encoding.")
	}
	return nil
}

// parseETag reads the revision of an If-Match header; "*" is 0, any.
func parseETag(given []string) (uint64, error) {
	bad := fault.New(fault.Invalid, "the header If-Match must be one ETag as this API gave it").WithHint(`ETags look like "7", with the quotes.`)
	if len(given) > 1 {
		return 0, bad
	}
	s := given[0]
	if s == "*" {
		return 0, nil
	}
	if len(s) < 3 || s[0] != '"' || s[len(s)-1] != '"' {
		return 0, bad
	}
	n, err := strconv.ParseUint(s[1:len(s)-1], 10, 64)
	if err != nil || n == 0 {
		return 0, bad
	}
	return n, nil
}

// seen tells whether If-None-Match names this ETag, so that the client has what it asks for (RFC 9110, section 13.1.2).
func (q *request) seen(etag string) bool {
	for _, line := range q.r.Header["If-None-Match"] {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == etag {
				return true
			}
		}
	}
	return false
}

// number reads a query parameter that is a whole number from low to high; absent is 0.
func (q *request) number(name string, low, high uint64) (uint64, error) {
	given, ok := q.query[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(given[0], 10, 64)
	if err != nil || n < low || n > high {
		return 0, fault.New(fault.Invalid, "the query parameter %s must be a number from %d to %d", name, low, high)
	}
	return n, nil
}

// refuseBody is for routes without a body: one that comes anyway was meant for another route.
func (q *request) refuseBody() error {
	if q.r.ContentLength == 0 || q.r.Body == nil || q.r.Body == http.NoBody {
		return nil
	}
	var one [1]byte
	if n, _ := q.r.Body.Read(one[:]); n > 0 || q.r.ContentLength > 0 {
		return fault.New(fault.Invalid, "this operation takes no body")
	}
	return nil
}

const (
	firstBuffer  = 16 << 10  // bytes that a body gets before any of it has arrived
	largeBody    = 64 << 10  // bytes from which a body counts towards allBodies
	allBodies    = 128 << 20 // bytes that large bodies may hold together
	maxPooledCap = 64 << 10
)

// withBody reads the body, at most the route's limit, lends it to use, and clears it.
func (h *Handler) withBody(q *request, use func(body []byte) error) error {
	if err := checkContentType(q.r.Header["Content-Type"]); err != nil {
		return err
	}
	limit := q.route.Body
	if q.r.ContentLength > limit {
		return tooLarge(limit)
	}
	buf := getBuffer()
	defer func() { putBuffer(buf) }()
	held := int64(0)
	defer func() { h.bodies.Add(-held) }()
	b := buf.b
	for {
		n, err := q.r.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		buf.b = b
		if int64(len(b)) > limit {
			return tooLarge(limit)
		}
		if errors.Is(err, io.EOF) {
			return use(b)
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the body did not arrive whole and in time")
		}
		if len(b) < cap(b) {
			continue
		}
		size := min(2*cap(b), int(limit)+1)
		if size > largeBody {
			h.bodies.Add(int64(size) - held)
			held = int64(size)
			if h.bodies.Load() > allBodies {
				return fault.New(fault.Busy, "this node holds as many large requests as it can")
			}
		}
		b = buf.grow(size)
	}
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "the body exceeds %d bytes", limit)
}

func checkContentType(given []string) error {
	if len(given) == 0 || given[0] == "application/json" || given[0] == "" {
		return nil
	}
	if t, _, err := mime.ParseMediaType(given[0]); err != nil || t != "application/json" || len(given) > 1 {
		return fault.New(fault.Invalid, "the body must be JSON").WithHint("Send Content-Type: application/json, or none; with curl: --json in place of -d.")
	}
	return nil
}

// clip keeps what an error repeats of the client's own words short.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return strings.ToValidUTF8(s, "")
}
