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
// as its Key Value in TTLV; by which key it is authenticated; and what goes with it.
type wrapping struct {
	method wire.WrappingMethod
	key    string // "": it is not encrypted
	mode   vault.WrapMode
	bare   bool            // No Encoding
	prover string          // the key that makes the MAC or the signature; "": there is none
	names  map[string]bool // of attributes that stand beside the material
	given  ttlv.Item       // the specification, or the data
}

// wrapModes are the block cipher modes in which keys are wrapped. AES key wrap is what is meant where none is named.
var wrapModes = map[wire.BlockCipherMode]vault.WrapMode{
	wire.BlockCipherModeNISTKeyWrap: vault.WrapKW, wire.BlockCipherModeAESKeyWrapPadding: vault.WrapKWP, wire.BlockCipherModeGCM: vault.WrapGCM, 0: vault.WrapKW,
}

// wrapMethods are the methods: whether they encrypt, and whether they authenticate.
var wrapMethods = map[wire.WrappingMethod]struct{ encrypts, proves bool }{
	wire.WrappingMethodEncrypt: {true, false}, wire.WrappingMethodMACSign: {false, true},
	wire.WrappingMethodEncryptThenMACSign: {true, true}, wire.WrappingMethodMACSignThenEncrypt: {true, true},
}

// readWrapping reads a Key Wrapping Specification or Key Wrapping Data; nil where there is none. What is not understood is refused.
func (x *exchange) readWrapping(item ttlv.Item) (*wrapping, error) {
	if !item.Present() {
		return nil, nil //nolint:nilnil // not wrapped is neither a value nor an error
	}
	v, err := item.Find(wire.TagWrappingMethod).Enumeration()
	if err != nil {
		return nil, err
	}
	w := &wrapping{method: wire.WrappingMethod(v), given: item}
	does, known := wrapMethods[w.method]
	if !known {
		return nil, unwrappable("the wrapping method %v is not supported; use Encrypt, MACSign, or one and then the other", w.method)
	}
	if does.encrypts {
		if err := x.readEncryption(w, item.Find(wire.TagEncryptionKeyInformation)); err != nil {
			return nil, err
		}
	}
	switch info := item.Find(wire.TagMACSignatureKeyInformation); {
	case does.proves:
		if w.prover, err = x.wrappingKey(info, "the key that makes the MAC or the signature"); err != nil {
			return nil, err
		}
	case info.Present():
		return nil, info.Fail("the wrapping method %v has no MAC and no signature", w.method)
	}
	if option := item.Find(wire.TagEncodingOption); option.Present() {
		v, err := option.Enumeration()
		if err != nil {
			return nil, err
		}
		if w.bare = wire.EncodingOption(v) == wire.EncodingOptionNoEncoding; !w.bare && wire.EncodingOption(v) != wire.EncodingOptionTTLVEncoding {
			return nil, unwrappable("there is no encoding option %v", wire.EncodingOption(v))
		}
	}
	if w.names, err = named(item); err == nil && w.bare && len(w.names) > 0 {
		err = because(wire.ResultReasonEncodingOptionError, fault.New(fault.Invalid, "attributes go with a key in TTLV encoding only"))
	}
	return w, err
}

func unwrappable(format string, args ...any) error {
	return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, format, args...))
}

// wrappingKey is the key that information about an encryption or a MAC names.
func (x *exchange) wrappingKey(info ttlv.Item, what string) (string, error) {
	if id := info.Find(wire.TagUniqueIdentifier); !id.Present() {
		return "", id.Fail("it is needed: %s", what)
	}
	return x.object(info)
}

func (x *exchange) readEncryption(w *wrapping, info ttlv.Item) (err error) {
	if w.key, err = x.wrappingKey(info, "the key that wraps"); err != nil {
		return err
	}
	mode := uint32(0)
	if m := info.Find(wire.TagCryptographicParameters).Find(wire.TagBlockCipherMode); m.Present() {
		if mode, err = m.Enumeration(); err != nil {
			return err
		}
	}
	if w.mode = wrapModes[wire.BlockCipherMode(mode)]; w.mode == "" {
		return unwrappable("keys are not wrapped in the mode %v", wire.BlockCipherMode(mode))
	}
	return nil
}

// wrapped is what Key Wrapping Data tells of a key that was wrapped.
type wrapped struct{ iv, proof []byte }

