package access_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func compile(t testing.TB, texts ...string) *access.PolicySet {
	t.Helper()
	var sources []access.Source
	for i, text := range texts {
		sources = append(sources, access.Source{Name: fmt.Sprintf("p%d", i+1), Text: text})
	}
	p, err := access.Compile(sources)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func user(name string, groups ...string) access.Caller {
	return access.Caller{Principal: name, Kind: access.ByToken, Groups: groups, Door: "rest", Remote: "192.0.2.7:5000"}
}

func record(name string, change ...func(*key.Record)) access.Resource {
	r := &key.Record{
		ID: key.ID{1, 2, 3}, Name: name, Algorithm: key.AES256GCM, Type: key.SymmetricKey, State: key.Active, Owner: "app1",
		Tags: map[string]string{"env": "prod"}, Revision: 1,
	}
	for _, c := range change {
		c(r)
	}
	return access.OfKey(r)
}

func TestPoliciesDecide(t *testing.T) {
	suspended := func(r *key.Record) { r.State = key.Suspended }
	untagged := func(r *key.Record) { r.Tags = nil }
	exportable := func(r *key.Record) { r.Exportable = true }
	cert := access.Caller{Principal: "app1", Kind: access.ByCertificate}
	self := access.Caller{Principal: "node1", Kind: access.BySelf}
	nobody := access.Caller{Groups: []string{"root"}}
	cases := []struct {
		claim  string
		policy string
		c      access.Caller
		a      access.Action
		r      access.Resource
		want   bool
	}{
		{"nothing is allowed by default", ``, user("app1", "root"), access.Read, record("k"), false},
		{"a permit permits", `permit (principal == User::"app1", action, resource);`, user("app1"), access.Read, record("k"), true},
		{"a permit is for its principal only", `permit (principal == User::"app1", action, resource);`, user("app2"), access.Read, record("k"), false},
		{"a certificate is not the user of its name", `permit (principal == User::"app1", action, resource);`, cert, access.Read, record("k"), false},
		{"a user is not the certificate of its name", `permit (principal == Certificate::"app1", action, resource);`, user("app1"), access.Read, record("k"), false},
		{"a certificate is a Certificate", `permit (principal == Certificate::"app1", action, resource);`, cert, access.Read, record("k"), true},
		{"forbid wins", `permit (principal, action, resource); forbid (principal, action == Action::"read", resource);`, user("app1"), access.Read, record("k"), false},
		{"forbid spares other actions", `permit (principal, action, resource); forbid (principal, action == Action::"read", resource);`, user("app1"), access.Encrypt, record("k"), true},
		{"groups count", `permit (principal in Group::"eu", action, resource);`, user("app1", "apps", "eu"), access.Read, record("k"), true},
		{"other groups do not", `permit (principal in Group::"eu", action, resource);`, user("eu", "apps"), access.Read, record("k"), false},
		{"a user called like a group is not in it", `permit (principal in Group::"root", action, resource);`, user("root"), access.Read, record("k"), false},
		{"root may do everything", access.RootText, user("op", "root"), access.Operate, access.OfVault(), true},
		{"the cluster itself may", access.RootText, self, access.Rotate, record("k"), true},
		{"others may not, by the root policy", access.RootText, user("self"), access.Rotate, record("k"), false},
		{"nobody is in no group", access.RootText, nobody, access.Read, record("k"), false},
		{"an unknown kind is denied", `permit (principal, action, resource);`, access.Caller{Kind: 99}, access.Read, record("k"), false},
		{"an unknown action is denied", `permit (principal, action, resource);`, user("a"), "fly", record("k"), false},
		{"an action group is no action", `permit (principal, action, resource);`, user("a"), "use", record("k"), false},
		{"unchecked operations are not for policies", `permit (principal, action, resource);`, user("a"), access.Unchecked, access.OfVault(), false},
		{"use includes decrypt", `permit (principal, action in Action::"use", resource);`, user("a"), access.Decrypt, record("k"), true},
		{"use does not include reveal", `permit (principal, action in [Action::"use", Action::"manage"], resource);`, user("a"), access.Reveal, record("k"), false},
		{"manage includes destroy", `permit (principal, action in Action::"manage", resource);`, user("a"), access.Destroy, record("k"), true},
		{"a folder holds its keys", `permit (principal, action, resource in Folder::"app/db");`, user("a"), access.Read, record("app/db/main"), true},
		{"and those of folders within", `permit (principal, action, resource in Folder::"app");`, user("a"), access.Read, record("app/db/main"), true},
		{"not those beside it", `permit (principal, action, resource in Folder::"app/db");`, user("a"), access.Read, record("app/dbx/main"), false},
		{"a key is not the folder of its name", `permit (principal, action, resource in Folder::"app");`, user("a"), access.Read, record("app"), false},
		{"one key by its id", `permit (principal, action, resource == Key::"01020300-0000-0000-0000-000000000000");`, user("a"), access.Read, record("k"), true},
		{"attributes count", `permit (principal, action, resource) when { resource.algorithm == "aes-256-gcm" && resource.type == "symmetric-key" && !resource.exportable };`, user("a"), access.Read, record("k"), true},
		{"and their change does", `permit (principal, action, resource) when { !resource.exportable };`, user("a"), access.Read, record("k", exportable), false},
		{"the owner may", `permit (principal, action, resource) when { resource.owner == principal.name };`, user("app1"), access.Read, record("k"), true},
		{"others are not the owner", `permit (principal, action, resource) when { resource.owner == principal.name };`, user("app2"), access.Read, record("k"), false},
		{"tags count", `permit (principal, action, resource) when { resource.tags.env == "prod" };`, user("a"), access.Read, record("k"), true},
		{"a missing tag permits nothing", `permit (principal, action, resource) when { resource.tags.env == "prod" };`, user("a"), access.Read, record("k", untagged), false},
		{"a missing tag does not undo another permit", `permit (principal, action, resource) when { resource.tags.env == "prod" }; permit (principal, action, resource);`, user("a"), access.Read, record("k", untagged), true},
		{"a forbid that cannot be evaluated forbids", `permit (principal, action, resource); forbid (principal, action, resource) when { resource.tags.env == "prod" };`, user("a"), access.Read, record("k", untagged), false},
		{"states count", `permit (principal, action, resource); forbid (principal, action, resource) when { resource.state == "suspended" };`, user("a"), access.Read, record("k", suspended), false},
		{"the vault has a key's attributes, empty", `permit (principal, action, resource); forbid (principal, action, resource) when { resource.state == "suspended" };`, user("a"), access.List, access.OfVault(), true},
		{"the door counts", `permit (principal, action, resource) when { context.door == "rest" && context.kind == "token" };`, user("a"), access.Read, record("k"), true},
		{"the address counts", `permit (principal, action, resource) when { context.remote.isInRange(ip("192.0.2.0/24")) };`, user("a"), access.Read, record("k"), true},
		{"another address does not", `permit (principal, action, resource) when { context.remote.isInRange(ip("10.0.0.0/8")) };`, user("a"), access.Read, record("k"), false},
	}
	for _, tc := range cases {
		t.Run(tc.claim, func(t *testing.T) {
			p := compile(t, tc.policy)
			for _, when := range []string{"first", "remembered"} {
				if d := p.Decide(tc.c, tc.a, tc.r); d.Allowed != tc.want {
					t.Errorf("%s: got %+v", when, d)
				}
			}
			acc := p.Explain(tc.c, tc.a, tc.r)
			if acc.Allowed != tc.want {
				t.Errorf("Explain: got %+v", acc)
			}
		})
	}
}

// What a stranger can choose (names of principals and groups, key names, tags, addresses) never becomes policy.
func TestNamesNeverBecomePolicy(t *testing.T) {
	evil := []string{
		`app1"`, `app1", action, resource); permit (principal`, `app1\`, `app1\u{22}`, `"app1"`, `User::"app1"`, "app1\x00", "app1\n", "аpp1", // the last with a Cyrillic а
		`app1//`, "\u202eapp1", "app1\xff", `*`, `Group::"root"`, "APP1", " app1", "app1 ",
	}
	p := compile(t, access.RootText, `permit (principal == User::"app1", action, resource); permit (principal, action, resource in Folder::"app1");
		permit (principal, action, resource) when { resource.name like "app1*x" || resource.tags has "app1" || context.door == "app1" };`)
	for _, s := range evil {
		c := access.Caller{Principal: s, Kind: access.ByToken, Groups: []string{s, `root"`, "Root"}, Door: s, Remote: s}
		r := record(strings.TrimPrefix(s, "app1")+"/k", func(r *key.Record) { r.Tags = map[string]string{s: s}; r.Owner = s })
		if d := p.Decide(c, access.Reveal, r); d.Allowed {
			t.Errorf("%q was taken for something else: %v", s, d)
		}
	}
}

func TestDecisionNamesItsStatements(t *testing.T) {
	p := compile(t, `permit (principal, action == Action::"read", resource); permit (principal, action, resource);`, `forbid (principal == User::"bad", action, resource);`)
	if d := p.Decide(user("a"), access.Read, record("k")); fmt.Sprint(d.Policies) != "[p1#1 p1#2]" {
		t.Errorf("got %v", d.Policies)
	}
	if d := p.Decide(user("bad"), access.Read, record("k")); d.Allowed || fmt.Sprint(d.Policies) != "[p2]" {
		t.Errorf("got %v", d)
	}
}

func TestExplainSaysWhatStoodInTheWay(t *testing.T) {
	p := compile(t, `permit (principal == User::"b", action, resource);
permit (principal, action == Action::"encrypt", resource);
permit (principal, action, resource in Folder::"x");
permit (principal, action, resource) when { true } unless { resource.name == "k" };
permit (principal, action, resource) when { resource.tags.nothing == "x" };
permit (principal, action, resource);`)
	acc := p.Explain(user("a"), access.Read, record("k"))
	want := []string{"principal", "action", "resource", "condition 2 (unless)", "cannot be evaluated", ""}
	for i, s := range acc.Statements {
		if s.Line != i+1 || s.Matched != (want[i] == "") || !strings.Contains(s.Why, want[i]) || s.Matched && s.Why != "" {
			t.Errorf("got %+v, want %q", s, want[i])
		}
	}
	if acc.Principal != `User::"a"` || acc.Action != `Action::"read"` || !acc.Allowed {
		t.Errorf("got %+v", acc)
	}
}

func TestCompileNamesThePolicyAndThePlace(t *testing.T) {
	_, err := access.Compile([]access.Source{{Name: "good", Text: access.RootText}, {Name: "app1", Text: "permit (principal, action, resource);\npermit (nonsense);"}})
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `"app1"`) || !strings.Contains(err.Error(), "line 2:17") {
		t.Errorf("got %v", err)
	}
}

