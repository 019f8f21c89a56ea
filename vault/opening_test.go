package vault_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// selfOpening is a cluster whose members hold shares and open themselves.
func selfOpening(t *testing.T, n int, spec vault.SlotSpec) *vaulttest.Fixture {
	t.Helper()
	f := vaulttest.Cluster(t, n, vaulttest.WithShares(5, 3))
	addQuorum(t, f, spec)
	return f
}

func addQuorum(t *testing.T, f *vaulttest.Fixture, spec vault.SlotSpec) {
	t.Helper()
	spec.Kind = "quorum"
	_, err := f.Vault(f.Leader()).AddSlot(ctx, f.Root(), spec)
	ok(t, "adding the slot", err)
	ok(t, "duties", f.Vault(f.Leader()).Duties(ctx))
}

// quorumSlot is the slot of members' shares as it stands.
func quorumSlot(t *testing.T, f *vaulttest.Fixture) *seal.Quorum {
	t.Helper()
	q, err := sealOf(t, f).Quorum()
	ok(t, "the slot", err)
	return q
}

func sealOf(t *testing.T, f *vaulttest.Fixture) *seal.Config {
	t.Helper()
	c, err := seal.DecodeConfig(f.State(f.Leader()).Document(fsm.SealDocument).Body)
	ok(t, "the seal's configuration", err)
	return c
}

// sharesOf are the shares that node i keeps, by file.
func sharesOf(f *vaulttest.Fixture, i int) map[string][]byte {
	all := f.Keeper(i).Files()
	for name := range all {
		if !strings.HasPrefix(name, "share-") {
			delete(all, name)
		}
	}
	return all
}

// audited counts entries of an operation with an outcome.
func audited(f *vaulttest.Fixture, i int, op, outcome string) (n int) {
	for _, e := range f.AuditEntries(i) {
		if e.Operation == op && e.Outcome == outcome && e.Phase == "response" {
			n++
		}
	}
	return n
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	ok(t, "encoding", err)
	return b
}

// shut checks that node i did not open itself, of what kind the refusal was, and that status says so and what to do.
func shut(t *testing.T, f *vaulttest.Fixture, i int, kind fault.Kind, words string) {
	t.Helper()
	err := f.Vault(i).TryOpen(ctx)
	st := f.Vault(i).Status(ctx)
	switch {
	case !errors.Is(err, kind) || !strings.Contains(fault.Of(err).Message, words):
		t.Errorf("node %d: %v, want %v with %q", i, err, kind, words)
	case !f.Vault(i).Sealed() || !st.Sealed:
		t.Errorf("node %d is open", i)
	case st.Opening.Reason != fault.Of(err).Message || st.Opening.Hint == "" || st.Opening.State == "":
		t.Errorf("node %d: status says %+v of %v", i, st.Opening, err)
	}
}

func opensItself(t *testing.T, f *vaulttest.Fixture, i int) {
	t.Helper()
	ok(t, "opening itself", f.Vault(i).TryOpen(ctx))
	if st := f.Vault(i).Status(ctx); f.Vault(i).Sealed() || st.Opening != (vault.Opening{}) {
		t.Fatalf("node %d did not open: %+v", i, st.Opening)
	}
}

func TestARestartedMemberOpensItself(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	for i := range 3 { // a follower, and whoever led
		f.Lead((i + 1) % 3)
		f.Restart(i)
		opensItself(t, f, i)
		opens(t, f, i, "k", text, "secret")
		lead := f.Leader()
		g := f.State(lead).Grant(f.Node(i))
		if g == nil || g.By != f.Node(lead) || g.Approved || !g.At.Time().Equal(f.Now()) {
			t.Errorf("the log says %+v", g)
		}
		if audited(f, lead, "sys.open-grant", "ok") == 0 || audited(f, lead, "sys.open-release", "ok") == 0 || audited(f, i, "sys.open-itself", "ok") != 1 {
			t.Error("the audit logs do not tell of it")
		}
	}
}

