package client

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/quorate/quorate/transport/api"
)

// Operations that use a key's material. They change nothing, so they are repeated freely on other nodes. Each has a form for
// many items (at most api.MaxBatch), whose results come in the order of the items; an item's failure is its own.

// one asks for a single item.
func one[Out any](ctx context.Context, c *Client, key, verb string, in any) (*Out, error) {
	var out Out
	if err := c.keyCall(ctx, read, http.MethodPost, key, verb, in, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// many asks for a batch.
func many[Out, In any](ctx context.Context, c *Client, key, verb string, items []In) ([]api.Result[Out], error) {
	var out api.Results[Out]
	if err := c.keyCall(ctx, read, http.MethodPost, key, verb, api.Batch[In]{Batch: items}, &out); err != nil {
		return nil, err
	}
	return out.Results, nil
}

// Many does an operation, such as "sign", on many items (at most api.MaxBatch) as the API has them, and gives what became of each as it came: a
// result, or {"error":{…}}. For "hash" the key is "". Nothing is stored by it: an item of "datakey" must not say "store".
func (c *Client) Many(ctx context.Context, key, verb string, items []json.RawMessage) ([]json.RawMessage, error) {
	var out struct {
		Results []json.RawMessage `json:"results"`
	}
	in := api.Batch[json.RawMessage]{Batch: items}
	if verb == "hash" {
		err := c.do(ctx, &call{method: http.MethodPost, path: "/v1/hash", in: in, out: &out})
		return out.Results, err
	}
	err := c.keyCall(ctx, read, http.MethodPost, key, verb, in, &out)
	return out.Results, err
}

// Sign signs an input under the latest version of a key.
func (c *Client) Sign(ctx context.Context, key string, in api.SignRequest) (*api.SignResponse, error) {
	return one[api.SignResponse](ctx, c, key, "sign", in)
}

// SignBatch is Sign for many items.
func (c *Client) SignBatch(ctx context.Context, key string, items []api.SignRequest) ([]api.Result[api.SignResponse], error) {
	return many[api.SignResponse](ctx, c, key, "sign", items)
}

// Verify tells whether a signature that Sign returned is one over the input. One that is not is no error.
func (c *Client) Verify(ctx context.Context, key string, in api.VerifyRequest) (*api.VerifyResponse, error) {
	return one[api.VerifyResponse](ctx, c, key, "verify", in)
}

// VerifyBatch is Verify for many items.
func (c *Client) VerifyBatch(ctx context.Context, key string, items []api.VerifyRequest) ([]api.Result[api.VerifyResponse], error) {
	return many[api.VerifyResponse](ctx, c, key, "verify", items)
}

// MAC authenticates an input under the latest version of a key.
func (c *Client) MAC(ctx context.Context, key string, in api.MACRequest) (*api.MACResponse, error) {
	return one[api.MACResponse](ctx, c, key, "mac", in)
}

// MACBatch is MAC for many items.
func (c *Client) MACBatch(ctx context.Context, key string, items []api.MACRequest) ([]api.Result[api.MACResponse], error) {
	return many[api.MACResponse](ctx, c, key, "mac", items)
}

// VerifyMAC tells whether a MAC that MAC returned is the one over the input. One that is not is no error.
func (c *Client) VerifyMAC(ctx context.Context, key string, in api.VerifyMACRequest) (*api.VerifyResponse, error) {
	return one[api.VerifyResponse](ctx, c, key, "verify-mac", in)
}

// VerifyMACBatch is VerifyMAC for many items.
func (c *Client) VerifyMACBatch(ctx context.Context, key string, items []api.VerifyMACRequest) ([]api.Result[api.VerifyResponse], error) {
	return many[api.VerifyResponse](ctx, c, key, "verify-mac", items)
}

// Derive derives a secret from a key; the caller clears it.
func (c *Client) Derive(ctx context.Context, key string, in api.DeriveRequest) (*api.DeriveResponse, error) {
	return one[api.DeriveResponse](ctx, c, key, "derive", in)
}

// DeriveBatch is Derive for many items.
func (c *Client) DeriveBatch(ctx context.Context, key string, items []api.DeriveRequest) ([]api.Result[api.DeriveResponse], error) {
	return many[api.DeriveResponse](ctx, c, key, "derive", items)
}

// DeriveKey makes a key of the vault of what is derived from key, and nobody is shown it. fault.Exists if the name is taken.
func (c *Client) DeriveKey(ctx context.Context, key string, in api.DeriveKeyRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "derive-key", in)
}

// Wrap wraps key material, or an exportable key of the vault, under the latest version of a key.
func (c *Client) Wrap(ctx context.Context, key string, in api.WrapRequest) (*api.EncryptResponse, error) {
	return one[api.EncryptResponse](ctx, c, key, "wrap", in)
}

// WrapBatch is Wrap for many items.
func (c *Client) WrapBatch(ctx context.Context, key string, items []api.WrapRequest) ([]api.Result[api.EncryptResponse], error) {
	return many[api.EncryptResponse](ctx, c, key, "wrap", items)
}

// Unwrap opens what Wrap returned, or other software made in the same way; the caller clears the plaintext.
func (c *Client) Unwrap(ctx context.Context, key string, in api.UnwrapRequest) (*api.DecryptResponse, error) {
	return one[api.DecryptResponse](ctx, c, key, "unwrap", in)
}

// UnwrapBatch is Unwrap for many items.
func (c *Client) UnwrapBatch(ctx context.Context, key string, items []api.UnwrapRequest) ([]api.Result[api.DecryptResponse], error) {
	return many[api.DecryptResponse](ctx, c, key, "unwrap", items)
}

// Encapsulate makes a shared secret, which the caller clears, and the ciphertext that carries it to the key's owner.
func (c *Client) Encapsulate(ctx context.Context, key string, in api.EncapsulateRequest) (*api.EncapsulateResponse, error) {
	return one[api.EncapsulateResponse](ctx, c, key, "encapsulate", in)
}

// EncapsulateBatch is Encapsulate for many items.
func (c *Client) EncapsulateBatch(ctx context.Context, key string, items []api.EncapsulateRequest) ([]api.Result[api.EncapsulateResponse], error) {
	return many[api.EncapsulateResponse](ctx, c, key, "encapsulate", items)
}

// Decapsulate gets the shared secret out of such a ciphertext; the caller clears it.
func (c *Client) Decapsulate(ctx context.Context, key string, in api.DecapsulateRequest) (*api.EncapsulateResponse, error) {
	return one[api.EncapsulateResponse](ctx, c, key, "decapsulate", in)
}

// DecapsulateBatch is Decapsulate for many items.
func (c *Client) DecapsulateBatch(ctx context.Context, key string, items []api.DecapsulateRequest) ([]api.Result[api.EncapsulateResponse], error) {
	return many[api.EncapsulateResponse](ctx, c, key, "decapsulate", items)
}

// EncryptBatch is Encrypt for many items.
func (c *Client) EncryptBatch(ctx context.Context, key string, items []api.EncryptRequest) ([]api.Result[api.EncryptResponse], error) {
	items = slices.Clone(items)
	for i := range items {
		if items[i].Plaintext == nil {
			items[i].Plaintext = []byte{} // sent as "", not as null
		}
	}
	return many[api.EncryptResponse](ctx, c, key, "encrypt", items)
}

// DecryptBatch is Decrypt for many items.
func (c *Client) DecryptBatch(ctx context.Context, key string, items []api.DecryptRequest) ([]api.Result[api.DecryptResponse], error) {
	return many[api.DecryptResponse](ctx, c, key, "decrypt", items)
}

// RewrapBatch is Rewrap for many items.
func (c *Client) RewrapBatch(ctx context.Context, key string, items []api.DecryptRequest) ([]api.Result[api.EncryptResponse], error) {
	return many[api.EncryptResponse](ctx, c, key, "rewrap", items)
}

// DataKeyBatch is DataKey for many items.
func (c *Client) DataKeyBatch(ctx context.Context, key string, items []api.DataKeyRequest) ([]api.Result[api.DataKeyResponse], error) {
	return many[api.DataKeyResponse](ctx, c, key, "datakey", items)
}

// Hash hashes an input on a node; no key has a part in it.
func (c *Client) Hash(ctx context.Context, in api.HashRequest) (*api.HashResponse, error) {
	var out api.HashResponse
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/v1/hash", in: in, out: &out}); err != nil {
		return nil, err
	}
	return &out, nil
}

// HashBatch is Hash for many inputs.
func (c *Client) HashBatch(ctx context.Context, items []api.HashRequest) ([]api.Result[api.HashResponse], error) {
	var out api.Results[api.HashResponse]
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/v1/hash", in: api.Batch[api.HashRequest]{Batch: items}, out: &out}); err != nil {
		return nil, err
	}
	return out.Results, nil
}
