package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newKeyReserveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "reserve KEY USES",
		Short: "Take uses off a key's limit, for protecting with its material outside",
		Long: `Take uses, or bytes where the limit counts those, off the usage limit of a key: all of them or none, and never more than the limit in
the whole cluster. Whoever has taken the material out reserves before it protects with it. What is reserved does not come back.`,
		Example:           "  quorate key reserve tapes/7 500",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			uses, err := strconv.ParseUint(args[1], 10, 64)
			if err != nil || uses == 0 {
				return fault.New(fault.Invalid, "%q is no number of uses, 1 or more", args[1])
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				return c.ReserveUses(cmd.Context(), args[0], uses)
			})
		},
	}
}
