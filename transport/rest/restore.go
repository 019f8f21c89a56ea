package rest

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/merge"
)

func restoreRoutes() []route {
	names := api.SnapshotNames{Count: 1, Names: []string{"app/db"}}
	diff := api.SnapshotDiff{Header: exampleHeader(), Revived: names, RevivedVersions: 1, Lost: names, LostVersions: 2, Same: 5, OwnPast: true}
	return []route{
		{
			Method: http.MethodPost, Path: "/v1/sys/snapshot/diff", Op: "sys.snapshot-diff", Timeout: snapshotTime, serve: diffSnapshot, Raw: api.TypeSnapshot,
			Summary: "What restoring a snapshot, which is the body, would do to the keys of this cluster.", Out: diff,
		},
		{
			Method: http.MethodPost, Path: "/v1/sys/snapshot/restore", Op: "sys.snapshot-restore", Timeout: snapshotTime, serve: restoreSnapshot, Raw: api.TypeRestore, Share: true,
			Summary: "Bring a snapshot back: into an empty node, with shares, or into the running cluster, with yes_replace_state. The parts are request (JSON), epochs (optional), snapshot.",
			Out:     api.RestoreResponse{Header: exampleHeader(), Keys: 2, Opened: 3, Index: 7, Diff: &diff, Members: []string{"n1"}},
		},
	}
}

func diffOf(d *merge.Diff) *api.SnapshotDiff {
	if d == nil {
		return nil
	}
	names := func(n merge.Names) api.SnapshotNames { return api.SnapshotNames{Count: n.Count, Names: n.Names} }
	return &api.SnapshotDiff{
		Revived: names(d.Revived), RevivedVersions: d.RevivedVersions, Relaxed: names(d.Relaxed), Lost: names(d.Lost), LostVersions: d.LostVersions,
		Returned: names(d.Returned), Changed: names(d.Changed), Same: d.Same, OwnPast: d.Past,
	}
}

func diffSnapshot(ctx context.Context, h *Handler, q *request) error {
	body, err := q.rawBody()
	if err != nil {
		return err
	}
	head, d, err := q.vault.DiffSnapshot(ctx, q.caller, body)
	if err != nil {
		return err
	}
	out := diffOf(d)
	out.Header = headerOf(&head)
	return h.reply(q, *out)
}

// restoreBody is api.RestoreRequest with shares that can be cleared.
type restoreBody struct {
	Shares          []text `json:"shares"`
	YesReplaceState bool   `json:"yes_replace_state"`
	ReviveDestroyed bool   `json:"revive_destroyed"`
}

const (
	maxRestoreRequest = 64 << 10
	maxEpochs         = 1 << 20
)

func restoreSnapshot(ctx context.Context, h *Handler, q *request) error {
	if _, err := q.rawBody(); err != nil {
		return err
	}
	parts, err := q.r.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the body cannot be read as parts")
	}
	var in restoreBody
	defer func() {
		for _, s := range in.Shares {
			clear(s)
		}
	}()
	var epochs *archive.Epochs
	for {
		part, err := parts.NextPart()
		if err != nil {
			return fault.New(fault.Invalid, "the part %q is missing", "snapshot")
		}
		switch part.FormName() {
		case "request":
			err = readRequest(part, &in)
		case "epochs":
			epochs, err = archive.ReadEpochs(io.LimitReader(part, maxEpochs))
		case "snapshot":
			return h.restore(ctx, q, part, &in, epochs)
		default:
			err = fault.New(fault.Invalid, "there is no part %q here", clip(part.FormName())).WithHint("The parts are request, epochs (optional), snapshot, in this order.")
		}
		if err != nil {
			return err
		}
	}
}

func readRequest(part io.Reader, in *restoreBody) error {
	buf := getBuffer() // which holds shares
	defer putBuffer(buf)
	for {
		buf.reserve(1)
		n, err := part.Read(buf.b[len(buf.b):cap(buf.b)])
		buf.b = buf.b[:len(buf.b)+n]
		switch {
		case len(buf.b) > maxRestoreRequest:
			return fault.New(fault.TooLarge, "the part %q exceeds %d bytes", "request", maxRestoreRequest)
		case errors.Is(err, io.EOF):
			return decode(buf.b, false, in)
		case err != nil:
			return fault.Wrap(fault.Invalid, err, "the body broke off")
		}
	}
}

func (h *Handler) restore(ctx context.Context, q *request, part *multipart.Part, in *restoreBody, epochs *archive.Epochs) error {
	wish := vault.RestoreWish{Epochs: epochs, Replace: in.YesReplaceState, Revive: in.ReviveDestroyed}
	for _, s := range in.Shares {
		wish.Shares = append(wish.Shares, s)
	}
	b, err := q.vault.RestoreSnapshot(ctx, q.caller, readErrors{part}, wish)
	if err != nil {
		return err
	}
	out := api.RestoreResponse{
		Header: headerOf(&b.Header), Keys: b.Verified.Keys, Opened: b.Verified.Versions, Index: b.Index, Diff: diffOf(b.Diff), CACertificate: string(b.CA),
	}
	for _, m := range b.Members {
		out.Members = append(out.Members, m.Node)
	}
	return h.reply(q, out)
}
