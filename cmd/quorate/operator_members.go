package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newMembersCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "members",
		Short: "List the members of the cluster",
		Long: `List the nodes: role, whether each is open and healthy, and how far each has applied the log. Whether a member that
is not healthy is open is not known: "?". With --format json "sealed" is then what it said last.`,
		Example: "  quorate operator members --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			m, err := c.Members(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(m, func(w io.Writer) error { return writeMembers(w, m.Members) })
		},
	}
}

func newMemberCmds(a *app) []*cobra.Command {
	promote := &cobra.Command{
		Use:   "promote MEMBER",
		Short: "Give a member a vote",
		Long: `Make a member a voter: it counts for the quorum from then on. It must have caught up with the
leader.`,
		Example: "  quorate operator promote node4",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.Promote(ctx, args[0]) }, args[0]+" is a voter.")
		},
	}
	demote := &cobra.Command{
		Use:   "demote MEMBER",
		Short: "Take a member's vote",
		Long: `Make a member a non-voter: it goes on to replicate and to serve, but no longer counts for the
quorum.`,
		Example: "  quorate operator demote node4",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.Demote(ctx, args[0]) }, args[0]+" is a non-voter.")
		},
	}
	yes := false
	remove := &cobra.Command{
		Use:   "remove MEMBER",
		Short: "Take a member out of the cluster for good",
		Long: `Remove a member. Its certificate is refused by the others at once, and it can come back only as a new, empty
node. Needs --yes.`,
		Example: "  quorate operator remove node4 --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return fault.New(fault.Invalid, "removing %s cannot be undone", args[0]).WithHint("Add --yes if you mean it.")
			}
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.RemoveMember(ctx, args[0]) }, args[0]+" is removed.")
		},
	}
	remove.Flags().BoolVar(&yes, "yes", false, "do not refuse")
	all := []*cobra.Command{promote, demote, remove}
	for _, cmd := range all {
		cmd.Args = cobra.ExactArgs(1)
		cmd.ValidArgsFunction = a.completeMembers
	}
	return all
}

// completeMembers offers the members' names; silent when the cluster cannot be asked.
func (a *app) completeMembers(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	quiet := *a
	quiet.talk, quiet.timeout = io.Discard, patience
	c, err := quiet.connect(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer c.Close()
	s, err := c.Status(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, 0, len(s.Members))
	for _, m := range s.Members {
		names = append(names, m.ID)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func newStepDownCmd(a *app) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "step-down",
		Short: "Hand leadership to another member",
		Long: `Hand leadership to the member named by --to, or to whichever is most up to date. Clients do not notice; do it
before maintenance of the leader.`,
		Example: `  quorate operator step-down
  quorate operator step-down --to node2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.StepDown(ctx, to) }, "Leadership was handed over.")
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`member` that is to lead")
	_ = cmd.RegisterFlagCompletionFunc("to", func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return a.completeMembers(cmd, nil, prefix)
	})
	return cmd
}

func newJoinTokenCmd(a *app) *cobra.Command {
	var in api.JoinTokenRequest
	cmd := &cobra.Command{
		Use:   "join-token",
		Short: "Make a token with which a new node may join",
		Long: `Make a join token. It pins the cluster's CA, so that the new node knows whom it joins. It is shown once, after
"Join token: ". A node that joins with "server --replace NAME" needs a token that was made with --replace NAME: a token alone
lets a node in, and puts nobody out.`,
		Example: `  quorate operator join-token --ttl 1h --uses 1
  quorate server --name node4 --dir /var/lib/quorate --join 10.0.0.1:7801 --join-token qj_…
  quorate operator join-token --uses 1 --replace node3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.CreateJoinToken(cmd.Context(), in)
			if err != nil {
				return err
			}
			if t.ExpiresAt != "" {
				a.say("Valid until %s.", t.ExpiresAt)
			}
			return a.result(t, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, "Join token:", t.JoinToken)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&in.TTL, "ttl", "", "`duration` for which it can be used (default 24h)")
	cmd.Flags().IntVar(&in.Uses, "uses", 0, "`number` of nodes that may join with it (default: any)")
	cmd.Flags().StringVar(&in.Replace, "replace", "", "dead `member` whose place the new node takes, with server --replace")
	return cmd
}
