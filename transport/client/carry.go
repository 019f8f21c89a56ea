package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/quorate/quorate/transport/api"
)

// WrappingKey returns the cluster's own public key of an algorithm ("": x25519), to which keys are wrapped for ImportKey.
func (c *Client) WrappingKey(ctx context.Context, algorithm string) (*api.WrappingKey, error) {
	v := url.Values{}
	if algorithm != "" {
		v.Set("algorithm", algorithm)
	}
	var w api.WrappingKey
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/wrapping-key", query: v, out: &w, slow: true}); err != nil {
		return nil, err
	}
	return &w, nil
}

// ImportKey makes a key of material that was wrapped to a key of the cluster, or keeps a certificate.
func (c *Client) ImportKey(ctx context.Context, in api.ImportKeyRequest) (*api.Record, error) {
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/keys/import", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}

// ImportVersion adds a version to a key that was imported.
func (c *Client) ImportVersion(ctx context.Context, key string, in api.ImportVersionRequest) (*api.Record, error) {
	return c.changeKey(ctx, key, "import", in)
}

// ImportKMI keeps a data key of a keas.kmi server, so that its key-encrypting key opens it at the keas.kmi door. Repeated, it
// compares: fault.Exists unless the cluster keeps the same.
func (c *Client) ImportKMI(ctx context.Context, in api.ImportKMIRequest) (*api.Record, error) {
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/kmi/import", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}

// ExportKey wraps an exportable key to a recipient's public key. fault.Denied unless the key is exportable.
func (c *Client) ExportKey(ctx context.Context, key string, in api.ExportRequest) (*api.ExportResponse, error) {
	var r api.ExportResponse
	if err := c.keyCall(ctx, read, http.MethodPost, key, "export", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// PublicKey returns the public half of a version (0: the latest), or a certificate, in a format ("": PEM).
func (c *Client) PublicKey(ctx context.Context, key string, version uint32, format string) (*api.PublicKey, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	v := url.Values{}
	if version > 0 {
		v.Set("version", strconv.FormatUint(uint64(version), 10))
	}
	if format != "" {
		v.Set("format", format)
	}
	var p api.PublicKey
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/keys/" + ref(key) + "/public", query: v, out: &p}); err != nil {
		return nil, err
	}
	return &p, nil
}

// BackupKey seals an exportable key with all its versions under another key.
func (c *Client) BackupKey(ctx context.Context, key string, in api.BackupKeyRequest) (*api.KeyBackup, error) {
	var b api.KeyBackup
	if err := c.keyCall(ctx, read, http.MethodPost, key, "backup", in, &b); err != nil {
		return nil, err
	}
	return &b, nil
}

// RestoreKey brings a key back from a backup. fault.Exists if its id or name is taken.
func (c *Client) RestoreKey(ctx context.Context, in api.RestoreKeyRequest) (*api.Record, error) {
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/keys/restore", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}
