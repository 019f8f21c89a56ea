package vault_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// takeSnapshot is a whole snapshot, as any node gives it.
func takeSnapshot(t testing.TB, f *vaulttest.Fixture, node int) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, "taking a snapshot", f.Vault(node).Snapshot(ctx, f.Root(), func(archive.Header) (io.Writer, error) { return &b, nil }))
	return b.Bytes()
}

// estate is a vault with keys of many kinds, some of them destroyed, and ciphertexts of those that are not.
func estate(t testing.TB, f *vaulttest.Fixture) map[string][]byte {
	t.Helper()
	texts := map[string][]byte{}
	for _, name := range []string{"plain", "turned", "doomed"} {
		f.MustCreate(name)
	}
	mustHave(t, f, "mother", "")
	mustHave(t, f, "daughter", "mother")
	for name, alg := range map[string]key.Algorithm{"pair": key.Ed25519, "curve": key.ECDSAP256, "quantum": key.MLKEM768, "hidden": key.Secret} {
		_, err := f.Vault(f.Leader()).CreateKey(ctx, f.Root(), vault.KeySpec{Name: name, Algorithm: alg})
		ok(t, "creating "+name, err)
	}
	for _, name := range []string{"plain", "turned", "mother", "daughter"} {
		texts[name] = mustEncrypt(t, f, name, name)
	}
	rotate(t, f, "turned")
	destroy(t, f, "doomed")
	return texts
}

func destroy(t testing.TB, f *vaulttest.Fixture, name string) {
	t.Helper()
	_, err := f.Vault(f.Leader()).ChangeState(ctx, f.Root(), name, vault.StateChange{Action: access.Deactivate})
	ok(t, "deactivating "+name, err)
	ok(t, "destroying "+name, destroyNow(f, name, 0))
}

func TestSharesAloneOpenASnapshot(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	estate(t, f)
	b := takeSnapshot(t, f, 2) // a follower
	shares := f.Shares()
	c, err := vault.OpenSnapshot(bytes.NewReader(b), [][]byte{shares[4], shares[1], shares[2]}, nil)
	ok(t, "opening with three of five shares", err)
	defer c.Close()
	u, err := c.Verify(true, nil)
	ok(t, "verifying", err)
	h := c.Header
	if want := uint64(f.State(0).KeyCount()); u.Keys != want || h.Counts.Keys != want || u.Gone != 1 || u.Versions+u.Gone != h.Counts.Versions || u.Tokens == 0 || u.Policies != 2 {
		t.Errorf("found %+v with %+v", u, h.Counts)
	}
	if h.Content != f.State(0).ContentDigest() || h.Index != f.State(0).Index() {
		t.Error("the header describes another state")
	}
}

func TestSnapshotsHoldNothingInTheClear(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("canary-name-in-the-clear")
	var material []byte
	ok(t, "reveal", f.Vault(0).Reveal(ctx, f.Root(), "canary-name-in-the-clear", 0, func(_ *key.Record, _ uint32, m []byte) error {
		material = bytes.Clone(m)
		return nil
	}))
	b := takeSnapshot(t, f, 0)
	for _, secret := range [][]byte{material, []byte("canary-name"), f.RootToken(), f.Shares()[0]} {
		if bytes.Contains(b, secret) {
			t.Errorf("the snapshot holds %.12q…", secret)
		}
	}
	if bytes.Equal(b, takeSnapshot(t, f, 0)) {
		t.Error("two snapshots are the same bytes")
	}
}

func TestSnapshotsAreRefusedByName(t *testing.T) {
	f, other := vaulttest.New(t, vaulttest.WithShares(3, 2)), vaulttest.New(t, vaulttest.WithShares(3, 2))
	f.MustCreate("k")
	b := takeSnapshot(t, f, 0)
	shares := f.Shares()
	flipped := bytes.Clone(b)
	flipped[len(b)/2] ^= 1
	for name, c := range map[string]struct {
		file   []byte
		shares [][]byte
		says   string
	}{
		"no shares":      {b, nil, "no share"},
		"one too few":    {b, shares[:1], "1 of the 2"},
		"the same twice": {b, [][]byte{shares[0], shares[0]}, "1 of the 2"},
		"another's":      {b, other.Shares()[:2], "cluster"},
		"damaged":        {flipped, shares, "damaged"},
		"cut off":        {b[:len(b)-10], shares, "refused"},
		"something else": {[]byte("hello, this is no snapshot at all"), shares, "does not begin"},
	} {
		got, err := vault.OpenSnapshot(bytes.NewReader(c.file), c.shares, nil)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) || got != nil {
			t.Errorf("%s: got %v, want a refusal that says %q", name, err, c.says)
		}
	}
	_, _, err := other.Vault(0).VerifySnapshot(other.Root(), bytes.NewReader(b), false)
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "is of cluster") {
		t.Errorf("a foreign snapshot: %v", err)
	}
	for _, deep := range []bool{false, true} {
		if _, u, err := f.Vault(0).VerifySnapshot(f.Root(), bytes.NewReader(b), deep); err != nil || u.Keys != 1 {
			t.Errorf("the cluster's own: %+v, %v", u, err)
		}
	}
}

// What was put into the log past the vault is found when the snapshot is verified, and not before it is restored.
func TestAForgedRecordInASnapshotIsFound(t *testing.T) {
	f := vaulttest.New(t)
	r := f.MustCreate("k")
	owner := "mallory"
	if out := f.Inject(&fsm.UpdateKey{Change: fsm.Change{ID: r.ID, Expect: r.Revision, Updated: r.Updated, MAC: make([]byte, 32)}, Owner: &owner}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	b := takeSnapshot(t, f, 0)
	if _, _, err := f.Vault(0).VerifySnapshot(f.Root(), bytes.NewReader(b), false); err == nil || !strings.Contains(err.Error(), "altered") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyOperatorsTakeSnapshots(t *testing.T) {
	f := vaulttest.New(t)
	f.Grant("reader", `permit (principal == Principal::"app", action in [Action::"read", Action::"list", Action::"inspect"], resource);`)
	err := f.Vault(0).Snapshot(ctx, as("app"), func(archive.Header) (io.Writer, error) { t.Fatal("it begins"); return nil, nil })
	wants(t, "a snapshot by an application", err, fault.Denied)
	_, _, err = f.Vault(0).VerifySnapshot(as("app"), bytes.NewReader(nil), false)
	wants(t, "a check by an application", err, fault.Denied)
	f.Cut(0)
	err = f.Vault(0).Snapshot(ctx, f.Root(), func(archive.Header) (io.Writer, error) { t.Fatal("it begins"); return nil, nil })
	wants(t, "a snapshot of a node that is cut off", err, fault.Stale)
	f.Heal(0)
	takeSnapshot(t, f, 0)
	ops := []string{}
	for _, e := range f.AuditEntries(0) {
		if strings.HasPrefix(e.Operation, "sys.snapshot") {
			ops = append(ops, string(e.Phase)+" "+e.Outcome)
		}
	}
	if !slices.Contains(ops, "response denied") || !slices.Contains(ops, "response ok") {
		t.Errorf("the audit log says %v", ops)
	}
}
