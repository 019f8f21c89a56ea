package vault_test

import (
	"bytes"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// derived is what Derive gives.
func derived(t *testing.T, v *vault.Vault, c access.Caller, ref string, in vault.DeriveInput) (secret []byte) {
	t.Helper()
	ok(t, "deriving", v.Derive(ctx, c, ref, in, func(b []byte, _ uint32) error {
		secret = bytes.Clone(b)
		return nil
	}))
	return secret
}

// TestADerivedKeyHoldsWhatDeriveGives asks a follower, so that it is forwarded, and compares with the bytes that Derive gives.
func TestADerivedKeyHoldsWhatDeriveGives(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	v, root := f.Vault((f.Leader()+1)%3), f.Root()
	create := func(s vault.KeySpec) *key.Record {
		t.Helper()
		r, err := f.Vault(f.Leader()).CreateKey(ctx, root, s)
		ok(t, "creating", err)
		return r
	}
	create(vault.KeySpec{Name: "above"})
	base := map[string]*key.Record{}
	for name, a := range map[string]key.Algorithm{"mac": key.HMACSHA512, "secret": key.Secret, "x1": key.X25519, "x2": key.X25519, "p1": key.ECDSAP384, "p2": key.ECDSAP384} {
		s := vault.KeySpec{Name: name, Algorithm: a}
		if strings.HasPrefix(name, "p") {
			s.Usage = key.Agree
		}
		base[name] = create(s)
	}
	peer := func(name string) []byte { return []byte(publicPEM(base[name])) }
	for name, c := range map[string]struct {
		ref  string
		spec vault.DerivedSpec
		same string // the other side of an agreement
		size int
	}{
		"hkdf":           {ref: "mac", spec: vault.DerivedSpec{Key: vault.KeySpec{}, By: vault.DeriveInput{Info: []byte("a"), Salt: []byte("s")}}, size: 32},
		"half as long":   {ref: "secret", spec: vault.DerivedSpec{Key: vault.KeySpec{Algorithm: key.AES128GCM, Parent: "above"}, By: vault.DeriveInput{Hash: "sha384"}}, size: 16},
		"a secret":       {ref: "mac", spec: vault.DerivedSpec{Key: vault.KeySpec{Algorithm: key.Secret, Bits: 1024}}, size: 128},
		"agreed on":      {ref: "x1", spec: vault.DerivedSpec{Key: vault.KeySpec{Algorithm: key.HMACSHA384}, By: vault.DeriveInput{Peer: peer("x2"), Info: []byte("b")}}, same: "x2", size: 48},
		"the secret":     {ref: "p1", spec: vault.DerivedSpec{Key: vault.KeySpec{Algorithm: key.Secret}, By: vault.DeriveInput{Peer: peer("p2"), Raw: true}}, same: "p2", size: 48},
		"not exportable": {ref: "mac", spec: vault.DerivedSpec{Key: vault.KeySpec{Algorithm: key.Secret, Usage: key.Derive}}, size: 32},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.spec
			s.Key.Name, s.Key.Exportable = "d/"+strings.ReplaceAll(name, " ", "-"), name != "not exportable"
			r, err := v.DeriveKey(ctx, again(root, name), c.ref, s)
			ok(t, "deriving a key", err)
			if r.Origin != key.Derived || len(r.Links) != 1 || r.Links[0] != (key.Link{Kind: key.LinkBase, To: base[c.ref].ID}) || r.Exportable != s.Key.Exportable || r.State != key.Active {
				t.Errorf("the record is %+v", r)
			}
			if (s.Key.Parent != "") == r.Parent.IsZero() {
				t.Errorf("the parent is %s", r.Parent)
			}
			if repeated, err := v.DeriveKey(ctx, again(root, name), c.ref, s); err != nil || repeated.ID != r.ID {
				t.Errorf("repeated: %v, %v", repeated, err)
			}
			_, err = v.DeriveKey(ctx, root, c.ref, s)
			wants(t, "a second one of that name", err, fault.Exists)
			material, err := reveal(v, root, s.Key.Name, 0)
			if name == "not exportable" {
				wants(t, "revealing", err, fault.Denied)
				return
			}
			ok(t, "revealing", err)
			from, by := c.ref, s.By
			if c.same != "" {
				from, by.Peer = c.same, peer(c.ref)
			}
			if !by.Raw {
				by.Bytes = c.size
			}
			if want := derived(t, v, root, from, by); !bytes.Equal(material, want) || len(material) != c.size {
				t.Errorf("the key is %x, derived is %x, want %d bytes", material, want, c.size)
			}
		})
	}
	if used, err := f.Vault(f.Leader()).Key(ctx, root, "mac"); err != nil || used.Latest().Use().Count == 0 {
		t.Errorf("deriving keys does not count as use: %+v, %v", used, err)
	}
}

