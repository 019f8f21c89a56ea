package kmip

import (
	"bytes"
	"crypto/x509"

	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// forms says how each type of object stands in a message: in which structure, and which of its items, always the last, is what is kept secret.
var forms = map[key.ObjectType]struct{ object, content wire.Tag }{
	key.Certificate:  {wire.TagCertificate, wire.TagCertificateValue},
	key.SymmetricKey: {wire.TagSymmetricKey, wire.TagKeyBlock},
	key.PublicKey:    {wire.TagPublicKey, wire.TagKeyBlock},
	key.PrivateKey:   {wire.TagPrivateKey, wire.TagKeyBlock},
	key.SplitKey:     {wire.TagSplitKey, wire.TagKeyBlock},
	key.SecretData:   {wire.TagSecretData, wire.TagKeyBlock},
	key.OpaqueObject: {wire.TagOpaqueObject, wire.TagOpaqueDataValue},
	key.PGPKey:       {wire.TagPGPKey, wire.TagKeyBlock},
	key.Request:      {wire.TagCertificateRequest, wire.TagCertificateRequestValue},
	key.Template:     {wire.TagTemplate, 0}, // nothing: see template.go
}

// What a record keeps of an object beside its material, under names that no client can give.
const (
	keptFormat   = ".format"   // Key Format Type in which it came
	keptObject   = ".object"   // what stands in the object's structure beside its content
	keptWrapping = ".wrapping" // Key Wrapping Data with which it came
	keptUnnamed  = ".unnamed"  // its last name was taken away, so the vault's own is not shown as one
)

// mostSecret is how long material may be to be a secret of the vault's; what is longer is an opaque object.
const mostSecret = 4096

// register is Register (KMIP 1.4, section 4.3; 2.1, section 6.1.43).
func register(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	s, err := x.registered(payload)
	defer clear(s.Material)
	if err != nil {
		return err
	}
	r, err := x.server.vault.RegisterKey(x.ctx, x.caller, s)
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// registered is the object of a payload with the attributes that it is given: in Template-Attribute, in Attributes, or loose, as Import
// of 1.4 has them. The caller clears its material.
func (x *exchange) registered(payload ttlv.Item, loose ...ttlv.Item) (vault.RegisterSpec, error) {
	none := vault.RegisterSpec{}
	v, err := payload.Find(wire.TagObjectType).Enumeration()
	if err != nil {
		return none, err
	}
	t := key.ObjectType(v)
	form, ok := forms[t]
	if !ok || v > 255 || !wire.ValueIn(wire.TagObjectType, v, x.version) {
		return none, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "objects of type %v are not registered here", wire.ObjectType(v)))
	}
	object, err := payload.Find(form.object).Structure()
	if err != nil {
		return none, err
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return none, err
	}
	for _, item := range loose {
		g, err := x.given(item)
		if err != nil {
			return none, err
		}
		all = append(all, g)
	}
	return x.registration(t, object, all)
}

// registration is what is registered: an object as it stands in a message, with the attributes that it is given. The caller clears its material.
func (x *exchange) registration(t key.ObjectType, object ttlv.Item, all template) (vault.RegisterSpec, error) {
	if t == key.Template {
		return x.registeredTemplate(object, all)
	}
	content := object.Find(forms[t].content)
	if forms[t].content == wire.TagKeyBlock {
		return x.registeredBlock(t, object, all)
	}
	s, err := x.spec(all, t)
	if err != nil {
		return vault.RegisterSpec{}, err
	}
	if err := rest(&s, t, object); err != nil {
		return vault.RegisterSpec{}, err
	}
	b, err := content.Bytes()
	if err != nil {
		return vault.RegisterSpec{}, err
	}
	s.Algorithm = key.Opaque
	if kind, _ := object.Find(wire.TagCertificateType).Enumeration(); t == key.Certificate && kind == uint32(wire.CertificateTypeX_509) {
		c, err := x509.ParseCertificate(b)
		if err != nil {
			return vault.RegisterSpec{}, content.Fail("it is no X.509 certificate")
		}
		if err := describeCertificate(&s, c); err != nil {
			return vault.RegisterSpec{}, err
		}
		s.Algorithm = key.X509
	}
	return vault.RegisterSpec{Key: s, Material: bytes.Clone(b)}, nil
}

// rest keeps what stands in an object's structure beside its content.
func rest(s *vault.KeySpec, t key.ObjectType, object ttlv.Item) error {
	var e ttlv.Encoder
	any := false
	e.Structure(forms[t].object, func() {
		for c := range object.Children() {
			if c.Tag() != forms[t].content {
				e.Copy(c)
				any = true
			}
		}
	})
	if !any {
		return nil
	}
	return attach(s, keptObject, &e)
}