func TestNoShareIsGivenWithoutAGrantInTheLog(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{ColdStart: true})
	for i := range 3 {
		f.Restart(i)
	}
	f.FailNext(vaulttest.Lost)
	shut(t, f, 0, fault.Uncertain, "") // it leads, so nothing is asked again behind its back
	if n := audited(f, 1, "sys.open-release", "ok") + audited(f, 2, "sys.open-release", "ok"); n != 0 || f.State(1).Grant("n1") != nil {
		t.Errorf("%d shares were given", n)
	}
	f.FailNext(vaulttest.Committed)
	shut(t, f, 0, fault.Uncertain, "")
	opensItself(t, f, 0) // the same process again: the grant is there

	f.Restart(2)
	deal := quorumSlot(t, f).Deal
	boot := seal.NewBootKey()
	type ask struct {
		Boot  []byte `cbor:"1,keyasint"`
		Deal  []byte `cbor:"2,keyasint"`
		Index uint64 `cbor:"3,keyasint"`
	}
	for name, a := range map[string]ask{
		"another process": {boot.Public(), deal, 1},
		"no process":      {nil, deal, 1},
		"another dealing": {boot.Public(), make([]byte, 16), 1},
	} {
		for i := range 2 {
			if _, err := f.Vault(i).HandleRelease(ctx, "n3", marshal(t, a)); err == nil {
				t.Errorf("%s is given a share", name)
			}
		}
	}
}

func TestASecondProcessWaitsForTheWindow(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	f.Restart(1)
	opensItself(t, f, 1)
	f.Restart(1)
	shut(t, f, 1, fault.Busy, "another process")
	f.Advance(vault.DefaultWindow - time.Second)
	shut(t, f, 1, fault.Busy, "another process")
	f.Advance(time.Second)
	opensItself(t, f, 1)
	f.Restart(1)
	shut(t, f, 1, fault.Busy, "another process")
	ok(t, "approving", f.Vault(2).ApproveOpening(ctx, f.Root(), "n2"))
	opensItself(t, f, 1)
	f.Restart(2)
	opensItself(t, f, 2) // the window is each member's own
}

func TestAMemberThatIsAliveElsewhereStaysShut(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	f.Restart(1)
	f.Rival(1, true)
	shut(t, f, 1, fault.Busy, "alive elsewhere")
	ok(t, "approving", f.Vault(0).ApproveOpening(ctx, f.Root(), "n2"))
	shut(t, f, 1, fault.Busy, "alive elsewhere")
	shut(t, f, 1, fault.Busy, "alive elsewhere")
	if n := audited(f, 0, "sys.open-grant", "busy"); n != 1 || f.State(0).Grant("n2") != nil {
		t.Errorf("%d entries, grant %+v", n, f.State(0).Grant("n2"))
	}
	f.Rival(1, false)
	opensItself(t, f, 1)
}

