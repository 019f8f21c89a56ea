package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newRollCallCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "roll-call",
		Short: "Have custodians prove, offline, that they still hold their shares",
		Long: `A roll call is a line that is sent to all custodians. Each of them answers it with "prove", on any machine, without a
network: the share signs the line and is not shown. Whoever gets the answers hands them in with "submit", at any node,
without a token. "quorate doctor" warns before fewer than threshold+1 custodians have answered within 90 days.`,
		Example: `  quorate operator roll-call start
  quorate operator roll-call prove qcall1… --share-file share-1.txt
  quorate operator roll-call submit qproof1…
  quorate operator roll-call status`,
	}
	cmd.AddCommand(
		newRollCallShowCmd(a, "start", "Call all custodians; prints the line to send them", (*client.Client).StartRollCall),
		newRollCallShowCmd(a, "status", "Show who proved when", (*client.Client).RollCall),
		newProveCmd(a, "roll-call", seal.RollCall), newRollCallSubmitCmd(a),
	)
	return cmd
}

func newRollCallShowCmd(a *app, name, short string, work func(*client.Client, context.Context) (*api.RollCall, error)) *cobra.Command {
	return &cobra.Command{
		Use:     name,
		Short:   short,
		Long:    short + ". A roll call can be answered for 30 days; starting another ends it and keeps what was proved.",
		Example: "  quorate operator roll-call " + name,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := work(c, cmd.Context())
			if err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error { return writeRollCall(w, r) })
		},
	}
}

func newRollCallSubmitCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "submit PROOF… | -",
		Short: "Hand in custodians' proofs; no token is needed",
		Long: `Hand in the lines that custodians printed with "prove": as arguments, or one a line from standard input. A proof that
is wrong is named by its line, with what is wrong with it; the others are handed in all the same.`,
		Example: `  quorate operator roll-call submit qproof1…
  cat answers/*.txt | quorate operator roll-call submit -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			proofs, err := a.proofLines(args)
			if err != nil {
				return err
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			var last *api.RollCall
			var failed error
			for _, p := range proofs {
				r, err := c.AnswerRollCall(cmd.Context(), p.line)
				if err != nil {
					if failed != nil {
						a.say("%s.", fault.Of(failed).Message)
					}
					if failed = err; len(proofs) > 1 {
						f := fault.Of(err)
						failed = fault.New(f.Kind, "%s: %s", p.where, f.Message).WithHint("%s", f.NextStep())
					}
					continue
				}
				last = r
			}
			if last != nil {
				if err := a.result(last, func(w io.Writer) error { return writeRollCall(w, last) }); err != nil {
					return err
				}
			}
			return failed
		},
	}
}

// givenProof is a proof and where it was given, in words.
type givenProof struct{ line, where string }

// proofLines are the proofs named on the command line, or on standard input.
func (a *app) proofLines(args []string) ([]givenProof, error) {
	var all []givenProof
	for i, arg := range args {
		if arg != "-" {
			all = append(all, givenProof{arg, "the " + ordinal(i+1) + " proof given"})
			continue
		}
		b, err := a.readSmall("-", maxShareFile)
		if err != nil {
			return nil, err
		}
		n := 0
		for line := range strings.Lines(string(b)) {
			n++
			for _, proof := range strings.Fields(line) {
				all = append(all, givenProof{proof, fmt.Sprintf("line %d of the input", n)})
			}
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "no proof is given").WithHint("A proof is a line that begins with qproof1.")
	}
	return all, nil
}

// newProveCmd answers a call of one kind: what is signed is what the command's name says, whatever the line asks for.
func newProveCmd(a *app, noun string, kind seal.CallKind) *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use:   "prove CALL",
		Short: "Answer a call with your share; needs no network and does not show the share",
		Long: `Sign the call with the key that your share derives, and print the answer as a line. It talks to nobody. The share is
asked for and not shown, or read from --share-file. A call of another kind is refused: an answer to a roll call makes no
root token.`,
		Example: "  quorate operator " + noun + " prove qcall1… --share-file share-1.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			call, err := seal.ParseCall([]byte(args[0]))
			if err != nil {
				return err
			}
			if call.Kind != kind {
				return fault.New(fault.Invalid, "this call is not for a %s", noun).
					WithHint("Ask whoever sent it what it is for, before you answer it.")
			}
			a.say("Call %s of cluster %s, made at %s.", call.ID(), seal.Fingerprint(call.Cluster), call.At.Format("2006-01-02 15:04:05 MST"))
			if kind == seal.RootTokenCall {
				a.say("Your answer agrees to a token of the group root for whoever made this call. Be sure who that is: let him read you the id %s.", call.ID())
			}
			s, err := a.openShares(nil, files)
			if err != nil {
				return err
			}
			defer s.clear()
			return a.prove(cmd.Context(), call, s)
		},
	}
	cmd.Flags().StringArrayVar(&files, "share-file", nil, "`file` with the share; repeatable; - for standard input")
	return cmd
}

// proved is a proof as JSON.
type proved struct {
	Index int    `json:"index"`
	Epoch uint16 `json:"epoch"`
	Call  string `json:"call"`
	Proof string `json:"proof"`
}

func (a *app) prove(ctx context.Context, call *seal.Call, s *shares) error {
	var all []proved
	for len(all) == 0 || !s.prompt { // who is asked has one share
		line, ok, err := s.take(ctx, 0, 0)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		p, err := proveWith(call, line)
		clear(line)
		if err != nil {
			return err
		}
		all = append(all, proved{Index: p.Index, Epoch: p.Epoch, Call: call.ID(), Proof: p.Line()})
	}
	if len(all) == 0 {
		return fault.New(fault.Invalid, "no share was given")
	}
	return a.result(map[string][]proved{"proofs": all}, func(w io.Writer) error {
		for _, p := range all {
			if _, err := fmt.Fprintln(w, p.Proof); err != nil {
				return err
			}
		}
		return nil
	})
}

func proveWith(call *seal.Call, line []byte) (*seal.CallProof, error) {
	share, err := seal.ParseShare(line)
	if err != nil {
		return nil, err
	}
	defer share.Destroy()
	return share.Prove(call)
}

func writeRollCall(w io.Writer, r *api.RollCall) error {
	if err := describe(w, []field{
		{"Call", nonEmpty(r.Call, "none is held")},
		{"Id", r.ID},
		{"Started", r.StartedAt},
		{"Ends", r.EndsAt},
		{"Shares", fmt.Sprintf("epoch %d, %d of %d open the cluster", r.Epoch, r.Threshold, r.Shares)},
	}); err != nil {
		return err
	}
	rows := make([][]string, 0, len(r.Custodians))
	for _, c := range r.Custodians {
		rows = append(rows, []string{fmt.Sprint(c.Index), yesNo(c.Answered), nonEmpty(c.ProvedAt, "never")})
	}
	return table(w, []string{"CUSTODIAN", "ANSWERED", "LAST PROVED"}, rows)
}
