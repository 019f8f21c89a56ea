package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// MaxRandom is how many random bytes one request may ask for.
const MaxRandom = 1 << 20

// Reveal lends the material of a version (0: latest) to use, and clears it afterwards. fault.Denied unless the key
// is exportable, fault.BadState unless it is active.
func (v *Vault) Reveal(ctx context.Context, c access.Caller, ref string, version uint32, use func(r *key.Record, version uint32, material []byte) error) error {
	t, err := v.begin("key.material", access.Reveal, c, false)
	if err != nil {
		return err
	}
	r, ver, err := t.revealable(ctx, ref, version)
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

func (t *task) revealable(ctx context.Context, ref string, version uint32) (*key.Record, *key.Version, error) {
	r, err := t.readVersion(ctx, ref, version)
	if err != nil {
		return nil, nil, err
	}
	if !r.Exportable && !isDual(r) { // of a dual key mayUse tells what to do instead
		return nil, nil, fault.New(fault.Denied, "key %s is not exportable", nameOf(r)).
			WithHint("Use it where it is (encrypt, decrypt), or make an exportable key.")
	}
	ver, err := t.version(r, version)
	if err != nil {
		return nil, nil, err
	}
	if err := t.mayUse(key.ToReveal, r, ver); err != nil {
		return nil, nil, err
	}
	return r, ver, t.count(ctx, key.ToReveal, r, ver, t.counted(r, ver, &opened{record: r}), 1, 0)
}

func (t *task) version(r *key.Record, n uint32) (*key.Version, error) {
	ver := r.Version(n)
	if ver == nil {
		return nil, noVersion(r, n)
	}
	t.entry.KeyVersion = ver.Number
	return ver, nil
}

// Encrypt seals a message under a key's newest version and returns the text qk:v<version>:<base64>.
func (v *Vault) Encrypt(ctx context.Context, c access.Caller, ref string, m Message) ([]byte, uint32, error) {
	t, err := v.begin("key.encrypt", access.Encrypt, c, false)
	if err != nil {
		return nil, 0, err
	}
	text, n, err := t.encrypt(ctx, ref, m)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return nil, 0, err
	}
	return text, n, nil
}

func (t *task) encrypt(ctx context.Context, ref string, m Message) ([]byte, uint32, error) {
	r, err := t.read(ctx, ref)
	if err != nil {
		return nil, 0, err
	}
	return t.protect(ctx, key.ToEncrypt, r, m)
}

// protect seals m under the newest version of r.
func (t *task) protect(ctx context.Context, op key.Operation, r *key.Record, m Message) ([]byte, uint32, error) {
	ver, err := t.version(r, 0)
	if err != nil {
		return nil, 0, err
	}
	o, err := t.use(ctx, op, r, ver, 1, uint64(len(m.Body)))
	if err != nil {
		return nil, 0, err
	}
	text, err := sealText(o.key, t.v.cfg.Random, ver.Number, m)
	return text, ver.Number, err
}

// Decrypt opens the text that Encrypt made and lends the plaintext to use; it is cleared when use returns.
func (v *Vault) Decrypt(ctx context.Context, c access.Caller, ref string, m Message, use func(plaintext []byte, version uint32) error) error {
	t, err := v.begin("key.decrypt", access.Decrypt, c, false)
	if err != nil {
		return err
	}
	plain, n, err := t.decrypt(ctx, ref, m)
	defer clear(plain)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return err
	}
	return use(plain, n)
}

// decrypt opens m with the version that it names. The caller clears the plaintext.
func (t *task) decrypt(ctx context.Context, ref string, m Message) ([]byte, uint32, error) {
	n, sealed, malformed := parseText(m.Body)
	r, err := t.readVersion(ctx, ref, n)
	if err != nil {
		return nil, 0, err
	}
	if malformed != nil {
		return nil, 0, malformed // said only to those who may ask
	}
	return t.process(ctx, r, n, sealed, m)
}

// process opens what version n sealed.
func (t *task) process(ctx context.Context, r *key.Record, n uint32, sealed []byte, m Message) ([]byte, uint32, error) {
	ver, err := t.version(r, n)
	if err != nil {
		return nil, 0, err
	}
	o, err := t.use(ctx, key.ToDecrypt, r, ver, 1, uint64(len(sealed)))
	if err != nil {
		return nil, 0, err
	}
	plain, err := o.key.Open(sealed, binding(m))
	return plain, n, err
}

