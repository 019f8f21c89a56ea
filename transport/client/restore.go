package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// DiffSnapshot tells what restoring a snapshot would do to the keys of the running cluster.
func (c *Client) DiffSnapshot(ctx context.Context, snapshot io.Reader) (*api.SnapshotDiff, error) {
	var out api.SnapshotDiff
	if err := c.carry(ctx, &call{method: http.MethodPost, path: "/v1/sys/snapshot/diff"}, snapshot, api.TypeSnapshot, decodeInto(&out)); err != nil {
		return nil, err
	}
	return &out, nil
}

// RestoreSnapshot brings a snapshot back, at the first endpoint and nowhere else. epochs is the companion of a scheduled snapshot; nil: none.
// fault.Uncertain is not given: when the connection breaks, look (quorate status, operator snapshot diff) before you repeat it.
func (c *Client) RestoreSnapshot(ctx context.Context, in api.RestoreRequest, epochs []byte, snapshot io.Reader) (*api.RestoreResponse, error) {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() { w.CloseWithError(writeParts(form, in, epochs, snapshot)) }() // ends when r is read to its end or closed
	defer r.Close()
	var out api.RestoreResponse
	k := &call{safety: pinned, method: http.MethodPost, path: "/v1/sys/snapshot/restore", anyNode: true}
	if err := c.carry(ctx, k, r, form.FormDataContentType(), decodeInto(&out)); err != nil {
		return nil, err
	}
	return &out, nil
}

func writeParts(form *multipart.Writer, in api.RestoreRequest, epochs []byte, snapshot io.Reader) error {
	request, err := json.Marshal(in)
	if err != nil {
		return err
	}
	defer clear(request)
	p, err := form.CreateFormField("request")
	if err == nil {
		_, err = p.Write(request)
	}
	if err == nil && epochs != nil {
		if p, err = form.CreateFormFile("epochs", "epochs"); err == nil {
			_, err = p.Write(epochs)
		}
	}
	if err == nil {
		if p, err = form.CreateFormFile("snapshot", "snapshot"); err == nil {
			_, err = io.Copy(p, snapshot)
		}
	}
	return errors.Join(err, form.Close())
}
