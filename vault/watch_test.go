package vault_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// over is a context that has ended: a watcher that finds nothing to tell says so at once.
var over = func() context.Context {
	c, cancel := context.WithCancel(context.Background())
	cancel()
	return c
}()

func watch(t testing.TB, v *vault.Vault, c access.Caller, q vault.WatchQuery) *vault.Watch {
	t.Helper()
	w, err := v.Watch(ctx, c, q)
	ok(t, "watching", err)
	t.Cleanup(w.Close)
	return w
}

var kindNames = map[vault.WatchKind]string{vault.WatchReady: "ready", vault.WatchKey: "key", vault.WatchGone: "gone", vault.WatchReset: "reset", vault.WatchStale: "stale"}

// said is everything that the watch tells now, as "key app/a active", and the error that ends it.
func said(w *vault.Watch) (all []string, last vault.WatchEvent, err error) {
	for {
		e, err := w.Next(over)
		if errors.Is(err, context.Canceled) {
			return all, last, nil
		}
		if err != nil {
			return all, last, err
		}
		last = e
		text := kindNames[e.Kind]
		switch e.Kind {
		case vault.WatchKey:
			text += " " + e.Name + " " + e.Key.State.String()
		case vault.WatchGone:
			text += " " + e.Name + " " + e.Reason
		}
		all = append(all, text)
	}
}

func says(t *testing.T, w *vault.Watch, want ...string) vault.WatchEvent {
	t.Helper()
	got, last, err := said(w)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("told %q, %v; want %q", got, err, want)
	}
	return last
}

func ends(t *testing.T, w *vault.Watch, k fault.Kind, want ...string) {
	t.Helper()
	got, _, err := said(w)
	if !errors.Is(err, k) || !slices.Equal(got, want) {
		t.Fatalf("told %q and ended with %v; want %q and %v", got, err, want, k)
	}
}

const watcher = `permit (principal == User::"app1", action == Action::"list", resource);
permit (principal == User::"app1", action == Action::"read", resource in Folder::"app1");`

