package field

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// searchable begins the stored form of a value that can be searched for.
const searchable = "qd1:"

// indexBinding is the associated data of an index key.
const indexBinding = "quorate index key 1"

// Index encrypts deterministically, so that a value can be searched for by its encrypted form: WHERE phone = $1.
//
// The price: the same value has the same form in every row of a label. Whoever reads the table sees which rows are equal and how
// often each value occurs; of few possible values (a sex, a postcode, a date of birth) that is often the value itself. Who can have
// values of their choice encrypted can test guesses. And a form can be copied from one row to another of the same label unseen. Use
// it for values that are many and hard to guess, and only where the search is needed.
//
// AES-SIV (RFC 5297) with a key of 512 bits, which is stored encrypted by a Box and opened for each use: it follows the Box's
// lifetimes and revocations. It may be used concurrently.
type Index struct {
	box *envelope.Box
	key []byte // as the Box encrypted it
}

// NewIndexKey makes the key of an Index, encrypted under the Box's key. It is text: keep it with the schema. Without it nothing that
// was sealed can be found or opened, and another one finds nothing.
func NewIndexKey(ctx context.Context, box *envelope.Box) (string, error) {
	key := make([]byte, subtle.AESSIVKeySize)
	defer clear(key)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	message, err := box.Encrypt(ctx, key, []byte(indexBinding))
	if err != nil {
		return "", err
	}
	return text(message), nil
}

// OpenIndex takes what NewIndexKey made, and checks that it opens.
func OpenIndex(ctx context.Context, box *envelope.Box, key string) (*Index, error) {
	message, err := parse(strings.TrimSpace(key))
	if err != nil {
		return nil, err
	}
	i := &Index{box, message}
	return i, i.with(ctx, func(*subtle.AESSIV) error { return nil })
}

// with lends the cipher, whose key is cleared afterwards: AESSIV keeps the very bytes that it is given.
func (i *Index) with(ctx context.Context, use func(*subtle.AESSIV) error) error {
	key, err := i.box.Decrypt(ctx, i.key, []byte(indexBinding))
	if err != nil {
		return err
	}
	defer clear(key)
	c, err := subtle.NewAESSIV(key)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "this is no index key").WithHint("Give what NewIndexKey returned.")
	}
	return use(c)
}

// Seal is the one form of a value under a label, to be stored and to be searched for.
func (i *Index) Seal(ctx context.Context, label, value string) (string, error) {
	var sealed []byte
	err := i.with(ctx, func(c *subtle.AESSIV) (err error) {
		if sealed, err = c.EncryptDeterministically([]byte(value), binding(label)); err != nil {
			return fault.Wrap(fault.Internal, err, "the value cannot be encrypted")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return searchable + base64.StdEncoding.EncodeToString(sealed), nil
}

// Open is the value of a form that Seal made under the same label.
func (i *Index) Open(ctx context.Context, label, stored string) (string, error) {
	body, is := strings.CutPrefix(stored, searchable)
	if !is {
		return "", fault.New(fault.Invalid, "the field %s is not encrypted to be searched for: it does not begin with %s", label, searchable)
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(body)
	if err != nil || base64.StdEncoding.EncodeToString(sealed) != body { // base64 passes over line ends; a value has one form
		return "", fault.New(fault.Invalid, "the field %s is damaged: behind %s there is no base64", label, searchable)
	}
	var plain []byte
	err = i.with(ctx, func(c *subtle.AESSIV) (err error) {
		if plain, err = c.DecryptDeterministically(sealed, binding(label)); err != nil {
			return fault.Wrap(fault.Invalid, err, "the field %s does not open: it was changed, or is of another label or index key", label)
		}
		return nil
	})
	return string(plain), err
}
