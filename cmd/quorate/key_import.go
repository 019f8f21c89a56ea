package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// importFlags are the flags of key import.
type importFlags struct {
	in, wrapped string // files: a key as it is; a key that is wrapped already
	to          string // algorithm of the cluster's key to wrap to
	version     bool   // of a key that was imported before
	tags        []string

	foreignFlags // keys of other key managers
}

func newKeyImportCmd(a *app) *cobra.Command {
	var f importFlags
	var in api.ImportKeyRequest
	cmd := &cobra.Command{
		Use:   "import (NAME --algorithm A (--in FILE | --wrapped FILE) | --transit FILE | --pykmip FILE)",
		Short: "Bring a key in from outside, or a certificate, or the keys of another key manager",
		Long: `Bring a key in: PEM, DER (PKCS #8, PKCS #1, SEC 1), JWK or raw bytes, as recognised. It is checked here and
wrapped to the cluster's own key (HPKE) before it is sent, so it crosses no wire in plain. The cluster compares the check value of
what it unwrapped, and is asked for it afterwards. --in - reads standard input.

--wrapped sends what other software, or "quorate key export", wrapped already (bytes or base64): to the key that "quorate key wrapping-key" prints, or under a key
that the cluster has too (--wrapping-key). With the algorithm x509, --in is a certificate, and --of the key that it certifies.

--transit takes an export or backup of Vault's or OpenBao's transit engine (JSON), --pykmip the database of PyKMIP's server (SQLite; stop
the server). Every key is reported: imported with all its versions and asked about again, there before (then it is compared), left out and
why, or failed. An interrupted run is simply run again. Their names get --prefix in front.`,
		Example: `  quorate key import web/tls --algorithm ecdsa-p256 --in tls.key
  openssl pkey -in old.pem -passin file:pass | quorate key import old --algorithm rsa-3072 --in -
  quorate key import hsm/k1 -a aes-256-gcm --wrapped k1.bin --scheme rsa-oaep-sha256+aes-kwp --check-value dc95c0
  quorate key import tenants/red -a aes-256-gcm --in red.bin --parent tenants
  quorate key import web/cert -a x509 --in cert.pem --of web/tls
  vault read -format=json transit/export/encryption-key/orders | quorate key import --transit - --prefix vault/
  quorate key import --pykmip pykmip.database --prefix pykmip/ --dry-run`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.given() {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("if-match") && !f.version {
				return fault.New(fault.Invalid, "--if-match is for a key that is there").WithHint("It goes with --new-version.")
			}
			if f.given() {
				return a.importForeign(cmd, f)
			}
			if (f.in == "") == (f.wrapped == "") {
				return fault.New(fault.Invalid, "there must be one of --in and --wrapped").WithHint("--in FILE is a key as it is; --wrapped FILE is one that is wrapped already.")
			}
			var err error
			in.Name = args[0]
			if in.Tags, err = parseTags(f.tags); err != nil {
				return err
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return a.importKey(cmd.Context(), c, f, in) })
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&in.Algorithm, "algorithm", "a", "", "`algorithm` of the key; with --new-version it is the key's")
	fl.StringVarP(&f.in, "in", "i", "", "`file` with the key, - for standard input")
	fl.StringVar(&f.wrapped, "wrapped", "", "`file` with the wrapped key, - for standard input")
	fl.StringVar(&f.to, "wrap-to", "x25519", "`algorithm` of the cluster's key to wrap to: x25519, ml-kem-768-p256, ml-kem-768-x25519, rsa-4096")
	fl.StringVar(&in.Wrapping.Key, "wrapping-key", "", "`key` of the cluster with which --wrapped is wrapped (default: its own for the scheme)")
	fl.Uint32Var(&in.Wrapping.Version, "wrapping-version", 0, "`version` of that key (default: the latest)")
	fl.StringVar(&in.Wrapping.Scheme, "scheme", "", "`scheme` of --wrapped, such as rsa-oaep-sha256+aes-kwp, aes-kwp or hpke-x25519")
	fl.StringVar(&in.Format, "key-format", "", "`form` of the key: pem, der, pkcs8, pkcs1, sec1, jwk or raw (default: as recognised)")
	fl.StringVar(&in.CheckValue, "check-value", "", "`hex` that the key must have, or nothing is imported")
	fl.StringVar(&in.Key, "of", "", "`key` that the certificate certifies")
	fl.BoolVar(&f.version, "new-version", false, "add a version to the key NAME, which was imported")
	fl.StringSliceVar(&in.Usage, "usage", nil, "allowed `uses` (default: what the algorithm is for; aes and chacha20 keys derive only if it is named)")
	fl.BoolVar(&in.Exportable, "exportable", false, "allow the material to leave the cluster")
	fl.BoolVar(&in.Sensitive, "sensitive", false, "let the material leave only wrapped")
	fl.BoolVar(&in.RevealIdle, "reveal-idle", false, "with --exportable: also before it is activated and after it was deactivated")
	fl.BoolVar(&in.PreActive, "pre-active", false, "let it wait for `quorate key activate`, with or without --activate-at")
	fl.StringVar(&in.Parent, "parent", "", "`key` that wraps this one")
	fl.StringVar(&in.RotateEvery, "rotate-every", "", "`duration` after which the cluster rotates it")
	fl.StringVar(&in.ActivateAt, "activate-at", "", "`time` before which it is not used")
	fl.StringVar(&in.DeactivateAt, "deactivate-at", "", "`time` after which it protects nothing new")
	fl.StringVar(&in.DestroyAt, "destroy-at", "", "`time` at which it is destroyed")
	fl.Uint64Var(&in.RotateAfterUses, "rotate-after-uses", 0, "`number` of uses after which a version is replaced")
	fl.Uint64Var(&in.RotateAfterBytes, "rotate-after-bytes", 0, "`number` of bytes protected after which a version is replaced")
	fl.StringVar(&in.RetireAfter, "retire-after", "", "`duration` after which versions that were replaced are destroyed")
	fl.Uint64Var(&in.UsageLimit, "usage-limit", 0, "`number` of uses that it allows, or of bytes")
	fl.StringVar(&in.UsageLimitUnit, "usage-limit-unit", "", "what the limit counts: uses (default), or the bytes that the key protects")
	fl.StringArrayVar(&f.tags, "tag", nil, "`name=value`; repeatable")
	f.foreignFlags.register(cmd)
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions(key.AlgorithmNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("wrapping-key", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("of", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("parent", a.completeKeyFlag)
	cmd.MarkFlagsMutuallyExclusive("new-version", "parent")
	cmd.MarkFlagsMutuallyExclusive("transit", "pykmip", "parent")
	return ifMatch(cmd)
}

func (a *app) importKey(ctx context.Context, c *client.Client, f importFlags, in api.ImportKeyRequest) (*api.Record, error) {
	if f.version {
		r, err := c.Key(ctx, in.Name)
		if err != nil {
			return nil, err
		}
		in.Algorithm = r.Algorithm
	}
	if in.Algorithm == "" {
		return nil, fault.New(fault.Invalid, "an import says which algorithm the key is of").WithHint("Add --algorithm: %s.", strings.Join(key.AlgorithmNames(), ", "))
	}
	if f.wrapped != "" {
		b, err := a.readInput(ctx, f.wrapped)
		if err != nil {
			return nil, err
		}
		in.WrappedMaterial = wrappedBytes(b)
		return send(ctx, c, f, in)
	}
	plain, err := a.readInput(ctx, f.in)
	if errors.Is(err, fault.TooLarge) {
		return nil, fault.Wrap(fault.TooLarge, err, "%s is too large to be a key", f.in).WithHint("Name a file with one key: PEM, DER, JWK, or its raw bytes.")
	}
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	algorithm, err := key.ParseAlgorithm(in.Algorithm)
	if err != nil {
		return nil, err
	}
	if algorithm == key.X509 {
		der, _, err := envelope.Parse(algorithm, plain, envelope.Format(in.Format))
		if err != nil {
			return nil, err
		}
		text, err := envelope.Write(algorithm, der, envelope.PEM)
		in.Certificate, in.Format = string(text), ""
		if err != nil {
			return nil, err
		}
		return send(ctx, c, f, in)
	}
	if err := a.seal(ctx, c, f.to, algorithm, plain, &in); err != nil {
		return nil, err
	}
	r, err := send(ctx, c, f, in)
	if err != nil {
		return nil, err
	}
	return a.compared(ctx, c, f.version, r, in.CheckValue)
}

// compared asks once more for a key that was imported, or a version of one, and holds what the cluster keeps against what was sent.
func (a *app) compared(ctx context.Context, c *client.Client, version bool, sent *api.Record, check string) (*api.Record, error) {
	what, by := fmt.Sprintf("the key %s", sent.Name), ""
	if version {
		what = fmt.Sprintf("version %d of the key %s", sent.Latest, sent.Name)
	}
	r, err := c.Key(ctx, sent.ID)
	if errors.Is(err, fault.Denied) { // who may import need not be one who may read: then the answer to the import has to do
		r, by, err = sent, " by the answer to the import", nil
	}
	if err != nil {
		why := fault.Of(err)
		return nil, fault.Wrap(why.Kind, err, "%s was imported, but could not be asked for to compare it: %s", what, why.Message).
			WithHint("Compare its check value, %s, later: quorate key show %s", check, sent.Name)
	}
	for _, v := range r.Versions {
		if v.Version == sent.Latest && strings.EqualFold(v.CheckValue, check) {
			a.say("Imported and compared%s: version %d has the check value %s, as the key that was read.", by, v.Version, check)
			return r, nil
		}
	}
	e := fault.New(fault.BadState, "what the cluster keeps as %s is not what was sent", what)
	if version {
		return nil, e.WithHint("Import it again with --new-version; then destroy version %d alone: quorate key destroy %s --version %d", sent.Latest, sent.Name, sent.Latest)
	}
	return nil, e.WithHint("Destroy the key %s and import it again.", sent.Name)
}

// wrappedBytes is what a file holds that other software wrapped, or that "quorate key export" wrote as base64. Wrapped bytes look
// random, and none that are all base64 ever come up.
func wrappedBytes(b []byte) []byte {
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b))); err == nil && len(raw) > 0 {
		return raw
	}
	return b
}

