package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/archive"
)

func newSnapshotCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Save, check and bring back snapshots of everything",
		Long: `A snapshot is one file with everything that the cluster keeps: keys, versions, tokens, policies. It is encrypted; the
custodians' shares open it on a machine that has never seen the cluster, and nothing else does.`,
		Example: `  quorate operator snapshot save vault.qsnap
  quorate operator snapshot verify vault.qsnap --deep --share-file share-1.txt --share-file share-2.txt --share-file share-3.txt`,
	}
	cmd.AddCommand(newSnapshotSaveCmd(a), newSnapshotInspectCmd(a), newSnapshotVerifyCmd(a), newSnapshotDiffCmd(a), newSnapshotRestoreCmd(a), newSnapshotScheduleCmd(a))
	return cmd
}

func newSnapshotSaveCmd(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "save FILE",
		Short: "Take a snapshot into a file",
		Long: `Have a node send a snapshot, and write it to a file, which gets its name when it is whole and on disk. The file holds its own
key, wrapped by the keyring: with enough shares it brings back all that was there, what is destroyed later too, for as long as it exists.
Delete it when its time is over; scheduled snapshots expire by themselves.`,
		Example: "  quorate operator snapshot save vault.qsnap",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			out, err := createOut(args[0], 0o600, force)
			if err != nil {
				return err
			}
			defer out.Close()
			p := a.newProgress("saving", -1)
			h, sum, err := whole(func(w io.Writer) error { return c.SaveSnapshot(cmd.Context(), io.MultiWriter(w, out, counting{p})) })
			p.end(err == nil)
			if err != nil {
				return err
			}
			if err := out.commit(); err != nil {
				return err
			}
			a.say("Saved to %s.", args[0])
			return a.result(saved(h, sum), func(w io.Writer) error { return writeHeader(w, saved(h, sum)) })
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// counting moves a progress bar.
type counting struct{ p *progress }

func (c counting) Write(b []byte) (int, error) { c.p.add(int64(len(b))); return len(b), nil }

// whole checks, while it is written, that a snapshot is whole.
func whole(write func(io.Writer) error) (h archive.Header, sum [32]byte, err error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		f, err := archive.Open(r)
		if err == nil {
			h = f.Header
			sum, err = f.Check()
		}
		r.CloseWithError(err)
		done <- err
	}()
	err = write(w)
	w.CloseWithError(err)
	checked := <-done
	if err != nil && !errors.Is(err, checked) { // the reason, not that the pipe broke
		return h, sum, err
	}
	return h, sum, checked
}

// snapshotFile is what can be said of a file without opening it.
type snapshotFile struct {
	api.SnapshotHeader
	Digest    string `json:"digest,omitempty"`
	Shares    int    `json:"shares"`
	Threshold int    `json:"threshold"`
	SealEpoch uint16 `json:"seal_epoch"`
}

func saved(h archive.Header, sum [32]byte) snapshotFile {
	f := snapshotFile{SnapshotHeader: api.SnapshotHeader{
		ClusterID: hex.EncodeToString(h.Cluster[:]), Index: h.Index, Term: h.Term, Epoch: h.Epoch, CreatedAt: time.UnixMilli(h.Created).UTC().Format(time.RFC3339),
		Node: h.Node, Version: h.Software, Keys: h.Counts.Keys, Versions: h.Counts.Versions, Destroyed: h.Counts.Destroyed, Tokens: h.Counts.Tokens,
		Policies: h.Counts.Policies, Content: hex.EncodeToString(h.Content[:]), Lineage: hex.EncodeToString(h.Lineage[:]),
	}}
	if sum != ([32]byte{}) {
		f.Digest = hex.EncodeToString(sum[:])
	}
	if cfg, err := seal.DecodeConfig(h.Seal); err == nil {
		f.Shares, f.Threshold = cfg.Shares()
		f.SealEpoch = cfg.Epoch
	}
	return f
}

