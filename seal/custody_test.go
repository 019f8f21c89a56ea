package seal_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

func TestRotatedKeyringIsAdoptedByEveryOpenNode(t *testing.T) {
	c, here, lines := create(t, 3, 2)
	there := open(t, c, lines)
	old := wrap(t, here)
	next, err := here.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	if here.Keyring().Term() != 1 || next.CurrentTerm != 2 || next.Revision != c.Revision+1 || next.Epoch != c.Epoch {
		t.Errorf("making a configuration changed the node: %v", next)
	}
	keyring := there.Keyring()
	for _, o := range []*seal.Opened{here, there} {
		for range 2 { // the second time is nothing new
			if err := o.Adopt(decode(t, next)); err != nil {
				t.Fatal(err)
			}
		}
		if o.Keyring().Term() != 2 || !slices.Equal(o.Keyring().Terms(), []uint32{1, 2}) {
			t.Errorf("term %d of %v", o.Keyring().Term(), o.Keyring().Terms())
		}
	}
	if keyring != there.Keyring() {
		t.Error("adopting replaced the keyring that others hold")
	}
	fresh := wrap(t, here)
	late := open(t, next, lines[1:]) // the same shares open the new configuration
	for _, o := range []*seal.Opened{here, there, late} {
		for _, w := range []wrapped{old, fresh} {
			if err := w.unwrap(o); err != nil {
				t.Errorf("term %d: %v", w.term, err)
			}
		}
	}
	if _, err := here.DropTerm(next, 2); !errors.Is(err, fault.BadState) {
		t.Errorf("dropping the current term: %v", err)
	}
	if _, err := here.DropTerm(next, 7); !errors.Is(err, fault.NotFound) {
		t.Errorf("dropping no term: %v", err)
	}
	dropped, err := here.DropTerm(next, 1)
	if err != nil {
		t.Fatal(err)
	}
	gone := there.Keyring().TermSealer(1)
	if err := there.Adopt(dropped); err != nil {
		t.Fatal(err)
	}
	_, err = gone.Seal(nil, nil)
	refused(t, err, fault.Sealed) // wiped
	refused(t, old.unwrap(there), fault.NotFound, "no term 1")
	if err := fresh.unwrap(there); err != nil {
		t.Error(err)
	}
	// What was dropped does not come back under the same number.
	if err := here.Adopt(dropped); err != nil {
		t.Fatal(err)
	}
	again, err := here.RotateKeyring(dropped)
	if err != nil || again.CurrentTerm != 3 {
		t.Errorf("%v, %v", again, err)
	}
}