func TestAWatcherIsToldOfWhatItMayReadAndOfWhatGoesOutOfSight(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("app1", watcher)
	lead, root := f.Vault(0), f.Root()
	w := watch(t, f.Vault(1), as("app1"), vault.WatchQuery{Tags: []string{"env=prod"}})
	says(t, w, "ready")
	create := func(name string, tags map[string]string) *key.Record {
		r, err := lead.CreateKey(ctx, root, vault.KeySpec{Name: name, Tags: tags})
		ok(t, "creating "+name, err)
		return r
	}
	prod := map[string]string{"env": "prod"}
	create("app2/a", prod)
	create("app1/b", nil)
	a := create("app1/a", prod)
	last := says(t, w, "key app1/a active")
	if last.Op != "key.create" || last.ID != a.ID || last.Index != f.State(1).Index() || last.Resume != last.Index || w.Index() != last.Resume {
		t.Errorf("told %+v", last)
	}
	if len(last.Key.MAC) != 0 || len(last.Key.Versions[0].Material.Sealed) != 0 {
		t.Error("a watcher is told wrapped material")
	}
	ok(t, "suspending", step(f, "app1/a", 0, access.Suspend))
	says(t, w, "key app1/a suspended")
	retag := func(name string, tags map[string]string) {
		ok(t, "updating", err1(lead.UpdateKey(ctx, root, name, vault.KeyPatch{Tags: &tags})))
	}
	retag("app1/a", nil)
	says(t, w, "gone app1/a hidden")
	retag("app1/a", map[string]string{"env": "test"})
	retag("app1/b", prod)
	says(t, w, "key app1/b active")

	ok(t, "deactivating", step(f, "app1/b", 0, access.Deactivate))
	now := time.Duration(0)
	ok(t, "destroying", err1(lead.DestroyKey(ctx, root, "app1/b", vault.Destruction{After: &now})))
	b := f.State(0).KeyByName("app1/b")
	if out := f.Inject(&fsm.PurgeKey{ID: b.ID, Expect: b.Revision}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	says(t, w, "gone app1/b purged", "gone app1/b purged", "gone app1/b purged") // its end was the last of three changes
	f.Grant("app1", `permit (principal == User::"app1", action == Action::"list", resource);`)
	says(t, w, "reset")
	retag("app1/a", prod)
	says(t, w)
}

func TestOneKeyCanBeWatchedByWhoMayReadIt(t *testing.T) {
	f := vaulttest.New(t)
	f.Grant("app1", `permit (principal == User::"app1", action == Action::"read", resource in Folder::"app1");`)
	f.MustCreate("app1/a")
	f.MustCreate("app1/b")
	v := f.Vault(0)
	wants(t, "watching everything", err1(v.Watch(ctx, as("app1"), vault.WatchQuery{})), fault.Denied)
	wants(t, "watching another's", err1(v.Watch(ctx, as("app1"), vault.WatchQuery{Key: "app2/x"})), fault.Denied)
	wants(t, "watching nothing", err1(v.Watch(ctx, as("app1"), vault.WatchQuery{Key: "app1/x"})), fault.NotFound)
	w := watch(t, v, as("app1"), vault.WatchQuery{Key: "app1/a"})
	ok(t, "rotating", err1(v.RotateKey(ctx, f.Root(), "app1/b")))
	ok(t, "rotating", err1(v.RotateKey(ctx, f.Root(), "app1/a")))
	if e := says(t, w, "ready", "key app1/a active"); e.Key.Latest().Number != 2 || e.Op != "key.rotate" {
		t.Errorf("told %+v", e)
	}
}

func TestAWatcherResumesWhereItWasOnAnyNode(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	first := watch(t, f.Vault(0), f.Root(), vault.WatchQuery{})
	f.MustCreate("a")
	f.MustCreate("b")
	_, _ = first.Next(over)
	at, err := first.Next(over)
	if err != nil || at.Name != "a" {
		t.Fatal(at, err)
	}
	says(t, watch(t, f.Vault(1), f.Root(), vault.WatchQuery{After: at.Resume}), "ready", "key b active")
	wants(t, "resuming ahead of the node", err1(f.Vault(1).Watch(ctx, f.Root(), vault.WatchQuery{After: 1 << 40})), fault.Conflict)

	one, two := f.State(0).KeyByName("a").Clone(), f.State(0).KeyByName("b").Clone()
	one.ID, one.Name, one.Revision, two.ID, two.Name, two.Revision = key.ID{1}, "c", 1, key.ID{2}, "d", 1
	if out := f.Inject(&fsm.CreateKeys{Records: []*key.Record{one, two}}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	if e, err := first.Next(over); err != nil || e.Name != "b" {
		t.Fatal(e, err)
	}
	half, err := first.Next(over) // the first of two keys that one entry made
	if err != nil || half.Name != "c" || half.Resume >= half.Index {
		t.Fatalf("told %+v, %v", half, err)
	}
	says(t, watch(t, f.Vault(1), f.Root(), vault.WatchQuery{After: half.Resume}), "ready", "key c active", "key d active")
}

func TestAWatcherThatIsTooSlowIsResetAndClosed(t *testing.T) {
	f := vaulttest.New(t)
	r := f.MustCreate("a")
	slow := watch(t, f.Vault(0), f.Root(), vault.WatchQuery{})
	begin := says(t, slow, "ready")
	for range vault.FeedSize + 1 {
		r = f.State(0).Key(r.ID)
		f.Inject(&fsm.UpdateKey{Change: fsm.Change{ID: r.ID, Expect: r.Revision, Updated: r.Updated, MAC: r.MAC}})
	}
	ends(t, slow, fault.Busy, "reset")
	late := watch(t, f.Vault(0), f.Root(), vault.WatchQuery{After: begin.Resume})
	says(t, late, "reset")
	in := watch(t, f.Vault(0), f.Root(), vault.WatchQuery{After: begin.Resume + 1})
	if got, _, err := said(in); err != nil || len(got) != vault.FeedSize+1 || got[0] != "ready" {
		t.Errorf("the oldest place that is remembered gives %d events, %v", len(got), err)
	}
}

func TestAWatchEndsWithItsTokenAndWithTheSeal(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("a")
	tok, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "root2", Groups: []string{access.RootGroup}})
	ok(t, "creating a token", err)
	revoked := watch(t, f.Vault(1), f.Caller(text), vault.WatchQuery{})
	says(t, revoked, "ready")
	ended := make(chan error, 1)
	go func() { // as a door waits: nothing but the revocation wakes it before its second is over
		_, err := revoked.Next(ctx)
		ended <- err
	}()
	f.MustCreate("b")
	if err := <-ended; err != nil {
		t.Fatalf("waiting for b: %v", err)
	}
	ok(t, "rotating", err1(f.Vault(0).RotateKey(ctx, f.Root(), "a")))
	ok(t, "revoking", f.Vault(0).RevokeToken(ctx, f.Root(), tok.ID))
	ends(t, revoked, fault.Unauthenticated) // and is not told what happened before

	open := watch(t, f.Vault(1), f.Root(), vault.WatchQuery{})
	says(t, open, "ready")
	go func() { _, err := open.Next(ctx); ended <- err }()
	ok(t, "sealing", f.Vault(1).Seal(ctx, f.Root(), true))
	if err := <-ended; !errors.Is(err, fault.Sealed) {
		t.Errorf("a sealed node ends a watch with %v", err)
	}
}

