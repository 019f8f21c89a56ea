package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newSnapshotDiffCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "diff FILE",
		Short: "Show what restoring a snapshot would do to the running cluster",
		Long: `Compare the keys of a snapshot with those of the running cluster: which come back, which are lost, which were destroyed or
suspended since and stay so unless --revive-destroyed is given. Nothing is changed.`,
		Example: "  quorate operator snapshot diff vault.qsnap",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := openSnapshot(args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			d, err := c.DiffSnapshot(cmd.Context(), r)
			if err != nil {
				return err
			}
			return a.result(d, func(w io.Writer) error { return writeDiff(w, d) })
		},
	}
}

func writeDiff(w io.Writer, d *api.SnapshotDiff) error {
	list := func(n api.SnapshotNames) string {
		if n.Count == 0 {
			return "none"
		}
		more := ""
		if n.Count > uint64(len(n.Names)) {
			more = ", …"
		}
		return fmt.Sprintf("%d (%s%s)", n.Count, strings.Join(n.Names, ", "), more)
	}
	past := "an earlier state of this cluster"
	if !d.OwnPast {
		past = "another branch of this cluster's history: a restore lies between"
	}
	return describe(w, []field{
		{"Snapshot", fmt.Sprintf("of %s, index %d: %s", d.Header.CreatedAt, d.Header.Index, past)},
		{"Brings back destroyed keys", fmt.Sprintf("%s, %d versions; they stay destroyed without --revive-destroyed", list(d.Revived), d.RevivedVersions)},
		{"Undoes states of keys", list(d.Relaxed) + "; they stay without --revive-destroyed"},
		{"Loses keys", list(d.Lost)},
		{"Loses versions", fmt.Sprint(d.LostVersions)},
		{"Brings back keys", list(d.Returned)},
		{"Changes keys", list(d.Changed)},
		{"Same keys", fmt.Sprint(d.Same)},
	})
}

func newSnapshotRestoreCmd(a *app) *cobra.Command {
	var u unlocking
	var in api.RestoreRequest
	var fingerprint string
	cmd := &cobra.Command{
		Use:   "restore FILE|URL",
		Short: "Bring a snapshot back, into an empty node or the running cluster",
		Long: `Bring a snapshot back. Everything in it is verified, and every key version opened, before anything is touched.

Into an empty node, one that was never part of a cluster: enough shares open the snapshot (--share-file, --share, or prompts), and the node
becomes the first member of the cluster that the snapshot is of. Cluster id, keys, ciphertexts, shares and tokens go on; the CA is
a new one and is printed, for nodes of the old cluster must not mix with the new. Other nodes join it afterwards.

Into the running cluster, with --yes-replace-state: every member adopts the snapshot's keys at the same moment. Tokens, policies and
shares stay as they are. What was destroyed, suspended, deactivated or compromised since stays so unless --revive-destroyed is
given. Look first: quorate operator snapshot diff FILE.

An empty node does not know what was destroyed after the snapshot. So a scheduled snapshot that has a newer one beside it is refused
there without --revive-destroyed: restore the newer one first, and the older into the running cluster.

With a URL (file:///var/backups/quorate, s3://bucket?region=…) the newest snapshot there is fetched first, with its companion.`,
		Example: `  quorate operator snapshot restore vault.qsnap --share-file share-1.txt --share-file share-3.txt --share-file share-5.txt
  quorate operator snapshot restore 's3://vault-backups?region=eu-central-1' --share-file share-1.txt --share-file share-3.txt --share-file share-5.txt
  quorate operator snapshot restore vault.qsnap --yes-replace-state`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd, args[0], &u, in, fingerprint) },
	}
	u.register(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&in.YesReplaceState, "yes-replace-state", false, "replace the keys of the running cluster")
	fl.BoolVar(&in.ReviveDestroyed, "revive-destroyed", false, "bring back what was destroyed or taken out of use since")
	fl.StringVar(&fingerprint, "fingerprint", "", "SHA-256 `fingerprint` of the empty node's certificate")
	cmd.MarkFlagsMutuallyExclusive("yes-replace-state", "share")
	cmd.MarkFlagsMutuallyExclusive("yes-replace-state", "share-file")
	return cmd
}

