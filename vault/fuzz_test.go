package vault_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

func FuzzDecrypt(f *testing.F) {
	x := vaulttest.New(f)
	x.MustCreate("k")
	good := mustEncrypt(f, x, "k", "secret")
	for _, s := range [][]byte{good, nil, []byte("qk:v1:"), []byte("qk:v4294967295:AAAA"), []byte("qk:v0:AAAA"), bytes.Repeat([]byte("A"), 100)} {
		f.Add(s)
	}
	root := x.Root()
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, err := decrypt(x.Vault(0), root, "k", text)
		if err == nil {
			if plain != "secret" {
				t.Errorf("%q opens as %q", text, plain)
			}
			return
		}
		if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.BadState) {
			t.Errorf("%q gives %v", text, err)
		}
	})
}

// FuzzOpenDual: whatever is sent as a key-encrypting key, it opens nothing but what is its own.
func FuzzOpenDual(f *testing.F) {
	x := vaulttest.New(f)
	if _, err := x.Vault(0).CreateDual(ctx, x.Root(), kekPublic()); err != nil {
		f.Fatal(err)
	}
	dek, err := openDual(x.Vault(0), x.Root(), kekPEM())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kekPEM())
	f.Add(kekPEM()[:200])
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0011223344556677\n\nAAAAAAAAAAA=\n-----END RSA PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"))
	root := x.Root()
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := openDual(x.Vault(0), root, text)
		if err == nil && !bytes.Equal(got, dek) || err != nil && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q gives %d bytes, %v", text, len(got), err)
		}
	})
}

func FuzzParseJoinToken(f *testing.F) {
	x := vaulttest.New(f)
	f.Add(x.Founded().JoinToken)
	f.Add(x.RootToken())
	f.Add([]byte("qj_"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _, secret, err := vault.ParseJoinToken(text)
		if err == nil && len(secret) != 32 || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q gives %d bytes, %v", text, len(secret), err)
		}
	})
}

func FuzzAuthenticate(f *testing.F) {
	x := vaulttest.New(f)
	f.Add(x.RootToken())
	f.Add([]byte("qt_"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := x.Vault(0).Authenticate(ctx, text)
		if err == nil && !bytes.Equal(bytes.TrimSpace(text), x.RootToken()) {
			t.Errorf("%q is let in", text)
		}
	})
}

// FuzzHandleForward sends what a member could send: nothing may panic, and nothing may be done for a caller without rights.
func FuzzHandleForward(f *testing.F) {
	x := vaulttest.Cluster(f, 2)
	if _, err := x.Vault(1).CreateKey(ctx, x.Root(), vault.KeySpec{Name: "k"}); err != nil {
		f.Fatal(err)
	}
	for i := range x.Len() {
		x.Vault(i).OnWhole("test", func(ctx context.Context, c access.Caller, request []byte) ([]byte, bool) {
			_, err := x.Vault(i).ChangeState(ctx, c, "k", vault.StateChange{Action: access.Suspend})
			return bytes.Clone(request), err == nil
		})
	}
	if _, err := x.Vault(1).Whole(ctx, x.Root(), "test", []byte("x")); err != nil {
		f.Fatal(err)
	}
	for _, b := range x.Wire() {
		f.Add(b)
	}
	for _, op := range append(vault.Writes(), "none", "") {
		body, err := cbor.Marshal(map[int]any{1: op, 2: as("mallory"), 3: map[string]any{"ID": make([]byte, 16), "Print": make([]byte, 8)}, 4: []byte{0xa0}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(_ *testing.T, body []byte) { _, _ = x.Vault(0).HandleForward(ctx, "n2", body) })
}

func FuzzHandleShare(f *testing.F) {
	x := vaulttest.Cluster(f, 2, vaulttest.WithShares(3, 2), vaulttest.Sealed())
	if _, err := hand(x, 0, 0); err != nil {
		f.Fatal(err)
	}
	for _, b := range x.Wire() {
		f.Add(b)
	}
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = x.Vault(1).HandleShare(ctx, "n1", body)
		_, _ = x.Vault(1).HandleClose(ctx, "n1", body)
		if !x.Vault(1).Sealed() {
			t.Error("it opened with one share of two")
		}
	})
}

func TestAMemberAnswersNoNonsense(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for name, body := range map[string][]byte{"nothing": nil, "no map": {0x01}, "an array without end": {0x9f}, "a huge array": {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		_, err := f.Vault(0).HandleForward(ctx, "n2", body)
		wants(t, name, err, fault.Invalid)
		_, err = f.Vault(0).HandleShare(ctx, "n2", body)
		wants(t, name, err, fault.Invalid)
		_, err = f.Vault(0).HandleClose(ctx, "n2", body)
		wants(t, name, err, fault.Invalid)
	}
	call, err := cbor.Marshal(map[int]any{1: "key.fly", 2: access.Caller{}})
	ok(t, "marshalling", err)
	_, err = f.Vault(0).HandleForward(ctx, "n2", call)
	wants(t, "an operation of another version", err, fault.BadState)
	_, err = f.Vault(1).HandleForward(ctx, "n1", call)
	wants(t, "a follower", err, fault.NoLeader)
}
