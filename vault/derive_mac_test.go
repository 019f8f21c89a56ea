package vault_test

import (
	"errors"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestDerivingIsNoWayToMACs: what is derived by HMAC is the MAC of what the caller chose, so it needs the permission for that, too, where
// the key is for MACs; other methods, and other keys, do not.
func TestDerivingIsNoWayToMACs(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	for name, usage := range map[string]key.Usage{"app/mac": key.MAC | key.VerifyMAC | key.Derive, "app/seed": key.Derive} {
		if _, err := v.CreateKey(t.Context(), f.Root(), vault.KeySpec{Name: name, Algorithm: key.HMACSHA256, Usage: usage}); err != nil {
			t.Fatal(err)
		}
	}
	f.Grant("derives", `permit (principal == Certificate::"derives", action in [Action::"read", Action::"derive", Action::"derive-key", Action::"create"], resource in Folder::"app");`)
	f.Grant("macs", `permit (principal == Certificate::"macs", action in [Action::"read", Action::"derive", Action::"derive-key", Action::"create", Action::"mac"], resource in Folder::"app");`)
	as := func(name string) access.Caller { return access.Caller{Principal: name, Kind: access.ByCertificate} }
	for _, c := range []struct {
		method     string
		iterations int
		alike      bool // what comes out is a MAC
	}{
		{"hmac", 0, true},
		{"counter", 0, true},
		{"pbkdf2", 1, true},
		{"pbkdf2", 1000, false},
		{"hash", 0, false},
		{"", 0, false},
	} {
		in := vault.DeriveInput{Method: c.method, Iterations: c.iterations, Salt: []byte("salt and salt"), Info: []byte("data"), Bytes: 32}
		if c.method == "hash" || c.method == "counter" || c.method == "hmac" {
			in.Salt = nil
		}
		if c.method == "hash" {
			in.Info = nil
		}
		if c.method == "pbkdf2" {
			in.Info = nil
		}
		derive := func(who, ref string) error {
			return v.Derive(t.Context(), as(who), ref, in, func([]byte, uint32) error { return nil })
		}
		if err := derive("macs", "app/mac"); err != nil {
			t.Errorf("%s %d by who may make MACs: %v", c.method, c.iterations, err)
		}
		if err := derive("derives", "app/mac"); errors.Is(err, fault.Denied) != c.alike {
			t.Errorf("%s %d by who may not: %v", c.method, c.iterations, err)
		}
		if err := derive("derives", "app/seed"); err != nil {
			t.Errorf("%s %d of a key that is not for MACs: %v", c.method, c.iterations, err)
		}
		by := in
		by.Bytes = 0
		_, err := v.DeriveKey(t.Context(), as("derives"), "app/mac", vault.DerivedSpec{Key: vault.KeySpec{Name: "app/of-" + c.method + string(rune('a'+c.iterations%7)), Algorithm: key.AES256GCM}, By: by})
		if errors.Is(err, fault.Denied) != c.alike {
			t.Errorf("%s %d into a key: %v", c.method, c.iterations, err)
		}
	}
}
