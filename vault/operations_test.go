package vault_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// operation is one thing that a caller can ask, on the world that newWorld makes.
type operation struct {
	name   string
	action access.Action
	writes bool
	run    func(w *world, v *vault.Vault, c access.Caller) error
}

func err1[A any](_ A, err error) error         { return err }
func err2[A, B any](_ A, _ B, err error) error { return err }

// operations is everything that needs a policy, in an order in which root can do all of it.
var operations = []operation{
	{"key.create", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.CreateKey(ctx, c, vault.KeySpec{Name: "app/new"}))
	}},
	{"key.read", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Key(ctx, c, "app/k")) }},
	{"key.digest", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.KeyDigest(ctx, c, "app/k")) }},
	{"key.locate", access.List, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err2(v.Locate(ctx, c, vault.LocateQuery{}))
	}},
	{"key.list", access.List, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err2(v.Keys(ctx, c, vault.KeyQuery{})) }},
	{"key.watch", access.List, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		w, err := v.Watch(ctx, c, vault.WatchQuery{})
		if err == nil {
			w.Close()
		}
		return err
	}},
	{"key.rotate", access.Rotate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.RotateKey(ctx, c, "app/k")) }},
	{"key.update", access.Update, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.UpdateKey(ctx, c, "app/k", vault.KeyPatch{Tags: &map[string]string{"a": "b"}}))
	}},
	{"key.activate", access.Activate, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ChangeState(ctx, c, "app/suspended", vault.StateChange{Action: access.Activate, Resume: true}))
	}},
	{"key.suspend", access.Suspend, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ChangeState(ctx, c, "app/suspended", vault.StateChange{Action: access.Suspend}))
	}},
	{"key.deactivate", access.Deactivate, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ChangeState(ctx, c, "app/suspended", vault.StateChange{Action: access.Deactivate}))
	}},
	{"key.compromise", access.Compromise, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ChangeState(ctx, c, "app/suspended", vault.StateChange{Action: access.Compromise}))
	}},
	{"key.destroy", access.Destroy, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.DestroyKey(ctx, c, "app/deactivated", vault.Destruction{}))
	}},
	{"key.cancel-destroy", access.Destroy, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.CancelDestroy(ctx, c, "app/deactivated", 0, 0, ""))
	}},
	{"key.archive", access.Update, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ArchiveKey(ctx, c, "app/suspended", 0))
	}},
	{"key.recover", access.Update, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.RecoverKey(ctx, c, "app/suspended", 0))
	}},
	{"key.purge", access.Purge, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.PurgeKey(ctx, c, "app/destroyed", 0) }},
	{"key.reserve", access.Reserve, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ReserveUses(ctx, c, "app/limited", 1))
	}},
	{"key.usage", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.CountUses(ctx, c, fsm.UsageItem{ID: w.limited, Version: 1, Uses: 1})
	}},
	{"key.allocate", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.AllocateUses(ctx, c, w.limited, 1))
	}},
	{"key.material", access.Reveal, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(reveal(v, c, "app/k", 0)) }},
	{"key.encrypt", access.Encrypt, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(encrypt(v, c, "app/k", "x")) }},
	{"key.decrypt", access.Decrypt, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(decrypt(v, c, "app/k", w.text))
	}},
	{"key.rewrap", access.Rewrap, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return err2(v.Rewrap(ctx, c, "app/k", vault.Message{Body: w.text}))
	}},
	{"key.datakey", access.DataKey, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.DataKey(ctx, c, "app/k", vault.DataKeySpec{Plaintext: true}, func(vault.DataKey) error { return nil })
	}},
	{"key.sign", access.Sign, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.Sign(ctx, c, "app/sign", vault.SignInput{Input: []byte("input")}))
	}},
	{"key.verify", access.Verify, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.Verify(ctx, c, "app/sign", vault.VerifyInput{Input: []byte("input"), Signature: w.signature}))
	}},
	{"key.mac", access.MAC, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.MAC(ctx, c, "app/mac", vault.MACInput{Input: []byte("input")}))
	}},
	{"key.verify-mac", access.VerifyMAC, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.VerifyMAC(ctx, c, "app/mac", vault.VerifyMACInput{Input: []byte("input"), MAC: w.mac}))
	}},
	{"key.derive", access.Derive, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Derive(ctx, c, "app/mac", vault.DeriveInput{}, func([]byte, uint32) error { return nil })
	}},
	{"key.derive-key", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.DeriveKey(ctx, c, "app/mac", vault.DerivedSpec{Key: vault.KeySpec{Name: "app/derived"}}))
	}},
	{"key.encrypt-bare", access.Encrypt, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.EncryptBare, "app/k", vault.BareInput{Data: []byte("plain")}, lentBare)
	}},
	{"key.decrypt-bare", access.Decrypt, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.DecryptBare, "app/k", vault.BareInput{Data: w.bare.data, IV: w.bare.iv, Proof: w.bare.tag, Version: 1}, lentBare)
	}},
	{"key.sign-bare", access.Sign, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.SignBare, "app/sign", vault.BareInput{Data: []byte("input")}, lentBare)
	}},
	{"key.verify-bare", access.Verify, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.VerifyBare, "app/sign", vault.BareInput{Data: []byte("input"), Proof: []byte("none")}, lentBare)
	}},
	{"key.mac-bare", access.MAC, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.MACBare, "app/mac", vault.BareInput{Data: []byte("input")}, lentBare)
	}},
	{"key.verify-mac-bare", access.VerifyMAC, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Bare(ctx, c, vault.VerifyMACBare, "app/mac", vault.BareInput{Data: []byte("input"), Proof: []byte("none")}, lentBare)
	}},
	{"key.wrap", access.Wrap, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err2(v.Wrap(ctx, c, "app/k", vault.WrapInput{Plaintext: []byte("sixteen bytes !!")}))
	}},
	{"key.unwrap", access.Unwrap, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.Unwrap(ctx, c, "app/k", vault.Message{Body: w.wrapped}, func([]byte, uint32) error { return nil })
	}},
	{"key.encapsulate", access.Wrap, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Encapsulate(ctx, c, "app/kem", func(vault.Encapsulation) error { return nil })
	}},
	{"key.decapsulate", access.Unwrap, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.Decapsulate(ctx, c, "app/kem", w.encapsulated, func([]byte, uint32) error { return nil })
	}},
	{"hash", access.Hash, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.Hash(ctx, c, vault.HashInput{Input: []byte("input")}))
	}},
	{"wrapping-key", access.Read, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.WrappingKey(ctx, c, key.MLKEM768X25519))
	}},
	{"key.replace", access.Rotate, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ReplaceKey(ctx, c, "app/new", vault.ReplaceSpec{}))
	}},
	{"key.split", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.SplitKey(ctx, c, vault.SplitSpec{Fresh: key.AES256GCM, Sharing: vault.Sharing{Method: vault.SharingXOR, Parts: 2, Threshold: 2}, Parts: []vault.KeySpec{{Name: "app/part1"}, {Name: "app/part2"}}}))
	}},
	{"key.join", access.Create, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.JoinKey(ctx, c, vault.JoinSpec{Key: vault.KeySpec{Name: "app/joined", Algorithm: key.Opaque}, Sharing: vault.Sharing{Method: vault.SharingXOR, Parts: 2, Threshold: 2}, Parts: []vault.JoinPart{{"app/sign", 1}, {"app/sign", 2}}}))
	}},
	{"key.issue", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.IssueCertificate(ctx, c, vault.IssueSpec{Key: vault.KeySpec{Name: "app/certificate"}, Of: "app/sign", Signer: "app/sign"}))
	}},
	{"key.register", access.Import, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.RegisterKey(ctx, c, vault.RegisterSpec{Key: vault.KeySpec{Name: "app/registered", Algorithm: key.Secret}, Material: []byte("as it came in")}))
	}},
	{"key.create-pair", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.CreatePair(ctx, c, vault.PairSpec{Private: vault.KeySpec{Name: "app/private", Algorithm: key.Ed25519}, Public: vault.KeySpec{Name: "app/public"}}))
	}},
	{"key.wrap-mode", access.Wrap, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.WrapInMode(ctx, c, "app/k", vault.ModeInput{Mode: vault.WrapKW, Data: make([]byte, 16)}, func(*vault.ModeOutput) error { return nil })
	}},
	{"key.unwrap-mode", access.Unwrap, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.UnwrapInMode(ctx, c, "app/kek", vault.ModeInput{Mode: vault.WrapKW, Data: w.inMode}, func(*vault.ModeOutput) error { return nil })
	}},
	{"key.import", access.Import, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ImportKey(ctx, c, vault.ImportSpec{Key: vault.KeySpec{Name: "app/imported", Algorithm: key.AES256GCM}, Wrapped: w.parcel}))
	}},
	{"key.import-version", access.Import, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ImportVersion(ctx, c, "app/shared", vault.ImportSpec{Wrapped: w.parcel}))
	}},
	{"key.export", access.Export, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.ExportKey(ctx, c, "app/sign", vault.ExportSpec{Recipient: kekPublic()}))
	}},
	{"key.public", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.PublicKey(ctx, c, "app/sign", 0, "jwk"))
	}},
	{"key.backup", access.Export, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.BackupKey(ctx, c, "app/sign", "app/shared"))
	}},
	{"key.restore", access.Import, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.RestoreKey(ctx, c, vault.RestoreSpec{Text: w.backup, Wrapping: "app/shared"}))
	}},
	{"random", access.Random, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.Random(ctx, c, 16, func([]byte) error { return nil })
	}},
	{"key.datakey-store", access.DataKey, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.StoreDataKeys(ctx, c, "app/k", []vault.StoredSpec{{Plaintext: true}}, func([]vault.StoredKey) error { return nil })
	}},
	{"key.move", access.Update, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.MoveKey(ctx, c, "app/movable", "app/k", 0))
	}},
	{"key.children", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err2(v.Children(ctx, c, "app/k", "", 0))
	}},
	{"key.tree", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err2(v.Tree(ctx, c, "app/k")) }},
	{"key.rewrapping", access.Read, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Rewrapping(ctx, c, "app/k")) }},
	{"dual.create", access.Create, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		pub, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
		if err != nil {
			return err
		}
		return err1(v.CreateDual(ctx, c, pub))
	}},
	{"dual.import", access.Import, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		in := vault.DualImport{Sealed: make([]byte, 256)}
		_, _ = rand.Read(in.Sealed)
		in.Name = hex.EncodeToString(in.Sealed[:16])
		return err1(v.ImportDual(ctx, c, in))
	}},
	{"dual.open", access.Reveal, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return v.OpenDual(ctx, c, kekPEM(), func([]byte) error { return nil })
	}},
	{"dual.count", access.List, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.CountDual(ctx, c)) }},
	{"token.create", access.ManageToken, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err2(v.CreateToken(ctx, c, vault.TokenSpec{Principal: "x"}))
	}},
	{"token.create-join", access.Admit, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err2(v.CreateJoinToken(ctx, c, vault.JoinTokenSpec{}))
	}},
	{"token.lookup", access.ManageToken, false, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.LookupToken(ctx, c, w.token.ID))
	}},
	{"token.renew", access.ManageToken, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.RenewToken(ctx, c, w.token.ID))
	}},
	{"token.revoke", access.ManageToken, true, func(w *world, v *vault.Vault, c access.Caller) error { return v.RevokeToken(ctx, c, w.other.ID) }},
	{"token.list", access.ManageToken, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Tokens(ctx, c)) }},
	{"policy.put", access.ManagePolicy, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.PutPolicy(ctx, c, vault.PolicyText{Name: "more", Text: `permit (principal == User::"nobody", action, resource);`}))
	}},
	{"policy.get", access.ManagePolicy, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Policy(ctx, c, "extra")) }},
	{"policy.list", access.ManagePolicy, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Policies(ctx, c)) }},
	{"policy.explain", access.ManagePolicy, false, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.Explain(ctx, c, vault.Question{Principal: "x", Kind: access.ByToken, Action: access.Read, Key: "app/k"}))
	}},
	{"policy.delete", access.ManagePolicy, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.DeletePolicy(ctx, c, "extra") }},
	{"sys.slots", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Slots(ctx, c)) }},
	{"sys.slot-add", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.AddSlot(ctx, c, vault.SlotSpec{Kind: "quorum", Replace: true}))
	}},
	{"sys.open-approve", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.ApproveOpening(ctx, c, "n3") }},
	{"sys.slot-remove", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.RemoveSlot(ctx, c, "quorum") }},
	{"sys.keyring", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Keyring(ctx, c)) }},
	{"sys.keyring-rotate", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.RotateKeyring(ctx, c)) }},
	{"sys.rekey-start", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error {
		return err1(v.StartRekey(ctx, c, vault.RekeySpec{Shares: 3, Threshold: 2}))
	}},
	{"sys.rekey-status", access.Inspect, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Rekeying(ctx, c)) }},
	{"sys.rekey-request", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		id := "?"
		if k, err := v.Rekeying(ctx, w.Root()); err == nil {
			id = k.ID
		}
		return err1(v.RequestRekeyHandIn(ctx, c, id, 0))
	}},
	{"sys.rekey-share", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		id := "?"
		if k, err := v.Rekeying(ctx, w.Root()); err == nil {
			id = k.ID
		}
		return err1(v.SubmitRekey(ctx, c, id, w.Shares()[0]))
	}},
	{"sys.rekey-cancel", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.CancelRekey(ctx, c) }},
	{"sys.roll-call-start", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.StartRollCall(ctx, c)) }},
	{"sys.roll-call", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.RollCallStatus(ctx, c)) }},
	{"member.list", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Members(ctx, c)) }},
	{"state.digest", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { _, _, err := v.Digest(ctx, c); return err }},
	{"autopilot.get", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err2(v.Autopilot(ctx, c)) }},
	{"autopilot.set", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		_, revision, _ := v.Autopilot(ctx, w.Root())
		return v.SetAutopilot(ctx, c, vault.Autopilot{HoldLevel: true}, revision)
	}},
	{"member.demote", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.Demote(ctx, c, "n3") }},
	{"member.promote", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.Promote(ctx, c, "n3") }},
	{"member.remove", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.Remove(ctx, c, "n3") }},
	{"member.step-down", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.StepDown(ctx, c, "n1") }},
	{"sys.client-certificate", access.ManageToken, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return err1(v.CertifyClient(ctx, c, "client", w.csr, 0))
	}},
	{"sys.unseal-reset", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.ResetUnseal(ctx, c, nil)) }},
	{"sys.snapshot-schedule", access.Operate, true, func(w *world, v *vault.Vault, c access.Caller) error {
		return v.SetBackupSchedule(ctx, c, &vault.BackupSchedule{Every: time.Hour, To: w.store})
	}},
	{"sys.snapshot-run", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.BackUp(ctx, c) }},
	{"sys.drill", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return err1(v.Drill(ctx, c)) }},
	{"sys.snapshot-schedule-show", access.Inspect, false, func(_ *world, v *vault.Vault, c access.Caller) error { return err2(v.BackupSchedule(ctx, c)) }},
	{"sys.snapshot-restore-step", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.StepRestore(ctx, c) }},
	{"sys.seal", access.Operate, true, func(_ *world, v *vault.Vault, c access.Caller) error { return v.Seal(ctx, c, false) }},
}

