package vault_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func show(t testing.TB, f *vaulttest.Fixture, node int, ref string) *key.Record {
	t.Helper()
	r, err := f.Vault(node).Key(ctx, f.Root(), ref)
	ok(t, "reading "+ref, err)
	return r
}

func tell(t testing.TB, f *vaulttest.Fixture, nodes ...int) {
	t.Helper()
	for _, n := range nodes {
		ok(t, "telling", f.Vault(n).TellUses(ctx))
	}
}

// counting makes the thresholds of counting small.
func counting(tellAt, holdAt, stopAt uint64) vaulttest.Option {
	return vaulttest.WithConfig(func(c *vault.Config) { c.SetCounting(tellAt, holdAt, stopAt) })
}

func TestAUseShowsAtOnceHereAndLaterEverywhere(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	r := f.MustCreate("k")
	f.Advance(time.Hour)
	text, err := encrypt(f.Vault(1), f.Root(), "k", "12345")
	ok(t, "encrypting", err)
	used := key.At(f.Now())
	if v := show(t, f, 1, "k").Versions[0]; v.Use().Count != 1 || v.Use().Bytes != 5 || v.Use().Last != used {
		t.Errorf("on the node that was asked: %+v", v)
	}
	if v := show(t, f, 0, "k").Versions[0]; v.Use().Count != 0 || v.Use().Last != 0 {
		t.Errorf("on another node before it was told: %+v", v)
	}
	tell(t, f, 0, 1, 2)
	for node := range 3 {
		if v := show(t, f, node, "k").Versions[0]; v.Use().Count != 1 || v.Use().Bytes != 5 || v.Use().Last != used {
			t.Errorf("on node %d afterwards: %+v", node, v)
		}
		page, _, err := f.Vault(node).Keys(ctx, f.Root(), vault.KeyQuery{})
		if err != nil || page[0].Versions[0].Use().Count != 1 {
			t.Errorf("in the list of node %d: %+v, %v", node, page, err)
		}
	}
	f.Advance(time.Hour)
	opens(t, f, 2, "k", text, "12345")
	_, err = reveal(f.Vault(2), f.Root(), "k", 0)
	ok(t, "revealing", err)
	tell(t, f, 2)
	if v := show(t, f, 0, "k").Versions[0]; v.Use().Count != 1 || v.Use().Last != key.At(f.Now()) {
		t.Errorf("after it was opened: %+v", v)
	}
	if now := f.State(0).Key(r.ID); now.Revision != 1 {
		t.Errorf("counting made revision %d", now.Revision)
	}
	length := len(f.Log())
	tell(t, f, 0, 1, 2)
	if len(f.Log()) != length {
		t.Error("nothing to tell was told")
	}
	patched, err := f.Vault(1).UpdateKey(ctx, f.Root(), "k", vault.KeyPatch{Tags: &map[string]string{"a": "b"}})
	if err != nil || patched.Versions[0].Use().Count != 1 {
		t.Errorf("a change that was forwarded shows %+v, %v", patched.Versions[0], err)
	}
}

// TestCountsAreExactWhateverHappens lets nodes use keys and tell of it while proposals fail, commit unnoticed and the leader
// moves: in the end the state has every use, and none twice.
func TestCountsAreExactWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := vaulttest.Cluster(t, 3)
		root := f.Root()
		names := []string{"a", "b"}
		want := map[string]uint64{}
		for _, n := range names {
			f.MustCreate(n)
		}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			node, name := rapid.IntRange(0, 2).Draw(rt, "node"), rapid.SampledFrom(names).Draw(rt, "key")
			switch rapid.IntRange(0, 4).Draw(rt, "do") {
			case 0, 1:
				_, err := encrypt(f.Vault(node), root, name, "xyz")
				ok(t, "encrypting", err)
				want[name]++
			case 2:
				f.FailNext(rapid.SampledFrom([]vaulttest.Failure{vaulttest.Lost, vaulttest.Committed, vaulttest.Moved}).Draw(rt, "failure"))
				_ = f.Vault(node).TellUses(ctx) // uncertain: it is told again
			case 3:
				_ = f.Vault(node).TellUses(ctx) // meets what is left of failures
			case 4:
				f.Lead(node)
			}
		}
		for node := range 3 {
			err := f.Vault(node).TellUses(ctx)
			for try := 0; err != nil && try < 50; try++ {
				err = f.Vault(node).TellUses(ctx)
			}
			ok(t, "telling", err)
		}
		for _, name := range names {
			u := f.State(0).Usage(f.State(0).KeyByName(name).ID, 1)
			if u.Uses != want[name] || u.Bytes != 3*want[name] {
				rt.Fatalf("%s was used %d times, the state has %d uses and %d bytes", name, want[name], u.Uses, u.Bytes)
			}
			for node := range 3 {
				if got := show(t, f, node, name).Versions[0].Use().Count; got != want[name] {
					rt.Fatalf("node %d shows %d uses of %d", node, got, want[name])
				}
			}
		}
	})
}

