package cluster

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

const (
	recoveryFile = "recovery" // what Recover was asked; see Recovery
	maxRecovery  = 64 << 10
	// termLeap lies between the last term of a cluster and the first of the one that goes on from it, so that no node of the former, left
	// to itself in a corner, holds entries of a term that counts in the latter.
	termLeap = 1 << 20
)

// Remains is what a stopped node's directory holds, verified.
type Remains struct {
	Node        string
	Cluster     [16]byte
	Index, Term uint64 // of the newest entry, committed or not
	Others      []Other
	Voter       bool       // this node may vote
	State       *fsm.State // with every entry applied
}

// Other is a member that the directory's newest membership names besides this node.
type Other struct {
	Node, Peer string
	Voter      bool
}

// Voters counts the members that vote.
func (r *Remains) Voters() int {
	n := 0
	if r.Voter {
		n++
	}
	for _, o := range r.Others {
		if o.Voter {
			n++
		}
	}
	return n
}

// Recovery is the record of a recovery: who made one node a cluster of its own, when, and from what.
type Recovery struct {
	Snapshot string    `json:"snapshot"` // its id: the recovery took effect when this file got its name
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Index    uint64    `json:"index"` // of the newest entry that was kept
	Term     uint64    `json:"term"`
	Without  []string  `json:"without"` // who is no member any more
}

// Inspect reads a stopped node's directory as Open would, and changes nothing but what Verify does. Kind: fault.NotFound for one that
// was never a member's; *DamageError for one that is damaged; an error that says so for one in use.
func Inspect(dir string, id *peer.Identity, lg *slog.Logger) (*Remains, error) {
	r, err := openRemains(dir, id, lg)
	if err != nil {
		return nil, err
	}
	return &r.Remains, r.store.close()
}

// Recover makes the node of a stopped directory the only member, and voter, of its cluster: the one way on when the majority of the voters
// is lost for good. Everything in the directory is verified first. Then a snapshot of its state, with the new membership in it, is
// written behind the newest entry and under a much later term; the moment at which that file gets its name is the moment at which the
// membership changes, so whoever is interrupted has the directory of before or that of after. The caller has made sure that no other node
// goes on by itself: two would. Kinds as Inspect; fault.BadState if the node is alone already.
func Recover(dir string, id *peer.Identity, by string, now time.Time, lg *slog.Logger) (*Recovery, error) {
	r, err := openRemains(dir, id, lg)
	if err != nil {
		return nil, err
	}
	done, err := r.recover(by, now, func(string) error { return nil })
	return done, errors.Join(err, r.store.close())
}

// remains is an open directory.
type remains struct {
	Remains
	*Node
	app  *applier
	addr raft.ServerAddress // this node's, as the membership has it
}

