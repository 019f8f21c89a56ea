package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/raft"
)

const (
	snapshotDir    = "snapshots"
	snapshotSuffix = ".snap"
	damagedSuffix  = ".damaged"
	retainCount    = 3
)

// snapshots is the raft.SnapshotStore: one file per snapshot, authenticated as a whole, in the format of
// snapfile.go. A file has its name only when it is complete and on disk.
type snapshots struct {
	dir      string
	cluster  [16]byte
	key      []byte
	retained func(oldest uint64) // told the index of the oldest snapshot that is kept, whenever it changes

	mu sync.Mutex // one change of the directory at a time
}

var _ raft.SnapshotStore = (*snapshots)(nil)

func newSnapshots(dir string, logKey []byte, cluster [16]byte) (*snapshots, error) {
	s := &snapshots{dir: filepath.Join(dir, snapshotDir), cluster: cluster, key: subkey(logKey, cluster, "snapshot v1")}
	if err := makeDir(s.dir); err != nil {
		return nil, fmt.Errorf("making the folder of snapshots: %w", err)
	}
	return s, nil
}

// snapshotID is the name of a snapshot: its index first, so that names sort as the snapshots do.
func snapshotID(index, term uint64) string { return fmt.Sprintf("%020d-%020d", index, term) }

// names lists the snapshots' ids, newest first, whatever their content.
func (s *snapshots) names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("listing snapshots: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), snapshotSuffix); ok && !e.IsDir() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(b, a) })
	return ids, nil
}

// indexOf reads the index out of a snapshot's id; 0 if it is none of ours.
func indexOf(id string) uint64 {
	var index, term uint64
	if n, err := fmt.Sscanf(id, "%020d-%020d", &index, &term); n != 2 || err != nil || snapshotID(index, term) != id {
		return 0
	}
	return index
}

func (s *snapshots) path(id string) string { return filepath.Join(s.dir, id+snapshotSuffix) }

// Create begins a snapshot. It becomes visible when the sink is closed.
func (s *snapshots) Create(version raft.SnapshotVersion, index, term uint64, conf raft.Configuration,
	confIndex uint64, _ raft.Transport,
) (raft.SnapshotSink, error) {
	if version != raft.SnapshotVersionMax {
		return nil, fmt.Errorf("snapshot version %d is not known", version)
	}
	return s.begin(snapHeader{
		Version: snapVersion, Cluster: s.cluster, Index: index, Term: term,
		Conf: raft.EncodeConfiguration(conf), ConfIndex: confIndex,
	})
}

// List describes the snapshots, newest first. One whose description is damaged is an error that names it.
func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	ids, err := s.names()
	if err != nil {
		return nil, err
	}
	metas := make([]*raft.SnapshotMeta, 0, len(ids))
	for _, id := range ids {
		meta, err := s.meta(id)
		if err != nil {
			return nil, err
		}
		metas = append(metas, meta)
	}
	return metas, nil
}

func (s *snapshots) meta(id string) (*raft.SnapshotMeta, error) {
	f, err := os.Open(s.path(id))
	if err != nil {
		return nil, fmt.Errorf("opening snapshot: %w", err)
	}
	defer f.Close()
	d, err := s.describe(f, id)
	if err != nil {
		return nil, err
	}
	return d.meta(id), nil
}

// Open verifies a whole snapshot and gives its body for reading; the body is verified again as it is read.
func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	if indexOf(id) == 0 {
		return nil, nil, fmt.Errorf("%.64q is not the name of a snapshot", id)
	}
	f, err := os.Open(s.path(id))
	if err != nil {
		return nil, nil, fmt.Errorf("opening snapshot: %w", err)
	}
	d, err := s.describe(f, id)
	if err == nil {
		err = s.verifyBody(f, d, id)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	body, err := newSnapBody(f, d, s.damaged(id))
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return d.meta(id), body, nil
}

// damaged makes the error for a snapshot.
func (s *snapshots) damaged(id string) func(error) error {
	return func(err error) error {
		return &DamageError{File: s.path(id), Index: indexOf(id), What: "the snapshot", Err: err}
	}
}

// verify reads a snapshot from end to end.
func (s *snapshots) verify(id string) (*raft.SnapshotMeta, error) {
	meta, body, err := s.Open(id)
	if err != nil {
		return nil, err
	}
	return meta, body.Close()
}

// quarantine renames a damaged snapshot so that it is no longer used, and keeps it for examination.
func (s *snapshots) quarantine(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(s.path(id), s.path(id)+damagedSuffix); err != nil {
		return fmt.Errorf("putting a damaged snapshot aside: %w", err)
	}
	return syncDir(s.dir)
}

// publish gives a finished file its name, for good, and drops what is older than the retained ones.
func (s *snapshots) publish(tmp, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(tmp, s.path(id)); err != nil {
		return fmt.Errorf("naming snapshot: %w", err)
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	return s.reapLocked()
}

func (s *snapshots) reapLocked() error {
	ids, err := s.names()
	if err != nil {
		return err
	}
	var errs []error
	for len(ids) > retainCount {
		errs = append(errs, os.Remove(s.path(ids[len(ids)-1])))
		ids = ids[:len(ids)-1]
	}
	if len(ids) > 0 && s.retained != nil {
		s.retained(indexOf(ids[len(ids)-1]))
	}
	return errors.Join(errs...)
}

// tidy removes what an interrupted snapshot left behind, and tells the oldest retained one.
func (s *snapshots) tidy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	left, err := filepath.Glob(filepath.Join(s.dir, "tmp-*"))
	if err != nil {
		return fmt.Errorf("looking for unfinished snapshots: %w", err)
	}
	for _, f := range left {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("removing an unfinished snapshot: %w", err)
		}
	}
	return s.reapLocked()
}

// makeDir makes a folder for good: one whose name is lost with the power is lost with all that was synced in it.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("syncing folder: %w", err)
	}
	return nil
}
