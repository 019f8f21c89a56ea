package kmip_test

import (
	"os"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestAKeyUnderLegalHoldIsNotDestroyedByKMIP: with the runbook's policy neither Revoke and Destroy in turn nor either in one batch
// ends a key with the tag (its use may end), for whoever may do everything else. What is forbidden reads as absent at this door, as ever.
func TestAKeyUnderLegalHoldIsNotDestroyedByKMIP(t *testing.T) {
	w := open(t)
	policy, err := os.ReadFile("../../deployments/config/policies/legal-hold.cedar")
	if err != nil {
		t.Fatal(err)
	}
	w.f.Grant("legal-hold", string(policy))
	r, free := w.key("held", true), w.key("free", true)
	v := w.f.Vault(0)
	if _, err := v.UpdateKey(t.Context(), w.f.Root(), "held", vault.KeyPatch{Tags: &map[string]string{"legal-hold": "case 7"}}); err != nil {
		t.Fatal(err)
	}
	revoke := func(id string) string {
		return "Revoke " + id + `<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`
	}
	for _, version := range []string{"1.2", "1.4", "2.1"} {
		id := byID(r.ID.String())
		w.ask(request(version, "", revoke(id)))
		if got := outcomes(t, w.ask(request(version, "", "Destroy "+id)))[0]; !strings.HasPrefix(got, "ItemNotFound: ") {
			t.Errorf("KMIP %s destroys a key under hold: %s", version, got)
		}
		if got := outcomes(t, w.ask(request(version, "", "Locate "+byName("held"), "Destroy "))); len(got) != 2 || !strings.HasPrefix(got[1], "ItemNotFound: ") {
			t.Errorf("KMIP %s destroys a key under hold that it found: %s", version, got)
		}
	}
	now, err := v.Key(t.Context(), w.f.Root(), "held")
	if err != nil || now.State != key.Deactivated || now.Versions[0].State.Gone() || now.DestroyAt != 0 {
		t.Errorf("the key under hold is %v, to be destroyed at %v (%v)", now.State, now.DestroyAt, err)
	}
	w.one("1.4", revoke(byID(free.ID.String()))) // what is not held ends as ever
	w.one("1.4", "Destroy "+byID(free.ID.String()))
}
