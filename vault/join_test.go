package vault_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// A token's last use is this node's, though its answer, and whoever gave it, were lost.
func TestANodeWhoseAnswerWasLostAsksAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, text, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: 1})
	ok(t, "a token", err)
	a, other := joining(t, "x1", text), joining(t, "x2", text)
	_, err = f.Vault(0).Admit(ctx, anyone, a)
	ok(t, "joining", err)
	f.Lead(1)
	got, err := f.Vault(0).Admit(ctx, anyone, a)
	ok(t, "joining again, with the same request", err)
	if len(got.Cert) == 0 || len(got.Log) != 32 {
		t.Error("the answer lacks what a member needs")
	}
	_, err = f.Vault(0).Admit(ctx, anyone, other)
	wants(t, "another node with the token", err, fault.Unauthenticated)
	fresh := joining(t, "x1", text) // another key
	_, err = f.Vault(0).Admit(ctx, anyone, fresh)
	wants(t, "the same name with another key", err, fault.Unauthenticated)
	moved := a
	moved.Peer = "elsewhere.test:7801"
	_, err = f.Vault(0).Admit(ctx, anyone, moved)
	wants(t, "from another address", err, fault.Unauthenticated)

	_, text, err = f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: 2})
	ok(t, "a token", err)
	b := joining(t, "x3", text)
	for range 3 { // takes one use, however often it asks
		_, err = f.Vault(0).Admit(ctx, anyone, b)
		ok(t, "joining", err)
	}
	_, err = f.Vault(0).Admit(ctx, anyone, joining(t, "x4", text))
	ok(t, "the second node", err)
}

// Who was removed does not come back with the request that once let it in: it needs a token that is good now.
func TestARemovedNodeNeedsATokenThatIsGoodNow(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	admit := func(a vault.Admission) error {
		_, err := f.Vault(0).Admit(ctx, anyone, a)
		return err
	}
	token := func(uses int) (key.ID, []byte) {
		t.Helper()
		tok, text, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: uses})
		ok(t, "a token", err)
		return tok.ID, text
	}
	remove := map[string]func(node string) error{
		"by people":     func(node string) error { return f.Vault(f.Leader()).Remove(ctx, f.Root(), node) },
		"by the leader": func(node string) error { return f.Vault(f.Leader()).CleanUp(ctx, node) },
	}
	for how, remove := range remove {
		_, text := token(1)
		a := joining(t, "x1", text)
		ok(t, "joining", admit(a))
		ok(t, "joining again", admit(a))
		ok(t, "removing "+how, remove("x1"))
		wants(t, "with a token that is used up, removed "+how, admit(a), fault.Unauthenticated)

		id, text := token(2)
		b := joining(t, "x2", text)
		ok(t, "joining", admit(b))
		ok(t, "revoking", f.Vault(0).RevokeToken(ctx, f.Root(), id))
		ok(t, "joining again", admit(b))
		ok(t, "removing "+how, remove("x2"))
		wants(t, "with a token that was revoked, removed "+how, admit(b), fault.Unauthenticated)

		_, text = token(2)
		c := joining(t, "x3", text)
		ok(t, "joining", admit(c))
		ok(t, "removing "+how, remove("x3"))
		ok(t, "joining with the second use", admit(c))
		wants(t, "the third use, removed "+how, admit(joining(t, "x4", text)), fault.Unauthenticated)
		ok(t, "removing "+how, remove("x3"))
	}
}

// Nor does one whose second join, by another token, was under way while it was removed.
func TestAJoinThatRacesWithARemovalLeavesNoWayBack(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	request := func() vault.Admission {
		t.Helper()
		_, text, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: 1})
		ok(t, "a token", err)
		return joining(t, "x1", text)
	}
	first, second := request(), request()
	_, err := f.Vault(0).Admit(ctx, anyone, first)
	ok(t, "joining", err)
	raced := false
	f.BeforeChange(func(c vault.MemberChange) {
		if c.Act == vault.RemoveMember && !raced {
			raced = true
			_, err := f.Vault(0).Admit(ctx, anyone, second)
			ok(t, "joining while it is removed", err)
		}
	})
	ok(t, "removing", f.Vault(0).Remove(ctx, f.Root(), "x1"))
	if !raced {
		t.Fatal("nothing raced")
	}
	for what, a := range map[string]vault.Admission{"the first": first, "the one that raced": second} {
		_, err := f.Vault(0).Admit(ctx, anyone, a)
		wants(t, "back by the request of "+what, err, fault.Unauthenticated)
	}
}

// A join token alone puts nobody out.
func TestOnlyATokenMadeForItReplacesAMember(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	token := func(replace string) []byte {
		t.Helper()
		_, text, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Uses: 1, Replace: replace})
		ok(t, "a token", err)
		return text
	}
	_, _, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{Replace: "n9"})
	wants(t, "a token to replace nobody", err, fault.NotFound)
	f.Cut(2)
	for _, c := range []struct {
		name, token, replace string
		kind                 fault.Kind
	}{
		{"any token", "", "n3", fault.Denied}, {"another's", "n2", "n3", fault.Denied}, {"none asked for", "n3", "", fault.Denied},
	} {
		a := joining(t, "n4", token(c.token))
		a.Replace = c.replace
		_, err := f.Vault(0).Admit(ctx, anyone, a)
		wants(t, c.name, err, c.kind)
		if e := fault.Of(err); !strings.Contains(e.Message+e.NextStep(), "replace n") {
			t.Errorf("%s: %v, %s", c.name, e, e.NextStep())
		}
	}
	if got := f.State(0).Document("setting/replace/n4"); got != nil {
		t.Fatal("a replacement was noted")
	}
	a := joining(t, "n4", token("n3"))
	a.Replace = "n3"
	for range 2 { // and again, when the answer was lost
		_, err = f.Vault(0).Admit(ctx, anyone, a)
		ok(t, "replacing", err)
	}
	if got := f.State(0).Document("setting/replace/n4"); got == nil || string(got.Body) != "n3" {
		t.Errorf("%+v", got)
	}
}
