package vault

import (
	"context"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxRandom is how many random bytes one request may ask for.
const MaxRandom = 1 << 20

// Reveal lends the material of a version (0: latest) to use, and clears it afterwards. fault.Denied unless the key
// is exportable, or if it is sensitive; fault.BadState unless it is active.
func (v *Vault) Reveal(ctx context.Context, c access.Caller, ref string, version uint32, use func(r *key.Record, version uint32, material []byte) error) error {
	return v.lend(ctx, c, ref, version, true, use)
}

// Lend is Reveal for a door that does not give the material out in plain, but wraps it or works with it, so what is sensitive is lent as well.
func (v *Vault) Lend(ctx context.Context, c access.Caller, ref string, version uint32, use func(r *key.Record, version uint32, material []byte) error) error {
	return v.lend(ctx, c, ref, version, false, use)
}

func (v *Vault) lend(ctx context.Context, c access.Caller, ref string, version uint32, plain bool, use func(r *key.Record, version uint32, material []byte) error) error {
	t, err := v.begin("key.material", access.Reveal, c, false)
	if err != nil {
		return err
	}
	if !plain {
		t.change("plain", "no")
	}
	r, ver, err := t.revealable(ctx, ref, version, plain)
	var material []byte
	defer func() { clear(material) }()
	if err == nil {
		err = t.material(r, ver, func(plain []byte) error {
			material = append(make([]byte, 0, len(plain)), plain...)
			return nil
		})
	}
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return err
	}
	return use(r, ver.Number, material)
}

func (t *task) revealable(ctx context.Context, ref string, version uint32, plain bool) (*key.Record, *key.Version, error) {
	r, err := t.readVersion(ctx, ref, version)
	if err != nil {
		return nil, nil, err
	}
	if !r.Exportable && !isDual(r) { // of a dual key mayUse tells what to do instead
		return nil, nil, fault.New(fault.Denied, "key %s is not exportable", nameOf(r)).
			WithHint("Use it where it is (encrypt, decrypt), or make an exportable key.")
	}
	if plain {
		if err := leavesPlain(r); err != nil {
			return nil, nil, err
		}
	}
	ver, err := t.version(r, version)
	if err != nil {
		return nil, nil, err
	}
	return r, ver, t.mayTake(ctx, key.ToReveal, r, ver)
}

// leavesPlain refuses to let what is sensitive out otherwise than wrapped. Whatever gives material out in plain asks it.
func leavesPlain(r *key.Record) error {
	if !r.Sensitive() {
		return nil
	}
	return fault.New(fault.Denied, "key %s is sensitive: its material leaves only wrapped", nameOf(r)).
		WithHint("Export it to a public key, or wrap it with another key.")
}

func (t *task) version(r *key.Record, n uint32) (*key.Version, error) {
	ver := r.Version(n)
	if ver == nil {
		return nil, noVersion(r, n)
	}
	t.entry.KeyVersion = ver.Number
	return ver, nil
}

// Sealed is what Encrypt, Rewrap and Wrap give: the text qk:v<version>:<base64>.
type Sealed struct {
	Text    []byte
	Version uint32
}

// Plain is what Decrypt and Unwrap give, lent to a callback and cleared afterwards.
type Plain struct {
	Body    []byte
	Version uint32
}

var (
	opEncrypt = keyUse[Message, Sealed]{
		name: "key.encrypt", action: access.Encrypt, op: key.ToEncrypt, about: aboutPlain,
		each: func(ctx context.Context, u *using, m *Message, out *Sealed) error {
			return u.protect(ctx, key.ToEncrypt, m, out)
		},
	}
	opDecrypt = keyUse[Message, Plain]{
		name: "key.decrypt", action: access.Decrypt, op: key.ToDecrypt, about: aboutSealed, wipe: wipePlain,
		each: func(ctx context.Context, u *using, m *Message, out *Plain) error { return u.process(ctx, m, out) },
	}
	opRewrap = keyUse[Message, Sealed]{
		name: "key.rewrap", action: access.Rewrap, op: key.ToDecrypt, about: aboutSealed,
		each: func(ctx context.Context, u *using, m *Message, out *Sealed) error {
			var plain Plain
			defer wipePlain(&plain)
			if err := u.process(ctx, m, &plain); err != nil {
				return err
			}
			return u.protect(ctx, key.ToEncrypt, &Message{Body: plain.Body, AAD: m.AAD, Context: m.Context}, out)
		},
	}
	opDataKey = keyUse[DataKeySpec, DataKey]{
		name: "key.datakey", action: access.DataKey, op: key.ToDataKey,
		about: aboutDataKey,
		each: func(ctx context.Context, u *using, s *DataKeySpec, out *DataKey) error {
			return u.dataKey(ctx, *s, out)
		},
		wipe: func(out *DataKey) { clear(out.Plaintext) },
	}
)

// aboutDataKey counts nothing for a length that will be refused: what a caller writes there is no measure of anything.
func aboutDataKey(s *DataKeySpec) (uint32, uint64) {
	switch {
	case s.Bits == 0:
		return 0, dataKeyBits / 8
	case checkBits(s.Bits) != nil:
		return 0, 0
	default:
		return 0, uint64(s.Bits / 8)
	}
}

func aboutPlain(m *Message) (uint32, uint64)  { return 0, uint64(len(m.Body)) }
func aboutSealed(m *Message) (uint32, uint64) { return versionOf(m.Body), uint64(len(m.Body)) }
func wipePlain(out *Plain)                    { clear(out.Body) }

