package vault_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// algorithms are all that a vault generates.
func algorithms() (all []key.Algorithm) {
	for _, name := range key.AlgorithmNames() {
		if a, err := key.ParseAlgorithm(name); err == nil && a != key.Opaque && a != key.X509 {
			all = append(all, a)
		}
	}
	return all
}

// forth and back are the halves of an operation: what one makes of an input, the other proves.
type pair struct {
	name  string
	usage key.Usage // that an algorithm needs for it
	run   func(v *vault.Vault, c access.Caller, ref string) error
}

var errWrongOutcome = errors.New("the other half does not undo it")

var pairs = []pair{
	{"encrypt", key.Encrypt, func(v *vault.Vault, c access.Caller, ref string) error {
		m := vault.Message{Body: []byte("the input"), AAD: []byte("aad"), Context: []byte("context")}
		text, _, err := v.Encrypt(ctx, c, ref, m)
		if err != nil {
			return err
		}
		m.Body = text
		if m.Body, _, err = v.Rewrap(ctx, c, ref, m); err != nil {
			return err
		}
		return v.Decrypt(ctx, c, ref, m, func(plain []byte, _ uint32) error { return matches(plain, []byte("the input")) })
	}},
	{"datakey", key.Encrypt, func(v *vault.Vault, c access.Caller, ref string) error {
		var d vault.DataKey
		err := v.DataKey(ctx, c, ref, vault.DataKeySpec{Bits: 128, Plaintext: true}, func(k vault.DataKey) error {
			d = vault.DataKey{Plaintext: bytes.Clone(k.Plaintext), Ciphertext: k.Ciphertext}
			return nil
		})
		if err != nil {
			return err
		}
		return v.Decrypt(ctx, c, ref, vault.Message{Body: d.Ciphertext}, func(plain []byte, _ uint32) error { return matches(plain, d.Plaintext) })
	}},
	{"sign", key.Sign, func(v *vault.Vault, c access.Caller, ref string) error {
		for _, form := range []string{"", "raw", "jws"} {
			scheme := vault.SignScheme{Form: form}
			s, err := v.Sign(ctx, c, ref, vault.SignInput{Input: []byte("the input"), Scheme: scheme})
			if err != nil {
				return err
			}
			if (form == "jws") != (len(s.JWS) > 0) {
				return errWrongOutcome
			}
			for input, want := range map[string]bool{"the input": true, "another": false} {
				d, err := v.Verify(ctx, c, ref, vault.VerifyInput{Input: []byte(input), Signature: s.Text, Scheme: scheme})
				if err != nil || d.Valid != want || d.Version != s.Version {
					return errors.Join(err, errWrongOutcome)
				}
			}
		}
		return nil
	}},
	{"mac", key.MAC, func(v *vault.Vault, c access.Caller, ref string) error {
		m, err := v.MAC(ctx, c, ref, vault.MACInput{Input: []byte("the input")})
		if err != nil {
			return err
		}
		for input, want := range map[string]bool{"the input": true, "another": false} {
			d, err := v.VerifyMAC(ctx, c, ref, vault.VerifyMACInput{Input: []byte(input), MAC: m.Text})
			if err != nil || d.Valid != want || d.Version != m.Version {
				return errors.Join(err, errWrongOutcome)
			}
		}
		return nil
	}},
	{"derive", key.Derive, func(v *vault.Vault, c access.Caller, ref string) error {
		var all [][]byte
		for _, info := range []string{"a", "a", "b"} {
			in := vault.DeriveInput{Info: []byte(info), Bytes: 40}
			if r, err := v.Key(ctx, c, ref); err == nil && r.Usage&key.Agree != 0 {
				in.Peer = []byte(publicPEM(r))
			}
			if err := v.Derive(ctx, c, ref, in, func(secret []byte, _ uint32) error {
				all = append(all, bytes.Clone(secret))
				return nil
			}); err != nil {
				return err
			}
		}
		if len(all[0]) != 40 || !bytes.Equal(all[0], all[1]) || bytes.Equal(all[0], all[2]) {
			return errWrongOutcome
		}
		return nil
	}},
	{"wrap", key.Wrap, func(v *vault.Vault, c access.Caller, ref string) error {
		text, _, err := v.Wrap(ctx, c, ref, vault.WrapInput{Plaintext: []byte("a key of sixteen")})
		if err != nil {
			return err
		}
		return v.Unwrap(ctx, c, ref, vault.Message{Body: text}, func(plain []byte, _ uint32) error { return matches(plain, []byte("a key of sixteen")) })
	}},
	{"encapsulate", key.Wrap, func(v *vault.Vault, c access.Caller, ref string) error {
		var e vault.Encapsulation
		err := v.Encapsulate(ctx, c, ref, func(x vault.Encapsulation) error {
			e = vault.Encapsulation{Secret: bytes.Clone(x.Secret), Text: x.Text}
			return nil
		})
		if err != nil {
			return err
		}
		return v.Decapsulate(ctx, c, ref, e.Text, func(secret []byte, _ uint32) error { return matches(secret, e.Secret) })
	}},
}

