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

func newUnsealCmd(a *app) *cobra.Command {
	var files []string
	var reset bool
	cmd := &cobra.Command{
		Use:   "unseal [SHARE | -]",
		Short: "Hand in key shares; enough of them open every member",
		Long: `Hand in one share or several, at any node: they are relayed to every sealed member. Without arguments the shares are
asked for and not shown; from a pipe or file each line is one. A mistyped share is refused before it is sent.

Progress lasts some minutes. --reset forgets the shares handed in so far; one share, or a token that permits it, proves
the right to.`,
		Example: `  quorate operator unseal
  quorate operator unseal --share-file share-1.txt --share-file share-2.txt
  gpg -d share.asc | quorate operator unseal -
  quorate operator unseal --reset`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if reset {
				return a.resetUnseal(cmd.Context(), c, args, files)
			}
			s, err := a.openShares(args, files)
			if err != nil {
				return err
			}
			defer s.clear()
			return a.unseal(cmd.Context(), c, s)
		},
	}
	cmd.Flags().StringArrayVar(&files, "share-file", nil, "`file` with shares, one a line; repeatable; - for standard input")
	cmd.Flags().BoolVar(&reset, "reset", false, "forget the shares handed in so far")
	return cmd
}

func (a *app) unseal(ctx context.Context, c *client.Client, s *shares) error {
	var last *api.UnsealResponse
	have, need := 0, 0
	for last == nil || last.Sealed {
		share, ok, err := s.take(ctx, have, need)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		r, err := c.Unseal(ctx, string(share))
		clear(share)
		if err != nil {
			if s.prompt && fault.KindOf(err) == fault.Invalid {
				f := fault.Of(err)
				a.say("%s. %s", f.Message, f.NextStep())
				continue
			}
			if last != nil {
				a.say("Before that, %d of %d shares were taken; they count until %s.", last.Have, last.Need, last.Expires)
			}
			return err
		}
		last, have, need = r, r.Have, r.Need
		if r.Sealed {
			a.say("%d of %d shares.", r.Have, r.Need)
		}
	}
	if last == nil {
		return fault.New(fault.Invalid, "no share was handed in")
	}
	return a.result(last, func(w io.Writer) error { return writeUnseal(w, last) })
}

func writeUnseal(w io.Writer, r *api.UnsealResponse) error {
	progress, expires := "complete", ""
	if r.Sealed {
		expires = r.Expires
		progress = fmt.Sprintf("%d of %d shares", r.Have, r.Need)
	}
	if err := describe(w, []field{{"Seal", openSealed(r.Sealed)}, {"Progress", progress}, {"Counts until", expires}}); err != nil {
		return err
	}
	rows := make([][]string, 0, len(r.Members))
	for _, m := range r.Members {
		rows = append(rows, []string{m.ID, openSealed(m.Sealed)})
	}
	return table(w, []string{"MEMBER", "SEAL"}, rows)
}

// resetUnseal proves the right with a share if one is given, else with the token.
func (a *app) resetUnseal(ctx context.Context, c *client.Client, args, files []string) error {
	share := ""
	if len(args)+len(files) > 0 {
		s, err := a.openShares(args, files)
		if err != nil {
			return err
		}
		defer s.clear()
		if len(s.lines) != 1 {
			return fault.New(fault.Invalid, "%d shares are given, and one is enough to reset", len(s.lines))
		}
		share = string(s.lines[0])
	}
	r, err := c.ResetUnseal(ctx, share)
	if err != nil {
		return err
	}
	return a.result(r, func(w io.Writer) error { return writeUnseal(w, r) })
}
