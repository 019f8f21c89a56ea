package envelope

import (
	"crypto/cipher"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// dataKey is one data key in the clear, until it is wiped.
type dataKey struct {
	header  sealed.Header // of a message under it
	raw     []byte        // the same, as it is written
	message cipher.AEAD   // seals and opens messages; used without a lock
	until   time.Time     // use after it needs the silence of the cluster
	wall    int64         // the same, as Unix nanoseconds
	timer   *time.Timer

	uses, bytes atomic.Int64
	wiped       atomic.Bool

	mu       sync.Mutex // guards material
	material []byte     // owned; cleared when wiped
}

// newDataKey takes over material.
func newDataKey(h sealed.Header, material []byte, now time.Time, keep time.Duration) (*dataKey, error) {
	if len(material) != sealed.DataKeySize {
		clear(material)
		return nil, fault.New(fault.Internal, "the cluster sent a data key of %d bytes instead of %d", len(material), sealed.DataKeySize)
	}
	h.Segment = 0
	k := &dataKey{header: h, until: now.Add(keep), wall: now.Add(keep).UnixNano(), material: material}
	message := h
	message.Format = sealed.Latest
	raw, err := message.MarshalBinary()
	if err == nil {
		k.raw = raw
		k.message, err = sealed.MessageCipher(material, raw)
	}
	if err != nil {
		clear(material)
		return nil, err
	}
	return k, nil
}

// alive tells whether the key may be used at that moment without asking. Both clocks count: the monotonic one stops while the
// machine sleeps, the wall clock can be set back.
func (k *dataKey) alive(now time.Time) bool {
	return !k.wiped.Load() && now.Before(k.until) && now.UnixNano() < k.wall
}

// take counts a use for encrypting n bytes. The first is always granted, however large.
func (k *dataKey) take(n int, s *settings) bool {
	uses, bytes := k.uses.Add(1), k.bytes.Add(int64(n))
	return uses == 1 || uses <= s.uses && bytes <= s.bytes
}

// lend gives a copy of the material, which the caller clears; nil when it was wiped.
func (k *dataKey) lend() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.material == nil {
		return nil
	}
	return append(make([]byte, 0, sealed.DataKeySize), k.material...)
}

// wipe ends the key. What derives from it in crypto/aes cannot be cleared from here; it is left to the garbage collector.
func (k *dataKey) wipe() {
	k.wiped.Store(true)
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.material)
	k.material = nil
	if k.timer != nil {
		k.timer.Stop()
	}
}
