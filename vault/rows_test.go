package vault_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// given is what an operation undoes: made by the key while it is active.
type given struct {
	data, iv, tag []byte
}

// foreignUse is an operation that has no row in the table of states, and the row that it goes by.
type foreignUse struct {
	row       key.Operation
	algorithm key.Algorithm
	before    func(v *vault.Vault, c access.Caller, name string) (given, error)
	do        func(v *vault.Vault, c access.Caller, name string, g given) error
}

// selfCertified makes a key, "" being the one that is tried, the root of what it will sign.
func selfCertified(of string) func(v *vault.Vault, c access.Caller, name string) (given, error) {
	return func(v *vault.Vault, c access.Caller, name string) (given, error) {
		root := vault.KeySpec{Name: name + ".root"}
		if of != "" {
			name = of
		}
		return given{}, err1(v.IssueCertificate(ctx, c, vault.IssueSpec{Key: root, Of: name, Signer: name}))
	}
}

var foreignUses = map[string]foreignUse{
	"issue a certificate as its signer": {row: key.ToSign, algorithm: key.Ed25519, before: selfCertified(""), do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return err1(v.IssueCertificate(ctx, c, vault.IssueSpec{Key: vault.KeySpec{Name: name + ".issued"}, Of: "subject", Signer: name}))
	}},
	"be issued a certificate": {row: key.ToCertify, algorithm: key.Ed25519, before: selfCertified("subject"), do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return err1(v.IssueCertificate(ctx, c, vault.IssueSpec{Key: vault.KeySpec{Name: name + ".certificate"}, Of: name, Signer: "subject"}))
	}},
	"be split": {row: key.ToReveal, do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return err1(v.SplitKey(ctx, c, vault.SplitSpec{Of: name, Sharing: halves, Parts: []vault.KeySpec{{Name: name + ".1"}, {Name: name + ".2"}}}))
	}},
	"be a part that is joined": {row: key.ToReveal, do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return err1(v.JoinKey(ctx, c, vault.JoinSpec{Key: vault.KeySpec{Name: name + ".joined", Algorithm: key.Opaque}, Sharing: halves, Parts: []vault.JoinPart{{name, 1}, {"half", 2}}}))
	}},
	"be wrapped by another key": {row: key.ToExport, do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return err2(v.Wrap(ctx, c, "half", vault.WrapInput{Key: name}))
	}},
	"open what is imported": {
		row: key.ToUnwrap,
		before: func(v *vault.Vault, c access.Caller, name string) (given, error) {
			text, _, err := v.Wrap(ctx, c, name, vault.WrapInput{Plaintext: []byte("0123456789abcdef0123456789ABCDEF")})
			if err != nil {
				return given{}, err
			}
			b, err := base64.StdEncoding.DecodeString(string(text[len("qk:v1:"):]))
			return given{data: b}, err
		},
		do: func(v *vault.Vault, c access.Caller, name string, g given) error {
			return err1(v.ImportKey(ctx, c, vault.ImportSpec{Key: vault.KeySpec{Name: name + ".imported", Algorithm: key.AES256GCM}, Wrapped: vault.Wrapped{Bytes: g.data, Key: name}}))
		},
	},
	"store a data key": {row: key.ToHaveChild, do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return v.StoreDataKeys(ctx, c, name, []vault.StoredSpec{{}}, func([]vault.StoredKey) error { return nil })
	}},
	"get a child that was moved": {
		row: key.ToHaveChild,
		before: func(v *vault.Vault, c access.Caller, name string) (given, error) {
			return given{}, err1(v.CreateKey(ctx, c, vault.KeySpec{Name: name + ".moved", Exportable: true}))
		},
		do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
			return err1(v.MoveKey(ctx, c, name+".moved", name, 0))
		},
	},
	"encrypt bare": {row: key.ToEncrypt, do: bareDo(vault.EncryptBare)},
	"decrypt bare": {
		row: key.ToDecrypt,
		before: func(v *vault.Vault, c access.Caller, name string) (g given, err error) {
			return g, v.Bare(ctx, c, vault.EncryptBare, name, vault.BareInput{Data: []byte("plain")}, func(out *vault.BareOutput) error {
				g = given{bytes.Clone(out.Data), bytes.Clone(out.IV), bytes.Clone(out.Tag)}
				return nil
			})
		},
		do: bareDo(vault.DecryptBare),
	},
	"sign bare":         {row: key.ToSign, algorithm: key.Ed25519, do: bareDo(vault.SignBare)},
	"verify bare":       {row: key.ToVerify, algorithm: key.Ed25519, do: bareDo(vault.VerifyBare)},
	"make a MAC bare":   {row: key.ToMAC, algorithm: key.HMACSHA256, do: bareDo(vault.MACBare)},
	"verify a MAC bare": {row: key.ToVerifyMAC, algorithm: key.HMACSHA256, do: bareDo(vault.VerifyMACBare)},
	"wrap in a mode": {row: key.ToWrap, do: func(v *vault.Vault, c access.Caller, name string, _ given) error {
		return v.WrapInMode(ctx, c, name, vault.ModeInput{Mode: vault.WrapKW, Data: make([]byte, 16)}, func(*vault.ModeOutput) error { return nil })
	}},
	"unwrap in a mode": {
		row: key.ToUnwrap,
		before: func(v *vault.Vault, c access.Caller, name string) (g given, err error) {
			return g, v.WrapInMode(ctx, c, name, vault.ModeInput{Mode: vault.WrapKW, Data: make([]byte, 16)}, func(out *vault.ModeOutput) error {
				g.data = bytes.Clone(out.Data)
				return nil
			})
		},
		do: func(v *vault.Vault, c access.Caller, name string, g given) error {
			return v.UnwrapInMode(ctx, c, name, vault.ModeInput{Mode: vault.WrapKW, Data: g.data}, func(*vault.ModeOutput) error { return nil })
		},
	},
}

