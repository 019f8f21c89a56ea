package vault_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestStoredDataKeysEndAsKeysDo: by id, at once or on their day, on every node, and nothing of the others ends with them; a hold stops it,
// a campaign passes over what is gone, and the key above can be destroyed when the last of them is.
func TestStoredDataKeysEndAsKeysDo(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root, v := f.Root(), f.Vault(1)
	mustHave(t, f, "app", "")
	f.Grant("legal-hold", forbidAll)
	plain := map[string][]byte{}
	var ids []string
	ok(t, "storing", v.StoreDataKeys(ctx, root, "app", []vault.StoredSpec{{Plaintext: true}, {Plaintext: true}, {Plaintext: true}, {Plaintext: true, Tags: map[string]string{"legal-hold": "case 7"}}}, func(all []vault.StoredKey) error {
		for _, k := range all {
			ids = append(ids, k.Record.ID.String())
			plain[k.Record.ID.String()] = bytes.Clone(k.Plaintext)
		}
		return nil
	}))
	now, later, stays, held := ids[0], ids[1], ids[2], ids[3]
	gives := func(id string) {
		t.Helper()
		for node := range 3 {
			if got, err := reveal(f.Vault(node), root, id, 0); err != nil || !bytes.Equal(got, plain[id]) {
				t.Errorf("node %d gives %x, %v", node, got, err)
			}
		}
	}
	for _, id := range ids {
		gives(id) // and holds it opened
	}
	wants(t, "destroying one that is in use", destroyNow(f, now, 0), fault.BadState)
	for _, id := range []string{now, later, held} {
		ok(t, "deactivating", step(f, id, 0, access.Deactivate))
	}
	ok(t, "destroying", destroyNow(f, now, 0))
	_, err := v.DestroyKey(ctx, root, later, vault.Destruction{Force: true, After: new(7 * day)})
	ok(t, "destroying in a week", err)
	wants(t, "destroying what is held", destroyNow(f, held, 0), fault.Denied)

	gone := func(id string) {
		t.Helper()
		for node := range 3 {
			wants(t, "taking out what is destroyed", err1(reveal(f.Vault(node), root, id, 0)), fault.BadState)
			if r := f.State(node).Key(show(t, f, node, id).ID); r.State != key.Destroyed || len(r.Versions[0].Material.Sealed) != 0 {
				t.Errorf("node %d has %s, with %d bytes of material", node, r.State, len(r.Versions[0].Material.Sealed))
			}
		}
	}
	gone(now)
	gives(stays)
	f.Advance(8 * 24 * time.Hour)
	duties(t, f)
	gone(later)
	gives(stays)

	rotate(t, f, "app")
	duties(t, f)
	r, err := v.Rewrapping(ctx, root, "app")
	ok(t, "asking how far the campaign is", err)
	if r.Campaign == nil || r.Campaign.Total != 2 || r.Campaign.Finished == 0 {
		t.Errorf("the campaign over what is left: %+v", r.Campaign)
	}
	gives(stays)

	ok(t, "forgetting it", v.PurgeKey(ctx, root, now, 0))
	for node := range 3 {
		_, err := f.Vault(node).Key(ctx, root, now)
		wants(t, "what is forgotten", err, fault.NotFound)
	}
	ok(t, "deactivating", step(f, "app", 0, access.Deactivate))
	wants(t, "destroying what still wraps", destroyNow(f, "app", 0), fault.BadState)
	ok(t, "deactivating", step(f, stays, 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, stays, 0))
	ok(t, "lifting the hold", err1(v.UpdateKey(ctx, root, held, vault.KeyPatch{Tags: &map[string]string{}})))
	ok(t, "destroying", destroyNow(f, held, 0))
	ok(t, "destroying the key above", destroyNow(f, "app", 0))
}
