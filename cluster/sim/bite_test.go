package sim_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/sim"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
)

// Each story here brings one bug of package vault/plant to light: plants.sh says which. Long runs of TestSimulation find most of
// them as well, by chance.

func revision(n *sim.Node, name string) uint64 {
	if d := n.Machine().State().Document(name); d != nil {
		return d.Revision
	}
	return 0
}

// TestALeaderThatWasDeposedWhileItStoodStillServesNoNewestRead: it stands still for less than half a lease, finds the answers to its last
// heartbeats when it goes on, and does not know yet that another one leads, and has acknowledged a write.
func TestALeaderThatWasDeposedWhileItStoodStillServesNoNewestRead(t *testing.T) {
	story(t, 3, func(t *testing.T, w *sim.World) {
		commit(t, leaderOf(t, w), &fsm.PutDocument{Name: "setting/k", Body: []byte("x")}, request())
		rev, told := uint64(1), 0
		for range 20 {
			settled(t, w)
			old := leaderOf(t, w)
			began := time.Now()
			old.Pause()
			for w.Leader() == nil && time.Since(began) < 900*time.Millisecond { // it counts who does not stand still
				time.Sleep(5 * time.Millisecond)
			}
			heir := w.Leader()
			if heir == nil {
				old.GoOn()
				continue
			}
			commit(t, heir, &fsm.PutDocument{Name: "setting/k", Expect: rev, Body: []byte("x")}, request())
			rev++
			w.GoOnBusily(old)
			if time.Since(began) < 950*time.Millisecond {
				told++
			}
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			err := old.Cluster().Fresh(ctx, access.Consistency{Mode: access.Linearizable})
			cancel()
			if got := revision(old, "setting/k"); err == nil && got < rev {
				t.Errorf("a deposed leader served revision %d as the newest, and %d had been acknowledged", got, rev)
			}
		}
		if told < 5 {
			t.Fatalf("another one led in time in %d of 20 rounds: this proves little", told)
		}
	})
}

func TestAPowerCutOfAllLosesNothing(t *testing.T) {
	story(t, 3, func(t *testing.T, w *sim.World) {
		for i := range 5 {
			name := fmt.Sprintf("setting/k%d", i)
			commit(t, leaderOf(t, w), &fsm.PutDocument{Name: name, Body: []byte("x")}, request())
			for _, n := range w.Members() {
				w.CutPower(n)
			}
			for _, n := range w.Members() {
				w.Restart(n)
			}
			settled(t, w)
			if got := revision(leaderOf(t, w), name); got != 1 {
				t.Fatalf("an acknowledged write is lost to a power cut: revision %d of %s, want 1", got, name)
			}
		}
	})
}

func TestANodeThatStartsAloneServesNothing(t *testing.T) {
	story(t, 3, func(t *testing.T, w *sim.World) {
		leader := leaderOf(t, w)
		away := others(w, leader)[0]
		w.Kill(away)
		commit(t, leader, &fsm.PutDocument{Name: "setting/k", Body: []byte("x")}, request())
		for _, n := range w.Members() {
			if n != away {
				w.Cut(n, away)
			}
		}
		w.Restart(away)
		for range 300 {
			if away.Cluster() != nil && local(away) == nil {
				t.Errorf("a node that has reached nobody since its start serves revision %d, and 1 was acknowledged", revision(away, "setting/k"))
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		w.Heal()
		settled(t, w)
	})
}

func TestNodesThatAppliedTheSameHoldTheSame(t *testing.T) {
	story(t, 3, func(t *testing.T, w *sim.World) {
		for i := range 20 {
			commit(t, leaderOf(t, w), &fsm.PutDocument{Name: fmt.Sprintf("setting/k%d", i), Body: []byte("x")}, request())
		}
		time.Sleep(time.Second)
		first := w.Members()[0].Machine().State()
		for _, n := range w.Members()[1:] {
			if s := n.Machine().State(); s.Digest() != first.Digest() {
				t.Errorf("the states of %s and %s differ", n.Name, w.Members()[0].Name)
			}
		}
	})
}

func TestALeaderWithAFrozenDiskIsReplaced(t *testing.T) {
	story(t, 3, func(t *testing.T, w *sim.World) {
		old := leaderOf(t, w)
		old.Freeze(true)
		began := time.Now()
		for made := false; !made; time.Sleep(50 * time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				t.Error("nothing can be written 10 s after the leader's disk froze, and two of three nodes are well")
				break
			}
			for _, n := range w.Members() {
				if n == old || n.Cluster() == nil {
					continue
				}
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				_, err := n.Cluster().Propose(ctx, &fsm.PutDocument{Name: "setting/k", Body: []byte("x")}, request())
				cancel()
				made = made || err == nil
			}
		}
		t.Logf("written after %v", time.Since(began))
		old.Freeze(false)
		settled(t, w)
	})
}
