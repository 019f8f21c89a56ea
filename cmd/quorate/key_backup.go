package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

func newKeyBackupCmd(a *app) *cobra.Command {
	var f useFlags
	var in api.BackupKeyRequest
	cmd := &cobra.Command{
		Use:   "backup KEY --wrapping-key KEY2",
		Short: "Seal an exportable key with all its versions, to restore it elsewhere",
		Long: `Seal a key with all its versions, states and dates under another key, in one line qb1:…. Any cluster that has the wrapping
key restores it: import the same material in both to share one. Versions that are compromised, or below min_decrypt_version, are left
out and named: where the backup is restored they are destroyed. Only keys that are exportable can be backed up like this;
"quorate operator snapshot" backs up the whole vault.`,
		Example: `  quorate key backup billing --wrapping-key shared/backup -o billing.qb
  quorate key backup billing --wrapping-key shared/backup | ssh other quorate key restore --wrapping-key shared/backup`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			b, err := c.BackupKey(cmd.Context(), args[0], in)
			if err != nil {
				return err
			}
			if a.format != "json" {
				a.say("%s with %d versions, sealed under %s version %d", nonEmpty(b.Name, b.ID), b.Versions, b.WrappingKey, b.WrappingVersion)
			}
			if len(b.LeftOut) > 0 {
				a.say("left out, as they may not be taken out: versions %s", strings.Trim(fmt.Sprint(b.LeftOut), "[]"))
			}
			return a.deliverResult(&f, b, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, b.Backup)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&in.WrappingKey, "wrapping-key", "", "`key` that seals it: aes or chacha20-poly1305")
	_ = cmd.MarkFlagRequired("wrapping-key")
	_ = cmd.RegisterFlagCompletionFunc("wrapping-key", a.completeKeyFlag)
	f.outFlags(cmd, "")
	return cmd
}

func newKeyRestoreCmd(a *app) *cobra.Command {
	var in api.RestoreKeyRequest
	cmd := &cobra.Command{
		Use:   "restore [FILE] --wrapping-key KEY",
		Short: "Bring back a key from a backup, here or in another cluster",
		Long: `Bring back a key that "quorate key backup" sealed, from a file or standard input. It keeps its id, its name unless --name gives
another, its versions, states and dates: what it encrypted decrypts again. It becomes yours. A key that is here already is not
replaced.`,
		Example: `  quorate key restore billing.qb --wrapping-key shared/backup
  quorate key restore billing.qb --wrapping-key shared/backup --name billing-old`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			b, err := a.readInput(cmd.Context(), path)
			if err != nil {
				return err
			}
			in.Backup = strings.TrimSpace(string(b))
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.RestoreKey(cmd.Context(), in) })
		},
	}
	cmd.Flags().StringVar(&in.WrappingKey, "wrapping-key", "", "`key` that sealed it, as it is called here")
	cmd.Flags().StringVar(&in.Name, "name", "", "other `name` for the key")
	_ = cmd.MarkFlagRequired("wrapping-key")
	_ = cmd.RegisterFlagCompletionFunc("wrapping-key", a.completeKeyFlag)
	return cmd
}