func TestLimitsOnPolicies(t *testing.T) {
	many := make([]access.Source, access.MaxPolicies+1)
	for i := range many {
		many[i] = access.Source{Name: strconv.Itoa(i), Text: access.RootText}
	}
	big := access.Source{Name: "big", Text: "//" + strings.Repeat("x", access.MaxPolicyText)}
	deep := access.Source{Name: "deep", Text: "permit(principal,action,resource) when {" + strings.Repeat("(", 30_000)}
	nested := func(n int) access.Source {
		return access.Source{Name: "n", Text: `permit(principal,action,resource) when {"(((\"(((" == "" || ` + strings.Repeat("(", n) + "true" + strings.Repeat(")", n) + "}; // ((("}
	}
	for name, tc := range map[string]struct {
		sources []access.Source
		want    fault.Kind
	}{
		"count": {many, fault.TooLarge}, "size": {[]access.Source{big}, fault.TooLarge}, "nesting": {[]access.Source{deep}, fault.Invalid},
		"just too deep": {[]access.Source{nested(100)}, fault.Invalid}, "two of a name": {[]access.Source{many[0], many[0]}, fault.Invalid},
		"statements": {[]access.Source{{Name: "a", Text: strings.Repeat("permit(principal,action,resource);", 1900)}, {Name: "b", Text: strings.Repeat("permit(principal,action,resource);", 1900)}, {Name: "c", Text: strings.Repeat("permit(principal,action,resource);", 1900)}}, fault.TooLarge},
	} {
		if _, err := access.Compile(tc.sources); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := access.Compile([]access.Source{nested(90)}); err != nil {
		t.Errorf("brackets in strings and comments were counted: %v", err)
	}
	if err := access.Check(access.Source{Name: "empty", Text: "// nothing"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("empty policy: %v", err)
	}
}

func TestLockingOutRootIsNoticed(t *testing.T) {
	if err := compile(t, access.RootText).Governable(); err != nil {
		t.Error(err)
	}
	for _, text := range []string{``, access.RootText + `forbid (principal, action, resource);`, access.RootText + `forbid (principal, action, resource) when { resource.nothing };`} {
		if err := compile(t, text).Governable(); !errors.Is(err, fault.Conflict) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// Every Action of caller.go but Unchecked can be spoken of in policies: a new one cannot be forgotten.
func TestEveryActionHasItsPlaceInPolicies(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "caller.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []access.Action
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Action" {
				s, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				if a := access.Action(s); a != access.Unchecked {
					declared = append(declared, a)
				}
			}
		}
		return true
	})
	slices.Sort(declared)
	if !slices.Equal(declared, access.Actions()) {
		t.Errorf("declared %v, known to policies %v", declared, access.Actions())
	}
}

