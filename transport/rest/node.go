package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// nodeRoutes tell about this node; nobody is asked who he is.
func nodeRoutes() []route {
	get := http.MethodGet
	return []route{
		{
			Method: get, Path: "/livez", Op: "livez", Summary: "Whether the process lives. A sealed node does.", Public: true, Stateless: true, Out: api.Health{Status: "ok"},
			serve: give(func(context.Context, *request) (api.Health, error) { return api.Health{Status: "ok"}, nil }),
		},
		{
			Method: get, Path: "/readyz", Op: "readyz", Summary: "Whether this node can answer; if not, the problem says why.", Public: true, Stateless: true, Out: api.Health{Status: "ok"},
			serve: give(func(ctx context.Context, q *request) (api.Health, error) {
				return api.Health{Status: "ok"}, ready(ctx, q)
			}),
		},
		{
			Method: get, Path: "/v1/sys/status", Op: "sys.status", Summary: "What anybody may know of this node.", Public: true,
			serve: give(func(ctx context.Context, q *request) (api.Status, error) { return statusOf(q.vault.Status(ctx)), nil }),
			Out:   api.Status{Node: "n1", Version: "1.0.0", ClusterID: exampleID, Initialized: true, Leader: "n1", Role: "leader", Members: exampleMembers(), Level: 1, Index: 41, Fresh: true},
		},
		{
			Method: get, Path: "/metrics", Op: "metrics", Summary: "Figures of this node in the Prometheus text format.", Public: true, Stateless: true, Out: "",
			serve: func(_ context.Context, h *Handler, q *request) error {
				if h.metrics == nil {
					return fault.New(fault.NotFound, "this node publishes no metrics")
				}
				h.metrics.ServeHTTP(q.x, q.r)
				return nil
			},
		},
		{
			Method: get, Path: "/v1/openapi.json", Op: "openapi", Summary: "This document.", Public: true, Stateless: true, Out: map[string]any{},
			serve: func(_ context.Context, h *Handler, q *request) error {
				h.send(q, h.openAPI)
				return nil
			},
		},
	}
}

// ready answers 503 for whatever keeps the node from answering, also for reasons that have another status elsewhere.
func ready(ctx context.Context, q *request) error {
	err := q.vault.Ready(ctx)
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if outcomes[f.Kind].status == http.StatusServiceUnavailable {
		return err
	}
	return &otherStatus{fault: f, status: http.StatusServiceUnavailable, title: "Not ready"}
}