// entriesOf are the entries of one operation behind the first n of a node's log.
func entriesOf(f *vaulttest.Fixture, node, n int, op string) (all []audit.Entry) {
	for _, e := range f.AuditEntries(node)[n:] {
		if e.Operation == op {
			all = append(all, e)
		}
	}
	return all
}

func TestTheTableHoldsEveryWrite(t *testing.T) {
	unchecked := []string{"sys.join", "sys.renew-certificate", "sys.roll-call-submit", "sys.root-token", "member.clean-up", "ticket.create", "ticket.use", "whole"} // they have their own proof and their own tests
	for _, name := range vault.Writes() {
		if !slices.ContainsFunc(operations, func(o operation) bool { return o.name == name && o.writes }) && !slices.Contains(unchecked, name) {
			t.Errorf("the operation %s is not in the table", name)
		}
	}
}

func TestRootMayDoEverythingAndAllOfItIsAudited(t *testing.T) {
	for node := range 2 {
		w := newWorld(t, 3)
		for _, o := range operations {
			before := len(w.AuditEntries(node))
			if err := o.run(w, w.Vault(node), w.Root()); err != nil {
				t.Fatalf("%s on node %d: %v", o.name, node, err)
			}
			got := entriesOf(w.Fixture, node, before, o.name)
			if len(got) == 0 || got[len(got)-1].Outcome != audit.OK || got[len(got)-1].Phase != audit.Response || got[len(got)-1].Caller.Principal != "root" {
				t.Errorf("%s on node %d leaves %+v", o.name, node, got)
			}
		}
	}
}

