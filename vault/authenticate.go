package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// tokenSecret is the length of a token's secret half.
const tokenSecret = 32

// Prefixes tell people and scanners what a token is.
const (
	bearerPrefix = "qt_"
	joinPrefix   = "qj_"
)

// authorities holds what is needed to know callers and what they may do, compiled from the replicated state.
type authorities struct {
	compiled atomic.Pointer[compiled]
	mu       sync.Mutex // one compilation at a time
	once     sync.Once
	checked  *otter.Cache[key.ID, *access.Token] // tokens whose MAC was found right
}

type compiled struct {
	revision uint64
	checked  bool // their MAC was found right, which only an open node can tell
	set      *access.PolicySet
}

// policies returns the set of the state's policies. When they are not as the vault wrote them, or one of them no longer
// compiles, nobody is permitted anything. room is nil on a sealed node, whose callers may do nothing but reset the ceremony.
func (a *authorities) policies(s *fsm.State, room *keyroom) (*access.PolicySet, error) {
	known := func() *access.PolicySet {
		if c := a.compiled.Load(); c != nil && c.revision == s.PolicyRevision() && (c.checked || room == nil) {
			return c.set
		}
		return nil
	}
	if set := known(); set != nil {
		return set, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if set := known(); set != nil {
		return set, nil
	}
	if room != nil {
		if err := room.checkPolicies(s); err != nil {
			return nil, err
		}
	}
	var sources []access.Source
	for _, p := range s.Policies() {
		sources = append(sources, access.Source{Name: p.Name, Text: p.Source})
	}
	set, err := access.Compile(sources)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the policies cannot be read")
	}
	a.compiled.Store(&compiled{revision: s.PolicyRevision(), checked: room != nil, set: set})
	return set, nil
}

func (a *authorities) tokens() *otter.Cache[key.ID, *access.Token] {
	a.once.Do(func() { a.checked = otter.Must(&otter.Options[key.ID, *access.Token]{MaximumSize: 65_536}) })
	return a.checked
}

// forget drops what was checked with a keyring that is gone.
func (a *authorities) forget() { a.tokens().InvalidateAll() }

// errBearer is the one answer to every token that is nobody's.
var errBearer = fault.New(fault.Unauthenticated, "the token is not valid here").
	WithHint("It may have expired or been revoked, or belong to another cluster; get a new one with `quorate token create`.")

// Authenticate finds out whose bearer token this is (qt_…). fault.Unauthenticated if nobody's. The door completes
// the Caller with what it knows of the connection and the request.
func (v *Vault) Authenticate(ctx context.Context, bearer []byte) (access.Caller, error) {
	s := v.state()
	if s == nil {
		return access.Caller{}, errBearer
	}
	id, secret, ok := parseBearer(bearer)
	defer clear(secret)
	if !ok {
		return access.Caller{}, errBearer
	}
	if s.Token(id) == nil && v.madeHere(access.Bearer, id, secret) {
		s = v.caughtUp(ctx, s)
	}
	t, err := v.proven(s, id, secret, access.Bearer)
	if err != nil {
		return access.Caller{}, err
	}
	if t == nil {
		return access.Caller{}, v.unknown(ctx)
	}
	return access.Caller{Principal: t.Principal, Groups: t.Groups, Kind: access.ByToken, Token: t.ID}, nil
}

// unknown is the answer to a token that is not in this node's state: a node that cannot prove its state recent, such as
// one that was just started, does not know whom the cluster knows.
func (v *Vault) unknown(ctx context.Context) error {
	if l := v.link.Load(); l != nil {
		if err := l.replica.Fresh(ctx, access.Consistency{Mode: access.Local}); err != nil {
			return err
		}
	}
	return errBearer
}

// proven returns the token of that id and kind if secret is its secret and it is alive; nil if not. Whether the id
// exists shows neither in the answer nor in the time it takes.
func (v *Vault) proven(s *fsm.State, id key.ID, secret []byte, kind access.TokenKind) (*access.Token, error) {
	sum := sha256.Sum256(secret)
	t, hash := s.Token(id), make([]byte, sha256.Size)
	if t != nil {
		hash = t.Hash
	}
	if subtle.ConstantTimeCompare(sum[:], hash) != 1 || t == nil || t.Kind != kind || !t.Live(s.At()) {
		return nil, nil
	}
	room := v.open.Load()
	if room == nil {
		return t, nil // sealed: nothing is answered here that needs more than the hash
	}
	cache := v.auth.tokens()
	if seen, ok := cache.GetIfPresent(id); ok && seen == t {
		return t, nil
	}
	if err := room.checkToken(t); err != nil {
		v.log.Error("a token was altered outside the vault", "token", t.ID.String(), "err", err)
		return nil, err
	}
	cache.Set(id, t)
	return t, nil
}

// madeHere tells whether this cluster made a token of that id and secret, whatever became of it: the secret is derived
// from the id. So a stranger cannot make this node look for a token that never was.
func (v *Vault) madeHere(kind access.TokenKind, id key.ID, secret []byte) bool {
	room := v.open.Load()
	if room == nil {
		return false
	}
	own, err := room.bearer(kind, id)
	if err != nil {
		return false
	}
	defer clear(own)
	return subtle.ConstantTimeCompare(own, secret) == 1
}

// caughtUp is the state once this node has caught up with the leader, or s if it cannot: a token may have been made
// on another node a moment ago, and its holder be here already.
func (v *Vault) caughtUp(ctx context.Context, s *fsm.State) *fsm.State {
	l := v.link.Load()
	if l == nil {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	if l.replica.Fresh(ctx, access.Consistency{Mode: access.Linearizable}) != nil {
		return s
	}
	return l.machine.State()
}

// bearerText is a bearer token as its holder gets it. The caller clears it.
func bearerText(id key.ID, secret []byte) []byte {
	raw := append(append(make([]byte, 0, len(id)+len(secret)), id[:]...), secret...)
	defer clear(raw)
	return base64.RawURLEncoding.AppendEncode([]byte(bearerPrefix), raw)
}

func parseBearer(text []byte) (key.ID, []byte, bool) {
	var id key.ID
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(bearerPrefix))
	var raw [len(id) + tokenSecret]byte
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return id, nil, false
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(raw[:], rest); err != nil || n != len(raw) {
		return id, nil, false
	}
	copy(id[:], raw[:])
	return id, raw[len(id):], true
}

// joinText is a join token as an operator gets it: the pin of the CA, then id and secret. The caller clears it.
func joinText(pin [32]byte, id key.ID, secret []byte) []byte {
	raw := append(append(append(make([]byte, 0, len(pin)+len(id)+len(secret)), pin[:]...), id[:]...), secret...)
	defer clear(raw)
	return base64.RawURLEncoding.AppendEncode([]byte(joinPrefix), raw)
}

// ParseJoinToken reads a join token: the SHA-256 of the cluster's CA certificate, and what proves the right to
// join. fault.Invalid for anything else.
func ParseJoinToken(text []byte) (pin [32]byte, id key.ID, secret []byte, err error) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte(joinPrefix))
	raw, derr := base64.RawURLEncoding.Strict().DecodeString(string(rest))
	if !ok || derr != nil || len(raw) != len(pin)+len(id)+tokenSecret {
		return pin, id, nil, fault.New(fault.Invalid, "that is not a join token").
			WithHint("A join token begins with %s; `quorate operator join-token` on a member makes one.", joinPrefix)
	}
	copy(pin[:], raw)
	copy(id[:], raw[len(pin):])
	return pin, id, raw[len(pin)+len(id):], nil
}
