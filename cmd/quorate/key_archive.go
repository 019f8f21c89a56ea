package main

import (
	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

func newKeyArchiveCmd(a *app) *cobra.Command {
	return ifMatch(&cobra.Command{
		Use:   "archive KEY",
		Short: "Put a key away: nothing uses it until it is recovered",
		Long: `Put a key into the archive. It is used for nothing, on no node, and not rotated, until "quorate key recover". Its state stays as it is,
its dates act, and it is shown and listed; what was encrypted with it cannot be opened meanwhile.`,
		Example:           "  quorate key archive billing-2019",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.ArchiveKey(cmd.Context(), args[0]) })
		},
	})
}

func newKeyRecoverCmd(a *app) *cobra.Command {
	return ifMatch(&cobra.Command{
		Use:               "recover KEY",
		Short:             "Take a key back out of the archive",
		Long:              `Take a key back out of the archive: it is used again as its state says.`,
		Example:           "  quorate key recover billing-2019",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.RecoverKey(cmd.Context(), args[0]) })
		},
	})
}

// archivedSince tells that a key is in the archive.
func archivedSince(r *api.Record) string {
	if r.ArchivedAt == "" {
		return ""
	}
	return "since " + r.ArchivedAt + "; nothing uses it until it is recovered"
}