func TestNothingIsPermittedThatNoPolicyPermits(t *testing.T) {
	for node := range 2 {
		w := newWorld(t, 3)
		for _, o := range operations {
			for _, c := range []access.Caller{as("mallory"), {Kind: access.Anonymous, Door: "test"}, {Principal: "app", Kind: access.ByCertificate, Door: "test"}} {
				want := fault.Denied
				if c.Principal == "" {
					want = fault.Unauthenticated
				}
				state, before := w.State(0).ContentDigest(), len(w.AuditEntries(node))
				wants(t, o.name+" by "+c.Principal, o.run(w, w.Vault(node), c), want)
				if w.State(0).ContentDigest() != state || len(w.MemberChanges()) != 0 || w.Vault(0).Sealed() {
					t.Fatalf("%s by %q changed something", o.name, c.Principal)
				}
				got := entriesOf(w.Fixture, node, before, o.name)
				if len(got) == 0 || got[len(got)-1].Outcome != want.String() || got[len(got)-1].Caller.Principal != c.Principal {
					t.Errorf("%s by %q on node %d leaves %+v", o.name, c.Principal, node, got)
				}
			}
		}
	}
}

func TestASealedNodeRefusesEverything(t *testing.T) {
	w := newWorld(t, 3)
	root := w.Root()
	ok(t, "sealing", w.Vault(0).Seal(ctx, root, false))
	for _, o := range operations {
		if o.name == "sys.unseal-reset" {
			continue // is for sealed nodes
		}
		before := len(w.AuditEntries(1))
		err := o.run(w, w.Vault(1), root)
		if o.name == "sys.rekey-share" || !errors.Is(err, fault.Sealed) {
			wants(t, o.name, err, fault.Sealed)
		}
		if got := entriesOf(w.Fixture, 1, before, o.name); len(got) != 1 || got[0].Outcome != "sealed" {
			t.Errorf("%s leaves %+v", o.name, got)
		}
	}
}

