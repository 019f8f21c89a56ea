package serve

import (
	"context"
	"crypto/x509"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// HeaderIdempotency carries the client's name for a write, so that a repetition gets the first outcome.
const HeaderIdempotency = "Idempotency-Key"

const (
	maxBearer = 512 // letters of a token; a longer one is nobody's
	maxRetry  = 128 // letters of an Idempotency-Key
)

// Authenticator knows whose bearer token this is; *vault.Vault is one.
type Authenticator interface {
	// Authenticate returns the token's owner; fault.Unauthenticated if it is nobody's. bearer is lent for the call.
	Authenticate(ctx context.Context, bearer []byte) (access.Caller, error)
}

// Identify finds out who calls: the owner of the bearer token, else the holder of the verified client certificate,
// else nobody (access.Anonymous). A token that is not good is fault.Unauthenticated, whatever else came with it.
// An Idempotency-Key that cannot be one is fault.Invalid. Nothing of the header is ever in the error.
func Identify(x *Exchange, r *http.Request, a Authenticator) (access.Caller, error) {
	c, err := prove(r, a)
	if err != nil {
		return access.Caller{}, err
	}
	return Describe(x, r, c)
}

// Describe fills in what every caller has, proved or not: where it is, the door, the request and its
// Idempotency-Key (fault.Invalid if that cannot be one).
func Describe(x *Exchange, r *http.Request, c access.Caller) (access.Caller, error) {
	c.Remote, c.Door, c.RequestID = r.RemoteAddr, x.door, x.ID
	keys := r.Header[HeaderIdempotency]
	if len(keys) == 0 {
		return c, nil
	}
	if len(keys) > 1 || !printable(keys[0]) {
		return access.Caller{}, fault.New(fault.Invalid, "the header %s must be given once, with 1 to %d printable ASCII letters", HeaderIdempotency, maxRetry).
			WithHint("Use a fresh UUID per write, and the same one when you repeat it.")
	}
	c.Retry = keys[0]
	return c, nil
}

func prove(r *http.Request, a Authenticator) (access.Caller, error) {
	if given, ok := r.Header["Authorization"]; ok {
		return byToken(r.Context(), given, a)
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && len(r.TLS.VerifiedChains[0]) > 0 {
		return byCertificate(r.TLS.VerifiedChains[0][0])
	}
	return access.Caller{Kind: access.Anonymous}, nil
}

func byToken(ctx context.Context, given []string, a Authenticator) (access.Caller, error) {
	if len(given) != 1 {
		return access.Caller{}, fault.New(fault.Unauthenticated, "the header Authorization was given more than once")
	}
	const scheme = "Bearer "
	text := given[0]
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return access.Caller{}, fault.New(fault.Unauthenticated, "the header Authorization is not of the form: Bearer qt_…")
	}
	text = strings.TrimSpace(text[len(scheme):])
	if text == "" || len(text) > maxBearer {
		return access.Caller{}, fault.New(fault.Unauthenticated, "that is not a token")
	}
	space, _ := bearers.Get().(*[maxBearer]byte)
	bearer := space[:copy(space[:], text)]
	defer func() {
		clear(bearer)
		bearers.Put(space)
	}()
	return a.Authenticate(ctx, bearer)
}

// bearers lends room for a token while it is looked at. All of it is zero.
var bearers = sync.Pool{New: func() any { return new([maxBearer]byte) }}

// byCertificate trusts the chain that the handshake verified, and looks at the dates again: a connection may have
// outlived its certificate.
func byCertificate(leaf *x509.Certificate) (access.Caller, error) {
	if now := time.Now(); now.After(leaf.NotAfter) {
		return access.Caller{}, fault.New(fault.Unauthenticated, "the client certificate ran out while the connection was open").
			WithHint("Connect again with a current certificate.")
	}
	for _, u := range leaf.URIs {
		if u.Scheme == "quorate" && strings.HasPrefix(u.Path, "/node/") {
			return access.Caller{}, fault.New(fault.Unauthenticated, "a member's own certificate opens no door of the API").
				WithHint("Get a client certificate: quorate operator client-cert NAME --out DIR.")
		}
	}
	name := leaf.Subject.CommonName
	if name == "" || len(name) > 255 {
		return access.Caller{}, fault.New(fault.Unauthenticated, "the client certificate names nobody").
			WithHint("Its subject needs a common name: that is the principal that policies speak of.")
	}
	return access.Caller{Principal: name, Kind: access.ByCertificate}, nil
}

func printable(s string) bool {
	if s == "" || len(s) > maxRetry {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
