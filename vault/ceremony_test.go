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

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

func hand(f *vaulttest.Fixture, node, share int) (*vault.Unsealing, error) {
	return f.Vault(node).Unseal(ctx, access.Caller{Door: "test"}, f.Shares()[share])
}

func open(f *vaulttest.Fixture) (nodes []int) {
	for i := range f.Len() {
		if !f.Vault(i).Sealed() {
			nodes = append(nodes, i)
		}
	}
	return nodes
}

func sealedCluster(t *testing.T) *vaulttest.Fixture {
	t.Helper()
	return vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3), vaulttest.Sealed())
}

func TestSharesToOneNodeOpenAll(t *testing.T) {
	for node := range 3 {
		f := sealedCluster(t)
		for i := range 3 {
			u, err := hand(f, node, i)
			ok(t, "handing in a share", err)
			if i < 2 && (len(open(f)) != 0 || !u.Sealed || u.Progress.Have != i+1 || u.Progress.Need != 3) {
				t.Errorf("after %d shares: %+v, open %v", i+1, u, open(f))
			}
		}
		if got := open(f); len(got) != 3 {
			t.Errorf("given to node %d, open are %v", node, got)
		}
		f.MustCreate("k")
	}
}

func TestSharesSpreadOverNodesOpenAll(t *testing.T) {
	f := sealedCluster(t)
	for i := range 3 {
		u, err := hand(f, i, i+1)
		ok(t, "handing in a share", err)
		if i < 2 && u.Progress.Have != i+1 {
			t.Errorf("after %d shares: %+v", i+1, u.Progress)
		}
	}
	if got := open(f); len(got) != 3 {
		t.Errorf("open are %v", got)
	}
}

func TestAMemberThatMissedSharesGetsThem(t *testing.T) {
	f := sealedCluster(t)
	f.Cut(2)
	ok(t, "share 1", err1(hand(f, 0, 0)))
	f.Heal(2)
	ok(t, "share 2", err1(hand(f, 2, 1)))
	ok(t, "share 3", err1(hand(f, 1, 2)))
	if got := open(f); len(got) != 3 {
		t.Errorf("open are %v", got)
	}
	f.Restart(1)
	f.Cut(1)
	ok(t, "share 1 of an open cluster", err1(hand(f, 0, 0)))
	f.Heal(1)
	u, err := hand(f, 0, 0) // again: it is in here, but new to the member that was away
	ok(t, "the same share again", err)
	if u.Progress.Have != 1 || len(open(f)) != 2 {
		t.Errorf("%+v, open %v", u, open(f))
	}
	ok(t, "share 2", err1(hand(f, 2, 3)))
	ok(t, "share 3", err1(hand(f, 0, 4)))
	if got := open(f); len(got) != 3 {
		t.Errorf("open are %v", got)
	}
}

func TestAWrongShareIsNamedAndCostsNothing(t *testing.T) {
	f, g := sealedCluster(t), vaulttest.New(t, vaulttest.WithShares(5, 3))
	ok(t, "share 1", err1(hand(f, 0, 0)))
	mistyped := f.Shares()[1]
	if mistyped[30] == 'q' {
		mistyped[30] = 'p'
	} else {
		mistyped[30] = 'q'
	}
	for _, c := range []struct {
		name  string
		share []byte
		kind  fault.Kind
		words string
	}{
		{"mistyped", mistyped, fault.Invalid, "checksum"},
		{"foreign", g.Shares()[1], fault.Invalid, "cluster"},
		{"duplicate", f.Shares()[0], fault.Exists, ""},
		{"not a share", []byte("qshare"), fault.Invalid, ""},
		{"empty", nil, fault.Invalid, ""},
		{"truncated", f.Shares()[1][:40], fault.Invalid, ""},
	} {
		for node := range 3 {
			_, err := f.Vault(node).Unseal(ctx, access.Caller{}, c.share)
			if !errors.Is(err, c.kind) || !strings.Contains(strings.ToLower(fault.Of(err).Message), c.words) {
				t.Errorf("%s on node %d: %v", c.name, node, err)
			}
			if st := f.Vault(node).Status(ctx); st.Ceremony == nil || st.Ceremony.Have != 1 {
				t.Errorf("after %s, node %d has %+v", c.name, node, st.Ceremony)
			}
		}
	}
	ok(t, "share 2", err1(hand(f, 1, 1)))
	ok(t, "share 3", err1(hand(f, 2, 2)))
	if len(open(f)) != 3 {
		t.Error("the progress was spoilt")
	}
}