func TestAMemberThatWasAwayForLongNeedsAnOperator(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	f.Restart(1)
	f.Advance(vault.DefaultAway + time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	shut(t, f, 1, fault.Denied, "last seen open")
	if !strings.Contains(f.Vault(1).Status(ctx).Opening.Hint, "slots approve n2") {
		t.Errorf("%+v", f.Vault(1).Status(ctx).Opening)
	}
	wants(t, "a stranger's word", f.Vault(0).ApproveOpening(ctx, as("mallory"), "n2"), fault.Denied)
	wants(t, "a word for nobody", f.Vault(0).ApproveOpening(ctx, f.Root(), "n9"), fault.NotFound)
	shut(t, f, 1, fault.Denied, "last seen open")
	ok(t, "approving", f.Vault(2).ApproveOpening(ctx, f.Root(), "n2"))
	opensItself(t, f, 1)
	if !f.State(0).Grant("n2").Approved {
		t.Error("the log does not tell of the operator's word")
	}
	f.Restart(2)
	opensItself(t, f, 2) // it was noted meanwhile

	never := time.Duration(0)
	addQuorum(t, f, vault.SlotSpec{Away: &never, Replace: true})
	f.Advance(time.Hour)
	f.Restart(2)
	shut(t, f, 2, fault.Denied, "last seen open")
	ok(t, "approving", f.Vault(0).ApproveOpening(ctx, f.Root(), "n3"))
	opensItself(t, f, 2)
}

func TestANewcomerIsOpenedBySharesOrAnOperatorFirst(t *testing.T) {
	f := vaulttest.Cluster(t, 4, vaulttest.WithShares(5, 3), vaulttest.Sealed())
	f.Cut(3)
	f.Unseal(0)
	f.Heal(3)
	addQuorum(t, f, vault.SlotSpec{})
	if q := quorumSlot(t, f); !slices.Equal(q.Members, []string{"n1", "n2", "n3"}) || q.Need != 3 {
		t.Fatalf("dealt to %+v", q)
	}
	if len(sharesOf(f, 3)) != 0 {
		t.Error("a member that was never open holds a share")
	}
	shut(t, f, 3, fault.Denied, "has not been open before")
	ok(t, "approving", f.Vault(0).ApproveOpening(ctx, f.Root(), "n4"))
	opensItself(t, f, 3)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if q := quorumSlot(t, f); len(q.Members) != 4 || len(sharesOf(f, 3)) != 1 {
		t.Errorf("dealt to %v", q.Members)
	}
}

func TestARemovedMembersShareOpensNothing(t *testing.T) {
	f := selfOpening(t, 4, vault.SlotSpec{})
	before := quorumSlot(t, f)
	if len(before.Members) != 4 || before.Need != 3 {
		t.Fatalf("%+v", before)
	}
	f.Restart(3)
	ok(t, "removing", f.Vault(0).Remove(ctx, f.Root(), "n4"))
	wants(t, "a removed member", f.Vault(3).TryOpen(ctx), fault.NotFound)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	after := quorumSlot(t, f)
	if !slices.Equal(after.Members, []string{"n1", "n2", "n3"}) || after.Need != 2 || bytes.Equal(after.Deal, before.Deal) {
		t.Fatalf("after the removal: %+v", after)
	}
	var old []*seal.PeerShare
	for i := range 4 {
		for name, b := range sharesOf(f, i) {
			s, err := seal.ParsePeerShare(b)
			ok(t, "a share", err)
			if bytes.Equal(s.Deal(), before.Deal) {
				old = append(old, s)
			} else if i == 3 {
				t.Errorf("the removed member has %s", name)
			}
		}
	}
	if _, err := seal.OpenQuorum(sealOf(t, f), old); len(old) < before.Need || !errors.Is(err, fault.Conflict) {
		t.Errorf("%d shares from before: %v", len(old), err)
	}
	for i := range 3 {
		ok(t, "tidying", f.Vault(i).TidyShares())
	}
	f.Advance(time.Hour)
	for i := range 3 {
		ok(t, "tidying", f.Vault(i).TidyShares())
		if len(sharesOf(f, i)) != 1 {
			t.Errorf("node %d keeps %d shares", i, len(sharesOf(f, i)))
		}
	}
	f.Restart(1)
	opensItself(t, f, 1)
	if f.State(0).SeenOpen("n4") != 0 {
		t.Error("the removed member is remembered")
	}
}

func TestTooFewMembersLeaveNothingDealt(t *testing.T) {
	f := selfOpening(t, 2, vault.SlotSpec{})
	f.Restart(1)
	ok(t, "removing", f.Vault(0).Remove(ctx, f.Root(), "n2"))
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if q := quorumSlot(t, f); q.Deal != nil {
		t.Errorf("one member, and %+v", q)
	}
	ok(t, "duties", f.Vault(0).Duties(ctx))
	one := vaulttest.New(t)
	addQuorum(t, one, vault.SlotSpec{})
	if q := quorumSlot(t, one); q.Deal != nil {
		t.Errorf("one member, and %+v", q)
	}
	one.Restart(0)
	ok(t, "nothing to try", one.Vault(0).TryOpen(ctx))
	if st := one.Vault(0).Status(ctx); st.Opening.State != vault.OpeningOff || st.Opening.Hint == "" {
		t.Errorf("%+v", st.Opening)
	}
}

func TestAColdStartIsRefusedUnlessItIsAllowed(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	for i := range 3 {
		f.Restart(i)
	}
	for i := range 3 {
		shut(t, f, i, fault.Sealed, "cold start is off")
	}
	f.Unseal(1)
	addQuorum(t, f, vault.SlotSpec{ColdStart: true, Replace: true})
	for i := range 3 {
		f.Restart(i)
	}
	for _, i := range []int{1, 0, 2} {
		opensItself(t, f, i)
	}
}

func TestWhatAnOperatorSealedStaysSealed(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{ColdStart: true})
	f.Restart(2) // sealed already when the operator seals
	ok(t, "sealing", f.Vault(0).Seal(ctx, f.Root(), false))
	f.Restart(1)
	for i := range 3 {
		ok(t, "nothing to try", f.Vault(i).TryOpen(ctx))
		if st := f.Vault(i).Status(ctx); !st.Sealed || st.Opening.State != vault.OpeningHeld {
			t.Errorf("node %d: sealed %v, %+v", i, st.Sealed, st.Opening)
		}
	}
	f.Unseal(2)
	f.Restart(1)
	opensItself(t, f, 1)

	ok(t, "sealing one", f.Vault(0).Seal(ctx, f.Root(), true))
	f.Restart(2)
	shut(t, f, 2, fault.Denied, "operator sealed")
	f.Lead(1)
	opensItself(t, f, 2) // n3's share and n2's; n1 gives nothing out
	if n := audited(f, 0, "sys.open-release", "ok"); n != 1 {
		t.Errorf("the member that was sealed gave its share %d times", n)
	}
}

