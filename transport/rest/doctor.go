package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// doctorRoutes tell how a node is, to anybody, as /metrics does: a sealed node must be able to say what is wrong with it.
func doctorRoutes() []route {
	return append(custodyRoutes(), route{
		Method: http.MethodGet, Path: "/v1/sys/doctor", Op: "sys.doctor", Public: true, Stateless: true,
		Summary: "What this node finds about itself and, while it leads, about the cluster.",
		Out: api.Doctor{Node: "n1", At: exampleTime, Verdict: "attention", Findings: []api.Finding{
			{Check: "backup", Severity: "attention", Detail: "there is no schedule", Next: "Have the cluster save snapshots by itself."},
			{Check: "open", Node: "n1", Severity: "ok", OK: true, Detail: "open"},
		}},
		serve: func(ctx context.Context, h *Handler, q *request) error {
			if h.doctor == nil {
				return fault.New(fault.NotFound, "this node does not examine itself")
			}
			return h.reply(q, h.doctor(ctx))
		},
	})
}