// registeredBlock reads an object that has a key block. The attributes in its Key Value are the object's, too.
func (x *exchange) registeredBlock(t key.ObjectType, object ttlv.Item, all template) (out vault.RegisterSpec, err error) {
	b := object.Find(wire.TagKeyBlock)
	f, err := b.Find(wire.TagKeyFormatType).Enumeration()
	if err != nil {
		return out, err
	}
	if b.Find(wire.TagKeyCompressionType).Present() {
		return out, because(wire.ResultReasonKeyCompressionTypeNotSupported, fault.New(fault.Invalid, "keys are not compressed here"))
	}
	algorithm, _, err := blockCipher(b, all)
	if err != nil {
		return out, err
	}
	var k block.Key
	var held template
	var certificates []*x509.Certificate
	if wire.KeyFormatType(f) == wire.KeyFormatTypePKCS_12 && t == key.PrivateKey {
		var file []byte
		defer func() { clear(file) }()
		held, err = x.readValue(b, func(material ttlv.Item) (err error) {
			file, err = material.Bytes()
			file = bytes.Clone(file) // it is opened when nothing else is lent
			return err
		})
		if err != nil {
			return out, err
		}
		if all, err = all.with(held); err != nil {
			return out, err
		}
		k, certificates, err = x.readPKCS12(file, all)
	} else {
		held, err = x.readValue(b, func(material ttlv.Item) (err error) {
			k, err = block.Read(t, algorithm, wire.KeyFormatType(f), material)
			return err
		})
	}
	out.Material = k.Material // the caller clears it, whatever follows
	if err != nil {
		return out, err
	}
	if all, err = all.with(held); err != nil {
		return out, err
	}
	if out.Key, err = x.spec(all, t); err != nil {
		return out, err
	}
	algorithm, bits, err := blockCipher(b, all) // the attributes inside may say what the block does not
	if err != nil {
		return out, err
	}
	if err := held.agrees(algorithm, bits); err != nil {
		return out, err
	}
	if err := x.describeBlock(&out.Key, object, wire.KeyFormatType(f), k, algorithm, bits); err != nil {
		return out, err
	}
	links, err := x.registerCertificates(certificates)
	out.Key.Links = append(out.Key.Links, links...)
	return out, err
}

// describeBlock says in a spec which key came in a block, and how.
func (x *exchange) describeBlock(s *vault.KeySpec, object ttlv.Item, f wire.KeyFormatType, k block.Key, algorithm wire.CryptographicAlgorithm, bits int32) error {
	t := s.Type
	if t != key.SecretData {
		if bits != 0 && k.Bits != 0 && t != key.SplitKey && k.Vault != 0 && int(bits) != k.Bits {
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the key has %d bits, not the %d that are said", k.Bits, bits))
		}
		if bits == 0 {
			bits = int32(k.Bits)
		}
		if algorithm == 0 {
			algorithm = k.Algorithm
		}
	}
	s.Algorithm = k.Vault
	if c := ciphers[k.Vault]; k.Vault == 0 || c.algorithm != algorithm || c.bits != bits {
		if err := said(s, algorithm, bits); err != nil {
			return err
		}
	}
	if s.Algorithm == 0 {
		s.Algorithm = key.Opaque
		if (t == key.SymmetricKey || t == key.SecretData) && len(k.Material) <= mostSecret {
			s.Algorithm = key.Secret
		}
	}
	if err := rest(s, t, object); err != nil {
		return err
	}
	var e ttlv.Encoder
	if w := object.Find(wire.TagKeyBlock).Find(wire.TagKeyWrappingData); w.Present() {
		e.Copy(w)
		if err := attach(s, keptWrapping, &e); err != nil {
			return err
		}
		e = ttlv.Encoder{}
	}
	e.Enumeration(wire.TagKeyFormatType, uint32(f))
	return attach(s, keptFormat, &e)
}

// readValue lends the key material of a block, unwrapped if it came wrapped, and returns the attributes beside it.
func (x *exchange) readValue(b ttlv.Item, use func(material ttlv.Item) error) (held template, err error) {
	value := b.Find(wire.TagKeyValue)
	w, err := x.readWrapping(b.Find(wire.TagKeyWrappingData))
	if err != nil {
		return nil, err
	}
	read := func(value ttlv.Item) (err error) {
		if held, err = x.beside(value); err != nil {
			return err
		}
		return use(value.Find(wire.TagKeyMaterial))
	}
	if w == nil {
		err = read(value)
		return held, err
	}
	err = x.unwrap(w, value, read)
	return held, err
}

// blockCipher is the algorithm and length that a key block says, or the attributes where it does not.
func blockCipher(b ttlv.Item, all template) (wire.CryptographicAlgorithm, int32, error) {
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return 0, 0, err
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return 0, 0, err
	}
	if item := b.Find(wire.TagCryptographicAlgorithm); item.Present() {
		if a, err = item.Enumeration(); err != nil {
			return 0, 0, err
		}
	}
	if item := b.Find(wire.TagCryptographicLength); item.Present() {
		if bits, err = item.Integer(); err != nil {
			return 0, 0, err
		}
	}
	return wire.CryptographicAlgorithm(a), bits, nil
}
