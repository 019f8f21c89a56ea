package cluster

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/cluster/room"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// Profile is a set of timings for one kind of network (reliability.md section 2).
type Profile struct {
	Heartbeat   time.Duration // without word from the leader for this long, a follower looks for a new one
	Election    time.Duration // a candidate that hears nothing for this long tries again
	LeaderLease time.Duration // a leader that reaches no quorum for this long steps down
	Commit      time.Duration // followers learn of a commit within about this, if nothing else is sent
}

// LAN is for nodes in one data centre, WAN for nodes farther apart.
var (
	LAN = Profile{Heartbeat: 300 * time.Millisecond, Election: 300 * time.Millisecond, LeaderLease: 150 * time.Millisecond, Commit: 20 * time.Millisecond}
	WAN = Profile{Heartbeat: time.Second, Election: time.Second, LeaderLease: 500 * time.Millisecond, Commit: 50 * time.Millisecond}
)

// Handler answers a call of another member, whose name its certificate proves. The caller sees of an error its
// fault.Kind, message and hint. body and the answer are cleared when the answer is out: it keeps neither.
type Handler = func(ctx context.Context, from string, body []byte) ([]byte, error)

// Applied is a command with what became of it.
type Applied = fsm.Applied

// Config is what a node needs. Dir, Identity and Machine are required; every other field works as zero.
type Config struct {
	// Dir holds everything that the node keeps of the cluster's data: raft.db and snapshots. Made if missing.
	Dir string
	// Node is this node's name; if set it must be the one in Identity.
	Node string
	// Identity is who this node is, with the cluster's log key and gossip key. See SetIdentity for renewals.
	Identity *peer.Identity
	// Machine is the state machine that the log is applied to. Nobody else may apply to it.
	Machine *fsm.Machine

	// Peer and Gossip are the addresses to listen on (host:port; port 0 lets the kernel choose). Empty Gossip: no gossip,
	// for tests and for networks that forbid it; members then find each other by the addresses in the Raft configuration.
	Peer, Gossip string
	// AdvertisePeer and AdvertiseGossip are where others reach these; empty: the address listened on.
	AdvertisePeer, AdvertiseGossip string
	// API is the advertised address of this node's API, told to the others.
	API string
	// Version is the program's version, told to the others.
	Version string
	// Zone is where this node stands, such as a data centre; a vote is given to zones without a voter first. Replica makes it
	// one that serves reads and is never given a vote by itself, for other regions. Both are told to the others.
	Zone    string
	Replica bool

	// Process is this process's id, drawn when it starts and told to the leader: so two processes of one member are told apart.
	Process [16]byte

	// Bootstrap founds a new cluster of this one member. Refused (fault.Exists) in a directory that holds data.
	Bootstrap bool
	// Kept says that the directory is a member's that has run before: if its log is gone, Open refuses (*LostError). A node that
	// was just admitted begins with an empty one.
	Kept bool
	// Seeds are gossip addresses to try first.
	Seeds []string
	// Find looks up, anew each time, the peer addresses (host:port) at which members may be: asked when this node reaches no leader and some
	// member is not where it was. Nil: members are looked for where they were. What it gives is checked by certificate, so it may be wrong.
	Find func(ctx context.Context) ([]string, error)

	// Timing is LAN if zero. Lease is how long a read may rely on a ReadIndex exchange (default 2 s), LeaseRenew how
	// often one is made (default a quarter of Lease). All members must have the same Lease.
	Timing            Profile
	Lease, LeaseRenew time.Duration

	// Log gets what an operator should see; nil: slog.Default(). Metrics registers this node's metrics; nil: none.
	Log     *slog.Logger
	Metrics Metrics

	// Handlers are calls that members may make on this node, by method ([a-z0-9-], parts divided by /). Names that begin with
	// "cluster/" are taken. See Node.Handle.
	Handlers map[string]Handler
	// Join answers those who are no member yet. Its body is not authenticated by anything. Nil: joins are refused.
	Join func(ctx context.Context, body []byte) ([]byte, error)

	// OnApply is told of every command once the state that holds it is published, and before anybody is told that it is
	// done. It is called on the one goroutine that applies: it must be quick, and must not propose.
	OnApply func(batch []Applied)
	// OnRestore is told that the whole state was replaced by a snapshot. The same rules hold.
	OnRestore func()

	// Dial opens TCP connections to other nodes; nil: net.Dialer. Tests cut connections with it.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	// SnapshotThreshold is how many entries must have come since the last snapshot before the next (default 4096), and
	// SnapshotInterval how often that is looked at (default 30 s).
	SnapshotThreshold uint64
	SnapshotInterval  time.Duration
	// DiskStall is how long one write to the log may take before the node gives its disk up (default 3 s).
	DiskStall time.Duration
	// DiskMark is how many bytes must stay free under Dir, DiskBallast how many are held in reserve for when they do not: see
	// package room for what 0 means. Statfs asks the file system; nil: statfs(2).
	DiskMark    uint64
	DiskBallast int64
	Statfs      func(dir string) (room.Space, error)
	// CompactAt is from how many bytes on the store's file is rewritten at the start if more than half of it is free (default 64 MiB).
	CompactAt int64
	// PromoteAfter is how long a new member must have kept up before it becomes a voter (default 10 s, and 1 s while
	// there are fewer than three voters).
	PromoteAfter time.Duration
	// DeadAfter is how long a member must have been silent until CleanUp is called for it (0: never), and MinQuorum how many voters
	// must be up besides it (0: 3), whatever the quorum. CleanUp removes it, on the leader; nil: nobody is removed.
	DeadAfter time.Duration
	MinQuorum int
	CleanUp   func(ctx context.Context, node string) error

	// Now is the clock that entries are stamped by (nil: time.Now), which a drill may move. Leases, elections and certificates
	// keep to the machine's own clocks.
	Now func() time.Time

	// World replaces clock, disk and network, for simulation. Zero: the real ones.
	World World
}

