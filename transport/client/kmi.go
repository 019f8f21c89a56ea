package client

import (
	"context"
	"net/http"
)

// plainText is a request body that is sent as it stands.
type plainText []byte

// KMINew asks a keas.kmi door (the endpoints are such doors) for a new data key, and returns its key-encrypting key
// in PEM, which the cluster does not keep. It is not repeated once it was sent. The caller clears it.
func (c *Client) KMINew(ctx context.Context) ([]byte, error) {
	var kek []byte
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/new", in: plainText{}, out: &kek, anyNode: true}); err != nil {
		return nil, err
	}
	return kek, nil
}

// KMIKey returns the data key that belongs to a key-encrypting key in PEM; fault.NotFound if there is none. The
// caller clears it.
func (c *Client) KMIKey(ctx context.Context, kek []byte) ([]byte, error) {
	var dek []byte
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/key", in: plainText(kek), out: &dek, anyNode: true}); err != nil {
		return nil, err
	}
	return dek, nil
}

// KMIStatus returns what a keas.kmi door says of itself: one line that tells how many keys there are.
func (c *Client) KMIStatus(ctx context.Context) (string, error) {
	var text []byte
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/", out: &text, anyNode: true}); err != nil {
		return "", err
	}
	return string(text), nil
}
