package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
)

// custodyRoutes are what custodians do without showing their shares. A proof speaks for itself: who brings it is not asked.
func custodyRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	roll := api.RollCall{
		Call: "qcall1…", ID: "0a1b2c3d4e5f6071", Epoch: 1, StartedAt: exampleTime, EndsAt: exampleTime, Shares: 5, Threshold: 3,
		Custodians: []api.Custodian{{Index: 1, ProvedAt: exampleTime, Answered: true}},
	}
	return []route{
		{Method: get, Path: "/v1/sys/roll-call", Op: "sys.roll-call", Summary: "Which custodians proved when that they hold their shares.", serve: give(rollCall), Out: roll},
		{
			Method: post, Path: "/v1/sys/roll-call/start", Op: "sys.roll-call-start", Summary: "Call all custodians to prove that they hold their shares.",
			serve: take(startRollCall), Optional: true, Body: smallBody, In: struct{}{}, Out: roll,
		},
		{
			Method: post, Path: "/v1/sys/roll-call/submit", Op: "sys.roll-call-submit", Summary: "Hand in a custodian's proof, made offline from the call.",
			serve: take(answerRollCall), Public: true, Body: shareBody, In: api.ProofRequest{Proof: "qproof1…"}, Out: roll,
		},
		{
			Method: post, Path: "/v1/sys/root-token", Op: "sys.root-token", Summary: "A token of the group root on the word of a threshold of custodians, encrypted to whoever made the call.",
			serve: take(rootToken), Public: true, Body: shareBody, In: api.RootTokenRequest{Call: "qcall1…", Proofs: []string{"qproof1…"}},
			Out: api.RootTokenResponse{ID: exampleID, Sealed: make([]byte, 32), ExpiresAt: exampleTime},
		},
	}
}

func rollCall(ctx context.Context, q *request) (api.RollCall, error) {
	return rollCallOf(q.vault.RollCallStatus(ctx, q.caller))
}

func startRollCall(ctx context.Context, q *request, _ *struct{}) (api.RollCall, error) {
	return rollCallOf(q.vault.StartRollCall(ctx, q.caller))
}

func answerRollCall(ctx context.Context, q *request, in *api.ProofRequest) (api.RollCall, error) {
	return rollCallOf(q.vault.AnswerRollCall(ctx, q.caller, in.Proof))
}

func rollCallOf(r *vault.RollCall, err error) (api.RollCall, error) {
	if err != nil {
		return api.RollCall{}, err
	}
	out := api.RollCall{
		Call: r.Call, ID: r.ID, Epoch: r.Epoch, StartedAt: r.Started.String(), EndsAt: r.Ends.String(), Shares: r.Shares, Threshold: r.Threshold,
		Custodians: make([]api.Custodian, len(r.Custodians)),
	}
	for i, c := range r.Custodians {
		out.Custodians[i] = api.Custodian{Index: c.Index, ProvedAt: c.Proved.String(), Answered: c.Answered}
	}
	return out, nil
}

func rootToken(ctx context.Context, q *request, in *api.RootTokenRequest) (api.RootTokenResponse, error) {
	t, err := q.vault.RootToken(ctx, q.caller, vault.RootTokenProof{Call: in.Call, Proofs: in.Proofs})
	if err != nil {
		return api.RootTokenResponse{}, err
	}
	return api.RootTokenResponse{ID: t.ID.String(), Sealed: t.Sealed, ExpiresAt: t.Expires.String()}, nil
}