func TestABlankNodeRefusesEverythingAndSaysWhy(t *testing.T) {
	f := vaulttest.Cluster(t, 1, vaulttest.Blank())
	_, err := f.Vault(0).Key(ctx, as("x"), "k")
	wants(t, "reading a key", err, fault.Sealed)
	if st := f.Vault(0).Status(ctx); st.Initialized || !st.Sealed || st.Why == "" || f.Vault(0).Index() != 0 {
		t.Errorf("status %+v", st)
	}
	if _, err := f.Vault(0).Authenticate(ctx, []byte("qt_x")); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("authenticating gives %v", err)
	}
}

func TestWithoutAnAuditLogNothingIsDone(t *testing.T) {
	w := newWorld(t, 3)
	for _, o := range operations {
		state := w.State(0).ContentDigest()
		for _, what := range []string{"the first write fails", "it is known to fail"} {
			if what == "the first write fails" {
				w.BreakAudit(0)
			}
			if err := o.run(w, w.Vault(0), w.Root()); !errors.Is(err, fault.Internal) {
				t.Errorf("%s, %s: %v", o.name, what, err)
			}
			if w.State(0).ContentDigest() != state || len(w.MemberChanges()) != 0 || w.Vault(0).Sealed() {
				t.Fatalf("%s changed something while %s", o.name, what)
			}
		}
		w.MendAudit(0)
	}
}

