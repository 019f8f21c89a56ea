package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/vault/fault"
)

func newKMIEncryptCmd(a *app, f *kmi) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use:   "encrypt KEK [-i IN] [-o OUT]",
		Short: "Encrypt under the data key that a key-encrypting key opens",
		Long: `Encrypt any amount of data under the data key that belongs to the key-encrypting key (a PEM file). Every change of the
result is detected (AES-256-GCM, in segments). keas.kmi's own clients cannot read it: their form cannot tell whether data was
changed, and is not written here. "quorate kmi decrypt", or "decrypt" of the door's XML-RPC, opens it.`,
		Example: "  quorate kmi encrypt kek.pem -i in -o out",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			src, err := a.openIn(ctx, in)
			if err != nil {
				return err
			}
			defer src.close()
			return a.withDEK(cmd, f, args[0], func(dek []byte) error {
				return a.deliver(crypt{out: f.out, force: f.force}, func(w io.Writer) error {
					bar := a.newProgress("encrypting", src.size)
					err := sealed.EncryptHeld(ctx, w, src, dek, 0, bar.add)
					bar.end(err == nil)
					return err
				})
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&in, "in", "i", "", "input `file` (default: standard input)")
	return cmd
}

func newKMIDecryptCmd(a *app, f *kmi) *cobra.Command {
	var in, form string
	cmd := &cobra.Command{
		Use:   "decrypt KEK [-i IN] [-o OUT]",
		Short: "Decrypt what was encrypted under such a data key, also by keas.kmi's own clients",
		Long: `Decrypt what "quorate kmi encrypt" wrote, or what keas.kmi's own clients wrote: values (AES-256-CBC with a fixed vector)
and files (their length in front). Which of them it is is seen from a file's beginning and length; for a pipe say it with
--form. The old forms cannot tell whether data was changed: believe their content as far as you trust where it lay.`,
		Example: `  quorate kmi decrypt kek.pem -i in -o out
  quorate kmi decrypt kek.pem --form data < value.enc`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			how, err := legacy.ParseForm(form)
			if err != nil {
				return err
			}
			src, err := a.openIn(ctx, in)
			if err != nil {
				return err
			}
			defer src.close()
			return a.withDEK(cmd, f, args[0], func(dek []byte) error {
				return a.deliver(crypt{out: f.out, force: f.force}, func(w io.Writer) error {
					bar := a.newProgress("decrypting", src.size)
					err := openHeld(ctx, w, src, dek, how, bar.add)
					bar.end(err == nil)
					return err
				})
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&in, "in", "i", "", "input `file` (default: standard input)")
	registerForm(cmd, &form)
	return cmd
}

func registerForm(cmd *cobra.Command, form *string) {
	cmd.Flags().StringVar(form, "form", "auto", "`form` of what keas.kmi's clients wrote: data, file, or auto by its length")
	_ = cmd.RegisterFlagCompletionFunc("form", cobra.FixedCompletions([]string{"auto", "data", "file"}, cobra.ShellCompDirectiveNoFileComp))
}

// openHeld decrypts any form of what was encrypted under a data key of the keas.kmi door.
func openHeld(ctx context.Context, w io.Writer, in *input, dek []byte, form legacy.Form, progress func(int64)) error {
	r := bufio.NewReaderSize(in, 64<<10)
	head, err := r.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return wrongInput(err, "the input cannot be read")
	}
	if sealed.BeginsHeld(head) && form == legacy.Auto {
		return sealed.DecryptHeld(ctx, w, r, dek, progress)
	}
	if form == legacy.Auto && bytes.HasPrefix(head, []byte(sealed.Magic)) { // the old form proves nothing: it would open to noise
		return fault.New(fault.Invalid, "the input is encrypted under a key of the cluster, not under one of the keas.kmi door").WithHint("Open it with `quorate decrypt`.")
	}
	if form == legacy.Auto {
		if in.size < 0 {
			return fault.New(fault.Invalid, "from a pipe it cannot be seen in which of keas.kmi's forms the data is").WithHint("Say it with --form data or --form file, or give a file with -i.")
		}
		form = legacy.Detect(head, in.size)
	}
	return legacy.Decrypt(w, &heard{r: &cancellable{ctx, r}, add: progress}, dek, form)
}

// heard tells how much was read.
type heard struct {
	r   io.Reader
	add func(int64)
}

func (c *heard) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.add(int64(n))
	return n, err
}

// reencryption is where old data goes.
type reencryption struct {
	dek  []byte
	form legacy.Form
	key  string // of the cluster; "": under the same data key
	c    *client.Client
}

// into decrypts src and encrypts it anew; the plaintext touches no disk.
func (r *reencryption) into(ctx context.Context, w io.Writer, src *input, progress func(int64)) error {
	plain, end := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := openHeld(ctx, end, src, r.dek, r.form, progress)
		end.CloseWithError(err)
		done <- err
	}()
	var err error
	if r.key == "" {
		err = sealed.EncryptHeld(ctx, w, plain, r.dek, 0, nil)
	} else {
		_, err = r.c.EncryptStream(ctx, w, plain, r.key, client.StreamOptions{})
	}
	plain.CloseWithError(err) // ends the decrypting, if it is still under way
	if opened := <-done; opened != nil && (err == nil || errors.Is(err, opened)) {
		return opened
	}
	return err
}