// Rewrap opens a text and seals it again under the newest version; the plaintext stays here.
func (v *Vault) Rewrap(ctx context.Context, c access.Caller, ref string, m Message) ([]byte, uint32, error) {
	t, err := v.begin("key.rewrap", access.Rewrap, c, false)
	if err != nil {
		return nil, 0, err
	}
	text, n, err := t.rewrap(ctx, ref, m)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return nil, 0, err
	}
	return text, n, nil
}

func (t *task) rewrap(ctx context.Context, ref string, m Message) ([]byte, uint32, error) {
	plain, _, err := t.decrypt(ctx, ref, m)
	if err != nil {
		return nil, 0, err
	}
	defer clear(plain)
	m.Body = plain
	r, err := t.find(ref)
	if err != nil {
		return nil, 0, err
	}
	return t.protect(ctx, key.ToEncrypt, r, m)
}

// DataKey makes a key for the caller's own use, sealed under a key of the vault. It changes no state and asks no
// other node.
func (v *Vault) DataKey(ctx context.Context, c access.Caller, ref string, s DataKeySpec, use func(DataKey) error) error {
	t, err := v.begin("key.datakey", access.DataKey, c, false)
	if err != nil {
		return err
	}
	plain, text, n, err := t.dataKey(ctx, ref, s)
	defer clear(plain)
	if err == nil {
		err = t.still(ctx)
	}
	if err := t.done(err); err != nil {
		return err
	}
	d := DataKey{Ciphertext: text, Version: n}
	if s.Plaintext {
		d.Plaintext = plain
	}
	return use(d)
}

func (t *task) dataKey(ctx context.Context, ref string, s DataKeySpec) ([]byte, []byte, uint32, error) {
	if s.Bits == 0 {
		s.Bits = 256
	}
	switch s.Bits {
	case 128, 192, 256, 384, 512:
	default:
		return nil, nil, 0, fault.New(fault.Invalid, "a data key has 128, 192, 256, 384 or 512 bits, not %d", s.Bits)
	}
	r, err := t.read(ctx, ref)
	if err != nil {
		return nil, nil, 0, err
	}
	plain := make([]byte, s.Bits/8)
	if _, err := io.ReadFull(t.v.cfg.Random, plain); err != nil {
		return nil, nil, 0, fmt.Errorf("drawing a data key: %w", err)
	}
	text, n, err := t.protect(ctx, key.ToDataKey, r, Message{Body: plain, AAD: s.AAD, Context: s.Context})
	return plain, text, n, err
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

const textPrefix = "qk:v"

// maxText bounds a ciphertext text: the largest body of a request.
const maxText = 48 << 20

// sealText seals a message and writes it as text, behind the version.
func sealText(k *primitive.Key, rnd io.Reader, version uint32, m Message) ([]byte, error) {
	sealed, err := k.Seal(rnd, nil, m.Body, binding(m))
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(textPrefix)+11+base64.StdEncoding.EncodedLen(len(sealed)))
	text = append(text, textPrefix...)
	text = strconv.AppendUint(text, uint64(version), 10)
	text = append(text, ':')
	return base64.StdEncoding.AppendEncode(text, sealed), nil
}

// parseText splits a ciphertext text into version and bytes.
func parseText(text []byte) (uint32, []byte, error) {
	bad := func(what string) (uint32, []byte, error) {
		return 0, nil, fault.New(fault.Invalid, "the ciphertext %s", what).WithHint("A ciphertext looks like qk:v1:<base64>, exactly as encrypt gave it.")
	}
	if len(text) > maxText {
		return bad("is too long")
	}
	rest, ok := bytes.CutPrefix(text, []byte(textPrefix))
	if !ok {
		return bad("does not begin with " + textPrefix)
	}
	digits, body, ok := bytes.Cut(rest, []byte{':'})
	if !ok || len(digits) == 0 || digits[0] == '0' {
		return bad("names no version")
	}
	n, err := strconv.ParseUint(string(digits), 10, 32)
	if err != nil {
		return bad("names no version")
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(string(body))
	if err != nil {
		return bad("is not base64")
	}
	return uint32(n), sealed, nil
}

// binding is what a message is bound to: context and AAD, told apart by the context's length. Both empty is nothing,
// which no other pair gives.
func binding(m Message) []byte {
	if len(m.Context) == 0 && len(m.AAD) == 0 {
		return nil
	}
	b := make([]byte, 0, 8+len(m.Context)+len(m.AAD))
	b = binary.BigEndian.AppendUint64(b, uint64(len(m.Context)))
	b = append(b, m.Context...)
	return append(b, m.AAD...)
}