func matches(got, want []byte) error {
	if !bytes.Equal(got, want) || len(got) == 0 {
		return errWrongOutcome
	}
	return nil
}

// TestEveryAlgorithmDoesWhatItSaysAndRefusesTheRest tries every operation with a key of every algorithm, on a follower, before and
// after a rotation.
func TestEveryAlgorithmDoesWhatItSaysAndRefusesTheRest(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	for _, a := range algorithms() {
		traits := a.Traits()
		name := "all/" + a.String()
		r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Usage: traits.Usage})
		ok(t, "creating "+a.String(), err)
		if (traits.Type == key.PrivateKey) != (len(r.Latest().Public) > 0) {
			t.Errorf("%s has a public half of %d bytes", a, len(r.Latest().Public))
		}
		for round := range 2 {
			for _, p := range pairs {
				err := p.run(v, root, name)
				able := traits.Usage&p.usage != 0
				if p.name == "encapsulate" {
					able = a == key.MLKEM768 || a == key.MLKEM1024
				}
				switch {
				case able && err != nil:
					t.Errorf("%s with %s, round %d: %v", p.name, a, round, err)
				case !able && !errors.Is(err, fault.Denied) && !errors.Is(err, fault.Invalid):
					t.Errorf("%s with %s gives %v, want a refusal", p.name, a, err)
				case !able && !strings.Contains(fault.Of(err).NextStep(), "algorithm") && !strings.Contains(fault.Of(err).NextStep(), "wrap"):
					t.Errorf("%s with %s is refused without a way on: %s", p.name, a, fault.Of(err).NextStep())
				}
			}
			if round == 0 && a != key.RSA4096 { // which only takes longer
				if r, err = v.RotateKey(ctx, root, name); err != nil || r.Latest().Number != 2 {
					t.Fatalf("rotating %s: %v", a, err)
				}
				if traits.Type == key.PrivateKey && bytes.Equal(r.Versions[0].Public, r.Versions[1].Public) {
					t.Errorf("%s has the same public half after a rotation", a)
				}
			}
		}
	}
}

func TestASecretKeepsItsLength(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "s", Algorithm: key.Secret, Bits: 384, Exportable: true})
	ok(t, "creating", err)
	_, err = v.RotateKey(ctx, root, "s")
	ok(t, "rotating", err)
	for _, version := range []uint32{1, 2} {
		if m, err := reveal(v, root, "s", version); err != nil || len(m) != 48 {
			t.Errorf("version %d has %d bytes, %v", version, len(m), err)
		}
	}
}

