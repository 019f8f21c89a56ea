package kmip

import (
	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// create is Create (KMIP 1.4, section 4.1; 2.1, section 6.1.10) of a symmetric key: one that the vault uses, or one that it only keeps; and, since 2.0, of
// random Secret Data.
func create(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	t, err := payload.Find(wire.TagObjectType).Enumeration()
	if err != nil {
		return err
	}
	switch {
	case key.ObjectType(t) == key.SymmetricKey || key.ObjectType(t) == key.SecretData && !x.version.Before(wire.V20):
	case x.version.Before(wire.V20):
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "Create makes symmetric keys, no %v", wire.ObjectType(t)))
	default:
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "Create makes symmetric keys and secret data, no %v", wire.ObjectType(t)))
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return err
	}
	s, err := x.spec(all, key.ObjectType(t))
	if err != nil {
		return err
	}
	which := symmetric
	if s.Type == key.SecretData {
		which = random
	}
	if err := which(&s, all); err != nil {
		return err
	}
	r, err := x.server.vault.CreateKey(x.ctx, x.caller, s)
	if err != nil {
		return err
	}
	out.Enumeration(wire.TagObjectType, t)
	x.done(r.ID, out)
	return nil
}

// symmetric says in a spec which symmetric key a template asks for.
func symmetric(s *vault.KeySpec, all template) error {
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return err
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return err
	}
	if a == 0 || bits == 0 {
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a key to be made needs its Cryptographic Algorithm and Cryptographic Length"))
	}
	if err := formatted(s, all, wire.CryptographicAlgorithm(a), false); err != nil {
		return err
	}
	if s.Algorithm = block.Symmetric(wire.CryptographicAlgorithm(a), int(bits)); s.Algorithm != 0 {
		return nil
	}
	s.Algorithm = key.Secret
	if s.Bits, err = keptBits(wire.CryptographicAlgorithm(a), bits); err != nil {
		return err
	}
	return said(s, wire.CryptographicAlgorithm(a), bits)
}

// random says in a spec which Secret Data a template asks for: as many random bits as it says, for the algorithm that it may name. No request has a word for
// their Secret Data Type, so they are a Seed: what keys are made from, and nobody's password.
func random(s *vault.KeySpec, all template) error {
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return err
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return err
	}
	if bits <= 0 || bits%8 != 0 {
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "secret data to be made needs a Cryptographic Length, of whole bytes"))
	}
	if err := formatted(s, all, wire.CryptographicAlgorithm(a), false); err != nil {
		return err
	}
	s.Algorithm, s.Bits = key.Secret, int(bits)
	return said(s, wire.CryptographicAlgorithm(a), bits)
}

// said keeps an algorithm and a length that the vault's own algorithm does not tell.
func said(s *vault.KeySpec, a wire.CryptographicAlgorithm, bits int32) error {
	var e ttlv.Encoder
	if a != 0 {
		e.Enumeration(wire.TagCryptographicAlgorithm, uint32(a))
		if err := attach(s, wire.TagCryptographicAlgorithm.Name(), &e); err != nil {
			return err
		}
	}
	if bits == 0 {
		return nil
	}
	e = ttlv.Encoder{}
	e.Integer(wire.TagCryptographicLength, bits)
	return attach(s, wire.TagCryptographicLength.Name(), &e)
}

// attach adds an attribute that is kept.
func attach(s *vault.KeySpec, name string, e *ttlv.Encoder) error {
	b, err := e.Message()
	if err != nil {
		return err
	}
	if s.Attributes == nil {
		s.Attributes = map[string][]byte{}
	}
	s.Attributes[name] = b
	return nil
}

// spec is what a template says of a new object, beside its algorithm and length. Objects of this door are used outside, too: they are given out in
// every state but the last ones, unless they were made so that they are not. Without an activation date they wait to be activated.
func (x *exchange) spec(all template, t key.ObjectType) (vault.KeySpec, error) {
	s := vault.KeySpec{Type: t, RevealIdle: true}
	return s, x.describe(all, wire.ObjectType(t), &s)
}