var pool = []string{
	`permit (principal == User::"a", action, resource);`, `permit (principal in Group::"g", action in Action::"use", resource);`,
	`permit (principal, action, resource in Folder::"f");`, `forbid (principal, action, resource) when { resource.state == "suspended" };`,
	`permit (principal, action, resource) when { resource.tags.env == "prod" };`, `forbid (principal, action, resource) when { resource.tags has "env" && resource.tags.env == "x" };`,
	`permit (principal is Certificate, action, resource) when { resource.owner == principal.name };`, `forbid (principal, action, resource) unless { context.door == "rest" };`,
	`permit (principal, action, resource) when { context.remote.isInRange(ip("192.0.2.1/32")) };`, `forbid (principal in Group::"h", action == Action::"decrypt", resource is Key);`,
	`permit (principal, action, resource) when { resource.exportable || resource.name == "f/k" };`, `forbid (principal, action, resource) when { context has remote && context.remote.isIpv6() };`,
	`forbid (principal, action, resource) when { resource.algorithm == "aes-128-gcm" };`, `permit (principal is Vault, action, resource);`,
}

// A remembered decision is the decision: over any policies, callers and keys, one set that remembers answers as a
// new set that cannot.
func TestRememberedDecisionsAreNeverWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sources []access.Source
		for i, text := range rapid.SliceOfN(rapid.SampledFrom(pool), 0, 6).Draw(t, "policies") {
			sources = append(sources, access.Source{Name: strconv.Itoa(i), Text: text})
		}
		p, err := access.Compile(sources)
		if err != nil {
			t.Fatal(err)
		}
		groups := rapid.SliceOfN(rapid.SampledFrom([]string{"g", "h"}), 0, 2)
		r := &key.Record{ID: key.ID{1}, Name: "f/k", Algorithm: key.AES256GCM, Type: key.SymmetricKey, State: key.Active, Tags: map[string]string{}}
		c := access.Caller{Kind: access.ByToken}
		for range 40 { // each step changes one thing, in place, as the nastiest caller would
			switch rapid.IntRange(0, 12).Draw(t, "change") {
			case 0:
				c.Principal = rapid.SampledFrom([]string{"a", "b", ""}).Draw(t, "principal")
			case 1:
				c.Kind = access.Kind(rapid.IntRange(0, 5).Draw(t, "kind"))
			case 2:
				c.Groups = groups.Draw(t, "groups")
			case 3:
				c.Door = rapid.SampledFrom([]string{"rest", "kmip"}).Draw(t, "door")
			case 4:
				c.Remote = rapid.SampledFrom([]string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "[::1]:1", "::1", "", "x", "192.0.2.1"}).Draw(t, "remote")
			case 5:
				r.State = rapid.SampledFrom([]key.State{key.Active, key.Suspended}).Draw(t, "state")
			case 6:
				r.Tags["env"] = rapid.SampledFrom([]string{"prod", "x", "y"}).Draw(t, "tag")
			case 7:
				delete(r.Tags, "env")
			case 8:
				r.Name = rapid.SampledFrom([]string{"f/k", "g/k", "f/x"}).Draw(t, "name")
			case 9:
				r.Owner = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "owner")
			case 10:
				r.Exportable = !r.Exportable
			case 11:
				r.Algorithm = rapid.SampledFrom([]key.Algorithm{key.AES128GCM, key.AES256GCM}).Draw(t, "algorithm")
			case 12:
				if len(c.Groups) > 0 {
					c.Groups[0] = "h"
				}
			}
			res := access.OfKey(r)
			if rapid.IntRange(0, 4).Draw(t, "vault") == 0 {
				res = access.OfVault()
			}
			a := rapid.SampledFrom([]access.Action{access.Read, access.Decrypt, access.Destroy}).Draw(t, "action")
			got, want := p.Decide(c, a, res), p.Explain(c, a, res).Decision
			if got.Allowed != want.Allowed || !slices.Equal(got.Policies, want.Policies) || !slices.Equal(got.Errors, want.Errors) {
				t.Fatalf("%+v %s %+v: remembered %+v, afresh %+v", c, a, *r, got, want)
			}
		}
	})
}