func TestAStaleNodeTellsNothingUntilItIsFreshAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("a")
	w := watch(t, f.Vault(1), f.Root(), vault.WatchQuery{})
	says(t, w, "ready")
	ok(t, "rotating", err1(f.Vault(0).RotateKey(ctx, f.Root(), "a"))) // arrives in time, and may not be told any more
	f.Cut(1)
	says(t, w, "stale")
	says(t, w)
	f.MustCreate("b")
	f.Heal(1)
	says(t, w, "ready", "key a active", "key b active")
}

func TestASnapshotResetsWatchers(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("a")
	w := watch(t, f.Vault(0), f.Root(), vault.WatchQuery{})
	says(t, w, "ready")
	before := w.Index()
	f.MustCreate("b")
	f.Vault(0).Restored()
	says(t, w, "reset")
	says(t, watch(t, f.Vault(0), f.Root(), vault.WatchQuery{After: before}), "reset")
	f.MustCreate("c")
	says(t, w, "key c active")
}

func TestThereIsABoundOnWatchers(t *testing.T) {
	f := vaulttest.New(t)
	root := f.Root()
	for range vault.MaxWatchers {
		watch(t, f.Vault(0), root, vault.WatchQuery{})
	}
	wants(t, "one more", err1(f.Vault(0).Watch(ctx, root, vault.WatchQuery{})), fault.Busy)
}

func TestTheEndOfAWatchIsRecorded(t *testing.T) {
	f := vaulttest.New(t)
	w, err := f.Vault(0).Watch(ctx, f.Root(), vault.WatchQuery{Prefix: "app/"})
	ok(t, "watching", err)
	f.MustCreate("app/a")
	says(t, w, "ready", "key app/a active")
	w.Close()
	all := f.AuditEntries(0)
	if last := all[len(all)-1]; last.Operation != "key.watch-end" || last.Changes["events"] != "2" || last.Caller.Principal != "root" {
		t.Errorf("the end leaves %+v", last)
	}
}

