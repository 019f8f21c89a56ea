package chaos_test

import (
	"bytes"
	"fmt"
	"os"
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
		{"a follower's disk is full", short, anywhere, onFollower(full)},
		{"the leader's disk is full", false, anywhere, onLeader(full)},
		{"a stopped follower's log is damaged", short, anywhere, onFollower(damageLog)},
		{"the log of a leader that was killed is damaged", false, anywhere, onLeader(damageLog)},
		{"a stopped follower's newest snapshot is damaged", false, anywhere, onFollower(damageNewest)},
		{"all snapshots of a stopped follower are damaged", false, anywhere, onFollower(damageAll)},
		{"the newest snapshot of a leader that was killed is damaged", false, anywhere, onLeader(damageNewest)},
		{"all snapshots of a leader that was killed are damaged", false, anywhere, onLeader(damageAll)},
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

// full leaves no room until the node has refused what a leader sent it (or, leading, its own write): the process must not die of it, and reads
// go on. With room again it has everything soon, without a restart: one refused append must not leave it behind for good (R6).
func full(r *run, n *node) error {
	before, said := n.disk.Stats().Full, n.refusals()
	n.disk.Fill(0)
	if err := kit.Attempt(15*time.Second, func() error {
		if n.disk.Stats().Full == before || n.refusals() == said {
			return fmt.Errorf("%s has refused no append, although its disk has no room: %d calls met it", n.Name, n.disk.Stats().Full-before)
		}
		return nil
	}); err != nil {
		return err
	}
	r.pass(500*time.Millisecond, 1500*time.Millisecond)
	if !n.Running() {
		return fmt.Errorf("%s ended because its disk is full: %s", n.Name, n.Tail(3))
	}
	if err := n.live(); err != nil {
		return err
	}
	lead, err := r.c.leader()
	if err != nil {
		return err
	}
	s, err := lead.status()
	if err != nil {
		return err
	}
	n.disk.Mend()
	begin := time.Now()
	if err := kit.Attempt(r.grace(15*time.Second), func() error {
		own, err := n.status()
		if err == nil && own.Index < s.Index {
			err = fmt.Errorf("%s has room again and is still at %d, %d behind where the others were then", n.Name, own.Index, s.Index-own.Index)
		}
		return err
	}); err != nil {
		return err
	}
	r.figure(fullFigure, time.Since(begin))
	return r.goesOn()
}

// refusals counts how often the node said that it did not take a write to its log.
func (n *node) refusals() int {
	b, err := os.ReadFile(n.Log)
	if err != nil {
		return 0
	}
	return bytes.Count(b, []byte("failed to append to logs")) + bytes.Count(b, []byte("failed to commit logs"))
}
