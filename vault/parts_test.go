package vault_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestAPartThatLiesIsNone: what a part says of the key is an attribute, which whoever may change the part can write. A length that no key
// has would be taken from memory before anything else was looked at.
func TestAPartThatLiesIsNone(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	halves := vault.Sharing{Method: vault.SharingXOR, Parts: 2, Threshold: 2}
	parts, err := v.SplitKey(ctx, root, vault.SplitSpec{Fresh: key.AES256GCM, Sharing: halves, Parts: []vault.KeySpec{{Name: "p1", Exportable: true}, {Name: "p2", Exportable: true}}})
	ok(t, "splitting", err)
	join := func(names ...string) error {
		_, err := v.JoinKey(ctx, root, vault.JoinSpec{Key: vault.KeySpec{Name: "joined"}, Parts: []vault.JoinPart{{Ref: names[0]}, {Ref: names[1]}}})
		return err
	}
	prime := []byte{1, 1} // 257
	for name, lie := range map[string]vault.SplitPart{
		"longer than any": {Method: vault.SharingPrime, Parts: 2, Threshold: 2, Number: 1, Algorithm: key.Secret, Bytes: key.MaxMaterial + 1, Prime: prime},
		"less than none":  {Method: vault.SharingPrime, Parts: 2, Threshold: 2, Number: 1, Algorithm: key.Secret, Bytes: -1, Prime: prime},
	} {
		for i, p := range []string{"p1", "p2"} {
			lie.Number = uint32(i + 1)
			text, err := cbor.Marshal(lie)
			ok(t, "writing", err)
			_, err = v.UpdateKey(ctx, root, p, vault.KeyPatch{Attributes: map[string][]byte{".sharing": text}})
			ok(t, "lying", err)
		}
		err := join("p1", "p2")
		if wants(t, name, err, fault.Invalid); !strings.Contains(err.Error(), "does not say that it is a part") {
			t.Errorf("%s: %v", name, err)
		}
	}
	honest := parts[0].Attributes[".sharing"]
	_, err = v.UpdateKey(ctx, root, "p2", vault.KeyPatch{Attributes: map[string][]byte{".sharing": parts[1].Attributes[".sharing"]}})
	ok(t, "taking the other lie back", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "other", Algorithm: key.Secret, Exportable: true, Attributes: map[string][]byte{".sharing": honest}})
	ok(t, "making what is no part", err)
	wants(t, "what is no part and says so", join("other", "p2"), fault.Invalid)
	_, err = v.UpdateKey(ctx, root, "p1", vault.KeyPatch{Attributes: map[string][]byte{".sharing": honest}})
	ok(t, "taking the lie back", err)
	ok(t, "joining", join("p1", "p2"))
	taken := parts[0].ID.String() + "," + parts[1].ID.String()
	if !slices.ContainsFunc(f.AuditEntries(0), func(e audit.Entry) bool {
		return e.Operation == "key.join" && strings.Contains(e.Changes["parts"], taken)
	}) {
		t.Errorf("no entry of a join names the parts %s", taken)
	}
}
