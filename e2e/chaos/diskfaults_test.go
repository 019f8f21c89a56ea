package chaos_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

func diskFaults() []fault {
	return []fault{
		{"power cut of one", short, anywhere, func(r *run) error {
			n := r.c.nodes[r.rnd.IntN(len(r.c.nodes))]
			if err := n.kill(); err != nil {
				return err
			}
			return n.disk.Cut(r.rnd)
		}},
		{"power cut of all at once", short, anywhere, func(r *run) error {
			for _, n := range r.c.nodes {
				if err := n.Signal(sigkill); err != nil {
					return err
				}
			}
			for _, n := range r.c.nodes {
				if err := n.kill(); err != nil {
					return err
				}
				if err := n.disk.Cut(r.rnd); err != nil {
					return err
				}
			}
			return nil
		}},
		{"fsync fails on the leader", short, anywhere, onLeader(failSync)},
		{"fsync fails on a follower", false, anywhere, onFollower(failSync)},
		{"fsync takes 200 ms on the leader", false, anywhere, onLeader(slowSync)},
		{"fsync takes 200 ms on a follower", false, anywhere, onFollower(slowSync)},
		{"the leader's disk freezes", short, anywhere, onLeader(freeze)},
		{"a follower's disk freezes", false, anywhere, onFollower(freeze)},
		{"a follower's disk is full", false, anywhere, onFollower(full)},
		{"the leader's disk is full", false, anywhere, onLeader(full)},
		{"a stopped follower's log is damaged", false, anywhere, onFollower(func(r *run, n *node) error { return r.damage(n, "raft/raft.db") })},
	}
}

// failSync lets fsync fail: the process must be gone within a second of the first failure, for the kernel may have dropped what it could not write.
func failSync(r *run, n *node) error {
	before := n.disk.Stats().Failed
	n.excused = true
	n.disk.FailSync(syscall.EIO)
	if err := kit.Attempt(5*time.Second, func() error {
		if n.disk.Stats().Failed == before {
			return fmt.Errorf("%s syncs nothing", n.Name)
		}
		return nil
	}); err != nil {
		return err
	}
	begin := time.Now()
	if err := n.WaitExit(r.grace(time.Second)); err != nil {
		return fmt.Errorf("after an fsync that failed: %w", err)
	}
	r.figure(eioFigure, time.Since(begin))
	return r.goesOn(n)
}

// slowSync makes a disk slow, and not so slow that the node may end for it.
func slowSync(r *run, n *node) error {
	n.disk.SlowSync(200 * time.Millisecond)
	r.pass(1500*time.Millisecond, 3*time.Second)
	if !n.Running() {
		return fmt.Errorf("%s ended because its disk is slow: %s", n.Name, n.Tail(3))
	}
	return nil
}

// freeze lets nothing be written: the node must answer nobody 5 s later, and the others go on.
func freeze(r *run, n *node) error {
	n.excused = true
	n.disk.Freeze()
	if err := kit.Attempt(5*time.Second, func() error {
		if n.disk.Stalled().IsZero() {
			return fmt.Errorf("%s writes nothing", n.Name)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := kit.Attempt(r.grace(5*time.Second), func() error {
		if n.live() == nil {
			return fmt.Errorf("%s still answers %v after its disk froze", n.Name, time.Since(n.disk.Stalled()).Round(time.Millisecond))
		}
		return nil
	}); err != nil {
		return err
	}
	r.figure(stallFigure, time.Since(n.disk.Stalled()))
	if err := r.goesOn(n); err != nil {
		return err
	}
	return n.kill() // what is left of it waits for the disk
}

// full leaves no room: the process must not die of it, and reads go on.
func full(r *run, n *node) error {
	n.disk.Fill(64 << 10)
	r.pass(1500*time.Millisecond, 3*time.Second)
	if !n.Running() {
		return fmt.Errorf("%s ended because its disk is full: %s", n.Name, n.Tail(3))
	}
	return n.live()
}

// damage flips bytes of a stopped node's file until it refuses to start: it must name the file. The repair is the one of the runbook: the
// node is removed, its directory put aside, and it joins again empty.
func (r *run) damage(n *node, file string) error {
	if err := n.kill(); err != nil {
		return err
	}
	if err := n.disk.Offline(func() error { return r.flip(filepath.Join(n.disk.Back, "data", file)) }); err != nil {
		return err
	}
	if err := n.spawn(); err != nil {
		return err
	}
	if err := n.WaitExit(30 * time.Second); err != nil {
		return fmt.Errorf("with %s damaged: %w", file, err)
	}
	if said := n.Tail(12); n.Err() == nil || !strings.Contains(said, file) || !strings.Contains(said, "damaged") {
		return fmt.Errorf("%s with a damaged %s ended (%v) without naming it:\n%s", n.Name, file, n.Err(), said)
	}
	return r.replace(n)
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
