package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

const maxPolicy = 256 << 10

func newPolicyCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Say who may do what, and ask why",
		Long: `Manage the policies: Cedar documents that permit or forbid principals (or their groups) actions on keys. What
no policy permits is denied.`,
		Example: `  quorate policy put billing-app billing.cedar
  quorate policy explain --principal app1 --action decrypt --key billing`,
	}
	cmd.AddCommand(newPolicyPutCmd(a), newPolicyGetCmd(a), newPolicyListCmd(a), newPolicyDeleteCmd(a), newPolicyExplainCmd(a))
	return cmd
}

func newPolicyPutCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "put NAME FILE",
		Short: "Create or replace a policy",
		Long: `Create the policy with this name, or replace it, by the Cedar document in the file (- for standard input). A
document that does not parse is refused and changes nothing.`,
		Example: `  quorate policy put billing-app billing.cedar
  quorate policy put billing-app - < billing.cedar`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := a.readSmall(args[1], maxPolicy)
			if err != nil {
				return err
			}
			return a.policy(cmd, func(c *client.Client) (*api.Policy, error) { return c.PutPolicy(cmd.Context(), args[0], string(text)) }, false)
		},
	}
}

func (a *app) policy(cmd *cobra.Command, work func(*client.Client) (*api.Policy, error), text bool) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	p, err := work(c)
	if err != nil {
		return err
	}
	return a.result(p, func(w io.Writer) error {
		if text {
			_, err := fmt.Fprintln(w, strings.TrimRight(p.Policy, "\n"))
			return err
		}
		return describe(w, []field{{"Name", p.Name}, {"Revision", fmt.Sprint(p.Revision)}, {"Updated", p.UpdatedAt}})
	})
}

func newPolicyGetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "get NAME",
		Short:   "Print a policy's text",
		Long:    `Print the Cedar document of a policy, as "quorate policy put" takes it.`,
		Example: "  quorate policy get billing-app > billing.cedar",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.policy(cmd, func(c *client.Client) (*api.Policy, error) { return c.Policy(cmd.Context(), args[0]) }, true)
		},
	}
}

func newPolicyListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the policies",
		Long:    `List names and revisions of the policies; "quorate policy get" prints one.`,
		Example: "  quorate policy list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := c.Policies(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(p, func(w io.Writer) error {
				rows := make([][]string, 0, len(p.Policies))
				for _, p := range p.Policies {
					rows = append(rows, []string{p.Name, fmt.Sprint(p.Revision), p.UpdatedAt})
				}
				return table(w, []string{"NAME", "REVISION", "UPDATED"}, rows)
			})
		},
	}
}

func newPolicyDeleteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a policy",
		Long: `Delete a policy; what it permitted is denied from then on, on every node, unless another policy permits
it.`,
		Example: "  quorate policy delete billing-app",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.DeletePolicy(cmd.Context(), args[0]); err != nil {
				return err
			}
			a.say("Deleted %s.", args[0])
			return nil
		},
	}
}

func newPolicyExplainCmd(a *app) *cobra.Command {
	var in api.ExplainRequest
	cmd := &cobra.Command{
		Use:   "explain --principal NAME --action ACTION [--key KEY]",
		Short: "Ask whether somebody may do something, and which policies decide",
		Long: `Evaluate the policies for a principal, an action and a key, without doing anything. The command succeeds when the
question was answered, with yes or no.`,
		Example: `  quorate policy explain --principal app1 --action decrypt --key billing
  quorate policy explain --principal web1 --kind certificate --action operate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Explain(cmd.Context(), in)
			if err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error {
				decided := strings.Join(r.Policies, ", ")
				if decided == "" {
					decided = "none: what no policy permits is denied"
				}
				return describe(w, []field{{"Allowed", yesNo(r.Allowed)}, {"Decided by", decided}, {"Not evaluated", strings.Join(r.Errors, "; ")}})
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Principal, "principal", "", "`name` of who would do it")
	f.StringVar(&in.Kind, "kind", "", "how they prove who they are: token (default) or certificate")
	f.StringSliceVar(&in.Groups, "group", nil, "`groups` that they are in")
	f.StringVar(&in.Action, "action", "", "`action`, such as decrypt")
	f.StringVar(&in.Key, "key", "", "name or id of the `key`; none: the vault itself")
	_ = cmd.MarkFlagRequired("principal")
	_ = cmd.MarkFlagRequired("action")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}