// seal checks a key and wraps it to the cluster's own of algorithm to.
func (a *app) seal(ctx context.Context, c *client.Client, to string, algorithm key.Algorithm, plain []byte, in *api.ImportKeyRequest) error {
	format, err := envelope.ParseFormat(in.Format)
	if err != nil {
		return err
	}
	material, public, err := envelope.Parse(algorithm, plain, format)
	if err != nil {
		return err
	}
	defer clear(material)
	check, err := envelope.CheckValue(algorithm, material, public)
	if err != nil {
		return err
	}
	if in.CheckValue != "" {
		if err := envelope.SameCheck(in.CheckValue, check); err != nil {
			return err
		}
	}
	text, err := envelope.Write(algorithm, material, "")
	if err != nil {
		return err
	}
	defer clear(text)
	w, err := c.WrappingKey(ctx, to)
	if err != nil {
		return err
	}
	recipient, err := envelope.ParseRecipient([]byte(w.PublicKey))
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the cluster's wrapping key cannot be read")
	}
	wrapped, scheme, err := recipient.Wrap(rand.Reader, text, w.Wrapping)
	if err != nil {
		return err
	}
	in.WrappedMaterial, in.CheckValue, in.Format = wrapped, check, string(envelope.DefaultFormat(algorithm))
	in.Wrapping = api.Wrapping{Key: w.ID, Version: w.Version, Scheme: string(scheme)}
	return nil
}

