package vault_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestEachActionIsGrantedByItself gives a caller one action at a time: every operation follows its own action, no other.
func TestEachActionIsGrantedByItself(t *testing.T) {
	w := newWorld(t, 3)
	for _, a := range access.Actions() {
		w.Grant("one", `permit (principal == User::"one", action == Action::"`+string(a)+`", resource);`)
		for _, o := range operations {
			if o.action == a {
				continue // what happens then is for TestRootMayDoEverythingAndAllOfItIsAudited
			}
			if err := o.run(w, w.Vault(1), as("one")); !errors.Is(err, fault.Denied) {
				t.Errorf("with %s alone, %s gives %v", a, o.name, err)
			}
		}
	}
}

func TestDeniedAndAbsentCannotBeToldApart(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("secret/there")
	there := f.State(0).KeyByName("secret/there").ID
	none := there
	none[5] ^= 1
	v, c := f.Vault(0), as("mallory")
	for _, pair := range [][2]string{{"secret/there", "secret/none"}, {there.String(), none.String()}} {
		for name, ask := range map[string]func(ref string) error{
			"read":    func(ref string) error { return err1(v.Key(ctx, c, ref)) },
			"encrypt": func(ref string) error { return err1(encrypt(v, c, ref, "x")) },
			"rotate":  func(ref string) error { return err1(v.RotateKey(ctx, c, ref)) },
			"destroy": func(ref string) error { return err1(v.DestroyKey(ctx, c, ref, vault.Destruction{})) },
		} {
			a, b := fault.Of(ask(pair[0])), fault.Of(ask(pair[1]))
			if a.Kind != fault.Denied || a.Kind != b.Kind || a.Message != b.Message || a.NextStep() != b.NextStep() {
				t.Errorf("%s: %v for a key that is there, %v for one that is not", name, a, b)
			}
		}
	}
	f.Grant("own", `permit (principal == User::"app", action, resource in Folder::"app");`)
	_, err := v.Key(ctx, as("app"), "app/none")
	wants(t, "absent in one's own folder", err, fault.NotFound)
	_, err = v.Key(ctx, as("app"), "secret/none")
	wants(t, "absent in another's folder", err, fault.Denied)
}

func TestAForbidOutweighsRoot(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("vip/k")
	f.Grant("vip", `forbid (principal, action == Action::"destroy", resource in Folder::"vip");`)
	_, err := f.Vault(1).DestroyKey(ctx, f.Root(), "vip/k", vault.Destruction{})
	wants(t, "destroying", err, fault.Denied)
}

func TestAChangedPolicyCountsAtOnceOnEveryNode(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	f.MustCreate("k")
	for _, node := range []int{0, 1, 2} {
		_, err := f.Vault(node).Key(ctx, as("app"), "k")
		wants(t, "before", err, fault.Denied)
	}
	_, err := f.Vault(1).PutPolicy(ctx, f.Root(), vault.PolicyText{Name: "app", Text: `permit (principal == User::"app", action, resource);`})
	ok(t, "granting", err)
	for _, node := range []int{0, 1, 2} {
		ok(t, "with it", err1(f.Vault(node).Key(ctx, as("app"), "k")))
	}
	ok(t, "deleting", f.Vault(2).DeletePolicy(ctx, f.Root(), "app"))
	for _, node := range []int{0, 1, 2} {
		_, err := f.Vault(node).Key(ctx, as("app"), "k")
		wants(t, "after", err, fault.Denied)
	}
}

func TestNobodyCanLockEverybodyOut(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	state := f.State(0).ContentDigest()
	for name, err := range map[string]error{
		"forbidding all":          err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: "no", Text: `forbid (principal, action, resource);`})),
		"forbidding policies":     err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: "no", Text: `forbid (principal, action == Action::"policy", resource);`})),
		"replacing root's policy": err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: access.RootName, Text: `permit (principal == User::"x", action, resource);`})),
		"deleting root's policy":  v.DeletePolicy(ctx, root, access.RootName),
	} {
		if !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.BadState) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if f.State(0).ContentDigest() != state {
		t.Error("something changed")
	}
}

func TestPoliciesAreReplacedOnTheRevisionSeen(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	text := `permit (principal == User::"x", action, resource);`
	first, err := v.PutPolicy(ctx, root, vault.PolicyText{Name: "p", Text: text})
	ok(t, "putting", err)
	second, err := v.PutPolicy(ctx, root, vault.PolicyText{Name: "p", Text: text, Revision: first.Revision})
	ok(t, "putting on its revision", err)
	_, err = v.PutPolicy(ctx, root, vault.PolicyText{Name: "p", Text: text, Revision: first.Revision})
	wants(t, "putting on an old revision", err, fault.Conflict)
	_, err = v.PutPolicy(ctx, root, vault.PolicyText{Name: "p", Text: text})
	ok(t, "putting on any", err)
	got, err := v.Policy(ctx, root, "p")
	if err != nil || got.Text != text || got.Revision <= second.Revision || got.Updated == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	all, err := v.Policies(ctx, root)
	if err != nil || !slices.ContainsFunc(all, func(p vault.PolicyText) bool { return p.Name == "p" }) || len(all) != 3 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestExplainTellsWhoDecides(t *testing.T) {
	f := vaulttest.New(t)
	f.Grant("app", `permit (principal == User::"app", action == Action::"encrypt", resource in Folder::"app");`)
	for _, c := range []struct {
		q    vault.Question
		want bool
	}{
		{vault.Question{Principal: "app", Kind: access.ByToken, Action: access.Encrypt, Key: "app/x"}, true},
		{vault.Question{Principal: "app", Kind: access.ByToken, Action: access.Decrypt, Key: "app/x"}, false},
		{vault.Question{Principal: "app", Kind: access.ByCertificate, Action: access.Encrypt, Key: "app/x"}, false},
		{vault.Question{Principal: "y", Kind: access.ByToken, Groups: []string{access.RootGroup}, Action: access.Operate}, true},
	} {
		e, err := f.Vault(0).Explain(ctx, f.Root(), c.q)
		if err != nil || e.Allowed != c.want || c.want != (len(e.Policies) > 0) {
			t.Errorf("%+v gives %+v, %v", c.q, e, err)
		}
	}
}

func TestPoliciesThatCannotBeReadPermitNothing(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	root := f.Root()
	ok(t, "before", err1(f.Vault(0).Key(ctx, root, "k")))
	broken := fsm.Policy{Name: "broken", Source: "permit ("}
	if out := f.Inject(&fsm.PutPolicy{Name: broken.Name, Source: broken.Source, PolicySeal: f.Vault(0).PolicySeal(broken)}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	if _, err := f.Vault(0).Key(ctx, root, "k"); err == nil {
		t.Error("a key is shown under policies that cannot be read")
	}
}
