package rest

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
)

// snapshotTime is what moving and checking a snapshot may take.
const snapshotTime = time.Hour

// binaryStream is the example of an answer that is a stream of bytes: what they are.
type binaryStream string

func snapshotRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	verified := api.SnapshotVerified{Header: exampleHeader(), Deep: true, Keys: 2, Opened: 2, Destroyed: 1, Tokens: 2, Policies: 2}
	return []route{
		{
			Method: get, Path: "/v1/sys/snapshot", Op: "sys.snapshot", Timeout: snapshotTime, serve: saveSnapshot,
			Summary: "A snapshot of everything, encrypted, as a stream. It is whole when its last bytes prove it: verify what was received.",
			Out:     binaryStream("a snapshot of Quorate"),
		},
		{
			Method: post, Path: "/v1/sys/snapshot/verify", Op: "sys.snapshot-verify", Timeout: snapshotTime, serve: verifySnapshot, Raw: api.TypeSnapshot, Stateless: true,
			Summary: "Check a snapshot of this cluster, which is the body, with the cluster's own keys.",
			Query:   []param{{"deep", "1: open every key version.", "1"}}, Out: verified,
		},
	}
}

func exampleHeader() api.SnapshotHeader {
	return api.SnapshotHeader{
		ClusterID: exampleID, Index: 41, Term: 1, CreatedAt: exampleTime, Node: "n1", Version: "1.0",
		Keys: 2, Versions: 3, Destroyed: 1, Tokens: 2, Policies: 2, Content: strings.Repeat("0", 64), Lineage: strings.Repeat("0", 32),
	}
}

func headerOf(h *archive.Header) api.SnapshotHeader {
	return api.SnapshotHeader{
		ClusterID: hex.EncodeToString(h.Cluster[:]), Index: h.Index, Term: h.Term, Epoch: h.Epoch, CreatedAt: time.UnixMilli(h.Created).UTC().Format(time.RFC3339),
		Node: h.Node, Version: h.Software, Keys: h.Counts.Keys, Versions: h.Counts.Versions, Destroyed: h.Counts.Destroyed,
		Tokens: h.Counts.Tokens, Policies: h.Counts.Policies, Content: hex.EncodeToString(h.Content[:]), Lineage: hex.EncodeToString(h.Lineage[:]),
	}
}

// pushed sends what is written to it in large pieces, and gives up on a client that takes nothing.
type pushed struct {
	q   *request
	buf bytes.Buffer
}

const pushAt = 256 << 10

func (p *pushed) Write(b []byte) (int, error) {
	p.buf.Write(b)
	if p.buf.Len() < pushAt {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *pushed) flush() error {
	err := p.q.x.Push(p.buf.Bytes(), takeWithin)
	p.buf.Reset()
	return err
}

func saveSnapshot(ctx context.Context, h *Handler, q *request) error {
	out := &pushed{q: q}
	err := q.vault.Snapshot(ctx, q.caller, func(archive.Header) (io.Writer, error) {
		if _, err := q.x.Stream(); err != nil {
			return nil, err
		}
		header := q.x.Header()
		header["Content-Type"] = []string{api.TypeSnapshot}
		header["X-Content-Type-Options"] = noSniff
		h.stamp(q.x)
		q.x.WriteHeader(http.StatusOK)
		return out, nil
	})
	if err == nil {
		err = out.flush()
	}
	if err != nil && q.x.Begun() {
		h.log.Warn("a snapshot was not sent to its end", "request_id", q.x.ID, "err", err)
		panic(http.ErrAbortHandler) // the client sees that it broke off; its own check would tell it too
	}
	return err
}

// rawBody is the body as it comes, without a limit on its size and time: whoever may send it is known.
func (q *request) rawBody() (io.Reader, error) {
	media, _, err := mime.ParseMediaType(q.r.Header.Get("Content-Type"))
	if err != nil || media != q.route.Raw {
		return nil, fault.New(fault.Invalid, "the body must be of type %s", q.route.Raw).WithHint("Send the header Content-Type: %s", q.route.Raw)
	}
	if _, err := q.x.Stream(); err != nil {
		return nil, err
	}
	return readErrors{q.r.Body}, nil
}

// readErrors gives a body that breaks off the kind of the client's fault.
type readErrors struct{ r io.Reader }

func (e readErrors) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fault.Wrap(fault.Invalid, err, "the body broke off")
	}
	return n, err
}

func verifySnapshot(ctx context.Context, h *Handler, q *request) error {
	deep := false
	switch given := q.query.Get("deep"); given {
	case "", "0":
	case "1":
		deep = true
	default:
		return fault.New(fault.Invalid, "the query parameter deep must be 0 or 1")
	}
	body, err := q.rawBody()
	if err != nil {
		return err
	}
	head, u, err := q.vault.VerifySnapshot(q.caller, body, deep)
	if err != nil {
		return err
	}
	return h.reply(q, api.SnapshotVerified{
		Header: headerOf(&head), Deep: deep, Keys: u.Keys, Opened: u.Versions, Destroyed: u.Gone, Tokens: u.Tokens, Policies: u.Policies,
	})
}
