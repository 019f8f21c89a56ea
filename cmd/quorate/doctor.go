package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// What doctor takes for too much.
const (
	maxLag  = 1000            // log entries
	maxSlow = 2 * time.Second // for a status
)

const handInShares = "Hand in shares with `quorate operator unseal`, on any node."

// finding is one check of doctor.
type finding struct {
	Check  string `json:"check"`
	Node   string `json:"node,omitempty"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Next   string `json:"next,omitempty"`
}

func newDoctorCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check the whole cluster and say what to do about what is wrong",
		Long: `Ask every member for its status and check: that there is a leader that all agree on, that every member is
reachable, healthy, open and up to date, that clusters and versions are the same, and that enough voters are left to
lose one. The exit code is 0 when all is well, 5 when something is not, 6 when no node answers.`,
		Example: `  quorate doctor
  quorate doctor --format json | jq '.findings[] | select(.ok | not)'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			findings, err := examine(cmd.Context(), c)
			if err != nil {
				return err
			}
			bad := 0
			for i := range findings {
				if findings[i].OK {
					findings[i].Next = ""
				} else {
					bad++
				}
			}
			report := struct {
				OK       bool      `json:"ok"`
				Findings []finding `json:"findings"`
			}{bad == 0, findings}
			if err := a.result(report, func(w io.Writer) error { return writeFindings(w, findings) }); err != nil {
				return err
			}
			if bad > 0 {
				return errUnwell
			}
			return nil
		},
	}
}

func writeFindings(w io.Writer, findings []finding) error {
	rows := make([][]string, 0, len(findings))
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "WRONG"
		}
		rows = append(rows, []string{mark, f.Check, f.Node, f.Detail})
	}
	if err := table(w, []string{"VERDICT", "CHECK", "NODE", "FOUND"}, rows); err != nil {
		return err
	}
	for _, f := range findings {
		if f.Next != "" {
			if _, err := fmt.Fprintf(w, "next: %s: %s\n", f.Check, f.Next); err != nil {
				return err
			}
		}
	}
	return nil
}

// examine asks one node for the members, then each member for itself.
func examine(ctx context.Context, c *client.Client) ([]finding, error) {
	s, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	findings := examineCluster(s)
	newest := s.Index
	seen := map[string]*api.Status{s.Node: s}
	for _, m := range s.Members {
		if m.ID == s.Node {
			continue
		}
		begin := time.Now()
		own, err := statusOf(ctx, c, m)
		took := time.Since(begin)
		if err != nil {
			findings = append(findings, finding{Check: "reachable", Node: m.ID, Detail: fault.Of(err).Message, Next: "Look whether the node runs, and whether this machine may reach " + m.API + "."})
			continue
		}
		findings = append(findings, finding{Check: "reachable", Node: m.ID, OK: took < maxSlow, Detail: fmt.Sprintf("answered in %v", took.Round(time.Millisecond)), Next: "Look at the node's load and network."})
		seen[m.ID] = own
		newest = max(newest, own.Index)
	}
	for _, m := range s.Members {
		if own := seen[m.ID]; own != nil {
			findings = append(findings, examineNode(s, own, m, newest)...)
		}
	}
	return findings, nil
}

func statusOf(ctx context.Context, c *client.Client, m api.Member) (*api.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	at, err := c.At(m.API)
	if err != nil {
		return nil, err
	}
	return at.Status(ctx)
}

func examineCluster(s *api.Status) []finding {
	voters, up := 0, 0
	for _, m := range s.Members {
		if m.Role == "nonvoter" {
			continue
		}
		voters++
		if m.Healthy {
			up++
		}
	}
	spare := up - (voters/2 + 1)
	findings := []finding{
		{Check: "initialized", OK: s.Initialized, Detail: yesNo(s.Initialized), Next: "Found the cluster with `quorate operator init`."},
		{Check: "leader", OK: s.Leader != "", Detail: nonEmpty(s.Leader, "none known"), Next: "More than half of the voters must be up and reach each other."},
		{Check: "spare voters", OK: spare >= 1, Detail: fmt.Sprintf("%d of %d voters up, %d may be lost", up, voters, max(spare, 0)), Next: "Add nodes with `quorate server --join`, or bring the missing ones back."},
	}
	if !s.Initialized {
		return findings[:1]
	}
	return findings
}

func examineNode(first, own *api.Status, m api.Member, newest uint64) []finding {
	stale := "The node must reach the leader; look at its network and clock."
	if own.Sealed {
		stale = handInShares // a sealed node answers nothing, however well it is in touch
	}
	findings := []finding{
		{Check: "healthy", Node: m.ID, OK: m.Healthy, Detail: yesNo(m.Healthy), Next: "Look at the node's log."},
		{Check: "open", Node: m.ID, OK: !own.Sealed, Detail: openSealed(own.Sealed), Next: handInShares},
		{Check: "fresh", Node: m.ID, OK: own.Fresh, Detail: nonEmpty(own.Reason, yesNo(own.Fresh)), Next: stale},
		{Check: "lag", Node: m.ID, OK: newest-min(own.Index, newest) <= maxLag, Detail: fmt.Sprintf("%d entries", newest-min(own.Index, newest)), Next: "It catches up by itself; if the number grows, look at its disk."},
	}
	if d := own.Disk; d != nil {
		findings = append(findings, finding{Check: "disk", Node: m.ID, OK: !d.Low, Detail: fmt.Sprintf("%d MiB free, %d MiB must be", d.Free>>20, d.Mark>>20), Next: "Make room on the disk of its data directory; it goes on by itself."})
	}
	if own.Leader != first.Leader {
		findings = append(findings, finding{Check: "same leader", Node: m.ID, Detail: nonEmpty(own.Leader, "none known"), Next: "Ask again in a moment; if it stays, the network between the members is cut."})
	}
	if own.Version != first.Version {
		findings = append(findings, finding{Check: "same version", Node: m.ID, Detail: own.Version + " beside " + first.Version, Next: "Finish the upgrade, one node at a time."})
	}
	if own.ClusterID != first.ClusterID {
		findings = append(findings, finding{Check: "same cluster", Node: m.ID, Detail: nonEmpty(own.ClusterID, "none"), Next: "Another cluster answers at " + m.API + "; check the addresses."})
	}
	return findings
}

func nonEmpty(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
