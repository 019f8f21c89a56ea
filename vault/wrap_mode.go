package vault

import (
	"context"
	"io"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// WrapMode is how an AES key wraps for other software: bare, without the text that Wrap puts around it.
type WrapMode string

// Modes.
const (
	WrapKW  WrapMode = "aes-kw"  // RFC 3394
	WrapKWP WrapMode = "aes-kwp" // RFC 5649
	WrapGCM WrapMode = "aes-gcm" // the ciphertext and its tag of 16 bytes
)

// ModeInput is what is wrapped, or unwrapped, in a mode.
type ModeInput struct {
	Mode WrapMode
	Data []byte // lent
	IV   []byte // of GCM: 12 bytes, to unwrap with
}

// ModeOutput is what comes of it, lent to a callback and cleared.
type ModeOutput struct {
	Data []byte
	IV   []byte // of GCM, drawn
}

var (
	opWrapMode = keyUse[ModeInput, ModeOutput]{
		name: "key.wrap-mode", action: access.Wrap, op: key.ToWrap, about: aboutMode, wipe: wipeMode,
		each: func(ctx context.Context, u *using, in *ModeInput, out *ModeOutput) error {
			return u.inMode(ctx, key.ToWrap, in, out)
		},
	}
	opUnwrapMode = keyUse[ModeInput, ModeOutput]{
		name: "key.unwrap-mode", action: access.Unwrap, op: key.ToUnwrap, about: aboutMode, wipe: wipeMode,
		each: func(ctx context.Context, u *using, in *ModeInput, out *ModeOutput) error {
			return u.inMode(ctx, key.ToUnwrap, in, out)
		},
	}
)

func aboutMode(in *ModeInput) (uint32, uint64) { return 0, uint64(len(in.Data)) }
func wipeMode(out *ModeOutput)                 { clear(out.Data) }

// WrapInMode wraps material under the newest version of an AES key, in a mode that other software names itself.
func (v *Vault) WrapInMode(ctx context.Context, c access.Caller, ref string, in ModeInput, use func(out *ModeOutput) error) error {
	return opWrapMode.one(ctx, v, c, ref, in, use)
}

// UnwrapInMode undoes WrapInMode, or the same of other software, with the newest version that fits: up to 32 in use before
// the latest are tried.
func (v *Vault) UnwrapInMode(ctx context.Context, c access.Caller, ref string, in ModeInput, use func(out *ModeOutput) error) error {
	return opUnwrapMode.one(ctx, v, c, ref, in, use)
}

func (u *using) inMode(ctx context.Context, op key.Operation, in *ModeInput, out *ModeOutput) error {
	return u.fitting(ctx, op, 0, op == key.ToUnwrap, func(o *opened, n uint32) error { return u.inModeBy(o, n, op, in, out) })
}

func (u *using) inModeBy(o *opened, n uint32, op key.Operation, in *ModeInput, out *ModeOutput) (err error) {
	switch u.record.Algorithm {
	case key.AES128GCM, key.AES192GCM, key.AES256GCM:
	default:
		return fault.New(fault.Invalid, "keys of algorithm %s do not wrap in the modes of AES", u.record.Algorithm).WithHint("Name an AES key.")
	}
	if in.Mode == WrapGCM {
		return u.inGCM(op, o, in, out)
	}
	do := map[bool]map[WrapMode]func(kek, data []byte) ([]byte, error){
		true:  {WrapKW: primitive.WrapAES, WrapKWP: primitive.WrapAESPadded},
		false: {WrapKW: primitive.UnwrapAES, WrapKWP: primitive.UnwrapAESPadded},
	}[op == key.ToWrap][in.Mode]
	if do == nil {
		return fault.New(fault.Invalid, "there is no mode %q to wrap in", clip(string(in.Mode)))
	}
	return u.material(u.record, u.record.Version(n), func(kek []byte) error {
		out.Data, err = do(kek, in.Data)
		return err
	})
}

func (u *using) inGCM(op key.Operation, o *opened, in *ModeInput, out *ModeOutput) error {
	c := primitive.Cipher{Mode: primitive.GCM, IV: in.IV}
	if op == key.ToUnwrap { // the form is that of any ciphertext of AES-GCM: who opens it decrypts
		if err := u.both(access.Decrypt, true); err != nil {
			return err
		}
		var err error
		if cut := len(in.Data) - 16; cut >= 0 && len(in.IV) == c.IVBytes() {
			out.Data, err = o.key.DecryptBlocks(c, in.Data[:cut], in.Data[cut:])
			return err
		}
		return fault.New(fault.Invalid, "what AES-GCM wrapped has an IV of 12 bytes and a tag of 16")
	}
	if err := u.both(access.Encrypt, true); err != nil {
		return err
	}
	c.IV = make([]byte, c.IVBytes())
	if _, err := io.ReadFull(u.random, c.IV); err != nil {
		return err
	}
	sealed, tag, err := o.key.EncryptBlocks(c, in.Data)
	out.Data, out.IV = append(sealed, tag...), c.IV
	return err
}