func writeHeader(w io.Writer, f snapshotFile) error {
	key := "in the file: it brings back what it holds for as long as it exists"
	if f.Epoch != 0 {
		key = fmt.Sprintf("epoch %d, in the companion %s; it expires with it", f.Epoch, archive.EpochsName)
	}
	return describe(w, []field{
		{"Cluster", f.ClusterID},
		{"Taken", f.CreatedAt},
		{"By", f.Node + " (" + f.Version + ")"},
		{"Index", fmt.Sprint(f.Index)},
		{"Keys", fmt.Sprintf("%d, with %d versions, of which %d are destroyed", f.Keys, f.Versions, f.Destroyed)},
		{"Tokens", fmt.Sprint(f.Tokens)},
		{"Policies", fmt.Sprint(f.Policies)},
		{"Opens with", fmt.Sprintf("%d of %d shares of epoch %d", f.Threshold, f.Shares, f.SealEpoch)},
		{"Snapshot key", key},
		{"SHA-256", f.Digest},
	})
}

func newSnapshotInspectCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a snapshot says of itself",
		Long: `Show the header of a snapshot: of which cluster it is, of when, how much is in it, and how many shares open it. No share and no
cluster is needed. Nothing of it is proved by that; verify does.`,
		Example: "  quorate operator snapshot inspect vault.qsnap",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := openSnapshot(args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			f, err := archive.Open(r)
			if err != nil {
				return err
			}
			h := saved(f.Header, [32]byte{})
			return a.result(h, func(w io.Writer) error { return writeHeader(w, h) })
		},
	}
}

func openSnapshot(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, wrongInput(err, "the snapshot %s cannot be read", path)
	}
	return f, nil
}

// unlocking are the flags by which shares open a snapshot.
type unlocking struct {
	shares []string
	files  []string
	epochs string
}

func (u *unlocking) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&u.shares, "share", nil, "key `share`; repeatable; visible in the process list, prefer --share-file")
	fl.StringArrayVar(&u.files, "share-file", nil, "`file` with shares, one a line; repeatable; - for standard input")
	fl.StringVar(&u.epochs, "epochs", "", "`file` with the keys of scheduled snapshots (default "+archive.EpochsName+" beside the snapshot)")
}

func (u *unlocking) given() bool { return len(u.shares)+len(u.files) > 0 }

