package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

func newOperatorCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "operator",
		Short: "Found, open, seal and change the cluster",
		Long: `What operators do: found the cluster, open it with key shares, seal it, change shares and keyring, and add and
remove members.`,
		Example: `  quorate operator init --shares 5 --threshold 3
  quorate operator unseal
  quorate operator members`,
	}
	cmd.AddCommand(newInitCmd(a), newUnsealCmd(a), newSealCmd(a), newRekeyCmd(a), newRotateKeyringCmd(a), newSlotsCmd(a))
	cmd.AddCommand(newJoinTokenCmd(a), newClientCertCmd(a), newMembersCmd(a), newDigestCmd(a))
	cmd.AddCommand(newMemberCmds(a)...)
	cmd.AddCommand(newStepDownCmd(a), newAutopilotCmd(a), newSnapshotCmd(a), newDrillCmd(a), newRecoverCmd(a))
	cmd.AddCommand(newRollCallCmd(a), newRootTokenCmd(a), newShareCmd(a))
	return cmd
}

func newSealCmd(a *app) *cobra.Command {
	var node bool
	cmd := &cobra.Command{
		Use:   "seal",
		Short: "Close every member, at once",
		Long: `Make every member forget the master key. Until enough shares are handed in again nothing is encrypted or
decrypted anywhere. With --node only the node that answers is closed.`,
		Example: `  quorate operator seal
  quorate operator seal --node --addr https://10.0.0.2:7800`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.act(cmd, func(ctx context.Context, c *client.Client) error { return c.Seal(ctx, node) }, "Sealed.")
		},
	}
	cmd.Flags().BoolVar(&node, "node", false, "only the node at --addr")
	return cmd
}

// act runs what has no result, and says so when it is done.
func (a *app) act(cmd *cobra.Command, work func(context.Context, *client.Client) error, done string) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := work(cmd.Context(), c); err != nil {
		return err
	}
	a.say("%s", done)
	return nil
}

func newRotateKeyringCmd(a *app) *cobra.Command {
	var look bool
	cmd := &cobra.Command{
		Use:   "rotate-keyring",
		Short: "Begin a new term of the keyring, and rewrap under it in the background",
		Long: `Make a new key-encrypting key. New key versions are wrapped under it at once, older ones are rewrapped in the
background while the cluster serves. --status shows how far that has come and rotates nothing.`,
		Example: `  quorate operator rotate-keyring
  quorate operator rotate-keyring --status`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			work := c.RotateKeyring
			if look {
				work = c.Keyring
			}
			k, err := work(cmd.Context())
			if err != nil {
				return err
			}
			return a.result(k, func(w io.Writer) error { return writeKeyring(w, k) })
		},
	}
	cmd.Flags().BoolVar(&look, "status", false, "only show the terms and the rewrapping")
	return cmd
}

func writeKeyring(w io.Writer, k *api.Keyring) error {
	rewrap := fmt.Sprintf("done: %d of %d versions under the newest term", k.Rewrap.Done, k.Rewrap.Total)
	if k.Rewrap.Active {
		rewrap = fmt.Sprintf("under way: %d of %d versions under the newest term", k.Rewrap.Done, k.Rewrap.Total)
	}
	if err := describe(w, []field{{"Term", fmt.Sprint(k.Term)}, {"Rewrapping", rewrap}}); err != nil {
		return err
	}
	rows := make([][]string, 0, len(k.Terms))
	for _, t := range k.Terms {
		rows = append(rows, []string{fmt.Sprint(t.Term), fmt.Sprint(t.Versions)})
	}
	return table(w, []string{"TERM", "VERSIONS"}, rows)
}
