package cluster

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster/peer"
)

// The bounds of what a node keeps of its log in memory.
const (
	RecentEntries = recentEntries
	RecentBytes   = recentBytes
)

// NewRecent is what a node puts between raft and its log.
func NewRecent(s raft.LogStore) raft.LogStore { return newRecent(s) }

// RaftConfig is what this node gave to raft.
func (n *Node) RaftConfig() *raft.Config { return n.raftConfig() }

// Transport is what this node gives to raft.
func (n *Node) Transport() raft.Transport {
	return newNamed(n.port.Raft(raft.ServerID(n.cfg.Node), peer.TransportConfig{}), raft.ServerID(n.cfg.Node))
}

// ServeIndex is what a node that asks this one for a read index gets.
func (n *Node) ServeIndex(ctx context.Context, from string) error {
	body, err := wireEnc.Marshal(indexRequest{})
	if err != nil {
		return err
	}
	_, err = n.serveIndex(ctx, from, body)
	return err
}

// CountRefusals makes this node count that every other member has shut its door once, as a node does that was removed.
func (n *Node) CountRefusals() {
	errs := map[string]error{}
	for _, s := range n.servers() {
		errs[string(s.ID)] = &peer.CallError{Node: string(s.ID), Err: &net.OpError{Op: "remote error", Err: errors.New("bad certificate")}}
	}
	n.countRefusals(errs)
}

// LeaseUntil is the boot time at which this node's lease ends.
func (n *Node) LeaseUntil() time.Duration { return time.Duration(n.lease.until.Load()) }

// OpenDisk opens the store that a node has in life.
func OpenDisk(path string, options *bbolt.Options) (Store, error) { return openBoltDisk(path, options) }

// NewLog is the authenticated log over a disk of the test's own.
func NewLog(disk raft.LogStore, key []byte, stall time.Duration, leads func() bool, fatal func(error)) raft.LogStore {
	s := &store{disk: disk, path: "raft.db", chain: newChain(key, [16]byte{1}), slow: stall, fatal: fatal}
	s.leading.Store(&leads)
	return s
}

// ParseSnapshot describes a file as the snapshot store does.
func ParseSnapshot(dir string, key []byte, content []byte) error {
	s, err := newSnapshots(dir, key, [16]byte{1})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = s.parse(f)
	return err
}

// CheckTree walks the pages of a bbolt file, without bbolt.
func CheckTree(r io.ReaderAt, size int64, pageSize int) error { return checkTree(r, size, pageSize) }

// CheckPages is what happens to raft.db before anything else opens it.
func CheckPages(path string) error { return checkPages(path) }

// DecodeCalls gives input to every decoder of a call's body.
func DecodeCalls(b []byte) {
	for _, v := range []any{new(indexRequest), new(indexAnswer), new(waitRequest), new(waitAnswer), new(termAnswer), new(aroundQuestion), new(aroundAnswer), new(stableRecord), new(snapHeader), new(removal)} {
		_ = wireDec.Unmarshal(b, v)
	}
	_, _ = decodeConf(b)
}

// Removal is the body of the call that tells the holder of a certificate of its removal.
func Removal(cert []byte) (method string, body []byte) {
	body, err := wireEnc.Marshal(removal{Cert: sha256.Sum256(cert)})
	if err != nil {
		panic(err) // an array of bytes
	}
	return methodRemoved, body
}

// RecoverUntil is Recover, ended before the write named at as a crash would end it. "" names none.
func RecoverUntil(dir string, id *peer.Identity, at string) error {
	r, err := openRemains(dir, id, nil)
	if err != nil {
		return err
	}
	_, err = r.recover("test", time.Now(), func(step string) error {
		if step == at {
			return errCrashed
		}
		return nil
	})
	if err := r.store.close(); err != nil {
		return err
	}
	return err
}

var errCrashed = errors.New("crashed")

// KeptUp is for how long a member has kept up that reported, at times 1 s apart, how far it was while the leader had applied so much.
func KeptUp(applied, leader []uint64) time.Duration {
	now := time.Duration(0)
	r := reports{clock: func() time.Duration { return now }}
	kept := time.Duration(0)
	for i := range applied {
		now += time.Second
		r.note("n2", report{Applied: applied[i]}, leader[i], time.Time{}, 2*time.Second)
		kept, _, _ = r.judge("n2", 2*time.Second)
	}
	return kept
}

// WatchSteps and NewWatch are the watch over a write, step by step.
const WatchSteps = watchSteps

func NewWatch(limit time.Duration, alarm func()) (next, stop func()) {
	w := newWatch(limit, alarm)
	return w.next, w.stop
}

// KeptUpThrough is for how long a member has kept up that reported as process 1, of level 1, for 10 s, and then twice, half a second apart, as another.
func KeptUpThrough(process byte, level uint32) time.Duration {
	now, kept := time.Duration(0), time.Duration(0)
	r := reports{clock: func() time.Duration { return now }}
	say := func(process byte, level uint32, after time.Duration) {
		now += after
		r.note("n2", report{Level: level, Process: [16]byte{process}}, 0, time.Time{}, 2*time.Second)
		kept, _, _ = r.judge("n2", 2*time.Second)
	}
	for range 11 {
		say(1, 1, time.Second)
	}
	say(process, level, time.Second/2)
	say(process, level, time.Second/2)
	return kept
}

// LastDrop is until when this node, as a leader, takes it that somebody unknown to it may hold a lease, less the lease.
func (n *Node) LastDrop() time.Duration { return n.app.lastDrop() }

// Rising is the level that counts as reached after a raise from 1 to 2 that ended so.
func Rising(err error) uint32 {
	n := &Node{}
	n.rising.Store(1)
	if got := n.rise(2, func() error { return err }); !errors.Is(got, err) {
		return 0
	}
	return n.rising.Load()
}

// Gently writes a snapshot as Persist does, unless there is a hurry; LongestRest is how long it rests after a piece, at most.
func Gently(sink raft.SnapshotSink, hurry func() bool) raft.SnapshotSink {
	return &gentle{SnapshotSink: sink, hurry: hurry}
}

const LongestRest = longestRest
