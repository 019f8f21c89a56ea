package seal

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/quorate/quorate/vault/fault"
)

// ErrAltered means that data is not what the keyring wrapped or authenticated: it, its context (aad, label) or its term differ.
// Whoever knows what the data was says so to the operator. Its Kind is Internal. Test with errors.Is.
var ErrAltered = fault.New(fault.Internal, "data was altered: it does not match its authentication code")

// Keyring is what an open node wraps with: terms of AES-256 keys, of which the newest wraps and all unwrap, and one root, the
// same across terms, from which authentication codes and named secrets are derived. All of it lies in locked memory. It is safe
// for concurrent use. Once its node is sealed, every call gives fault.Sealed.
type Keyring struct {
	change sync.Mutex           // held by adopt and Destroy
	ring   atomic.Pointer[ring] // replaced as a whole by adopt
	closed atomic.Bool          // set for good by Destroy
	uses   atomic.Uint64        // of the current term, in this process

	mac    *hmacKey
	config *hmacKey
	derive *hmacKey
}

// ring is one immutable set of terms.
type ring struct {
	current uint32
	wrapper *sealer
	terms   map[uint32]*sealer
}

// newKeyring derives what hangs on the root. The terms come by adopt.
func newKeyring(root []byte) (*Keyring, error) {
	k := &Keyring{}
	for _, d := range []struct {
		key   **hmacKey
		label string
	}{{&k.mac, labelRootMAC}, {&k.config, labelRootConfig}, {&k.derive, labelRootDerive}} {
		secret, err := deriveSecret(root, d.label)
		if err != nil {
			return nil, err
		}
		err = secret.Lend(func(key []byte) error { *d.key = newHMACKey(key); return nil })
		secret.Destroy()
		if err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Term returns the current term: what Wrap uses. It is 0 once the node is sealed.
func (k *Keyring) Term() uint32 {
	if k.closed.Load() {
		return 0
	}
	return k.ring.Load().current
}

// Terms returns the terms that can be unwrapped, ascending; none once the node is sealed.
func (k *Keyring) Terms() []uint32 {
	if k.closed.Load() {
		return nil
	}
	return slices.Sorted(maps.Keys(k.ring.Load().terms))
}

// Uses returns how often this process wrapped with the current term. A term's random nonces are safe for 2^32 uses over all nodes
// and its whole life (NIST SP 800-38D, section 8.3); rotate the keyring well before.
func (k *Keyring) Uses() uint64 { return k.uses.Load() }

// Wrap seals plaintext with the current term, bound to aad: 12 bytes nonce, ciphertext, 16 bytes tag. The same plaintext never
// gives the same bytes twice.
func (k *Keyring) Wrap(aad, plaintext []byte) (term uint32, sealed []byte, err error) {
	for {
		r := k.ring.Load()
		sealed, err = r.wrapper.seal(make([]byte, 0, len(plaintext)+overhead), aad, plaintext)
		if err == nil {
			k.uses.Add(1)
			return r.current, sealed, nil
		}
		if k.closed.Load() {
			return 0, nil, errSealed()
		}
		// The term was dropped between Load and seal: a newer ring is in place.
	}
}

// Unwrap opens what Wrap sealed under that term and aad, and lends the plaintext to use; it is wiped when use returns. An error of
// use is passed on as it is. Otherwise: fault.Sealed, fault.NotFound when the term is not in the keyring, ErrAltered.
func (k *Keyring) Unwrap(term uint32, aad, sealed []byte, use func(plain []byte) error) error {
	if k.closed.Load() {
		return errSealed()
	}
	key, ok := k.ring.Load().terms[term]
	if !ok {
		return errTerm(term)
	}
	n := len(sealed) - overhead
	if n < 0 {
		return ErrAltered
	}
	var plain []byte
	if n <= maxSlot {
		slot := locked.alloc(max(n, 1))
		defer locked.release(slot)
		plain = slot[:0]
	} else {
		plain = make([]byte, 0, n)
		defer clear(plain[:n])
	}
	plain, err := key.open(plain, aad, sealed)
	switch {
	case err == nil:
		return use(plain)
	case errors.Is(err, errAuthentication):
		return ErrAltered
	case k.closed.Load():
		return errSealed()
	default:
		return errTerm(term)
	}
}

func errTerm(term uint32) error {
	return fault.New(fault.NotFound, "the keyring has no term %d", term).
		WithHint("The term was dropped, or this node has not adopted the newest keyring: unseal it again.")
}

// MAC authenticates data under a label (not empty) with a key that does not change with the term. Different labels are
// different functions. Its errors are fault.Sealed, and fault.Invalid without a label.
func (k *Keyring) MAC(label string, data []byte) (mac [32]byte, err error) {
	if label == "" {
		return mac, fault.New(fault.Invalid, "an authentication code needs a label")
	}
	err = k.mac.sumLabelled(&mac, label, data)
	return mac, err
}

// CheckMAC gives ErrAltered unless mac is MAC(label, data). The comparison takes constant time.
func (k *Keyring) CheckMAC(label string, data, mac []byte) error {
	want, err := k.MAC(label, data)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(want[:], mac) != 1 {
		return ErrAltered
	}
	return nil
}

// Derive returns size bytes (at most 8160) that depend on the root, label and context only: a named secret that every open node has
// and that does not change with the term. The caller clears it.
func (k *Keyring) Derive(label string, context []byte, size int) ([]byte, error) {
	if size <= 0 || size > 255*32 {
		return nil, fault.New(fault.Invalid, "a derived secret has 1 to %d bytes, not %d", 255*32, size)
	}
	out := make([]byte, size)
	if err := k.derive.expand(out, bind(label, context)); err != nil {
		clear(out)
		return nil, err
	}
	return out, nil
}

// Destroy wipes the keyring. Calls under way finish; later ones give fault.Sealed.
func (k *Keyring) Destroy() {
	if k == nil {
		return
	}
	k.change.Lock()
	defer k.change.Unlock()
	k.closed.Store(true)
	for _, h := range []*hmacKey{k.mac, k.config, k.derive} {
		h.destroy()
	}
	if r := k.ring.Load(); r != nil {
		for _, s := range r.terms {
			s.destroy()
		}
	}
}

// adopt takes the terms of a keyring that was read: terms known already keep their state, new ones are added, and those that
// are gone are wiped. After Destroy it gives fault.Sealed.
func (k *Keyring) adopt(p *plainKeyring, current uint32) error {
	k.change.Lock()
	defer k.change.Unlock()
	if k.closed.Load() {
		return errSealed()
	}
	old := k.ring.Load()
	next := &ring{current: current, terms: make(map[uint32]*sealer, len(p.terms))}
	for i, term := range p.terms {
		if old != nil && old.terms[term] != nil {
			next.terms[term] = old.terms[term]
			continue
		}
		s, err := newSealer(p.key(i))
		if err != nil {
			return err
		}
		next.terms[term] = s
	}
	next.wrapper = next.terms[current]
	if next.wrapper == nil {
		return errDamaged("the current term is not in the keyring")
	}
	k.ring.Store(next)
	if old == nil || old.current != current {
		k.uses.Store(0)
	}
	if old != nil {
		for term, s := range old.terms {
			if next.terms[term] == nil {
				s.destroy()
			}
		}
	}
	return nil
}

// authenticate puts the MAC on a configuration.
func (k *Keyring) authenticate(c *Config) error {
	var mac [32]byte
	if err := k.config.sum(&mac, c.unsigned()); err != nil {
		return err
	}
	c.MAC = mac[:]
	return nil
}

// verify checks the MAC of a configuration.
func (k *Keyring) verify(c *Config) error {
	var mac [32]byte
	if err := k.config.sum(&mac, c.unsigned()); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(mac[:], c.MAC) != 1 {
		return errDamaged("its authentication code does not match")
	}
	return nil
}

// String hides the keys.
func (k *Keyring) String() string { return "[keyring]" }

// GoString hides the keys from %#v.
func (k *Keyring) GoString() string { return "[keyring]" }

// Format hides them from every verb.
func (k *Keyring) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue hides them from slog.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }
