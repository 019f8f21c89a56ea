package vault_test

import (
	"bytes"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// products makes what the operations that undo something need.
func (w *world) products(t *testing.T) {
	t.Helper()
	v, root := w.Vault(w.Leader()), w.Root()
	for name, a := range map[string]key.Algorithm{"app/sign": key.ECDSAP256, "app/mac": key.HMACSHA256, "app/kem": key.MLKEM768, "app/kek": key.AES256GCM} {
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Exportable: true})
		ok(t, "creating "+name, err)
	}
	s, err := v.Sign(ctx, root, "app/sign", vault.SignInput{Input: []byte("input")})
	ok(t, "signing", err)
	m, err := v.MAC(ctx, root, "app/mac", vault.MACInput{Input: []byte("input")})
	ok(t, "making a MAC", err)
	w.signature, w.mac = s.Text, m.Text
	w.wrapped, _, err = v.Wrap(ctx, root, "app/k", vault.WrapInput{Plaintext: []byte("sixteen bytes !!")})
	ok(t, "wrapping", err)
	ok(t, "wrapping in a mode", v.WrapInMode(ctx, root, "app/kek", vault.ModeInput{Mode: vault.WrapKW, Data: make([]byte, 16)}, func(out *vault.ModeOutput) error {
		w.inMode = bytes.Clone(out.Data)
		return nil
	}))
	ok(t, "encrypting bare", v.Bare(ctx, root, vault.EncryptBare, "app/k", vault.BareInput{Data: []byte("plain")}, func(out *vault.BareOutput) error {
		w.bare = bareText{bytes.Clone(out.Data), out.IV, out.Tag}
		return nil
	}))
	ok(t, "encapsulating", v.Encapsulate(ctx, root, "app/kem", func(e vault.Encapsulation) error {
		w.encapsulated = bytes.Clone(e.Text)
		return nil
	}))
}

// bareText is what other software would have of a message in GCM.
type bareText struct{ data, iv, tag []byte }
