package vault_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func changeState(t testing.TB, f *vaulttest.Fixture, name string, a access.Action) {
	t.Helper()
	_, err := f.Vault(f.Leader()).ChangeState(ctx, f.Root(), name, vault.StateChange{Action: a})
	ok(t, string(a)+" "+name, err)
}

func TestAnEmptyNodeBecomesTheClusterAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	texts := estate(t, f)
	file := takeSnapshot(t, f, 1)
	before := f.State(0)

	g := vaulttest.New(t, vaulttest.Blank())
	v, s := g.Vault(0), f.Shares()
	b, err := v.RestoreSnapshot(ctx, access.Caller{}, bytes.NewReader(file), vault.RestoreWish{Shares: [][]byte{s[0], s[3], s[4]}})
	ok(t, "restoring on an empty node", err)
	if b.Verified.Keys != b.Header.Counts.Keys || len(b.CA) == 0 || bytes.Contains(b.CA, f.Founded().CA[40:]) || !g.Kept() {
		t.Errorf("it says %+v; kept: %v", b.Verified, g.Kept())
	}
	root := g.Caller(f.RootToken()) // tokens go on
	for name, text := range texts {
		if got, err := decrypt(v, root, name, text); err != nil || got != name {
			t.Errorf("%s opens as %q, %v", name, got, err)
		}
	}
	if _, err := encrypt(v, root, "doomed", "x"); !errors.Is(err, fault.BadState) {
		t.Errorf("a destroyed key: %v", err)
	}
	for r := range before.AllKeys() {
		if now := g.State(0).Key(r.ID); now == nil || !bytes.Equal(now.MAC, r.MAC) {
			t.Errorf("%s is not what it was", r.Name)
		}
	}
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "new"})
	ok(t, "making a key afterwards", err)
	_, err = v.Init(ctx, access.Caller{}, vault.InitSpec{Shares: 1, Threshold: 1})
	wants(t, "founding it again", err, fault.Exists)

	g.Restart(0)
	for _, line := range s[:3] {
		_, err := g.Vault(0).Unseal(ctx, access.Caller{}, line)
		ok(t, "unsealing after a restart", err)
	}
	if got, err := decrypt(g.Vault(0), g.Caller(f.RootToken()), "plain", texts["plain"]); err != nil || got != "plain" {
		t.Errorf("after a restart: %q, %v", got, err)
	}
}

// Whatever fails on the way, an empty node is empty afterwards, and can be restored then.
func TestAFailedRestoreLeavesAnEmptyNodeEmpty(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	f.MustCreate("k")
	file := takeSnapshot(t, f, 0)
	g := vaulttest.New(t, vaulttest.Blank())
	v := g.Vault(0)
	restore := func() error {
		_, err := v.RestoreSnapshot(ctx, access.Caller{}, bytes.NewReader(file), vault.RestoreWish{Shares: f.Shares()[:2]})
		return err
	}
	mine := fault.New(fault.Internal, "mine")
	for name, fail := range map[string]func(){
		"found":  func() { g.FailFound(mine, nil) },
		"keep":   func() { g.FailFound(nil, mine) },
		"begin":  func() { g.FailNext(vaulttest.Lost) },
		"chunk":  func() { g.FailNext(vaulttest.None, vaulttest.Lost) },
		"commit": func() { g.FailNext(vaulttest.None, vaulttest.None, vaulttest.Lost) },
	} {
		fail()
		if err := restore(); err == nil {
			t.Fatalf("%s failed, and the restore did not", name)
		}
		g.FailFound(nil, nil)
		if g.Kept() || !v.Sealed() {
			t.Errorf("%s failed, and something remains", name)
		}
	}
	_, err := v.RestoreSnapshot(ctx, access.Caller{}, bytes.NewReader(file[:len(file)-1]), vault.RestoreWish{Shares: f.Shares()[:2]})
	wants(t, "a damaged snapshot", err, fault.Invalid)
	ok(t, "in the end", restore())
}

