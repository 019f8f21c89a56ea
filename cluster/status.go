package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/room"
	"github.com/quorate/quorate/vault/fault"
)

// Status is how this node is, at one moment.
type Status struct {
	Node        string
	Role        string // "leader", "candidate", "follower", "stopped"
	Ready       bool   // leader and ready to commit
	Term        uint64
	Leader      string        // "" if none is known
	Applied     uint64        // by this node's own counter
	Commit      uint64        // as raft knows it
	LastContact time.Duration // since the leader was last heard of; 0 on the leader, negative: never. Says nothing of freshness
	LeaseLeft   time.Duration // how long local reads may go on without another renewal; 0: they may not
	Fresh       bool
	Reason      string // why not fresh
	Voters      int
	Members     int
	Disk        room.Reading // of the data directory's disk
}

// Status describes this node.
func (n *Node) Status() Status {
	s := Status{
		Node: n.cfg.Node, Role: "follower", Term: n.raft.CurrentTerm(), Applied: n.app.done.reached(),
		Commit: n.raft.CommitIndex(), LeaseLeft: max(n.lease.left(), 0), LastContact: -1, Disk: n.room.Last(),
	}
	s.Leader, s.Ready = n.Leader()
	switch n.raft.State() {
	case raft.Leader:
		s.Role, s.LastContact = RoleLeader, 0
	case raft.Candidate:
		s.Role = "candidate"
	case raft.Shutdown:
		s.Role = "stopped"
	}
	if at := n.raft.LastContact(); s.LastContact != 0 && !at.IsZero() {
		s.LastContact = time.Since(at)
	}
	err := n.lease.check()
	s.Fresh = err == nil && !n.dead.Load()
	if err != nil {
		s.Reason = fault.Of(err).Message
	}
	for _, m := range n.servers() {
		s.Members++
		if m.Suffrage == raft.Voter {
			s.Voters++
		}
	}
	return s
}

// Metrics is where this node registers what it measures; cmd adapts it to Prometheus. Names and labels are constants.
// The functions given are called concurrently.
type Metrics interface {
	// Gauge registers a value that is asked for when metrics are read.
	Gauge(name, help string, value func() float64) error
	// GaugeBy registers one value per value of a label.
	GaugeBy(name, help, label string, values func() map[string]float64) error
	// Histogram registers a histogram of seconds with one label and returns what to tell it each time.
	Histogram(name, help, label string) (observe func(labelValue string, seconds float64), err error)
}

// meter is this node's metrics. Without a registry it counts nothing.
type meter struct {
	propose, forward func(kind string, seconds float64) // nil: not measured
}

func (m *meter) register(n *Node) error {
	reg := n.cfg.Metrics
	if reg == nil {
		return nil
	}
	var errs []error
	gauge := func(name, help string, value func() float64) {
		errs = append(errs, reg.Gauge(name, help, value))
	}
	gauge("quorate_cluster_leader", "1 while this node leads and is ready.", func() float64 {
		if n.leading() != nil {
			return 1
		}
		return 0
	})
	gauge("quorate_cluster_term", "Raft term.", func() float64 { return float64(n.raft.CurrentTerm()) })
	gauge("quorate_cluster_applied_index", "Last log index applied here.", func() float64 { return float64(n.app.done.reached()) })
	gauge("quorate_cluster_commit_index", "Last log index known to be committed.", func() float64 { return float64(n.raft.CommitIndex()) })
	gauge("quorate_cluster_lease_left_seconds", "How long local reads may go on without a renewal.", func() float64 {
		return max(n.lease.left(), 0).Seconds()
	})
	gauge("quorate_disk_free_bytes", "Room left on the disk of the data directory.", func() float64 { return float64(n.room.Last().Free) })
	gauge("quorate_disk_mark_bytes", "Room that must stay free there; below it nothing that grows is written.", func() float64 { return float64(n.room.Last().Mark) })
	gauge("quorate_disk_full", "1 while the disk of the data directory is below its mark.", func() float64 {
		if n.room.Low() {
			return 1
		}
		return 0
	})
	gauge("quorate_store_bytes", "Size of the file that keeps the log.", func() float64 { return float64(n.Vitals().StoreSize) })
	gauge("quorate_store_free_bytes", "How much of that file is pages that hold nothing; a start gives them back once they are most of a large file.", func() float64 {
		return float64(n.Vitals().StoreFreePages)
	})
	gauge("quorate_log_entries", "Entries that the log has.", func() float64 { return float64(n.Vitals().LogEntries) })
	errs = append(errs, reg.GaugeBy("quorate_cluster_member_lag_entries", "How many entries a member is behind the leader.", "member", n.lag))
	var err error
	m.propose, err = reg.Histogram("quorate_cluster_propose_seconds", "Time to commit a command, by outcome.", "kind")
	errs = append(errs, err)
	m.forward, err = reg.Histogram("quorate_cluster_forward_seconds", "Time until the leader answered a forwarded request, by outcome.", "kind")
	if err := errors.Join(append(errs, err)...); err != nil {
		return fault.Wrap(fault.Internal, err, "the cluster's metrics cannot be registered")
	}
	return nil
}

// lag is how far behind each member is; only the leader knows.
func (n *Node) lag() map[string]float64 {
	if n.leading() == nil {
		return nil
	}
	own := n.app.done.reached()
	lags := map[string]float64{}
	for _, s := range n.servers() {
		if h, ok := n.reports.get(string(s.ID)); ok {
			lags[string(s.ID)] = max(float64(own)-float64(h.Applied), 0)
		}
	}
	return lags
}

func (m *meter) proposed(took time.Duration, err error) {
	if m.propose != nil {
		m.propose(kindLabel(err), took.Seconds())
	}
}

func (m *meter) forwarded(took time.Duration, err error) {
	if m.forward != nil {
		m.forward(kindLabel(err), took.Seconds())
	}
}

func kindLabel(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrSelfLeader):
		return "self"
	case errors.Is(err, context.Canceled):
		return fault.Uncertain.String()
	default:
		return fault.KindOf(err).String()
	}
}
