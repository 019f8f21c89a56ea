package kmip

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// createSplit is Create Split Key (KMIP 1.4, section 4.38; 2.1, section 6.1.12): the parts of a key of the vault, or of a new one that is kept in its
// parts alone. A name that the request gives is, with a hyphen and a part's number behind it, that part's.
func createSplit(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	t, err := payload.Find(wire.TagObjectType).Enumeration()
	if err != nil {
		return err
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return err
	}
	var s vault.SplitSpec
	if s.Sharing, err = sharing(payload); err != nil {
		return err
	}
	var algorithm wire.CryptographicAlgorithm
	var bits int32
	if payload.Find(wire.TagUniqueIdentifier).Present() {
		algorithm, bits, err = x.splitOf(payload, &s)
	} else {
		algorithm, bits, err = splitFresh(key.ObjectType(t), &s, all)
	}
	if err != nil {
		return err
	}
	for i := range s.Sharing.Parts {
		spec, err := x.partSpec(all, s.Sharing, i+1)
		if err != nil {
			return err
		}
		if err := said(&spec, algorithm, bits); err != nil {
			return err
		}
		s.Parts = append(s.Parts, spec)
	}
	parts, err := x.server.vault.SplitKey(x.ctx, x.caller, s)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(parts) { // the placeholder is the first
		x.id = r.ID.String()
	}
	for _, r := range parts {
		out.Text(wire.TagUniqueIdentifier, r.ID.String())
		x.tell(r.ID.String())
	}
	return nil
}

// sharing reads how a key is split: from a request, or from the structure of a part. That a field is of a prime's size is left to the vault, which looks
// when the caller is found to be permitted.
func sharing(item ttlv.Item) (s vault.Sharing, err error) {
	for t, to := range map[wire.Tag]*int{wire.TagSplitKeyParts: &s.Parts, wire.TagSplitKeyThreshold: &s.Threshold} {
		n, err := item.Find(t).Integer()
		if err != nil {
			return s, err
		}
		*to = int(n)
	}
	m, err := item.Find(wire.TagSplitKeyMethod).Enumeration()
	if err != nil {
		return s, err
	}
	if m > uint32(vault.SharingGF2_8) {
		return s, item.Find(wire.TagSplitKeyMethod).Fail("there is no such method to split a key")
	}
	s.Method = vault.SharingMethod(m)
	if s.Method == vault.SharingPrime {
		p, err := item.Find(wire.TagPrimeFieldSize).BigInteger()
		if err != nil {
			return s, err
		}
		if p.Sign() > 0 {
			s.Prime = p.Bytes()
		}
	}
	return s, s.Check()
}

// splitOf says that an object of the vault is split: what it is its parts say, whatever the request does.
func (x *exchange) splitOf(payload ttlv.Item, s *vault.SplitSpec) (wire.CryptographicAlgorithm, int32, error) {
	var err error
	if s.Of, err = x.object(payload); err != nil {
		return 0, 0, err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, s.Of)
	if err != nil {
		return 0, 0, err
	}
	switch r.Type {
	case key.SymmetricKey, key.PrivateKey, key.SecretData, key.OpaqueObject:
	default:
		return 0, 0, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "an object of type %v is not split", wire.ObjectType(r.Type)))
	}
	if !r.Exportable {
		return 0, 0, because(wire.ResultReasonNotExtractable, fault.New(fault.Denied, "the key is not extractable, so it is not split"))
	}
	a, bits := cipherOf(r)
	return a, bits, mayLeavePlain(r)
}

// splitFresh says that a new key is split.
func splitFresh(t key.ObjectType, s *vault.SplitSpec, all template) (wire.CryptographicAlgorithm, int32, error) {
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return 0, 0, err
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return 0, 0, err
	}
	algorithm := wire.CryptographicAlgorithm(a)
	_, pair := pairs[algorithm]
	switch {
	case t == key.PrivateKey || t == key.SplitKey && pair:
		var kept vault.KeptPair
		if s.Fresh, kept, err = pairAlgorithm(all); err == nil && kept != (vault.KeptPair{}) {
			err = because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "pairs of this kind are made whole; name one to split it"))
		}
	case t == key.SecretData:
		s.Fresh, s.Bits = key.Secret, int(bits)
	case t == key.SymmetricKey || t == key.SplitKey:
		var spec vault.KeySpec
		err = symmetric(&spec, all)
		s.Fresh, s.Bits = spec.Algorithm, spec.Bits
	default:
		err = because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "an object of type %v is not split", wire.ObjectType(t)))
	}
	return algorithm, bits, err
}

// partSpec describes one part.
func (x *exchange) partSpec(all template, s vault.Sharing, number int) (vault.KeySpec, error) {
	spec, err := x.spec(all, key.SplitKey)
	if err != nil {
		return spec, err
	}
	for i := range spec.Names {
		spec.Names[i].Value += "-" + strconv.Itoa(number)
	}
	var e ttlv.Encoder
	e.Structure(wire.TagSplitKey, func() { writeSharing(&e, s, number) })
	return spec, attach(&spec, keptObject, &e)
}