func openRemains(dir string, id *peer.Identity, lg *slog.Logger) (*remains, error) {
	if lg == nil {
		lg = slog.Default()
	}
	for name, err := range map[string]error{
		logFile:     fault.New(fault.NotFound, "%s holds no node's log", dir).WithHint("Name the directory of a node that was a member: the one that its server got as --dir."),
		removedFile: fault.New(fault.BadState, "the node in %s was removed from its cluster", dir).WithHint("Recover another one."),
	} {
		if _, found := os.Stat(filepath.Join(dir, name)); (found == nil) == (name == removedFile) {
			return nil, err
		}
	}
	n := &Node{cfg: Config{Dir: dir, Identity: id, Node: id.Node, DiskStall: defaultStall, Kept: true, World: World{}.withDefaults()}, log: lg, fatal: make(chan struct{})}
	r := &remains{Node: n}
	err := n.openStore()
	if err == nil {
		err = r.replay()
	}
	if err != nil && n.store != nil {
		err = errors.Join(err, n.store.close())
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// replay builds the state and the newest membership from the newest snapshot and every entry after it, as raft.RecoverCluster does: an
// entry that is here may have been acknowledged, so it counts.
func (r *remains) replay() error {
	var failed error
	var conf raft.Configuration
	r.app = &applier{
		machine: fsm.New(), clock: r.boot, fatal: func(err error) { failed = err },
		onConf: func(c raft.Configuration, _ []string) { conf = c },
	}
	metas, err := r.snaps.List()
	if err != nil {
		return err
	}
	if len(metas) > 0 {
		m, body, err := r.snaps.Open(metas[0].ID)
		if err == nil {
			err = errors.Join(r.app.Restore(body), body.Close())
		}
		if err != nil {
			return err
		}
		r.Index, r.Remains.Term, conf = m.Index, m.Term, m.Configuration
	}
	last, err := r.store.LastIndex()
	if err != nil {
		return err
	}
	for i := r.Index + 1; i <= last; i++ {
		var l raft.Log
		if _, _, err := r.store.read(i, &l); err != nil {
			return err
		}
		if r.app.Apply(&l); failed != nil {
			return failed
		}
		r.Index, r.Remains.Term = l.Index, l.Term
	}
	r.Remains.Node, r.Cluster, r.State = r.cfg.Node, r.cfg.Identity.Cluster, r.app.machine.State()
	found := false
	for _, s := range conf.Servers {
		if string(s.ID) == r.cfg.Node {
			found, r.Voter, r.addr = true, s.Suffrage == raft.Voter, s.Address
			continue
		}
		r.Others = append(r.Others, Other{Node: string(s.ID), Peer: string(s.Address), Voter: s.Suffrage == raft.Voter})
	}
	if !found {
		return fault.New(fault.BadState, "the newest membership in %s does not name %s", r.cfg.Dir, r.cfg.Node).WithHint("It never became a member, or was removed. Recover another node.")
	}
	return nil
}

// recover writes. step is called before each write with what it is, and may end it there, as a crash would.
func (r *remains) recover(by string, now time.Time, step func(string) error) (*Recovery, error) {
	if len(r.Others) == 0 && r.Voter {
		return nil, fault.New(fault.BadState, "%s is the only member of its cluster already", r.cfg.Node).WithHint("Start it.")
	}
	term, err := r.stable.GetUint64([]byte("CurrentTerm"))
	if err != nil {
		return nil, fmt.Errorf("reading the term: %w", err)
	}
	index, term := r.Index+1, term+termLeap
	done := &Recovery{Snapshot: snapshotID(index, term), By: by, At: now.UTC(), Index: r.Index, Term: r.Remains.Term}
	for _, o := range r.Others {
		done.Without = append(done.Without, o.Node)
	}
	if err := step("record"); err != nil {
		return nil, err
	}
	if err := done.write(r.cfg.Dir); err != nil {
		return nil, err
	}
	if err := step("term"); err != nil {
		return nil, err
	}
	if err := r.stable.SetUint64([]byte("CurrentTerm"), term); err != nil {
		return nil, err
	}
	if err := r.begin(index, term, step); err != nil {
		return nil, err
	}
	if err := step("log"); err != nil {
		return nil, err
	}
	return done, r.clearLog()
}

// begin writes the snapshot from which the new membership goes on.
func (r *remains) begin(index, term uint64, step func(string) error) error {
	if err := step("snapshot"); err != nil {
		return err
	}
	alone := raft.Configuration{Servers: []raft.Server{{ID: raft.ServerID(r.cfg.Node), Address: r.addr}}}
	sink, err := r.snaps.Create(raft.SnapshotVersionMax, index, term, alone, index, nil)
	if err != nil {
		return err
	}
	f := &frozen{state: r.State, applied: index, conf: index}
	if err := f.writeTo(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	if err := step("name"); err != nil {
		return err
	}
	return sink.Close()
}

// clearLog removes the entries, which the snapshot holds. Where they are left they are harmless: all are older than it.
func (r *remains) clearLog() error {
	first, err := r.store.FirstIndex()
	if err != nil || first == 0 {
		return err
	}
	last, err := r.store.LastIndex()
	if err != nil {
		return err
	}
	return r.store.DeleteRange(first, last)
}

func (r *Recovery) write(dir string) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding the record of the recovery: %w", err)
	}
	f, err := os.CreateTemp(dir, recoveryFile+"-*")
	if err != nil {
		return fmt.Errorf("recording the recovery: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, recoveryFile))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("recording the recovery: %w", err), os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// Recovered gives the record of a recovery of this directory that nobody was told of yet; nil if there is none, or if it was cut off
// before it took effect. Call it before Open, and ForgetRecovery when it is told.
func Recovered(dir string) (*Recovery, error) {
	path := filepath.Join(dir, recoveryFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the record of a recovery: %w", err)
	}
	var r Recovery
	if info.Size() > maxRecovery {
		return nil, fault.New(fault.Invalid, "%s is no record of a recovery: it has %d bytes", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the record of a recovery, %s, cannot be read", path)
	}
	if indexOf(r.Snapshot) == 0 || strings.ContainsAny(r.Snapshot, `/\`) {
		return nil, fault.New(fault.Invalid, "%s names no snapshot", path)
	}
	_, err = os.Stat(filepath.Join(dir, snapshotDir, r.Snapshot+snapshotSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ForgetRecovery(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the snapshot of a recovery: %w", err)
	}
	return &r, nil
}

// ForgetRecovery removes the record, once it stands where it belongs.
func ForgetRecovery(dir string) error {
	if err := os.Remove(filepath.Join(dir, recoveryFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the record of a recovery: %w", err)
	}
	return syncDir(dir)
}

// writeTo writes the counters and the state.
func (f *frozen) writeTo(sink raft.SnapshotSink) error {
	head := binary.BigEndian.AppendUint64(nil, f.applied)
	head = binary.BigEndian.AppendUint64(head, f.conf)
	if _, err := sink.Write(head); err != nil {
		return fmt.Errorf("writing a snapshot: %w", err)
	}
	if _, err := f.state.WriteTo(sink); err != nil {
		return fmt.Errorf("writing a snapshot: %w", err)
	}
	return nil
}
