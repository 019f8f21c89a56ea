package vault

import (
	"context"
	"crypto"
	_ "crypto/sha256" // the hashes below
	_ "crypto/sha3"
	_ "crypto/sha512"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// HashInput is something to hash.
type HashInput struct {
	Input     []byte
	Algorithm string // "" is sha256
}

// hashes are the algorithms of Hash, in the order in which they are named to callers.
var hashes = []struct {
	name string
	hash crypto.Hash
}{
	{"sha256", crypto.SHA256},
	{"sha384", crypto.SHA384},
	{"sha512", crypto.SHA512},
	{"sha512-256", crypto.SHA512_256},
	{"sha3-256", crypto.SHA3_256},
	{"sha3-384", crypto.SHA3_384},
	{"sha3-512", crypto.SHA3_512},
}

var opHash = keyUse[HashInput, []byte]{
	name: "hash", action: access.Hash,
	about: func(*HashInput) (uint32, uint64) { return 0, 0 },
	each: func(_ context.Context, _ *using, in *HashInput, out *[]byte) (err error) {
		*out, err = digest(in)
		return err
	},
}

// Hash hashes an input. No key has a part in it.
func (v *Vault) Hash(ctx context.Context, c access.Caller, in HashInput) (sum []byte, err error) {
	err = opHash.one(ctx, v, c, "", in, func(out *[]byte) error {
		sum = *out
		return nil
	})
	return sum, err
}

// HashBatch is Hash for many inputs.
func (v *Vault) HashBatch(ctx context.Context, c access.Caller, all []HashInput, use func([]Result[[]byte]) error) error {
	return opHash.many(ctx, v, c, "", all, use)
}

func digest(in *HashInput) ([]byte, error) {
	name := in.Algorithm
	if name == "" {
		name = hashes[0].name
	}
	var names []string
	for _, h := range hashes {
		if h.name == name {
			state := h.hash.New()
			_, _ = state.Write(in.Input) // a hash never fails
			return state.Sum(nil), nil
		}
		names = append(names, h.name)
	}
	return nil, fault.New(fault.Invalid, "there is no hash %q", clip(name)).WithHint("Hashes are %s.", strings.Join(names, ", "))
}
