package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Encapsulation is a shared secret and the ciphertext from which the private half gets the same (ML-KEM, FIPS 203). The
// secret is lent to a callback and cleared afterwards.
type Encapsulation struct {
	Secret  []byte
	Text    []byte // ciphertext qk:v<version>:<base64>; nil after Decapsulate
	Version uint32
}

var (
	opEncapsulate = keyUse[struct{}, Encapsulation]{
		name: "key.encapsulate", action: access.Wrap, op: key.ToEncapsulate,
		about: func(*struct{}) (uint32, uint64) { return 0, 0 },
		each: func(ctx context.Context, u *using, _ *struct{}, out *Encapsulation) error {
			return u.encapsulate(ctx, out)
		},
		wipe: wipeEncapsulation,
	}
	opDecapsulate = keyUse[Message, Encapsulation]{
		name: "key.decapsulate", action: access.Unwrap, op: key.ToDecapsulate, about: aboutSealed,
		each: func(ctx context.Context, u *using, m *Message, out *Encapsulation) error {
			return u.decapsulate(ctx, m, out)
		},
		wipe: wipeEncapsulation,
	}
)

func wipeEncapsulation(out *Encapsulation) { clear(out.Secret) }

// Encapsulate makes a shared secret with the newest version of an ml-kem key and lends it to use.
func (v *Vault) Encapsulate(ctx context.Context, c access.Caller, ref string, use func(Encapsulation) error) error {
	return opEncapsulate.one(ctx, v, c, ref, struct{}{}, func(out *Encapsulation) error { return use(*out) })
}

// EncapsulateBatch makes n of them.
func (v *Vault) EncapsulateBatch(ctx context.Context, c access.Caller, ref string, n int, use func([]Result[Encapsulation]) error) error {
	return opEncapsulate.many(ctx, v, c, ref, make([]struct{}, n), use)
}

func (u *using) encapsulate(ctx context.Context, out *Encapsulation) error {
	o, n, err := u.at(ctx, key.ToEncapsulate, 0)
	if err != nil {
		return err
	}
	if err := u.encapsulates(); err != nil {
		return err
	}
	secret, sealed, err := o.key.Encapsulate(u.random)
	if err != nil {
		return err
	}
	out.Secret, out.Text, out.Version = secret, u.text(n, sealed), n
	return nil
}

// Decapsulate gets the shared secret out of a ciphertext and lends it to use. One that was altered gives another secret and
// no error (implicit rejection).
func (v *Vault) Decapsulate(ctx context.Context, c access.Caller, ref string, text []byte, use func(secret []byte, version uint32) error) error {
	return opDecapsulate.one(ctx, v, c, ref, Message{Body: text}, func(out *Encapsulation) error { return use(out.Secret, out.Version) })
}

// DecapsulateBatch is Decapsulate for many ciphertexts, which are the bodies of all.
func (v *Vault) DecapsulateBatch(ctx context.Context, c access.Caller, ref string, all []Message, use func([]Result[Encapsulation]) error) error {
	return opDecapsulate.many(ctx, v, c, ref, all, use)
}

func (u *using) decapsulate(ctx context.Context, m *Message, out *Encapsulation) error {
	n, sealed, err := u.parse(encapsulated, m.Body)
	if err != nil {
		return err
	}
	o, n, err := u.at(ctx, key.ToDecapsulate, n)
	if err != nil {
		return err
	}
	if err := u.encapsulates(); err != nil {
		return err
	}
	out.Version = n
	out.Secret, err = o.key.Decapsulate(sealed)
	return err
}

// encapsulates refuses keys that wrap in another way.
func (u *using) encapsulates() error {
	switch a := u.record.Algorithm; a {
	case key.MLKEM768, key.MLKEM1024:
		return nil
	default:
		return fault.New(fault.Invalid, "keys of algorithm %s do not encapsulate", a).
			WithHint("ml-kem-768 and ml-kem-1024 do; with this key, wrap.")
	}
}
