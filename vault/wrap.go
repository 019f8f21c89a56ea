package vault

import (
	"context"
	"strconv"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// WrapInput is key material to wrap: the caller's own, or that of another key of the vault.
type WrapInput struct {
	Plaintext []byte
	Key       string // name or id of an exportable key, on which the caller needs the action export; "": Plaintext
	Version   uint32 // of Key; 0: the newest
	AAD       []byte // what the algorithm can bind; AES-KWP binds nothing
}

var (
	opWrap = keyUse[WrapInput, Sealed]{
		name: "key.wrap", action: access.Wrap, op: key.ToWrap,
		about: func(in *WrapInput) (uint32, uint64) { return 0, uint64(len(in.Plaintext)) },
		each:  func(ctx context.Context, u *using, in *WrapInput, out *Sealed) error { return u.wrap(ctx, in, out) },
	}
	opUnwrap = keyUse[Message, Plain]{
		name: "key.unwrap", action: access.Unwrap, op: key.ToUnwrap, about: aboutSealed, wipe: wipePlain,
		each: func(ctx context.Context, u *using, m *Message, out *Plain) error { return u.unwrap(ctx, m, out) },
	}
)

// Wrap encrypts key material under the newest version of a key, in the way that is usual for its algorithm, so that other
// software opens the bytes behind the text: AES-KWP (RFC 5649), RSA-OAEP with AES-KWP (PKCS #11, CKM_RSA_AES_KEY_WRAP), HPKE.
func (v *Vault) Wrap(ctx context.Context, c access.Caller, ref string, in WrapInput) (text []byte, version uint32, err error) {
	err = opWrap.one(ctx, v, c, ref, in, func(out *Sealed) error {
		text, version = out.Text, out.Version
		return nil
	})
	return text, version, err
}

// WrapBatch is Wrap for many.
func (v *Vault) WrapBatch(ctx context.Context, c access.Caller, ref string, all []WrapInput, use func([]Result[Sealed]) error) error {
	return opWrap.many(ctx, v, c, ref, all, use)
}

func (u *using) wrap(ctx context.Context, in *WrapInput, out *Sealed) error {
	o, n, err := u.at(ctx, key.ToWrap, 0)
	if err != nil {
		return err
	}
	seal := func(plain []byte) error {
		sealed, err := o.key.Wrap(u.random, plain, in.AAD)
		if err == nil {
			out.Text, out.Version = u.text(n, sealed), n
		}
		return err
	}
	switch {
	case in.Key == "" && in.Version != 0:
		return fault.New(fault.Invalid, "version says which version of key to wrap, and there is no key").WithHint("Send key and version, or plaintext.")
	case in.Key == "":
		return seal(in.Plaintext)
	case len(in.Plaintext) > 0:
		return fault.New(fault.Invalid, "there are both a plaintext and a key to wrap").WithHint("Send one of them.")
	}
	return u.takeOut(ctx, in.Key, in.Version, nameOf(u.record)+" v"+strconv.FormatUint(uint64(n), 10), seal)
}

// takeOut lends the material of an exportable key for being wrapped. It is an operation of its own, with a decision of
// the policies on that key and an audit entry that names it, whatever becomes of the request that it is part of.
func (u *using) takeOut(ctx context.Context, ref string, version uint32, under string, use func(material []byte) error) error {
	t, err := u.v.begin("key.wrap-out", access.Export, u.caller, false)
	if err != nil {
		return err
	}
	t.change("under", under)
	r, ver, err := t.exportable(ctx, key.ToExport, ref, version)
	if err == nil {
		err = t.material(r, ver, use)
	}
	return t.done(err)
}

// exportable finds a version that may leave the vault wrapped.
func (t *task) exportable(ctx context.Context, op key.Operation, ref string, version uint32) (*key.Record, *key.Version, error) {
	r, err := t.readVersion(ctx, ref, version)
	if err != nil {
		return nil, nil, err
	}
	if !r.Exportable {
		return nil, nil, fault.New(fault.Denied, "key %s is not exportable", nameOf(r)).
			WithHint("Use it where it is, or make an exportable key.")
	}
	ver, err := t.version(r, version)
	if err != nil {
		return nil, nil, err
	}
	return r, ver, t.mayTake(ctx, op, r, ver)
}

// Unwrap opens what Wrap made, or other software in the same way, and lends it to use.
func (v *Vault) Unwrap(ctx context.Context, c access.Caller, ref string, m Message, use func(plaintext []byte, version uint32) error) error {
	return opUnwrap.one(ctx, v, c, ref, m, func(out *Plain) error { return use(out.Body, out.Version) })
}

// UnwrapBatch is Unwrap for many.
func (v *Vault) UnwrapBatch(ctx context.Context, c access.Caller, ref string, all []Message, use func([]Result[Plain]) error) error {
	return opUnwrap.many(ctx, v, c, ref, all, use)
}

func (u *using) unwrap(ctx context.Context, m *Message, out *Plain) error {
	n, sealed, err := u.parse(wrapped, m.Body)
	if err != nil {
		return err
	}
	o, n, err := u.at(ctx, key.ToUnwrap, n)
	if err != nil {
		return err
	}
	out.Version = n
	out.Body, err = o.key.Unwrap(sealed, m.AAD)
	return err
}
