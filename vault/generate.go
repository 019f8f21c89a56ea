package vault

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// drawn is fresh material that is not wrapped yet. Whoever drew it clears it.
type drawn struct {
	algorithm     key.Algorithm
	plain, public []byte
}

// generatable refuses what only comes from outside.
func generatable(a key.Algorithm, bits int) error {
	switch {
	case a.Traits().Name == "":
		return fault.New(fault.Invalid, "there is no algorithm of number %d", a)
	case a == key.Opaque || a == key.X509:
		return fault.New(fault.Invalid, "%s objects are not generated", a).WithHint("Import one (`quorate key import`).")
	case bits != 0 && a != key.Secret:
		return fault.New(fault.Invalid, "the algorithm %s has a length of its own", a).WithHint("Leave bits out; only a secret has them.")
	}
	return nil
}

// generate gives a version of r fresh material, wrapped, and its public half. bits is the length of a secret; 0: the usual.
func (t *task) generate(ctx context.Context, r *key.Record, ver key.Version, bits int) (key.Version, error) {
	d := t.ahead
	t.ahead = drawn{} // material is used once
	if d.algorithm != r.Algorithm {
		clear(d.plain)
		var err error
		if d.plain, d.public, err = t.drawMaterial(ctx, r.Algorithm, bits); err != nil {
			return ver, err
		}
	}
	defer clear(d.plain)
	material, err := t.wrap(ctx, r, ver.Number, d.plain)
	ver.Material, ver.Public = material, d.public
	return ver, err
}

// drawAhead draws the material of an RSA key before the operation takes the key's turn: searching for primes takes up to
// seconds, in which no other change of the keys that share its lane could go on. It does so only for a key in one of these states and a caller
// who is permitted the operation, and says nothing but fault.Busy: the operation itself finds out what else is wrong. The caller calls done at the end.
func (t *task) drawAhead(ctx context.Context, ref string, in ...key.State) (done func(), _ error) {
	done = func() { clear(t.ahead.plain) }
	r := lookup(t.link.machine.State(), ref)
	if r == nil || !slices.Contains(in, r.State) || !slow(r.Algorithm) || r.Type == key.PublicKey || t.allow(access.OfKey(r)) != nil {
		return done, nil
	}
	if _, repeated, err := t.before(); repeated || err != nil {
		return done, nil
	}
	plain, public, err := t.drawMaterial(ctx, r.Algorithm, 0)
	if err == nil {
		t.ahead = drawn{r.Algorithm, plain, public}
	}
	if errors.Is(err, fault.Busy) {
		return done, err
	}
	return done, nil
}

// drawMaterial is primitive.Generate, and keeps the search for primes from taking the whole machine: a flood of it would leave no time for
// heartbeats, and the members would elect one leader after the other.
func (t *task) drawMaterial(ctx context.Context, a key.Algorithm, bits int) (material, public []byte, err error) {
	if slow(a) {
		done, err := t.search(ctx)
		if err != nil {
			return nil, nil, err
		}
		defer done()
	}
	return primitive.Generate(a, bits, t.v.cfg.Random)
}

// search waits for a place for a search for primes. Who holds a key's turn does not wait: others wait for him. Nor does the cluster itself, which
// does its duties one after the other: its search is one more than callers may have.
func (t *task) search(ctx context.Context) (done func(), err error) {
	switch {
	case t.caller.Kind == access.BySelf:
		return func() {}, nil
	case t.hasty:
		return t.v.searches.try()
	}
	return t.v.searches.enter(ctx)
}

const (
	searchWaiters = 16               // more are told to come back at once
	searchWait    = 10 * time.Second // and these after so long
)

// searches are the searches for primes that run, at most one for two cores, and those that wait. Its methods may be called concurrently.
type searches struct {
	running chan struct{} // has an element for each that runs
	waiting chan struct{} // and for each that waits
}

func newSearches() searches {
	return searches{make(chan struct{}, searchPlaces()), make(chan struct{}, searchWaiters)}
}

func searchPlaces() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// try takes a place if one is free. Who got one calls done. fault.Busy if there is none.
func (s searches) try() (done func(), err error) {
	select {
	case s.running <- struct{}{}:
		return func() { <-s.running }, nil
	default:
		return nil, noSearch(nil)
	}
}

// enter waits for a place. Who got one calls done. fault.Busy if there is none to be had soon.
func (s searches) enter(ctx context.Context) (done func(), err error) {
	if done, err := s.try(); err == nil {
		return done, nil
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return nil, noSearch(nil)
	}
	ctx, cancel := context.WithTimeout(ctx, searchWait)
	defer cancel()
	select {
	case s.running <- struct{}{}:
		return func() { <-s.running }, nil
	case <-ctx.Done():
		return nil, noSearch(ctx.Err())
	}
}

// noSearch names no other node: all changes are made by the leader.
func noSearch(cause error) error {
	return fault.Wrap(fault.Busy, cause, "this node makes as many RSA keys as it can").WithHint("Try again in a few seconds; other algorithms do not wait.")
}

func slow(a key.Algorithm) bool { return a == key.RSA2048 || a == key.RSA3072 || a == key.RSA4096 }

// secretBits is how long the next version of a secret is: as long as the one before. 0 for everything else.
func (t *task) secretBits(r *key.Record) (bits int, err error) {
	if err := generatable(r.Algorithm, 0); err != nil {
		return 0, err
	}
	if r.Algorithm != key.Secret {
		return 0, nil
	}
	if isDual(r) {
		return 0, fault.New(fault.Invalid, "key %s is bound to its key-encrypting key and is not rotated", nameOf(r)).
			WithHint("Make a new one: POST /new of the keas.kmi door.")
	}
	err = t.material(r, r.Latest(), func(plain []byte) error {
		bits = 8 * len(plain)
		return nil
	})
	return bits, err
}
