package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// crypt are the flags of encrypt and decrypt.
type crypt struct {
	key, in, out string
	context, aad string
	into         string // decrypt: the folder to unpack into
	text, force  bool
	each         bool // the files of a folder one by one
}

func newEncryptCmd(a *app) *cobra.Command {
	var f crypt
	cmd := &cobra.Command{
		Use:   "encrypt --key KEY [-i IN] [-o OUT]",
		Short: "Encrypt a file or folder of any size, or a short text, under a key",
		Long: `Encrypt a file, a folder, or standard input, under a key of the cluster. The data key comes from the
cluster, the data does not go there: any size, constant memory. The result appears under its name when it is
complete; an interrupted run leaves nothing. A folder is packed on the way (tar): files, folders and symbolic links,
with their permissions and times; "decrypt --into" unpacks it.

--each encrypts the files of a folder one by one into another folder, as NAME.qrt, for large folders: an interrupted run goes
on where it was, and later runs do what is new or changed (a result has the time of its original). Names can be read, and links are
left out. "decrypt --each" is the way back.

--text encrypts a short value into one line, qk:v1:…, for configuration files and databases.`,
		Example: `  quorate encrypt --key billing -i report.pdf -o report.pdf.qrt
  quorate encrypt --key backups -i folder -o folder.tar.qrt
  quorate encrypt --key backups --each -i photos -o photos.encrypted
  pg_dump shop | quorate encrypt --key backups -o shop.sql.qrt
  printf %s "$password" | quorate encrypt --key app1 --text`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			switch {
			case f.text:
				return a.encryptText(cmd.Context(), c, f)
			case f.each:
				return a.encryptEach(cmd.Context(), c, f)
			}
			return a.encryptFile(cmd.Context(), c, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.key, "key", "k", "", "name or id of the `key`")
	flags.BoolVar(&f.text, "text", false, "encrypt a short value into one line of text")
	f.register(cmd)
	cmd.MarkFlagsMutuallyExclusive("each", "text")
	_ = cmd.MarkFlagRequired("key")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

func (f *crypt) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.in, "in", "i", "", "input `file`, or a folder to encrypt (default: standard input)")
	flags.StringVarP(&f.out, "out", "o", "", "output `file` (default: standard output)")
	flags.StringVar(&f.context, "context", "", "`text` bound to the data: the same is needed to decrypt")
	flags.StringVar(&f.aad, "aad", "", "`text` bound to the data, as Go's envelope.Box does: the same is needed to decrypt")
	flags.BoolVar(&f.force, "force", false, "replace the output file if it exists")
	flags.BoolVar(&f.each, "each", false, "the files of the folder -i one by one, into the folder -o")
	cmd.MarkFlagsMutuallyExclusive("each", "force")
}

func (a *app) encryptFile(ctx context.Context, c *client.Client, f crypt) error {
	in, err := a.openAny(ctx, f.in)
	if err != nil {
		return err
	}
	defer in.close()
	if f.out == "" && isTerminal(a.out) {
		return fault.New(fault.Invalid, "the encrypted data would go to the terminal").WithHint("Name a file with -o, or use --text for a short value.")
	}
	return a.deliver(f, func(w io.Writer) error {
		bar := a.newProgress("encrypting", in.size)
		_, err := c.EncryptStream(ctx, w, in, f.key, client.StreamOptions{Context: []byte(f.context), AAD: []byte(f.aad), Progress: bar.add})
		bar.end(err == nil)
		return err
	})
}

// deliver runs work on the output: standard output, or a file that gets its name when work succeeded.
func (a *app) deliver(f crypt, work func(io.Writer) error) error {
	if f.out == "" || f.out == "-" {
		w := bufio.NewWriterSize(a.out, 64<<10)
		if err := work(w); err != nil {
			return err // what is in the buffer stays there
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		return nil
	}
	o, err := createOut(f.out, 0o600, f.force)
	if err != nil {
		return err
	}
	defer o.discard()
	if err := work(o); err != nil {
		return err
	}
	return o.commit()
}

// maxText bounds --text; the server's own limit for a request is in its configuration.
const maxText = 512 << 10

func (a *app) readText(ctx context.Context, path string) ([]byte, error) {
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
		return nil, fault.New(fault.TooLarge, "the input is larger than %d bytes", maxText).WithHint("Leave --text away for files.")
	}
	return b, nil
}

