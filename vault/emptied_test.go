package vault_test

import (
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestWhatIsEmptiedIsEmptyOnEveryNode: a list of nothing says to take all away, also where the change goes to the leader first.
func TestWhatIsEmptiedIsEmptyOnEveryNode(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for node := range 2 {
		v := f.Vault(node)
		r := f.MustCreate("k" + f.Node(node))
		var names, groups []key.Label
		var links []key.Link
		var tags map[string]string
		full := vault.KeyPatch{Names: &[]key.Label{{Value: "n"}}, Groups: &[]key.Label{{Value: "g"}}, Links: &[]key.Link{{Kind: key.LinkReplaced, To: r.ID}}, Tags: &map[string]string{"a": "b"}}
		ok(t, "filling", err1(v.UpdateKey(ctx, f.Root(), r.Name, full)))
		ok(t, "emptying", err1(v.UpdateKey(ctx, f.Root(), r.Name, vault.KeyPatch{Names: &names, Groups: &groups, Links: &links, Tags: &tags})))
		if now := f.State(node).Key(r.ID); len(now.Names)+len(now.Groups)+len(now.Links)+len(now.Tags) != 0 {
			t.Errorf("node %d leaves %+v", node, now)
		}
	}
}
