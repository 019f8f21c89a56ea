package vault

import (
	"context"
	"strconv"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Autopilot is what operators have set of what the leader does about the members by itself. Zero fields leave it to the
// leader's configuration.
type Autopilot = fsm.Autopilot

// autopilotIn replaces the settings at that revision.
type autopilotIn struct {
	Settings Autopilot
	Expect   uint64
}

var opAutopilot = newWrite("autopilot.set", access.Operate, setAutopilot)

// Autopilot gives the settings and their revision, 0 if nothing was ever set.
func (v *Vault) Autopilot(ctx context.Context, c access.Caller) (a Autopilot, revision uint64, err error) {
	t, err := v.begin("autopilot.get", access.Inspect, c, false)
	if err != nil {
		return a, 0, err
	}
	if err := t.done(t.inspect(ctx)); err != nil {
		return a, 0, err
	}
	s := t.link.machine.State()
	if doc := s.Document(fsm.AutopilotDocument); doc != nil {
		revision = doc.Revision
	}
	return s.Autopilot(), revision, nil
}

// SetAutopilot replaces the settings, on the revision that the caller saw. It takes effect at once, whoever leads. fault.Conflict if
// somebody else was faster, fault.Invalid for what cannot be meant.
func (v *Vault) SetAutopilot(ctx context.Context, c access.Caller, a Autopilot, revision uint64) error {
	_, err := opAutopilot.do(ctx, v, c, autopilotIn{a, revision})
	return err
}

func setAutopilot(ctx context.Context, t *task, in autopilotIn) (bool, error) {
	t.change("stabilize", in.Settings.Stabilize.String())
	t.change("dead_after", in.Settings.DeadAfter.String())
	t.change("min_quorum", strconv.Itoa(in.Settings.MinQuorum))
	t.change("hold_level", strconv.FormatBool(in.Settings.HoldLevel))
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	if err := in.Settings.Check(); err != nil {
		return false, err
	}
	body, err := in.Settings.Encode()
	if err != nil {
		return false, fault.Wrap(fault.Internal, err, "the settings cannot be written")
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, err = t.propose(ctx, &fsm.PutDocument{Name: fsm.AutopilotDocument, Expect: in.Expect, Body: body})
	return err == nil, err
}
