package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/quorate/quorate/transport/api"
)

func (c *Client) keyCall(ctx context.Context, s safety, method, key, verb string, in, out any) error {
	if err := checkRef(key); err != nil {
		return err
	}
	path := "/v1/keys/" + ref(key)
	if verb != "" {
		path += "/" + verb
	}
	return c.do(ctx, &call{safety: s, method: method, path: path, in: in, out: out})
}

func (c *Client) changeKey(ctx context.Context, key, verb string, in any) (*api.Record, error) {
	var r api.Record
	if err := c.keyCall(ctx, write, http.MethodPost, key, verb, in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// CreateKey makes a key and its first version. fault.Exists if the name is taken.
func (c *Client) CreateKey(ctx context.Context, in api.CreateKeyRequest) (*api.Record, error) {
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/keys", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}

// Key returns a key's record by name or id.
func (c *Client) Key(ctx context.Context, key string) (*api.Record, error) {
	var r api.Record
	if err := c.keyCall(ctx, read, http.MethodGet, key, "", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// UpdateKey changes metadata. etag is that of the record that the caller saw: fault.Conflict if it changed since;
// "" changes it whatever it is.
func (c *Client) UpdateKey(ctx context.Context, key, etag string, in api.UpdateKeyRequest) (*api.Record, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPatch, path: "/v1/keys/" + ref(key), ifMatch: etag, in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}

// RotateKey adds a version, which becomes the latest.
func (c *Client) RotateKey(ctx context.Context, key string) (*api.Record, error) {
	return c.changeKey(ctx, key, "rotate", struct{}{})
}

// ActivateKey brings a pre-active key or version into use.
func (c *Client) ActivateKey(ctx context.Context, key string, in api.StateRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "activate", in)
}

// SuspendKey takes an active key or version out of use until it is resumed.
func (c *Client) SuspendKey(ctx context.Context, key string, in api.StateRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "suspend", in)
}

// ResumeKey ends a suspension.
func (c *Client) ResumeKey(ctx context.Context, key string, in api.StateRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "resume", in)
}

// DeactivateKey ends a key's protecting of new data; it still opens what it protected.
func (c *Client) DeactivateKey(ctx context.Context, key string, in api.StateRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "deactivate", in)
}

// CompromiseKey marks a key or version as compromised. There is no way back.
func (c *Client) CompromiseKey(ctx context.Context, key string, in api.StateRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "compromise", in)
}

// DestroyKey ends the material of a key or version, after the wait (7 days unless In.After says otherwise).
func (c *Client) DestroyKey(ctx context.Context, key string, in api.DestroyRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "destroy", in)
}

// CancelDestroy calls off a destruction that has not happened yet. After is not used.
func (c *Client) CancelDestroy(ctx context.Context, key string, in api.DestroyRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "cancel-destroy", in)
}

// Material returns a version's plain material (0: the latest); fault.Denied unless the key is exportable. The
// caller clears it.
func (c *Client) Material(ctx context.Context, key string, version uint32) (*api.Material, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	v := url.Values{}
	if version > 0 {
		v.Set("version", strconv.FormatUint(uint64(version), 10))
	}
	var m api.Material
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/keys/" + ref(key) + "/material", query: v, out: &m}); err != nil {
		return nil, err
	}
	return &m, nil
}

// DataKey returns a fresh key encrypted under key, and plain too if asked; the caller clears the plaintext.
func (c *Client) DataKey(ctx context.Context, key string, in api.DataKeyRequest) (*api.DataKeyResponse, error) {
	var r api.DataKeyResponse
	if err := c.keyCall(ctx, read, http.MethodPost, key, "datakey", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Encrypt encrypts a value of bounded size under the latest version; for more, see EncryptStream.
func (c *Client) Encrypt(ctx context.Context, key string, in api.EncryptRequest) (*api.EncryptResponse, error) {
	var r api.EncryptResponse
	if in.Plaintext == nil {
		in.Plaintext = []byte{} // sent as "", not as null
	}
	if err := c.keyCall(ctx, read, http.MethodPost, key, "encrypt", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Decrypt opens what Encrypt or DataKey returned; the caller clears the plaintext.
func (c *Client) Decrypt(ctx context.Context, key string, in api.DecryptRequest) (*api.DecryptResponse, error) {
	var r api.DecryptResponse
	if err := c.keyCall(ctx, read, http.MethodPost, key, "decrypt", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Rewrap encrypts a ciphertext anew under the latest version, without showing the plaintext.
func (c *Client) Rewrap(ctx context.Context, key string, in api.DecryptRequest) (*api.EncryptResponse, error) {
	var r api.EncryptResponse
	if err := c.keyCall(ctx, read, http.MethodPost, key, "rewrap", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Random returns n random bytes of the cluster's.
func (c *Client) Random(ctx context.Context, n int) ([]byte, error) {
	var r api.RandomResponse
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/v1/random", in: api.RandomRequest{Bytes: n}, out: &r}); err != nil {
		return nil, err
	}
	return r.Random, nil
}
