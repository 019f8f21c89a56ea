package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// mustHave makes a key under a parent.
func mustHave(t testing.TB, f *vaulttest.Fixture, name, parent string) *key.Record {
	t.Helper()
	r, err := f.Vault(f.Leader()).CreateKey(ctx, f.Root(), vault.KeySpec{Name: name, Parent: parent, Exportable: true})
	ok(t, "creating "+name, err)
	return r
}

func rotate(t testing.TB, f *vaulttest.Fixture, name string) {
	t.Helper()
	_, err := f.Vault(f.Leader()).RotateKey(ctx, f.Root(), name)
	ok(t, "rotating "+name, err)
}

// dynasty is master > app > data, each with something encrypted under it that every node has opened.
func dynasty(t *testing.T) (*vaulttest.Fixture, map[string][]byte) {
	f := vaulttest.Cluster(t, 3)
	texts := map[string][]byte{}
	for _, pair := range [][2]string{{"master", ""}, {"app", "master"}, {"data", "app"}} {
		mustHave(t, f, pair[0], pair[1])
		texts[pair[0]] = mustEncrypt(t, f, pair[0], pair[0])
	}
	allOpen(t, f, texts)
	return f, texts
}

func allOpen(t *testing.T, f *vaulttest.Fixture, texts map[string][]byte) {
	t.Helper()
	for node := range f.Len() {
		for name, text := range texts {
			opens(t, f, node, name, text, name)
		}
	}
}

// refused holds every node to refusing to open something, with the caller's rights.
func refused(t *testing.T, f *vaulttest.Fixture, c access.Caller, name string, text []byte, want string) {
	t.Helper()
	for node := range f.Len() {
		_, err := decrypt(f.Vault(node), c, name, text)
		if !errors.Is(err, fault.BadState) || !strings.Contains(err.Error(), want) {
			t.Fatalf("node %d opens %s: %v, want bad_state about %q", node, name, err, want)
		}
		if _, err := reveal(f.Vault(node), c, name, 0); !errors.Is(err, fault.BadState) {
			t.Fatalf("node %d gives out %s: %v", node, name, err)
		}
	}
}

// TestWhatIsAboveAKeyDecidesAtOnceOnEveryNode is the table of vault/DESIGN.md, with everything opened and cached before.
func TestWhatIsAboveAKeyDecidesAtOnceOnEveryNode(t *testing.T) {
	for _, above := range []string{"master", "app"} {
		t.Run(above, func(t *testing.T) {
			f, texts := dynasty(t)
			v, root := f.Vault(f.Leader()), f.Root()
			below := func(state string) {
				refused(t, f, root, "data", texts["data"], above)
				refused(t, f, root, "data", texts["data"], state)
				_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "new", Parent: above, Exportable: true})
				wants(t, "a child of a key that is "+state, err, fault.BadState)
				wants(t, "a stored key under one", v.StoreDataKeys(ctx, root, "data", []vault.StoredSpec{{}}, nil), fault.BadState)
			}
			ok(t, "suspending", step(f, above, 0, access.Suspend))
			below("suspended")
			_, err := v.ChangeState(ctx, root, above, vault.StateChange{Action: access.Activate, Resume: true})
			ok(t, "resuming", err)
			allOpen(t, f, texts)

			ok(t, "deactivating", step(f, above, 0, access.Deactivate))
			allOpen(t, f, texts)
			_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "new", Parent: above, Exportable: true})
			wants(t, "a child of a deactivated key", err, fault.BadState)
			if above == "app" {
				_, err = v.RotateKey(ctx, root, "data")
				wants(t, "rotating a child of a deactivated key", err, fault.BadState)
			}

			ok(t, "compromising", step(f, above, 0, access.Compromise))
			below("compromised")
			f.Grant("rescue", `permit (principal == User::"rescuer", action == Action::"open-compromised", resource);
				permit (principal == User::"rescuer", action, resource);`)
			if got, err := decrypt(f.Vault(1), as("rescuer"), "data", texts["data"]); err != nil || got != "data" {
				t.Errorf("whom a policy lets open what is compromised gets %q, %v", got, err)
			}
			refused(t, f, root, "data", texts["data"], "compromised") // though it was opened and cached just now
			wants(t, "destroying a key with children", destroyNow(f, above, 0), fault.BadState)
		})
	}
}

