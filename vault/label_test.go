package vault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestAKeyWithoutANameGetsOne: the first that it bears, if policies can know it by that and nobody has it.
func TestAKeyWithoutANameGetsOne(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	create := func(names ...string) *key.Record {
		t.Helper()
		s := vault.KeySpec{Unnamed: true}
		for i, n := range names {
			s.Names = append(s.Names, key.Label{Value: n, Kind: 1, Index: uint32(i)})
		}
		r, err := v.CreateKey(t.Context(), f.Root(), s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := create("app/one", "two"); r.Name != "app/one" || len(r.Names) != 2 {
		t.Errorf("it is %s, %v", r.Name, r.Names)
	}
	for _, names := range [][]string{{"not a name"}, {"quorate/x"}, nil} {
		if r := create(names...); r.Name != "kmip/"+r.ID.String() {
			t.Errorf("of %q: it is %s", names, r.Name)
		}
	}
	if _, err := v.CreateKey(t.Context(), f.Root(), vault.KeySpec{Name: "taken"}); err != nil {
		t.Fatal(err)
	}
	if r := create("taken"); r.Name != "kmip/"+r.ID.String() {
		t.Errorf("it is %s", r.Name)
	}
	if _, err := v.CreateKey(t.Context(), f.Root(), vault.KeySpec{Unnamed: true, Names: []key.Label{{Value: "two"}}}); !errors.Is(err, fault.Exists) {
		t.Errorf("a name twice: %v", err)
	}
}

// TestUseKeepsToTheDatesOfAKey: nothing is opened before the one, nothing is protected from the other on, and an hour later, or without
// them, it is otherwise.
func TestUseKeepsToTheDatesOfAKey(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	hour := key.Time(f.Now().Add(time.Hour).UnixMilli())
	if _, err := v.CreateKey(t.Context(), f.Root(), vault.KeySpec{Name: "k", ProcessStart: hour, ProtectStop: hour}); err != nil {
		t.Fatal(err)
	}
	text, err := encrypt(v, f.Root(), "k", "plain")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decrypt(v, f.Root(), "k", text); !errors.Is(err, fault.BadState) {
		t.Errorf("opened before its time: %v", err)
	}
	f.Advance(time.Hour)
	if plain, err := decrypt(v, f.Root(), "k", text); err != nil || string(plain) != "plain" {
		t.Errorf("not opened in time: %v", err)
	}
	if _, err := encrypt(v, f.Root(), "k", "plain"); !errors.Is(err, fault.BadState) {
		t.Errorf("protected after its time: %v", err)
	}
	never := key.Time(0)
	if _, err := v.UpdateKey(t.Context(), f.Root(), "k", vault.KeyPatch{ProtectStop: &never}); err != nil {
		t.Fatal(err)
	}
	if _, err := encrypt(v, f.Root(), "k", "plain"); err != nil {
		t.Errorf("without the date: %v", err)
	}
}