// Encrypt seals a message under a key's newest version and returns the text qk:v<version>:<base64>. AEADs bind aad and
// context; for RSA they are OAEP's label.
func (v *Vault) Encrypt(ctx context.Context, c access.Caller, ref string, m Message) (text []byte, version uint32, err error) {
	err = opEncrypt.one(ctx, v, c, ref, m, func(out *Sealed) error {
		text, version = out.Text, out.Version
		return nil
	})
	return text, version, err
}

// EncryptBatch is Encrypt for many messages.
func (v *Vault) EncryptBatch(ctx context.Context, c access.Caller, ref string, all []Message, use func([]Result[Sealed]) error) error {
	return opEncrypt.many(ctx, v, c, ref, all, use)
}

// protect seals m under the newest version.
func (u *using) protect(ctx context.Context, op key.Operation, m *Message, out *Sealed) error {
	o, n, err := u.at(ctx, op, 0)
	if err != nil {
		return err
	}
	u.bind = appendBinding(u.bind[:0], m)
	sealed, err := o.key.Seal(u.random, u.temporary(len(m.Body)+sealedExtra), m.Body, u.bind)
	if err != nil {
		return err
	}
	out.Text, out.Version = appendText(u.room(textLen(len(sealed))), n, sealed), n
	return nil
}

// sealedExtra is how much longer an AEAD makes what it seals, at most.
const sealedExtra = 64

// Decrypt opens the text that Encrypt made and lends the plaintext to use; it is cleared when use returns.
func (v *Vault) Decrypt(ctx context.Context, c access.Caller, ref string, m Message, use func(plaintext []byte, version uint32) error) error {
	return opDecrypt.one(ctx, v, c, ref, m, func(out *Plain) error { return use(out.Body, out.Version) })
}

// DecryptBatch is Decrypt for many texts.
func (v *Vault) DecryptBatch(ctx context.Context, c access.Caller, ref string, all []Message, use func([]Result[Plain]) error) error {
	return opDecrypt.many(ctx, v, c, ref, all, use)
}

// process opens m with the version that it names. That a text is malformed is said only to those who may ask.
func (u *using) process(ctx context.Context, m *Message, out *Plain) error {
	n, sealed, err := u.parse(ciphertext, m.Body)
	if err != nil {
		return err
	}
	o, n, err := u.at(ctx, key.ToDecrypt, n)
	if err != nil {
		return err
	}
	u.bind = appendBinding(u.bind[:0], m)
	out.Body, err = o.key.Open(sealed, u.bind)
	out.Version = n
	return err
}

// Rewrap opens a text and seals it again under the newest version; the plaintext stays here.
func (v *Vault) Rewrap(ctx context.Context, c access.Caller, ref string, m Message) (text []byte, version uint32, err error) {
	err = opRewrap.one(ctx, v, c, ref, m, func(out *Sealed) error {
		text, version = out.Text, out.Version
		return nil
	})
	return text, version, err
}

// RewrapBatch is Rewrap for many texts.
func (v *Vault) RewrapBatch(ctx context.Context, c access.Caller, ref string, all []Message, use func([]Result[Sealed]) error) error {
	return opRewrap.many(ctx, v, c, ref, all, use)
}

// DataKey makes a key for the caller's own use, sealed under a key of the vault. It changes no state and asks no
// other node.
func (v *Vault) DataKey(ctx context.Context, c access.Caller, ref string, s DataKeySpec, use func(DataKey) error) error {
	return opDataKey.one(ctx, v, c, ref, s, func(out *DataKey) error { return use(*out) })
}

// DataKeyBatch is DataKey for many keys.
func (v *Vault) DataKeyBatch(ctx context.Context, c access.Caller, ref string, all []DataKeySpec, use func([]Result[DataKey]) error) error {
	return opDataKey.many(ctx, v, c, ref, all, use)
}

// dataKeyBits is how long a data key is when nothing else is asked for.
const dataKeyBits = 256

func (u *using) dataKey(ctx context.Context, s DataKeySpec, out *DataKey) error {
	if s.Bits == 0 {
		s.Bits = dataKeyBits
	}
	if err := checkBits(s.Bits); err != nil {
		return err
	}
	plain := make([]byte, s.Bits/8)
	if s.Plaintext {
		out.Plaintext = plain // cleared with the result
	} else {
		defer clear(plain)
	}
	if _, err := io.ReadFull(u.random, plain); err != nil {
		return fmt.Errorf("drawing a data key: %w", err)
	}
	var sealed Sealed
	err := u.protect(ctx, key.ToDataKey, &Message{Body: plain, AAD: s.AAD, Context: s.Context}, &sealed)
	out.Ciphertext, out.Version = sealed.Text, sealed.Version
	return err
}

// Random lends n random bytes to use.
func (v *Vault) Random(ctx context.Context, c access.Caller, n int, use func([]byte) error) error {
	t, err := v.begin("random", access.Random, c, false)
	if err != nil {
		return err
	}
	b, err := t.random(n)
	defer clear(b)
	if err := t.done(err); err != nil {
		return err
	}
	return use(b)
}

func (t *task) random(n int) ([]byte, error) {
	if n < 1 || n > MaxRandom {
		return nil, fault.New(fault.Invalid, "bytes must lie between 1 and %d", MaxRandom)
	}
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := io.ReadFull(t.v.cfg.Random, b)
	return b, err
}