func TestAVersionOutOfUseStopsWhatItWraps(t *testing.T) {
	f, texts := dynasty(t)
	rotate(t, f, "app")
	mustHave(t, f, "late", "app")
	late := mustEncrypt(t, f, "late", "late")
	ok(t, "compromising version 1", step(f, "app", 1, access.Compromise))
	refused(t, f, f.Root(), "data", texts["data"], "version 1")
	opens(t, f, 2, "late", late, "late")
	duties(t, f) // gets the child away from the version that is known to others
	opens(t, f, 2, "data", texts["data"], "data")
	ok(t, "destroying version 1", destroyNow(f, "app", 1))
	delete(texts, "app") // version 1 itself is gone, with what it encrypted
	allOpen(t, f, texts)
}

func TestOnlyCiphersAreParents(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "signer", Algorithm: key.Ed25519})
	ok(t, "creating", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "no-wrap", Usage: key.Encrypt | key.Decrypt})
	ok(t, "creating", err)
	for parent, want := range map[string]fault.Kind{"signer": fault.Invalid, "no-wrap": fault.Denied, "nobody": fault.NotFound} {
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Parent: parent})
		wants(t, "a child of "+parent, err, want)
	}
	for _, a := range []key.Algorithm{key.AES128GCM, key.ChaCha20Poly1305} {
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: a.String(), Algorithm: a})
		ok(t, "creating", err)
		mustHave(t, f, a.String()+"/child", a.String())
		opens(t, f, 0, a.String()+"/child", mustEncrypt(t, f, a.String()+"/child", "x"), "x")
	}
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "pair", Algorithm: key.ECDSAP256, Parent: "aes-128-gcm"})
	ok(t, "a key pair as a child", err)
	rotate(t, f, "pair")
}

func TestPuttingAKeyUnderAnotherNeedsAdopt(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	mustHave(t, f, "p", "")
	mustHave(t, f, "team/k", "")
	f.Grant("maker", `permit (principal == User::"maker", action in [Action::"create", Action::"update"], resource in Folder::"team");`)
	_, err := v.CreateKey(ctx, as("maker"), vault.KeySpec{Name: "team/new", Parent: "p", Exportable: true})
	wants(t, "creating without adopt", err, fault.Denied)
	_, err = v.MoveKey(ctx, as("maker"), "team/k", "p", 0)
	wants(t, "moving without adopt", err, fault.Denied)
	f.Grant("adopter", `permit (principal == User::"maker", action == Action::"adopt", resource) when { resource.name == "p" };`)
	_, err = v.CreateKey(ctx, as("maker"), vault.KeySpec{Name: "team/new", Parent: "p", Exportable: true})
	ok(t, "creating with adopt", err)
	_, err = v.MoveKey(ctx, as("maker"), "team/k", "p", 0)
	ok(t, "moving with adopt", err)
}

