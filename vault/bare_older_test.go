package vault_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// bareGCM encrypts and gives what decrypts it.
func bareGCM(t *testing.T, f *vaulttest.Fixture, ref string) vault.BareInput {
	t.Helper()
	sealed, err := doBare(f, f.Root(), vault.EncryptBare, ref, vault.BareInput{Data: barePlain})
	ok(t, "encrypting", err)
	return vault.BareInput{Data: sealed.Data, IV: sealed.IV, Proof: sealed.Tag}
}

// versions makes a key and has each of n versions encrypt something.
func versions(t *testing.T, f *vaulttest.Fixture, ref string, n int) (made []vault.BareInput) {
	t.Helper()
	f.MustCreate(ref)
	for i := range n {
		if i > 0 {
			rotate(t, f, ref)
		}
		made = append(made, bareGCM(t, f, ref))
	}
	return made
}

// opensBare wants it opened by version n.
func opensBare(t *testing.T, f *vaulttest.Fixture, c access.Caller, ref string, in vault.BareInput, n uint32) {
	t.Helper()
	got, err := doBare(f, c, vault.DecryptBare, ref, in)
	if err != nil || got.Version != n || !bytes.Equal(got.Data, barePlain) {
		t.Errorf("what version %d made gives %q of version %d, %v", n, got.Data, got.Version, err)
	}
	entries := entriesOf(f, 0, 0, "key.decrypt-bare")
	if last := entries[len(entries)-1]; err == nil && last.KeyVersion != n {
		t.Errorf("the audit log names version %d, not %d", last.KeyVersion, n)
	}
}

// TestSoManyOlderVersionsAreTriedAndNoneIsKeptThatDoesNotFit: 32, and only the one that fits goes into the node's cache.
func TestSoManyOlderVersionsAreTriedAndNoneIsKeptThatDoesNotFit(t *testing.T) {
	f := vaulttest.New(t)
	made := versions(t, f, "k", 40)
	f.MustCreate("other")
	opensBare(t, f, f.Root(), "k", made[39], 40)
	foreign, before := bareGCM(t, f, "other"), f.Vault(0).Cached()
	for what, in := range map[string]vault.BareInput{"of another key": foreign, "of version 7": made[6]} {
		if _, err := doBare(f, f.Root(), vault.DecryptBare, "k", in); !errors.Is(err, vault.ErrUnopened) {
			t.Errorf("%s: %v", what, err)
		}
		entries := entriesOf(f, 0, 0, "key.decrypt-bare")
		if last := entries[len(entries)-1]; last.KeyVersion != 40 {
			t.Errorf("%s: the audit log names version %d", what, last.KeyVersion)
		}
	}
	if n := f.Vault(0).Cached(); n != before {
		t.Errorf("%d opened keys are cached after misses, %d before", n, before)
	}
	opensBare(t, f, f.Root(), "k", made[7], 8)
	if n := f.Vault(0).Cached(); n != before+1 {
		t.Errorf("%d opened keys are cached after a hit, %d before", n, before)
	}
	made[6].Version = 7
	opensBare(t, f, f.Root(), "k", made[6], 7)
}

// TestANewestVersionOutOfUseByItselfKeepsNoneBeforeIt: its own texts stay closed, for its own reason; a key out of use as a whole keeps all.
func TestANewestVersionOutOfUseByItselfKeepsNoneBeforeIt(t *testing.T) {
	for _, a := range []access.Action{access.Suspend, access.Compromise} {
		f := vaulttest.New(t)
		root := f.Root()
		made := versions(t, f, "k", 2)
		_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "mac", Algorithm: key.HMACSHA256})
		ok(t, "creating", err)
		var macs []vault.BareInput
		for range 2 {
			mac, err := doBare(f, root, vault.MACBare, "mac", vault.BareInput{Data: barePlain})
			ok(t, "making a MAC", err)
			macs = append(macs, vault.BareInput{Data: barePlain, Proof: mac.Data})
			rotate(t, f, "mac")
		}
		ok(t, string(a), step(f, "k", 2, a))
		ok(t, string(a), step(f, "mac", 3, a))
		opensBare(t, f, root, "k", made[0], 1)
		_, err = doBare(f, root, vault.DecryptBare, "k", made[1])
		wants(t, "decrypting by the newest version", err, fault.BadState)
		_, err = doBare(f, root, vault.DecryptBare, "k", vault.BareInput{Ask: true})
		ok(t, "asking", err)
		for i, in := range macs {
			if got, err := doBare(f, root, vault.VerifyMACBare, "mac", in); err != nil || !got.Valid || got.Version != uint32(i+1) {
				t.Errorf("%s: the MAC of version %d: %+v, %v", a, i+1, got, err)
			}
		}
		_, err = doBare(f, root, vault.VerifyMACBare, "mac", vault.BareInput{Data: barePlain, Proof: make([]byte, 32)})
		wants(t, "verifying what the newest version may have made", err, fault.BadState)
		_, err = doBare(f, root, vault.DecryptBare, "k", vault.BareInput{Data: made[0].Data, IV: made[0].IV, Scheme: vault.BareScheme{Mode: "ctr"}})
		wants(t, "decrypting what does not tell", err, fault.BadState)
		ok(t, "all", step(f, "k", 0, a))
		_, err = doBare(f, root, vault.DecryptBare, "k", made[0])
		wants(t, "decrypting by a key that is out of use", err, fault.BadState)
		_, err = doBare(f, root, vault.DecryptBare, "k", vault.BareInput{Ask: true})
		wants(t, "asking about one", err, fault.BadState)
	}
}

