package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newDigestCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "digest",
		Short: "Compare the nodes' states by a hash over each",
		Long: `Ask each node of --addr for the hash over its whole state, and for the log index at which it stands. Nodes that stand
at one index must have the same hash: if they differ the exit code is 5, and one of them must not be trusted. While there are
writes the nodes stand at different indexes, which says nothing; ask again when it is quiet.`,
		Example: "  quorate operator digest --addr https://10.0.0.1:7800,https://10.0.0.2:7800",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.clientConfig(cmd)
			if err != nil {
				return err
			}
			var all []api.Digest
			for _, endpoint := range cfg.Endpoints {
				one := cfg
				one.Endpoints = []string{endpoint}
				d, err := digestAt(cmd, one)
				if err != nil {
					return err
				}
				all = append(all, *d)
			}
			err = a.result(all, func(w io.Writer) error {
				for _, d := range all {
					if _, err := fmt.Fprintf(w, "%s  %s  at %d\n", d.Digest, d.Node, d.Index); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return differ(all)
		},
	}
}

func digestAt(cmd *cobra.Command, cfg client.Config) (*api.Digest, error) {
	c, err := client.New(cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Digest(cmd.Context())
}

// differ complains of two nodes that stand at one index with different states.
func differ(all []api.Digest) error {
	at := map[uint64]api.Digest{}
	for _, d := range all {
		if o, ok := at[d.Index]; ok && o.Digest != d.Digest {
			return fault.New(fault.BadState, "the states of %s and %s differ at index %d", o.Node, d.Node, d.Index).
				WithHint("Find out which is right (a third node, a backup), then remove the other and let it join again empty.")
		}
		at[d.Index] = d
	}
	return nil
}
