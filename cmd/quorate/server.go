package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/keep"
	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
)

// ballastSize is memory that is never touched, so it takes none; but the collector counts it, and so it does not run
// many times a second on a heap of a few megabytes.
const ballastSize = 64 << 20

func newServerCmd(a *app) *cobra.Command {
	var file, advertise string
	var flags config
	var rejoin, wipe bool
	cmd := &cobra.Command{
		Use:   "server --dir DIR --name NAME",
		Short: "Run a node",
		Long: `Runs a node in the foreground until SIGTERM or Ctrl-C, when it hands leadership over and finishes what it is doing.

A node without data shows a self-signed certificate, prints its fingerprint, and answers nothing but status and
init: found a cluster with "quorate operator init", or start it with --join and --join-token to make it a member.
Once it is a member, its directory tells it everything, and --join is not looked at any more.

--join takes addresses of peer ports and names: dns:NAME:PORT is every address of a name, srv:NAME is every SRV record of it. All are
tried until one lets the node in. With --replace it takes the place of a member that is dead for good: it receives the log, gets
its vote, and then the dead one is removed, so that the cluster never has fewer voters up than before.`,
		Example: `  quorate server --dir /var/lib/quorate --name node1
  quorate server --dir /var/lib/quorate --name node2 --api 10.0.0.2:7800 --peer 10.0.0.2:7801 --gossip 10.0.0.2:7802 \
      --join 10.0.0.1:7801 --join-token-file /run/quorate/join-token
  quorate server --dir /var/lib/quorate --name node4 --join srv:_quorate._tcp.example.com --join-token-file join-token --replace node2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(file)
			if err != nil {
				return err
			}
			cfg.override(cmd, &flags, advertise)
			if rejoin != wipe {
				return fault.New(fault.Invalid, "--rejoin and --wipe are given together or not at all").
					WithHint("Together they delete what a removed node keeps of its old membership, and let it join anew.")
			}
			cfg.Join.rejoin = rejoin
			if err := cfg.complete(); err != nil {
				return err
			}
			if len(flags.Join.token) > 0 {
				fmt.Fprintln(a.talk, "warning: the join token is visible in the process list; prefer --join-token-file")
			}
			return serveNode(cmd.Context(), cfg, newLogger(cfg.Log))
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "config", "", "configuration `file` in YAML; flags win over it")
	f.StringVar(&flags.Dir, "dir", "", "`directory` that holds everything the node keeps")
	f.StringVar(&flags.Name, "name", "", "the node's `name` in the cluster: a-z 0-9 -")
	f.StringVar(&flags.Listen.API, "api", "", "`address` of the API (default 127.0.0.1:7800)")
	f.StringVar(&flags.Listen.Peer, "peer", "", "`address` of the port for the other members (default 127.0.0.1:7801)")
	f.StringVar(&flags.Listen.Gossip, "gossip", "", "`address` of gossip, TCP and UDP (default 127.0.0.1:7802)")
	f.StringVar(&flags.Listen.Keas, "keas", "", "`address` of the keas.kmi door; closed unless given")
	f.StringVar(&flags.Listen.KMIP, "kmip", "", "`address` of the KMIP door, mutual TLS, by custom on port 5696; closed unless given")
	f.BoolVar(&flags.Listen.KeasInsecureHTTP, "keas-insecure-http", false, "serve the keas.kmi door without TLS")
	f.StringVar(&advertise, "advertise", "", "`host` at which the others reach this node, if it listens on all addresses")
	f.StringSliceVar(&flags.Join.Peers, "join", nil, "peer `addresses` of members of the cluster to join: HOST:PORT, dns:NAME:PORT, srv:NAME")
	f.StringVar(&flags.Join.Replace, "replace", "", "dead `member` whose place this node takes: it is removed once this node votes")
	f.Func("join-token", "join `token`; visible in the process list, prefer --join-token-file", func(s string) error {
		flags.Join.token = []byte(s)
		return nil
	})
	f.StringVar(&flags.Join.TokenFile, "join-token-file", "", "`file` with the join token")
	f.BoolVar(&rejoin, "rejoin", false, "let a node that was removed join again; needs --wipe and --join")
	f.BoolVar(&wipe, "wipe", false, "delete the log, snapshots and identity of a node that was removed; needs --rejoin")
	f.StringVar(&flags.Zone, "zone", "", "`zone` in which the node stands; zones without a voter get one first")
	f.BoolVar(&flags.Replica, "replica", false, "serve reads and get no vote by itself, as for another region")
	f.StringVar(&flags.Audit.File, "audit", "", "audit log `file` (default DIR/audit.log)")
	f.DurationVar(&flags.ClockOffset, "clock-offset", 0, "move the clock of keys and tokens ahead by a `duration`, for a drill")
	_ = f.MarkHidden("clock-offset") // fails for a flag that there is not
	f.StringVar(&flags.Log.Level, "log-level", "", "debug, info (default), warn or error")
	f.StringVar(&flags.Log.Format, "log-format", "", "text (default) or json")
	return cmd
}

// override lets flags win over the file.
func (c *config) override(_ *cobra.Command, f *config, advertise string) {
	for _, o := range []struct{ to, from *string }{
		{&c.Dir, &f.Dir},
		{&c.Name, &f.Name},
		{&c.Zone, &f.Zone},
		{&c.Listen.API, &f.Listen.API},
		{&c.Listen.Peer, &f.Listen.Peer},
		{&c.Listen.Gossip, &f.Listen.Gossip},
		{&c.Listen.Keas, &f.Listen.Keas},
		{&c.Listen.KMIP, &f.Listen.KMIP},
		{&c.Audit.File, &f.Audit.File},
		{&c.Log.Level, &f.Log.Level},
		{&c.Log.Format, &f.Log.Format},
		{&c.Join.TokenFile, &f.Join.TokenFile},
		{&c.Join.Replace, &f.Join.Replace},
	} {
		if *o.from != "" {
			*o.to = *o.from
		}
	}
	c.Replica = c.Replica || f.Replica
	c.Listen.KeasInsecureHTTP = c.Listen.KeasInsecureHTTP || f.Listen.KeasInsecureHTTP
	if f.ClockOffset != 0 {
		c.ClockOffset = f.ClockOffset
	}
	if len(f.Join.Peers) > 0 {
		c.Join.Peers = f.Join.Peers
	}
	c.Join.token = f.Join.token
	if advertise == "" {
		return
	}
	for _, o := range []struct{ to, listen *string }{
		{&c.Advertise.API, &c.Listen.API}, {&c.Advertise.Peer, &c.Listen.Peer}, {&c.Advertise.Gossip, &c.Listen.Gossip},
	} {
		if i := strings.LastIndexByte(*o.listen, ':'); i >= 0 {
			*o.to = advertise + (*o.listen)[i:]
		}
	}
}

func newLogger(c logConfig) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level))
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}

// server is one running node: its doors, its vault and its way into the cluster.
type server struct {
	cfg   config
	log   *slog.Logger
	audit *audit.Log
	vault *vault.Vault
	node  *node
	doors []door
	kmip  *kmip.Server
}

// serveNode runs a node until ctx ends or it cannot go on.
func serveNode(ctx context.Context, cfg config, log *slog.Logger) error {
	if err := seal.HardenProcess(); err != nil {
		log.Warn("this process's memory is less protected than it should be", "err", err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	ballast := make([]byte, ballastSize)
	defer runtime.KeepAlive(ballast)
	unlock, err := lockDir(cfg.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := openServer(cfg, log)
	if err != nil {
		return explain(err)
	}
	defer s.audit.Close()
	defer s.vault.Close()
	return s.run(ctx)
}

// openServer makes the parts, and recovers what the directory holds.
func openServer(cfg config, log *slog.Logger) (*server, error) {
	if cfg.ClockOffset != 0 {
		log.Warn("the clock is moved for a drill", "offset", cfg.ClockOffset.String())
	}
	trail, err := audit.Open(cfg.Audit.File, audit.Config{
		Node: cfg.Name, Always: cfg.Audit.Sync == "always", MaxBytes: cfg.Audit.RotateAt, Logger: log,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the audit log: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := newMeters(registry)
	n := &node{cfg: cfg, log: log, audit: trail, metrics: m, ended: make(chan error, 1)}
	shares, err := keep.Open(filepath.Join(cfg.Dir, sharesDir), cfg.ShareKeyFile)
	if err != nil {
		return nil, errors.Join(err, trail.Close())
	}
	v := vault.New(vault.Config{
		Node: cfg.Name, Version: version, Audit: trail, Founder: n, Authority: authority{moved: cfg.ClockOffset}, Log: log, Now: cfg.now(),
		CacheSize: cfg.Cache.Keys, CacheAge: cfg.Cache.Age, CeremonyLimit: cfg.Cluster.Ceremony, DestroyGuard: cfg.Keys.guard(), Keeper: shares, Sign: n.auditSigner, Certificate: n.certificate,
	})
	n.vault = v
	s := &server{cfg: cfg, log: log, audit: trail, vault: v, node: n}
	if err := s.gauges(m); err != nil {
		return nil, errors.Join(err, trail.Close())
	}
	if err := n.recoverDir(); err != nil {
		return nil, errors.Join(err, trail.Close())
	}
	if err := s.openDoors(registry, m); err != nil {
		return nil, errors.Join(err, trail.Close())
	}
	return s, nil
}

// gauges are what an alert should look at first.
func (s *server) gauges(m *meters) error {
	flag := func(is func() bool) func() float64 {
		return func() float64 {
			if is() {
				return 1
			}
			return 0
		}
	}
	return errors.Join(
		m.Gauge("quorate_sealed", "1 while this node is sealed.", flag(s.vault.Sealed)),
		m.Gauge("quorate_destructions_held", "How often this node, as leader, put a due destruction off because what was to end was used lately.",
			func() float64 { return float64(s.vault.HeldDestructions()) }),
		m.Gauge("quorate_backup_last_success_seconds", "Unix time of the last scheduled snapshot that was stored and read back; 0: none.",
			func() float64 { return unixTime(s.vault.BackupHealth().Succeeded) }),
		m.Gauge("quorate_backup_scheduled", "1 while snapshots are scheduled.", flag(func() bool { return s.vault.BackupHealth().Scheduled })),
		m.Gauge("quorate_backup_overdue", "1 while the last success is longer ago than two turns of the schedule.",
			flag(func() bool { return s.vault.BackupHealth().Overdue })),
		m.Gauge("quorate_backup_failing", "1 while the last scheduled snapshot could not be stored, read back or let expire.",
			flag(func() bool { return s.vault.BackupHealth().Error != "" })),
		m.Gauge("quorate_drill_last_success_seconds", "Unix time of the last drill of a stored snapshot that succeeded; 0: none.",
			func() float64 { return unixTime(s.vault.BackupHealth().Drilled) }),
		m.Gauge("quorate_drill_overdue", "1 while the last drill that succeeded is longer ago than two turns.",
			flag(func() bool { return s.vault.BackupHealth().DrillOverdue })),
		m.Gauge("quorate_audit_failed", "1 while the audit log cannot be written and operations are refused.",
			flag(func() bool { return s.audit.Healthy() != nil })),
		m.Counter("quorate_rewrapped_total", "Versions of children that campaigns moved to a new version of their parent, as this node applied it.",
			func() float64 { return float64(s.vault.Rewrapped()) }),
		s.doctorGauge(m),
	)
}

// unixTime is a time as Prometheus has it.
func unixTime(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}

// run runs everything until ctx ends: then leadership goes first (drain), the doors second, the rest last.
func (s *server) run(ctx context.Context) error {
	doorsCtx, closeDoors := context.WithCancel(context.WithoutCancel(ctx))
	restCtx, endRest := context.WithCancel(context.WithoutCancel(ctx))
	defer closeDoors()
	defer endRest()
	var doors, rest errgroup.Group
	for _, d := range s.doors {
		doors.Go(func() error { return d.Run(doorsCtx) })
	}
	rest.Go(func() error { return s.audit.Run(restCtx) })
	rest.Go(func() error { return s.vault.Run(restCtx) })
	rest.Go(func() error { s.node.renew(restCtx); return nil })
	rest.Go(func() error { s.signals(restCtx); return nil })
	rest.Go(func() error { tuneMemory(restCtx); return nil })
	if dir := s.cfg.KMIP.Policies; dir != "" {
		follow := &kmip.Policies{Vault: s.vault, Dir: dir, Log: s.log}
		rest.Go(func() error { follow.Run(restCtx, policiesEvery); return nil })
	}

	err := s.becomeMember(ctx)
	if err == nil {
		s.log.Info("node is running", "node", s.cfg.Name, "api", s.doors[0].Addr().String(), "memory", seal.MemoryKind())
		select {
		case <-ctx.Done():
			s.log.Info("stopping: leadership first, then what is being answered")
			s.drain()
		case err = <-s.node.ended:
			s.log.Error("this node cannot go on", "err", err)
			s.hurry(err)
		}
	}
	closeDoors()
	err = errors.Join(err, doors.Wait())
	s.finishPending(ctx)
	s.vault.Farewell(ctx) // nobody uses keys here any more, and the leader can still be told
	if stopErr := s.node.stop(); stopErr != nil && err == nil {
		s.log.Warn("the node did not stop in order", "err", stopErr)
	}
	endRest()
	return explain(errors.Join(err, rest.Wait()))
}

// policiesEvery is how often the folder of operation policies is looked at.
const policiesEvery = 10 * time.Second

// dieWithin is what a node whose disk failed gets for ending in order.
const dieWithin = 500 * time.Millisecond

// hurry ends the process soon if the disk failed. What ends in order may have to wait for the disk, for as long as that hangs, and
// nothing that this process would still write is to be trusted.
func (s *server) hurry(err error) {
	var disk *cluster.DiskError
	if !errors.As(err, &disk) {
		return
	}
	time.AfterFunc(dieWithin, func() {
		s.log.Error("the disk keeps this process from ending in order, so it ends at once")
		os.Exit(1)
	})
}

// explain gives the ways in which a node can end their kind, and says what to do next.
func explain(err error) error {
	var removed *cluster.RemovedError
	var damaged *cluster.DamageError
	var disk *cluster.DiskError
	var lost *cluster.LostError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.Wrap(fault.Invalid, err, "%s", err.Error()).
			WithHint("Another process listens there: stop it, or give this node another address (--api, --peer, --gossip, --keas).")
	case errors.As(err, &removed):
		return fault.Wrap(fault.BadState, err, "this node was removed from its cluster").
			WithHint("To let it join again from nothing: quorate server --rejoin --wipe --join PEER --join-token-file FILE …")
	case errors.As(err, &lost):
		return fault.Wrap(fault.BadState, err, "%s", lost.Error()).
			WithHint("quorate operator remove %s --yes, then start it with --rejoin --wipe --join PEER --join-token-file FILE …", lost.Node)
	case errors.As(err, &damaged):
		return fault.Wrap(fault.Internal, err, "%s", damaged.Error()).
			WithHint("Nothing of it was served. Put the directory aside for examination, remove this member on another node, and let it join again empty.")
	case errors.As(err, &disk):
		return fault.Wrap(fault.Internal, err, "%s", disk.Error()).
			WithHint("The disk failed or stalled, so the process ended rather than trust it. Mend the disk and start the node: start-up verifies everything.")
	}
	return err
}

// becomeMember starts a member again, joins a cluster, or leaves the node blank for init.
func (s *server) becomeMember(ctx context.Context) error {
	switch {
	case s.node.identity.Load() != nil:
		return s.node.start(false, nil)
	case len(s.cfg.Join.Peers) > 0:
		err := s.node.join(ctx)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return nil
}

// signals does what an operator asks of the process: SIGHUP begins a new audit file, so that logrotate can move the old
// one, and SIGUSR1 takes a snapshot now, which shortens the next start.
func (s *server) signals(ctx context.Context) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP, syscall.SIGUSR1)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-asked:
			if sig == syscall.SIGUSR1 {
				s.snapshot(ctx)
			} else if err := s.audit.Reopen(); err != nil {
				s.log.Error("the audit log could not be reopened", "err", err)
			}
		}
	}
}

func (s *server) snapshot(ctx context.Context) {
	c := s.node.cluster.Load()
	if c == nil {
		return
	}
	if err := c.Snapshot(ctx); err != nil {
		s.log.Warn("no snapshot was taken", "err", err)
	}
}

// lockDir makes sure that one process at a time uses the directory.
func lockDir(dir string) (func(), error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.New(fault.BadState, "another process uses the directory %s", dir).
			WithHint("Stop it first; one node has one process.")
	}
	return func() { f.Close() }, nil
}
