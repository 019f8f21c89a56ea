package vault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

const forbidAll = `forbid (principal, action in [Action::"destroy", Action::"purge"], resource) when { resource.tags has "legal-hold" };`

// Whoever writes into the log behind the vault's back gains nothing by it: an altered set of policies permits nothing to
// anybody, on any node, and cannot be made good by a further change.
func TestAlteredPoliciesPermitNothing(t *testing.T) {
	for name, edit := range map[string]func(s *fsm.State) fsm.Command{
		"an altered text": func(s *fsm.State) fsm.Command {
			return &fsm.PutPolicy{Name: "hold", Source: `permit (principal, action, resource);`, Expect: s.Policy("hold").Revision}
		},
		"a policy more": func(*fsm.State) fsm.Command {
			return &fsm.PutPolicy{Name: "mine", Source: `permit (principal, action, resource);`}
		},
		"a policy less": func(*fsm.State) fsm.Command { return &fsm.DeletePolicy{Name: "hold"} },
		"the MAC of old": func(s *fsm.State) fsm.Command {
			return &fsm.DeletePolicy{Name: "hold", PolicySeal: fsm.PolicySeal{MAC: s.Document(fsm.PoliciesDocument).Body, Next: s.PolicyRevision() + 1}}
		},
		"no MAC": func(s *fsm.State) fsm.Command {
			return &fsm.DeleteDocument{Name: fsm.PoliciesDocument, Expect: s.Document(fsm.PoliciesDocument).Revision}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := vaulttest.Cluster(t, 2)
			f.MustCreate("k")
			f.Grant("hold", forbidAll)
			if out := f.Inject(edit(f.State(0))); out.Fault != nil {
				t.Fatalf("the edit does not apply: %v", out.Fault)
			}
			for node := range f.Len() {
				f.Restart(node) // what was compiled before stays good until the policies' revision moves or the node starts anew
				f.Unseal(node)
				v, root := f.Vault(node), f.Root()
				for what, err := range map[string]error{
					"read": err1(v.Key(ctx, root, "k")), "rotate": err1(v.RotateKey(ctx, root, "k")), "encrypt": err1(encrypt(v, root, "k", "x")),
					"put": err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: "more", Text: access.RootText})), "delete": v.DeletePolicy(ctx, root, "keas"),
				} {
					if !errors.Is(err, fault.Internal) || !strings.Contains(fault.Of(err).Message, "policies were altered") {
						t.Errorf("%s on node %d gives %v", what, node, err)
					}
				}
			}
		})
	}
}

func TestPoliciesAreAuthenticatedFromTheFoundingOn(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k") // under the policies of the founding
	f.Grant("hold", forbidAll)
	f.MustCreate("l")
	ok(t, "deleting a policy", f.Vault(1).DeletePolicy(ctx, f.Root(), "hold"))
	f.MustCreate("m")
	f.Restart(1)
	f.Unseal(1)
	ok(t, "reading after a restart", err1(f.Vault(1).Key(ctx, f.Root(), "m")))
}

// Changes of different policies at one time: each is made for a revision of all, and the slower one looks again.
func TestAChangeOfPoliciesThatWasOvertakenIsTriedAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	text := `permit (principal == User::"a", action, resource);`
	first := fsm.Policy{Name: "first", Source: text}
	f.Overtake(&fsm.PutPolicy{Name: first.Name, Source: first.Source, PolicySeal: f.Vault(0).PolicySeal(first)})
	second, err := f.Vault(1).PutPolicy(ctx, f.Root(), vault.PolicyText{Name: "second", Text: text})
	ok(t, "putting the second", err)
	if f.State(0).Policy("first") == nil || second.Revision != f.State(0).PolicyRevision() {
		t.Errorf("the state has %d policies at revision %d", len(f.State(0).Policies()), f.State(0).PolicyRevision())
	}
	f.MustCreate("k") // the MAC covers both

	// Who named the revision that he saw is told that it is another now.
	f.Overtake(&fsm.PutPolicy{Name: "second", Source: text, Expect: second.Revision, PolicySeal: f.Vault(0).PolicySeal(fsm.Policy{Name: "second", Source: text})})
	_, err = f.Vault(0).PutPolicy(ctx, f.Root(), vault.PolicyText{Name: "second", Text: text, Revision: second.Revision})
	wants(t, "putting on an old revision", err, fault.Conflict)
	wants(t, "deleting what is not there", f.Vault(0).DeletePolicy(ctx, f.Root(), "nobody"), fault.NotFound)
}