func TestANodeThatClosesTellsFirst(t *testing.T) {
	for _, nodeOnly := range []bool{true, false} {
		f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
		r := f.MustCreate("k")
		_, err := encrypt(f.Vault(1), f.Root(), "k", "x")
		ok(t, "encrypting", err)
		asked := 1
		if !nodeOnly {
			asked = 0 // node 1 closes at its word
		}
		ok(t, "sealing", f.Vault(asked).Seal(ctx, f.Root(), nodeOnly))
		if got := f.State(0).Usage(r.ID, 1).Uses; got != 1 {
			t.Errorf("sealed, node only %v: %d uses are known", nodeOnly, got)
		}
	}
}

func TestUsesAreToldByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := vaulttest.Cluster(t, 2, counting(3, 0, 0))
		r := f.MustCreate("k")
		run, stop := context.WithCancel(ctx)
		ended := make(chan error, 2)
		for i := range 2 {
			go func() { ended <- f.Vault(i).Run(run) }()
		}
		synctest.Wait()
		use := func(n int) {
			for range n {
				_, err := encrypt(f.Vault(1), f.Root(), "k", "x")
				ok(t, "encrypting", err)
			}
			synctest.Wait()
		}
		use(2)
		if got := f.State(0).Usage(r.ID, 1).Uses; got != 0 {
			t.Errorf("%d uses were told before there was a reason", got)
		}
		<-time.After(10 * time.Second) // simulated
		synctest.Wait()
		if got := f.State(0).Usage(r.ID, 1).Uses; got != 2 {
			t.Errorf("%d uses after the interval", got)
		}
		use(3)
		if got := f.State(0).Usage(r.ID, 1).Uses; got != 5 {
			t.Errorf("%d uses although so many are told at once", got)
		}
		stop()
		for range 2 {
			ok(t, "running", <-ended)
		}
	})
}

// What must not wait for the interval is told at once: that a bound of rotation is reached, and the uses of a key that is taken
// out of use, for the leader is asked next whether it was used lately.
func TestWhatMattersNowIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := vaulttest.Cluster(t, 3)
		root := f.Root()
		for _, spec := range []vault.KeySpec{{Name: "uses", RotateUses: 3}, {Name: "bytes", RotateBytes: 10}, {Name: "ended"}} {
			_, err := f.Vault(0).CreateKey(ctx, root, spec)
			ok(t, "creating", err)
		}
		run, stop := context.WithCancel(ctx)
		ended := make(chan error, 3)
		for i := range 3 {
			go func() { ended <- f.Vault(i).Run(run) }()
		}
		use := func(name, plain string, known uint64) {
			t.Helper()
			_, err := encrypt(f.Vault(1), root, name, plain)
			ok(t, "encrypting", err)
			synctest.Wait()
			if got := f.State(0).Usage(f.State(0).KeyByName(name).ID, 1).Uses; got != known {
				t.Errorf("%s: %d uses are known, want %d", name, got, known)
			}
		}
		synctest.Wait()
		use("ended", "x", 0)
		use("uses", "x", 0)
		use("uses", "x", 0)
		use("uses", "x", 3) // and with it all that was counted
		use("bytes", "12345", 0)
		use("bytes", "12345", 2)
		use("ended", "x", 1)
		ok(t, "deactivating", step(f, "ended", 0, access.Deactivate))
		synctest.Wait()
		_, err := f.Vault(0).DestroyKey(ctx, root, "ended", vault.Destruction{})
		wants(t, "destroying what another node used a moment ago", err, fault.BadState)
		stop()
		for range 3 {
			ok(t, "running", <-ended)
		}
	})
}