// running is a cluster whose keys changed in every way since the snapshot, and ciphertexts of before.
func running(t *testing.T) (f *vaulttest.Fixture, file []byte, texts map[string][]byte) {
	f = vaulttest.Cluster(t, 3)
	texts = map[string][]byte{}
	for _, name := range []string{"same", "destroyed", "suspended", "rotated", "purged", "mother", "child"} {
		parent := ""
		if name == "child" {
			parent = "mother"
		}
		mustHave(t, f, name, parent)
		texts[name] = mustEncrypt(t, f, name, name)
	}
	file = takeSnapshot(t, f, 0)
	destroy(t, f, "destroyed")
	changeState(t, f, "suspended", access.Suspend)
	rotate(t, f, "rotated")
	texts["rotated/2"] = mustEncrypt(t, f, "rotated", "later")
	destroy(t, f, "purged")
	ok(t, "purging", f.Vault(f.Leader()).PurgeKey(ctx, f.Root(), "purged", 0))
	f.MustCreate("later")
	texts["later"] = mustEncrypt(t, f, "later", "later")
	return f, file, texts
}

func TestARunningClusterAdoptsASnapshot(t *testing.T) {
	f, file, texts := running(t)
	asked := f.Vault(1) // a follower
	_, d, err := asked.DiffSnapshot(ctx, f.Root(), bytes.NewReader(file))
	ok(t, "diff", err)
	if !d.Past || d.Revived.Count != 2 || d.Relaxed.Count != 1 || d.Lost.Count != 1 || d.LostVersions != 2 || d.Returned.Count != 0 || d.Same != 3 {
		t.Errorf("the diff says %+v", d)
	}
	_, err = asked.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(file), vault.RestoreWish{})
	wants(t, "without consent", err, fault.Invalid)
	b, err := asked.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(file), vault.RestoreWish{Replace: true})
	ok(t, "restoring", err)
	if b.Diff.Revived.Count != d.Revived.Count || len(b.Members) != 3 {
		t.Errorf("it says %+v", b)
	}
	for node := range f.Len() {
		for _, name := range []string{"same", "rotated", "mother", "child"} {
			opens(t, f, node, name, texts[name], name)
		}
		for name, want := range map[string]fault.Kind{"destroyed": fault.BadState, "suspended": fault.BadState, "purged": fault.NotFound, "later": fault.NotFound} {
			if _, err := decrypt(f.Vault(node), f.Root(), name, texts[name]); !errors.Is(err, want) {
				t.Errorf("node %d: %s gives %v, want %v", node, name, err, want)
			}
		}
		for name, want := range map[string]key.State{"destroyed": key.Destroyed, "suspended": key.Suspended, "rotated": key.Active} {
			if r := f.State(node).KeyByName(name); r.State != want || r.State.Gone() != r.Versions[0].State.Gone() {
				t.Errorf("node %d: %s is %v, its version %v; want %v", node, name, r.State, r.Versions[0].State, want)
			}
		}
		if _, err := decrypt(f.Vault(node), f.Root(), "rotated", texts["rotated/2"]); err == nil {
			t.Errorf("node %d still opens with a version that is gone", node)
		}
	}
	f.MustCreate("later") // the name is free, the cluster goes on
	mustEncrypt(t, f, "rotated", "x")
	if f.State(0).ContentDigest() != f.State(2).ContentDigest() {
		t.Error("the nodes differ")
	}
	if _, u, err := f.Vault(2).VerifySnapshot(f.Root(), bytes.NewReader(takeSnapshot(t, f, 2)), true); err != nil || u.Gone != 1 {
		t.Errorf("a snapshot of what was restored: %+v, %v", u, err)
	}
}

func TestWhatWasDestroyedComesBackOnlyOnDemand(t *testing.T) {
	f, file, texts := running(t)
	_, err := f.Vault(0).RestoreSnapshot(ctx, f.Root(), bytes.NewReader(file), vault.RestoreWish{Replace: true, Revive: true})
	ok(t, "restoring", err)
	for node := range f.Len() {
		for _, name := range []string{"same", "destroyed", "suspended", "purged", "rotated", "child"} {
			opens(t, f, node, name, texts[name], name)
		}
	}
}

