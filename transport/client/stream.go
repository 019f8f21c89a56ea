package client

import (
	"context"
	"fmt"
	"io"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// StreamOptions tunes EncryptStream and DecryptStream. The zero value is good.
type StreamOptions struct {
	Segment  int                // bytes of a segment when encrypting; 0: DefaultSegment. A multiple of 4096, 64 KiB to 1 MiB
	Context  []byte             // bound to the data key by the cluster: the same must be given to decrypt
	AAD      []byte             // bound to the data, as a Box of package envelope does it: the same must be given to decrypt
	Progress func(n int64)      // hears after every read of the source how many bytes more were taken in
	Header   func(Header) error // when decrypting: sees the header before the cluster is asked; its error ends it
}

// EncryptStream encrypts src to dst under a fresh data key, which key (a name or id) in the cluster wraps. It takes
// constant memory, whatever the size. What it wrote before an error is worthless and has to be thrown away.
//
// The caller needs a policy that permits reading the key's record, and making data keys with it. Who encrypts many short
// streams, or messages, keeps the data key for a while: package envelope.
func (c *Client) EncryptStream(ctx context.Context, dst io.Writer, src io.Reader, key string, o StreamOptions) (*Header, error) {
	record, err := c.Key(ctx, key)
	if err != nil {
		return nil, err
	}
	if o.Segment == 0 {
		o.Segment = DefaultSegment
	}
	h := &Header{Format: sealed.Latest, KeyID: record.ID, Segment: o.Segment}
	dk, err := c.DataKey(ctx, record.ID, api.DataKeyRequest{Bits: 8 * sealed.DataKeySize, AAD: h.Binding(), Context: o.Context, Plaintext: true})
	if err != nil {
		return nil, err
	}
	defer clear(dk.Plaintext)
	h.KeyVersion, h.Wrapped = dk.Version, dk.Ciphertext
	raw, err := h.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if len(dk.Plaintext) != sealed.DataKeySize {
		return nil, fault.New(fault.Internal, "the cluster sent a data key of %d bytes instead of %d", len(dk.Plaintext), sealed.DataKeySize)
	}
	if err := sealed.EncryptStream(ctx, dst, src, dk.Plaintext, raw, o.AAD, o.Progress); err != nil {
		return nil, err
	}
	return h, nil
}

// DecryptStream decrypts what EncryptStream wrote. Each segment is written to dst once it is authenticated, but
// only a nil error says that the stream is whole and ended where it should: whoever stores the plaintext must not
// put it under its final name before that. fault.Invalid if the stream was cut, changed or added to. It opens messages of package
// envelope too, up to 64 MiB.
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
	d, err := c.Decrypt(ctx, h.KeyID, api.DecryptRequest{Ciphertext: h.Wrapped, AAD: h.Binding(), Context: o.Context})
	if err != nil {
		return nil, err
	}
	defer clear(d.Plaintext)
	if len(d.Plaintext) != sealed.DataKeySize || d.Version != h.KeyVersion {
		return nil, fault.New(fault.Invalid, "the header of the encrypted stream is damaged: it does not fit the data key in it").WithHint("Get an intact copy of it.")
	}
	if h.Segment == 0 {
		return h, decryptMessage(dst, src, d.Plaintext, raw, o.AAD)
	}
	return h, sealed.DecryptStream(ctx, dst, src, d.Plaintext, raw, o.AAD, o.Progress)
}

// decryptMessage reads the body of a message to its end, and writes the plaintext.
func decryptMessage(dst io.Writer, src io.Reader, dataKey, raw, aad []byte) error {
	body, err := io.ReadAll(io.LimitReader(src, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("reading the encrypted message: %w", err)
	}
	if len(body) > maxAnswer {
		return fault.New(fault.TooLarge, "the encrypted message is larger than %d bytes", maxAnswer).WithHint("Encrypt so much as a stream.")
	}
	aead, err := sealed.MessageCipher(dataKey, raw)
	if err != nil {
		return err
	}
	plain, err := sealed.OpenMessage(aead, nil, body, aad)
	if err != nil {
		return err
	}
	defer clear(plain)
	if _, err := dst.Write(plain); err != nil {
		return fmt.Errorf("writing what was decrypted: %w", err)
	}
	return nil
}