func TestAShareWaitsForANodeThatStarts(t *testing.T) {
	f := sealedCluster(t)
	attach := f.Starting(0)
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := f.Vault(0).Unseal(short, anyone, f.Shares()[0])
	wants(t, "a share to a node that starts", err, fault.Stale)
	if st := f.Vault(0).Status(ctx); !strings.Contains(err.Error(), "starting") || st.Why != fault.Of(err).Message || !st.Initialized {
		t.Errorf("it says %q and is %+v", err, st)
	}
	given := make(chan error, 1)
	go func() {
		_, err := f.Vault(0).Unseal(ctx, anyone, f.Shares()[0])
		given <- err
	}()
	select {
	case err := <-given:
		t.Fatalf("a share was not kept waiting: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	attach()
	ok(t, "the share", <-given)
	ok(t, "share 2", err1(hand(f, 0, 1)))
	ok(t, "share 3", err1(hand(f, 0, 2)))
	if got := open(f); len(got) != 3 {
		t.Errorf("open are %v", got)
	}
}

func TestACeremonyExpires(t *testing.T) {
	f := sealedCluster(t)
	ok(t, "share 1", err1(hand(f, 0, 0)))
	ok(t, "share 2", err1(hand(f, 0, 1)))
	f.Advance(10*time.Minute + time.Second)
	u, err := hand(f, 0, 2)
	ok(t, "share 3", err)
	if u.Progress.Have != 1 || len(open(f)) != 0 {
		t.Errorf("%+v, open %v", u.Progress, open(f))
	}
	ok(t, "share 1", err1(hand(f, 1, 0)))
	ok(t, "share 2", err1(hand(f, 2, 1)))
	if len(open(f)) != 3 {
		t.Error("it does not open any more")
	}
}

func TestOnlyWhoMayResetsACeremony(t *testing.T) {
	f, g := sealedCluster(t), vaulttest.New(t, vaulttest.WithShares(5, 3))
	root := f.Root()
	have := func() (n []int) {
		for i := range 3 {
			if c := f.Vault(i).Status(ctx).Ceremony; c != nil {
				n = append(n, c.Have)
			}
		}
		return n
	}
	ok(t, "share 1", err1(hand(f, 0, 0)))
	for name, ask := range map[string]func() error{
		"a stranger":       func() error { return err1(f.Vault(1).ResetUnseal(ctx, as("mallory"), nil)) },
		"nobody":           func() error { return err1(f.Vault(1).ResetUnseal(ctx, access.Caller{}, nil)) },
		"a foreign share":  func() error { return err1(f.Vault(1).ResetUnseal(ctx, access.Caller{}, g.Shares()[0])) },
		"a mistyped share": func() error { return err1(f.Vault(1).ResetUnseal(ctx, access.Caller{}, f.Shares()[0][:50])) },
	} {
		if err := ask(); err == nil || len(have()) != 3 {
			t.Errorf("%s resets: %v, %v", name, err, have())
		}
	}
	_, err := f.Vault(1).ResetUnseal(ctx, access.Caller{}, f.Shares()[4])
	if err != nil || len(have()) != 0 {
		t.Errorf("by a share: %v, %v", err, have())
	}
	ok(t, "share 1", err1(hand(f, 2, 0)))
	_, err = f.Vault(0).ResetUnseal(ctx, root, nil)
	if err != nil || len(have()) != 0 {
		t.Errorf("by a policy: %v, %v", err, have())
	}
}

func TestSealWipes(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	root := f.Root()
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	for i := range 3 {
		opens(t, f, i, "k", text, "secret")
	}
	ok(t, "sealing node 2 only", f.Vault(1).Seal(ctx, root, true))
	if got := open(f); !slices.Equal(got, []int{0, 2}) {
		t.Fatalf("open are %v", got)
	}
	ok(t, "sealing", f.Vault(2).Seal(ctx, root, false)) // the sealed one is no obstacle
	for i := range 3 {
		if !f.Vault(i).Sealed() || f.Vault(i).Cached() != 0 {
			t.Errorf("node %d: sealed %v, cached %d", i, f.Vault(i).Sealed(), f.Vault(i).Cached())
		}
		_, err := decrypt(f.Vault(i), root, "k", text)
		wants(t, "decrypting", err, fault.Sealed)
	}
	f.Unseal(1)
	opens(t, f, 2, "k", text, "secret")
}

func TestSealNamesWhomItDidNotReach(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	f.Cut(2)
	err := f.Vault(0).Seal(ctx, f.Root(), false)
	wants(t, "sealing", err, fault.Uncertain)
	if !strings.Contains(fault.Of(err).Message, "n3") || strings.Contains(fault.Of(err).Message, "n2") {
		t.Errorf("it says %q", fault.Of(err).Message)
	}
	if got := open(f); !slices.Equal(got, []int{2}) {
		t.Errorf("open are %v", got)
	}
}

func TestAMemberClosesOnlyForWhoMay(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	type closing struct {
		Caller access.Caller `cbor:"1,keyasint"`
	}
	body, err := cbor.Marshal(closing{as("mallory")})
	ok(t, "marshalling", err)
	_, err = f.Vault(0).HandleClose(ctx, "n2", body)
	wants(t, "closing for a stranger", err, fault.Denied)
	if f.Vault(0).Sealed() {
		t.Error("it closed")
	}
}

func TestCeremoniesAreAudited(t *testing.T) {
	f := sealedCluster(t)
	ok(t, "share 1", err1(hand(f, 0, 0)))
	_, err := f.Vault(0).Unseal(ctx, access.Caller{}, []byte("qshare1wrong"))
	if err == nil {
		t.Fatal("a wrong share is taken")
	}
	for node, want := range []int{3, 2, 2} {
		var got int
		for _, e := range f.AuditEntries(node) {
			if e.Operation == "sys.unseal" {
				got++
			}
		}
		if got != want {
			t.Errorf("node %d has %d entries, want %d", node, got, want)
		}
	}
}

func TestAShareIsRefusedWithoutAnAuditEntry(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.WithShares(1, 1), vaulttest.Sealed())
	f.BreakAudit(0)
	if _, err := hand(f, 0, 0); !errors.Is(err, fault.Internal) {
		t.Errorf("it says %v", err)
	}
	if !f.Vault(0).Sealed() {
		t.Error("the node opened without an audit entry")
	}
}

func rekeyed(t *testing.T, f *vaulttest.Fixture, through int) [][]byte {
	t.Helper()
	v, root := f.Vault(through), f.Root()
	k, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 4, Threshold: 2})
	ok(t, "starting", err)
	for _, s := range f.Shares()[:2] {
		k, err = v.SubmitRekey(ctx, root, k.ID, s)
		ok(t, "proving", err)
	}
	if k.Phase != "verify" || len(k.NewShares) != 4 || k.Epoch != 2 {
		t.Fatalf("after the proof: phase %s, %d shares, epoch %d", k.Phase, len(k.NewShares), k.Epoch)
	}
	fresh := k.NewShares
	for have, i := range []int{3, 0, 1, 2} {
		if k.Phase != "verify" || k.Progress.Have != have || k.Progress.Need != 4 {
			t.Errorf("with %d of the new shares handed back: %+v", have, k)
		}
		k, err = v.SubmitRekey(ctx, root, k.ID, bytes.Clone(fresh[i]))
		ok(t, "handing back", err)
	}
	if k.Phase != "done" {
		t.Fatalf("phase %s", k.Phase)
	}
	return fresh
}