// A snapshot of a branch that was left knows keys that the living state never had: they are not taken for purged.
func TestKeysOfAnotherBranchAreNotTakenForPurged(t *testing.T) {
	f := vaulttest.New(t)
	old := takeSnapshot(t, f, 0)
	f.MustCreate("branch")
	text := mustEncrypt(t, f, "branch", "x")
	newer := takeSnapshot(t, f, 0)
	v := f.Vault(0)
	_, err := v.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(old), vault.RestoreWish{Replace: true})
	ok(t, "restoring the older one by mistake", err)
	_, d, err := v.DiffSnapshot(ctx, f.Root(), bytes.NewReader(newer))
	ok(t, "diff", err)
	if d.Past || d.Returned.Count != 1 || d.Revived.Count != 0 {
		t.Errorf("the diff says %+v", d)
	}
	_, err = v.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(newer), vault.RestoreWish{Replace: true})
	ok(t, "restoring the newer one", err)
	opens(t, f, 0, "branch", text, "x")
}

func TestAFailedRestoreLeavesTheClusterAsItWas(t *testing.T) {
	f, file, texts := running(t)
	before := f.State(0).ContentDigest()
	v := f.Vault(f.Leader())
	for n := range 3 {
		fails := make([]vaulttest.Failure, n, n+1)
		f.FailNext(append(fails, vaulttest.Lost)...)
		_, err := v.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(file), vault.RestoreWish{Replace: true})
		wants(t, "a restore whose proposal was lost", err, fault.Uncertain)
		if f.State(0).ContentDigest() != before {
			t.Fatalf("failure at step %d changed the state", n)
		}
		opens(t, f, 2, "later", texts["later"], "later")
		mustEncrypt(t, f, "same", "x") // uses are told in the background, and not frozen out
		f.MustCreate("k" + string(rune('0'+n)))
		before = f.State(0).ContentDigest()
	}
	other := vaulttest.New(t)
	_, err := v.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(takeSnapshot(t, other, 0)), vault.RestoreWish{Replace: true})
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "is of cluster") {
		t.Errorf("a foreign snapshot: %v", err)
	}
	_, err = v.RestoreSnapshot(ctx, as("app"), bytes.NewReader(file), vault.RestoreWish{Replace: true})
	wants(t, "an application", err, fault.Denied)
}

// The uses of a key count on, whatever is restored: limits and the bounds of ciphers rest on them.
func TestARestoreGivesNoUsesBack(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	_, err := v.CreateKey(ctx, f.Root(), vault.KeySpec{Name: "limited", UsageLimit: 2})
	ok(t, "creating", err)
	file := takeSnapshot(t, f, 0)
	mustEncrypt(t, f, "limited", "1")
	mustEncrypt(t, f, "limited", "2")
	_, err = v.RestoreSnapshot(ctx, f.Root(), bytes.NewReader(file), vault.RestoreWish{Replace: true})
	ok(t, "restoring", err)
	if _, err := encrypt(v, f.Root(), "limited", "3"); err == nil {
		t.Error("a key of two uses is used three times")
	}
}

func TestAnExpiredSnapshotOpensForNobody(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	a, err := archive.Open(bytes.NewReader(takeSnapshot(t, f, 0)))
	ok(t, "opening", err)
	h := a.Header
	h.Epoch, h.Wrapped = 7, nil
	var b bytes.Buffer
	ok(t, "writing", archive.Write(&b, h, make([]byte, archive.KeySize), func(w io.Writer) error {
		_, err := f.State(0).WriteTo(w)
		return err
	}))
	_, err = vault.OpenSnapshot(bytes.NewReader(b.Bytes()), f.Shares(), nil)
	wants(t, "without its companion", err, fault.NotFound)
	_, err = vault.OpenSnapshot(bytes.NewReader(b.Bytes()), f.Shares(), &archive.Epochs{Format: 1, Cluster: h.Cluster, Seal: h.Seal})
	wants(t, "with a companion that has let its key go", err, fault.NotFound)
}
