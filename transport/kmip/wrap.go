package kmip

import (
	"bytes"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// wrapping is how a key is wrapped in a message: under which key, in which mode, and whether as the bytes of its material or
// as its Key Value in TTLV.
type wrapping struct {
	key   string
	mode  vault.WrapMode
	bare  bool      // No Encoding
	given ttlv.Item // the specification, or the data
}

// wrapModes are the block cipher modes in which keys are wrapped. AES key wrap is what is meant where none is named.
var wrapModes = map[wire.BlockCipherMode]vault.WrapMode{
	wire.BlockCipherModeNISTKeyWrap: vault.WrapKW, wire.BlockCipherModeAESKeyWrapPadding: vault.WrapKWP, wire.BlockCipherModeGCM: vault.WrapGCM, 0: vault.WrapKW,
}

// readWrapping reads a Key Wrapping Specification or Key Wrapping Data; nil where there is none. What is not understood is refused.
func (x *exchange) readWrapping(item ttlv.Item) (*wrapping, error) {
	if !item.Present() {
		return nil, nil //nolint:nilnil // not wrapped is neither a value nor an error
	}
	refused := func(format string, args ...any) error {
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, format, args...))
	}
	method, err := item.Find(wire.TagWrappingMethod).Enumeration()
	switch {
	case err != nil:
		return nil, err
	case wire.WrappingMethod(method) != wire.WrappingMethodEncrypt:
		return nil, refused("the wrapping method %v is not supported; use Encrypt", wire.WrappingMethod(method))
	case item.Find(wire.TagMACSignatureKeyInformation).Present():
		return nil, refused("wrapped keys are not signed here")
	case item.Find(wire.TagAttributeName).Present():
		return nil, refused("attributes are not wrapped with a key here")
	}
	w := &wrapping{given: item}
	info := item.Find(wire.TagEncryptionKeyInformation)
	if id := info.Find(wire.TagUniqueIdentifier); !id.Present() {
		return nil, id.Fail("it is needed: the key that wraps")
	}
	if w.key, err = x.object(info); err != nil {
		return nil, err
	}
	mode := uint32(0)
	if m := info.Find(wire.TagCryptographicParameters).Find(wire.TagBlockCipherMode); m.Present() {
		if mode, err = m.Enumeration(); err != nil {
			return nil, err
		}
	}
	if w.mode = wrapModes[wire.BlockCipherMode(mode)]; w.mode == "" {
		return nil, refused("keys are not wrapped in the mode %v", wire.BlockCipherMode(mode))
	}
	if option := item.Find(wire.TagEncodingOption); option.Present() {
		v, err := option.Enumeration()
		if err != nil {
			return nil, err
		}
		w.bare = wire.EncodingOption(v) == wire.EncodingOptionNoEncoding
	}
	return w, nil
}

// wrap writes what a Key Value holds, which content writes, wrapped: as a Key Value of bytes. It returns the IV that was drawn, if any.
func (x *exchange) wrap(w *wrapping, out *ttlv.Encoder, content func(*ttlv.Encoder) error) (iv []byte, err error) {
	plain := ttlv.NewEncoder()
	defer plain.Release()
	plain.Structure(wire.TagKeyValue, func() { err = content(plain) })
	if err != nil {
		return nil, err
	}
	b, err := plain.Message()
	if err != nil {
		return nil, err
	}
	if w.bare {
		m, err := ttlv.Decode(b, ttlv.Limits{})
		if err != nil {
			return nil, err
		}
		if b, err = m.Root().Find(wire.TagKeyMaterial).Bytes(); err != nil {
			return nil, because(wire.ResultReasonEncodingOptionError, fault.New(fault.Invalid, "a key in a transparent format is wrapped in TTLV encoding only"))
		}
	}
	err = x.server.vault.WrapInMode(x.ctx, x.caller, w.key, vault.ModeInput{Mode: w.mode, Data: b}, func(o *vault.ModeOutput) error {
		out.Bytes(wire.TagKeyValue, o.Data)
		iv = bytes.Clone(o.IV)
		return nil
	})
	return iv, err
}

// writeWrapping writes the Key Wrapping Data of a wrapped key: what the request specified.
func (w *wrapping) writeWrapping(out *ttlv.Encoder, v wire.Version, iv []byte) {
	out.Structure(wire.TagKeyWrappingData, func() {
		out.Enumeration(wire.TagWrappingMethod, uint32(wire.WrappingMethodEncrypt))
		out.Structure(wire.TagEncryptionKeyInformation, func() {
			out.Text(wire.TagUniqueIdentifier, w.key)
			if p := w.given.Find(wire.TagEncryptionKeyInformation).Find(wire.TagCryptographicParameters); p.Present() {
				out.Copy(p)
			}
		})
		if len(iv) > 0 {
			out.Bytes(wire.TagIVCounterNonce, iv)
		}
		if option := w.given.Find(wire.TagEncodingOption); option.Present() && wire.TagEncodingOption.In(v) {
			out.Copy(option)
		}
	})
}

// unwrap lends the Key Material of a wrapped Key Value.
func (x *exchange) unwrap(w *wrapping, value ttlv.Item, use func(material ttlv.Item) error) error {
	wrapped, err := value.Bytes()
	if err != nil {
		return err
	}
	in := vault.ModeInput{Mode: w.mode, Data: wrapped}
	if iv := w.given.Find(wire.TagIVCounterNonce); iv.Present() {
		if in.IV, err = iv.Bytes(); err != nil {
			return err
		}
	}
	return x.server.vault.UnwrapInMode(x.ctx, x.caller, w.key, in, func(o *vault.ModeOutput) error {
		if w.bare {
			e := ttlv.NewEncoder()
			defer e.Release()
			e.Bytes(wire.TagKeyMaterial, o.Data)
			b, err := e.Message()
			if err != nil {
				return err
			}
			m, err := ttlv.Decode(b, ttlv.Limits{})
			if err != nil {
				return err
			}
			return use(m.Root())
		}
		m, err := ttlv.Decode(o.Data, ttlv.Limits{})
		if err != nil || m.Root().Tag() != wire.TagKeyValue {
			return because(wire.ResultReasonEncodingOptionError, fault.New(fault.Invalid, "what was unwrapped is no Key Value in TTLV"))
		}
		return use(m.Root().Find(wire.TagKeyMaterial))
	})
}

// mayLeavePlain refuses what may only leave wrapped (KMIP 2.1, section 4.52).
func mayLeavePlain(r *key.Record) error {
	if isSensitive(r) {
		return because(wire.ResultReasonSensitive, fault.New(fault.Denied, "the key is sensitive: it is given out wrapped only"))
	}
	return nil
}