func TestTermsAreBounded(t *testing.T) {
	c, o, lines := create(t, 1, 1)
	w := wrap(t, o)
	for len(c.Keyring.Terms) < 64 {
		next, err := o.RotateKeyring(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Adopt(next); err != nil {
			t.Fatal(err)
		}
		c = next
	}
	_, err := o.RotateKeyring(c)
	refused(t, err, fault.BadState, "64")
	if err := w.unwrap(open(t, c, lines)); err != nil {
		t.Error(err)
	}
}

func TestRekeyRetiresTheOldShares(t *testing.T) {
	c, here, lines := create(t, 3, 2)
	there := open(t, c, lines)
	old := wrap(t, here)
	mac, _ := here.Keyring().MAC("record", []byte("data"))
	next, newLines, err := here.Rekey(t.Context(), c, 5, 4, start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if next.Epoch != 2 || len(newLines) != 5 || next.CreatedAt != start.Add(time.Hour).Unix() {
		t.Errorf("%v", next)
	}
	if n, k := next.Shares(); n != 5 || k != 4 {
		t.Errorf("%d of %d", k, n)
	}
	if err := old.unwrap(open(t, c, lines)); err != nil {
		t.Errorf("until it is committed the old shares must open: %v", err)
	}
	for _, o := range []*seal.Opened{here, there} {
		if err := o.Adopt(decode(t, next)); err != nil {
			t.Fatal(err)
		}
		if epoch, revision := o.Epoch(); epoch != 2 || revision != 2 {
			t.Errorf("at epoch %d, revision %d", epoch, revision)
		}
	}
	y := ceremony(next)
	_, _, err = y.Submit(lines[0])
	refused(t, err, fault.Invalid, "epoch 1")
	late := open(t, next, newLines[1:])

	// Nodes that followed by handover and the one opened by the new shares are equals: each can go on.
	rotated, err := there.RotateKeyring(next)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []*seal.Opened{here, there, late} {
		if err := o.Adopt(rotated); err != nil {
			t.Fatal(err)
		}
		if err := old.unwrap(o); err != nil {
			t.Error(err)
		}
		if err := o.Keyring().CheckMAC("record", []byte("data"), mac[:]); err != nil {
			t.Errorf("codes do not survive a rekey: %v", err)
		}
	}
}

// Somebody has the old shares and an old backup, hence the old master key and keyring. Once the rekey is settled, that
// does not open the new configuration, nor any term made since.
func TestOldSharesAndBackupDoNotLeadToTheNewMasterKey(t *testing.T) {
	c, o, _ := create(t, 3, 2)
	var oldMaster []byte
	_ = o.WithMaster(func(b []byte) error { oldMaster = bytes.Clone(b); return nil })
	next, _, err := o.Rekey(t.Context(), c, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(next); err != nil {
		t.Fatal(err)
	}
	settled, err := o.Settle(next)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(settled); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenWithMaster(settled, oldMaster); err == nil {
		t.Error("the old master key opens the new configuration")
	}
	if _, err := seal.TryHandover(settled, 1, oldMaster); !errors.Is(err, fault.BadState) {
		t.Errorf("the settled configuration still hands over: %v", err)
	}
	// Until it is settled it does, as it must for nodes that are open: this is what DESIGN.md says.
	if got, err := seal.TryHandover(next, 1, oldMaster); err != nil || bytes.Equal(got, oldMaster) {
		t.Errorf("handover: %v", err)
	}
	if _, err := seal.TryHandover(next, 1, make([]byte, 32)); !errors.Is(err, fault.Internal) {
		t.Errorf("handover with another key: %v", err)
	}
}

func TestANodeFollowsSeveralRekeysAtOnce(t *testing.T) {
	c, here, lines := create(t, 2, 2)
	there := open(t, c, lines)
	w := wrap(t, here)
	latest := c
	for range 3 {
		next, _, err := here.Rekey(t.Context(), latest, 2, 2, start)
		if err != nil {
			t.Fatal(err)
		}
		if err := here.Adopt(next); err != nil {
			t.Fatal(err)
		}
		latest = next
	}
	asleep := open(t, c, lines)
	if err := there.Adopt(latest); err != nil {
		t.Fatal(err)
	}
	if err := w.unwrap(there); err != nil {
		t.Error(err)
	}
	settled, err := here.Settle(latest)
	if err != nil {
		t.Fatal(err)
	}
	if err := there.Adopt(settled); err != nil {
		t.Error(err)
	}
	refused(t, asleep.Adopt(settled), fault.BadState, "missed the rekey of epoch 1 to 2")
	if err := w.unwrap(asleep); err != nil {
		t.Errorf("a node that missed a rekey has to go on with what it has: %v", err)
	}
}

func TestOnlyNewerAuthenticConfigurationsAreAdopted(t *testing.T) {
	c, o, lines := create(t, 2, 2)
	stale := open(t, c, lines)
	next, err := o.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Adopt(next); err != nil {
		t.Fatal(err)
	}
	refused(t, o.Adopt(c), fault.Conflict, "revision 1")
	rival, err := stale.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, o.Adopt(rival), fault.Conflict, "revision 2")
	if o.Keyring().Term() != 2 {
		t.Error("a refused configuration had an effect")
	}
	// Changes are made on what is adopted, nothing else.
	for _, other := range []*seal.Config{c, rival} {
		_, err := o.RotateKeyring(other)
		refused(t, err, fault.Conflict)
		_, _, err = o.Rekey(t.Context(), other, 2, 2, start)
		refused(t, err, fault.Conflict)
		_, err = o.Settle(other)
		refused(t, err, fault.Conflict)
	}
	foreign, fo, _, err := seal.Create(otherCluster, 2, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	defer fo.Destroy()
	refused(t, o.Adopt(foreign), fault.Conflict, "cluster aabbccddeeff")

	forged := *next
	forged.Revision = 99
	refused(t, o.Adopt(&forged), fault.Internal, "altered")
	o.Destroy()
	refused(t, o.Adopt(next), fault.Sealed)
	_, err = o.RotateKeyring(next)
	refused(t, err, fault.Sealed)
}

// device is a slot as an HSM would be: it keeps its own key and wraps with it.
type device struct {
	id     string
	sealer *seal.Sealer
	broken error
}

func newDevice(t *testing.T, id string) *device {
	s, err := seal.NewSealer(bytes.Repeat([]byte(id[:1]), 32))
	if err != nil {
		t.Fatal(err)
	}
	return &device{id: id, sealer: s}
}

func (d *device) Name() (kind, id string) { return "device", d.id }

func (d *device) Wrap(_ context.Context, aad, master []byte) ([]byte, error) {
	if d.broken != nil {
		return nil, d.broken
	}
	return d.sealer.Seal(aad, master)
}

func (d *device) Unwrap(_ context.Context, aad, wrapped []byte, use func([]byte) error) error {
	master, err := d.sealer.Open(aad, wrapped)
	if err != nil {
		return err
	}
	defer clear(master)
	return use(master)
}

// operators is a slot that claims to be the one of shares.
type operators struct{ *device }

func (operators) Name() (kind, id string) { return "shamir", "second" }

// slow is a slot during whose wrapping the node is sealed.
type slow struct {
	*device
	during func()
}

func (s slow) Wrap(ctx context.Context, aad, master []byte) ([]byte, error) {
	s.during()
	return s.device.Wrap(ctx, aad, master)
}

func TestSealingDoesNotWaitForASlot(t *testing.T) {
	c, o, _ := create(t, 1, 1)
	next, err := o.AddSlot(t.Context(), c, slow{newDevice(t, "a"), o.Destroy})
	refused(t, err, fault.Sealed)
	if next != nil {
		t.Error("a sealed node changed the configuration")
	}
}

func TestSealingDuringAdoptStaysSealed(t *testing.T) {
	for range 200 {
		c, o, _, err := seal.Create(cluster, 1, 1, start)
		if err != nil {
			t.Fatal(err)
		}
		next, err := o.RotateKeyring(c)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			if err := o.Adopt(next); err != nil && !errors.Is(err, fault.Sealed) {
				t.Error(err)
			}
		})
		all.Go(o.Destroy)
		all.Wait()
		_, _, err = o.Keyring().Wrap(nil, nil)
		refused(t, err, fault.Sealed)
	}
}

func TestSlotsAreAddedAndRemovedOnline(t *testing.T) {
	c, o, lines := create(t, 2, 2)
	w := wrap(t, o)
	a, b := newDevice(t, "a"), newDevice(t, "b")
	step := func(next *seal.Config, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Adopt(next); err != nil {
			t.Fatal(err)
		}
		c = decode(t, next)
	}
	opens := func(d *device) bool {
		t.Helper()
		got, err := seal.OpenSlot(t.Context(), c, d)
		if err != nil {
			return false
		}
		defer got.Destroy()
		return w.unwrap(got) == nil
	}
	step(o.AddSlot(t.Context(), c, a))
	step(o.AddSlot(t.Context(), c, b))
	if !opens(a) || !opens(b) || w.unwrap(open(t, c, lines)) != nil {
		t.Fatal("a slot does not open")
	}
	_, err := o.AddSlot(t.Context(), c, a)
	refused(t, err, fault.Exists)
	_, err = o.AddSlot(t.Context(), c, operators{a})
	refused(t, err, fault.Invalid, "one slot of shares")
	thief := &device{id: "a", sealer: b.sealer}
	if opens(thief) {
		t.Error("another device's key opens the slot")
	}
	step(o.RemoveSlot(c, "b"))
	if opens(b) {
		t.Error("a removed slot opens")
	}
	_, err = o.RemoveSlot(c, "shamir")
	refused(t, err, fault.Invalid)
	_, err = o.RemoveSlot(c, "none")
	refused(t, err, fault.NotFound)

	_, _, err = o.Rekey(t.Context(), c, 2, 2, start)
	refused(t, err, fault.BadState, `slot "a"`)
	a.broken = errors.New("no power")
	if _, _, err = o.Rekey(t.Context(), c, 2, 2, start, a); !errors.Is(err, a.broken) {
		t.Errorf("got %v", err)
	}
	a.broken = nil
	next, _, err := o.Rekey(t.Context(), c, 2, 2, start, a)
	step(next, err)
	if !opens(a) {
		t.Error("a slot was not carried over by the rekey")
	}
}
