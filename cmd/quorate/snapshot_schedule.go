package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

func newSnapshotScheduleCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Have the cluster store snapshots by itself",
		Long: `The leader stores a snapshot in a folder regularly, reads it back and verifies it, and drills the newest once a day. Each
snapshot is sealed under the key of an epoch; the keys lie beside the snapshots, wrapped, in ` + "`quorate-epochs`" + `. When no snapshot of an epoch is
kept any more its key is destroyed, and copies of those snapshots open for nobody. The newest good snapshot is never deleted.`,
		Example: `  quorate operator snapshot schedule set --to file:///var/backups/quorate --every 1h --keep 48 --keep-for 30d
  quorate operator snapshot schedule show`,
	}
	show := &cobra.Command{
		Use: "show", Short: "Show the schedule and how the last snapshots went",
		Long: `Show where snapshots are stored and how often, when the last was stored and verified, when the newest was drilled, and why either failed
if it did. Any node answers, from its own state.`,
		Example: "  quorate operator snapshot schedule show", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.scheduled(cmd, func(ctx context.Context, c *client.Client) (*api.SnapshotStatus, error) {
				return c.SnapshotSchedule(ctx)
			})
		},
	}
	run := &cobra.Command{
		Use: "run", Short: "Store a snapshot now",
		Long: `Have the leader store a snapshot now, as the schedule would: it is read back and verified before the command succeeds, and snapshots that
have expired are let go. It fails if no schedule is set.`,
		Example: "  quorate operator snapshot schedule run", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.scheduled(cmd, func(ctx context.Context, c *client.Client) (*api.SnapshotStatus, error) {
				return c.RunSnapshotSchedule(ctx)
			})
		},
	}
	off := &cobra.Command{
		Use: "off", Short: "Store no snapshots any more; what is stored stays",
		Long:    `End the schedule. Snapshots that are stored stay, as do the keys of their epochs, so that they open as before; drills end too.`,
		Example: "  quorate operator snapshot schedule off", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.scheduled(cmd, func(ctx context.Context, c *client.Client) (*api.SnapshotStatus, error) {
				return c.SetSnapshotSchedule(ctx, api.SnapshotSchedule{Off: true})
			})
		},
	}
	cmd.AddCommand(show, newScheduleSetCmd(a), off, run)
	return cmd
}

func newScheduleSetCmd(a *app) *cobra.Command {
	var in api.SnapshotSchedule
	cmd := &cobra.Command{
		Use:   "set --to URL --every DURATION",
		Short: "Set where snapshots are stored, how often, and how many are kept",
		Long: `Set the schedule. --to is a folder that every node reaches under that path, file:///var/backups/quorate, or a bucket
of the cluster's own, s3://name?region=eu-central-1 (for a server of another maker also endpoint=https%3A%2F%2Fhost and use_path_style=true).
Credentials are never part of the address: every node has them in its environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in its
files. Programs built with the tags gcs and azure take gs://name and azblob://name too.`,
		Example: `  quorate operator snapshot schedule set --to file:///var/backups/quorate --every 1h --keep 48 --keep-for 30d
  quorate operator snapshot schedule set --to 's3://vault-backups?region=eu-central-1' --every 1h --keep 48`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.scheduled(cmd, func(ctx context.Context, c *client.Client) (*api.SnapshotStatus, error) {
				return c.SetSnapshotSchedule(ctx, in)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.To, "to", "", "`URL` of the folder or bucket")
	f.StringVar(&in.Every, "every", "1h", "`duration` between snapshots")
	f.Uint32Var(&in.Keep, "keep", 30, "`number` of snapshots that are kept at least")
	f.StringVar(&in.KeepFor, "keep-for", "", "keep those that are younger than this `duration` too")
	f.StringVar(&in.DrillEvery, "drill-every", "", "`duration` between drills of the newest snapshot (default 1d)")
	f.BoolVar(&in.NoDrill, "no-drill", false, "do not drill")
	_ = cmd.MarkFlagRequired("to") // fails for a flag that there is not
	return cmd
}

func (a *app) scheduled(cmd *cobra.Command, work func(context.Context, *client.Client) (*api.SnapshotStatus, error)) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := work(cmd.Context(), c)
	if err != nil {
		return err
	}
	return a.result(s, func(w io.Writer) error { return writeSchedule(w, s) })
}

func writeSchedule(w io.Writer, s *api.SnapshotStatus) error {
	plan := "none"
	if !s.Schedule.Off {
		plan = fmt.Sprintf("every %s to %s", s.Schedule.Every, s.Schedule.To)
	}
	late := func(overdue bool) string {
		if overdue {
			return " (OVERDUE)"
		}
		return ""
	}
	last, drilled := s.SucceededAt, s.DrilledAt
	if last == "" {
		last = "never"
	}
	if drilled == "" {
		drilled = "never"
	}
	return describe(w, []field{
		{"Schedule", plan},
		{"Kept", fmt.Sprintf("%d at least; younger than %s", s.Schedule.Keep, dash(s.Schedule.KeepFor))},
		{"Last success", last + late(s.Overdue)},
		{"Newest", s.Name},
		{"Stored", fmt.Sprint(s.Stored)},
		{"Last error", s.Error},
		{"Last drill", drilled + late(s.DrillOverdue)},
		{"Drill's error", s.DrillError},
	})
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