func send(ctx context.Context, c *client.Client, f importFlags, in api.ImportKeyRequest) (*api.Record, error) {
	if f.version {
		return c.ImportVersion(ctx, in.Name, api.ImportVersionRequest{WrappedMaterial: in.WrappedMaterial, Wrapping: in.Wrapping, Format: in.Format, CheckValue: in.CheckValue})
	}
	return c.ImportKey(ctx, in)
}

func newKeyWrappingKeyCmd(a *app) *cobra.Command {
	var algorithm string
	cmd := &cobra.Command{
		Use:   "wrapping-key",
		Short: "Print the cluster's public key to which keys are wrapped for import",
		Long: `Print the public key to which other software wraps a key for "quorate key import --wrapped", as PEM. The cluster makes
it when it is first asked for; its private half never leaves the cluster. Rotating it ("quorate key rotate") leaves the
versions before able to unwrap: name them with --wrapping-version.`,
		Example: `  quorate key wrapping-key --algorithm rsa-4096 > wrapping.pem
  quorate key wrapping-key --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			w, err := c.WrappingKey(cmd.Context(), algorithm)
			if err != nil {
				return err
			}
			if a.format != "json" {
				a.say("Scheme %s, version %d, SHA-256 fingerprint %s", w.Wrapping, w.Version, w.Fingerprint)
			}
			return a.result(w, func(out io.Writer) error {
				_, err := fmt.Fprint(out, w.PublicKey)
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&algorithm, "algorithm", "a", "", "`algorithm`: x25519 (the default), rsa-4096, ml-kem-768-p256 or ml-kem-768-x25519")
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions([]string{"x25519", "rsa-4096", "ml-kem-768-p256", "ml-kem-768-x25519"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
