package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// slotRoutes are the ways to open the vault.
func slotRoutes() []route {
	shamir := api.Slot{ID: "shamir", Kind: "shamir", Epoch: 1, Threshold: 3, Shares: 5}
	quorum := api.Slot{
		ID: "quorum", Kind: "quorum", Epoch: 1, Threshold: 2, Shares: 3,
		Quorum: &api.QuorumSlot{Dealt: true, Members: []string{"n1", "n2", "n3"}, Window: "5m0s", Away: "24h0m0s"},
	}
	return []route{
		{
			Method: http.MethodGet, Path: "/v1/sys/slots", Op: "sys.slots", Summary: "The ways to open the vault.", serve: give(listSlots),
			Out: api.Slots{Slots: []api.Slot{shamir, quorum}},
		},
		{
			Method: http.MethodPost, Path: "/v1/sys/slots", Op: "sys.slot-add", Summary: "Add a way to open the vault: with kind quorum the members open each other. Shares are dealt in the background, within seconds.",
			serve: take(addSlot), Status: http.StatusCreated, Body: smallBody, In: api.SlotRequest{Kind: "quorum", Window: "5m", Away: "24h"}, Out: quorum,
		},
		{
			Method: http.MethodDelete, Path: "/v1/sys/slots/{id}", Op: "sys.slot-remove", Summary: "Remove a way to open the vault. The operators' shares cannot be removed: they always open.",
			serve: only(func(ctx context.Context, q *request) error { return q.vault.RemoveSlot(ctx, q.caller, q.ref) }),
		},
		{
			Method: http.MethodPost, Path: "/v1/sys/members/{node}/approve-opening", Op: "sys.open-approve", Summary: "Let a member open itself once, within an hour, although it was away for long, was never open, or was let in a moment ago.",
			serve: takeOnly(onMember((*vault.Vault).ApproveOpening)), Optional: true, Body: smallBody, In: struct{}{},
		},
	}
}

func listSlots(ctx context.Context, q *request) (api.Slots, error) {
	all, err := q.vault.Slots(ctx, q.caller)
	if err != nil {
		return api.Slots{}, err
	}
	out := api.Slots{Slots: make([]api.Slot, len(all))}
	for i := range all {
		out.Slots[i] = slotOf(&all[i])
	}
	return out, nil
}

func slotOf(s *vault.SlotStatus) api.Slot {
	out := api.Slot{ID: s.ID, Kind: s.Kind, Epoch: s.Epoch, Threshold: s.Threshold, Shares: s.Shares}
	if q := s.Quorum; q != nil {
		out.Quorum = &api.QuorumSlot{Dealt: q.Dealt, Members: append([]string{}, q.Members...), Window: q.Window.String(), Away: q.Away.String(), ColdStart: q.ColdStart}
	}
	return out
}

func addSlot(ctx context.Context, q *request, in *api.SlotRequest) (api.Slot, error) {
	spec := vault.SlotSpec{Kind: in.Kind, Threshold: in.Threshold, ColdStart: in.ColdStart, Replace: in.Replace}
	window, err := key.ParsePeriod(in.Window)
	if err != nil {
		return api.Slot{}, of("window", err)
	}
	spec.Window = time.Duration(window)
	if in.Away != "" {
		away, err := key.ParsePeriod(in.Away)
		if err != nil {
			return api.Slot{}, of("away", err)
		}
		spec.Away = &away
	}
	s, err := q.vault.AddSlot(ctx, q.caller, spec)
	if err != nil {
		return api.Slot{}, err
	}
	return slotOf(s), nil
}
