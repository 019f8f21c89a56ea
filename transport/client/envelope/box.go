package envelope

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// Box encrypts under one key of the cluster, and decrypts what was encrypted under it, by any version. It may be used
// concurrently. Close it.
//
// A change that takes the key or a version out of use (suspended, deactivated, compromised, destroyed, its minimum version
// raised, its name given away, the right to see it taken), or that rotates it, reaches a Box that can reach the cluster:
//
//   - within 3 s as a rule: the change arrives through GET /v1/watch within the cluster's staleness bound (2 s);
//   - within 60 s if the connection went dead without a word: its silence is noticed after 45 s, and another node is asked;
//   - within Recheck, 30 s, if the key may not be watched, or its record not be read.
//
// While no node can be reached, what is held is used until its lifetime runs out (StaleIfUnreachable adds to that, if asked
// for), then no more. Calls that find what they need do not wait for anybody; all others end with their context at the latest.
type Box struct {
	c    *client.Client
	name string // as given: name or id
	set  settings

	current atomic.Pointer[dataKey] // encrypts; is on the shelf too
	shelf   *shelf
	flights flights
	close   context.CancelFunc
	began   sync.Once // the following

	mu    sync.Mutex // guards what follows
	id    string     // "" until known
	blind bool       // the record may not be read
	seen  *api.Record
	epoch uint64               // counts changes of what governs use: what was fetched before one is not kept
	quiet map[string]time.Time // until when the cluster is not asked again about a stale key, by flight
}

var (
	errClosed = fault.New(fault.BadState, "the Box is closed").WithHint("Make a new one with envelope.New.")
	idForm    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// New makes a Box for a key, by name or id. It asks nobody yet. With a name, the caller needs the right to read the key's
// record; with an id it can do without, but then nothing is kept for longer than Recheck. fault.Invalid for settings that cannot
// work.
func New(c *client.Client, key string, options ...Option) (*Box, error) {
	set := settings{lifetime: DefaultLifetime, uses: DefaultUses, bytes: DefaultBytes, opened: DefaultOpened, segment: sealed.DefaultSegment, now: time.Now, log: slog.New(slog.DiscardHandler)}
	for _, o := range options {
		o(&set)
	}
	if err := set.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Box{c: c, name: key, set: set, shelf: newShelf(set.opened), close: cancel, quiet: map[string]time.Time{}}
	b.flights = flights{ctx: ctx, open: map[string]*flight{}}
	if idForm.MatchString(key) {
		b.id = key
	}
	return b, nil
}

// Close wipes every data key and ends the following of the key. Calls under way fail.
func (b *Box) Close() {
	b.close()
	b.flights.close()
	b.current.Store(nil)
	b.shelf.drop(func(*dataKey) bool { return true })
}

// identify makes sure that the key's id is known and its record followed; it returns the id and the epoch.
func (b *Box) identify(ctx context.Context) (string, uint64, error) {
	b.mu.Lock()
	id, known, epoch := b.id, b.seen != nil || b.blind, b.epoch
	b.mu.Unlock()
	if !known {
		record, err := b.c.Key(ctx, b.name)
		switch {
		case err == nil:
			b.judge(record)
		case errors.Is(err, fault.Denied) && id != "":
			b.mu.Lock()
			b.blind = true
			b.mu.Unlock()
			b.set.log.Warn("the key's record may not be read: data keys are kept for a short time only", "key", id)
		default:
			return "", 0, err
		}
		b.mu.Lock()
		id, epoch = b.id, b.epoch
		b.mu.Unlock()
	}
	if b.set.lifetime > 0 {
		b.began.Do(func() { b.flights.wait.Go(func() { b.follow(b.flights.ctx) }) })
	}
	return id, epoch, nil
}

// fresh fetches a new data key to encrypt with.
func (b *Box) fresh(ctx context.Context) (*dataKey, error) {
	id, epoch, err := b.identify(ctx)
	if err != nil {
		return nil, err
	}
	h := sealed.Header{Format: sealed.Latest, KeyID: id}
	dk, err := b.c.DataKey(ctx, id, api.DataKeyRequest{Bits: 8 * sealed.DataKeySize, AAD: h.Binding(), Plaintext: true})
	if err != nil {
		return nil, err
	}
	h.KeyVersion, h.Wrapped = dk.Version, dk.Ciphertext
	k, err := newDataKey(h, dk.Plaintext, b.set.now(), b.lifetime())
	if err != nil {
		return nil, err
	}
	b.keep(k, epoch, true)
	return k, nil
}

// opened has the cluster open the data key that a header carries.
func (b *Box) opened(ctx context.Context, h sealed.Header) (*dataKey, error) {
	id, epoch, err := b.identify(ctx)
	if err != nil {
		return nil, err
	}
	if h.KeyID != id {
		return nil, b.foreign(h.KeyID)
	}
	d, err := b.c.Decrypt(ctx, id, api.DecryptRequest{Ciphertext: h.Wrapped, AAD: h.Binding()})
	if err != nil {
		return nil, explain(err)
	}
	if d.Version != h.KeyVersion {
		clear(d.Plaintext)
		return nil, misfit()
	}
	k, err := newDataKey(h, d.Plaintext, b.set.now(), b.lifetime())
	if err != nil {
		return nil, err
	}
	b.keep(k, epoch, false)
	return k, nil
}

// lifetime is that of data keys of this Box; shorter where revocations cannot be learnt of.
func (b *Box) lifetime() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.blind {
		return min(b.set.lifetime, Recheck)
	}
	return b.set.lifetime
}

// keep puts a key on the shelf, unless something that governs its use has changed since it was asked for: then it serves
// those who wait for it, and nobody else.
func (b *Box) keep(k *dataKey, epoch uint64, encrypts bool) {
	if b.set.lifetime == 0 {
		return
	}
	keep := b.lifetime() + b.set.stale
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.epoch != epoch || b.flights.ctx.Err() != nil {
		k.timer = time.AfterFunc(askWithin, k.wipe) // those who wait for it have it by then
		return
	}
	b.shelf.put(k, keep)
	if encrypts {
		b.current.Store(k)
	}
}

func (b *Box) foreign(id string) error {
	return fault.New(fault.Invalid, "the data is encrypted under the key %s, not under %q", id, b.name).WithHint("Open it with a Box of that key.")
}

func misfit() error {
	return fault.New(fault.Invalid, "the header is damaged: it does not fit the data key in it").WithHint("Get an intact copy of it.")
}

// explain says of a wrapped data key that the cluster refused what it is.
func explain(err error) error {
	var f *fault.Error
	if errors.Is(err, fault.Invalid) && errors.As(err, &f) {
		return fault.Wrap(fault.Invalid, err, "the header is damaged, or not of this cluster: its data key does not open (%s)", f.Message).
			WithHint("Get an intact copy of it, and ask the cluster that encrypted it.")
	}
	return err
}
