package client

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle/noncebased"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// The layout of Tink's AES256-GCM-HKDF streams: one byte of length, salt, nonce prefix, segments.
const (
	dataKeySize = 32
	saltSize    = 32
	prefixSize  = 7
	nonceSize   = 12 // prefix, 32-bit counter, last-segment flag
	tagSize     = 16
	bodyHeader  = 1 + saltSize + prefixSize
)

// StreamOptions tunes EncryptStream and DecryptStream. The zero value is good.
type StreamOptions struct {
	Segment  int                // bytes of a segment when encrypting; 0: DefaultSegment. A multiple of 4096, 64 KiB to 1 MiB
	Context  []byte             // bound to the data key: the same must be given to decrypt
	Progress func(n int64)      // hears after every read of the source how many bytes more were taken in
	Header   func(Header) error // when decrypting: sees the header before the cluster is asked; its error ends it
}

// EncryptStream encrypts src to dst under a fresh data key, which key (a name or id) in the cluster wraps. It takes
// constant memory, whatever the size. What it wrote before an error is worthless and has to be thrown away.
//
// The caller needs a policy that permits reading the key's record, and making data keys with it.
func (c *Client) EncryptStream(ctx context.Context, dst io.Writer, src io.Reader, key string, o StreamOptions) (*Header, error) {
	record, err := c.Key(ctx, key)
	if err != nil {
		return nil, err
	}
	dk, err := c.DataKey(ctx, record.ID, api.DataKeyRequest{Bits: 8 * dataKeySize, AAD: bindingOf(record.ID), Context: o.Context, Plaintext: true})
	if err != nil {
		return nil, err
	}
	defer clear(dk.Plaintext)
	if o.Segment == 0 {
		o.Segment = DefaultSegment
	}
	h := &Header{KeyID: record.ID, KeyVersion: dk.Version, Segment: o.Segment, Wrapped: dk.Ciphertext}
	raw, err := h.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if len(dk.Plaintext) != dataKeySize {
		return nil, fault.New(fault.Internal, "the cluster sent a data key of %d bytes instead of %d", len(dk.Plaintext), dataKeySize)
	}
	if err := seal(ctx, dst, src, dk.Plaintext, raw, o); err != nil {
		return nil, err
	}
	return h, nil
}

// DecryptStream decrypts what EncryptStream wrote. Each segment is written to dst once it is authenticated, but
// only a nil error says that the stream is whole and ended where it should: whoever stores the plaintext must not
// put it under its final name before that. fault.Invalid if the stream was cut, changed or added to.
func (c *Client) DecryptStream(ctx context.Context, dst io.Writer, src io.Reader, o StreamOptions) (*Header, error) {
	h, raw, err := ReadHeader(src)
	if err != nil {
		return nil, err
	}
	if o.Header != nil {
		if err := o.Header(*h); err != nil {
			return nil, err
		}
	}
	if o.Progress != nil {
		o.Progress(int64(len(raw)))
	}
	d, err := c.Decrypt(ctx, h.KeyID, api.DecryptRequest{Ciphertext: h.Wrapped, AAD: bindingOf(h.KeyID), Context: o.Context})
	if err != nil {
		return nil, err
	}
	defer clear(d.Plaintext)
	if len(d.Plaintext) != dataKeySize || d.Version != h.KeyVersion {
		return nil, tampered(errHeader)
	}
	return h, open(ctx, dst, src, d.Plaintext, raw, h.Segment, o)
}

// bindingOf is the data key's associated data: what it is for, and which key wraps it.
func bindingOf(id string) []byte { return []byte("quorate stream 1\x00" + id) }

