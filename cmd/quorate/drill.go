package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
)

func newDrillCmd(a *app) *cobra.Command {
	var u unlocking
	var out string
	cmd := &cobra.Command{
		Use:   "drill [FILE]",
		Short: "Prove that the backups open, without touching the cluster",
		Long: `Rehearse the recovery. Without FILE the running cluster drills the newest snapshot where it is stored, with its own keyring: it is fetched,
every record authenticated, every key version opened, and held against the living state; the leader signs the report.

With FILE this is the full drill: a throw-away node in a private directory, which listens on loopback only, is restored from the snapshot with
the custodians' shares, opens every key version, and is wiped. No cluster is needed. RTO is how long that took, RPO how old the snapshot is.`,
		Example: `  quorate operator drill
  quorate operator drill vault.qsnap --share-file share-1.txt --share-file share-2.txt --share-file share-3.txt
  quorate operator drill --out drill.json && quorate operator drill verify drill.json --cert node1.crt`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				r, err := a.fullDrill(cmd.Context(), args[0], &u)
				if err != nil {
					return err
				}
				return a.result(r, func(w io.Writer) error { return writeDrill(w, r) })
			}
			return a.liveDrill(cmd, out)
		},
	}
	u.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "`file` to write the signed report to")
	cmd.AddCommand(newDrillVerifyCmd(a))
	return cmd
}

func (a *app) liveDrill(cmd *cobra.Command, out string) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.Drill(cmd.Context())
	if err != nil {
		return err
	}
	if out != "" {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := writeFile(out, append(b, '\n'), 0o600, true); err != nil {
			return err
		}
	}
	r, err := reportOf(s)
	if err != nil {
		return err
	}
	if a.format == "json" {
		return a.result(s, nil)
	}
	return a.result(r, func(w io.Writer) error { return writeDrill(w, r) })
}

func reportOf(s *api.SignedDrill) (*vault.DrillReport, error) {
	r := new(vault.DrillReport)
	if err := json.Unmarshal([]byte(s.Report), r); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the drill's report cannot be read")
	}
	return r, nil
}

// fullDrill restores a snapshot on a throw-away node.
func (a *app) fullDrill(ctx context.Context, path string, u *unlocking) (r *vault.DrillReport, err error) {
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
	began := time.Now()
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
		ClusterID: hex.EncodeToString(h.Cluster[:]), Node: "throw-away node", At: time.Now().UTC().Truncate(time.Second), Snapshot: path, Taken: taken, Index: h.Index,
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

func writeDrill(w io.Writer, r *vault.DrillReport) error {
	lost := ""
	if r.Diff != nil {
		lost = fmt.Sprintf("%d keys and %d versions made since; %d keys destroyed since would stay destroyed", r.Diff.Lost.Count, r.Diff.LostVersions, r.Diff.Revived.Count)
	}
	return describe(w, []field{
		{"Drill", "passed"},
		{"Snapshot", r.Snapshot},
		{"Store", r.Store},
		{"Taken", r.Taken.Format(time.RFC3339)},
		{"Opened by", r.By},
		{"On", r.Node},
		{"Keys", fmt.Sprintf("%d authentic", r.Keys)},
		{"Versions", fmt.Sprintf("%d opened, %d destroyed for good", r.Versions, r.Destroyed)},
		{"Tokens, policies", fmt.Sprintf("%d, %d authentic", r.Tokens, r.Policies)},
		{"RTO", fmt.Sprintf("%.3f s", float64(r.RTO))},
		{"RPO", time.Duration(float64(r.RPO) * float64(time.Second)).Round(time.Second).String()},
		{"Would be lost", lost},
	})
}

func newDrillVerifyCmd(a *app) *cobra.Command {
	var certs []string
	cmd := &cobra.Command{
		Use:   "verify REPORT",
		Short: "Check the signature of a drill's report",
		Long:  "Check that a report, as --out or --format json gives it, was signed by the node whose certificate is given: identity/node.crt in its directory.",
		Example: `  quorate operator drill --out drill.json
  quorate operator drill verify drill.json --cert node1.crt`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := a.readSmall(args[0], 1<<20)
			if err != nil {
				return err
			}
			var s api.SignedDrill
			if err := json.Unmarshal(b, &s); err != nil {
				return fault.Wrap(fault.Invalid, err, "%s is no report of a drill", args[0])
			}
			check, err := checkSignatures(certs)
			if err != nil {
				return err
			}
			if err := check(s.KeyID, []byte(vault.DrillLabel+s.Report), s.Signature); err != nil {
				return fault.Wrap(fault.Invalid, err, "the report's signature is not right: %v", err).WithHint("Name the certificate of the node that drilled, as it was then.")
			}
			r, err := reportOf(&s)
			if err != nil {
				return err
			}
			a.say("The signature is right.")
			return a.result(r, func(w io.Writer) error { return writeDrill(w, r) })
		},
	}
	cmd.Flags().StringArrayVar(&certs, "cert", nil, "`file` with the certificate of a node; repeatable")
	_ = cmd.MarkFlagRequired("cert") // fails for a flag that there is not
	return cmd
}