func TestANodeThatCannotTellStopsProtecting(t *testing.T) {
	f := vaulttest.Cluster(t, 3, counting(4, 8, 0))
	root := f.Root()
	f.MustCreate("k")
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "signer", Algorithm: key.Ed25519})
	ok(t, "creating", err)
	var text []byte
	f.Lead(-1)
	for i := range 8 {
		if text, err = encrypt(f.Vault(1), root, "k", "x"); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
		if nudged := f.Vault(1).Nudged(); nudged != (i >= 3) {
			t.Errorf("after %d uses the node was told to tell at once: %v", i+1, nudged)
		}
	}
	_, err = encrypt(f.Vault(1), root, "k", "x")
	wants(t, "one use more than can be told", err, fault.Busy)
	opens(t, f, 1, "k", text, "x")
	_, err = encrypt(f.Vault(2), root, "k", "x") // another node has its own count
	ok(t, "encrypting elsewhere", err)
	for range 20 { // nothing bounds the uses of a signing key
		ok(t, "signing", err1(f.Vault(1).Sign(ctx, root, "signer", vault.SignInput{Input: []byte("x")})))
	}
	f.Lead(0)
	tell(t, f, 1)
	_, err = encrypt(f.Vault(1), root, "k", "x")
	ok(t, "encrypting after it was told", err)
}

func TestACipherIsReplacedAtHalfItsBoundAndStopsBeforeIt(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	for _, name := range []string{"left", "rotated"} {
		f.MustCreate(name)
	}
	left, rotated := f.State(0).KeyByName("left"), f.State(0).KeyByName("rotated")
	text := mustEncrypt(t, f, "left", "x")
	f.Inject(&fsm.CountUses{Items: []fsm.UsageItem{{ID: rotated.ID, Version: 1, Uses: 1 << 31}}})
	f.Inject(&fsm.CountUses{Items: []fsm.UsageItem{{ID: left.ID, Version: 1, Uses: 1<<32 - 1<<28 - 1}}})
	for node := range 3 { // each opens the key, and keeps it open
		_, err := encrypt(f.Vault(node), root, "left", "x")
		ok(t, "a use short of the bound", err)
	}
	_, err := encrypt(f.Vault(1), root, "rotated", "x")
	ok(t, "using a key that is to be rotated", err)
	tell(t, f, 1) // the others learn of it as it is applied
	for node := range 3 {
		_, err := encrypt(f.Vault(node), root, "left", "x")
		wants(t, "a use beyond the bound", err, fault.BadState)
		opens(t, f, node, "left", text, "x")
	}
	duties(t, f)
	for _, r := range []*key.Record{left, rotated} {
		if got := f.State(0).Key(r.ID).Latest().Number; got != 2 {
			t.Errorf("%s is at version %d", r.Name, got)
		}
	}
	for node := range 3 {
		_, err := encrypt(f.Vault(node), root, "left", "x")
		ok(t, "using the new version", err)
		opens(t, f, node, "left", text, "x")
	}
}

func TestUseRotates(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	_, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "uses", RotateUses: 3})
	ok(t, "creating", err)
	_, err = f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "bytes", RotateBytes: 100})
	ok(t, "creating", err)
	latest := func(name string) uint32 { return f.State(0).KeyByName(name).Latest().Number }
	for node := range 3 {
		if latest("uses") != 1 {
			t.Error("rotated too early")
		}
		_, err = encrypt(f.Vault(node), root, "uses", "x")
		ok(t, "encrypting", err)
		tell(t, f, 0, 1, 2)
		duties(t, f)
	}
	if latest("uses") != 2 || latest("bytes") != 1 {
		t.Errorf("after three uses they are at versions %d and %d", latest("uses"), latest("bytes"))
	}
	_, err = encrypt(f.Vault(1), root, "bytes", string(make([]byte, 100)))
	ok(t, "encrypting", err)
	tell(t, f, 1)
	length := len(f.Log())
	duties(t, f)
	if latest("bytes") != 2 || len(f.Log()) != length+1 {
		t.Errorf("after 100 bytes it is at version %d, with %d entries", latest("bytes"), len(f.Log())-length)
	}
	one := uint64(1)
	_, err = f.Vault(1).UpdateKey(ctx, root, "bytes", vault.KeyPatch{RotateUses: &one})
	ok(t, "updating", err)
	_, err = encrypt(f.Vault(1), root, "bytes", "x")
	ok(t, "encrypting", err)
	tell(t, f, 1)
	duties(t, f)
	if latest("bytes") != 3 {
		t.Errorf("after a use of one it is at version %d", latest("bytes"))
	}
}

