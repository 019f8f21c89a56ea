package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// dealtWithin is how long `slots add` waits until the members hold their shares.
const dealtWithin = 15 * time.Second

func newSlotsCmd(a *app) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		s, err := c.Slots(cmd.Context())
		if err != nil {
			return err
		}
		return a.result(s, func(w io.Writer) error { return writeSlots(w, s.Slots) })
	}
	cmd := &cobra.Command{
		Use:   "slots",
		Short: "Show and change the ways in which the cluster can be opened",
		Long: `Show the slots, each of which can open the master key by itself. The shares of the operators (shamir) are always
there and always open. With the slot "quorum" members open themselves after a restart, by shares that the others hold.`,
		Example: `  quorate operator slots
  quorate operator slots add quorum
  quorate operator slots approve node2`,
		Args: cobra.NoArgs,
		RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "Show the ways in which the cluster can be opened", Example: "  quorate operator slots list --format json",
			Long: "Show the slots: kind, epoch, how many shares open each, who holds members' shares and under which rules.",
			Args: cobra.NoArgs, RunE: list,
		},
		newSlotAddCmd(a), newSlotRemoveCmd(a), newSlotApproveCmd(a),
	)
	return cmd
}

func writeSlots(w io.Writer, slots []api.Slot) error {
	rows := make([][]string, 0, len(slots))
	for _, s := range slots {
		shares, rules := fmt.Sprintf("%d of %d", s.Threshold, s.Shares), ""
		if q := s.Quorum; q != nil {
			if !q.Dealt {
				shares = "not dealt yet"
			}
			rules = fmt.Sprintf("held by %s; once in %s, away up to %s, cold start %s", nonEmpty(strings.Join(q.Members, " "), "nobody"), q.Window, q.Away, yesNo(q.ColdStart))
		}
		rows = append(rows, []string{s.ID, s.Kind, fmt.Sprint(s.Epoch), shares, rules})
	}
	return table(w, []string{"SLOT", "KIND", "EPOCH", "SHARES", "RULES"}, rows)
}

func newSlotAddCmd(a *app) *cobra.Command {
	var in api.SlotRequest
	cmd := &cobra.Command{
		Use:   "add quorum",
		Short: "Let members open themselves after a restart",
		Long: `Add the slot "quorum": each voter that was open holds one share, on its own disk; one that restarts is let in by an entry
in the log and collects a threshold of shares from the others. Refused are members that were away for longer than --away
(until "slots approve"), that were let in within --window, that were never open, or that are alive elsewhere. Shares are
dealt anew whenever members come or go. What it defends against, and what not: seal/DESIGN.md.

With --cold-start members that are sealed give their shares out too, so that a cluster of which every node restarted opens
itself; then whoever has a threshold of the nodes' disks can open it. With --replace settings change and shares are dealt anew.`,
		Example: `  quorate operator slots add quorum
  quorate operator slots add quorum --away 2h --window 10m
  quorate operator slots add quorum --replace --cold-start`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"quorum"},
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Kind = args[0]
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.AddSlot(cmd.Context(), in)
			if err != nil {
				return err
			}
			if s, err = awaitDealt(cmd.Context(), c, s); err != nil {
				return err
			}
			if !s.Quorum.Dealt {
				fmt.Fprintln(a.talk, "The shares are not dealt yet: at least two voters must be open. It happens by itself; look at `quorate operator slots`.")
			}
			return a.result(s, func(w io.Writer) error { return writeSlots(w, []api.Slot{*s}) })
		},
	}
	f := cmd.Flags()
	f.IntVar(&in.Threshold, "threshold", 0, "so many members' shares open the cluster, of as many as there are voters; 0: a majority of the voters, whatever their `number`")
	f.StringVar(&in.Window, "window", "5m", "let a member in at most once in this `period`")
	f.StringVar(&in.Away, "away", "24h", "a member that was away for longer than this `period` needs an operator's word; 0s: always")
	f.BoolVar(&in.ColdStart, "cold-start", false, "let sealed members give their shares out, too")
	f.BoolVar(&in.Replace, "replace", false, "take the place of the slot that is there")
	return cmd
}

// awaitDealt looks at the slot until its shares are dealt, for a while.
func awaitDealt(ctx context.Context, c *client.Client, s *api.Slot) (*api.Slot, error) {
	limit := time.Now().Add(dealtWithin)
	for s.Quorum != nil && !s.Quorum.Dealt && time.Now().Before(limit) {
		select {
		case <-ctx.Done():
			return s, nil
		case <-time.After(200 * time.Millisecond):
		}
		all, err := c.Slots(ctx)
		if err != nil {
			return nil, err
		}
		for i := range all.Slots {
			if all.Slots[i].ID == s.ID {
				s = &all.Slots[i]
			}
		}
	}
	if s.Quorum == nil {
		return nil, fault.New(fault.Internal, "the slot that was added is not one of members' shares")
	}
	return s, nil
}

func newSlotRemoveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove SLOT",
		Short: "Remove a way to open the cluster",
		Long: `Remove a slot, online: what belonged to it opens nothing from then on. The shares of the operators cannot be removed;
"quorate operator rekey" replaces them.`,
		Example: "  quorate operator slots remove quorum",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.RemoveSlot(ctx, args[0]) }, "The slot "+args[0]+" is removed.")
		},
	}
}

func newSlotApproveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "approve MEMBER",
		Short: "Let a member open itself once, within an hour",
		Long: `Let a sealed member open itself, once and within an hour, although it was away for long, was never open before, or was let
in a moment ago. Make sure first that the machine is yours. A member that is alive elsewhere is refused all the same.`,
		Example:           "  quorate operator slots approve node2",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeMembers,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.ApproveOpening(ctx, args[0]) }, args[0]+" may open itself once, within an hour.")
		},
	}
}
