package rest

import (
	"context"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func exampleHandIn() api.HandInResponse {
	return api.HandInResponse{
		Request: "-----BEGIN QUORATE HAND-IN REQUEST-----\n…", ID: "0a1b2c3d4e5f6071", Fingerprint: "9f86-d081-884c-7d65-9a2f-eaa0-c55a-d015",
		Members: []string{"n1", "n2", "n3"}, Expires: exampleTime,
	}
}

// one refuses a body that holds a share and a file, or neither.
func (s *share) one() error {
	switch {
	case len(s.Share) > 0 && s.HandIn != "":
		return fault.New(fault.Invalid, "give the field %q or the field %q, not both", "share", "hand_in")
	case len(s.Share) == 0 && s.HandIn == "":
		return fault.New(fault.Invalid, "the field %q is missing", "share").WithHint("Give a share, or a file with one in the field %q.", "hand_in")
	}
	return nil
}

func unseal(ctx context.Context, q *request, in *share) (api.UnsealResponse, error) {
	if err := in.one(); err != nil {
		return api.UnsealResponse{}, err
	}
	var u *vault.Unsealing
	var err error
	if in.HandIn != "" {
		u, err = q.vault.HandIn(ctx, q.caller, []byte(in.HandIn))
	} else {
		u, err = q.vault.Unseal(ctx, q.caller, in.Share)
	}
	if err != nil {
		return api.UnsealResponse{}, err
	}
	return unsealingOf(u), nil
}

func submittedRekey(ctx context.Context, q *request, in *share) (*vault.Rekeying, error) {
	if err := in.one(); err != nil {
		return nil, err
	}
	if in.HandIn != "" {
		return q.vault.HandInRekey(ctx, q.caller, in.ID, []byte(in.HandIn))
	}
	return q.vault.SubmitRekey(ctx, q.caller, in.ID, in.Share)
}

func requestHandIn(ctx context.Context, q *request, in *api.HandInRequest) (api.HandInResponse, error) {
	ttl, err := handInLife(in)
	if err != nil {
		return api.HandInResponse{}, err
	}
	return handInOf(q.vault.RequestHandIn(ctx, q.caller, ttl))
}

func requestRekeyHandIn(ctx context.Context, q *request, in *api.HandInRequest) (api.HandInResponse, error) {
	ttl, err := handInLife(in)
	if err != nil {
		return api.HandInResponse{}, err
	}
	return handInOf(q.vault.RequestRekeyHandIn(ctx, q.caller, in.ID, ttl))
}

func handInLife(in *api.HandInRequest) (time.Duration, error) {
	ttl, err := key.ParsePeriod(in.TTL)
	if err != nil {
		return 0, of("ttl", err)
	}
	return ttl, nil
}

func handInOf(r *vault.HandInRequest, err error) (api.HandInResponse, error) {
	if err != nil {
		return api.HandInResponse{}, err
	}
	return api.HandInResponse{Request: string(r.Text), ID: r.ID, Fingerprint: r.Fingerprint, Members: r.Nodes, Expires: stampOf(r.Expires)}, nil
}
