package main

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
)

func newAutopilotCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "autopilot",
		Short: "Show and set what the leader does about the members by itself",
		Long: `The leader gives new members their vote, removes dead ones where that is wanted, and raises the level of the log once every
member runs a version that knows it. What is set here is kept in the cluster and holds at once, whoever leads; what is not set is as the
configuration of each node says.`,
		Example: `  quorate operator autopilot get
  quorate operator autopilot set --dead-after 1d --min-quorum 3`,
	}
	get := &cobra.Command{
		Use: "get", Short: "Show the settings",
		Long:    `Show what is set for the whole cluster. "default" is what the configuration of the node that leads says.`,
		Example: "  quorate operator autopilot get --format json", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.Autopilot(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(s, func(w io.Writer) error { return writeAutopilot(w, s) })
		},
	}
	cmd.AddCommand(get, newAutopilotSetCmd(a))
	return cmd
}

func newAutopilotSetCmd(a *app) *cobra.Command {
	var in api.Autopilot
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Change settings; those that are not named stay",
		Long: `Change settings for the whole cluster, at once. "default" gives one back to each node's configuration.

A dead member is removed one at a time, and only while the voters that are up are a quorum of what remains, and no fewer than
--min-quorum. With --hold-level an upgrade of all members can still be undone; take it away with --hold-level=false.`,
		Example: `  quorate operator autopilot set --stabilize 30s
  quorate operator autopilot set --dead-after off
  quorate operator autopilot set --hold-level`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.Autopilot(cmd.Context())
			if err != nil {
				return err
			}
			changed := cmd.Flags().Changed
			if changed("stabilize") {
				s.Stabilize = orDefault(in.Stabilize)
			}
			if changed("dead-after") {
				s.DeadAfter = orDefault(in.DeadAfter)
			}
			if changed("min-quorum") {
				s.MinQuorum = in.MinQuorum
			}
			if changed("hold-level") {
				s.HoldLevel = in.HoldLevel
			}
			if s, err = c.SetAutopilot(cmd.Context(), *s); err != nil {
				return err
			}
			return a.result(s, func(w io.Writer) error { return writeAutopilot(w, s) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Stabilize, "stabilize", "", "`duration` for which a new member keeps up before it votes")
	f.StringVar(&in.DeadAfter, "dead-after", "", "`duration` of silence after which a member is removed, or off")
	f.IntVar(&in.MinQuorum, "min-quorum", 0, "`number` of voters that must be up besides the one removed; 0: default")
	f.BoolVar(&in.HoldLevel, "hold-level", false, "do not raise the level of the log, so that an upgrade can be undone")
	return cmd
}

// orDefault is "" for the word that means it.
func orDefault(s string) string {
	if s == "default" {
		return ""
	}
	return s
}

func writeAutopilot(w io.Writer, s *api.Autopilot) error {
	quorum := "default"
	if s.MinQuorum > 0 {
		quorum = fmt.Sprint(s.MinQuorum)
	}
	return describe(w, []field{
		{"Stabilize", cmp.Or(s.Stabilize, "default")},
		{"Dead after", cmp.Or(s.DeadAfter, "default")},
		{"Minimum quorum", quorum},
		{"Hold level", yesNo(s.HoldLevel)},
	})
}
