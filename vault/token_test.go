package vault_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func authenticates(f *vaulttest.Fixture, node int, text []byte) bool {
	_, err := f.Vault(node).Authenticate(ctx, text)
	return err == nil
}

func TestTokensAreKeptHashedOnly(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	tok, text, err := f.Vault(1).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", Groups: []string{"g"}})
	ok(t, "creating a token", err)
	for _, e := range f.Log() {
		if holds(e.Data, text[len("qt_"):]) || holds(e.Data, vault.SecretOf(text)) {
			t.Error("the log holds the token's secret")
		}
	}
	sum := sha256.Sum256(vault.SecretOf(text))
	if !bytes.Equal(f.State(0).Token(tok.ID).Hash, sum[:]) {
		t.Error("the state does not hold the secret's hash")
	}
	for node := range 2 {
		c, err := f.Vault(node).Authenticate(ctx, text)
		if err != nil || c.Principal != "app" || len(c.Groups) != 1 || c.Kind != access.ByToken || c.Token != tok.ID {
			t.Errorf("node %d knows the token as %+v, %v", node, c, err)
		}
	}
}

func TestWhatIsNoTokenIsUnauthenticated(t *testing.T) {
	f := vaulttest.New(t)
	good := f.RootToken()
	wrong := bytes.Clone(good)
	wrong[len(wrong)-3] ^= 1
	unknown := vault.RetitleToken(good, key.ID{1})
	_, join, err := f.Vault(0).CreateJoinToken(ctx, f.Root(), vault.JoinTokenSpec{})
	ok(t, "creating a join token", err)
	var first error
	for _, text := range [][]byte{nil, []byte("x"), []byte("qt_"), good[3:], good[:len(good)-1], append(bytes.Clone(good), 'A'), wrong, unknown, join, bytes.Replace(join, []byte("qj_"), []byte("qt_"), 1)} {
		_, err := f.Vault(0).Authenticate(ctx, text)
		wants(t, string(text), err, fault.Unauthenticated)
		if first == nil {
			first = err
		}
		if err.Error() != first.Error() {
			t.Errorf("%q is refused in other words: %v", text, err)
		}
	}
	if !authenticates(f, 0, append([]byte(" "), append(good, '\n')...)) {
		t.Error("space around a token matters")
	}
}

