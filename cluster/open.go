package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster/peer"
)

// Verify examines a stopped node's data directory as Open does before it trusts it, and changes nothing but
// what Open would: an unfinished snapshot is removed, and a damaged one that nobody needs is put aside. The error is a
// *DamageError that names file and index.
func Verify(dir string, id *peer.Identity, lg *slog.Logger) error {
	if lg == nil {
		lg = slog.Default()
	}
	n := &Node{cfg: Config{Dir: dir, Identity: id, Node: id.Node, DiskStall: defaultStall, World: World{}.withDefaults()}, log: lg, fatal: make(chan struct{})}
	err := n.openStore()
	if n.store != nil {
		err = errors.Join(err, n.store.close())
	}
	return err
}

// spend gives up the last of the ballast for a record that must be written.
func (n *Node) spend() bool { return n.room != nil && n.room.Spend() }

// checkKept refuses to begin anew where a member was.
func (n *Node) checkKept(path string) error {
	if !n.cfg.Kept || n.cfg.Bootstrap {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
		return &LostError{File: path, Node: n.cfg.Node}
	case err != nil:
		return fmt.Errorf("looking for the log: %w", err)
	}
	return nil
}

// verifyStore is openStore for a file that is not to be changed, and closes it again.
func (n *Node) verifyStore() error {
	opts := boltOptions()
	opts.ReadOnly = true
	err := n.openStoreWith(opts)
	if n.store != nil {
		err = errors.Join(err, n.store.close())
	}
	n.store, n.stable, n.snaps = nil, nil, nil
	return err
}

// openStore opens and verifies log, stable store and snapshots.
func (n *Node) openStore() error { return n.openStoreWith(boltOptions()) }

func (n *Node) openStoreWith(opts *bbolt.Options) error {
	path := filepath.Join(n.cfg.Dir, logFile)
	if err := n.checkKept(path); err != nil {
		return err
	}
	disk, err := n.cfg.World.Disk(path, opts)
	if err != nil {
		return err
	}
	if err := syncDir(n.cfg.Dir); err != nil { // a log whose name is lost with the power is a log lost
		return errors.Join(err, closeStore(disk))
	}
	id := n.cfg.Identity
	n.store = &store{disk: disk, path: path, chain: newChain(id.LogKey, id.Cluster), slow: n.cfg.DiskStall, fatal: n.fail, full: n.pinch, spend: n.spend, clock: n.boot}
	n.stable = newStable(disk, n.store, id.LogKey, id.Cluster, n.cfg.Node)
	if n.snaps, err = newSnapshots(n.cfg.Dir, id.LogKey, id.Cluster); err != nil {
		return err
	}
	n.snaps.retained = n.store.keepFrom.Store
	if err := n.snaps.tidy(); err != nil {
		return err
	}
	began := time.Now()
	if err := preflight(n.store, n.stable, n.snaps, n.log); err != nil {
		return err
	}
	n.log.Debug("store verified", "took", time.Since(began))
	return nil
}
