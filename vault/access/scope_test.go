package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// Parts from which statements are drawn: every form of scope that Cedar has, with entities that match and such that only
// look alike, and conditions that hold, do not, or cannot be evaluated.
var (
	principals = []string{
		`principal`, `principal == User::"a"`, `principal == Certificate::"a"`, `principal == Group::"g"`, `principal in Group::"g"`,
		`principal in Group::"root"`, `principal in User::"a"`, `principal in Folder::"g"`, `principal is User`, `principal is Certificate in Group::"g"`,
		`principal is User in Group::"g"`, `principal is User in User::"a"`, `principal is Group`, `principal == Node::"self"`, `principal == Anonymous::"anonymous"`,
		`principal is X::User`, `principal == X::Group::"g"`,
	}
	actionScopes = []string{
		`action`, `action == Action::"read"`, `action == Action::"use"`, `action in Action::"use"`, `action in Action::"read"`, `action in []`,
		`action in [Action::"manage", Action::"decrypt"]`, `action in [Action::"create", Action::"reveal", Action::"list"]`, `action in X::Action::"use"`,
		`action == User::"read"`, `action in Action::"administer"`,
		`action == Action::"open-compromised"`, `action in Action::"open-compromised"`, `action in [Action::"use", Action::"open-compromised"]`,
		`action in [User::"open-compromised", Action::"decrypt"]`,
	}
	resources = []string{
		`resource`, `resource == Key::"01000000-0000-0000-0000-000000000000"`, `resource == Key::"0A000000-0000-0000-0000-000000000000"`,
		`resource in Key::"01000000-0000-0000-0000-000000000000"`, `resource == Key::"01"`, `resource in Folder::"f"`, `resource in Folder::"f/g"`,
		`resource == Folder::"f"`, `resource in Folder::""`, `resource in Folder::"f/"`, `resource in Group::"f"`, `resource is Key`, `resource is Vault`, `resource is Folder`,
		`resource is Key in Folder::"f"`, `resource is Vault in Vault::"quorate"`, `resource == Vault::"quorate"`, `resource in Vault::"quorate"`, `resource == Vault::"other"`,
	}
	conditions = []string{
		``, ``, ``, `when { context.door == "keas" }`, `unless { context.door == "rest" }`, `when { context has remote && context.remote.isIpv4() }`,
		`when { context.remote.isLoopback() }`, `when { resource.tags.env == "prod" }`, `when { resource.owner == principal.name }`, `when { 1 }`,
		`when { true }`, `when { false } unless { resource.nothing }`, `when { resource in Folder::"f" }`, `unless { principal in Group::"g" }`,
		`when { action in Action::"use" }`, `when { 9223372036854775807 + 1 > 0 }`, `when { resource == Key::"01000000-0000-0000-0000-000000000000" } unless { principal.name == "b" }`,
		`when { resource.tags has env } when { resource.tags.env like "p*" }`, `when { Group::"g".name == "g" }`, `when { principal.name.contains("a") }`,
	}
)

// Looking at scopes first, and making entities late, changes no decision: not the answer, not the statements that it is
// founded on, not the errors, not their order.
func TestScopesDecideAsCedarDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := func(of []string, what string) string { return rapid.SampledFrom(of).Draw(t, what) }
		var sources []access.Source
		for i := range rapid.IntRange(0, 4).Draw(t, "policies") {
			var text strings.Builder
			for range rapid.IntRange(1, 4).Draw(t, "statements") {
				fmt.Fprintf(&text, "%s (%s, %s, %s) %s;\n", one([]string{"permit", "permit", "forbid"}, "effect"),
					one(principals, "principal"), one(actionScopes, "action"), one(resources, "resource"), one(conditions, "condition"))
			}
			sources = append(sources, access.Source{Name: fmt.Sprintf("p%d", i), Text: text.String()})
		}
		p, err := access.Compile(sources)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			c := access.Caller{
				Principal: one([]string{"a", "b", "g", "self", ""}, "name"), Kind: access.Kind(rapid.IntRange(0, 5).Draw(t, "kind")),
				Groups: rapid.SliceOfN(rapid.SampledFrom([]string{"g", "h", "root", "g"}), 0, 3).Draw(t, "groups"),
				Door:   one([]string{"rest", "keas", ""}, "door"), Remote: one([]string{"127.0.0.1:1", "[::1]:1", "x", ""}, "remote"),
			}
			r := access.OfVault()
			if rapid.IntRange(0, 4).Draw(t, "vault") > 0 {
				r = access.OfKey(&key.Record{
					ID: key.ID{byte(rapid.IntRange(1, 2).Draw(t, "id"))}, Name: one([]string{"f/k", "f", "f/g/k", "g/k", "/k", "ff/k", ""}, "key"),
					Owner: one([]string{"a", "b"}, "owner"), Algorithm: key.AES256GCM, Type: key.SymmetricKey, State: key.Active, Revision: 1,
					Tags: rapid.SampledFrom([]map[string]string{nil, {"env": "prod"}, {"env": "x"}}).Draw(t, "tags"),
				})
			}
			a := rapid.SampledFrom(append(access.Actions(), access.Unchecked, "use", access.OpenCompromised, access.OpenCompromised)).Draw(t, "action")
			got, want := p.Decide(c, a, r), access.DecideByCedarAlone(p, c, a, r)
			if got.Allowed != want.Allowed || !slices.Equal(got.Policies, want.Policies) || !slices.Equal(got.Errors, want.Errors) {
				t.Fatalf("%+v %s %s:\ngot  %+v\nwant %+v\n%+v", c, a, r, got, want, sources)
			}
		}
	})
}

// What every creation of a key asks, which no memory of decisions can answer: the key is a new one.
func BenchmarkDecideOnANewKey(b *testing.B) {
	p := compile(b, access.RootText, `permit (principal, action in [Action::"create", Action::"reveal", Action::"list"], resource) when { context.door == "keas" };`)
	for _, tc := range []struct {
		door string
		c    access.Caller
	}{
		{"rest", access.Caller{Principal: "op", Kind: access.ByToken, Groups: []string{"root"}, Door: "rest", Remote: "192.0.2.7:5000"}},
		{"keas", access.Caller{Kind: access.Anonymous, Door: "keas", Remote: "192.0.2.7:5000"}},
	} {
		b.Run(tc.door, func(b *testing.B) {
			rec := &key.Record{Name: "app7/db/main", State: key.Active, Algorithm: key.AES256GCM}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rec.ID = key.ID{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)}
				if !p.Decide(tc.c, access.Create, access.OfKey(rec)).Allowed {
					b.Fatal("denied")
				}
			}
		})
	}
}
