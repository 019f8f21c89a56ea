package vault_test

import (
	"context"
	"errors"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func TestTheRootTokenCanBeReplaced(t *testing.T) {
	ctx, f := context.Background(), vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, text, err := v.CreateToken(ctx, root, vault.TokenSpec{Principal: "root2", Groups: []string{access.RootGroup}, Orphan: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.RevokeToken(ctx, root, key.ID{}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Authenticate(ctx, f.RootToken()); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("the old root token: %v", err)
	}
	next, err := v.Authenticate(ctx, text)
	if err != nil {
		t.Fatalf("the new root token died with the old one: %v", err)
	}
	if _, _, err := v.CreateToken(ctx, next, vault.TokenSpec{Principal: "x"}); err != nil {
		t.Errorf("the new root token: %v", err)
	}
}

func TestOnlyRootMakesTokensThatOutliveTheirs(t *testing.T) {
	ctx, f := context.Background(), vaulttest.New(t)
	f.Grant("manager", `permit (principal == Certificate::"manager", action == Action::"token", resource);`)
	c := access.Caller{Principal: "manager", Kind: access.ByCertificate, Door: "rest"}
	if _, _, err := f.Vault(0).CreateToken(ctx, c, vault.TokenSpec{Orphan: true}); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v", err)
	}
}

func TestANodeThatIsNotFreshDoesNotCallATokenUnknown(t *testing.T) {
	ctx, f := context.Background(), vaulttest.Cluster(t, 3)
	f.Cut(2)
	if _, err := f.Vault(2).Authenticate(ctx, []byte("qt_"+string(make([]byte, 0)))); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("what is no token at all: %v", err)
	}
	never := append([]byte(nil), f.RootToken()...)
	other := byte('A') // another id, in letters that tokens have
	if never[5] == other {
		other = 'B'
	}
	never[5] = other
	if _, err := f.Vault(2).Authenticate(ctx, never); !errors.Is(err, fault.Stale) {
		t.Errorf("a node cut off judges a token that it does not know: %v", err)
	}
	f.Heal(2)
	if _, err := f.Vault(2).Authenticate(ctx, never); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("healed: %v", err)
	}
}