func TestWhatIsNotDerivedAsAKey(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for name, s := range map[string]vault.KeySpec{
		"mac": {Algorithm: key.HMACSHA256}, "x": {Algorithm: key.X25519}, "aes": {}, "off": {Algorithm: key.HMACSHA256}, "few": {Algorithm: key.HMACSHA256, UsageLimit: 1},
	} {
		s.Name = name
		_, err := v.CreateKey(ctx, root, s)
		ok(t, "creating", err)
	}
	ok(t, "suspending", step(f, "off", 0, access.Suspend))
	peer, err := v.Key(ctx, root, "x")
	ok(t, "reading", err)
	pem := []byte(publicPEM(peer))
	derivedSpec := func(a key.Algorithm, by vault.DeriveInput) vault.DerivedSpec {
		return vault.DerivedSpec{Key: vault.KeySpec{Name: "new", Algorithm: a}, By: by}
	}
	bits := derivedSpec(key.Secret, vault.DeriveInput{})
	bits.Key.Bits = 257
	rawBits := derivedSpec(key.Secret, vault.DeriveInput{Peer: pem, Raw: true})
	rawBits.Key.Bits = 256
	below := derivedSpec(0, vault.DeriveInput{})
	below.Key.Parent = "mac"
	past := derivedSpec(0, vault.DeriveInput{})
	past.Key.DeactivAt = key.At(time.Unix(1, 0))
	for _, c := range []struct {
		name, ref string
		want      fault.Kind
		spec      vault.DerivedSpec
	}{
		{"a key pair", "mac", fault.Invalid, derivedSpec(key.Ed25519, vault.DeriveInput{})},
		{"an opaque object", "mac", fault.Invalid, derivedSpec(key.Opaque, vault.DeriveInput{})},
		{"an algorithm there is not", "mac", fault.Invalid, derivedSpec(200, vault.DeriveInput{})},
		{"a length of its own", "mac", fault.Invalid, derivedSpec(0, vault.DeriveInput{Bytes: 16})},
		{"half a byte", "mac", fault.Invalid, bits},
		{"the secret itself as a cipher's key", "x", fault.Invalid, derivedSpec(0, vault.DeriveInput{Peer: pem, Raw: true})},
		{"the secret itself of another length", "x", fault.Invalid, rawBits},
		{"no peer", "x", fault.Invalid, derivedSpec(0, vault.DeriveInput{})},
		{"a parent that is none", "mac", fault.Invalid, below},
		{"a past date", "mac", fault.Invalid, past},
		{"a key that is not for deriving", "aes", fault.Denied, derivedSpec(0, vault.DeriveInput{})},
		{"a suspended key", "off", fault.BadState, derivedSpec(0, vault.DeriveInput{})},
		{"no key", "absent", fault.NotFound, derivedSpec(0, vault.DeriveInput{})},
	} {
		state := f.State(0).ContentDigest()
		_, err := v.DeriveKey(ctx, root, c.ref, c.spec)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if f.State(0).ContentDigest() != state {
			t.Errorf("%s: something was written", c.name)
		}
	}
	limited := derivedSpec(0, vault.DeriveInput{})
	_, err = v.DeriveKey(ctx, root, "few", limited)
	ok(t, "the one use", err)
	limited.Key.Name = "another"
	if _, err = v.DeriveKey(ctx, root, "few", limited); err == nil {
		t.Error("a key is derived beyond the limit of uses")
	}
}

