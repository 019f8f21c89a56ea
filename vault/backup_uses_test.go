package vault_test

import (
	"math"
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// twoClusters share the wrapping key "shared", whose material is given.
func twoClusters(t *testing.T, opts ...vaulttest.Option) (here, there *vaulttest.Fixture, shared []byte) {
	t.Helper()
	here, there = vaulttest.Cluster(t, 3, opts...), vaulttest.Cluster(t, 2, opts...)
	shared, _ = drawKey(t, key.AES256GCM)
	for _, f := range []*vaulttest.Fixture{here, there} {
		importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	}
	return here, there, shared
}

func carried(t *testing.T, from, to *vaulttest.Fixture, name string) *key.Record {
	t.Helper()
	b, err := from.Vault(1).BackupKey(ctx, from.Root(), name, "shared")
	ok(t, "backing up "+name, err)
	r, err := to.Vault(1).RestoreKey(ctx, to.Root(), vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
	ok(t, "restoring "+name, err)
	return r
}

func makeExportable(t *testing.T, f *vaulttest.Fixture, s vault.KeySpec) *key.Record {
	t.Helper()
	s.Exportable = true
	r, err := f.Vault(0).CreateKey(ctx, f.Root(), s)
	ok(t, "creating "+s.Name, err)
	return r
}

func use(t *testing.T, f *vaulttest.Fixture, node int, name string, times int) {
	t.Helper()
	for range times {
		_, err := encrypt(f.Vault(node), f.Root(), name, "12345")
		ok(t, "encrypting", err)
	}
}

func purgeNow(t *testing.T, f *vaulttest.Fixture, name string) {
	t.Helper()
	ok(t, "deactivating", step(f, name, 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, name, 0))
	ok(t, "purging", f.Vault(0).PurgeKey(ctx, f.Root(), name, 0))
}

// What no node had told when the backup was made is in it, and the count goes on elsewhere up to the bound.
func TestARestoredKeyGoesOnCounting(t *testing.T) {
	here, there, _ := twoClusters(t, counting(0, 100, 10))
	makeExportable(t, here, vault.KeySpec{Name: "k"})
	for node := range 3 {
		use(t, here, node, "k", 2)
	}
	r := carried(t, here, there, "k")
	if u := r.Versions[0].Use(); u.Count != 6 || u.Bytes != 30 {
		t.Errorf("restored with %+v", u)
	}
	if got := there.State(0).Usage(r.ID, 1).Uses; got != 6 {
		t.Errorf("the state has %d uses", got)
	}
	use(t, there, 0, "k", 4)
	tell(t, there, 0)
	for node := range 2 {
		_, err := encrypt(there.Vault(node), there.Root(), "k", "x")
		wants(t, "a use beyond the bound", err, fault.BadState)
	}
}

// At half of the bound it gets its next version, as where it came from.
func TestARestoredKeyIsRotatedForWhatItWasUsedBefore(t *testing.T) {
	here, there, _ := twoClusters(t)
	for name, more := range map[string]fsm.UsageItem{"cipher": {Uses: fsm.MaxSeals}, "uses": {Uses: 5}, "bytes": {Bytes: 50}, "unused": {}} {
		r := makeExportable(t, here, vault.KeySpec{Name: name, RotateUses: map[string]uint64{"uses": 5}[name], RotateBytes: map[string]uint64{"bytes": 50}[name]})
		more.ID, more.Version = r.ID, 1
		here.Inject(&fsm.CountUses{Items: []fsm.UsageItem{more}})
		carried(t, here, there, name)
		duties(t, there)
		want := uint32(2)
		if name == "unused" {
			want = 1
		}
		if got := there.State(0).Key(r.ID).Latest().Number; got != want {
			t.Errorf("%s is at version %d, want %d", name, got, want)
		}
	}
	r := makeExportable(t, here, vault.KeySpec{Name: "endless"})
	here.Inject(&fsm.CountUses{Items: []fsm.UsageItem{{ID: r.ID, Version: 1, Uses: math.MaxUint64 - 1}}})
	here.Cut(2) // what it may have used comes on top
	if u := carried(t, here, there, "endless").Versions[0].Use(); u.Count != math.MaxUint64 {
		t.Errorf("a count that would run over is restored as %d", u.Count)
	}
}

// Who is not reached may have used the key as often as a node may without telling.
func TestABackupCountsWhatSilentMembersMayHaveUsed(t *testing.T) {
	here, there, _ := twoClusters(t, counting(4, 8, 0))
	makeExportable(t, here, vault.KeySpec{Name: "k"})
	makeExportable(t, here, vault.KeySpec{Name: "signer", Algorithm: key.Ed25519})
	use(t, here, 0, "k", 1)
	use(t, here, 2, "k", 7)
	here.Cut(2)
	if u := carried(t, here, there, "k").Versions[0].Use(); u.Count != 9 {
		t.Errorf("one use and a member that did not tell seven: %d are restored", u.Count)
	}
	if e := entriesOf(here, 1, 0, "key.backup"); len(e) != 1 || e[0].Changes["uncounted_members"] != "n3" {
		t.Errorf("audited as %+v", e)
	}
	if u := carried(t, here, there, "signer").Versions[0].Use(); u.Count != 0 {
		t.Errorf("a signer, which nothing bounds, begins with %d uses", u.Count)
	}
	here.Heal(2)
	makeExportable(t, there, vault.KeySpec{Name: "own"})
	tell(t, there, 0, 1)
	use(t, there, 1, "own", 3)
	there.FailNext(vaulttest.Stall) // the node that backs it up cannot tell either, and knows all the same
	if u := carried(t, there, here, "own").Versions[0].Use(); u.Count != 3 {
		t.Errorf("%d uses are restored, of three that the node itself could not tell", u.Count)
	}
	wants(t, "a request to tell with something in it", err1(here.Vault(0).HandleTell(ctx, "n2", []byte("x"))), fault.Invalid)
}

// A node that is behind, and leads nothing, backs up what the leader knows, or nothing.
func TestABackupIsNoOlderThanItsUses(t *testing.T) {
	here, there, _ := twoClusters(t)
	r := makeExportable(t, here, vault.KeySpec{Name: "k", UsageLimit: 1000})
	use(t, here, 1, "k", 1) // and holds nine more: it need not ask for what a backup takes
	here.Lag(1)
	use(t, here, 2, "k", 1)
	_, err := here.Vault(1).BackupKey(ctx, here.Root(), "k", "shared")
	wants(t, "a backup by a node that cannot catch up", err, fault.Stale)
	here.Heal(1)
	carried(t, here, there, "k")
	if got, want := there.State(0).Usage(r.ID, 0).Allocated, here.State(0).Usage(r.ID, 0).Allocated; got != want || got != 20 {
		t.Errorf("%d of the limit are restored as handed out, %d were", got, want)
	}
}

func TestAUsageLimitIsCarried(t *testing.T) {
	here, there, _ := twoClusters(t)
	makeExportable(t, here, vault.KeySpec{Name: "k", UsageLimit: 200})
	use(t, here, 0, "k", 100)
	use(t, here, 2, "k", 1)
	r := carried(t, here, there, "k")
	spent := here.State(0).Usage(r.ID, 0).Allocated
	if spent < 101 || r.Shows().UsageLeft != 200-spent {
		t.Errorf("%d were handed out, and %d are left where it was restored", spent, r.Shows().UsageLeft)
	}
	done := uint64(0)
	for node := range 2 {
		for {
			if _, err := encrypt(there.Vault(node), there.Root(), "k", "x"); err != nil {
				wants(t, "a use beyond the limit", err, fault.BadState)
				break
			}
			done++
		}
	}
	if done != 200-spent {
		t.Errorf("%d uses of the %d that were left", done, 200-spent)
	}
}

// What was counted before comes with the key into the cluster where it was purged, past what its nodes remember; and what they held of its
// limit does not come back.
func TestCountsSurviveAPurge(t *testing.T) {
	f := vaulttest.Cluster(t, 3, counting(0, 100, 106))
	f.MustCreate("shared")
	r := makeExportable(t, f, vault.KeySpec{Name: "k"})
	limited := makeExportable(t, f, vault.KeySpec{Name: "limited", UsageLimit: 1000})
	for node := range 3 {
		use(t, f, node, "k", 2)
		use(t, f, node, "limited", 1) // and holds nine more
	}
	b, err := f.Vault(1).BackupKey(ctx, f.Root(), "limited", "shared")
	ok(t, "backing up", err)
	f.Cut(2)
	c, err := f.Vault(1).BackupKey(ctx, f.Root(), "k", "shared")
	ok(t, "backing up while a member cannot be asked", err)
	f.Heal(2)
	purgeNow(t, f, "k")
	purgeNow(t, f, "limited")
	if n := f.State(0).UsageCount(); n != 1 { // of the wrapping key
		t.Fatalf("%d usages are left of what was purged", n)
	}
	for _, text := range [][]byte{b.Text, c.Text} {
		_, err := f.Vault(2).RestoreKey(ctx, f.Root(), vault.RestoreSpec{Text: text, Wrapping: "shared"})
		ok(t, "restoring", err)
	}
	if got := f.State(0).Usage(r.ID, 1).Uses; got != 6+100 { // the third may have had a hundred more
		t.Errorf("%d uses are restored", got)
	}
	for node := range 3 {
		_, err := encrypt(f.Vault(node), f.Root(), "k", "x")
		wants(t, "a use beyond the bound", err, fault.BadState)
	}
	spent := f.State(0).Usage(limited.ID, 0).Allocated
	for node := range 3 {
		if left := show(t, f, node, "limited").Shows().UsageLeft; spent < 30 || left != 1000-spent {
			t.Errorf("node %d: %d were handed out, and %d are left", node, spent, left)
		}
	}
}

// A node whose state is replaced as a whole learns of no purge: what it held of a limit may be handed out again to others.
func TestWhatIsHeldOfALimitEndsWithTheState(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", UsageLimit: 1000})
	ok(t, "creating", err)
	use(t, f, 1, "k", 1)
	f.Vault(1).Restored()
	if left := show(t, f, 1, "k").Shows().UsageLeft; left != 990 {
		t.Errorf("%d are left", left)
	}
}

// A backup from before counts were in it may be of a key that was used as much as it may be.
func TestABackupWithoutCountsIsOfAKeyThatIsUsedUp(t *testing.T) {
	_, f, shared := twoClusters(t)
	v, root := f.Vault(1), f.Root()
	material, _ := drawKey(t, key.AES256GCM)
	restore := func(name string, used *envelope.Used, spoil func(*key.Record)) *key.Record {
		t.Helper()
		text := usedBackup(t, shared, material, func(r *key.Record) {
			r.Name = name
			copy(r.ID[:], name)
			spoil(r)
		}, used)
		r, err := v.RestoreKey(ctx, root, vault.RestoreSpec{Text: text, Wrapping: "shared"})
		ok(t, "restoring "+name, err)
		return r
	}
	asItIs := func(*key.Record) {}
	restore("counted", &envelope.Used{}, asItIs)
	restore("old", nil, asItIs)
	restore("limited", nil, func(r *key.Record) { r.UsageLimit = 5 })
	mac := restore("mac", nil, func(r *key.Record) { r.Algorithm, r.Usage, r.RotateUses = key.HMACSHA256, key.MAC, 9 })
	use(t, f, 1, "counted", 1)
	_, err := encrypt(v, root, "old", "x")
	wants(t, "protecting with what may be used up", err, fault.BadState)
	if says := fault.Of(err).NextStep(); !strings.Contains(says, "does not say how often") {
		t.Errorf("it is told: %s", says)
	}
	if e := entriesOf(f, 0, 0, "key.restore"); len(e) != 8 || e[1].Changes["uses"] != "" || !strings.Contains(e[3].Changes["uses"], "used up") {
		t.Errorf("audited as %+v", e)
	}
	if left := show(t, f, 0, "limited").Shows().UsageLeft; left != 0 {
		t.Errorf("%d are left of a limit of which nobody knows", left)
	}
	_, err = v.MAC(ctx, root, "mac", vault.MACInput{Input: []byte("x")})
	ok(t, "making a MAC, which no cipher bounds", err)
	duties(t, f)
	for name, want := range map[string]uint32{"counted": 1, "old": 2, "limited": 2, "mac": 2} {
		if got := f.State(0).KeyByName(name).Latest().Number; got != want {
			t.Errorf("%s is at version %d, want %d", name, got, want)
		}
	}
	use(t, f, 0, "old", 1)
	_, err = encrypt(v, root, "limited", "x")
	wants(t, "beyond a limit of which nobody knows what is left", err, fault.BadState)
	if mac.Versions[0].Use().Count != 9 {
		t.Errorf("the MAC key begins with %+v", mac.Versions[0].Use())
	}
}

// A key that changes while its uses are counted is not backed up: what was purged has none.
func TestAKeyThatIsPurgedMeanwhileIsNotBackedUp(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("shared")
	makeExportable(t, f, vault.KeySpec{Name: "k"})
	use(t, f, 0, "k", 3)
	f.Meanwhile(func() { // before anybody tells
		purgeNow(t, f, "k")
	})
	_, err := f.Vault(1).BackupKey(ctx, f.Root(), "k", "shared")
	wants(t, "backing up", err, fault.Conflict)
}
