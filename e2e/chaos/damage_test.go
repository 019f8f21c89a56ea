package chaos_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

// logFile and snapshotDir are where a node keeps its log and its snapshots, in its directory.
const (
	logFile     = "raft/raft.db"
	snapshotDir = "raft/snapshots"
)

// damageLog flips bytes of a stopped node's log: it must refuse to start, and name the file. The repair is the one of the runbook: the
// node is removed, its directory put aside, and it joins again empty.
func damageLog(r *run, n *node) error {
	if err := kill(r, n); err != nil {
		return err
	}
	if err := n.disk.Offline(func() error { return r.flip(n.back(logFile)) }); err != nil {
		return err
	}
	if err := n.spawn(); err != nil {
		return err
	}
	if err := n.WaitExit(30 * time.Second); err != nil {
		return fmt.Errorf("with %s damaged: %w", logFile, err)
	}
	if err := n.names(logFile); err != nil {
		return err
	}
	return r.replace(n)
}

func damageNewest(r *run, n *node) error { return r.damageSnapshots(n, false) }
func damageAll(r *run, n *node) error    { return r.damageSnapshots(n, true) }

// damageSnapshots flips bytes of a stopped node's newest snapshot, or of all. Where older data covers what they held, the node puts them
// aside and goes on; else it must refuse to start and name one of them, and is replaced. With the older snapshots whole it must go on: the
// log reaches back to the oldest that is kept.
func (r *run) damageSnapshots(n *node, all bool) error {
	for range 2 { // so that there is an older one
		if err := r.snapshot(n); err != nil {
			return err
		}
	}
	if err := kill(r, n); err != nil {
		return err
	}
	files, err := n.snapshots()
	if err != nil {
		return err
	}
	const kept = 3 // what is older goes at the start, if the kill came before it went
	files = files[max(0, len(files)-kept):]
	if !all {
		files = files[len(files)-1:]
	}
	if err := n.disk.Offline(func() error {
		var errs []error
		for _, f := range files {
			errs = append(errs, r.flipAnywhere(n.back(filepath.Join(snapshotDir, f))))
		}
		return errors.Join(errs...)
	}); err != nil {
		return err
	}
	if err := n.spawn(); err != nil {
		return err
	}
	if err := kit.Attempt(30*time.Second, func() error {
		if n.Ended() {
			return nil
		}
		return n.live()
	}); err != nil {
		return fmt.Errorf("with %q damaged %s neither runs nor ends: %w", files, n.Name, err)
	}
	if n.Ended() {
		if err := n.names(files...); err != nil {
			return err
		}
		if !all {
			return fmt.Errorf("%s refuses to start, although it has an older snapshot and the log from there on:\n%s", n.Name, n.Tail(3))
		}
		r.refused++
		return r.replace(n)
	}
	if err := r.c.recovered(40 * time.Second); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Stat(n.back(filepath.Join(snapshotDir, f+".damaged"))); err != nil {
			return fmt.Errorf("%s serves, and its damaged snapshot was not put aside: %w", n.Name, err)
		}
		if !n.Logged(f) {
			return fmt.Errorf("%s put its damaged snapshot %s aside and does not say so", n.Name, f)
		}
	}
	r.aside++
	return nil
}

// back is where a file of a node's directory lies behind its disk: it can be looked at while the disk is in use.
func (n *node) back(file string) string { return filepath.Join(n.disk.Back, "data", file) }

// names wants a process that ended to have said which of the files is damaged.
func (n *node) names(files ...string) error {
	said := n.Tail(12)
	if n.Err() == nil || !strings.Contains(said, "damaged") || !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(said, f) }) {
		return fmt.Errorf("%s with a damaged file ended (%v) without naming one of %q:\n%s", n.Name, n.Err(), files, said)
	}
	return nil
}

// snapshots are the names of the snapshots that a node keeps, the newest last.
func (n *node) snapshots() ([]string, error) {
	found, err := filepath.Glob(n.back(filepath.Join(snapshotDir, "*.snap")))
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	slices.Sort(found)
	return found, err
}

// snapshot has some writes done, and a node take a snapshot: an operator asks for one with SIGUSR1.
func (r *run) snapshot(n *node) error {
	if err := r.l.reach(20, 20*time.Second); err != nil {
		return err
	}
	before, err := n.snapshots()
	if err != nil {
		return err
	}
	if err := n.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	return kit.Attempt(15*time.Second, func() error {
		now, err := n.snapshots()
		if err == nil && (len(now) == 0 || len(before) > 0 && now[len(now)-1] == before[len(before)-1]) {
			err = fmt.Errorf("%s took no snapshot when it was asked to", n.Name)
		}
		return err
	})
}

// flipAnywhere changes a bit in each of some bytes of a file.
func (r *run) flipAnywhere(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return fmt.Errorf("%s is empty", path)
	}
	for range 3 {
		b[r.rnd.IntN(len(b))] ^= 1 << r.rnd.IntN(8)
	}
	return os.WriteFile(path, b, 0o600)
}

// flip changes a bit in every occurrence of a key's name: at least one lies in a record that counts.
func (r *run) flip(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	flipped := 0
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("chaos-"))
		if i < 0 {
			break
		}
		at += i + 2
		b[at] ^= 1 << r.rnd.IntN(8)
		flipped++
	}
	if flipped == 0 {
		return fmt.Errorf("%s holds no record", path)
	}
	return os.WriteFile(path, b, 0o600)
}

// replace removes a node whose directory is lost and lets it join again, empty.
func (r *run) replace(n *node) error {
	var lead *node
	err := kit.Attempt(30*time.Second, func() (err error) { // while the third node is not known to be up it is refused, and rightly so
		if lead, err = r.c.leader(); err != nil {
			return err
		}
		a, err := lead.ask(r.c.root, kit.Request{Method: http.MethodDelete, Path: "/v1/sys/members/" + n.Name, Within: 20 * time.Second})
		if err == nil && !a.OK() && a.Status != http.StatusNotFound {
			err = fmt.Errorf("removing %s: %v", n.Name, a)
		}
		return err
	})
	if err != nil {
		return err
	}
	back := filepath.Join(n.disk.Back, "data")
	if err := n.disk.Offline(func() error { return os.Rename(back, fmt.Sprintf("%s.%d", back, time.Now().UnixNano())) }); err != nil {
		return err
	}
	n.join, n.joined = lead.peer(), true
	r.joined++
	if err := n.spawn(); err != nil {
		return err
	}
	if err := r.c.recovered(40 * time.Second); err != nil {
		return err
	}
	return r.c.voting(40 * time.Second)
}
