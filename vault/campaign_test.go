package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// stored makes n data keys under a key and gives them in plain by id.
func stored(t testing.TB, f *vaulttest.Fixture, under string, n int) map[string][]byte {
	t.Helper()
	plain := map[string][]byte{}
	for len(plain) < n {
		items := make([]vault.StoredSpec, min(n-len(plain), vault.MaxStored))
		for i := range items {
			items[i].Plaintext = true
		}
		ok(t, "storing", f.Vault(f.Leader()).StoreDataKeys(ctx, f.Root(), under, items, func(all []vault.StoredKey) error {
			for _, k := range all {
				plain[k.Record.ID.String()] = bytes.Clone(k.Plaintext)
			}
			return nil
		}))
	}
	return plain
}

func unchanged(t testing.TB, f *vaulttest.Fixture, plain map[string][]byte) {
	t.Helper()
	for node := range f.Len() {
		for id, want := range plain {
			got, err := reveal(f.Vault(node), f.Root(), id, 0)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("node %d gives data key %s as %d bytes, %v", node, id, len(got), err)
			}
		}
	}
}

// moves replays the log and counts the versions of children that its rewraps moved.
func moves(t testing.TB, f *vaulttest.Fixture) (n int) {
	t.Helper()
	m := fsm.New()
	for _, e := range f.Log() {
		out, err := m.Apply(e.Index, e.Data)
		if err != nil {
			t.Fatal(err)
		}
		p, err := fsm.Decode(e.Data)
		if c, isRewrap := p.Command.(*fsm.RewrapKeys); err == nil && isRewrap && !c.Parent.IsZero() && out.Fault == nil {
			n += int(out.Version)
		}
	}
	return n
}

func rewrapping(t testing.TB, f *vaulttest.Fixture, node int, name string) *vault.Rewrapping {
	t.Helper()
	r, err := f.Vault(node).Rewrapping(ctx, f.Root(), name)
	ok(t, "asking how far it is", err)
	return r
}

func TestACampaignMovesEverythingOnceThoughTheLeaderChanges(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	mustHave(t, f, "app", "")
	const n = 1_300
	plain := stored(t, f, "app", n)
	if r := rewrapping(t, f, 1, "app"); r.Campaign != nil || r.Active || len(r.Versions) != 1 || r.Versions[0].Items != n || r.Versions[0].SafeToRetire {
		t.Errorf("before: %+v", r)
	}
	rotate(t, f, "app")
	r := rewrapping(t, f, 2, "app")
	if r.Campaign == nil || r.Campaign.Total != n || r.Done != 0 || !r.Active || r.Versions[0].SafeToRetire || r.Versions[1].SafeToRetire {
		t.Fatalf("begun: %+v %+v", r, r.Campaign)
	}
	wants(t, "destroying the version before", destroyNow(f, "app", 1), fault.BadState)
	// The first entry is committed and leadership moves before anybody learns of it.
	f.FailNext(vaulttest.Moved)
	if err := f.Vault(f.Leader()).Duties(ctx); err == nil {
		t.Fatal("nothing went wrong")
	}
	if r = rewrapping(t, f, 1, "app"); r.Done == 0 || r.Done == n || !r.Active {
		t.Fatalf("in the middle: %d of %d", r.Done, r.Campaign.Total)
	}
	unchanged(t, f, plain)
	duties(t, f)
	r = rewrapping(t, f, 0, "app")
	if r.Done != n || r.Campaign.Finished == 0 || r.Active || !r.Versions[0].SafeToRetire || r.Versions[1].SafeToRetire || r.Versions[1].Items != n {
		t.Errorf("at the end: %+v %+v", r, r.Campaign)
	}
	if got := moves(t, f); got != n {
		t.Errorf("%d were moved, of %d", got, n)
	}
	ok(t, "destroying the version before", destroyNow(f, "app", 1))
	unchanged(t, f, plain)
}

