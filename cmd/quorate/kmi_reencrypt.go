package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/keas/legacy"
)

func newKMIReencryptCmd(a *app, f *kmi) *cobra.Command {
	var in, form, key string
	cmd := &cobra.Command{
		Use:   "reencrypt KEK -i IN -o OUT [--key KEY]",
		Short: "Take what keas.kmi's clients encrypted to a form that detects every change",
		Long: `Decrypt what keas.kmi's clients encrypted and encrypt it anew: under the same data key, so that the key-encrypting key
opens it as before ("quorate kmi decrypt"), or with --key under a key of the cluster ("quorate decrypt"). The plaintext
touches no disk. A folder is done file by file into another folder; a file whose result is there already, with the same time, is
left out: so an interrupted run goes on where it was. A result appears under its name when it is complete. The originals stay.

Give a folder only what is of one key-encrypting key: the old forms do not always show that another one is needed. Look at
some results before you remove the originals.`,
		Example: `  quorate kmi reencrypt kek.pem -i old.enc -o new.enc
  quorate kmi reencrypt kek.pem -i attachments -o attachments.new --key billing`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			how, err := legacy.ParseForm(form)
			if err != nil {
				return err
			}
			r := &reencryption{form: how, key: key}
			if key != "" {
				if r.c, err = a.connect(cmd); err != nil {
					return err
				}
				defer r.c.Close()
			}
			return a.withDEK(cmd, f, args[0], func(dek []byte) error {
				r.dek = dek
				if info, err := os.Stat(in); err == nil && info.IsDir() {
					return a.reencryptFolder(cmd.Context(), r, in, f.out)
				}
				return a.reencryptFile(cmd.Context(), r, in, f.out, f.force)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().StringVarP(&in, "in", "i", "", "input `file`, or a folder (default: standard input)")
	cmd.Flags().StringVarP(&key, "key", "k", "", "name or id of the `key` of the cluster to encrypt under")
	registerForm(cmd, &form)
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

func (a *app) reencryptFile(ctx context.Context, r *reencryption, in, out string, force bool) error {
	src, err := a.openIn(ctx, in)
	if err != nil {
		return err
	}
	defer src.close()
	return a.deliver(crypt{out: out, force: force}, func(w io.Writer) error {
		bar := a.newProgress("encrypting anew", src.size)
		err := r.into(ctx, w, src, bar.add)
		bar.end(err == nil)
		return err
	})
}

// reencryptFolder does the files of a folder one by one.
func (a *app) reencryptFolder(ctx context.Context, r *reencryption, in, out string) error {
	e := &each{in: in, out: out, label: "encrypting anew", rename: func(name string) (string, bool) { return name, true }, work: r.into}
	return e.run(ctx, a)
}