func TestNoCallbackRunsBeforeItsAuditEntry(t *testing.T) {
	w := newWorld(t, 1)
	v, root := w.Vault(0), w.Root()
	check := func(op string) {
		if got := w.AuditEntries(0); got[len(got)-1].Operation != op {
			t.Errorf("%s lends its secret before the entry: the last one is %s", op, got[len(got)-1].Operation)
		}
	}
	ok(t, "reveal", v.Reveal(ctx, root, "app/k", 0, func(*key.Record, uint32, []byte) error { check("key.material"); return nil }))
	ok(t, "decrypt", v.Decrypt(ctx, root, "app/k", vault.Message{Body: w.text}, func([]byte, uint32) error { check("key.decrypt"); return nil }))
	ok(t, "datakey", v.DataKey(ctx, root, "app/k", vault.DataKeySpec{Plaintext: true}, func(vault.DataKey) error { check("key.datakey"); return nil }))
	ok(t, "decrypt bare", v.Bare(ctx, root, vault.DecryptBare, "app/k", vault.BareInput{Data: w.bare.data, IV: w.bare.iv, Proof: w.bare.tag, Version: 1}, func(*vault.BareOutput) error { check("key.decrypt-bare"); return nil }))
	ok(t, "random", v.Random(ctx, root, 8, func([]byte) error { check("random"); return nil }))
	ok(t, "dual", v.OpenDual(ctx, root, kekPEM(), func([]byte) error { check("dual.open"); return nil }))
}

