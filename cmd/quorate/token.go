package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
)

func newTokenCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Create, look up, renew and revoke bearer tokens",
		Long: `Manage bearer tokens. A token is named by its id, which is not secret; the token itself is shown once, when it
is created. Without an id, the commands speak of the token that you are using.`,
		Example: `  quorate token create --principal app1 --ttl 24h
  quorate token revoke 0f9c61a2-…`,
	}
	cmd.AddCommand(newTokenCreateCmd(a), newTokenListCmd(a), newTokenLookupCmd(a), newTokenRenewCmd(a), newTokenRevokeCmd(a))
	return cmd
}

func newTokenCreateCmd(a *app) *cobra.Command {
	var in api.TokenRequest
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a token and show it, once",
		Long: `Create a token for a principal, which policies speak of. The cluster keeps only a hash: the token cannot be
shown again. On standard output it stands after "Token: ".`,
		Example: `  quorate token create --principal app1 --group readers --ttl 24h --max-ttl 30d
  quorate token create --principal ci --ttl 1h --format json | jq -r .token`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.CreateToken(cmd.Context(), in)
			if err != nil {
				return err
			}
			return a.result(t, func(w io.Writer) error { return writeToken(w, t) })
		},
	}
	cmd.Flags().StringVar(&in.Principal, "principal", "", "`name` of who will use it (default: yourself)")
	cmd.Flags().StringSliceVar(&in.Groups, "group", nil, "`groups` that it belongs to; you must be in them yourself")
	cmd.Flags().StringVar(&in.TTL, "ttl", "", "`duration` until it must be renewed (default 32d)")
	cmd.Flags().BoolVar(&in.Orphan, "orphan", false, "let it outlive the token it is made with; only the group root may")
	cmd.Flags().StringVar(&in.MaxTTL, "max-ttl", "", "`duration` after which it cannot be renewed (default: none)")
	return cmd
}

func writeToken(w io.Writer, t *api.Token) error {
	return describe(w, []field{
		{"Token", t.Token},
		{"ID", t.ID},
		{"Principal", t.Principal},
		{"Groups", strings.Join(t.Groups, ", ")},
		{"Kind", t.Kind},
		{"Created", t.CreatedAt},
		{"Expires", t.ExpiresAt},
		{"Renewable until", t.MaxUntil},
		{"Parent", t.Parent},
	})
}

func newTokenListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their secrets",
		Long: `List ids, principals and lifetimes of all tokens. Needs a policy that permits managing
tokens.`,
		Example: "  quorate token list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(t, func(w io.Writer) error {
				rows := make([][]string, 0, len(t.Tokens))
				for _, t := range t.Tokens {
					rows = append(rows, []string{t.ID, t.Principal, strings.Join(t.Groups, ","), t.Kind, t.CreatedAt, t.ExpiresAt})
				}
				return table(w, []string{"ID", "PRINCIPAL", "GROUPS", "KIND", "CREATED", "EXPIRES"}, rows)
			})
		},
	}
}

func newTokenLookupCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lookup [ID]",
		Short: "Show a token's principal and lifetime",
		Long:  `Show whose a token is and how long it lasts: the one with this id, or the one that you are using.`,
		Example: `  quorate token lookup
  quorate token lookup 0f9c61a2-…`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.Token(cmd.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.result(t, func(w io.Writer) error { return writeToken(w, t) })
		},
	}
}

func newTokenRenewCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "renew [ID]",
		Short: "Prolong a token by its TTL",
		Long:  `Prolong the token with this id, or the one that you are using, by its TTL; not beyond its --max-ttl.`,
		Example: `  quorate token renew
  quorate token renew 0f9c61a2-…`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.RenewToken(cmd.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.result(t, func(w io.Writer) error { return writeToken(w, t) })
		},
	}
}

func newTokenRevokeCmd(a *app) *cobra.Command {
	var self bool
	cmd := &cobra.Command{
		Use:   "revoke ID | --self",
		Short: "End a token at once, on every node",
		Long: `End the token with this id, or with --self the one that you are using. When the command has succeeded no node
accepts it any more.`,
		Example: `  quorate token revoke 0f9c61a2-…
  quorate token revoke --self`,
		Args: func(_ *cobra.Command, args []string) error {
			if self == (len(args) == 1) || len(args) > 1 {
				return fmt.Errorf("give either one id or --self")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.RevokeToken(cmd.Context(), strings.Join(args, "")); err != nil {
				return err
			}
			a.say("Revoked.")
			return nil
		},
	}
	cmd.Flags().BoolVar(&self, "self", false, "the token that you are using")
	return cmd
}
