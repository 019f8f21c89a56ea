package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// SaveSnapshot writes a snapshot of everything to w, as the first node sends it that can. Whether it is whole is for the reader
// to check: an error here means that it is not, nil does not mean that it is.
func (c *Client) SaveSnapshot(ctx context.Context, w io.Writer) error {
	return c.carry(ctx, &call{method: http.MethodGet, path: "/v1/sys/snapshot"}, nil, "", func(resp *http.Response) error {
		_, err := io.Copy(w, resp.Body)
		return err
	})
}

// VerifySnapshot has the cluster check a snapshot of its own; with deep it opens every key version in it.
func (c *Client) VerifySnapshot(ctx context.Context, snapshot io.Reader, deep bool) (*api.SnapshotVerified, error) {
	q := url.Values{}
	if deep {
		q.Set("deep", "1")
	}
	var out api.SnapshotVerified
	err := c.carry(ctx, &call{method: http.MethodPost, path: "/v1/sys/snapshot/verify", query: q}, snapshot, api.TypeSnapshot, decodeInto(&out))
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func decodeInto(out any) func(*http.Response) error {
	return func(resp *http.Response) error {
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
			return errNotOurs
		}
		return nil
	}
}

// carry performs a call whose body or answer is a stream: it has no time limit of its own, and is tried on one node after the other
// only as long as nothing of the body was read.
func (c *Client) carry(ctx context.Context, k *call, body io.Reader, media string, take func(*http.Response) error) error {
	var last error
	sent := &touched{r: body}
	order := c.order()
	if k.safety == pinned {
		order = c.endpoints[:1]
	}
	for _, e := range order {
		req, err := c.request(ctx, e, k, "")
		if err != nil {
			return err
		}
		if body != nil {
			req.Body, req.ContentLength = io.NopCloser(sent), -1
			req.Header.Set("Content-Type", media)
		} else {
			req.Header.Del("Accept")
		}
		resp, err := c.http.Do(req)
		if err != nil {
			last = unreachable(e, err)
			if sent.read.Load() {
				return last
			}
			continue
		}
		err = c.taken(e, resp, take)
		_ = resp.Body.Close()
		if err == nil {
			c.answered(e)
			return nil
		}
		if last = err; sent.read.Load() || !fault.KindOf(err).Retryable() {
			return err
		}
	}
	return last
}

// taken judges an answer and hands a good one on.
func (c *Client) taken(e *endpoint, resp *http.Response, take func(*http.Response) error) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxProblem+1)) // what can be read is enough
		p := ParseProblem(resp.StatusCode, resp.Header, body)
		p.Endpoint = e.url.Host
		return p
	}
	if err := take(resp); err != nil {
		return fault.Wrap(fault.NoLeader, err, "the answer of %s broke off", e.url.Host).WithHint("Try again.")
	}
	if index, err := strconv.ParseUint(resp.Header.Get(api.HeaderIndex), 10, 64); err == nil {
		c.sawIndex(index)
	}
	return nil
}

// touched notes whether anything was read.
type touched struct {
	r    io.Reader
	read atomic.Bool // the transport reads on a goroutine of its own
}

func (t *touched) Read(p []byte) (int, error) {
	t.read.Store(true)
	return t.r.Read(p)
}