func TestAMovedKeyOpensUnderItsNewParentAlone(t *testing.T) {
	f, texts := dynasty(t)
	v, root := f.Vault(f.Leader()), f.Root()
	mustHave(t, f, "other", "")
	rotate(t, f, "app")
	texts["app"] = mustEncrypt(t, f, "app", "app")
	_, err := v.MoveKey(ctx, root, "master", "data", 0)
	wants(t, "a circle", err, fault.Invalid)
	_, err = v.MoveKey(ctx, root, "app", "other", 77)
	wants(t, "moving another revision", err, fault.Conflict)
	r, err := f.Vault(1).MoveKey(ctx, root, "app", "other", 0)
	ok(t, "moving", err)
	if r.Parent != f.State(0).KeyByName("other").ID {
		t.Errorf("its parent is %s", r.Parent)
	}
	ok(t, "suspending the old parent", step(f, "master", 0, access.Suspend))
	delete(texts, "master")
	allOpen(t, f, texts)
	ok(t, "suspending the new one", step(f, "other", 0, access.Suspend))
	refused(t, f, root, "data", texts["data"], "other")
	_, err = v.MoveKey(ctx, root, "app", "", 0)
	wants(t, "moving away from a suspended key", err, fault.BadState)
	_, err = v.ChangeState(ctx, root, "other", vault.StateChange{Action: access.Activate, Resume: true})
	ok(t, "resuming", err)
	_, err = v.MoveKey(ctx, root, "app", "", 0)
	ok(t, "moving to the top", err)
	for _, name := range []string{"other", "master"} {
		if name == "other" {
			ok(t, "deactivating", step(f, name, 0, access.Deactivate))
			ok(t, "destroying what has no children any more", destroyNow(f, name, 0))
		}
	}
	allOpen(t, f, texts)
}

// TestAChildsMaterialStaysInItsPlace swaps what wraps two children, as whoever can write to a disk might.
func TestAChildsMaterialStaysInItsPlace(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	mustHave(t, f, "p", "")
	a := mustHave(t, f, "a", "p")
	mustHave(t, f, "b", "p")
	text := mustEncrypt(t, f, "b", "b")
	rotate(t, f, "p")
	p := f.State(0).KeyByName("p")
	c := mustHave(t, f, "c", "p")
	stolen := f.State(0).Key(c.ID).Versions[0].Material.Sealed // of the same versions: only the id differs
	f.Inject(&fsm.RewrapKeys{Parent: p.ID, Items: []fsm.RewrapItem{{ID: a.ID, Version: 1, OldParent: 1, New: key.Material{Parent: 2, Sealed: stolen}}}})
	for node := range 2 {
		_, err := reveal(f.Vault(node), f.Root(), "a", 0)
		wants(t, "opening what belongs to another key", err, fault.Internal)
	}
	ok(t, "duties", f.Vault(f.Leader()).Duties(ctx))
	opens(t, f, 1, "b", text, "b")
	rotate(t, f, "p")
	if err := f.Vault(f.Leader()).Duties(ctx); err == nil {
		t.Error("nobody hears of a child that does not open")
	}
	opens(t, f, 1, "b", text, "b")
	if s := f.State(0); s.ChildrenUnder(p.ID, 3) != 2 || s.ChildrenUnder(p.ID, 2) != 1 {
		t.Error("one bad child holds up the others")
	}
}