// TestALimitIsNeverExceeded lets users of three nodes use a limited key at the same time until it is used up.
func TestOnlyTheClusterCounts(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	r := f.MustCreate("k")
	f.Grant("no", `forbid (principal, action == Action::"operate", resource);`)
	_, err := encrypt(f.Vault(1), f.Root(), "k", "x")
	ok(t, "encrypting", err)
	tell(t, f, 1) // no policy keeps the cluster from counting
	wants(t, "a caller who counts", f.Vault(1).CountUses(ctx, f.Root(), fsm.UsageItem{ID: r.ID, Version: 1, Uses: 5}), fault.Denied)
	if got := f.State(0).Usage(r.ID, 1).Uses; got != 1 {
		t.Errorf("%d uses", got)
	}
	entries := entriesOf(f, 0, 0, "key.usage")
	if len(entries) < 2 || entries[0].Phase != audit.Request || entries[0].Caller.Kind != access.BySelf {
		t.Errorf("telling leaves %+v", entries)
	}
}

func TestCountersThatAreNotNeededAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := vaulttest.New(t, vaulttest.WithConfig(func(c *vault.Config) { c.CacheAge = -1 })) // every use opens its key
		for _, name := range []string{"a", "b"} {
			f.MustCreate(name)
			mustEncrypt(t, f, name, "x")
		}
		tell(t, f, 0)
		<-time.After(2 * time.Minute) // simulated
		mustEncrypt(t, f, "b", "x")
		tell(t, f, 0)
		if n := f.Vault(0).Counters(); n != 1 {
			t.Errorf("%d counters", n)
		}
		mustEncrypt(t, f, "a", "x")
		<-time.After(2 * time.Minute)
		for range 2 { // what was not told is not dropped
			tell(t, f, 0)
			for _, name := range []string{"a", "b"} {
				if v := show(t, f, 0, name).Versions[0]; v.Use().Count != 2 {
					t.Errorf("%s: %d uses", name, v.Use().Count)
				}
			}
		}
		if n := f.Vault(0).Counters(); n != 0 {
			t.Errorf("%d counters in the end", n)
		}
	})
}

// TestLengthsThatAreRefusedAreNotCounted: what a caller asks for in vain brings no rotation about, however much it is.
func TestLengthsThatAreRefusedAreNotCounted(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "k", Usage: key.Encrypt | key.Decrypt | key.Derive, RotateBytes: 1 << 40})
	ok(t, "creating", err)
	for _, bits := range []int{math.MinInt, -8, math.MaxInt} {
		ok(t, "making data keys", v.DataKeyBatch(ctx, root, "k", []vault.DataKeySpec{{}, {Bits: bits}}, func(r []vault.Result[vault.DataKey]) error {
			wants(t, "a data key of that length", r[1].Err, fault.Invalid)
			return r[0].Err
		}))
	}
	for _, size := range []int{math.MinInt, -1, math.MaxInt} {
		ok(t, "deriving", v.DeriveBatch(ctx, root, "k", []vault.DeriveInput{{}, {Bytes: size}}, func(r []vault.Result[vault.Derived]) error {
			wants(t, "a secret of that length", r[1].Err, fault.Invalid)
			return r[0].Err
		}))
	}
	tell(t, f, 0)
	duties(t, f)
	r, err := v.Key(ctx, root, "k")
	if err != nil || len(r.Versions) != 1 || r.Versions[0].Use().Bytes != 6*32 {
		t.Errorf("%d versions, the first protected %d bytes, %v", len(r.Versions), r.Versions[0].Use().Bytes, err)
	}
}