func TestARekeyMayBeContentWithAThreshold(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	v, root := f.Vault(0), f.Root()
	_, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 4, Threshold: 2, Verify: "some"})
	wants(t, "verifying some", err, fault.Invalid)
	k, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 4, Threshold: 2, Verify: vault.VerifyThreshold})
	ok(t, "starting", err)
	for _, s := range f.Shares()[:2] {
		k, err = v.SubmitRekey(ctx, root, k.ID, s)
		ok(t, "proving", err)
	}
	for _, s := range k.NewShares[:2] {
		k, err = v.SubmitRekey(ctx, root, k.ID, s)
		ok(t, "handing back", err)
	}
	if k.Phase != "done" {
		t.Errorf("phase %s after a threshold", k.Phase)
	}
}

// While new shares are asked for, those of now are the ones that open the cluster: nobody is to hear that his was replaced, and destroy it.
func TestAShareInForceIsNotCalledReplaced(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	v, root := f.Vault(0), f.Root()
	shares := [][][]byte{f.Shares(), rekeyed(t, f, 0)}
	ok(t, "duties", v.Duties(ctx))
	k, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "starting", err)
	for _, s := range shares[1][:2] {
		k, err = v.SubmitRekey(ctx, root, k.ID, bytes.Clone(s))
		ok(t, "proving", err)
	}
	shares = append(shares, k.NewShares)
	for i, want := range []string{"of epoch 1, which a rekey replaced;", "of epoch 2, which is in effect: keep it;"} {
		_, err := v.SubmitRekey(ctx, root, k.ID, bytes.Clone(shares[i][2]))
		wants(t, "a share that is not new", err, fault.Invalid)
		if says := fault.Of(err).Message; !strings.Contains(says, want) || !strings.Contains(says, "epoch 3, are asked for now") {
			t.Errorf("of a share of epoch %d it says %q", i+1, says)
		}
		if hint := fault.Of(err).Hint; !strings.Contains(hint, "those of epoch 2 open the cluster") {
			t.Errorf("it advises %q", hint)
		}
	}
	_, err = v.SubmitRekey(ctx, root, k.ID, vaulttest.New(t, vaulttest.WithShares(3, 2)).Shares()[0])
	if err == nil || !strings.Contains(err.Error(), "another cluster") {
		t.Errorf("of a foreign share it says %v", err)
	}
	if got, err := v.Rekeying(ctx, root); err != nil || got.Progress.Have != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	ok(t, "sealing", v.Seal(ctx, root, false))
	for _, s := range shares[1][1:3] {
		_, err := v.Unseal(ctx, access.Caller{}, bytes.Clone(s))
		ok(t, "a share of now", err)
	}
	if v.Sealed() {
		t.Error("the shares that it said to keep do not open it")
	}
}

