package sealed

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle/noncebased"

	"github.com/quorate/quorate/vault/fault"
)

// The layout of Tink's AES256-GCM-HKDF streams: one byte of length, salt, nonce prefix, segments.
const (
	saltSize   = 32
	prefixSize = 7
	nonceSize  = 12 // prefix, 32-bit counter, last-segment flag
	tagSize    = 16
	bodyHeader = 1 + saltSize + prefixSize
)

var (
	errTooShort = errors.New("too short")
	errSegment  = errors.New("message authentication failed")
)

// EncryptStream writes header and body of a stream; raw is the header as MarshalBinary made it. progress, if not nil,
// hears of the bytes that were read. It takes constant memory, and ends with the context between two reads.
func EncryptStream(ctx context.Context, dst io.Writer, src io.Reader, dataKey, raw, aad []byte, progress func(int64)) error {
	var body [bodyHeader]byte
	body[0] = bodyHeader
	_, _ = rand.Read(body[1:]) // never fails (crypto/rand)
	aead, err := streamCipher(dataKey, body[:], raw, aad)
	if err != nil {
		return err
	}
	for _, b := range [][]byte{raw, body[:]} {
		if _, err := dst.Write(b); err != nil {
			return fmt.Errorf("writing the encrypted stream: %w", err)
		}
	}
	w, err := noncebased.NewWriter(noncebased.WriterParams{
		W: dst, SegmentEncrypter: &segments{aead: aead}, NonceSize: nonceSize, NoncePrefix: body[1+saltSize:],
		PlaintextSegmentSize: segmentOf(raw) - tagSize, FirstCiphertextSegmentOffset: bodyHeader,
	})
	if err != nil {
		return fmt.Errorf("beginning the encrypted stream: %w", err)
	}
	if err := transfer(w, &source{ctx: ctx, r: src, progress: progress}); err != nil {
		return fmt.Errorf("encrypting: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("ending the encrypted stream: %w", err)
	}
	return nil
}

// DecryptStream reads a stream's body, from behind the header raw to the end of src, and writes the plaintext. Each segment is
// written when it is authenticated; only nil says that the stream is whole. fault.Invalid names what is wrong with it.
func DecryptStream(ctx context.Context, dst io.Writer, src io.Reader, dataKey, raw, aad []byte, progress func(int64)) error {
	in := &source{ctx: ctx, r: src, progress: progress}
	var body [bodyHeader]byte
	if _, err := io.ReadFull(in, body[:]); err != nil {
		if in.err != nil {
			return fmt.Errorf("reading the encrypted stream: %w", in.err)
		}
		return cutShort(err, "before its first segment")
	}
	aead, err := streamCipher(dataKey, body[:], raw, aad)
	if err != nil {
		return err
	}
	s := &segments{aead: aead}
	r, err := noncebased.NewReader(noncebased.ReaderParams{
		R: in, SegmentDecrypter: s, NonceSize: nonceSize, NoncePrefix: body[1+saltSize:],
		CiphertextSegmentSize: segmentOf(raw), FirstCiphertextSegmentOffset: bodyHeader,
	})
	if err != nil {
		return fmt.Errorf("beginning the encrypted stream: %w", err)
	}
	out := &sink{w: dst}
	err = transfer(out, r)
	switch {
	case err == nil && in.err == nil:
		return nil
	case in.err != nil:
		return fmt.Errorf("reading the encrypted stream: %w", in.err)
	case out.err != nil:
		return fmt.Errorf("writing what was decrypted: %w", out.err)
	case s.failed != nil:
		return s.failed
	}
	return cutShort(err, "within a segment")
}

func segmentOf(raw []byte) int { return int(binary.BigEndian.Uint32(raw[26:30])) }

// streamCipher derives the key of one stream: HKDF-SHA-256 of the data key, with the stream's salt, and header and associated
// data as info; so a changed header makes another key, and no segment opens.
func streamCipher(dataKey, body, raw, aad []byte) (cipher.AEAD, error) {
	if body[0] != bodyHeader {
		return nil, fault.New(fault.Invalid, "the encrypted stream is damaged: its body does not begin as it should")
	}
	block, err := derived(dataKey, body[1:1+saltSize], append(derivation(raw), aad...))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// segments encrypts and decrypts one segment, into the buffer of the one before if it is offered.
type segments struct {
	aead   cipher.AEAD
	failed error // says which segment did not open, and why
}

func (s *segments) EncryptSegment(segment, nonce []byte) ([]byte, error) {
	return s.EncryptSegmentWithDst(nil, segment, nonce)
}

func (s *segments) EncryptSegmentWithDst(dst, segment, nonce []byte) ([]byte, error) {
	return s.aead.Seal(dst[:0], nonce, segment, nil), nil
}

func (s *segments) DecryptSegment(segment, nonce []byte) ([]byte, error) {
	return s.DecryptSegmentWithDst(nil, segment, nonce)
}

func (s *segments) DecryptSegmentWithDst(dst, segment, nonce []byte) ([]byte, error) {
	plain, err := s.aead.Open(dst[:0], nonce, segment, nil)
	if err != nil {
		s.failed = s.diagnose(segment, nonce)
		return nil, s.failed
	}
	return plain, nil
}

// diagnose finds out what is wrong with a segment that does not open. If it opens as the last one although it is not, or the
// other way round, then the stream was added to or cut at the end of a segment. The plaintext is thrown away.
func (s *segments) diagnose(segment, nonce []byte) error {
	n, last := binary.BigEndian.Uint32(nonce[prefixSize:]), nonce[nonceSize-1] == 1
	if last && len(segment) < tagSize {
		return cutShort(errTooShort, fmt.Sprintf("within segment %d", n))
	}
	other := append([]byte(nil), nonce...)
	other[nonceSize-1] ^= 1
	if plain, err := s.aead.Open(nil, other, segment, nil); err == nil {
		clear(plain)
		if last {
			return cutShort(errSegment, fmt.Sprintf("behind segment %d", n))
		}
		return fault.Wrap(fault.Invalid, errSegment, "the encrypted stream goes on behind its end, which is segment %d: something was added to it", n).
			WithHint("Get an intact copy of it.")
	}
	return fault.Wrap(fault.Invalid, errSegment, "segment %d of the encrypted stream does not open: it was changed, moved or cut, is of another stream, or the associated data is another", n).
		WithHint("Get an intact copy of it; what was decrypted so far must not be used as if it were whole.")
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
		if err == io.EOF { //nolint:errorlint // io.Reader's contract is io.EOF itself: one that is wrapped is a failure
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