func TestDecideFromManyGoroutines(t *testing.T) {
	p := compile(t, access.RootText, `permit (principal, action, resource) when { resource.tags.env == "prod" };`)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				tags := map[string]string{"env": []string{"prod", "test"}[i%2]}
				r := record("k", func(r *key.Record) { r.ID[0] = byte(i % 7); r.Tags = maps.Clone(tags) })
				if d := p.Decide(user(strconv.Itoa(g%3)), access.Read, r); d.Allowed != (i%2 == 0) {
					t.Errorf("got %v", d)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, text := range append(pool, access.RootText, `permit(`, `@id("x") permit (principal, action, resource) when { 1 + 9223372036854775807 > 0 };`, `permit (principal == ?principal, action, resource);`, "\"\\", "/*", "permit (principal, action, resource) when { ip(\"x\") like \"*\" };") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := access.Compile([]access.Source{{Name: "p", Text: text}})
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
				t.Errorf("kind %v: %v", k, err)
			}
			return
		}
		got, acc := p.Decide(user("a", "g"), access.Decrypt, record("f/k")), p.Explain(user("a", "g"), access.Decrypt, record("f/k"))
		if got.Allowed != acc.Allowed {
			t.Errorf("Decide %v, Explain %v", got, acc.Decision)
		}
	})
}

func twenty(b *testing.B) *access.PolicySet {
	texts := []string{access.RootText}
	for i := range 19 {
		texts = append(texts, fmt.Sprintf(`permit (principal == User::"app%d", action in Action::"use", resource in Folder::"app%d") when { resource.state == "active" };`, i, i))
	}
	return compile(b, texts...)
}

func BenchmarkDecide(b *testing.B) {
	c, r := user("app7", "apps"), record("app7/db/main")
	b.Run("remembered", func(b *testing.B) {
		p := twenty(b)
		b.ReportAllocs()
		for b.Loop() {
			p.Decide(c, access.Decrypt, r)
		}
	})
	b.Run("afresh", func(b *testing.B) {
		p := twenty(b)
		rec := &key.Record{ID: key.ID{1}, Name: "app7/db/main", State: key.Active, Algorithm: key.AES256GCM}
		b.ReportAllocs()
		for b.Loop() {
			rec.Revision++
			p.Decide(c, access.Decrypt, access.OfKey(rec))
		}
	})
}
