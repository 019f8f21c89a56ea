package cluster

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"runtime"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/quorate/quorate/vault/fault"
)

const (
	stableKey     = "quorate/stable" // the one key under which all of it is kept
	stableVersion = 1
	maxStable     = 4 << 10
)

// stableRecord is everything that raft must never forget: its term, and whom it voted for. It is kept as one
// record, so that neither half can go missing unnoticed.
type stableRecord struct {
	Version uint8             `cbor:"1,keyasint"`
	Node    string            `cbor:"2,keyasint"`
	Values  map[string][]byte `cbor:"3,keyasint"`
}

var (
	wireEnc = must(cbor.CoreDetEncOptions().EncMode())
	// wireDec passes over fields that it does not know: members of two versions talk to each other while they are upgraded.
	wireDec = must(bounded.DecMode())
	// diskDec refuses them: what is on the disk was written by this program or an older one.
	diskDec = must(func() cbor.DecOptions {
		strict := bounded
		strict.ExtraReturnErrors = cbor.ExtraDecErrorUnknownField
		return strict
	}().DecMode())
)

var bounded = cbor.DecOptions{
	DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 8, MaxArrayElements: 4096, MaxMapPairs: 64,
	IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
}

// must is for constants of ours that cannot fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// stable is the raft.StableStore: one authenticated record that also names the node, so that another node's vote
// cannot be passed off as ours.
type stable struct {
	disk raft.StableStore
	log  *store // for its path, its watchdog and its fatal hook
	key  []byte
	node string

	mu  longLock
	now map[string][]byte // nil until loaded; guarded by mu
}

var _ raft.StableStore = (*stable)(nil)

func newStable(disk raft.StableStore, log *store, logKey []byte, cluster [16]byte, node string) *stable {
	return &stable{disk: disk, log: log, key: subkey(logKey, cluster, "stable store v1"), node: node}
}

func (s *stable) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write(body)
	return m.Sum(nil)
}

// load reads and verifies the record. found is false in a new store.
func (s *stable) load() (found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loadLocked()
}

func (s *stable) loadLocked() (found bool, err error) {
	if s.now != nil {
		return true, nil
	}
	damaged := func(err error) (bool, error) {
		return false, &DamageError{File: s.log.path, What: "the record of term and vote (stable store)", Err: err}
	}
	var raw []byte
	err = s.log.guard(func() (err error) { raw, err = s.disk.Get([]byte(stableKey)); return err })
	if errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return damaged(err)
	}
	if len(raw) < sha256.Size || len(raw) > maxStable {
		return damaged(fmt.Errorf("it has %d bytes", len(raw)))
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(mac, s.mac(body)) {
		return damaged(errors.New("its authentication does not match its content"))
	}
	var r stableRecord
	if err := diskDec.Unmarshal(body, &r); err != nil {
		return damaged(err)
	}
	if r.Version != stableVersion {
		return damaged(fmt.Errorf("it has the unknown version %d", r.Version))
	}
	if r.Node != s.node {
		return damaged(fmt.Errorf("it belongs to node %q and this is %q", r.Node, s.node))
	}
	s.now = r.Values
	if s.now == nil {
		s.now = map[string][]byte{}
	}
	return true, nil
}

// Set keeps a value for good. The whole record is written, in one transaction. raft cannot go on without it, so what is
// held in reserve is given up for it; if that is not enough the node ends.
func (s *stable) Set(key, val []byte) error {
	err := s.put(key, val)
	if errors.Is(err, fault.Full) && s.log.spend != nil && s.log.spend() {
		err = s.put(key, val)
	}
	if errors.Is(err, fault.Full) {
		err = &DiskError{File: s.log.path, Err: err}
		s.log.fatal(err)
	}
	return err
}

func (s *stable) put(key, val []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.loadLocked(); err != nil {
		return err
	}
	next := maps.Clone(s.now)
	if next == nil {
		next = map[string][]byte{}
	}
	next[string(key)] = append([]byte(nil), val...)
	body, err := wireEnc.Marshal(stableRecord{Version: stableVersion, Node: s.node, Values: next})
	if err != nil {
		return fmt.Errorf("encoding term and vote: %w", err)
	}
	raw := append(body, s.mac(body)...)
	if err := s.log.timed(func() error { return s.disk.Set([]byte(stableKey), raw) }); err != nil {
		return err
	}
	s.now = next
	return nil
}

// Get returns a value, or an error that raft takes for "there is none".
func (s *stable) Get(key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.loadLocked(); err != nil {
		return nil, err
	}
	val, ok := s.now[string(key)]
	if !ok {
		return nil, raftboltdb.ErrKeyNotFound
	}
	return append([]byte(nil), val...), nil
}

// SetUint64 keeps a number.
func (s *stable) SetUint64(key []byte, val uint64) error {
	err := s.Set(key, binary.BigEndian.AppendUint64(nil, val))
	var disk *DiskError
	if errors.As(err, &disk) && s.log.running.Load() {
		// Raft panics when it cannot keep its term, and the process would end with that instead of the reason. The node is
		// ending already; this goroutine of raft's has nothing left to do. See store.GetLog.
		runtime.Goexit()
	}
	return err
}

// GetUint64 returns a number.
func (s *stable) GetUint64(key []byte) (uint64, error) {
	val, err := s.Get(key)
	if err != nil {
		return 0, err
	}
	if len(val) != 8 {
		return 0, fmt.Errorf("the value has %d bytes instead of 8", len(val))
	}
	return binary.BigEndian.Uint64(val), nil
}

// canary writes the record again, so that a leader with nothing to do notices that its disk stands still. Whether there is
// room for it says nothing of that.
func (s *stable) canary() error {
	if err := s.put([]byte("Canary"), []byte{1}); !errors.Is(err, fault.Full) {
		return err
	}
	return nil
}
