package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// useFlags are the flags of the commands that use a key on an input.
type useFlags struct {
	crypt
	raw bool
}

// useCommand makes such a command. run gets the input, which is cleared after it.
func (a *app) useCommand(cmd *cobra.Command, f *useFlags, run func(ctx context.Context, c *client.Client, input []byte) error) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.raw && f.out == "" && isTerminal(a.out) && a.format != "json" {
			return fault.New(fault.Invalid, "raw bytes would go to the terminal").WithHint("Name a file with -o, or leave --raw away.")
		}
		c, err := a.connect(cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		input, err := a.readInput(cmd.Context(), f.in)
		if err != nil {
			return err
		}
		defer clear(input)
		return run(cmd.Context(), c, input)
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.in, "in", "i", "", "input `file` (default: standard input)")
	a.keyFlag(cmd, &f.key)
	return cmd
}

func (a *app) keyFlag(cmd *cobra.Command, key *string) {
	cmd.Flags().StringVarP(key, "key", "k", "", "name or id of the `key`")
	_ = cmd.MarkFlagRequired("key")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
}

// keyArgument lets a command that takes its key as an argument take it by --key too, as those do that have an input.
func (a *app) keyArgument(cmd *cobra.Command) {
	var key string
	cmd.Flags().StringVarP(&key, "key", "k", "", "name or id of the `key`, in place of the argument")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	cmd.ValidArgsFunction = a.completeKeys
	cmd.Args = func(c *cobra.Command, args []string) error {
		if !c.Flags().Changed("key") {
			return cobra.ExactArgs(1)(c, args)
		}
		return cobra.MaximumNArgs(1)(c, args)
	}
	inner := cmd.RunE
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if c.Flags().Changed("key") {
			if len(args) > 0 {
				return fault.New(fault.Invalid, "the key is named twice: %q and --key %s", args[0], key).WithHint("Leave one of them away.")
			}
			args = []string{key}
		}
		return inner(c, args)
	}
}

// outFlags are for commands with a result that can go to a file.
func (f *useFlags) outFlags(cmd *cobra.Command, raw string) {
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "output `file` (default: standard output)")
	flags.BoolVar(&f.force, "force", false, "replace the output file if it exists")
	if raw != "" {
		flags.BoolVar(&f.raw, "raw", false, raw)
	}
}

// readInput reads an input whole; the operations on it take no more than a request holds.
func (a *app) readInput(ctx context.Context, path string) ([]byte, error) {
	in, err := a.openIn(ctx, path)
	if err != nil {
		return nil, err
	}
	defer in.close()
	b, err := io.ReadAll(io.LimitReader(in, maxText+1))
	if err != nil {
		return nil, wrongInput(err, "the input cannot be read")
	}
	if len(b) > maxText {
		clear(b)
		return nil, fault.New(fault.TooLarge, "the input is larger than %d bytes", maxText).
			WithHint("Sign its digest (--prehashed), or encrypt files with `quorate encrypt`.")
	}
	return b, nil
}

// readSmall reads a file that holds a text of the vault or raw bytes.
func readSmall(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, wrongInput(err, "the file cannot be read")
	}
	if len(b) > 2*maxText {
		return nil, fault.New(fault.TooLarge, "%s is larger than %d bytes", path, 2*maxText)
	}
	return b, nil
}

// readPublic reads a file with somebody's public key, and refuses a private one here: it must not even be sent.
func readPublic(path string) ([]byte, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	if holdsPrivate(b) {
		clear(b)
		return nil, fault.New(fault.Invalid, "%s holds a private key, and was not sent", path).WithHint("Name the file with the public key: openssl pkey -in %s -pubout writes it.", path)
	}
	return b, nil
}

// holdsPrivate tells whether a file holds a private key: PEM of any kind, a JWK, or DER, also as base64.
func holdsPrivate(b []byte) bool {
	var jwk struct {
		D json.RawMessage `json:"d"`
	}
	if bytes.Contains(b, []byte("PRIVATE KEY")) || privateDER(b) || json.Unmarshal(b, &jwk) == nil && jwk.D != nil {
		clear(jwk.D)
		return true
	}
	der, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSpace(b))
	defer clear(der)
	return err == nil && privateDER(der)
}

// privateDER tells whether DER is a PKCS #8, encrypted PKCS #8, PKCS #1 or SEC 1 private key.
func privateDER(der []byte) bool {
	var wrapped struct { // RFC 5958, section 3: a public key has a BIT STRING there
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var plain struct { // RFC 5958, section 2: of any algorithm
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	if _, err := asn1.Unmarshal(der, &wrapped); err == nil {
		return true
	}
	if _, err := asn1.Unmarshal(der, &plain); err == nil {
		clear(plain.Key)
		return true
	}
	_, rsaErr := x509.ParsePKCS1PrivateKey(der)
	_, ecErr := x509.ParseECPrivateKey(der)
	return rsaErr == nil || ecErr == nil
}

// deliverResult writes what the API answered: its object, or text, a line of its own.
func (a *app) deliverResult(f *useFlags, answer any, text func(io.Writer) error) error {
	return a.deliver(f.crypt, func(w io.Writer) error {
		to := *a
		to.out = w
		return to.result(answer, text)
	})
}

// line writes a text of the vault and a line's end, or with raw the bytes behind it.
func line(text string, raw bool) func(io.Writer) error {
	return func(w io.Writer) error {
		if !raw {
			_, err := fmt.Fprintln(w, text)
			return err
		}
		b, err := bytesOf(text)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
}

// bytesOf are the bytes behind a text qk:v<version>:<base64>.
func bytesOf(text string) ([]byte, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return nil, fault.New(fault.Invalid, "the text is not qk:v…:…")
	}
	b, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the text is not base64")
	}
	return b, nil
}

// textOf is what a file holds as a text of the vault; raw bytes, such as another program made, become the text of that version.
func textOf(b []byte, version uint32) string {
	if s := strings.TrimSpace(string(b)); strings.HasPrefix(s, "qk:") {
		return s
	}
	return fmt.Sprintf("qk:v%d:%s", max(version, 1), base64.StdEncoding.EncodeToString(b))
}

// signatureOf is textOf for a signature; of form jws it may be the text that sign printed (base64url, RFC 7515), too.
func signatureOf(b []byte, version uint32, form string) string {
	if form == "jws" {
		if raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(string(b))); err == nil && len(raw) > 0 {
			b = raw
		}
	}
	return textOf(b, version)
}

// secretForms are how a command writes a secret that it got.
const secretForms = "`form` of the output: base64, hex or raw"

func (a *app) checkForm(form string) error {
	if form != "base64" && form != "hex" && form != "raw" {
		return fault.New(fault.Invalid, "--encoding is %q, but it can be base64, hex or raw only", form)
	}
	return nil
}

// errNoSignature and errNoMAC are the errors of a verification whose result, already printed, is that it failed.
var (
	errNoSignature = fault.New(fault.BadState, "it does not verify").
			WithHint("It is over other input, by another key or version (--key, --version), or in another scheme (--hash, --scheme, --form, --prehashed).")
	errNoMAC = fault.New(fault.BadState, "it does not verify").
			WithHint("It is over other input, or by another key or version (--key, --version).")
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
