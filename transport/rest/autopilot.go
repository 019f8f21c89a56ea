package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

func autopilotRoutes() []route {
	example := api.Autopilot{Stabilize: "30s", DeadAfter: "1d", MinQuorum: 3, Revision: 2}
	return []route{
		{
			Method: http.MethodGet, Path: "/v1/sys/autopilot", Op: "sys.autopilot",
			Summary: "What is set of what the leader does about the members by itself.", serve: give(showAutopilot), Out: example,
		},
		{
			Method: http.MethodPut, Path: "/v1/sys/autopilot", Op: "sys.autopilot-set", Summary: "Replace these settings, for the whole cluster and at once.",
			serve: take(putAutopilot), Body: smallBody, In: example, Out: example,
		},
	}
}

// never is a member that is not removed, however long it is silent.
const never = "off"

func showAutopilot(ctx context.Context, q *request) (api.Autopilot, error) {
	a, revision, err := q.vault.Autopilot(ctx, q.caller)
	if err != nil {
		return api.Autopilot{}, err
	}
	return autopilotOf(a, revision), nil
}

func autopilotOf(a vault.Autopilot, revision uint64) api.Autopilot {
	out := api.Autopilot{Stabilize: key.FormatPeriod(a.Stabilize), MinQuorum: a.MinQuorum, HoldLevel: a.HoldLevel, Revision: revision}
	if a.DeadAfter < 0 {
		out.DeadAfter = never
	} else {
		out.DeadAfter = key.FormatPeriod(a.DeadAfter)
	}
	return out
}

func putAutopilot(ctx context.Context, q *request, in *api.Autopilot) (api.Autopilot, error) {
	a := vault.Autopilot{MinQuorum: in.MinQuorum, HoldLevel: in.HoldLevel}
	var err error
	if a.Stabilize, err = key.ParsePeriod(in.Stabilize); err != nil {
		return api.Autopilot{}, of("stabilize", err)
	}
	if in.DeadAfter == never {
		a.DeadAfter = -1
	} else if a.DeadAfter, err = key.ParsePeriod(in.DeadAfter); err != nil {
		return api.Autopilot{}, of("dead_after", err)
	}
	if err := q.vault.SetAutopilot(ctx, q.caller, a, in.Revision); err != nil {
		return api.Autopilot{}, err
	}
	return showAutopilot(ctx, q)
}