func TestLentSecretsAreClearedAfterwards(t *testing.T) {
	w := newWorld(t, 1)
	v, root := w.Vault(0), w.Root()
	var kept [][]byte
	keep := func(b []byte) error {
		if bytes.Equal(b, make([]byte, len(b))) {
			t.Error("nothing was lent")
		}
		kept = append(kept, b)
		return nil
	}
	ok(t, "reveal", v.Reveal(ctx, root, "app/k", 0, func(_ *key.Record, _ uint32, m []byte) error { return keep(m) }))
	ok(t, "decrypt", v.Decrypt(ctx, root, "app/k", vault.Message{Body: w.text}, func(p []byte, _ uint32) error { return keep(p) }))
	ok(t, "datakey", v.DataKey(ctx, root, "app/k", vault.DataKeySpec{Plaintext: true}, func(d vault.DataKey) error { return keep(d.Plaintext) }))
	ok(t, "decrypt bare", v.Bare(ctx, root, vault.DecryptBare, "app/k", vault.BareInput{Data: w.bare.data, IV: w.bare.iv, Proof: w.bare.tag, Version: 1}, func(out *vault.BareOutput) error { return keep(out.Data) }))
	ok(t, "random", v.Random(ctx, root, 8, keep))
	for range 2 { // opened, and from the cache
		ok(t, "dual", v.OpenDual(ctx, root, kekPEM(), keep))
	}
	for i, b := range kept {
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("secret %d is still there", i)
		}
	}
}