func TestACampaignWaitsForKeysThatAreOutOfUse(t *testing.T) {
	f := vaulttest.New(t)
	mustHave(t, f, "master", "")
	mustHave(t, f, "app", "master")
	plain := stored(t, f, "app", 3)
	rotate(t, f, "app")
	ok(t, "suspending", step(f, "master", 0, access.Suspend))
	log, audit := len(f.Log()), len(f.AuditEntries(0))
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if len(f.Log()) != log || len(f.AuditEntries(0)) != audit || rewrapping(t, f, 0, "app").Active {
		t.Error("it goes on, or fills the audit log with attempts")
	}
	_, err := f.Vault(0).ChangeState(ctx, f.Root(), "master", vault.StateChange{Action: access.Activate, Resume: true})
	ok(t, "resuming", err)
	duties(t, f)
	if r := rewrapping(t, f, 0, "app"); r.Done != 3 {
		t.Errorf("%d of 3", r.Done)
	}
	unchanged(t, f, plain)
}

func TestTermsAndCampaignsDoNotMixUp(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	mustHave(t, f, "app", "")
	plain := stored(t, f, "app", 10)
	rotate(t, f, "app")
	status, err := f.Vault(1).RotateKeyring(ctx, f.Root())
	ok(t, "rotating the keyring", err)
	if status.Total != 2 {
		t.Errorf("the keyring wraps %d versions, want those of app alone", status.Total)
	}
	duties(t, f)
	status, err = f.Vault(1).Keyring(ctx, f.Root())
	if ok(t, "asking", err); status.Active || status.Done != 2 {
		t.Errorf("%+v", status)
	}
	if r := rewrapping(t, f, 1, "app"); r.Done != 10 || r.Campaign.Total != 10 {
		t.Errorf("%d of %d", r.Done, r.Campaign.Total)
	}
	unchanged(t, f, plain)
}

// TestNothingNewIsWrappedUnderWhatWasReplaced races storing, rotating and the campaign.
func TestNothingNewIsWrappedUnderWhatWasReplaced(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	mustHave(t, f, "app", "")
	plain, mu := map[string][]byte{}, sync.Mutex{}
	var all sync.WaitGroup
	for node := range 2 {
		all.Go(func() {
			for range 20 {
				err := f.Vault(node).StoreDataKeys(ctx, f.Root(), "app", []vault.StoredSpec{{Plaintext: true}, {Plaintext: true}}, func(k []vault.StoredKey) error {
					mu.Lock()
					defer mu.Unlock()
					for i := range k {
						plain[k[i].Record.ID.String()] = bytes.Clone(k[i].Plaintext)
					}
					return nil
				})
				if err != nil {
					t.Errorf("storing: %v", err)
				}
			}
		})
	}
	all.Go(func() {
		for range 10 {
			if _, err := f.Vault(1).RotateKey(ctx, f.Root(), "app"); err != nil {
				t.Errorf("rotating: %v", err)
			}
			if err := f.Vault(f.Leader()).Duties(ctx); err != nil {
				t.Errorf("duties: %v", err)
			}
		}
	})
	all.Wait()
	duties(t, f)
	app := f.State(0).KeyByName("app")
	if v := f.State(0).ChildVersions(app.ID); len(v) != 1 || v[0].Version != 11 || v[0].Items != 80 {
		t.Errorf("under its versions are %v", v)
	}
	unchanged(t, f, plain)
}