func (a *app) encryptText(ctx context.Context, c *client.Client, f crypt) error {
	plain, err := a.readText(ctx, f.in)
	if err != nil {
		return err
	}
	defer clear(plain)
	r, err := c.Encrypt(ctx, f.key, api.EncryptRequest{Plaintext: plain, Context: []byte(f.context), AAD: []byte(f.aad)})
	if err != nil {
		return err
	}
	return a.deliver(f, func(w io.Writer) error {
		to := *a
		to.out = w
		return to.result(r, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, r.Ciphertext)
			return err
		})
	})
}

func newDecryptCmd(a *app) *cobra.Command {
	var f crypt
	cmd := &cobra.Command{
		Use:   "decrypt [-i IN] [-o OUT]",
		Short: "Decrypt what encrypt wrote",
		Long: `Decrypt a file that "quorate encrypt" wrote, or a line qk:…; which of them is seen from its beginning. A
file names its key itself, a line needs --key.

An output file appears under its name only after the input was proved whole and unchanged, and can be read by you
alone. So does the folder that --into unpacks to, which must not exist; what is in it gets the permissions that it had. On standard output the data is written as it is decrypted: believe it only when the exit code is 0.`,
		Example: `  quorate decrypt -i report.pdf.qrt -o report.pdf
  quorate decrypt -i folder.tar.qrt --into folder
  quorate decrypt --each -i photos.encrypted -o photos
  quorate decrypt < folder.tar.qrt | tar t
  echo qk:v1:… | quorate decrypt --key app1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if f.each {
				return a.decryptEach(cmd.Context(), c, f)
			}
			return a.decrypt(cmd.Context(), c, f)
		},
	}
	cmd.Flags().StringVarP(&f.key, "key", "k", "", "name or id of the `key`; needed for a line qk:…")
	cmd.Flags().StringVar(&f.into, "into", "", "unpack an encrypted folder to this new `folder`")
	f.register(cmd)
	cmd.MarkFlagsMutuallyExclusive("into", "out")
	cmd.MarkFlagsMutuallyExclusive("into", "each")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

func (a *app) decrypt(ctx context.Context, c *client.Client, f crypt) error {
	in, err := a.openIn(ctx, f.in)
	if err != nil {
		return err
	}
	defer in.close()
	r := bufio.NewReaderSize(in, 64<<10)
	if first, _ := r.Peek(3); f.into == "" && bytes.Equal(first, []byte("qk:")) { // a failed read shows again below
		return a.decryptText(ctx, c, f, r)
	}
	decrypt := func(w io.Writer) error {
		bar := a.newProgress("decrypting", in.size)
		_, err := c.DecryptStream(ctx, w, r, client.StreamOptions{Context: []byte(f.context), AAD: []byte(f.aad), Progress: bar.add, Header: func(h client.Header) error {
			return a.sameKey(ctx, c, f.key, h)
		}})
		bar.end(err == nil)
		return err
	}
	if f.into != "" {
		return unpackInto(f.into, decrypt)
	}
	return a.deliver(f, decrypt)
}

// sameKey refuses a file of another key than the one that the user named.
func (a *app) sameKey(ctx context.Context, c *client.Client, key string, h client.Header) error {
	if key == "" || key == h.KeyID {
		return nil
	}
	r, err := c.Key(ctx, key)
	if err != nil {
		return err
	}
	if r.ID != h.KeyID {
		return fault.New(fault.Invalid, "the file is encrypted under the key %s, not under %q", h.KeyID, key).WithHint("Leave --key away: the file names its key.")
	}
	return nil
}

func (a *app) decryptText(ctx context.Context, c *client.Client, f crypt, r io.Reader) error {
	if f.key == "" {
		return fault.New(fault.Invalid, "a line qk:… does not say which key it is of").WithHint("Add --key with the key's name.")
	}
	b, err := io.ReadAll(io.LimitReader(r, 2*maxText+1))
	if err != nil {
		return wrongInput(err, "the input cannot be read")
	}
	if len(b) > 2*maxText {
		return fault.New(fault.TooLarge, "the line is larger than %d bytes", 2*maxText)
	}
	d, err := c.Decrypt(ctx, f.key, api.DecryptRequest{Ciphertext: string(bytes.TrimSpace(b)), Context: []byte(f.context), AAD: []byte(f.aad)})
	if err != nil {
		return err
	}
	defer clear(d.Plaintext)
	return a.deliver(f, func(w io.Writer) error {
		to := *a
		to.out = w
		return to.result(d, func(w io.Writer) error {
			_, err := w.Write(d.Plaintext)
			return err
		})
	})
}

func newDataKeyCmd(a *app) *cobra.Command {
	var in api.DataKeyRequest
	var binding, aad string
	var tags []string
	cmd := &cobra.Command{
		Use:   "datakey KEY",
		Short: "Make a data key, wrapped by a key of the cluster",
		Long: `Make a fresh data key for use outside the cluster. The wrapped form can be stored beside the data, and is
opened by "quorate decrypt --key KEY". The plain form is shown only with --plaintext.

With --store the cluster keeps the data key instead, wrapped under KEY: remember its id, and any node hands it out again
with "quorate key material ID". When KEY is rotated, the data key stays the same and is wrapped anew by itself.`,
		Example: `  quorate datakey backups --bits 256 --plaintext --format json
  quorate datakey --key backups --context tenant=42
  quorate datakey backups --store --tag tenant=42`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			in.Context, in.AAD = []byte(binding), []byte(aad)
			if in.Tags, err = parseTags(tags); err != nil {
				return err
			}
			if in.Store {
				return a.storeDataKey(cmd.Context(), c, args[0], in)
			}
			r, err := c.DataKey(cmd.Context(), args[0], in)
			if err != nil {
				return err
			}
			defer clear(r.Plaintext)
			return a.result(r, func(w io.Writer) error {
				fields := []field{{"Ciphertext", r.Ciphertext}, {"Version", fmt.Sprint(r.Version)}}
				if in.Plaintext {
					fields = append(fields, field{"Plaintext", base64.StdEncoding.EncodeToString(r.Plaintext)})
				}
				return describe(w, fields)
			})
		},
	}
	a.keyArgument(cmd)
	cmd.Flags().IntVar(&in.Bits, "bits", 256, "size of the data key: 128, 192, 256, 384 or 512")
	cmd.Flags().BoolVar(&in.Plaintext, "plaintext", false, "show the data key itself too (base64)")
	cmd.Flags().StringVar(&binding, "context", "", "`text` bound to it: the same is needed to decrypt")
	cmd.Flags().StringVar(&aad, "aad", "", "`text` bound to it, as Go's envelope.Box does: the same is needed to decrypt")
	cmd.Flags().BoolVar(&in.Store, "store", false, "keep it in the cluster and hand it out by its id")
	cmd.Flags().StringVar(&in.Name, "name", "", "`name` of a stored data key (default: KEY's name, a slash and the id)")
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "`name=value` of a stored data key; repeatable")
	return cmd
}

func newRandomCmd(a *app) *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "random BYTES",
		Short: "Get random bytes of the cluster's",
		Long: `Get random bytes from the cluster's generator, in base64 unless --encoding says otherwise. Raw bytes are
not written to a terminal.`,
		Example: `  quorate random 32
  quorate random 32 --encoding hex
  quorate random 4096 --encoding raw > seed`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var n int
			if _, err := fmt.Sscanf(args[0]+"\n", "%d\n", &n); err != nil || n <= 0 {
				return fault.New(fault.Invalid, "%q is not a number of bytes", args[0]).WithHint("For example: quorate random 32")
			}
			if form != "base64" && form != "hex" && form != "raw" {
				return fault.New(fault.Invalid, "--encoding is %q, but it can be base64, hex or raw only", form)
			}
			if form == "raw" && isTerminal(a.out) && a.format != "json" {
				return fault.New(fault.Invalid, "raw bytes would go to the terminal").WithHint("Send them to a file, or leave --encoding raw away.")
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			b, err := c.Random(cmd.Context(), n)
			if err != nil {
				return err
			}
			defer clear(b)
			return a.result(api.RandomResponse{Random: b}, func(w io.Writer) error { return writeBytes(w, b, form) })
		},
	}
	cmd.Flags().StringVar(&form, "encoding", "base64", "`form` of the output: base64, hex or raw")
	return cmd
}

// writeBytes writes b in base64 or hex with a line's end, or raw.
func writeBytes(w io.Writer, b []byte, form string) error {
	var err error
	switch form {
	case "raw":
		_, err = w.Write(b)
	case "hex":
		_, err = fmt.Fprintf(w, "%x\n", b)
	default:
		_, err = fmt.Fprintln(w, base64.StdEncoding.EncodeToString(b))
	}
	return err
}