func TestTreesShowWhatTheCallerMayRead(t *testing.T) {
	f, _ := dynasty(t)
	for i := range 3 {
		mustHave(t, f, fmt.Sprintf("open/%d", i), "app")
	}
	mustHave(t, f, "lonely", "")
	show := func(c access.Caller, ref string) string {
		nodes, more, err := f.Vault(1).Tree(ctx, c, ref)
		ok(t, "drawing", err)
		var b strings.Builder
		for _, n := range nodes {
			fmt.Fprintf(&b, "%s%s/%d ", strings.Repeat(">", n.Depth), strings.SplitN(n.Record.Name, "/", 2)[0], n.Children)
			if len(n.Record.Versions[0].Material.Sealed) > 0 {
				t.Error("wrapped material left the vault")
			}
		}
		if more {
			t.Error("there would be more")
		}
		return strings.TrimSpace(b.String())
	}
	all := show(f.Root(), "")
	if !strings.HasPrefix(all, "master/1 >app/4 >>") || strings.Count(all, ">>open/0") != 3 || strings.Count(all, ">>data/0") != 1 || strings.Contains(all, "lonely") {
		t.Errorf("the forest is %q", all)
	}
	if got := show(f.Root(), "lonely"); got != "lonely/0" {
		t.Errorf("a lonely key is %q", got)
	}
	f.Grant("reader", `permit (principal == User::"reader", action in [Action::"read", Action::"list"], resource) unless { resource.name == "data" };`)
	if got := show(as("reader"), "app"); strings.Count(got, ">open/0") != 3 || strings.Contains(got, "data") {
		t.Errorf("the reader sees %q", got)
	}
	var names []string
	for after, pages := "", 0; ; pages++ {
		page, next, err := f.Vault(2).Children(ctx, as("reader"), "app", after, 2)
		ok(t, "listing children", err)
		for _, r := range page {
			names = append(names, r.Name)
		}
		if after = next; next == "" {
			break
		}
		if pages > 3 {
			t.Fatal("the pages do not end")
		}
	}
	if len(names) != 3 || strings.Contains(strings.Join(names, " "), "data") {
		t.Errorf("the reader's children of app are %v", names)
	}
	for _, limit := range []int{-1, 1001} {
		_, _, err := f.Vault(0).Children(ctx, f.Root(), "app", "", limit)
		wants(t, "a page of nonsense", err, fault.Invalid)
	}
	_, _, err := f.Vault(0).Children(ctx, f.Root(), "app", "x", 0)
	wants(t, "a cursor of nonsense", err, fault.Invalid)
}

func TestStoredKeysAreTheSameOnEveryNode(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	mustHave(t, f, "app", "")
	door, c := f.Vault(1), again(f.Root(), "retry-1") // a follower
	items := []vault.StoredSpec{{Plaintext: true}, {Bits: 512, Name: "app/named", Tags: map[string]string{"a": "b"}}, {Bits: 128, Plaintext: true}}
	var ids []string
	plain := map[string][]byte{}
	keep := func(all []vault.StoredKey) error {
		ids = nil
		for i, k := range all {
			id := k.Record.ID.String()
			ids = append(ids, id)
			if k.Record.Owner != "root" || !k.Record.Exportable || k.Record.Algorithm != key.Secret || k.Record.Parent.IsZero() {
				t.Errorf("stored as %+v", k.Record)
			}
			if (k.Plaintext != nil) != items[i].Plaintext {
				t.Errorf("%d: in plain is %v", i, k.Plaintext != nil)
			}
			if k.Plaintext != nil {
				plain[id] = bytes.Clone(k.Plaintext)
			}
		}
		return nil
	}
	ok(t, "storing", door.StoreDataKeys(ctx, c, "app", items, keep))
	first := strings.Join(ids, " ")
	if f.State(0).KeyByName("app/"+ids[0]) == nil || f.State(0).KeyByName("app/named").Tags["a"] != "b" {
		t.Error("they are not called as they should be")
	}
	for i, bytes := range []int{32, 64, 16} {
		for node := range 3 {
			got, err := reveal(f.Vault(node), f.Root(), ids[i], 0)
			if err != nil || len(got) != bytes || plain[ids[i]] != nil && string(got) != string(plain[ids[i]]) {
				t.Errorf("node %d gives %d bytes of data key %d, %v", node, len(got), i, err)
			}
		}
	}
	before := f.State(0).KeyCount()
	ok(t, "repeating", f.Vault(2).StoreDataKeys(ctx, c, "app", items, keep))
	if strings.Join(ids, " ") != first || f.State(0).KeyCount() != before {
		t.Error("repeating the request made other keys")
	}
	wants(t, "another request under the key", door.StoreDataKeys(ctx, c, "app", items[:1], keep), fault.Invalid)
	for _, wire := range f.Wire() {
		for id, p := range plain {
			if holds(wire, p) {
				t.Errorf("the plaintext of %s crossed between nodes", id)
			}
		}
	}
}