func TestAWrongShareIsNamedAndOthersServe(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	spoil := func(i int) {
		for name, b := range sharesOf(f, i) {
			b[len(b)-2] ^= 1
			ok(t, "spoiling", f.Keeper(i).Write(name, b))
		}
	}
	spoil(2)
	f.Restart(2)
	opensItself(t, f, 2) // the shares of n1 and n2
	f.Advance(vault.DefaultWindow)
	f.Restart(2)
	spoil(1)
	shut(t, f, 2, fault.Stale, "share 2, of member n2, was altered")
	shut(t, f, 2, fault.Stale, "share 3, of member n3, was altered")
	f.Keeper(1).Break(true)
	shut(t, f, 2, fault.Stale, "1 of the 2")
}

func TestARekeyIsFollowedByADealing(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	addQuorum(t, f, vault.SlotSpec{Threshold: 3})
	before := quorumSlot(t, f)
	rekeyed(t, f, 0)
	if q := quorumSlot(t, f); q.Deal != nil || q.Threshold != 3 {
		t.Errorf("right after the rekey: %+v", q)
	}
	ok(t, "duties", f.Vault(0).Duties(ctx))
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if q := quorumSlot(t, f); q.Deal == nil || q.Need != 3 || bytes.Equal(q.Deal, before.Deal) {
		t.Errorf("after the dealing: %+v", q)
	}
	f.Restart(1)
	opensItself(t, f, 1)
}

// TestADealingSurvivesWhatHappensToIt fails its commit in every way: whatever the log says in the end, members that it names hold its shares.
func TestADealingSurvivesWhatHappensToIt(t *testing.T) {
	for name, failure := range map[string]vaulttest.Failure{"lost": vaulttest.Lost, "committed": vaulttest.Committed, "moved": vaulttest.Moved, "no leader": vaulttest.NoLeader} {
		t.Run(name, func(t *testing.T) {
			f := selfOpening(t, 3, vault.SlotSpec{})
			_, err := f.Vault(0).AddSlot(ctx, f.Root(), vault.SlotSpec{Kind: "quorum", Replace: true})
			ok(t, "replacing", err)
			f.FailNext(failure)
			_ = f.Vault(0).Duties(ctx)
			for range 3 { // a leader that failed rests before it deals again
				f.Advance(time.Minute)
				ok(t, "duties", f.Vault(f.Leader()).Duties(ctx))
			}
			q := quorumSlot(t, f)
			for i := range 3 {
				ok(t, "tidying", f.Vault(i).TidyShares())
			}
			if q.Deal == nil || len(q.Members) != 3 {
				t.Fatalf("%+v", q)
			}
			i := (f.Leader() + 1) % 3
			f.Restart(i)
			opensItself(t, f, i)
		})
	}
}