func TestRekeyReplacesTheShares(t *testing.T) {
	for through := range 2 {
		f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
		root := f.Root()
		f.MustCreate("k")
		text := mustEncrypt(t, f, "k", "secret")
		fresh := rekeyed(t, f, through)
		ok(t, "duties", f.Vault(0).Duties(ctx))
		opens(t, f, 2, "k", text, "secret")
		ok(t, "sealing", f.Vault(0).Seal(ctx, root, false))
		_, err := hand(f, 1, 0)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Message, "epoch") {
			t.Errorf("an old share gives %v", err)
		}
		for _, i := range []int{1, 2} {
			_, err := f.Vault(i).Unseal(ctx, access.Caller{}, fresh[i])
			ok(t, "a new share", err)
		}
		if len(open(f)) != 3 {
			t.Fatalf("open are %v", open(f))
		}
		opens(t, f, 1, "k", text, "secret")
	}
}

func TestAnUnfinishedRekeyLeavesTheShares(t *testing.T) {
	f := vaulttest.Cluster(t, 2, vaulttest.WithShares(3, 2))
	root := f.Root()
	start := func() *vault.Rekeying {
		k, err := f.Vault(f.Leader()).StartRekey(ctx, root, vault.RekeySpec{Shares: 2, Threshold: 2})
		ok(t, "starting", err)
		return k
	}
	k := start()
	_, err := f.Vault(1).StartRekey(ctx, root, vault.RekeySpec{Shares: 2, Threshold: 2})
	wants(t, "starting another", err, fault.Exists)
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, []byte("qshare1x"))
	wants(t, "a wrong share", err, fault.Invalid)
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, f.Shares()[0])
	ok(t, "a right one", err)
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, f.Shares()[0])
	wants(t, "the same again", err, fault.Exists)
	got, err := f.Vault(1).Rekeying(ctx, root)
	if err != nil || got.Progress.Have != 1 || got.Phase != "prove" {
		t.Errorf("%+v, %v", got, err)
	}
	k, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, f.Shares()[1])
	ok(t, "the threshold", err)
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, f.Shares()[1])
	wants(t, "an old share in the second phase", err, fault.Invalid)
	ok(t, "cancelling", f.Vault(1).CancelRekey(ctx, root))
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, k.NewShares[0])
	wants(t, "after that", err, fault.NotFound)

	k = start()
	f.Lead(1)
	_, err = f.Vault(0).SubmitRekey(ctx, root, k.ID, f.Shares()[0])
	wants(t, "after the leader changed", err, fault.NotFound)
	k = start() // on the new one
	f.Advance(11 * time.Minute)
	_, err = f.Vault(1).SubmitRekey(ctx, root, k.ID, f.Shares()[0])
	wants(t, "after it expired", err, fault.NotFound)

	ok(t, "sealing", f.Vault(0).Seal(ctx, root, false))
	f.Unseal(0) // with the shares of before
}

