package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// Encrypt encrypts a message, which is to fit into memory. aad is bound to it and not stored: the same must be given to Decrypt;
// say in it where the message belongs, such as a table, column and row. The result is longer by some 150 bytes.
func (b *Box) Encrypt(ctx context.Context, plaintext, aad []byte) ([]byte, error) {
	k, err := b.encrypting(ctx, len(plaintext))
	if err != nil {
		return nil, err
	}
	defer b.done(k)
	out := make([]byte, len(k.raw), len(k.raw)+len(plaintext)+sealed.Overhead)
	copy(out, k.raw)
	return k.message.Seal(out, nil, plaintext, aad), nil
}

// Decrypt decrypts what Encrypt returned. fault.Invalid names what is wrong with it; other kinds are the cluster's, and say
// that the key may not be used, or that nobody can be asked. The caller clears the plaintext if it is a secret.
func (b *Box) Decrypt(ctx context.Context, message, aad []byte) ([]byte, error) {
	if k := b.shelf.get(sealed.WrappedIn(message)); k != nil && ctx.Err() == nil && bytes.HasPrefix(message, k.raw) && k.alive(b.set.now()) {
		return sealed.OpenMessage(k.message, nil, message[len(k.raw):], aad) // the way most go
	}
	h, _, body, err := sealed.ParseMessage(message)
	if err != nil {
		return nil, err
	}
	k, err := b.opening(ctx, h)
	if err != nil {
		return nil, err
	}
	defer b.done(k)
	return sealed.OpenMessage(k.message, nil, body, aad)
}

// EncryptStream encrypts src to dst, of any size, in constant memory. aad is bound to it as with Encrypt; progress, if not nil,
// hears after every read how many bytes more were taken in. What it wrote before an error is worthless.
func (b *Box) EncryptStream(ctx context.Context, dst io.Writer, src io.Reader, aad []byte, progress func(int64)) error {
	k, err := b.encrypting(ctx, 0)
	if err != nil {
		return err
	}
	material := k.lend()
	b.done(k)
	if material == nil {
		return revoked()
	}
	defer clear(material)
	h := k.header
	h.Segment = b.set.segment
	raw, err := h.MarshalBinary()
	if err != nil {
		return err
	}
	return sealed.EncryptStream(ctx, dst, src, material, raw, aad, func(n int64) {
		k.bytes.Add(n)
		if progress != nil {
			progress(n)
		}
	})
}

// DecryptStream decrypts what EncryptStream wrote, or Client.EncryptStream. Each segment is written when it is authenticated, but
// only nil says that the stream is whole: whoever stores the plaintext must not put it under its final name before that.
func (b *Box) DecryptStream(ctx context.Context, dst io.Writer, src io.Reader, aad []byte, progress func(int64)) error {
	h, raw, err := sealed.ReadHeader(src)
	if err != nil {
		return err
	}
	if progress != nil {
		progress(int64(len(raw)))
	}
	material, err := b.streamKey(ctx, h)
	if err != nil {
		return err
	}
	defer clear(material)
	return sealed.DecryptStream(ctx, dst, src, material, raw, aad, progress)
}

// OpenStream gives access to any part of an encrypted stream of size bytes without decrypting what is before it. Close the
// reader to clear what it holds.
func (b *Box) OpenStream(ctx context.Context, src io.ReaderAt, size int64, aad []byte) (*sealed.Reader, error) {
	h, raw, err := sealed.ReadHeader(io.NewSectionReader(src, 0, size))
	if err != nil {
		return nil, err
	}
	material, err := b.streamKey(ctx, h)
	if err != nil {
		return nil, err
	}
	defer clear(material)
	return sealed.NewReader(src, size, material, raw, aad)
}

// streamKey is a copy of the data key of a stream, which the caller clears.
func (b *Box) streamKey(ctx context.Context, h *sealed.Header) ([]byte, error) {
	if h.Segment == 0 {
		return nil, fault.New(fault.Invalid, "the input is an encrypted message, not a stream").WithHint("Open it with Decrypt.")
	}
	k, err := b.opening(ctx, h)
	if err != nil {
		return nil, err
	}
	defer b.done(k)
	if material := k.lend(); material != nil {
		return material, nil
	}
	return nil, revoked()
}

// Rewrap returns the message with its data key wrapped by the latest version of the key; the message itself stays as it is, and
// neither it nor the data key is opened outside of the cluster. It does not help where a data key was seen by others: encrypt anew.
func (b *Box) Rewrap(ctx context.Context, message []byte) ([]byte, error) {
	h, _, body, err := sealed.ParseMessage(message)
	if err != nil {
		return nil, err
	}
	raw, err := b.rewrapped(ctx, h)
	if err != nil {
		return nil, err
	}
	return append(raw, body...), nil
}

// RewrapStream is Rewrap for a stream: it writes a new header, and copies the rest.
func (b *Box) RewrapStream(ctx context.Context, dst io.Writer, src io.Reader) error {
	h, _, err := sealed.ReadHeader(src)
	if err != nil {
		return err
	}
	raw, err := b.rewrapped(ctx, h)
	if err != nil {
		return err
	}
	if _, err := dst.Write(raw); err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return err
}

