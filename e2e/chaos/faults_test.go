package chaos_test

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/quorate/quorate/e2e/chaos/fabric"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// fault is something that breaks. What it returns is a promise that was not kept while it lasted; the run mends everything after it.
type fault struct {
	name   string
	short  bool // is in the short run
	people bool // needs a cluster that people open by their shares
	do     func(r *run) error
}

const (
	short    = true
	people   = true
	anywhere = false // not people
)

func faults() []fault {
	return slices.Concat(processFaults(), networkFaults(), diskFaults())
}

// onLeader and onFollower do something to one node and give it time.
func onLeader(f func(r *run, n *node) error) func(*run) error {
	return func(r *run) error {
		lead, err := r.c.leader()
		if err != nil {
			return err
		}
		return f(r, lead)
	}
}

func onFollower(f func(r *run, n *node) error) func(*run) error {
	return func(r *run) error {
		_, rest, err := r.c.parts(r.rnd)
		if err != nil {
			return err
		}
		return f(r, rest[0])
	}
}

func kill(r *run, n *node) error {
	if err := n.kill(); err != nil {
		return err
	}
	return r.goesOn(n)
}

// failover is kill for the leader: how long the others take is a figure.
func failover(r *run, n *node) error {
	begin := time.Now()
	if err := n.kill(); err != nil {
		return err
	}
	return r.goesOnSince(begin, failoverFigure, n)
}

func processFaults() []fault {
	return []fault{
		{"kill -9 of the leader", short, anywhere, onLeader(failover)},
		{"kill -9 of a follower", short, anywhere, onFollower(kill)},
		{"kill -9 of a majority, without the leader", false, anywhere, func(r *run) error {
			_, rest, err := r.c.parts(r.rnd)
			if err != nil {
				return err
			}
			for _, n := range rest[:len(r.c.nodes)/2+1] {
				if err := n.kill(); err != nil {
					return err
				}
			}
			r.pass(500*time.Millisecond, 1500*time.Millisecond)
			return nil
		}},
		{"kill -9 of all at once, restarted in any order", short, anywhere, func(r *run) error {
			for _, n := range r.c.nodes {
				if err := n.Signal(sigkill); err != nil {
					return err
				}
			}
			for _, n := range r.c.nodes {
				if err := n.kill(); err != nil {
					return err
				}
			}
			return nil
		}},
		{"an orderly stop of the leader", false, anywhere, onLeader(func(r *run, n *node) error {
			if err := n.Signal(syscall.SIGTERM); err != nil {
				return err
			}
			if err := n.WaitExit(20 * time.Second); err != nil {
				return err
			}
			if n.Err() != nil {
				return fmt.Errorf("%s did not stop in order: %w", n.Name, n.Err())
			}
			return r.goesOn(n)
		})},
		{"restarts of all, one after the other", false, anywhere, func(r *run) error {
			for _, i := range r.rnd.Perm(len(r.c.nodes)) {
				if err := r.c.nodes[i].kill(); err != nil {
					return err
				}
				if err := r.c.nodes[i].spawn(); err != nil {
					return err
				}
				if err := r.c.recovered(40 * time.Second); err != nil {
					return err
				}
			}
			return nil
		}},
		{"the leader killed while a restarted node is sealed", false, people, sealedSubset},
		{"the leader paused", short, anywhere, onLeader(func(r *run, n *node) error { return r.pause(n) })},
		{"a follower paused", false, anywhere, onFollower(func(r *run, n *node) error { return r.pause(n) })},
		{"everybody paused", false, anywhere, func(r *run) error {
			for _, n := range r.c.nodes {
				if err := n.Pause(); err != nil {
					return err
				}
			}
			r.pass(500*time.Millisecond, 3*time.Second)
			return nil
		}},
		{"leadership handed over, again and again", short, anywhere, func(r *run) error {
			for range 4 {
				_, rest, err := r.c.parts(r.rnd)
				if err != nil {
					return err
				}
				a, err := rest[0].ask(r.c.root, kit.Request{Method: http.MethodPost, Path: "/v1/sys/leader/transfer", Body: api.TransferRequest{To: rest[0].Name}})
				if err == nil && !a.OK() {
					r.t.Logf("a transfer to %s: %v", rest[0].Name, a)
				}
				r.pass(200*time.Millisecond, 600*time.Millisecond)
			}
			return nil
		}},
		{"the leader's clock jumps ahead by an hour, and back", false, people, onLeader(func(r *run, n *node) error {
			for _, by := range []time.Duration{time.Hour, 0} {
				n.clock = by
				if err := n.kill(); err != nil {
					return err
				}
				if err := n.spawn(); err != nil {
					return err
				}
				if err := r.c.recovered(40 * time.Second); err != nil {
					return err
				}
				if err := r.leads(n); err != nil { // it stamps what is written now
					return fmt.Errorf("with its clock %v ahead: %w", by, err)
				}
			}
			return nil
		})},
	}
}