// TestARekeyRightAfterARekey: while new shares wait to be handed back, the duties leave what leads from the old ones to the
// ones of now; dropping it would change the configuration under the second rekey, and refuse its shares.
func TestARekeyRightAfterARekey(t *testing.T) {
	f := vaulttest.Cluster(t, 2, vaulttest.WithShares(3, 2))
	v, root := f.Vault(0), f.Root()
	shares := rekeyed(t, f, 0)
	k, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "starting the second", err)
	for _, s := range shares[:2] {
		k, err = v.SubmitRekey(ctx, root, k.ID, bytes.Clone(s))
		ok(t, "proving", err)
	}
	before := f.State(0).ContentDigest()
	ok(t, "duties", v.Duties(ctx))
	if f.State(0).ContentDigest() != before {
		t.Error("the duties changed the state while new shares wait")
	}
	for _, s := range k.NewShares {
		k, err = v.SubmitRekey(ctx, root, k.ID, s)
		ok(t, "handing back", err)
	}
	if k.Phase != "done" {
		t.Fatalf("phase %s", k.Phase)
	}
	after := f.State(0).ContentDigest()
	ok(t, "duties", v.Duties(ctx))
	if f.State(0).ContentDigest() == after {
		t.Error("what led from old shares to new ones is never dropped")
	}
}

// New shares are made of the configuration as it is. While they wait to be handed back nothing else changes it: not an operator, and not the
// cluster, which would deal members' shares anew. Once they are in effect, or given up, all of that goes on.
func TestNewSharesThatWaitAreNotMadeWorthless(t *testing.T) {
	for _, finished := range []bool{true, false} {
		f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
		addQuorum(t, f, vault.SlotSpec{})
		v, root := f.Vault(0), f.Root()
		k, err := v.StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
		ok(t, "starting", err)
		for _, s := range f.Shares()[:2] {
			k, err = v.SubmitRekey(ctx, root, k.ID, s)
			ok(t, "proving", err)
		}
		before := quorumSlot(t, f)
		for name := range sharesOf(f, 1) {
			ok(t, "losing a share", f.Keeper(1).Write(name, nil))
		}
		f.Advance(2 * time.Minute)
		ok(t, "duties", v.Duties(ctx))
		f.Advance(2 * time.Minute)
		ok(t, "duties", v.Duties(ctx))
		if q := quorumSlot(t, f); !bytes.Equal(q.Deal, before.Deal) {
			t.Error("members' shares were dealt anew while the operators' wait")
		}
		_, err = v.AddSlot(ctx, root, vault.SlotSpec{Kind: "quorum", Replace: true})
		wants(t, "replacing the slot", err, fault.BadState)
		wants(t, "removing the slot", v.RemoveSlot(ctx, root, "quorum"), fault.BadState)
		_, err = v.RotateKeyring(ctx, root)
		wants(t, "rotating the keyring", err, fault.BadState)

		if finished {
			for _, s := range k.NewShares {
				k, err = v.SubmitRekey(ctx, root, k.ID, s)
				ok(t, "handing back", err)
			}
			if k.Phase != "done" {
				t.Fatalf("phase %s", k.Phase)
			}
		} else {
			ok(t, "cancelling", v.CancelRekey(ctx, root))
		}
		f.Advance(2 * time.Minute)
		ok(t, "duties", v.Duties(ctx))
		ok(t, "duties", v.Duties(ctx))
		if q := quorumSlot(t, f); q.Deal == nil || bytes.Equal(q.Deal, before.Deal) {
			t.Errorf("finished %v: members' shares were not dealt anew: %+v", finished, q)
		}
		_, err = v.RotateKeyring(ctx, root)
		ok(t, "rotating the keyring", err)
		ok(t, "removing the slot", v.RemoveSlot(ctx, root, "quorum"))
		addQuorum(t, f, vault.SlotSpec{})
		f.Restart(2)
		opensItself(t, f, 2)
	}
}