func TestATokenEndsWhenTheLogSaysSo(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", TTL: time.Hour})
	ok(t, "creating a token", err)
	f.Advance(59 * time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if !authenticates(f, 0, text) || !authenticates(f, 1, text) {
		t.Error("a token ended before its time")
	}
	f.Advance(time.Minute)
	if !authenticates(f, 1, text) {
		t.Error("a node's own clock ended a token: nodes would differ")
	}
	ok(t, "duties", f.Vault(0).Duties(ctx))
	for node := range 2 {
		if authenticates(f, node, text) {
			t.Errorf("node %d lets an expired token in", node)
		}
	}
	if f.State(0).TokenCount() != 1 { // root's: the first join token is a day old yet
		for _, x := range must(f.State(0).Tokens(key.ID{}, 100)) {
			if x.Principal == "app" {
				t.Error("an expired token is still in the state")
			}
		}
	}
}

func must[A, B any](a A, _ B) A { return a }

func TestRenewalEndsAtItsBound(t *testing.T) {
	f := vaulttest.New(t)
	tok, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", TTL: time.Hour, MaxTTL: 90 * time.Minute})
	ok(t, "creating a token", err)
	own := f.Caller(text)
	f.Advance(20 * time.Minute)
	got, err := f.Vault(0).RenewToken(ctx, own, key.ID{})
	if err != nil || got.Expires != tok.Created.Add(80*time.Minute) {
		t.Fatalf("renewed until %v, %v", got, err)
	}
	f.Advance(50 * time.Minute)
	got, err = f.Vault(0).RenewToken(ctx, own, tok.ID)
	if err != nil || got.Expires != tok.Created.Add(90*time.Minute) {
		t.Fatalf("renewed until %v, %v", got, err)
	}
	f.Advance(20 * time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if authenticates(f, 0, text) {
		t.Error("a token lives beyond its bound")
	}
	forever, _, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{TTL: key.MaxPeriod})
	ok(t, "creating a token", err)
	if forever.Principal != "root" {
		t.Errorf("its principal is %q, want the caller's own", forever.Principal)
	}
}

// A token that ran out was not distrusted: what it made ends by its own time. Who wants that to end, too, revokes the token, or the child.
func TestAChildOutlivesAParentThatRanOut(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("tokens", `permit (principal in Group::"makers", action == Action::"token", resource);`)
	parent, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "p", Groups: []string{"makers"}, TTL: time.Hour})
	ok(t, "creating a token", err)
	child, short, err := f.Vault(1).CreateToken(ctx, f.Caller(text), vault.TokenSpec{Principal: "c", TTL: 2 * time.Hour})
	ok(t, "creating a child", err)
	_, gone, err := f.Vault(1).CreateToken(ctx, f.Caller(text), vault.TokenSpec{Principal: "d", TTL: 2 * time.Hour})
	ok(t, "creating another", err)
	f.Advance(61 * time.Minute)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if f.State(0).Token(parent.ID) != nil || authenticates(f, 0, text) {
		t.Error("the parent lives beyond its time")
	}
	for node := range 2 {
		if !authenticates(f, node, short) {
			t.Errorf("node %d ends the child with its parent", node)
		}
	}
	ok(t, "revoking the child by itself", f.Vault(0).RevokeToken(ctx, f.Root(), child.ID))
	for node := range 2 {
		if authenticates(f, node, short) || !authenticates(f, node, gone) {
			t.Errorf("node %d: the one that was revoked lives, or its sibling does not", node)
		}
	}
	f.Advance(time.Hour)
	ok(t, "duties", f.Vault(0).Duties(ctx))
	if authenticates(f, 0, gone) {
		t.Error("the child lives beyond its own time")
	}
}

func TestRevocationEndsDescendantsToo(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("tokens", `permit (principal in Group::"makers", action == Action::"token", resource);`)
	parent, text1, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "p", Groups: []string{"makers"}})
	ok(t, "creating a token", err)
	_, text2, err := f.Vault(1).CreateToken(ctx, f.Caller(text1), vault.TokenSpec{Principal: "c", Groups: []string{"makers"}})
	ok(t, "creating a child", err)
	_, text3, err := f.Vault(0).CreateToken(ctx, f.Caller(text2), vault.TokenSpec{Principal: "g"})
	ok(t, "creating a grandchild", err)
	for node := range 2 { // all are in the nodes' memory of checked tokens
		if !authenticates(f, node, text1) || !authenticates(f, node, text2) || !authenticates(f, node, text3) {
			t.Fatal("a fresh token is refused")
		}
	}
	ok(t, "revoking", f.Vault(1).RevokeToken(ctx, f.Root(), parent.ID))
	for node := range 2 {
		if authenticates(f, node, text1) || authenticates(f, node, text2) || authenticates(f, node, text3) {
			t.Errorf("node %d lets a revoked token in", node)
		}
	}
}

func TestGroupsCannotBeGivenByWhoIsNotInThem(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("tokens", `permit (principal == User::"maker", action == Action::"token", resource);`)
	_, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "maker", Groups: []string{"a", "b"}})
	ok(t, "creating a token", err)
	maker := f.Caller(text)
	for node := range 2 {
		for _, groups := range [][]string{{access.RootGroup}, {"c"}, {"a", access.RootGroup}} {
			_, _, err := f.Vault(node).CreateToken(ctx, maker, vault.TokenSpec{Principal: "x", Groups: groups})
			wants(t, "giving others' groups", err, fault.Denied)
		}
		_, _, err = f.Vault(node).CreateToken(ctx, maker, vault.TokenSpec{Principal: "x", Groups: []string{"b"}})
		ok(t, "giving one's own group", err)
	}
}