func TestStoredKeysAreMadeAllOrNone(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	mustHave(t, f, "app", "")
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "signer", Algorithm: key.Ed25519})
	ok(t, "creating", err)
	count := f.State(0).KeyCount()
	for name, try := range map[string]struct {
		ref   string
		items []vault.StoredSpec
		want  fault.Kind
	}{
		"none":          {"app", nil, fault.Invalid},
		"too many":      {"app", make([]vault.StoredSpec, vault.MaxStored+1), fault.Invalid},
		"odd bits":      {"app", []vault.StoredSpec{{}, {Bits: 100}}, fault.Invalid},
		"a bad name":    {"app", []vault.StoredSpec{{}, {Name: "../x"}}, fault.Invalid},
		"a taken name":  {"app", []vault.StoredSpec{{}, {Name: "app"}}, fault.Exists},
		"a name twice":  {"app", []vault.StoredSpec{{Name: "x"}, {Name: "x"}}, fault.Exists},
		"under nothing": {"nobody", []vault.StoredSpec{{}}, fault.NotFound},
		"under a pair":  {"signer", []vault.StoredSpec{{}}, fault.Invalid},
	} {
		wants(t, name, v.StoreDataKeys(ctx, root, try.ref, try.items, nil), try.want)
	}
	f.Grant("app", `permit (principal == User::"app", action == Action::"datakey", resource);
		permit (principal == User::"app", action == Action::"create", resource in Folder::"app");`)
	wants(t, "one that policies do not permit", v.StoreDataKeys(ctx, as("app"), "app", []vault.StoredSpec{{}, {Name: "elsewhere/x"}}, nil), fault.Denied)
	if f.State(0).KeyCount() != count {
		t.Error("something was stored")
	}
	full := make([]vault.StoredSpec, vault.MaxStored)
	ok(t, "storing as the app", v.StoreDataKeys(ctx, as("app"), "app", full, func(all []vault.StoredKey) error {
		if len(all) != len(full) || all[0].Record.Owner != "app" {
			t.Errorf("%d stored, of %s", len(all), all[0].Record.Owner)
		}
		return nil
	}))
	if _, err := reveal(v, as("app"), f.State(0).Roots(1)[0].ID.String(), 0); !errors.Is(err, fault.Denied) {
		t.Errorf("storing gave the right to read: %v", err)
	}
}

// TestStoredKeysOfARequestLieTogether: in every index by id, in the order of the request, and apart from another's.
func TestStoredKeysOfARequestLieTogether(t *testing.T) {
	f := vaulttest.New(t)
	mustHave(t, f, "app", "")
	starts := map[string]bool{}
	for range 3 {
		var before string
		ok(t, "storing", f.Vault(0).StoreDataKeys(ctx, f.Root(), "app", make([]vault.StoredSpec, vault.MaxStored), func(all []vault.StoredKey) error {
			for _, k := range all {
				id := k.Record.ID.String()
				if id <= before || before != "" && id[:13] != before[:13] || id[14] != '8' || !strings.ContainsRune("89ab", rune(id[19])) {
					t.Errorf("%s comes after %s", id, before)
				}
				before = id
			}
			return nil
		}))
		if starts[before[:13]] {
			t.Errorf("two requests begin with %s", before[:13])
		}
		starts[before[:13]] = true
	}
}

// TestTombstonesOfChildrenHoldNoDestructionUp: only what is still wrapped needs the parent.
func TestTombstonesOfChildrenHoldNoDestructionUp(t *testing.T) {
	f := vaulttest.New(t)
	mustHave(t, f, "p", "")
	mustHave(t, f, "c", "p")
	mustHave(t, f, "d", "p")
	for _, name := range []string{"p", "c", "d"} {
		ok(t, "deactivating "+name, step(f, name, 0, access.Deactivate))
	}
	_, err := f.Vault(0).DestroyKey(ctx, f.Root(), "p", vault.Destruction{Force: true, After: new(7 * day)})
	ok(t, "scheduling", err)
	f.Advance(8 * 24 * time.Hour)
	for _, c := range []struct {
		child string
		after key.State
	}{{"c", key.Deactivated}, {"d", key.Destroyed}} {
		ok(t, "destroying "+c.child, destroyNow(f, c.child, 0))
		duties(t, f)
		if s := f.State(0).KeyByName("p").State; s != c.after {
			t.Fatalf("once %s is destroyed, its parent is %s, not %s", c.child, s, c.after)
		}
	}
}

