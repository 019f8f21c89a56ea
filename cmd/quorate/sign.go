package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

// schemeFlags say how to sign.
func schemeFlags(cmd *cobra.Command, hash, scheme, form *string, prehashed *bool) {
	f := cmd.Flags()
	f.StringVar(hash, "hash", "", "`hash`: sha256, sha384 or sha512 (default: RSA sha256, ECDSA by its curve)")
	f.StringVar(scheme, "scheme", "", "`padding` of RSA: pss (default) or pkcs1v15")
	f.StringVar(form, "form", "", "`form` of the signature: der (default), raw (r and s) or jws")
	f.BoolVar(prehashed, "prehashed", false, "the input is the digest already")
	for name, values := range map[string][]string{"hash": {"sha256", "sha384", "sha512"}, "scheme": {"pss", "pkcs1v15"}, "form": {"der", "raw", "jws"}} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func newSignCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.SignRequest
	cmd := a.useCommand(&cobra.Command{
		Use:   "sign --key KEY [-i IN] [-o OUT]",
		Short: "Sign a file or standard input under a key",
		Long: `Sign a file, or standard input, under the newest version of a key. The result is one line, qk:v1:…, which names
the version; with --raw it is the signature's bytes, as OpenSSL and others verify them: ASN.1 for ECDSA, PSS with SHA-256
for RSA, the 64 bytes of Ed25519.

What is larger than a request holds is hashed here first: --prehashed takes the digest.`,
		Example: `  quorate sign --key release -i image.tar.sum -o image.sig
  quorate sign --key release -i app.bin --raw -o app.sig && openssl dgst -sha256 -verify pub.pem -signature app.sig app.bin
  sha256sum disk.img | cut -c-64 | xxd -r -p | quorate sign --key release --prehashed`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		in.Input = input
		r, err := c.Sign(ctx, f.key, in)
		if err != nil {
			return err
		}
		text := r.Signature
		if r.JWS != "" && !f.raw {
			return a.deliverResult(&f, r, func(w io.Writer) error { _, err := fmt.Fprintln(w, r.JWS); return err })
		}
		return a.deliverResult(&f, r, line(text, f.raw))
	})
	f.outFlags(cmd, "write the signature's bytes, for other software")
	schemeFlags(cmd, &in.Hash, &in.Scheme, &in.Form, &in.Prehashed)
	return cmd
}

func newVerifyCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.VerifyRequest
	var signature string
	var version uint32
	cmd := a.useCommand(&cobra.Command{
		Use:   "verify --key KEY --signature FILE [-i IN]",
		Short: "Verify a signature over a file or standard input",
		Long: `Verify a signature that "quorate sign" made, with the same --hash, --scheme, --form and --prehashed. The file with
the signature holds the line qk:…, or the signature's bytes or the text of a JWS, which are then taken for those of --version.

The exit code says the outcome: 0 if it verifies, 5 if it does not.`,
		Example: `  quorate verify --key release --signature image.sig -i image.tar.sum
  quorate verify --key release --signature app.sig --version 3 -i app.bin`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		b, err := readSmall(signature)
		if err != nil {
			return err
		}
		in.Input, in.Signature = input, signatureOf(b, version, in.Form)
		r, err := c.Verify(ctx, f.key, in)
		if err != nil {
			return err
		}
		return a.verdict(r, "signature", errNoSignature)
	})
	cmd.Flags().StringVarP(&signature, "signature", "s", "", "`file` with the signature")
	cmd.Flags().Uint32Var(&version, "version", 1, "`version` that made it, where the file holds bytes alone")
	_ = cmd.MarkFlagRequired("signature")
	schemeFlags(cmd, &in.Hash, &in.Scheme, &in.Form, &in.Prehashed)
	return cmd
}

// verdict prints the outcome of a verification, and fails with bad if it is a bad one.
func (a *app) verdict(r *api.VerifyResponse, what string, bad error) error {
	err := a.result(r, func(w io.Writer) error {
		word := "is good"
		if !r.Valid {
			word = "does not verify"
		}
		_, err := fmt.Fprintf(w, "The %s %s (version %d)\n", what, word, r.Version)
		return err
	})
	if err == nil && !r.Valid {
		return bad
	}
	return err
}

func newMACCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.MACRequest
	cmd := a.useCommand(&cobra.Command{
		Use:   "mac --key KEY [-i IN] [-o OUT]",
		Short: "Authenticate a file or standard input with a secret key (HMAC)",
		Long: `Compute the HMAC of a file, or standard input, under the newest version of an hmac key. The result is one line,
qk:v1:…, which names the version; with --raw it is the MAC's bytes.

Who knows a MAC cannot make others; who may verify need not be allowed to make them.`,
		Example: `  quorate mac --key cookies -i session.json -o session.mac
  printf %s "$payload" | quorate mac --key webhooks --raw | xxd -p -c 64`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		in.Input = input
		r, err := c.MAC(ctx, f.key, in)
		if err != nil {
			return err
		}
		return a.deliverResult(&f, r, line(r.MAC, f.raw))
	})
	f.outFlags(cmd, "write the MAC's bytes, for other software")
	cmd.Flags().StringVar(&in.Hash, "hash", "", "`hash`; it must be that of the key")
	return cmd
}

func newVerifyMACCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.VerifyMACRequest
	var mac string
	var version uint32
	cmd := a.useCommand(&cobra.Command{
		Use:   "verify-mac --key KEY --mac FILE [-i IN]",
		Short: "Verify a MAC over a file or standard input",
		Long: `Verify a MAC that "quorate mac" made. The file with the MAC holds the line qk:…, or the MAC's bytes, which are then
taken for those of --version.

The exit code says the outcome: 0 if it verifies, 5 if it does not.`,
		Example: `  quorate verify-mac --key cookies --mac session.mac -i session.json`,
	}, &f, func(ctx context.Context, c *client.Client, input []byte) error {
		b, err := readSmall(mac)
		if err != nil {
			return err
		}
		in.Input, in.MAC = input, textOf(b, version)
		r, err := c.VerifyMAC(ctx, f.key, in)
		if err != nil {
			return err
		}
		return a.verdict(r, "MAC", errNoMAC)
	})
	cmd.Flags().StringVarP(&mac, "mac", "m", "", "`file` with the MAC")
	cmd.Flags().Uint32Var(&version, "version", 1, "`version` that made it, where the file holds bytes alone")
	_ = cmd.MarkFlagRequired("mac")
	return cmd
}