// TestRandomFamilies walks a vault through random changes of hierarchies and leaders: no child is ever lost, circles are refused, and
// campaigns end with nothing left.
func TestRandomFamilies(t *testing.T) {
	f, run := vaulttest.Cluster(t, 2), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		texts, seals := map[string][]byte{}, 0
		names := make([]string, 5)
		for i := range names {
			names[i] = fmt.Sprintf("%d/k%d", run, i)
		}
		name := func(what string) string { return rapid.SampledFrom(names).Draw(rt, what) }
		may := func(what string, err error, kinds ...fault.Kind) {
			for _, k := range kinds {
				if errors.Is(err, k) {
					return
				}
			}
			if err != nil {
				rt.Fatalf("%s: %v", what, err)
			}
		}
		v, root := f.Vault(0), f.Root()
		for range rapid.IntRange(5, 30).Draw(rt, "steps") {
			k := name("key")
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0, 1:
				parent := name("parent")
				if f.State(0).KeyByName(parent) == nil {
					parent = ""
				}
				_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: k, Parent: parent})
				may("creating", err, fault.Exists, fault.Invalid)
			case 2:
				_, err := v.RotateKey(ctx, root, k)
				may("rotating", err, fault.NotFound)
			case 3:
				parent := name("to")
				_, err := v.MoveKey(ctx, root, k, parent, 0)
				may("moving", err, fault.NotFound, fault.Invalid, fault.BadState)
				above := map[string]bool{}
				for r := f.State(0).KeyByName(parent); r != nil && err == nil; r = f.State(0).Key(r.Parent) {
					if above[r.Name] {
						rt.Fatalf("%s is above itself", r.Name)
					}
					above[r.Name] = true
				}
			case 4:
				if r := f.State(0).KeyByName(k); r != nil {
					text, err := encrypt(v, root, k, k)
					may("encrypting", err)
					seals++
					texts[fmt.Sprint(k, " ", seals)] = text
				}
			case 5:
				f.Lead(1 - f.Leader())
			case 6:
				may("campaigns", f.Vault(f.Leader()).Duties(ctx))
			default:
				if r := f.State(0).KeyByName(k); r != nil && len(r.Versions) > 1 {
					n := r.Versions[0].Number
					in := f.State(0).ChildrenUnder(r.ID, n) > 0
					if !r.Versions[0].State.Gone() {
						err := destroyNow(f, k, n)
						if may("destroying a version", err, fault.BadState); in && err == nil {
							rt.Fatalf("version %d of %s was destroyed with children under it", n, k)
						}
					}
				}
			}
		}
		duties(t, f)
		for node := range 2 {
			for what, text := range texts {
				k, _, _ := strings.Cut(what, " ")
				got, err := decrypt(f.Vault(node), root, k, text)
				var n uint32
				if _, scan := fmt.Sscanf(string(text), "qk:v%d:", &n); scan != nil {
					rt.Fatal(scan)
				}
				if gone := f.State(0).KeyByName(k).Version(n).State.Gone(); !gone && (err != nil || got != k) {
					rt.Fatalf("node %d opens %s as %q, %v", node, what, got, err)
				}
			}
		}
		for _, k := range names {
			r := f.State(0).KeyByName(k)
			if r == nil {
				continue
			}
			c, done := f.State(1).Campaign(r.ID)
			if c != nil && (done != c.Total || c.Finished == 0) {
				rt.Fatalf("%s: %d of %d", k, done, c.Total)
			}
			for _, vc := range f.State(0).ChildVersions(r.ID) {
				if vc.Version != r.Latest().Number {
					rt.Fatalf("%s still wraps %d under version %d", k, vc.Items, vc.Version)
				}
			}
		}
	})
}

func BenchmarkCampaign(b *testing.B) {
	f := vaulttest.New(b)
	mustHave(b, f, "app", "")
	stored(b, f, "app", 20_000)
	b.ResetTimer()
	began, moved := time.Now(), 0
	for b.Loop() {
		rotate(b, f, "app")
		ok(b, "duties", f.Vault(0).Duties(ctx))
		moved += 20_000
	}
	b.ReportMetric(float64(moved)/time.Since(began).Seconds(), "items/s")
}

// BenchmarkStore stores data keys among many, 256 a request: time, and what it leaves to the collector, for each.
func BenchmarkStore(b *testing.B) {
	f := vaulttest.New(b)
	mustHave(b, f, "app", "")
	stored(b, f, "app", 100_000)
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		stored(b, f, "app", 256)
	}
}