// TestARepeatedStoreGivesOutNothingNew: an Idempotency-Key is no permission to read what became of the key.
func TestARepeatedStoreGivesOutNothingNew(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "p"}) // a stored key below it may be told to stay
	ok(t, "creating", err)
	const maker = `permit (principal == User::"app1", action in [Action::"datakey", Action::"create"], resource);`
	f.Grant("app1", maker)
	store := func() (plain []byte, err error) {
		err = v.StoreDataKeys(ctx, again(as("app1"), "once"), "p", []vault.StoredSpec{{Name: "dk", Plaintext: true}}, func(s []vault.StoredKey) error {
			plain = bytes.Clone(s[0].Plaintext)
			return nil
		})
		return plain, err
	}
	first, err := store()
	ok(t, "storing", err)
	_, err = reveal(v, as("app1"), "dk", 0)
	wants(t, "reading what was stored", err, fault.Denied)
	rotate(t, f, "dk")
	if repeated, err := store(); err != nil || !bytes.Equal(repeated, first) {
		t.Errorf("repeated, it gives out %x, %v, not %x", repeated, err, first)
	}
	f.Grant("app1", `permit (principal == User::"app1", action == Action::"datakey", resource);`)
	_, err = store()
	wants(t, "repeating for who may not make keys any more", err, fault.Denied)
	f.Grant("app1", maker)
	stays := false
	_, err = v.UpdateKey(ctx, f.Root(), "dk", vault.KeyPatch{Exportable: &stays})
	ok(t, "updating", err)
	_, err = store()
	wants(t, "repeating for a key that stays", err, fault.Denied)
}

// TestATreeLooksBehindWhatTheCallerMayNotRead: of very many hierarchies he sees the last, which alone is his.
func TestATreeLooksBehindWhatTheCallerMayNotRead(t *testing.T) {
	f := vaulttest.New(t)
	f.Grant("reader", `permit (principal == User::"reader", action == Action::"list", resource);
permit (principal == User::"reader", action == Action::"read", resource in Folder::"his");`)
	like := f.MustCreate("like")
	for batch := range byte(5) {
		var parents, children []*key.Record
		for i := range 250 {
			r := f.State(0).Key(like.ID).Clone()
			r.ID, r.Name = key.ID{1, batch, byte(i), 1}, fmt.Sprintf("x/%d-%d", batch, i)
			if batch == 4 && i == 249 {
				r.Name = "his/last"
			}
			c := r.Clone()
			c.ID, c.Name, c.Parent, c.Versions[0].Material = key.ID{2, batch, byte(i), 1}, r.Name+"/child", r.ID, key.Material{Parent: 1, Sealed: []byte("x")}
			parents, children = append(parents, r), append(children, c)
		}
		for _, all := range [][]*key.Record{parents, children} {
			if out := f.Inject(&fsm.CreateKeys{Records: all}); out.Fault != nil {
				t.Fatal(out.Fault)
			}
		}
	}
	nodes, more, err := f.Vault(0).Tree(ctx, as("reader"), "")
	if err != nil || more || len(nodes) != 2 || nodes[0].Record.Name != "his/last" {
		t.Errorf("he sees %d keys, more %v, %v", len(nodes), more, err)
	}
	if nodes, more, err = f.Vault(0).Tree(ctx, f.Root(), ""); err != nil || !more || len(nodes) != 1000 {
		t.Errorf("root sees %d keys, more %v, %v", len(nodes), more, err)
	}
}