// writeSharing writes what stands in a part beside its key block.
func writeSharing(e *ttlv.Encoder, s vault.Sharing, number int) {
	e.Integer(wire.TagSplitKeyParts, int32(s.Parts))
	e.Integer(wire.TagKeyPartIdentifier, int32(number))
	e.Integer(wire.TagSplitKeyThreshold, int32(s.Threshold))
	e.Enumeration(wire.TagSplitKeyMethod, uint32(s.Method))
	if s.Method == vault.SharingPrime {
		e.BigInteger(wire.TagPrimeFieldSize, new(big.Int).SetBytes(s.Prime))
	}
}

// sharingOf is how a part says that its key was split, and which it is: in what came with it, or, of one that another door made, to the vault.
func sharingOf(r *key.Record) (vault.Sharing, uint32, error) {
	if p, ok := vault.PartOf(r); ok && r.Attributes[keptObject] == nil {
		return p.Sharing(), p.Number, nil
	}
	m, err := ttlv.Decode(r.Attributes[keptObject], ttlv.Limits{})
	if err != nil {
		return vault.Sharing{}, 0, err
	}
	how, err := sharing(m.Root())
	if err != nil {
		return how, 0, err
	}
	number, err := m.Root().Find(wire.TagKeyPartIdentifier).Integer()
	return how, uint32(number), err
}

// joinSplit is Join Split Key (KMIP 1.4, section 4.39; 2.1, section 6.1.28): the object of which parts are there, those that Create Split Key made or
// that were registered.
func joinSplit(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	t, err := payload.Find(wire.TagObjectType).Enumeration()
	if err != nil {
		return err
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return err
	}
	var s vault.JoinSpec
	first, err := x.splitParts(payload, &s)
	if err != nil {
		return err
	}
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return err
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return err
	}
	algorithm, length := cipherOf(first)
	if a != 0 {
		algorithm = wire.CryptographicAlgorithm(a)
	}
	if bits != 0 {
		length = bits
	}
	if s.Key, err = x.spec(all, key.ObjectType(t)); err != nil {
		return err
	}
	if err := joined(&s, payload.Find(wire.TagSecretDataType), algorithm, length); err != nil {
		return err
	}
	r, err := x.server.vault.JoinKey(x.ctx, x.caller, s)
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	x.id = r.ID.String()
	return nil
}

// splitParts reads the parts that a payload names, which have to be of one splitting, and returns the record of the first.
func (x *exchange) splitParts(payload ttlv.Item, s *vault.JoinSpec) (first *key.Record, err error) {
	ids, err := x.bases(payload)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		r, err := x.server.vault.Key(x.ctx, x.caller, id)
		if err != nil {
			return nil, err
		}
		if r.Type != key.SplitKey {
			return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "an object of type %v is no part of a key", wire.ObjectType(r.Type)))
		}
		if !r.Exportable {
			return nil, because(wire.ResultReasonNotExtractable, fault.New(fault.Denied, "a part is not extractable, so it is not joined"))
		}
		if err := mayLeavePlain(r); err != nil {
			return nil, err
		}
		how, number, err := sharingOf(r)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first, s.Sharing = r, how
		}
		if how.Method != s.Sharing.Method || how.Parts != s.Sharing.Parts || how.Threshold != s.Sharing.Threshold || !slices.Equal(how.Prime, s.Sharing.Prime) {
			return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the parts are not of one key: they say different things of how it was split"))
		}
		s.Parts = append(s.Parts, vault.JoinPart{Ref: id, Number: number})
	}
	return first, nil
}

// joined says which key the parts make. Private keys are kept in their own form and say themselves how long they are.
func joined(s *vault.JoinSpec, secretType ttlv.Item, a wire.CryptographicAlgorithm, bits int32) error {
	switch s.Key.Type {
	case key.SymmetricKey:
		if a == 0 || bits == 0 {
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a key to be joined needs its Cryptographic Algorithm and Cryptographic Length, which its parts do not say"))
		}
		s.Bytes = int(bits) / 8
		if s.Key.Algorithm = block.Symmetric(a, int(bits)); s.Key.Algorithm != 0 {
			return nil
		}
		if n, err := keptBits(a, bits); err == nil {
			s.Bytes = n / 8
		}
		s.Key.Algorithm = key.Secret
	case key.SecretData:
		s.Key.Algorithm, s.Bytes = key.Secret, int(bits)/8
		var e ttlv.Encoder
		e.Structure(wire.TagSecretData, func() {
			if secretType.Present() {
				e.Copy(secretType)
			} else {
				e.Enumeration(wire.TagSecretDataType, uint32(wire.SecretDataTypeSeed))
			}
		})
		return attach(&s.Key, keptObject, &e)
	case key.PrivateKey:
		if s.Key.Algorithm = pairs[a][bits]; s.Key.Algorithm == 0 {
			s.Key.Algorithm = key.Opaque
		}
	case key.OpaqueObject:
		s.Key.Algorithm = key.Opaque
	default:
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "parts are not joined to an object of type %v", wire.ObjectType(s.Key.Type)))
	}
	return said(&s.Key, a, bits)
}
