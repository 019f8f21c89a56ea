package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newDeriveCmd(a *app) *cobra.Command {
	var f useFlags
	var by derivation
	var form string
	in := &by.in
	cmd := &cobra.Command{
		Use:   "derive KEY",
		Short: "Derive a secret from a key (HKDF), or agree on one with another's public key (ECDH)",
		Long: `Derive a secret from the newest version of a key: HKDF over a symmetric key or a secret; with --peer, HKDF over
the secret that an elliptic-curve key agrees on with the peer's public key (PEM). The same inputs give the same secret.

--secret-itself gives what both keys agree on without HKDF, for software that derives by itself.`,
		Example: `  quorate derive master --info disk1 --bytes 32
  quorate derive ecdh --peer bob.pem --info session --encoding hex`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.checkForm(form); err != nil {
				return err
			}
			if err := by.read(); err != nil {
				return err
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Derive(cmd.Context(), args[0], *in)
			if err != nil {
				return err
			}
			defer clear(r.Derived)
			return a.deliverSecret(&f, r, r.Derived, form)
		},
	}
	a.keyArgument(cmd)
	fl := cmd.Flags()
	fl.IntVar(&in.Bytes, "bytes", 0, "`length` of the secret in bytes (default 32)")
	by.flags(cmd)
	fl.StringVar(&form, "encoding", "base64", secretForms)
	f.outFlags(cmd, "")
	return cmd
}

// derivation is how to derive, as flags say it.
type derivation struct {
	in               api.DeriveRequest
	salt, info, peer string
}

func (d *derivation) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.salt, "salt", "", "`text` that HKDF begins with; need not be secret")
	f.StringVar(&d.info, "info", "", "`text` that tells purposes apart")
	f.StringVar(&d.in.Hash, "hash", "", "`hash` of HKDF: sha256, sha384 or sha512 (default: that of an hmac key, else sha256)")
	f.StringVar(&d.peer, "peer", "", "`file` with the other's public key in PEM")
	f.BoolVar(&d.in.Raw, "secret-itself", false, "with --peer: the shared secret without HKDF")
}

func (d *derivation) read() error {
	d.in.Salt, d.in.Info = []byte(d.salt), []byte(d.info)
	if d.peer == "" {
		return nil
	}
	b, err := readPublic(d.peer)
	d.in.PeerPublicKey = string(b)
	return err
}

func newKeyDeriveCmd(a *app) *cobra.Command {
	var in api.DeriveKeyRequest
	var by derivation
	var tags []string
	var from string
	cmd := &cobra.Command{
		Use:   "derive NAME --from KEY",
		Short: "Make a key of what is derived from another key",
		Long: `Make a key of the cluster whose material is derived from the newest version of another of its keys: what
"quorate derive" would give for the same inputs, but nobody is shown it. The new key is a symmetric one or a secret; its
algorithm decides how long the material is. Its record links to the key that it was derived from; after that it lives a
life of its own, and a rotation draws its next version at random.

It needs "derive-key" on KEY and "create" on NAME. Whoever may "derive" from KEY can compute the same bytes.`,
		Example: `  quorate key derive volumes/v1 --from master --info volume-1
  quorate key derive sessions/bob --from ecdh --peer bob.pem --algorithm secret --bits 512`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in.Key.Name = args[0]
			if in.Key.Tags, err = parseTags(tags); err != nil {
				return err
			}
			if err := by.read(); err != nil {
				return err
			}
			in.Derivation = by.in
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.DeriveKey(cmd.Context(), from, in) })
		},
	}
	a.specFlags(cmd, &in.Key, &tags)
	by.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`key` that it is derived from")
	_ = cmd.MarkFlagRequired("from")
	_ = cmd.RegisterFlagCompletionFunc("from", a.completeKeyFlag)
	return cmd
}

// deliverSecret writes a secret in the form asked for.
func (a *app) deliverSecret(f *useFlags, answer any, secret []byte, form string) error {
	if form == "raw" && f.out == "" && isTerminal(a.out) && a.format != "json" {
		return fault.New(fault.Invalid, "raw bytes would go to the terminal").WithHint("Send them to a file, or leave --encoding raw away.")
	}
	return a.deliverResult(f, answer, func(w io.Writer) error { return writeBytes(w, secret, form) })
}

func newHashCmd(a *app) *cobra.Command {
	var in api.HashRequest
	var path, form string
	cmd := &cobra.Command{
		Use:   "hash [-i IN]",
		Short: "Hash a short input on a node",
		Long: `Hash an input on a node of the cluster, where the hash must be computed by what was validated for it. No key has
a part in it. The output is hex unless --encoding says otherwise.`,
		Example: `  quorate hash -i contract.pdf --algorithm sha3-256`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkForm(form); err != nil {
				return err
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if in.Input, err = a.readInput(cmd.Context(), path); err != nil {
				return err
			}
			defer clear(in.Input)
			r, err := c.Hash(cmd.Context(), in)
			if err != nil {
				return err
			}
			return a.deliverSecret(&useFlags{}, r, r.Digest, form)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&path, "in", "i", "", "input `file` (default: standard input)")
	fl.StringVarP(&in.Algorithm, "algorithm", "a", "", "`hash`: sha256 (default), sha384, sha512, sha3-256 and others")
	fl.StringVar(&form, "encoding", "hex", secretForms)
	return cmd
}