var halves = vault.Sharing{Method: vault.SharingXOR, Parts: 2, Threshold: 2}

func bareDo(use vault.BareUse) func(v *vault.Vault, c access.Caller, name string, g given) error {
	return func(v *vault.Vault, c access.Caller, name string, g given) error {
		return v.Bare(ctx, c, use, name, vault.BareInput{Data: g.data, IV: g.iv, Proof: g.tag, Version: 1}, func(*vault.BareOutput) error { return nil })
	}
}

// TestOperationsOfOtherDoorsGoByTheirRow tries what has no row of its own in every state, and in the archive, on three nodes in turn.
func TestOperationsOfOtherDoorsGoByTheirRow(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root, v := f.Root(), f.Vault(0)
	f.Grant("rescue", `permit (principal == User::"rescuer", action, resource);
permit (principal == User::"rescuer", action == Action::"open-compromised", resource);`)
	for name, a := range map[string]key.Algorithm{"subject": key.Ed25519, "half": key.AES256GCM} {
		ok(t, "creating", err1(v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Exportable: true})))
	}
	cells := 0
	for what, u := range foreignUses {
		for i := range 1 + len(key.States) {
			state, name := key.Active, fmt.Sprintf("%s/%d", u.row, cells)
			name = string(bytes.ReplaceAll([]byte(name), []byte(" "), []byte("-")))
			archive := i == len(key.States)
			if !archive {
				state = key.States[i]
			}
			g := u.prepare(t, f, name, state)
			want := state.Permits(u.row)
			if archive {
				ok(t, "archiving", err1(v.ArchiveKey(ctx, root, name, 0)))
				want = state.InArchive(u.row)
			}
			node := f.Vault(cells % 3)
			cells++
			if want == key.ByPolicy {
				ok(t, fmt.Sprintf("to %s, named by a policy", what), u.do(node, as("rescuer"), name, g))
				want = key.Refused
			}
			err := u.do(node, root, name, g)
			if want == key.Allowed && err != nil || want == key.Refused && !errors.Is(err, fault.BadState) {
				t.Errorf("to %s, of a key that is %s (in the archive: %v): %v; the row %q says %s", what, state, archive, err, u.row, want)
			}
		}
	}
	t.Logf("%d cells", cells)
}

// prepare makes a key, what the operation is given, and takes the key to a state.
func (u foreignUse) prepare(t *testing.T, f *vaulttest.Fixture, name string, s key.State) (g given) {
	t.Helper()
	v, root := f.Vault(f.Leader()), f.Root()
	spec := vault.KeySpec{Name: name, Algorithm: u.algorithm, Exportable: true}
	if s == key.PreActive {
		spec.ActivateAt = key.At(f.Now().Add(time.Hour))
	}
	ok(t, "creating "+name, err1(v.CreateKey(ctx, root, spec)))
	if u.before != nil {
		maker := name
		if s == key.PreActive && u.row != key.ToHaveChild { // it never protected anything: another key did
			maker = name + ".donor"
			spec.Name, spec.ActivateAt = maker, 0
			ok(t, "creating "+maker, err1(v.CreateKey(ctx, root, spec)))
		}
		var err error
		g, err = u.before(v, root, maker)
		ok(t, "preparing "+name, err)
	}
	for _, a := range paths[s] {
		if a == access.Destroy {
			ok(t, "destroying "+name, destroyNow(f, name, 0))
			continue
		}
		ok(t, string(a)+" of "+name, step(f, name, 0, a))
	}
	return g
}

// TestAKeyIsReplacedInEveryStateButThree: what replaces it gets material of its own, so the key need not be in use, but who cut it off
// must be asked first.
func TestAKeyIsReplacedInEveryStateButThree(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	for i, s := range key.States {
		name := "replace/" + s.String()
		inState(t, f, name, s, 0)
		err := err1(f.Vault(i%3).ReplaceKey(ctx, f.Root(), name, vault.ReplaceSpec{}))
		if refused := s == key.Suspended || s.Gone(); refused != errors.Is(err, fault.BadState) || !refused && err != nil {
			t.Errorf("replacing a key that is %s: %v", s, err)
		}
	}
}