// rewrapped is the header with the data key under the latest version.
func (b *Box) rewrapped(ctx context.Context, h *sealed.Header) ([]byte, error) {
	if h.Format == sealed.First {
		return nil, fault.New(fault.Invalid, "streams of format %d cannot be wrapped anew: their key depends on the wrapping", sealed.First).
			WithHint("Decrypt and encrypt it again.")
	}
	if b.flights.ctx.Err() != nil {
		return nil, errClosed
	}
	id, _, err := b.identify(ctx)
	if err != nil {
		return nil, err
	}
	if h.KeyID != id {
		return nil, b.foreign(h.KeyID)
	}
	r, err := b.c.Rewrap(ctx, id, api.DecryptRequest{Ciphertext: h.Wrapped, AAD: h.Binding()})
	if err != nil {
		return nil, explain(err)
	}
	h.KeyVersion, h.Wrapped = r.Version, r.Ciphertext
	return h.MarshalBinary()
}

// encrypting is a data key for n bytes more.
func (b *Box) encrypting(ctx context.Context, n int) (*dataKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		k := b.current.Load()
		if k != nil && k.alive(b.set.now()) && k.take(n, &b.set) {
			return k, nil
		}
		if b.set.lifetime == 0 {
			return b.single(ctx, b.fresh)
		}
		if k != nil && (k.uses.Load() > b.set.uses || k.bytes.Load() > b.set.bytes) {
			k = nil // used up: no silence of the cluster's makes it better
		}
		fresh, err := b.refresh(ctx, "", k, b.fresh)
		if err != nil {
			return nil, err
		}
		if fresh.take(n, &b.set) {
			return fresh, nil
		}
	}
}

// opening is the data key that a header carries.
func (b *Box) opening(ctx context.Context, h *sealed.Header) (*dataKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fetch := func(ctx context.Context) (*dataKey, error) { return b.opened(ctx, *h) }
	if b.set.lifetime == 0 {
		return b.single(ctx, fetch)
	}
	k := b.shelf.get([]byte(h.Wrapped))
	if k != nil && (k.header.KeyID != h.KeyID || k.header.KeyVersion != h.KeyVersion || k.header.Format != h.Format) {
		return nil, misfit() // the cluster would say so too
	}
	if k != nil && k.alive(b.set.now()) {
		return k, nil
	}
	return b.refresh(ctx, fmt.Sprint(h.Format, h.KeyID, h.KeyVersion, h.Wrapped), k, fetch)
}

// done wipes a key that is not kept.
func (b *Box) done(k *dataKey) {
	if b.set.lifetime == 0 {
		k.wipe()
	}
}

// single fetches for one call alone, while the Box is open.
func (b *Box) single(ctx context.Context, fetch func(context.Context) (*dataKey, error)) (*dataKey, error) {
	if b.flights.ctx.Err() != nil {
		return nil, errClosed
	}
	return fetch(ctx)
}

const (
	staleWait  = time.Second     // what a call gives the cluster before it makes do with a stale key
	staleQuiet = 5 * time.Second // for which others then do not wait at all
)

// refresh fetches a key, together with others that want it. old, if not nil, is one whose time has run out: it is used when
// that was asked for, and nobody answers.
func (b *Box) refresh(ctx context.Context, name string, old *dataKey, fetch func(context.Context) (*dataKey, error)) (*dataKey, error) {
	if b.set.stale == 0 || old == nil || !old.within(b.set.now(), b.set.stale) {
		return b.flights.do(ctx, name, fetch)
	}
	if b.resting(name) {
		return old, nil
	}
	short, cancel := context.WithTimeout(ctx, staleWait)
	defer cancel()
	k, err := b.flights.do(short, name, fetch)
	if err != nil && ctx.Err() == nil && !silent(err) {
		b.drop(old) // the cluster has answered: silence later is no reason to use it
	}
	if err == nil || ctx.Err() != nil || !silent(err) || !old.within(b.set.now(), b.set.stale) {
		return k, err
	}
	b.rest(name)
	return old, nil
}

// drop wipes one key.
func (b *Box) drop(old *dataKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(func(k *dataKey) bool { return k == old })
}

// within tells whether a key that has run out is still inside its extra time, and was not wiped.
func (k *dataKey) within(now time.Time, extra time.Duration) bool {
	end := k.until.Add(extra)
	return !k.wiped.Load() && now.Before(end) && now.UnixNano() < end.UnixNano()
}

// silent tells whether an error means that nobody answered for the cluster. A sealed node has answered.
func silent(err error) bool {
	return errors.Is(err, client.ErrUnreachable) || errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Stale) ||
		errors.Is(err, fault.Uncertain) || errors.Is(err, context.DeadlineExceeded)
}

func (b *Box) resting(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.set.now().Before(b.quiet[name])
}

func (b *Box) rest(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.set.now()
	for n, until := range b.quiet { // few: only of keys that ran out while nobody answered
		if !now.Before(until) {
			delete(b.quiet, n)
		}
	}
	b.quiet[name] = now.Add(staleQuiet)
}

func revoked() error {
	return fault.New(fault.BadState, "the data key was dropped while the call began: its key was changed, or its time ran out").WithHint("Repeat the call.")
}

// IsEncrypted tells whether b begins as what this package writes does. It proves nothing.
func IsEncrypted(b []byte) bool { return bytes.HasPrefix(b, []byte(sealed.Magic)) }