func TestANodeThatIsNotTheLeaderForgetsARekey(t *testing.T) {
	f := vaulttest.Cluster(t, 2, vaulttest.WithShares(3, 2))
	_, err := f.Vault(0).StartRekey(ctx, f.Root(), vault.RekeySpec{Shares: 2, Threshold: 2})
	ok(t, "starting", err)
	f.Vault(0).ForgetRekey() // what Run does on a node that does not lead, and Close always
	_, err = f.Vault(1).Rekeying(ctx, f.Root())
	wants(t, "asking for it", err, fault.NotFound)
}

func TestANodeThatMissedARekeyFollows(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	f.Cut(2)
	fresh := rekeyed(t, f, 0)
	ok(t, "duties", f.Vault(0).Duties(ctx)) // the absent one is waited for
	f.Heal(2)
	ok(t, "duties", f.Vault(0).Duties(ctx)) // now what leads from old to new shares is dropped
	f.Restart(2)
	for _, s := range fresh[:2] {
		_, err := f.Vault(2).Unseal(ctx, access.Caller{}, bytes.Clone(s))
		ok(t, "a new share", err)
	}
	if len(open(f)) != 3 {
		t.Errorf("open are %v", open(f))
	}
	f.MustCreate("k")
}

func TestARotatedKeyringRewrapsEverything(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	texts := map[string][]byte{}
	for i := range 30 {
		name := "k" + string(rune('a'+i))
		if i >= 26 {
			name = "kk" + string(rune('a'+i-26))
		}
		f.MustCreate(name)
		texts[name] = mustEncrypt(t, f, name, name)
	}
	for _, door := range []int{1, 0, 2} {
		k, err := f.Vault(door).RotateKeyring(ctx, root)
		ok(t, "rotating the keyring", err)
		if !k.Active || k.Done != 0 || k.Total != 30 {
			t.Errorf("before rewrapping: %+v", k)
		}
		_, err = f.Vault(1).RotateKey(ctx, root, "ka") // meanwhile
		ok(t, "rotating a key", err)
		ok(t, "deactivating", f.Vault(0).Duties(ctx))
		k, err = f.Vault(2).Keyring(ctx, root)
		ok(t, "asking", err)
		if k.Active || k.Done != k.Total || k.Total < 30 {
			t.Errorf("after rewrapping: %+v", k)
		}
		if got := f.State(1).Terms(); len(got) != 1 || got[0] != k.Term {
			t.Errorf("terms in use are %v, the newest is %d", got, k.Term)
		}
		for name, text := range texts {
			opens(t, f, door, name, text, name)
		}
		texts["ka"] = mustEncrypt(t, f, "ka", "ka")
		delete(texts, "ka")
		f.MustCreate("more" + string(rune('a'+door)))
		if door != 2 {
			ok(t, "destroying", errors.Join(step(f, "more"+string(rune('a'+door)), 0, access.Deactivate), destroyNow(f, "more"+string(rune('a'+door)), 0)))
			for _, n := range []uint32{1} {
				ok(t, "destroying a version", destroyNow(f, "ka", f.State(0).KeyByName("ka").Latest().Number-n))
			}
		}
	}
	ok(t, "sealing", f.Vault(0).Seal(ctx, root, false))
	f.Unseal(1)
	for name, text := range texts {
		opens(t, f, 2, name, text, name)
	}
	// member secrets are rewrapped too: they still certify
	_, err := f.Vault(1).CertifyClient(ctx, root, "c", vaulttest.CSR(t, "c"), 0)
	ok(t, "certifying", err)
}

func TestALoneNodeTellsItsProgress(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.WithShares(3, 2), vaulttest.Sealed())
	u, err := hand(f, 0, 2)
	if err != nil || u.Progress.Have != 1 || u.Progress.Need != 2 || !slices.Equal(u.Progress.Indexes, []int{3}) {
		t.Errorf("%+v, %v", u, err)
	}
}