func TestNoSecretIsInAnyAuditLineOrOnTheWire(t *testing.T) {
	w := newWorld(t, 3)
	root := w.Root()
	secrets := map[string][]byte{"root token": w.RootToken(), "join token": w.Founded().JoinToken}
	for i := range 3 {
		name := []string{"canary/a", "canary/b", "canary/c"}[i]
		_, err := w.Vault(i).CreateKey(ctx, root, vault.KeySpec{Name: name, Exportable: true})
		ok(t, "creating", err)
		_, err = w.Vault(i).RotateKey(ctx, root, name)
		ok(t, "rotating", err)
		for _, version := range []uint32{1, 2} {
			m, err := reveal(w.Vault((i+1)%3), root, name, version)
			ok(t, "revealing", err)
			secrets[name+" material "+string('0'+rune(version))] = m
		}
		secrets[name+" registered"] = []byte("the registered canary of " + name)
		_, err = w.Vault(i).RegisterKey(ctx, root, vault.RegisterSpec{Key: vault.KeySpec{Name: name + "/registered", Algorithm: key.Secret}, Material: secrets[name+" registered"]})
		ok(t, "registering", err)
		_, text, err := w.Vault(i).CreateToken(ctx, root, vault.TokenSpec{Principal: "canary"})
		ok(t, "creating a token", err)
		secrets[name+" token"] = text[len("qt_")+24:] // its first half names it
		m := vault.Message{Body: []byte("the plaintext canary of " + name), AAD: []byte("the aad canary of " + name), Context: []byte("the context canary of " + name)}
		secrets[name+" plaintext"], secrets[name+" aad"], secrets[name+" context"] = m.Body, m.AAD, m.Context
		sealed, _, err := w.Vault(i).Encrypt(ctx, root, name, m)
		ok(t, "encrypting", err)
		m.Body = sealed
		ok(t, "decrypting", w.Vault(i).Decrypt(ctx, root, name, m, func([]byte, uint32) error { return nil }))
	}
	ok(t, "opening a dual key", w.Vault(2).OpenDual(ctx, root, kekPEM(), func(dek []byte) error {
		secrets["dual"] = bytes.Clone(dek)
		return nil
	}))
	for _, o := range operations {
		ok(t, o.name, o.run(w, w.Vault(1), root))
	}
	for name, secret := range secrets {
		for node := range 3 {
			for _, line := range w.AuditLines(node) {
				if holds(line, secret) {
					t.Errorf("the audit log of node %d holds the %s: %s", node, name, line)
				}
			}
		}
		for _, body := range w.Wire() {
			if holds(body, secret) {
				t.Errorf("the %s crossed between nodes", name)
			}
		}
		for _, e := range w.Log() {
			if holds(e.Data, secret) {
				t.Errorf("the %s is in the log", name)
			}
		}
	}
	for i, share := range w.Shares() {
		for node := range 3 {
			for _, line := range w.AuditLines(node) {
				if bytes.Contains(line, share) {
					t.Errorf("the audit log of node %d holds share %d", node, i+1)
				}
			}
		}
	}
}

func TestEveryAuditEntryOfAWriteHasItsIntentFirst(t *testing.T) {
	w := newWorld(t, 3)
	for _, o := range operations {
		before := len(w.AuditEntries(0))
		ok(t, o.name, o.run(w, w.Vault(0), w.Root()))
		got := entriesOf(w.Fixture, 0, before, o.name)
		without := []string{"sys.rekey-status", "sys.rekey-share", "sys.rekey-cancel", "sys.unseal-reset"} // nothing replicated changes
		if o.writes && !slices.Contains(without, o.name) && (len(got) < 2 || got[0].Phase != audit.Request) {
			t.Errorf("%s leaves %+v", o.name, got)
		}
		if !o.writes && len(got) != 1 {
			t.Errorf("%s leaves %d entries", o.name, len(got))
		}
		for _, e := range got {
			if strings.Contains(e.Detail, "internal") {
				t.Errorf("%s: %s", o.name, e.Detail)
			}
		}
	}
}