const (
	defaultLease     = 2 * time.Second
	defaultStall     = 3 * time.Second
	defaultThreshold = 4096
	defaultSnapEvery = 30 * time.Second
	closeEnough      = 100 // entries that a member may be behind and count as caught up
)

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Dir == "" || c.Identity == nil || c.Machine == nil:
		return c, fault.New(fault.Invalid, "a node needs a directory, an identity and a state machine")
	case c.Node != "" && c.Node != c.Identity.Node:
		return c, fault.New(fault.Invalid, "this node is called %q and its certificate names %q", c.Node, c.Identity.Node).
			WithHint("Give the node the name in its certificate, or let it join again under the new one.")
	case len(c.Identity.LogKey) < 16:
		return c, fault.New(fault.Invalid, "the identity holds no key for the log")
	}
	c.Node = c.Identity.Node
	if c.Timing == (Profile{}) {
		c.Timing = LAN
	}
	if c.Lease <= 0 {
		c.Lease = defaultLease
	}
	if c.LeaseRenew <= 0 {
		c.LeaseRenew = c.Lease / 4
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Peer == "" {
		c.Peer = "127.0.0.1:0"
	}
	if c.SnapshotThreshold == 0 {
		c.SnapshotThreshold = defaultThreshold
	}
	if c.SnapshotInterval <= 0 {
		c.SnapshotInterval = defaultSnapEvery
	}
	if c.CompactAt <= 0 {
		c.CompactAt = defaultCompactAt
	}
	if c.DiskStall <= 0 {
		c.DiskStall = defaultStall
	}
	c.World = c.World.withDefaults()
	return c, nil
}

// promoteAfter is how long a member must have kept up to become a voter, given how many there are.
func (c *Config) promoteAfter(voters int) time.Duration {
	switch {
	case c.PromoteAfter > 0:
		return c.PromoteAfter
	case voters < 3:
		return time.Second
	default:
		return 10 * time.Second
	}
}