// seal writes header, body header and segments.
func seal(ctx context.Context, dst io.Writer, src io.Reader, dataKey, header []byte, o StreamOptions) error {
	var body [bodyHeader]byte
	body[0] = bodyHeader
	_, _ = rand.Read(body[1:]) // never fails (crypto/rand)
	aead, err := segmentCipher(dataKey, body[1:1+saltSize], header)
	if err != nil {
		return err
	}
	for _, b := range [][]byte{header, body[:]} {
		if _, err := dst.Write(b); err != nil {
			return fmt.Errorf("writing the encrypted stream: %w", err)
		}
	}
	w, err := noncebased.NewWriter(noncebased.WriterParams{
		W: dst, SegmentEncrypter: segments{aead}, NonceSize: nonceSize, NoncePrefix: body[1+saltSize:],
		PlaintextSegmentSize: o.Segment - tagSize, FirstCiphertextSegmentOffset: bodyHeader,
	})
	if err != nil {
		return fmt.Errorf("beginning the encrypted stream: %w", err)
	}
	if err := transfer(w, &source{ctx: ctx, r: src, progress: o.Progress}); err != nil {
		return fmt.Errorf("encrypting: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("ending the encrypted stream: %w", err)
	}
	return nil
}

// open reads body header and segments, to the end of src.
func open(ctx context.Context, dst io.Writer, src io.Reader, dataKey, header []byte, segment int, o StreamOptions) error {
	in := &source{ctx: ctx, r: src, progress: o.Progress}
	var body [bodyHeader]byte
	if _, err := io.ReadFull(in, body[:]); err != nil {
		if in.err != nil {
			return fmt.Errorf("reading the encrypted stream: %w", in.err)
		}
		return truncated(err)
	}
	if body[0] != bodyHeader {
		return tampered(errHeader)
	}
	aead, err := segmentCipher(dataKey, body[1:1+saltSize], header)
	if err != nil {
		return err
	}
	r, err := noncebased.NewReader(noncebased.ReaderParams{
		R: in, SegmentDecrypter: segments{aead}, NonceSize: nonceSize, NoncePrefix: body[1+saltSize:],
		CiphertextSegmentSize: segment, FirstCiphertextSegmentOffset: bodyHeader,
	})
	if err != nil {
		return fmt.Errorf("beginning the encrypted stream: %w", err)
	}
	out := &sink{w: dst}
	err = transfer(out, r)
	switch {
	case err == nil:
		return nil
	case in.err != nil:
		return fmt.Errorf("reading the encrypted stream: %w", in.err)
	case out.err != nil:
		return fmt.Errorf("writing what was decrypted: %w", out.err)
	}
	return tampered(err)
}

func tampered(err error) error {
	return fault.Wrap(fault.Invalid, err, "the encrypted stream is damaged: it was cut short, changed, reordered or added to").
		WithHint("Get an intact copy of it; what was decrypted so far must not be used as if it were whole.")
}

// segmentCipher derives the key of one stream: HKDF-SHA-256 of the data key, with the stream's salt, and the whole
// header as info; so a changed header makes another key, and no segment opens.
func segmentCipher(dataKey, salt, header []byte) (cipher.AEAD, error) {
	k, err := hkdf.Key(sha256.New, dataKey, salt, string(header), dataKeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the stream's key: %w", err)
	}
	defer clear(k)
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, fmt.Errorf("deriving the stream's key: %w", err)
	}
	return cipher.NewGCM(block)
}

// segments encrypts and decrypts one segment, into the buffer of the one before if it is offered.
type segments struct{ aead cipher.AEAD }

func (s segments) EncryptSegment(segment, nonce []byte) ([]byte, error) {
	return s.EncryptSegmentWithDst(nil, segment, nonce)
}

func (s segments) EncryptSegmentWithDst(dst, segment, nonce []byte) ([]byte, error) {
	return s.aead.Seal(dst[:0], nonce, segment, nil), nil
}

func (s segments) DecryptSegment(segment, nonce []byte) ([]byte, error) {
	return s.DecryptSegmentWithDst(nil, segment, nonce)
}

func (s segments) DecryptSegmentWithDst(dst, segment, nonce []byte) ([]byte, error) {
	return s.aead.Open(dst[:0], nonce, segment, nil)
}

// transfer copies through one buffer, which it clears, and stops at the first error.
func transfer(dst io.Writer, src io.Reader) error {
	buf := make([]byte, 64<<10)
	defer clear(buf)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// source reads until the context ends, counts, and remembers its own error: noncebased takes some for the end.
type source struct {
	ctx      context.Context // of the one call that this source lives for
	r        io.Reader
	progress func(int64)
	err      error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if n > 0 && s.progress != nil {
		s.progress(int64(n))
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader's contract is io.EOF itself
		s.err = err
	}
	return n, err
}

// sink remembers its own error, to tell it from the stream's.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}
