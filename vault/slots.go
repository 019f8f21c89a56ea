package vault

import (
	"context"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// What a slot of members' shares is set to unless the operator says otherwise.
const (
	DefaultWindow = 5 * time.Minute
	DefaultAway   = 24 * time.Hour
)

// SlotStatus describes one way to open the vault.
type SlotStatus struct {
	ID        string
	Kind      string // "shamir" or "quorum"
	Epoch     uint32
	Threshold int // shares that open it; 0 in a slot "quorum" that waits to be dealt
	Shares    int
	Quorum    *QuorumStatus // kind "quorum"
}

// QuorumStatus describes the slot of members' shares.
type QuorumStatus struct {
	Wanted    int           // as many shares as it was set to take; 0: a majority of the voters
	Dealt     bool          // members hold their shares, and a threshold of them opens the vault
	Members   []string      // who holds one
	Window    time.Duration // a member is let in at most once in so long
	Away      time.Duration // one that was away for longer needs an operator's word
	ColdStart bool          // sealed members give their shares out too
}

// SlotSpec is a slot to be added. The one kind there is to add is "quorum".
type SlotSpec struct {
	Kind      string
	Threshold int            // 0: a majority of the voters, whatever their number
	Window    time.Duration  // 0: DefaultWindow
	Away      *time.Duration // nil: DefaultAway; 0: every opening needs an operator's word
	ColdStart bool
	Replace   bool // take the place of the slot of that kind, with new settings and new shares
}

type slotIn struct{ ID string }

var (
	opAddSlot    = newWrite("sys.slot-add", access.Operate, addSlot)
	opRemoveSlot = newWrite("sys.slot-remove", access.Operate, removeSlot)
	opApprove    = newWrite("sys.open-approve", access.Operate, approveOpening)
)

// AddSlot adds a way to open the vault, online. A slot of members' shares is dealt in the background, within seconds. fault.Exists if there
// is one and it is not to be replaced; fault.BadState if its threshold is above the number of voters, so that it could not be dealt.
func (v *Vault) AddSlot(ctx context.Context, c access.Caller, s SlotSpec) (*SlotStatus, error) {
	return opAddSlot.do(ctx, v, c, s)
}

func addSlot(ctx context.Context, t *task, s SlotSpec) (*SlotStatus, error) {
	t.change("kind", s.Kind)
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	if s.Kind != seal.QuorumID {
		return nil, fault.New(fault.Invalid, "a slot of the kind %q cannot be added", clip(s.Kind)).
			WithHint("The kind that can is \"quorum\": members open themselves. The shares of the operators are always there; rekey changes them.")
	}
	settings := seal.QuorumSettings{Threshold: s.Threshold, Window: s.Window, Away: DefaultAway, ColdStart: s.ColdStart}
	if s.Window == 0 {
		settings.Window = DefaultWindow
	}
	if s.Away != nil {
		settings.Away = *s.Away
	}
	if err := seal.CheckQuorumSettings(settings); err != nil {
		return nil, err
	}
	t.change("window", settings.Window.String())
	t.change("away", settings.Away.String())
	if settings.ColdStart {
		t.change("cold_start", "true")
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	if err := t.putQuorum(ctx, settings, s.Replace); err != nil {
		return nil, err
	}
	return t.slot(seal.QuorumID)
}

func (t *task) putQuorum(ctx context.Context, settings seal.QuorumSettings, replace bool) error {
	_, done, err := t.before()
	if err != nil || done {
		return err
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return err
	}
	if _, err := cfg.Quorum(); err == nil && !replace {
		return fault.New(fault.Exists, "members open themselves already").
			WithHint("To change the settings and deal new shares: quorate operator slots add quorum --replace.")
	}
	if voters := t.voters(); settings.Threshold > voters {
		return fault.New(fault.BadState, "it would take the shares of %d members, and there are %d voters, who hold one each: it could not be dealt", settings.Threshold, voters).
			WithHint("Give a threshold from 2 to the number of voters, or none (a majority of them, whatever their number); or add voters first.")
	}
	next, err := t.keys.opened.PutQuorum(cfg, settings)
	if err != nil {
		return err
	}
	return t.changeSeal(ctx, next)
}

// voters is how many members have a vote, as this node's raft sees it.
func (t *task) voters() (n int) {
	for _, m := range t.link.members.Members() {
		if m.Role != "nonvoter" {
			n++
		}
	}
	return n
}

// RemoveSlot removes a way to open the vault, online. The operators' shares cannot be removed (fault.Invalid): they always open.
func (v *Vault) RemoveSlot(ctx context.Context, c access.Caller, id string) error {
	_, err := opRemoveSlot.do(ctx, v, c, slotIn{id})
	return err
}

func removeSlot(ctx context.Context, t *task, in slotIn) (bool, error) {
	t.change("slot", in.ID)
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, done, err := t.before()
	if err != nil || done {
		return done, err
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return false, err
	}
	next, err := t.keys.opened.RemoveSlot(cfg, in.ID)
	if err != nil {
		return false, err
	}
	return true, t.changeSeal(ctx, next)
}

// ApproveOpening is an operator's word that a member may open itself, once, within an hour: although it was away for long, was never open
// before, or was let in a moment ago. It does not stand for the member being alive elsewhere.
func (v *Vault) ApproveOpening(ctx context.Context, c access.Caller, node string) error {
	_, err := opApprove.do(ctx, v, c, memberIn{node})
	return err
}

func approveOpening(ctx context.Context, t *task, in memberIn) (bool, error) {
	t.change("member", in.Node)
	if err := t.allow(access.OfVault()); err != nil {
		return false, err
	}
	if err := t.member(in.Node); err != nil {
		return false, err
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return false, err
	}
	if _, err := cfg.Quorum(); err != nil {
		return false, err
	}
	if err := t.intend(); err != nil {
		return false, err
	}
	_, err = t.propose(ctx, &fsm.ApproveOpening{Node: in.Node, By: clip(t.caller.Principal)})
	return err == nil, err
}

// Slots lists the ways to open the vault.
func (v *Vault) Slots(ctx context.Context, c access.Caller) ([]SlotStatus, error) {
	t, err := v.begin("sys.slots", access.Inspect, c, false)
	if err != nil {
		return nil, err
	}
	slots, err := t.slots(ctx)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return slots, nil
}

func (t *task) slots(ctx context.Context) ([]SlotStatus, error) {
	if err := t.inspect(ctx); err != nil {
		return nil, err
	}
	return t.slotList()
}

func (t *task) slot(id string) (*SlotStatus, error) {
	all, err := t.slotList()
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no slot %q", clip(id)).WithHint("`quorate operator slots` lists those that there are.")
}

func (t *task) slotList() ([]SlotStatus, error) { return slotsOf(t.link.machine.State()) }

// MemberSlots lists the ways to open that rest on members, from this node's own state, sealed or not. It asks no policy: whoever
// calls it decides who may see it.
func (v *Vault) MemberSlots() (all []SlotStatus) {
	s := v.state()
	if s == nil {
		return nil
	}
	slots, err := slotsOf(s)
	if err != nil {
		return nil
	}
	for _, one := range slots {
		if one.Quorum != nil {
			all = append(all, one)
		}
	}
	return all
}

func slotsOf(s *fsm.State) ([]SlotStatus, error) {
	cfg, err := sealConfig(s)
	if err != nil {
		return nil, err
	}
	var slots []SlotStatus
	for _, w := range cfg.Slots {
		one := SlotStatus{ID: w.ID, Kind: w.Kind, Epoch: uint32(cfg.Epoch), Threshold: w.Threshold, Shares: w.Shares}
		if q, err := cfg.Quorum(); err == nil && w.Quorum != nil {
			one.Quorum = &QuorumStatus{Wanted: q.QuorumSettings.Threshold, Dealt: q.Deal != nil, Members: q.Members, Window: q.Window, Away: q.Away, ColdStart: q.ColdStart}
		}
		slots = append(slots, one)
	}
	return slots, nil
}