func TestATokenThatEndedBetweenDoorAndVaultIsRefused(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	tok, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", Groups: []string{access.RootGroup}})
	ok(t, "creating a token", err)
	f.Lag(1)
	caller, err := f.Vault(1).Authenticate(ctx, text) // the door of a node that is behind
	ok(t, "authenticating", err)
	ok(t, "revoking", f.Vault(0).RevokeToken(ctx, f.Root(), tok.ID))
	within, cancel := bounded()
	defer cancel()
	_, err = f.Vault(1).RotateKey(within, caller, "k")
	wants(t, "a write forwarded with a revoked token", err, fault.Unauthenticated)
	f.Heal(1)
	_, err = f.Vault(1).Key(ctx, caller, "k")
	wants(t, "a read after the node caught up", err, fault.Unauthenticated)
	_, err = f.Vault(1).LookupToken(ctx, caller, key.ID{})
	if err == nil {
		t.Error("a revoked token looks itself up")
	}
}

func TestATokenHolderMayKnowRenewAndRevokeHisOwn(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	tok, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", TTL: time.Hour})
	ok(t, "creating a token", err)
	other, _, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app", TTL: time.Hour})
	ok(t, "creating a token", err)
	own := f.Caller(text)
	got, err := f.Vault(1).LookupToken(ctx, own, key.ID{})
	if err != nil || got.ID != tok.ID {
		t.Errorf("looking up gives %v, %v", got, err)
	}
	_, err = f.Vault(1).LookupToken(ctx, own, other.ID)
	wants(t, "looking up another's", err, fault.Denied)
	wants(t, "revoking another's", f.Vault(1).RevokeToken(ctx, own, other.ID), fault.Denied)
	_, err = f.Vault(1).RenewToken(ctx, own, other.ID)
	wants(t, "renewing another's", err, fault.Denied)
	_, err = f.Vault(1).RenewToken(ctx, own, key.ID{})
	ok(t, "renewing one's own", err)
	ok(t, "revoking one's own", f.Vault(1).RevokeToken(ctx, own, key.ID{}))
	if authenticates(f, 0, text) {
		t.Error("a revoked token is let in")
	}
	_, err = f.Vault(1).LookupToken(ctx, as("cert"), key.ID{})
	wants(t, "looking up without a token", err, fault.Unauthenticated)
}

func TestASealedNodeKnowsTokensByTheirHash(t *testing.T) {
	f := vaulttest.Cluster(t, 2, vaulttest.WithShares(3, 2))
	root := f.Root()
	ok(t, "sealing", f.Vault(0).Seal(ctx, root, false))
	c, err := f.Vault(1).Authenticate(ctx, f.RootToken())
	if err != nil || c.Principal != "root" {
		t.Errorf("a sealed node knows the root token as %+v, %v", c, err)
	}
	if _, err := f.Vault(1).ResetUnseal(ctx, c, nil); err != nil {
		t.Errorf("and lets root reset the ceremony: %v", err)
	}
	if _, err := f.Vault(1).Authenticate(ctx, []byte("qt_x")); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("and others in: %v", err)
	}
}

// TestATicketGetsNoTicket: not in the vault either, whatever a door lets through.
func TestATicketGetsNoTicket(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	ticket, err := v.Login(ctx, f.Root(), vault.TicketSpec{})
	ok(t, "logging in", err)
	who, _, err := v.Admitted(ctx, f.Root(), ticket)
	ok(t, "coming with a ticket", err)
	if _, err := v.Login(ctx, who, vault.TicketSpec{}); !errors.Is(err, fault.Denied) {
		t.Errorf("a ticket got a ticket: %v", err)
	}
}