// leads hands leadership to a node, and wants writes to go on under it.
func (r *run) leads(n *node) error {
	err := kit.Attempt(20*time.Second, func() error {
		if s, err := n.status(); err != nil || s.Leader == n.Name {
			return err
		}
		_, err := n.must(r.c.root, kit.Request{Method: http.MethodPost, Path: "/v1/sys/leader/transfer", Body: api.TransferRequest{To: n.Name}, Within: 3 * time.Second})
		if err == nil {
			err = fmt.Errorf("%s does not lead yet", n.Name)
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.goesOn()
}

// sealedSubset kills the leader while one of the others is sealed: the node that is open must lead.
func sealedSubset(r *run) error {
	lead, rest, err := r.c.parts(r.rnd)
	if err != nil {
		return err
	}
	if err := rest[0].kill(); err != nil {
		return err
	}
	if err := r.c.start(rest[0]); err != nil {
		return err
	}
	if err := lead.kill(); err != nil {
		return err
	}
	return kit.Attempt(20*time.Second, func() error {
		s, err := rest[1].status()
		if err == nil && s.Leader != rest[1].Name {
			err = fmt.Errorf("%q leads, and %s is the only node that is open", s.Leader, rest[1].Name)
		}
		return err
	})
}

func networkFaults() []fault {
	isolate := func(r *run, n *node) error {
		var others []int
		for _, o := range r.c.nodes {
			if o != n {
				others = append(others, o.index)
			}
		}
		r.c.net.Partition(others, []int{n.index})
		return r.goesOn(n)
	}
	all := func(l fabric.Link) func(*run) error {
		return func(r *run) error {
			r.c.net.SetAll(l)
			r.pass(1500*time.Millisecond, 3*time.Second)
			return nil
		}
	}
	return []fault{
		{"the leader cut off", short, anywhere, onLeader(isolate)},
		{"a follower cut off", false, anywhere, onFollower(isolate)},
		{"everybody alone", false, anywhere, func(r *run) error {
			r.c.net.Partition()
			r.pass(2500*time.Millisecond, 4*time.Second)
			return nil
		}},
		{"the leader hears nobody", short, anywhere, onLeader(func(r *run, n *node) error { r.c.net.Deafen(n.index); return r.goesOn(n) })},
		{"nobody hears the leader", false, anywhere, onLeader(func(r *run, n *node) error { r.c.net.Mute(n.index); return r.goesOn(n) })},
		{"a follower hears nobody", false, anywhere, onFollower(func(r *run, n *node) error { r.c.net.Deafen(n.index); return r.goesOn(n) })},
		{"nobody hears a follower", false, anywhere, onFollower(func(r *run, n *node) error { r.c.net.Mute(n.index); return r.goesOn(n) })},
		{"the followers do not reach each other", false, anywhere, func(r *run) error {
			_, rest, err := r.c.parts(r.rnd)
			if err != nil {
				return err
			}
			r.c.net.Set(rest[0].index, rest[1].index, fabric.Link{Cut: true})
			r.c.net.Set(rest[1].index, rest[0].index, fabric.Link{Cut: true})
			return r.goesOn(rest[0], rest[1])
		}},
		{"a link that comes and goes", false, anywhere, onLeader(func(r *run, n *node) error {
			for range 6 {
				r.c.net.Deafen(n.index)
				r.pass(100*time.Millisecond, 400*time.Millisecond)
				r.c.net.Heal()
				r.pass(100*time.Millisecond, 400*time.Millisecond)
			}
			return nil
		})},
		{"one frame in ten is lost", false, anywhere, all(fabric.Link{Loss: 0.1})},
		{"30 ms each way, and as much by chance", false, anywhere, all(fabric.Link{Delay: 30 * time.Millisecond, Jitter: 30 * time.Millisecond})},
		{"every third frame comes twice, and late", short, anywhere, all(fabric.Link{Duplicate: 0.3, Jitter: 10 * time.Millisecond})},
		{"loss, and the leader killed", false, anywhere, func(r *run) error {
			r.c.net.SetAll(fabric.Link{Loss: 0.05, Jitter: 5 * time.Millisecond})
			return onLeader(kill)(r)
		}},
		{"cut off, then killed, and back with an old state", false, anywhere, onFollower(func(r *run, n *node) error {
			if err := isolate(r, n); err != nil {
				return err
			}
			if err := n.kill(); err != nil {
				return err
			}
			if err := n.spawn(); err != nil {
				return err
			}
			r.pass(500*time.Millisecond, 1500*time.Millisecond) // it is still alone: it must not serve
			if err := n.ready(); err == nil {
				return fmt.Errorf("%s serves after a restart, although it is cut off", n.Name)
			}
			return nil
		})},
	}
}
