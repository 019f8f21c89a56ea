package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
)

func newStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the node that answers, and the members as it sees them",
		Long: `Show whether the cluster is initialised and open, who leads, how far an unsealing has come, and every
member. No token is needed. The command succeeds when a node answers, sealed or not; "quorate doctor" judges.`,
		Example: `  quorate status
  quorate status --addr https://10.0.0.2:7800 --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(s, func(w io.Writer) error { return writeStatus(w, s) })
		},
	}
}

func writeStatus(w io.Writer, s *api.Status) error {
	fields := []field{
		{"Node", s.Node},
		{"Version", s.Version},
		{"Cluster", s.ClusterID},
		{"Initialized", yesNo(s.Initialized)},
		{"Seal", openSealed(s.Sealed)},
		{"Role", s.Role},
		{"Leader", s.Leader},
		{"Index", fmt.Sprint(s.Index)},
		{"Level", level(s)},
		{"Fresh", yesNo(s.Fresh)},
		{"Why not", s.Reason},
	}
	if s.Leader == "" {
		fields[6].value = "none known"
	}
	if d := s.Disk; d != nil && d.Low {
		fields = append(fields, field{"Disk", fmt.Sprintf("almost full: %d MiB free, %d MiB must be; nothing new is written", d.Free>>20, d.Mark>>20)})
	}
	if c := s.Ceremony; c != nil {
		fields = append(fields, field{"Unsealing", fmt.Sprintf("%d of %d shares, until %s", c.Have, c.Need, c.Expires)})
	}
	if o := s.Opening; o != nil {
		fields = append(fields, field{"Opens itself", "not yet: " + o.Reason}, field{"Next", o.Hint})
	}
	if err := describe(w, fields); err != nil {
		return err
	}
	if len(s.Members) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return writeMembers(w, s.Members)
}

// level is "" before there is a cluster.
func level(s *api.Status) string {
	switch {
	case s.Level == 0:
		return ""
	case s.HoldLevel:
		return fmt.Sprintf("%d, held", s.Level)
	default:
		return fmt.Sprint(s.Level)
	}
}

func writeMembers(w io.Writer, members []api.Member) error {
	rows := make([][]string, 0, len(members))
	for _, m := range members {
		applied := ""
		if m.Applied > 0 {
			applied = fmt.Sprint(m.Applied)
		}
		seal := openSealed(m.Sealed)
		if !m.Healthy {
			seal = "?" // what it said last, before it went silent, need not hold any more
		}
		role := m.Role
		if m.Replica {
			role = "replica"
		}
		rows = append(rows, []string{m.ID, role, m.Zone, seal, yesNo(m.Healthy), applied, m.Version, m.API})
	}
	return table(w, []string{"MEMBER", "ROLE", "ZONE", "SEAL", "HEALTHY", "APPLIED", "VERSION", "API"}, rows)
}