// Whatever happens, keys as listed at N and changed as told since are the keys as listed at M: for one who sees
// everything, and for one who sees a part.
func TestListAndWatchGiveTheStateAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("app1", watcher)
	root := f.Root()
	rapid.Check(t, func(rt *rapid.T) {
		lead := f.Vault(0)
		name := func() string {
			return rapid.SampledFrom([]string{"app1/a", "app1/b", "app2/a", "app2/b"}).Draw(rt, "name")
		}
		act := func() {
			n := name()
			switch rapid.IntRange(0, 6).Draw(rt, "act") {
			case 0, 1:
				_, _ = lead.CreateKey(ctx, root, vault.KeySpec{Name: n, Tags: map[string]string{"t": "1"}})
			case 2:
				_, _ = lead.RotateKey(ctx, root, n)
			case 3:
				tags := map[string]string{"t": fmt.Sprint(rapid.IntRange(0, 1).Draw(rt, "tag"))}
				_, _ = lead.UpdateKey(ctx, root, n, vault.KeyPatch{Tags: &tags})
			case 4:
				_ = step(f, n, 0, access.Deactivate)
			case 5:
				at := time.Duration(0)
				_, _ = lead.DestroyKey(ctx, root, n, vault.Destruction{After: &at})
			case 6:
				if r := f.State(0).KeyByName(n); r != nil && r.State.Gone() {
					f.Inject(&fsm.PurgeKey{ID: r.ID, Expect: r.Revision})
				}
			}
		}
		for _, c := range []access.Caller{root, as("app1")} {
			tags := rapid.SampledFrom([][]string{nil, {"t=1"}}).Draw(rt, "filter")
			list := func() map[key.ID]string {
				page, _, err := f.Vault(1).Keys(ctx, c, vault.KeyQuery{Tags: tags, Limit: 1000})
				ok(t, "listing", err)
				all := map[key.ID]string{}
				for _, r := range page {
					all[r.ID] = fmt.Sprint(r.Name, r.Revision, r.State)
				}
				return all
			}
			w, err := f.Vault(1).Watch(ctx, c, vault.WatchQuery{Tags: tags})
			ok(t, "watching", err)
			for range rapid.IntRange(0, 3).Draw(rt, "before") {
				act()
			}
			keys := list()
			for range rapid.IntRange(0, 12).Draw(rt, "steps") {
				act()
				if rapid.IntRange(0, 2).Draw(rt, "read?") > 0 {
					continue
				}
				follow(rt, w, keys)
			}
			follow(rt, w, keys)
			if now := list(); !maps.Equal(keys, now) {
				rt.Fatalf("%s: followed %v, listed %v", c.Principal, keys, now)
			}
			w.Close()
		}
	})
}

// follow changes keys by what the watch tells now.
func follow(t *rapid.T, w *vault.Watch, keys map[key.ID]string) {
	for {
		e, err := w.Next(over)
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case vault.WatchKey:
			keys[e.ID] = fmt.Sprint(e.Key.Name, e.Key.Revision, e.Key.State)
		case vault.WatchGone:
			delete(keys, e.ID)
		}
	}
}

// Each command is known to change keys, or known not to: a new one that changes keys must be told to watchers.
func TestEveryCommandIsKnownToTheFeed(t *testing.T) {
	silent := []string{ // change no metadata of keys
		"key.rewrap", "key.usage", "key.allocate", "document.put", "document.delete", "cluster.init", "cluster.level", "cluster.check", "policy.put", "policy.delete",
		"restore.begin", "restore.chunk", "restore.abort", "opening.grant", "opening.seen", "opening.approve", "opening.forget",
		"restore.commit", // changes them all: the feed begins anew, see Applied
	}
	for _, cmd := range fsm.Commands() {
		op := cmd.Op()
		if strings.HasPrefix(op, "token.") || slices.Contains(silent, op) {
			continue
		}
		if c, ok := cmd.(*fsm.CreateKey); ok {
			c.Record = &key.Record{}
		}
		if c, ok := cmd.(*fsm.CreateKeys); ok {
			c.Records = []*key.Record{{}, {}}
		}
		if c, ok := cmd.(*fsm.Bundle); ok {
			c.Commands = []fsm.Bundled{{Command: &fsm.SetState{Change: fsm.Change{ID: key.ID{1}}}}, {Command: &fsm.UpdateKey{Change: fsm.Change{ID: key.ID{2}}}}}
			if got := len(vault.Touched(cmd)); got != 2 {
				t.Errorf("those who watch are told of %d changes of a bundle of two", got)
			}
		}
		if c, ok := cmd.(*fsm.ReplaceKeys); ok {
			c.Items = []fsm.Replacement{{By: &key.Record{ID: key.ID{1}}, Certified: &fsm.Change{ID: key.ID{3}}}}
			if !slices.Contains(vault.Touched(cmd), key.ID{3}) {
				t.Errorf("nobody who watches is told of the key whose certificate %s replaces", op)
			}
		}
		if c, ok := cmd.(*fsm.CertifyKey); ok {
			c.Certificate = &key.Record{ID: key.ID{1}}
			if !slices.Contains(vault.Touched(cmd), c.Certificate.ID) {
				t.Errorf("nobody who watches is told of the certificate that %s makes", op)
			}
		}
		if len(vault.Touched(cmd)) == 0 {
			t.Errorf("nobody who watches is told of %s", op)
		}
	}
}
