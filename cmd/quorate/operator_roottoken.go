package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func newRootTokenCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "root-token",
		Short: "Get a new root token on the word of a threshold of custodians",
		Long: `When the root token is lost: "start" makes a call, and a private key for the answer that stays in a file here. Each
custodian agrees with "prove", offline, without showing the share. "finish" hands the proofs in; the cluster makes a token
of the group root that lives for 32 days, encrypted to the key of the call. A call is good for a day and for one token.
The cluster keeps nothing of it before "finish", so nobody can fill, take over or cancel what is under way.`,
		Example: `  quorate operator root-token start --key-file root-call.key
  quorate operator root-token prove qcall1… --share-file share-1.txt
  cat proofs/*.txt | quorate operator root-token finish - --key-file root-call.key`,
	}
	cmd.AddCommand(newRootTokenStartCmd(a), newProveCmd(a, "root-token", seal.RootTokenCall), newRootTokenFinishCmd(a))
	return cmd
}

func newRootTokenStartCmd(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Make a call for a root token, and the key that will open the answer",
		Long: `Print the call, to be sent to the custodians, and write it with the private key of the answer to --key-file. The
cluster is only asked for its id; nothing is begun there.`,
		Example: "  quorate operator root-token start --key-file root-call.key",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			s, err := c.Status(cmd.Context())
			if err != nil {
				return err
			}
			cluster, err := parseClusterID(s.ClusterID)
			if err != nil {
				return err
			}
			call := seal.NewCall(seal.RootTokenCall, cluster, time.Now())
			private, err := seal.NewRootTokenCall(call)
			if err != nil {
				return err
			}
			defer clear(private)
			if err := writeCallKey(file, call, private); err != nil {
				return err
			}
			a.say("Send the call to the custodians, and tell each of them by another way that its id is %s. It is good for a day.", call.ID())
			return a.result(map[string]string{"call": call.Line(), "id": call.ID()}, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, call.Line())
				return err
			})
		},
	}
	cmd.Flags().StringVar(&file, "key-file", "root-call.key", "new `file` for the call and the private key of its answer")
	return cmd
}

func parseClusterID(s string) (id [16]byte, err error) {
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte("-"), nil)))
	if err != nil || len(b) != len(id) {
		return id, fault.New(fault.BadState, "this node belongs to no cluster").WithHint("Name a member of the cluster with --addr.")
	}
	return [16]byte(b), nil
}

// writeCallKey keeps the call and its private half, for the owner's eyes only. An existing file is not overwritten.
func writeCallKey(file string, call *seal.Call, private []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return wrongInput(err, "the file %s cannot be made", file)
	}
	text := hex.AppendEncode([]byte(call.Line()+"\n"), private)
	defer clear(text)
	if _, err = f.Write(append(text, '\n')); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func (a *app) readCallKey(file string) (*seal.Call, []byte, error) {
	b, err := a.readSmall(file, maxShareFile)
	if err != nil {
		return nil, nil, err
	}
	defer clear(b)
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	call, err := seal.ParseCall(line)
	if err != nil {
		return nil, nil, err
	}
	private, err := hex.AppendDecode(nil, bytes.TrimSpace(rest))
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "%s holds no private key of a call", file).WithHint("It is the file that `root-token start` wrote.")
	}
	return call, private, nil
}

func newRootTokenFinishCmd(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "finish PROOF… | -",
		Short: "Hand in the custodians' proofs and print the new root token",
		Long: `Hand in the lines that custodians printed with "prove", as arguments or one a line from standard input. No token is
needed. The answer is decrypted here, with the key in --key-file, and printed; remove the file then.`,
		Example: "  cat proofs/*.txt | quorate operator root-token finish - --key-file root-call.key",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			call, private, err := a.readCallKey(file)
			if err != nil {
				return err
			}
			defer clear(private)
			proofs, err := a.proofLines(args)
			if err != nil {
				return err
			}
			in := api.RootTokenRequest{Call: call.Line()}
			for _, p := range proofs {
				in.Proofs = append(in.Proofs, p.line)
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.RootToken(cmd.Context(), in)
			if err != nil {
				return err
			}
			token, err := call.Decrypt(private, r.Sealed)
			if err != nil {
				return err
			}
			defer clear(token)
			return a.result(map[string]string{"root_token": string(token), "id": r.ID, "expires_at": r.ExpiresAt}, func(w io.Writer) error {
				return describe(w, []field{{"Root token", string(token)}, {"Id", r.ID}, {"Expires", r.ExpiresAt}})
			})
		},
	}
	cmd.Flags().StringVar(&file, "key-file", "root-call.key", "`file` that start wrote")
	return cmd
}
