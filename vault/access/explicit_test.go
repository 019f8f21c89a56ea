package access_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

func TestOpeningWithACompromisedKeyIsPermittedByNameOnly(t *testing.T) {
	const (
		blanket  = `permit (principal, action, resource);`
		explicit = `permit (principal, action == Action::"open-compromised", resource)`
	)
	compromised := func(r *key.Record) { r.State = key.Compromised }
	untagged := func(r *key.Record) { compromised(r); r.Tags = nil }
	for _, tc := range []struct {
		claim  string
		policy string
		r      access.Resource
		want   string // the statement that decided; "" for none
		may    bool
	}{
		{"a permit for everything does not count", blanket, record("k", compromised), "", false},
		{"nor does root's", access.RootText, record("k", compromised), "", false},
		{"nor do the groups of actions", `permit (principal, action in [Action::"use", Action::"manage", Action::"administer"], resource);`, record("k", compromised), "", false},
		{"nor does a condition that names it", `permit (principal, action, resource) when { action == Action::"open-compromised" };`, record("k", compromised), "", false},
		{"nor does another kind of entity of that name", `permit (principal, action in [User::"open-compromised"], resource);`, record("k", compromised), "", false},
		{"a scope that names it counts", blanket + explicit + `;`, record("k", compromised), "p1#2", true},
		{"a scope that is in it counts", `permit (principal, action in Action::"open-compromised", resource);`, record("k", compromised), "p1", true},
		{"a list that names it counts", `permit (principal, action in [Action::"use", Action::"open-compromised"], resource);`, record("k", compromised), "p1", true},
		{"for its principal only", `permit (principal == User::"b", action == Action::"open-compromised", resource);`, record("k", compromised), "", false},
		{"for its keys only", `permit (principal, action == Action::"open-compromised", resource in Folder::"x");`, record("k", compromised), "", false},
		{"where its condition holds", explicit + ` when { resource.tags.env == "prod" };`, record("k", compromised), "p1", true},
		{"not where it does not", explicit + ` when { resource.tags.env == "test" };`, record("k", compromised), "", false},
		{"not where it cannot be evaluated", explicit + ` when { resource.tags.env == "prod" };`, record("k", untagged), "", false},
		{"a forbid for everything counts", explicit + `; forbid (principal, action, resource);`, record("k", compromised), "p1#2", false},
		{"so does one that cannot be evaluated", explicit + `; forbid (principal, action, resource) when { resource.tags.env == "x" };`, record("k", untagged), "p1#2", false},
	} {
		t.Run(tc.claim, func(t *testing.T) {
			p, c := compile(t, tc.policy), user("a", "root")
			for _, when := range []string{"first", "remembered"} {
				if d := p.Decide(c, access.OpenCompromised, tc.r); d.Allowed != tc.may || strings.Join(d.Policies, " ") != tc.want {
					t.Errorf("%s: got %+v", when, d)
				}
			}
			if acc := p.Explain(c, access.OpenCompromised, tc.r); acc.Allowed != tc.may {
				t.Errorf("Explain: got %+v", acc)
			}
		})
	}
}

// The permit for everything goes on counting for everything else, and the two decisions are not mistaken for one another.
func TestAPermitForEverythingDecidesDecryptAndNotOpenCompromised(t *testing.T) {
	p, r := compile(t, access.RootText), record("k")
	for range 2 {
		if !p.Decide(user("op", "root"), access.Decrypt, r).Allowed || p.Decide(user("op", "root"), access.OpenCompromised, r).Allowed {
			t.Fatal("the blanket permit counts for the wrong action")
		}
	}
}

func TestExplainSaysThatABlanketPermitDoesNotCount(t *testing.T) {
	p := compile(t, `permit (principal, action, resource);
permit (principal == User::"b", action, resource);
permit (principal, action == Action::"open-compromised", resource) when { resource.name == "l" };
permit (principal, action in [Action::"decrypt", Action::"open-compromised"], resource);`)
	for i, want := range []string{"does not name its action", "its principal is another", "its condition 1 (when) does not hold", ""} {
		if s := p.Explain(user("a"), access.OpenCompromised, record("k")).Statements[i]; s.Matched != (want == "") || !strings.Contains(s.Why, want) {
			t.Errorf("got %+v, want %q", s, want)
		}
	}
}
