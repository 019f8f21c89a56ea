package rest_test

import (
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// Proofs are made offline by the command line; its tests hand in real ones. Here: who is let in, and what is refused.
func TestCustodyRoutes(t *testing.T) {
	d, _ := founded(t)
	if r, _ := ask[api.RollCall](d, "GET", "/v1/sys/roll-call", nil, 200); r.Call != "" || len(r.Custodians) != r.Shares || r.Shares < r.Threshold {
		t.Errorf("before any: %+v", r)
	}
	r, _ := ask[api.RollCall](d, "POST", "/v1/sys/roll-call/start", nil, 200)
	if r.Call == "" || r.ID == "" || r.EndsAt == "" {
		t.Errorf("started: %+v", r)
	}
	stranger := *d
	stranger.token = ""
	ask[any](&stranger, "GET", "/v1/sys/roll-call", nil, 401)
	ask[any](&stranger, "POST", "/v1/sys/roll-call/start", nil, 401)
	ask[any](&stranger, "POST", "/v1/sys/roll-call/submit", api.ProofRequest{Proof: "qproof1qqqq"}, 400)
	ask[any](&stranger, "POST", "/v1/sys/root-token", api.RootTokenRequest{Call: r.Call}, 400)
}