func TestWhoCannotHoldAShareIsLeftOutUntilItCan(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	f.Keeper(2).Break(true)
	addQuorum(t, f, vault.SlotSpec{})
	if q := quorumSlot(t, f); !slices.Equal(q.Members, []string{"n1", "n2"}) || q.Need != 2 {
		t.Fatalf("%+v", q)
	}
	f.Keeper(2).Break(false)
	f.Restart(2)
	opensItself(t, f, 2) // by the shares of the others
	first := quorumSlot(t, f).Deal
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if !bytes.Equal(quorumSlot(t, f).Deal, first) {
		t.Error("dealt again at once")
	}
	f.Advance(time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if q := quorumSlot(t, f); len(q.Members) != 3 {
		t.Errorf("%+v", q)
	}
	for name := range sharesOf(f, 1) { // a member that lost its disk's content
		ok(t, "losing", f.Keeper(1).Write(name, nil))
	}
	f.Advance(2 * time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if len(sharesOf(f, 1)) != 1 {
		t.Error("the member that lost its share has no new one")
	}
}

func TestSharesAreNowhereButWithTheirMembers(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	f.Restart(1)
	opensItself(t, f, 1)
	var secrets [][]byte
	for i := range 3 {
		for _, b := range sharesOf(f, i) {
			secrets = append(secrets, b[18:])
		}
	}
	if len(secrets) != 3 {
		t.Fatalf("%d shares", len(secrets))
	}
	look := func(where string, b []byte) {
		for i, s := range secrets {
			if holds(b, s) {
				t.Errorf("share %d is in %s", i+1, where)
			}
		}
	}
	for _, e := range f.Log() {
		look("the log", e.Data)
	}
	for i := range 3 {
		var snapshot bytes.Buffer
		_, err := f.State(i).WriteTo(&snapshot)
		ok(t, "a snapshot", err)
		look("a snapshot", snapshot.Bytes())
		for _, line := range f.AuditLines(i) {
			look("the audit log", line)
		}
	}
	handed := 0
	for _, b := range f.Wire() {
		for _, s := range secrets {
			if bytes.Contains(b, s) {
				handed++
			}
		}
	}
	if handed != 2 { // by the leader to the two others, when dealt; released ones are encrypted
		t.Errorf("shares crossed in the clear %d times, want 2", handed)
	}
}

func TestSlotsAreTheOperators(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	root := f.Root()
	for name, spec := range map[string]vault.SlotSpec{
		"shamir":    {Kind: "shamir"},
		"none":      {},
		"threshold": {Kind: "quorum", Threshold: 1},
		"window":    {Kind: "quorum", Window: -time.Second},
	} {
		_, err := f.Vault(1).AddSlot(ctx, root, spec)
		wants(t, name, err, fault.Invalid)
	}
	_, err := f.Vault(1).AddSlot(ctx, root, vault.SlotSpec{Kind: "quorum", Threshold: 4})
	wants(t, "more shares than there are voters", err, fault.BadState)
	if says := fault.Of(err); !strings.Contains(says.Message, "4 members, and there are 3 voters") || !strings.Contains(says.Hint, "from 2 to the number of voters") {
		t.Errorf("it says %q, %q", says.Message, says.Hint)
	}
	if _, err = f.Vault(0).Slots(ctx, root); err != nil || len(f.Vault(0).MemberSlots()) != 0 {
		t.Errorf("there is a slot all the same: %v", err)
	}
	_, err = f.Vault(0).AddSlot(ctx, as("mallory"), vault.SlotSpec{Kind: "quorum"})
	wants(t, "a stranger", err, fault.Denied)
	c := again(root, "once")
	for range 2 { // a repetition is no second slot
		got, err := f.Vault(1).AddSlot(ctx, c, vault.SlotSpec{Kind: "quorum"})
		ok(t, "adding", err)
		if got.Kind != "quorum" || got.Quorum == nil || got.Quorum.Dealt || got.Quorum.Window != vault.DefaultWindow || got.Quorum.Away != vault.DefaultAway {
			t.Errorf("%+v %+v", got, got.Quorum)
		}
	}
	_, err = f.Vault(0).AddSlot(ctx, root, vault.SlotSpec{Kind: "quorum"})
	wants(t, "another", err, fault.Exists)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	all, err := f.Vault(2).Slots(ctx, root)
	ok(t, "listing", err)
	if len(all) != 2 || all[0].Kind != "shamir" || !all[1].Quorum.Dealt || all[1].Threshold != 2 || all[1].Shares != 3 {
		t.Fatalf("%+v", all)
	}
	wants(t, "removing the shares", f.Vault(0).RemoveSlot(ctx, root, all[0].ID), fault.Invalid)
	err = f.Vault(0).RemoveSlot(ctx, root, "nothing")
	wants(t, "removing none", err, fault.NotFound)
	if hint := fault.Of(err).NextStep(); !strings.Contains(hint, "operator slots") {
		t.Errorf("it advises %q", hint)
	}
	wants(t, "a stranger removes", f.Vault(0).RemoveSlot(ctx, as("mallory"), "quorum"), fault.Denied)
	ok(t, "removing", f.Vault(1).RemoveSlot(ctx, root, "quorum"))
	wants(t, "approving", f.Vault(0).ApproveOpening(ctx, root, "n2"), fault.NotFound)
	f.Advance(time.Hour)
	for i := range 3 {
		ok(t, "tidying", f.Vault(i).TidyShares())
		if n := len(sharesOf(f, i)); n != 0 {
			t.Errorf("node %d keeps %d shares", i, n)
		}
	}
	f.Restart(2)
	ok(t, "nothing to try", f.Vault(2).TryOpen(ctx))
	if st := f.Vault(2).Status(ctx); !st.Sealed || st.Opening.State != vault.OpeningOff {
		t.Errorf("%+v", st.Opening)
	}
}

func TestOnlyTheLeaderDealsAndOnlyItGrants(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	for name, b := range sharesOf(f, 1) {
		in := struct {
			Deal  []byte `cbor:"1,keyasint"`
			Share []byte `cbor:"2,keyasint"`
		}{make([]byte, 16), b}
		_, err := f.Vault(2).HandleHold(ctx, "n2", marshal(t, in))
		wants(t, "a share from a member that does not lead: "+name, err, fault.Denied)
		in.Share = b[:20]
		_, err = f.Vault(2).HandleHold(ctx, "n1", marshal(t, in))
		wants(t, "half a share", err, fault.Invalid)
	}
	_, err := f.Vault(1).HandleGrant(ctx, "n3", marshal(t, map[int][]byte{1: make([]byte, 32), 2: quorumSlot(t, f).Deal}))
	wants(t, "a grant by a follower", err, fault.NoLeader)
	_, err = f.Vault(0).HandleGrant(ctx, "n9", marshal(t, map[int][]byte{1: make([]byte, 32), 2: quorumSlot(t, f).Deal}))
	wants(t, "a grant to no member", err, fault.NotFound)
	for name, call := range map[string]func([]byte) ([]byte, error){
		"grant":   func(b []byte) ([]byte, error) { return f.Vault(0).HandleGrant(ctx, "n2", b) },
		"release": func(b []byte) ([]byte, error) { return f.Vault(0).HandleRelease(ctx, "n2", b) },
		"hold":    func(b []byte) ([]byte, error) { return f.Vault(0).HandleHold(ctx, "n1", b) },
	} {
		_, err := call([]byte{0xff, 1, 2})
		wants(t, name, err, fault.Invalid)
	}
}

func TestARejoinedNameBeginsWithNothing(t *testing.T) {
	f := selfOpening(t, 3, vault.SlotSpec{})
	if f.State(0).SeenOpen("n3") == 0 {
		t.Fatal("an open member was not noted")
	}
	ok(t, "removing", f.Vault(0).Remove(ctx, f.Root(), "n3"))
	_, err := f.Vault(0).Admit(ctx, access.Caller{Door: "join"}, joining(t, "n3", f.Founded().JoinToken))
	ok(t, "joining again", err)
	if f.State(0).SeenOpen("n3") != 0 {
		t.Error("the newcomer inherits that another was open")
	}
}

// FuzzOpeningCalls feeds the peer calls of opening with whatever a member could send: no share comes out, and nothing is granted to a member
// that does not exist.
func FuzzOpeningCalls(f *testing.F) {
	x := vaulttest.Cluster(f, 2)
	_, err := x.Vault(0).AddSlot(ctx, x.Root(), vault.SlotSpec{Kind: "quorum"})
	ok(f, "adding the slot", err)
	ok(f, "duties", x.Vault(0).Duties(ctx))
	q, err := seal.DecodeConfig(x.State(0).Document(fsm.SealDocument).Body)
	ok(f, "the seal's configuration", err)
	slot, err := q.Quorum()
	ok(f, "the slot", err)
	for _, body := range []any{
		map[int][]byte{1: make([]byte, 32), 2: slot.Deal},
		map[int]any{1: make([]byte, 32), 2: slot.Deal, 3: 1},
		map[int][]byte{1: slot.Deal, 2: make([]byte, 50)},
	} {
		b, err := cbor.Marshal(body)
		ok(f, "encoding", err)
		f.Add(b)
	}
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond) // an index far ahead is waited for
		defer cancel()
		v := x.Vault(0)
		if _, err := v.HandleGrant(ctx, "n9", bytes.Clone(body)); err == nil {
			t.Error("a stranger was let in")
		}
		if _, err := v.HandleRelease(ctx, "n2", bytes.Clone(body)); err == nil {
			t.Error("a share was given without a grant")
		}
		_, _ = v.HandleHold(ctx, "n2", bytes.Clone(body)) // no answer carries anything
		if len(sharesOf(x, 0)) != 1 {
			t.Error("a member that does not lead dealt a share")
		}
	})
}