// wrap writes a Key Value, whose fields content writes, wrapped: as bytes if it is encrypted, else as it is.
func (x *exchange) wrap(w *wrapping, out *ttlv.Encoder, content func(*ttlv.Encoder) error) (did wrapped, err error) {
	plain := ttlv.NewEncoder()
	defer plain.Release()
	plain.Structure(wire.TagKeyValue, func() { err = content(plain) })
	if err != nil {
		return did, err
	}
	b, err := plain.Message()
	if err != nil {
		return did, err
	}
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		return did, err
	}
	if w.bare {
		if b, err = m.Root().Find(wire.TagKeyMaterial).Bytes(); err != nil {
			return did, because(wire.ResultReasonEncodingOptionError, fault.New(fault.Invalid, "a key in a transparent format is wrapped in TTLV encoding only"))
		}
	}
	if w.prover != "" && w.method != wire.WrappingMethodEncryptThenMACSign {
		if did.proof, err = x.prove(w, b); err != nil {
			return did, err
		}
	}
	if w.key == "" {
		out.Copy(m.Root())
		return did, nil
	}
	var sealed []byte
	err = x.server.vault.WrapInMode(x.ctx, x.caller, w.key, vault.ModeInput{Mode: w.mode, Data: b}, func(o *vault.ModeOutput) error {
		out.Bytes(wire.TagKeyValue, o.Data)
		did.iv, sealed = bytes.Clone(o.IV), bytes.Clone(o.Data)
		return nil
	})
	if err == nil && w.method == wire.WrappingMethodEncryptThenMACSign {
		did.proof, err = x.prove(w, sealed)
	}
	return did, err
}

// writeWrapping writes the Key Wrapping Data of a wrapped key: what the request specified.
func (w *wrapping) writeWrapping(out *ttlv.Encoder, v wire.Version, did wrapped) {
	information := func(t wire.Tag, id string) {
		if id == "" {
			return
		}
		out.Structure(t, func() {
			out.Text(wire.TagUniqueIdentifier, id)
			if p := w.given.Find(t).Find(wire.TagCryptographicParameters); p.Present() {
				out.Copy(p)
			}
		})
	}
	out.Structure(wire.TagKeyWrappingData, func() {
		out.Enumeration(wire.TagWrappingMethod, uint32(w.method))
		information(wire.TagEncryptionKeyInformation, w.key)
		information(wire.TagMACSignatureKeyInformation, w.prover)
		if len(did.proof) > 0 {
			out.Bytes(wire.TagMACSignature, did.proof)
		}
		if len(did.iv) > 0 {
			out.Bytes(wire.TagIVCounterNonce, did.iv)
		}
		if option := w.given.Find(wire.TagEncodingOption); option.Present() && wire.TagEncodingOption.In(v) {
			out.Copy(option)
		}
	})
}

// unwrap lends the Key Value of a key that came wrapped, once its MAC or signature was found good.
func (x *exchange) unwrap(w *wrapping, value ttlv.Item, use func(value ttlv.Item) error) error {
	if w.key == "" {
		return x.unproved(w, value, use)
	}
	if w.bare && value.Type() == ttlv.Structure { // as PyKMIP's client writes it; the protocol has the bytes alone
		value = value.Find(wire.TagKeyMaterial)
	}
	sealed, err := value.Bytes()
	if err != nil {
		return err
	}
	if w.method == wire.WrappingMethodEncryptThenMACSign {
		if err := x.checkProof(w, sealed); err != nil {
			return err
		}
	}
	in := vault.ModeInput{Mode: w.mode, Data: sealed}
	if iv := w.given.Find(wire.TagIVCounterNonce); iv.Present() {
		if in.IV, err = iv.Bytes(); err != nil {
			return err
		}
	}
	return x.server.vault.UnwrapInMode(x.ctx, x.caller, w.key, in, func(o *vault.ModeOutput) error {
		if w.method == wire.WrappingMethodMACSignThenEncrypt {
			if err := x.checkProof(w, o.Data); err != nil {
				return err
			}
		}
		if w.bare {
			return valueOf(o.Data, use)
		}
		m, err := ttlv.Decode(o.Data, ttlv.Limits{})
		if err != nil || m.Root().Tag() != wire.TagKeyValue {
			return because(wire.ResultReasonEncodingOptionError, fault.New(fault.Invalid, "what was unwrapped is no Key Value in TTLV"))
		}
		return use(m.Root())
	})
}

// valueOf lends a Key Value with nothing but bytes of material in it.
func valueOf(material []byte, use func(value ttlv.Item) error) error {
	e := ttlv.NewEncoder()
	defer e.Release()
	e.Structure(wire.TagKeyValue, func() { e.Bytes(wire.TagKeyMaterial, material) })
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

// mayLeavePlain says by the protocol's reason what the vault refuses: what is sensitive leaves only wrapped (KMIP 2.1, section 4.52).
func mayLeavePlain(r *key.Record) error {
	if r.Sensitive() {
		return because(wire.ResultReasonSensitive, fault.New(fault.Denied, "the key is sensitive: it is given out wrapped only"))
	}
	return nil
}
