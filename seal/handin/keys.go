package handin

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// Keys holds the private half of what a member gives out. Every ten minutes that a request may end at have a secret of their own, in locked
// memory, from which the keys of the requests that end then are derived; it is wiped when they end. So requests cost nothing to keep, and a
// stranger who asks for many can neither push another one out nor prolong it. It is safe for concurrent use.
type Keys struct {
	now   func() time.Time
	began time.Time

	mu      sync.Mutex
	secrets map[int64]*seal.Secret // by the end that they serve
	ended   time.Time              // when End was called last
	why     string
}

// NewKeys returns an empty store. now is the clock.
func NewKeys(now func() time.Time) *Keys {
	return &Keys{now: now, began: now(), secrets: map[int64]*seal.Secret{}}
}

// Public is the key that this member gives for a ceremony, made on first use. fault.Invalid for one that is over, or that lasts too long.
func (k *Keys) Public(c *Ceremony, node string) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.expireLocked()
	now := k.now()
	if !now.Before(c.Ends()) || c.Ends().Sub(now) > MaxLife+2*step {
		return nil, fault.New(fault.Invalid, "a ceremony that ends at %s is over, or too long", c.Ends().Format(time.RFC3339)).
			WithHint("Compare the members' clocks.")
	}
	secret := k.secrets[c.Expires]
	if secret == nil {
		var err error
		secret, err = seal.NewSecret(keySize, func(mem []byte) error { _, _ = rand.Read(mem); return nil }) // never fails: it ends the process instead
		if err != nil {
			return nil, err
		}
		k.secrets[c.Expires] = secret
	}
	var public []byte
	err := private(secret, c, node, func(own *ecdh.PrivateKey) error { public = own.PublicKey().Bytes(); return nil })
	return public, err
}

// private derives the key of one ceremony. The standard library's copy is left to the garbage collector, see seal/DESIGN.md.
func private(secret *seal.Secret, c *Ceremony, node string, use func(*ecdh.PrivateKey) error) error {
	return secret.Lend(func(mem []byte) error {
		raw, err := hkdf.Expand(sha256.New, mem, string(bind(labelKey, c.bytes(), []byte(node))), keySize)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "a key could not be derived")
		}
		defer clear(raw)
		own, err := ecdh.X25519().NewPrivateKey(raw)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "a key could not be derived")
		}
		return use(own)
	})
}

// Open lends the share in a file that was encrypted to this member. fault.NotFound: it is not addressed to it. fault.BadState: the ceremony
// expired or ended, or the member was started since. fault.Invalid: it was altered. The share itself is not looked at.
func (k *Keys) Open(f *File, node string, use func(line []byte) error) error {
	sealed := f.box(node)
	if sealed == nil {
		return fault.New(fault.NotFound, "the file is not addressed to member %s", node).WithHint("Hand it in at one of the members that it is addressed to.")
	}
	k.mu.Lock()
	k.expireLocked()
	secret, over := k.secrets[f.Ceremony.Expires], k.overLocked(&f.Ceremony, node)
	k.mu.Unlock()
	if secret == nil || !k.now().Before(f.Ceremony.Ends()) {
		return over
	}
	return private(secret, &f.Ceremony, node, func(own *ecdh.PrivateKey) error {
		key, err := hpke.NewDHKEMPrivateKey(own)
		if err != nil {
			return fault.Wrap(fault.Internal, err, "a key could not be derived")
		}
		line, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info(&f.Ceremony, node, own.PublicKey().Bytes()), sealed)
		if err != nil {
			return over
		}
		defer clear(line)
		return use(line)
	})
}

// overLocked says why a file of that ceremony does not open here.
func (k *Keys) overLocked(c *Ceremony, node string) error {
	var err *fault.Error
	made := time.Unix(c.Made, 0)
	switch {
	case !k.now().Before(c.Ends()):
		err = fault.New(fault.BadState, "the ceremony %s expired at %s", c.ID(), c.Ends().Format(time.RFC3339))
	case !k.ended.IsZero() && !k.ended.Before(made):
		err = fault.New(fault.BadState, "the ceremony %s ended at %s: %s", c.ID(), k.ended.UTC().Format(time.RFC3339), k.why)
	case k.began.After(made):
		err = fault.New(fault.BadState, "the key of ceremony %s is gone: member %s was started after it was made", c.ID(), node)
	default:
		return fault.New(fault.Invalid, "the file does not open: it was altered, or is not of a ceremony of member %s", node).
			WithHint("Copy the file again, or have the share encrypted again to the request of now.")
	}
	return err.WithHint("Make a new request, and have the custodians encrypt their shares to it.")
}

// End wipes all keys: whatever was asked for is over. why says so to who comes late, in a word or two.
func (k *Keys) End(why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.secrets) == 0 {
		return
	}
	for _, s := range k.secrets {
		s.Destroy()
	}
	clear(k.secrets)
	k.ended, k.why = k.now(), why
}

// Expire wipes the keys whose time is over. Public and Open do so too; call it from time to time.
func (k *Keys) Expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.expireLocked()
}

func (k *Keys) expireLocked() {
	for end, s := range k.secrets {
		if end <= k.now().Unix() {
			s.Destroy()
			delete(k.secrets, end)
		}
	}
}

// String hides the keys.
func (k *Keys) String() string { return "[hand-in keys]" }

// GoString hides the keys from %#v.
func (k *Keys) GoString() string { return k.String() }

// Format hides the keys from every verb.
func (k *Keys) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(k.String())) }

// LogValue hides the keys from slog.
func (k *Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }
