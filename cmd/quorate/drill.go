package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/merge"
)

func newDrillCmd(a *app) *cobra.Command {
	var u unlocking
	var out string
	var live bool
	cmd := &cobra.Command{
		Use:   "drill [FILE|URL]",
		Short: "Prove that the backups open, without touching the cluster",
		Long: `Rehearse the recovery. Without FILE the running cluster drills the newest snapshot where it is stored, with its own keyring: it is fetched,
every record authenticated, every key version opened, and held against the living state; the leader signs the report.

With FILE this is the full drill: a throw-away node in a private directory, which listens on loopback only, is restored from the snapshot with
the custodians' shares, opens every key version, and is wiped. No cluster is needed. RTO is how long that took, RPO how old the snapshot is.
With --live the snapshot is held against the running cluster as well: what would be lost, and what was destroyed since.
With a URL (file:///var/backups/quorate, s3://bucket?region=…) the newest snapshot there is fetched first, with its companion.

--out writes the report to a file, also when the drill fails: then it says why. Only the cluster's own drill is signed; the key of a
throw-away node is wiped with it.`,
		Example: `  quorate operator drill
  quorate operator drill vault.qsnap --share-file share-1.txt --share-file share-2.txt --share-file share-3.txt
  quorate operator drill file:///var/backups/quorate --live --out full-drill.json
  quorate operator drill --out drill.json && quorate operator drill verify drill.json --cert node1.crt`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && (u.given() || u.epochs != "") {
				return fault.New(fault.Invalid, "shares open a snapshot's file, and none is named").WithHint("quorate operator drill FILE --share-file …; without FILE the cluster drills with its own keyring.")
			}
			if len(args) == 0 && live {
				return fault.New(fault.Invalid, "--live is for the drill of a file").WithHint("Without FILE the running cluster drills, and compares with itself.")
			}
			if err := checkReport(out); err != nil {
				return err
			}
			if len(args) == 0 {
				return a.reportDrill(out, "", func() (*api.SignedDrill, error) { return a.liveDrill(cmd) })
			}
			if !live {
				return a.reportDrill(out, args[0], func() (*api.SignedDrill, error) { return a.drillAt(cmd.Context(), args[0], &u, nil) })
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.reportDrill(out, args[0], func() (*api.SignedDrill, error) { return a.drillAt(cmd.Context(), args[0], &u, c) })
		},
	}
	u.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "`file` to write the report to")
	cmd.Flags().BoolVar(&live, "live", false, "hold the snapshot against the running cluster, too")
	cmd.AddCommand(newDrillVerifyCmd(a))
	return cmd
}

func (a *app) liveDrill(cmd *cobra.Command) (*api.SignedDrill, error) {
	c, err := a.connect(cmd)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Drill(cmd.Context())
}

// drillAt drills a file, or the newest snapshot of a store, and holds it against the cluster that live speaks to; nil: against none.
func (a *app) drillAt(ctx context.Context, at string, u *unlocking, live *client.Client) (s *api.SignedDrill, err error) {
	began := time.Now()
	path, done, err := a.atHand(ctx, at)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := a.fullDrill(ctx, path, began, u)
	if err != nil {
		return nil, err
	}
	if live != nil {
		if r.Diff, err = heldAgainst(ctx, live, path); err != nil {
			return nil, fault.Wrap(fault.Of(err).Kind, err, "the snapshot opens whole, but cannot be held against the running cluster: %s", fault.Of(err).Message).WithHint("%s", fault.Of(err).Hint)
		}
	}
	if path != at {
		r.Store, r.Snapshot = at, filepath.Base(path)
	}
	return unsigned(r)
}

// heldAgainst is what restoring a snapshot would do to a running cluster.
func heldAgainst(ctx context.Context, c *client.Client, path string) (*merge.Diff, error) {
	f, err := openSnapshot(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := c.DiffSnapshot(ctx, f)
	if err != nil {
		return nil, err
	}
	names := func(n api.SnapshotNames) merge.Names { return merge.Names{Count: n.Count, Names: n.Names} }
	return &merge.Diff{
		Revived: names(d.Revived), RevivedVersions: d.RevivedVersions, Relaxed: names(d.Relaxed), Lost: names(d.Lost), LostVersions: d.LostVersions,
		Returned: names(d.Returned), Changed: names(d.Changed), Same: d.Same, Past: d.OwnPast,
	}, nil
}

// fullDrill restores a snapshot on a throw-away node.
func (a *app) fullDrill(ctx context.Context, path string, began time.Time, u *unlocking) (r *vault.DrillReport, err error) {
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
	dir, err := os.MkdirTemp("", "quorate-drill-") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("making a directory for the drill: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	n, err := throwAway(dir)
	if err != nil {
		return nil, err
	}
	defer n.discard()
	f, err := openSnapshot(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a.say("Restoring on a throw-away node …")
	b, err := n.vault.RestoreSnapshot(ctx, access.Caller{Door: "drill"}, f, vault.RestoreWish{Shares: lines, Epochs: epochs})
	if err != nil {
		return nil, err
	}
	found, err := n.vault.OpenAll()
	if err != nil {
		return nil, err
	}
	h := &b.Header
	if found.Keys != h.Counts.Keys || found.Versions+found.Gone != h.Counts.Versions || found.Gone != h.Counts.Destroyed || found.Tokens != h.Counts.Tokens || found.Policies != h.Counts.Policies {
		return nil, fault.New(fault.Internal, "the restored node holds %+v, and the snapshot's header says %+v", found, h.Counts)
	}
	taken := time.UnixMilli(h.Created).UTC()
	round := func(d time.Duration) vault.Seconds { return vault.Seconds(d.Round(time.Millisecond).Seconds()) }
	return &vault.DrillReport{
		ClusterID: hex.EncodeToString(h.Cluster[:]), Node: "throw-away node", At: time.Now().UTC().Truncate(time.Second), Snapshot: path, Taken: taken, Index: h.Index, Digest: hex.EncodeToString(b.Sum[:]),
		By: fmt.Sprintf("%d shares", len(lines)), Keys: found.Keys, Versions: found.Versions, Destroyed: found.Gone, Tokens: found.Tokens, Policies: found.Policies,
		RTO: round(time.Since(began)), RPO: round(time.Since(taken)), OK: true,
	}, nil
}

// throwAway is a whole node in a directory of its own, without doors.
func throwAway(dir string) (*node, error) {
	silent := slog.New(slog.DiscardHandler)
	trail, err := audit.Open(filepath.Join(dir, "audit.log"), audit.Config{Node: "drill", Logger: silent})
	if err != nil {
		return nil, err
	}
	cfg := config{Dir: dir, Name: "drill"}
	cfg.Listen.API, cfg.Listen.Peer, cfg.Listen.Gossip = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	n := &node{cfg: cfg, log: silent, audit: trail, metrics: newMeters(prometheus.NewRegistry()), ended: make(chan error, 1)}
	n.vault = vault.New(vault.Config{Node: "drill", Version: version, Audit: trail, Founder: n, Authority: authority{}, Log: silent})
	return n, nil
}

// discard ends it. What it leaves on disk is wrapped, and removed by the caller.
func (n *node) discard() {
	n.vault.Close()
	if c := n.cluster.Load(); c != nil {
		_ = c.Halt()
	}
	_ = n.audit.Close()
}
