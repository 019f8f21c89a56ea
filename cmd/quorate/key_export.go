package main

import (
	"encoding/base64"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func newKeyExportCmd(a *app) *cobra.Command {
	var in api.ExportRequest
	var f useFlags
	var recipient string
	cmd := &cobra.Command{
		Use:   "export KEY --recipient FILE",
		Short: "Wrap an exportable key to somebody's public key",
		Long: `Wrap a key to a recipient's public key (PEM of RSA, P-256, X25519 or ML-KEM), so that nobody else can read it on its way.
Only keys that were made or imported with --exportable leave the cluster. The result is base64 unless --raw is given; RSA
recipients open it as CKM_RSA_AES_KEY_WRAP (OAEP with SHA-256, then AES-KWP), all others by HPKE (RFC 9180).`,
		Example: `  quorate key export billing --recipient partner.pem --raw -o billing.wrapped
  quorate key export web/tls --recipient hsm.pem --key-format pkcs8 --format json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.raw && f.out == "" && isTerminal(a.out) && a.format != "json" {
				return fault.New(fault.Invalid, "raw bytes would go to the terminal").WithHint("Name a file with -o, or leave --raw away.")
			}
			b, err := readPublic(recipient)
			if err != nil {
				return err
			}
			if in.RecipientPublicKey = string(b); len(b) > 0 && b[0] == 0x30 { // DER
				in.RecipientPublicKey = base64.StdEncoding.EncodeToString(b)
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.ExportKey(cmd.Context(), args[0], in)
			if err != nil {
				return err
			}
			if a.format != "json" {
				a.say("Version %d of a key of algorithm %s as %s, wrapped by %s, check value %s", r.Version, r.Algorithm, r.Format, r.Scheme, nonEmpty(r.CheckValue, "none"))
			}
			return a.deliverResult(&f, r, func(w io.Writer) error {
				form := "base64"
				if f.raw {
					form = "raw"
				}
				return writeBytes(w, r.WrappedMaterial, form)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&recipient, "recipient", "", "`file` with the recipient's public key")
	fl.StringVar(&in.Scheme, "scheme", "", "`scheme` to wrap in (default: what fits the recipient)")
	fl.StringVar(&in.Format, "key-format", "", "`form` of the key inside: pkcs8, pem, pkcs1, sec1, jwk or raw (default: pkcs8 for key pairs, else raw)")
	fl.Uint32Var(&in.Version, "version", 0, "`number` of the version (default: the latest)")
	_ = cmd.MarkFlagRequired("recipient")
	f.outFlags(cmd, "write the wrapped bytes, for other software")
	return cmd
}

func newKeyPublicCmd(a *app) *cobra.Command {
	var f useFlags
	var version uint32
	var form string
	cmd := &cobra.Command{
		Use:   "public KEY",
		Short: "Print the public half of a key pair, or a certificate",
		Long: `Print a public key as PEM, or in another form: jwk for web services, ssh for authorized_keys, der, spki, pkcs1 and raw in
base64 (in bytes with --raw). Of a certificate, pem and der are the certificate itself.`,
		Example: `  quorate key public web/tls > tls.pub
  quorate key public deploy --as ssh >> ~/.ssh/authorized_keys
  quorate key public web/tls --as jwk --version 2`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := c.PublicKey(cmd.Context(), args[0], version, form)
			if err != nil {
				return err
			}
			text := []byte(p.PublicKey)
			if binary := p.Format != "pem" && p.Format != "jwk" && p.Format != "ssh"; binary && f.raw {
				if text, err = base64.StdEncoding.DecodeString(p.PublicKey); err != nil {
					return fault.Wrap(fault.Internal, err, "the cluster's answer is not base64")
				}
			} else if binary || p.Format == "jwk" {
				text = append(text, '\n')
			}
			return a.deliverResult(&f, p, func(w io.Writer) error {
				_, err := w.Write(text)
				return err
			})
		},
	}
	cmd.Flags().Uint32Var(&version, "version", 0, "`number` of the version (default: the latest)")
	cmd.Flags().StringVar(&form, "as", "", "`form`: pem (the default), der, spki, jwk, raw, pkcs1 or ssh")
	f.outFlags(cmd, "write bytes in place of base64")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"pem", "der", "spki", "jwk", "raw", "pkcs1", "ssh"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