// TestDerivingAKeyShowsNothing: "derive-key" and "create" make a key, and give no bytes; "derive" gives bytes, and makes no key.
func TestDerivingAKeyShowsNothing(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	_, err := v.CreateKey(ctx, f.Root(), vault.KeySpec{Name: "base/mac", Algorithm: key.HMACSHA256})
	ok(t, "creating", err)
	f.Grant("create", `permit (principal, action == Action::"create", resource in Folder::"app") when { ["maker", "reader"].contains(principal.name) };`)
	f.Grant("maker", `permit (principal == User::"maker", action == Action::"derive-key", resource in Folder::"base");`)
	f.Grant("reader", `permit (principal == User::"reader", action == Action::"derive", resource in Folder::"base");`)
	f.Grant("only", `permit (principal == User::"only", action == Action::"derive-key", resource);`)
	spec := vault.DerivedSpec{Key: vault.KeySpec{Name: "app/new", Exportable: true}}
	for _, who := range []string{"reader", "only"} {
		_, err := v.DeriveKey(ctx, as(who), "base/mac", spec)
		wants(t, "a key derived by "+who, err, fault.Denied)
	}
	r, err := v.DeriveKey(ctx, as("maker"), "base/mac", spec)
	ok(t, "a key derived by who may", err)
	wants(t, "bytes for maker", v.Derive(ctx, as("maker"), "base/mac", vault.DeriveInput{}, func([]byte, uint32) error { return nil }), fault.Denied)
	_, err = reveal(v, as("maker"), "app/new", 0)
	wants(t, "material for maker", err, fault.Denied)
	entries := entriesOf(f, 0, 0, "key.derive-key")
	if last := entries[len(entries)-1]; last.Changes["from"] != "base/mac" || last.Key != r.ID || len(entries) < 2 {
		t.Errorf("the audit log says %+v", last)
	}
	secret := derived(t, v, f.Root(), "base/mac", vault.DeriveInput{})
	if logged := bytes.Join(f.AuditLines(0), nil); holds(logged, secret) {
		t.Error("what was derived is in the audit log")
	}
	for _, sent := range f.Wire() {
		if holds(sent, secret) {
			t.Error("what was derived crosses nodes")
		}
	}
	for _, e := range f.Log() {
		if holds(e.Data, secret) {
			t.Error("what was derived is in the log")
		}
	}
}

// TestKeysAreDerivedByTheMethodsOfOtherProtocols: the new key's material is what the method gives, and the methods ask what they need.
func TestKeysAreDerivedByTheMethodsOfOtherProtocols(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "base", Exportable: true, Usage: key.Derive | key.Encrypt | key.Decrypt})
	ok(t, "creating", err)
	base, err := reveal(v, root, "base", 0)
	ok(t, "revealing", err)
	sum := func(data string) []byte {
		h := hmac.New(sha256.New, base)
		h.Write([]byte(data))
		return h.Sum(nil)
	}
	digest := sha256.Sum256(base)
	block, err := aes.NewCipher(base)
	ok(t, "making a cipher", err)
	sealed := make([]byte, 32)
	for i := range 2 {
		block.Encrypt(sealed[16*i:], []byte("sixteen bytes !!"))
	}
	for name, c := range map[string]struct {
		by   vault.DeriveInput
		want []byte
	}{
		"hash":    {vault.DeriveInput{Method: "hash"}, digest[:]},
		"hmac":    {vault.DeriveInput{Method: "hmac", Info: []byte("data")}, sum("data")},
		"counter": {vault.DeriveInput{Method: "counter", Info: []byte("data")}, sum("\x00\x00\x00\x01data")},
		"pbkdf2":  {vault.DeriveInput{Method: "pbkdf2", Salt: []byte("salt"), Iterations: 1}, sum("salt\x00\x00\x00\x01")},
		"encrypt": {vault.DeriveInput{Method: "encrypt", Info: []byte("sixteen bytes !!sixteen bytes !!"), Scheme: &vault.BareScheme{Mode: "ecb"}}, sealed},
	} {
		r, err := v.DeriveKey(ctx, root, "base", vault.DerivedSpec{Key: vault.KeySpec{Name: name, Exportable: true}, By: c.by})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := reveal(v, root, name, 0)
		if err != nil || !bytes.Equal(got, c.want) || r.Origin != key.Derived || len(r.Links) != 1 {
			t.Errorf("%s: got %x, %v, want %x (%+v)", name, got, err, c.want, r.Links)
		}
	}
	for name, by := range map[string]vault.DeriveInput{
		"an unknown method": {Method: "x"}, "a peer": {Method: "hash", Peer: []byte("x")}, "no rounds": {Method: "pbkdf2"}, "no mode": {Method: "encrypt"},
		"too little": {Method: "encrypt", Info: make([]byte, 16), Scheme: &vault.BareScheme{Mode: "ecb"}},
	} {
		_, err := v.DeriveKey(ctx, root, "base", vault.DerivedSpec{Key: vault.KeySpec{Name: "no"}, By: by})
		wants(t, name, err, fault.Invalid)
	}
	f.Grant("half", `permit (principal == User::"half", action in [Action::"derive-key", Action::"create", Action::"encrypt"], resource);`)
	by := vault.DeriveInput{Method: "encrypt", Info: make([]byte, 32), Scheme: &vault.BareScheme{Mode: "ecb"}}
	_, err = v.DeriveKey(ctx, as("half"), "base", vault.DerivedSpec{Key: vault.KeySpec{Name: "half"}, By: by})
	wants(t, "encrypting for who may not decrypt", err, fault.Denied)
}
