package vault_test

import (
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// Removing the dead needs no policy, so it must be nobody's but the leader's own doing, and be found in its audit log.
func TestOnlyTheLeaderItselfRemovesTheDead(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	leader, other := f.Leader(), (f.Leader()+1)%3
	wants(t, "by another node", f.Vault(other).CleanUp(ctx, "n3"), fault.Denied)
	wants(t, "of a stranger", f.Vault(leader).CleanUp(ctx, "n9"), fault.NotFound)
	f.BreakAudit(leader)
	wants(t, "without an audit log", f.Vault(leader).CleanUp(ctx, "n3"), fault.Internal)
	f.MendAudit(leader)
	if got := f.MemberChanges(); len(got) != 0 {
		t.Fatalf("what was refused changed %+v", got)
	}
	before := len(f.AuditEntries(leader))
	ok(t, "by the leader", f.Vault(leader).CleanUp(ctx, "n3"))
	if got := f.MemberChanges(); len(got) != 1 || got[0] != (vault.MemberChange{Act: vault.RemoveMember, Node: "n3"}) {
		t.Errorf("it changed %+v", got)
	}
	got := entriesOf(f, leader, before, "member.clean-up")
	if len(got) != 2 || got[0].Phase != audit.Request || got[1].Outcome != audit.OK || got[1].Caller.Kind != access.BySelf {
		t.Errorf("it leaves %+v", got)
	}
}
