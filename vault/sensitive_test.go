package vault_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestWhatIsSensitiveLeavesOnlyWrapped tries every way out of a key that is exportable, on every node, for root, who may do everything.
func TestWhatIsSensitiveLeavesOnlyWrapped(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	v, root := f.Vault(f.Leader()), f.Root()
	yes := true
	halves := vault.Sharing{Method: vault.SharingXOR, Parts: 2, Threshold: 2}
	material, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 0, vault.KeySpec{Name: "born", Algorithm: key.AES256GCM, Exportable: true, Sensitive: true}, material)
	f.MustCreate("since")
	f.MustCreate("other")
	parts, err := v.SplitKey(ctx, root, vault.SplitSpec{Of: "since", Sharing: halves, Parts: []vault.KeySpec{{Name: "p1", Exportable: true}, {Name: "p2", Exportable: true}}})
	ok(t, "splitting", err)
	for _, name := range []string{"since", "p2"} {
		ok(t, "reading "+name+" before", err1(reveal(v, root, name, 0)))
		r, err := v.UpdateKey(ctx, root, name, vault.KeyPatch{Sensitive: &yes})
		ok(t, "guarding", err)
		if !r.Sensitive() || r.AlwaysSensitive() {
			t.Errorf("%s: guard %b", name, r.Guard)
		}
	}
	var wrapped [][]byte
	for node := range f.Len() {
		v := f.Vault(node)
		for _, name := range []string{"born", "since"} {
			wants(t, "the material of "+name, err1(reveal(v, root, name, 0)), fault.Denied)
			wants(t, "parts of "+name, err1(v.SplitKey(ctx, root, vault.SplitSpec{Of: name, Sharing: halves, Parts: []vault.KeySpec{{Name: "a"}, {Name: "b"}}})), fault.Denied)
			out, err := v.ExportKey(ctx, root, name, vault.ExportSpec{Recipient: kekPublic()})
			ok(t, "exporting", err)
			text, _, err := v.Wrap(ctx, root, "other", vault.WrapInput{Key: name})
			ok(t, "wrapping", err)
			wrapped = append(wrapped, out.Wrapped, text)
			lent := 0
			ok(t, "lending", v.Lend(ctx, root, name, 0, func(_ *key.Record, _ uint32, m []byte) error {
				lent = len(m)
				return nil
			}))
			if lent != 32 {
				t.Errorf("%d bytes were lent", lent)
			}
		}
		wants(t, "what its parts make", err1(v.JoinKey(ctx, root, vault.JoinSpec{
			Key: vault.KeySpec{Name: "again", Algorithm: key.AES256GCM}, Sharing: halves,
			Parts: []vault.JoinPart{{Ref: parts[0].ID.String(), Number: 1}, {Ref: "p2", Number: 2}},
		})), fault.Denied)
	}
	dual, err := v.CreateDual(ctx, root, kekPublic())
	ok(t, "making a data key of the keas.kmi door", err)
	ok(t, "opening it", err1(openDual(f.Vault(2), root, kekPEM())))
	ok(t, "guarding it", err1(v.UpdateKey(ctx, root, dual.ID.String(), vault.KeyPatch{Sensitive: &yes})))
	for node := range f.Len() {
		wants(t, "opening it", err1(openDual(f.Vault(node), root, kekPEM())), fault.Denied)
	}
	wants(t, "the digest of what came from outside", err1(v.KeyDigest(ctx, root, "born")), fault.BadState)
	repeated, plain := again(root, "store"), []vault.StoredSpec{{Plaintext: true}}
	var kept string
	store := func(node int) error {
		return f.Vault(node).StoreDataKeys(ctx, repeated, "other", plain, func(all []vault.StoredKey) error {
			if len(all) != 1 || len(all[0].Plaintext) != 32 {
				t.Errorf("it gave %d keys", len(all))
			}
			kept = all[0].Record.ID.String()
			return nil
		})
	}
	ok(t, "storing", store(0))
	ok(t, "storing, repeated", store(1))
	ok(t, "guarding what was stored", err1(v.UpdateKey(ctx, root, kept, vault.KeyPatch{Sensitive: &yes})))
	for node := range f.Len() {
		wants(t, "storing, repeated when it is sensitive", store(node), fault.Denied)
	}
	for _, b := range wrapped {
		if bytes.Contains(b, material) {
			t.Error("it came out in plain")
		}
	}
}

// TestAGuardTravels: into a backup and out of it, and into what replaces the key.
func TestAGuardTravels(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("shared")
	yes, no := true, false
	for name, c := range map[string]struct {
		born  bool
		patch *bool
	}{"always": {born: true}, "since": {patch: &yes}, "until": {born: true, patch: &no}} {
		r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Exportable: true, Sensitive: c.born})
		ok(t, "creating", err)
		if c.patch != nil {
			r, err = v.UpdateKey(ctx, root, name, vault.KeyPatch{Sensitive: c.patch})
			ok(t, "updating", err)
		}
		b, err := v.BackupKey(ctx, root, name, "shared")
		ok(t, "backing up", err)
		force := vault.Destruction{After: new(time.Duration(0)), Force: true}
		_, err = v.ChangeState(ctx, root, name, vault.StateChange{Action: "deactivate"})
		ok(t, "deactivating", err)
		ok(t, "destroying", err1(v.DestroyKey(ctx, root, name, force)))
		ok(t, "purging", v.PurgeKey(ctx, root, name, 0))
		back, err := v.RestoreKey(ctx, root, vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
		ok(t, "restoring", err)
		if back.Guard != r.Guard {
			t.Errorf("%s: it had guard %b and came back with %b", name, r.Guard, back.Guard)
		}
		next, err := v.ReplaceKey(ctx, root, name, vault.ReplaceSpec{})
		ok(t, "replacing", err)
		if next.Sensitive() != back.Sensitive() || next.AlwaysSensitive() != back.Sensitive() {
			t.Errorf("%s: what replaces it has guard %b", name, next.Guard)
		}
	}
}
