package vault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// A rotation waits for its turn while something else happens to an older version: only what somebody asked for meanwhile is a rival.
func TestARotationYieldsOnlyToADestructionThatWasAskedForMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    time.Duration // of the destruction that is scheduled before; 0: none
		after time.Duration // that has passed when the rotation comes
		rival func(fsm.Change) keyChange
		want  error
	}{
		{"destroyed", 0, time.Hour, ending, fault.BadState},
		{"destroyed before its time", 2 * time.Hour, time.Hour, ending, fault.BadState},
		{"destroyed as it was scheduled", time.Hour, 2 * time.Hour, ending, nil},
		{"scheduled", 0, time.Hour, func(ch fsm.Change) keyChange {
			return &fsm.ScheduleDestroy{Change: ch, Version: 1, At: ch.Updated.Add(time.Hour)}
		}, fault.BadState},
		{"dated by another retire_after", 0, time.Hour, func(ch fsm.Change) keyChange {
			after := time.Hour
			return &fsm.UpdateKey{Change: ch, RetireAfter: &after}
		}, nil},
	} {
		f := vaulttest.New(t)
		v := f.Vault(0)
		r := f.MustCreate("k")
		rotate(t, f, "k")
		if c.in != 0 {
			_, err := v.DestroyKey(ctx, f.Root(), "k", vault.Destruction{Version: 1, After: &c.in, Force: true})
			ok(t, "scheduling", err)
		}
		f.Advance(c.after)
		asked := f.State(0).Key(r.ID)
		ch := fsm.Change{ID: r.ID, Expect: asked.Revision, Updated: key.At(f.Now())}
		ch.MAC = v.MACAfter(asked, c.rival(ch))
		f.Overtake(c.rival(ch))
		_, err := v.RotateKey(ctx, f.Root(), "k")
		if !errors.Is(err, c.want) {
			t.Errorf("version 1 %s while a rotation is under way: %v, want %v", c.name, err, c.want)
		}
		now := f.State(0).Key(r.ID)
		if was := asked.Versions[0]; was.State == now.Versions[0].State && was.DestroyAt == now.Versions[0].DestroyAt {
			t.Errorf("version 1 was not %s", c.name)
		}
		if rotated := now.Latest().Number == 3; rotated != (c.want == nil) {
			t.Errorf("version 1 %s: the latest version is %d", c.name, now.Latest().Number)
		}
	}
}

type keyChange interface {
	fsm.Command
	Next(*key.Record) (*key.Record, error)
}

func ending(ch fsm.Change) keyChange {
	return &fsm.SetState{Change: ch, Version: 1, To: key.Destroyed}
}

func TestAVersionThatARestoreTookAwayIsDestroyedToARotation(t *testing.T) {
	asked := &key.Record{ID: key.ID{1}, Versions: []key.Version{{Number: 1, State: key.Deactivated}, {Number: 2, State: key.Active}}}
	now := asked.Clone()
	now.Versions = now.Versions[:1]
	wants(t, "without its latest version", vault.EndedSince(asked, now), fault.BadState)
	now.Versions = asked.Versions[1:]
	wants(t, "without its first version", vault.EndedSince(asked, now), fault.BadState)
	asked.Versions[0].State = key.Destroyed
	ok(t, "without one that was destroyed before", vault.EndedSince(asked, now))
}