// TestTryingOlderVersionsIsOneUse: of a limit, whether one fits or none, and whether the newest could be asked or not.
func TestTryingOlderVersionsIsOneUse(t *testing.T) {
	f := vaulttest.New(t)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", UsageLimit: 8})
	ok(t, "creating", err)
	old := bareGCM(t, f, "k")
	rotate(t, f, "k")
	rotate(t, f, "k")
	newest := bareGCM(t, f, "k")
	left := func(want uint64) {
		t.Helper()
		if got := show(t, f, 0, "k").Shows().UsageLeft; got != want {
			t.Errorf("%d uses are left, not %d", got, want)
		}
	}
	left(6)
	opensBare(t, f, f.Root(), "k", old, 1)
	left(5)
	ok(t, "suspending", step(f, "k", 3, access.Suspend))
	opensBare(t, f, f.Root(), "k", old, 1)
	left(4)
	for n := range uint64(4) {
		_, err := doBare(f, f.Root(), vault.DecryptBare, "k", newest)
		wants(t, "what only the newest opens", err, fault.BadState)
		left(3 - n)
	}
	_, err = doBare(f, f.Root(), vault.DecryptBare, "k", old)
	wants(t, "when none is left", err, fault.BadState)
}

// TestTheAuditLogTellsOfTheVersionThatFitted: that a version was opened by policy is said of the one that opened something.
func TestTheAuditLogTellsOfTheVersionThatFitted(t *testing.T) {
	f := vaulttest.New(t)
	f.Grant("rescue", `permit (principal in Group::"root", action == Action::"open-compromised", resource);`)
	made := versions(t, f, "k", 4)
	ok(t, "compromising", step(f, "k", 4, access.Compromise))
	ok(t, "compromising", step(f, "k", 2, access.Compromise))
	for i, in := range made {
		opensBare(t, f, f.Root(), "k", in, uint32(i+1))
		entries := entriesOf(f, 0, 0, "key.decrypt-bare")
		last, compromised := entries[len(entries)-1], i%2 == 1
		if (last.Changes["compromised"] != "") != compromised || slices.Contains(last.Policies, "rescue") != compromised {
			t.Errorf("of version %d the audit log says %v by %v", i+1, last.Changes, last.Policies)
		}
	}
}

// TestAVersionThatDoesNotOpenEndsNoSearch: it is the reason only where none fits.
func TestAVersionThatDoesNotOpenEndsNoSearch(t *testing.T) {
	f := vaulttest.New(t)
	made := versions(t, f, "k", 4)
	id := f.State(0).KeyByName("k").ID
	_, err := f.Vault(0).RotateKeyring(ctx, f.Root()) // so that a rewrap of the old term applies
	ok(t, "rotating the keyring", err)
	damage := func(n uint32) {
		m := f.State(0).Key(id).Version(1).Material
		m.Term = 2
		if out := f.Inject(&fsm.RewrapKeys{Items: []fsm.RewrapItem{{ID: id, Version: n, Old: 1, New: m}}}); out.Fault != nil {
			t.Fatal(out.Fault)
		}
	}
	damage(3)
	opensBare(t, f, f.Root(), "k", made[3], 4)
	opensBare(t, f, f.Root(), "k", made[1], 2)
	_, err = doBare(f, f.Root(), vault.DecryptBare, "k", made[2])
	wants(t, "what the damaged version made", err, fault.Internal)
	damage(4)
	opensBare(t, f, f.Root(), "k", made[0], 1)
	_, err = doBare(f, f.Root(), vault.DecryptBare, "k", made[3])
	wants(t, "what the damaged newest version made", err, fault.Internal)
}

// TestWhatAnOlderVersionWrappedInAModeUnwraps in each mode, also while the newest is out of use.
func TestWhatAnOlderVersionWrappedInAModeUnwraps(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	wrapped := map[vault.WrapMode]vault.ModeInput{vault.WrapKW: {}, vault.WrapKWP: {}, vault.WrapGCM: {}}
	for mode := range wrapped {
		ok(t, "wrapping", f.Vault(0).WrapInMode(ctx, f.Root(), "k", vault.ModeInput{Mode: mode, Data: barePlain}, func(o *vault.ModeOutput) error {
			wrapped[mode] = vault.ModeInput{Mode: mode, Data: bytes.Clone(o.Data), IV: bytes.Clone(o.IV)}
			return nil
		}))
	}
	all := func() {
		t.Helper()
		for mode, in := range wrapped {
			var got []byte
			err := f.Vault(0).UnwrapInMode(ctx, f.Root(), "k", in, func(o *vault.ModeOutput) error {
				got = bytes.Clone(o.Data)
				return nil
			})
			if err != nil || !bytes.Equal(got, barePlain) {
				t.Errorf("%s: %q, %v", mode, got, err)
			}
			entries := entriesOf(f, 0, 0, "key.unwrap-mode")
			if last := entries[len(entries)-1]; last.KeyVersion != 1 {
				t.Errorf("%s: the audit log names version %d", mode, last.KeyVersion)
			}
			in.Data = append([]byte{in.Data[0] ^ 1}, in.Data[1:]...)
			err = f.Vault(0).UnwrapInMode(ctx, f.Root(), "k", in, func(*vault.ModeOutput) error { return nil })
			if err == nil {
				t.Errorf("%s: what was altered unwraps", mode)
			}
		}
	}
	all()
	rotate(t, f, "k")
	rotate(t, f, "k")
	all()
	ok(t, "suspending", step(f, "k", 3, access.Suspend))
	all()
}