func (a *app) restore(cmd *cobra.Command, at string, u *unlocking, in api.RestoreRequest, fingerprint string) error {
	path, fetched, err := a.atHand(cmd.Context(), at)
	if err != nil {
		return err
	}
	defer fetched()
	if newer := newerBeside(path); newer != "" && !in.YesReplaceState && !in.ReviveDestroyed {
		return fault.New(fault.BadState, "a newer snapshot of this cluster lies beside it, %s: what was destroyed or revoked between the two would be valid again", newer).
			WithHint("Restore the newer one, and this one into the running cluster then (--yes-replace-state): what was destroyed since stays destroyed. Is the newer one damaged, or is that what you want: --revive-destroyed.")
	}
	epochs, err := u.companion(path)
	if err != nil {
		return err
	}
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return err
	}
	more := false
	if !in.YesReplaceState {
		if cfg, more, err = a.blankConfig(cmd, fingerprint); err != nil {
			return err
		}
	}
	c, err := client.New(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := mayRestore(cmd, c, in); err != nil { // before shares are asked for
		return err
	}
	if more {
		a.say("The snapshot is restored at %s, which is empty; the others join it.", cfg.Endpoints[0])
	}
	var companion []byte
	if !in.YesReplaceState {
		need, err := threshold(path, epochs)
		if err != nil {
			return err
		}
		lines, err := u.lines(cmd.Context(), a, need)
		if err != nil {
			return err
		}
		defer wipeLines(lines)
		for _, l := range lines {
			in.Shares = append(in.Shares, string(l))
		}
		if epochs != nil {
			if companion, err = epochs.Encode(); err != nil {
				return err
			}
		}
	}
	r, err := openSnapshot(path)
	if err != nil {
		return err
	}
	defer r.Close()
	p := a.newProgress("restoring", -1)
	done, err := c.RestoreSnapshot(cmd.Context(), in, companion, io.TeeReader(r, counting{p}))
	p.end(err == nil)
	if err != nil {
		return err
	}
	if done.CACertificate != "" {
		a.say("The cluster lives again on this node. Save its new CA certificate as ca.crt, then let the others join: quorate operator join-token")
		a.say("What was done since %s is undone: keys, tokens and policies that were revoked or destroyed since are valid again. Look for them in the audit logs that are left.", done.Header.CreatedAt)
		a.say("Snapshots are not scheduled here. Set the schedule to a new folder, in case the old cluster still writes to the old one: quorate operator snapshot schedule set --to …")
	}
	return a.result(done, func(w io.Writer) error { return writeRestored(w, done) })
}

// mayRestore asks the node what it is before a large file is sent to it.
func mayRestore(cmd *cobra.Command, c *client.Client, in api.RestoreRequest) error {
	s, err := c.Status(cmd.Context())
	if err != nil {
		return err
	}
	switch {
	case s.Initialized && !in.YesReplaceState:
		return fault.New(fault.Exists, "this node belongs to a cluster that is running").
			WithHint("Shares restore an empty node. To replace the keys of the running cluster: --yes-replace-state.")
	case !s.Initialized && in.YesReplaceState:
		return fault.New(fault.BadState, "this node belongs to no cluster, so there is nothing to replace").WithHint("Give shares instead: --share-file.")
	}
	return nil
}

func writeRestored(w io.Writer, r *api.RestoreResponse) error {
	if err := describe(w, []field{
		{"Cluster", r.Header.ClusterID},
		{"Restored from", fmt.Sprintf("%s, index %d", r.Header.CreatedAt, r.Header.Index)},
		{"Keys", fmt.Sprint(r.Keys)},
		{"Versions opened", fmt.Sprint(r.Opened)},
		{"In effect at index", fmt.Sprint(r.Index)},
		{"Members", strings.Join(r.Members, ", ")},
	}); err != nil {
		return err
	}
	if r.Diff != nil {
		r.Diff.Header = r.Header
		return writeDiff(w, r.Diff)
	}
	_, err := fmt.Fprintf(w, "CA certificate:\n%s\n", r.CACertificate)
	return err
}