// TestUsageIsAsked: a key without the usage refuses, and names the one to ask for.
func TestUsageIsAsked(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for _, c := range []struct {
		algorithm key.Algorithm
		usage     key.Usage // all that the key has
		pair      string
		want      string
	}{
		{key.ECDSAP256, key.Verify, "sign", "sign"},
		{key.HMACSHA256, key.VerifyMAC, "mac", "mac"},
		{key.HMACSHA256, key.MAC, "derive", "derive"},
		{key.X25519, key.Wrap, "derive", "derive"},
		{key.RSA2048, key.Sign, "wrap", "wrap"},
		{key.AES256GCM, key.Wrap, "encrypt", "encrypt"},
	} {
		name := "usage/" + c.pair + c.algorithm.String()
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: c.algorithm, Usage: c.usage})
		ok(t, "creating", err)
		p := pairs[slices.IndexFunc(pairs, func(p pair) bool { return p.name == c.pair })]
		err = p.run(v, root, name)
		if !errors.Is(err, fault.Denied) || !strings.Contains(fault.Of(err).NextStep(), `"`+c.want+`"`) {
			t.Errorf("%s with %s: %v (%s)", c.pair, c.algorithm, err, fault.Of(err).NextStep())
		}
	}
}

func TestMalformedUsesAreInvalid(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for name, a := range map[string]key.Algorithm{"ec": key.ECDSAP256, "ed": key.Ed25519, "mac": key.HMACSHA256, "kem": key.MLKEM768, "aes": key.AES256GCM, "x": key.X25519} {
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Exportable: true})
		ok(t, "creating", err)
	}
	derive := func(ref string, in vault.DeriveInput) error {
		return v.Derive(ctx, root, ref, in, func([]byte, uint32) error { return nil })
	}
	sign := func(ref string, s vault.SignScheme) error {
		return err1(v.Sign(ctx, root, ref, vault.SignInput{Input: []byte("x"), Scheme: s}))
	}
	for name, err := range map[string]error{
		"a hash there is not":       sign("ec", vault.SignScheme{Hash: "md5"}),
		"a scheme there is not":     sign("ec", vault.SignScheme{Padding: "raw"}),
		"a form there is not":       sign("ec", vault.SignScheme{Form: "pem"}),
		"padding of a curve":        sign("ec", vault.SignScheme{Padding: "pkcs1v15"}),
		"hash of Ed25519":           sign("ed", vault.SignScheme{Hash: "sha256"}),
		"a digest of another size":  sign("ec", vault.SignScheme{Prehashed: true}),
		"no signature":              err1(v.Verify(ctx, root, "ec", vault.VerifyInput{})),
		"a signature without frame": err1(v.Verify(ctx, root, "ec", vault.VerifyInput{Signature: []byte("AAAA")})),
		"another hash of a MAC":     err1(v.MAC(ctx, root, "mac", vault.MACInput{Hash: "sha512"})),
		"no MAC":                    err1(v.VerifyMAC(ctx, root, "mac", vault.VerifyMACInput{})),
		"negative bytes":            derive("mac", vault.DeriveInput{Bytes: -1}),
		"too many bytes":            derive("mac", vault.DeriveInput{Bytes: 1 << 20}),
		"raw without a peer":        derive("mac", vault.DeriveInput{Raw: true}),
		"a peer that is none":       derive("x", vault.DeriveInput{Peer: []byte("AAAA")}),
		"no peer":                   derive("x", vault.DeriveInput{}),
		"half a PEM":                derive("x", vault.DeriveInput{Peer: []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n")}),
		"both to wrap":              err2(v.Wrap(ctx, root, "aes", vault.WrapInput{Plaintext: []byte("x"), Key: "ec"})),
		"a version of no key":       err2(v.Wrap(ctx, root, "aes", vault.WrapInput{Plaintext: []byte("x"), Version: 1})),
		"aad of KWP":                err2(v.Wrap(ctx, root, "aes", vault.WrapInput{Plaintext: []byte("a key of sixteen"), AAD: []byte("x")})),
		"no ciphertext":             v.Unwrap(ctx, root, "aes", vault.Message{}, nil),
		"no encapsulation":          v.Decapsulate(ctx, root, "kem", nil, nil),
		"a hash to compute":         err1(v.Hash(ctx, root, vault.HashInput{Algorithm: "rot13"})),
		"an empty batch":            v.SignBatch(ctx, root, "ec", nil, nil),
		"too large a batch":         v.SignBatch(ctx, root, "ec", make([]vault.SignInput, vault.MaxBatch+1), nil),
	} {
		if !errors.Is(err, fault.Invalid) || fault.Of(err).Message == "" {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// TestWrappingAKeyOfTheVault needs three consents: the flag, the action on that key, and the usage of the other.
func TestWrappingAKeyOfTheVault(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.Grant("wrapper", `permit (principal == User::"wrapper", action == Action::"wrap", resource);`)
	for name, exportable := range map[string]bool{"out": true, "in": false} {
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: key.HMACSHA256, Exportable: exportable})
		ok(t, "creating", err)
	}
	f.MustCreate("kek")
	wants(t, "a key that is not exportable", err2(v.Wrap(ctx, root, "kek", vault.WrapInput{Key: "in"})), fault.Denied)
	wants(t, "without the action export", err2(v.Wrap(ctx, as("wrapper"), "kek", vault.WrapInput{Key: "out"})), fault.Denied)
	wants(t, "a version that there is not", err2(v.Wrap(ctx, root, "kek", vault.WrapInput{Key: "out", Version: 7})), fault.NotFound)
	text, _, err := v.Wrap(ctx, root, "kek", vault.WrapInput{Key: "out"})
	ok(t, "wrapping", err)
	material, err := reveal(v, root, "out", 0)
	ok(t, "revealing", err)
	ok(t, "unwrapping", v.Unwrap(ctx, root, "kek", vault.Message{Body: text}, func(plain []byte, _ uint32) error { return matches(plain, material) }))
	var names []string
	for _, e := range entriesOf(f, 0, 0, "key.wrap-out") {
		names = append(names, e.KeyName+" "+e.Outcome+" "+e.Changes["under"])
	}
	if want := []string{"in denied kek v1", "out denied kek v1", "out not_found kek v1", "out ok kek v1"}; !slices.Equal(names, want) {
		t.Errorf("the audit log has %q, want %q", names, want)
	}
	ok(t, "suspending", step(f, "out", 0, access.Suspend))
	wants(t, "a suspended key", err2(v.Wrap(ctx, root, "kek", vault.WrapInput{Key: "out"})), fault.BadState)
}

// TestACompromisedKeyOpensOnlyByNamedPermission is the state machine's "policy" as callers meet it.
func TestACompromisedKeyOpensOnlyByNamedPermission(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.Grant("rescue", `permit (principal == User::"rescuer", action in [Action::"decrypt", Action::"open-compromised"], resource);
permit (principal == User::"other", action, resource);`)
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "plain")
	ok(t, "compromising", step(f, "k", 0, access.Compromise))
	for _, c := range []access.Caller{root, as("other")} {
		_, err := decrypt(v, c, "k", text)
		wants(t, "decrypting as "+c.Principal, err, fault.BadState)
	}
	if plain, err := decrypt(v, as("rescuer"), "k", text); err != nil || plain != "plain" {
		t.Errorf("the rescuer gets %q, %v", plain, err)
	}
	entries := entriesOf(f, 0, 0, "key.decrypt")
	if last := entries[len(entries)-1]; last.Changes["compromised"] == "" {
		t.Errorf("the audit log does not say that the key was compromised: %+v", last)
	}
	f.Grant("rescue", `permit (principal == User::"rescuer", action, resource);
permit (principal == User::"rescuer", action == Action::"open-compromised", resource);`)
	_, err := encrypt(v, as("rescuer"), "k", "new")
	wants(t, "encrypting", err, fault.BadState)
}