// companion is the file with the keys of scheduled snapshots; nil if there is none beside this one.
func (u *unlocking) companion(snapshot string) (*archive.Epochs, error) {
	path := u.epochs
	if path == "" {
		path = filepath.Join(filepath.Dir(snapshot), archive.EpochsName)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && u.epochs == "" {
		return nil, nil
	}
	if err != nil {
		return nil, wrongInput(err, "%s cannot be read", path)
	}
	defer f.Close()
	return archive.ReadEpochs(f)
}

// lines gathers as many shares as a snapshot takes: those given, else from prompts.
func (u *unlocking) lines(ctx context.Context, a *app, need int) ([][]byte, error) {
	s, err := a.openShares(u.shares, u.files)
	if err != nil {
		return nil, err
	}
	if !s.prompt {
		return s.lines, nil
	}
	var all [][]byte
	for len(all) < need {
		line, ok, err := s.take(ctx, len(all), need)
		if err != nil || !ok {
			return all, err
		}
		all = append(all, line)
	}
	return all, nil
}

// open opens a snapshot here, with shares. The caller closes it.
func (u *unlocking) open(ctx context.Context, a *app, path string) (*vault.SnapshotCopy, error) {
	epochs, err := u.companion(path)
	if err != nil {
		return nil, err
	}
	need, err := threshold(path, epochs)
	if err != nil {
		return nil, err
	}
	lines, err := u.lines(ctx, a, need)
	if err != nil {
		return nil, err
	}
	defer wipeLines(lines)
	r, err := openSnapshot(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return vault.OpenSnapshot(r, lines, epochs)
}

// threshold is how many shares to ask for.
func threshold(path string, epochs *archive.Epochs) (int, error) {
	r, err := openSnapshot(path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	f, err := archive.Open(r)
	if err != nil {
		return 0, err
	}
	doc := f.Header.Seal
	if epochs != nil {
		doc = epochs.Seal
	}
	cfg, err := seal.DecodeConfig(doc)
	if err != nil {
		return 0, err
	}
	_, need := cfg.Shares()
	return need, nil
}

func wipeLines(lines [][]byte) {
	for _, l := range lines {
		clear(l)
	}
}

func newSnapshotVerifyCmd(a *app) *cobra.Command {
	var u unlocking
	var live, deep bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that a snapshot is whole, authentic, and opens",
		Long: `Check a snapshot. Without keys the digest is checked, which finds damage. With shares, here and without any cluster, or with
--live by the cluster that it is of, also who wrote it, and every record, token and policy in it. --deep opens every key version.`,
		Example: `  quorate operator snapshot verify vault.qsnap
  quorate operator snapshot verify vault.qsnap --live --deep
  quorate operator snapshot verify vault.qsnap --deep --share-file share-1.txt --share-file share-2.txt --share-file share-3.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case live:
				return a.verifyLive(cmd, args[0], deep)
			case u.given() || deep:
				return a.verifyHere(cmd.Context(), args[0], &u, deep)
			}
			r, err := openSnapshot(args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			h, sum, err := whole(func(w io.Writer) error { _, err := io.Copy(w, r); return err })
			if err != nil {
				return err
			}
			a.say("The file is whole. That it is authentic and opens is proved with shares, or with --live.")
			return a.result(saved(h, sum), func(w io.Writer) error { return writeHeader(w, saved(h, sum)) })
		},
	}
	u.register(cmd)
	cmd.Flags().BoolVar(&live, "live", false, "have the running cluster check it, with its keyring")
	cmd.Flags().BoolVar(&deep, "deep", false, "open every key version")
	cmd.MarkFlagsMutuallyExclusive("live", "share")
	cmd.MarkFlagsMutuallyExclusive("live", "share-file")
	return cmd
}

func (a *app) verifyLive(cmd *cobra.Command, path string, deep bool) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := openSnapshot(path)
	if err != nil {
		return err
	}
	defer r.Close()
	v, err := c.VerifySnapshot(cmd.Context(), r, deep)
	if err != nil {
		return err
	}
	return a.result(v, func(w io.Writer) error { return writeVerified(w, v) })
}

func (a *app) verifyHere(ctx context.Context, path string, u *unlocking, deep bool) error {
	c, err := u.open(ctx, a, path)
	if err != nil {
		return err
	}
	defer c.Close()
	p := a.newCount("opening", int64(c.Header.Counts.Versions))
	found, err := c.Verify(deep, func(done, _ uint64) { p.set(int64(done)) })
	p.end(err == nil)
	if err != nil {
		return err
	}
	v := &api.SnapshotVerified{
		Header: saved(c.Header, c.Sum).SnapshotHeader, Deep: deep, Keys: found.Keys, Opened: found.Versions, Destroyed: found.Gone, Tokens: found.Tokens, Policies: found.Policies,
	}
	return a.result(v, func(w io.Writer) error { return writeVerified(w, v) })
}

func writeVerified(w io.Writer, v *api.SnapshotVerified) error {
	opened := fmt.Sprintf("%d counted; --deep opens them", v.Opened)
	if v.Deep {
		opened = fmt.Sprintf("%d opened, every one there is", v.Opened)
	}
	return describe(w, []field{
		{"Cluster", v.Header.ClusterID},
		{"Taken", v.Header.CreatedAt},
		{"Index", fmt.Sprint(v.Header.Index)},
		{"Keys", fmt.Sprintf("%d authentic", v.Keys)},
		{"Versions", opened},
		{"Destroyed", fmt.Sprintf("%d, which nobody opens again", v.Destroyed)},
		{"Tokens", fmt.Sprintf("%d authentic", v.Tokens)},
		{"Policies", fmt.Sprintf("%d authentic", v.Policies)},
	})
}
