package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newUnsealCmd(a *app) *cobra.Command {
	var files []string
	var reset bool
	var file handingIn
	cmd := &cobra.Command{
		Use:   "unseal [SHARE | -]",
		Short: "Hand in key shares; enough of them open every member",
		Long: `Hand in one share or several, at any node: they are relayed to every sealed member. Without arguments the shares are
asked for and not shown; from a pipe or file each line is one. A mistyped share is refused before it is sent, and one
that is in already is passed over. The shares are handed in until every member is open; members that still are not are named.

Progress lasts some minutes. --reset forgets the shares handed in so far; one share, or a token that permits it, proves
the right to.

For custodians who are elsewhere, --request writes one-time keys of the members to a file; each custodian encrypts the
share to it ("operator share encrypt"), and --hand-in gives the encrypted files in. A share is then never in plain on the
machine that hands it in. What --request wrote is over when the cluster opens, is reset, or --ttl has passed.`,
		Example: `  quorate operator unseal
  quorate operator unseal --share-file share-1.txt --share-file share-2.txt
  gpg -d share.asc | quorate operator unseal -
  quorate operator unseal --request request.txt --ttl 8h
  quorate operator unseal --hand-in share-1.qhand --hand-in share-4.qhand
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
			if file.request != "" {
				r, err := c.RequestHandIn(cmd.Context(), api.HandInRequest{TTL: file.ttl})
				if err != nil {
					return err
				}
				return a.requested(file.request, r)
			}
			s, err := a.sharesOrFiles(args, files, file.files)
			if err != nil {
				return err
			}
			defer s.clear()
			return a.unseal(cmd.Context(), c, s)
		},
	}
	cmd.Flags().StringArrayVar(&files, "share-file", nil, "`file` with shares, one a line; repeatable; - for standard input")
	cmd.Flags().BoolVar(&reset, "reset", false, "forget the shares handed in so far")
	file.flags(cmd)
	return cmd
}

// unseal hands in shares until every member is open or no share is left. A share that is in already is passed over.
func (a *app) unseal(ctx context.Context, c *client.Client, s *shares) error {
	var last *api.UnsealResponse
	var passed error // the newest refusal of a share that was in already
	have, need := 0, 0
	for last == nil || unfinished(last, s.prompt) {
		share, ok, err := s.take(ctx, have, need)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		var r *api.UnsealResponse
		if s.sealed {
			r, err = c.HandIn(ctx, string(share))
		} else {
			r, err = c.Unseal(ctx, string(share))
		}
		clear(share)
		switch f := fault.Of(err); {
		case err == nil:
		case f.Kind == fault.Exists:
			passed = err
			a.say("%s; it is passed over.", f.Message)
			continue
		case s.prompt && f.Kind == fault.Invalid:
			a.say("%s. %s", f.Message, f.NextStep())
			continue
		default:
			if last != nil && last.Expires != "" {
				a.say("Before that, %d of %d shares were taken; they count until %s.", last.Have, last.Need, last.Expires)
			}
			return err
		}
		last, have, need = r, r.Have, r.Need
		if r.Sealed || r.Have > 0 {
			a.say("%d of %d shares.", r.Have, r.Need)
		}
	}
	if last == nil && passed != nil {
		if last = a.allOpen(ctx, c); last == nil {
			return passed
		}
	}
	if last == nil {
		return fault.New(fault.Invalid, "no share was handed in")
	}
	return a.result(last, func(w io.Writer) error { return writeUnseal(w, last) })
}

// unfinished tells whether another share may open another member. A member that does not answer counts as sealed, and
// no share was taken for it: nobody is asked for more because of such members, and what was given is tried all the same.
func unfinished(r *api.UnsealResponse, asked bool) bool {
	if asked {
		return r.Sealed || r.Have > 0
	}
	return r.Sealed || len(stillSealed(r)) > 0
}

// allOpen describes a cluster that needed none of the shares; nil if a member is sealed, or may be.
func (a *app) allOpen(ctx context.Context, c *client.Client) *api.UnsealResponse {
	s, err := c.Status(ctx)
	if err != nil || s.Sealed {
		return nil
	}
	r := &api.UnsealResponse{}
	for _, m := range s.Members {
		if m.Sealed || !m.Healthy {
			return nil
		}
		r.Members = append(r.Members, api.SealMember{ID: m.ID})
	}
	return r
}

func stillSealed(r *api.UnsealResponse) []string {
	var names []string
	for _, m := range r.Members {
		if m.Sealed {
			names = append(names, m.ID)
		}
	}
	return names
}

func writeUnseal(w io.Writer, r *api.UnsealResponse) error {
	still := stillSealed(r)
	progress, expires := "complete", ""
	switch {
	case r.Sealed || len(still) > 0 && r.Have > 0:
		expires = r.Expires
		progress = fmt.Sprintf("%d of %d shares", r.Have, r.Need)
	case len(still) > 0:
		progress = "every member that answers is open"
	}
	if err := describe(w, []field{
		{"Seal", openSealed(r.Sealed)}, {"Progress", progress}, {"Counts until", expires}, {"Still sealed", strings.Join(still, ", ")},
	}); err != nil {
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
