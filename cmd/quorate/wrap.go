package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newWrapCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.WrapRequest
	var aad string
	cmd := &cobra.Command{
		Use:   "wrap --key KEY [-i IN | --target KEY2] [-o OUT]",
		Short: "Wrap key material under a key, as other software unwraps it",
		Long: `Wrap key material, or an exportable key of the cluster, under the newest version of a key: AES-KWP (RFC 5649) under
an aes key, RSA-OAEP with AES-KWP under an rsa key, HPKE under x25519, ml-kem and hybrid keys. The result is one line,
qk:v1:…; with --raw it is the bytes, for other software.

For data use encrypt: wrap is made for keys, and AES-KWP gives equal results for equal keys.`,
		Example: `  quorate wrap --key kek -i dek.bin -o dek.wrapped
  quorate wrap --key partner --target billing --raw -o billing.wrapped`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in.Key != "" && f.in != "" {
				return fault.New(fault.Invalid, "there are both an input and a key to wrap").WithHint("Give -i or --target.")
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if in.Key == "" {
				if in.Plaintext, err = a.readInput(cmd.Context(), f.in); err != nil {
					return err
				}
				defer clear(in.Plaintext)
			}
			in.AAD = []byte(aad)
			r, err := c.Wrap(cmd.Context(), f.key, in)
			if err != nil {
				return err
			}
			return a.deliverResult(&f, r, line(r.Ciphertext, f.raw))
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.in, "in", "i", "", "input `file` (default: standard input)")
	fl.StringVar(&in.Key, "target", "", "exportable `key` to wrap in place of an input")
	fl.Uint32Var(&in.Version, "version", 0, "`version` of the target (default: the latest)")
	fl.StringVar(&aad, "aad", "", "`text` bound to it: the same is needed to unwrap; aes keys bind none")
	a.keyFlag(cmd, &f.key)
	f.outFlags(cmd, "write the wrapped bytes, for other software")
	_ = cmd.RegisterFlagCompletionFunc("target", a.completeKeyFlag)
	return cmd
}

func newUnwrapCmd(a *app) *cobra.Command {
	var f useFlags
	var aad, form string
	var version uint32
	cmd := a.useCommand(&cobra.Command{
		Use:   "unwrap --key KEY [-i IN] [-o OUT]",
		Short: "Open what wrap made, or other software in the same way",
		Long: `Open wrapped key material. The input is the line qk:…, or the wrapped bytes, which are then taken for those of
--version. The output is the plain key in base64 unless --encoding says otherwise.

The plain key leaves the cluster: to bring it in, import it.`,
		Example: `  quorate unwrap --key kek -i dek.wrapped --encoding raw -o dek.bin`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		if err := a.checkForm(form); err != nil {
			return err
		}
		r, err := c.Unwrap(ctx, f.key, api.UnwrapRequest{Ciphertext: textOf(input, version), AAD: []byte(aad)})
		if err != nil {
			return err
		}
		defer clear(r.Plaintext)
		return a.deliverSecret(&f, r, r.Plaintext, form)
	})
	fl := cmd.Flags()
	fl.Uint32Var(&version, "version", 1, "`version` that wrapped it, where the input is bytes alone")
	fl.StringVar(&aad, "aad", "", "`text` that was bound to it")
	fl.StringVar(&form, "encoding", "base64", secretForms)
	f.outFlags(cmd, "")
	return cmd
}

func newEncapsulateCmd(a *app) *cobra.Command {
	var ciphertext string
	cmd := &cobra.Command{
		Use:   "encapsulate KEY [--ciphertext FILE]",
		Short: "Make a shared secret with an ml-kem key",
		Long: `Make a shared secret of 32 bytes and the ciphertext that carries it to the key's owner (ML-KEM, FIPS 203). The
ciphertext is public; decapsulate gets the same secret out of it.

With --ciphertext the ciphertext goes to a file and the secret alone is printed.`,
		Example: `  quorate encapsulate partner --format json
  quorate encapsulate partner --ciphertext to-partner.ct`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Encapsulate(cmd.Context(), args[0], api.EncapsulateRequest{})
			if err != nil {
				return err
			}
			defer clear(r.SharedSecret)
			if ciphertext == "" {
				return a.result(r, func(w io.Writer) error {
					return describe(w, []field{{"Shared secret", base64Of(r.SharedSecret)}, {"Ciphertext", r.Ciphertext}})
				})
			}
			if err := writeFile(ciphertext, []byte(r.Ciphertext+"\n"), 0o644, false); err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error { return writeBytes(w, r.SharedSecret, "base64") })
		},
	}
	a.keyArgument(cmd)
	cmd.Flags().StringVar(&ciphertext, "ciphertext", "", "`file` for the ciphertext")
	return cmd
}

func newDecapsulateCmd(a *app) *cobra.Command {
	var f useFlags
	var form string
	var version uint32
	cmd := a.useCommand(&cobra.Command{
		Use:   "decapsulate --key KEY [-i IN]",
		Short: "Get the shared secret out of an ml-kem ciphertext",
		Long: `Get the shared secret out of a ciphertext that encapsulate made, or other software with the key's public half. The
input is the line qk:…, or the ciphertext's bytes, which are then taken for those of --version.

A ciphertext that was altered gives another secret and no error: what the secret protects will not open.`,
		Example: `  quorate decapsulate --key partner -i to-partner.ct`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		if err := a.checkForm(form); err != nil {
			return err
		}
		r, err := c.Decapsulate(ctx, f.key, api.DecapsulateRequest{Ciphertext: textOf(input, version)})
		if err != nil {
			return err
		}
		defer clear(r.SharedSecret)
		return a.deliverSecret(&f, r, r.SharedSecret, form)
	})
	cmd.Flags().Uint32Var(&version, "version", 1, "`version` of the key, where the input is bytes alone")
	cmd.Flags().StringVar(&form, "encoding", "base64", secretForms)
	f.outFlags(cmd, "")
	return cmd
}
