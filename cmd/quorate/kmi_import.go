package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/vault/fault"
)

func newKMIImportCmd(a *app) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Move the keys of a keas.kmi server into the cluster",
		Long: `Move the data keys in the storage directory of a keas.kmi server (files <md5>.dek) into the cluster. The key-encrypting keys
that clients have go on working, at the keas.kmi door of any node. Nobody can open a data key on the way: each is encrypted
to its key-encrypting key, and the cluster wraps it once more.

Each key is asked about again when it was imported: the cluster compares what it keeps with the file. What is there already is
compared only, so it can be run as often as you like. With --dry-run nothing is written. The directory stays as it is.`,
		Example: `  quorate kmi import --dry-run keys
  quorate kmi import keys --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.importKMI(cmd.Context(), c, args[0], dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return cmd
}

func (a *app) importKMI(ctx context.Context, c *client.Client, folder string, dry bool) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return wrongInput(err, "the directory cannot be opened")
	}
	defer root.Close()
	entries, err := os.ReadDir(folder)
	if err != nil {
		return wrongInput(err, "the directory cannot be read")
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !strings.HasSuffix(e.Name(), legacy.DEKSuffix) })
	if len(entries) == 0 {
		return fault.New(fault.Invalid, "there are no files *%s in %s", legacy.DEKSuffix, folder).WithHint("Name the storage directory of the keas.kmi server (storage-dir in its server.ini).")
	}
	var report struct {
		Keys     []outcome `json:"keys"`
		Imported int       `json:"imported"`
		Before   int       `json:"there_before"`
		Failed   int       `json:"failed"`
	}
	bar := a.newCount("importing", int64(len(entries)))
	for _, e := range entries {
		o := outcome{Name: strings.TrimSuffix(e.Name(), legacy.DEKSuffix)}
		if o.Result, err = importDEK(ctx, c, root, o.Name, dry); err != nil && !aboutOne(err) {
			break
		}
		switch {
		case err != nil:
			o.Result, o.Error = "failed", fault.Of(err).Message
			report.Failed++
		case o.Result == thereBefore:
			report.Before++
		default:
			report.Imported++
		}
		report.Keys, err = append(report.Keys, o), nil
		bar.add(1)
	}
	bar.end(err == nil)
	shown := a.result(report, func(w io.Writer) error { return table(w, []string{"KEY", "RESULT", "WHY"}, outcomes(report.Keys)) })
	if err == nil {
		err = shown
	}
	if err == nil && report.Failed > 0 {
		err = fault.New(fault.Invalid, "%d of %d keys were not imported", report.Failed, len(entries)).WithHint("Mend what is said of each, and run it again; what is done is only compared.")
	}
	return err
}

// aboutOne tells whether an error says something of one key, and the others may go on.
func aboutOne(err error) bool {
	return errors.Is(err, fault.Invalid) || errors.Is(err, fault.Exists) || errors.Is(err, fault.BadState) || errors.Is(err, fault.TooLarge)
}

const thereBefore = "there before, the same"

// importDEK imports one key and has the cluster compare it.
func importDEK(ctx context.Context, c *client.Client, root *os.Root, name string, dry bool) (string, error) {
	content, err := legacy.ReadDEK(root.FS(), name)
	if err != nil {
		return "", err
	}
	in := api.ImportKMIRequest{Name: name, Encrypted: content}
	_, err = c.Key(ctx, "keas/"+name) // the name is hexadecimal
	there := err == nil
	if err != nil && !errors.Is(err, fault.NotFound) {
		return "", err
	}
	if dry && !there {
		return "would be imported", nil
	}
	for range 2 { // the second time it is compared
		if _, err := c.ImportKMI(ctx, in); err != nil {
			return "", err
		}
		if there {
			return thereBefore, nil
		}
	}
	return "imported, compared", nil
}
