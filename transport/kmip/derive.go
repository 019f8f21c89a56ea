package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// digestBytes is how long the digests of keyedHashNames are.
var digestBytes = map[string]int{
	"sha1": 20, "sha224": 28, "": 32, "sha256": 32, "sha384": 48, "sha512": 64, "sha512-224": 28, "sha512-256": 32,
	"sha3-224": 28, "sha3-256": 32, "sha3-384": 48, "sha3-512": 64,
}

// deriveKey is Derive Key (KMIP 1.4, section 4.6; 2.1, section 6.1.14): a symmetric key or secret data from one object, or from a
// private key and another's public one. The new object has a link to the first.
func deriveKey(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	t, err := payload.Find(wire.TagObjectType).Enumeration()
	if err != nil {
		return err
	}
	s, err := x.derivedSpec(payload, key.ObjectType(t))
	if err != nil {
		return err
	}
	base, by, err := x.derivation(payload, &s)
	if err != nil {
		return err
	}
	r, err := x.server.vault.DeriveKey(x.ctx, x.caller, base, vault.DerivedSpec{Key: s, By: by})
	if err != nil {
		return cryptoReason(err)
	}
	x.done(r.ID, out)
	x.id = r.ID.String()
	return nil
}

// derivedSpec is what the template says of the new object.
func (x *exchange) derivedSpec(payload ttlv.Item, t key.ObjectType) (s vault.KeySpec, err error) {
	if t != key.SymmetricKey && t != key.SecretData {
		return s, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "symmetric keys and secret data are derived, no %v", wire.ObjectType(t)))
	}
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return s, err
	}
	if s, err = x.spec(all, t); err != nil {
		return s, err
	}
	if t == key.SymmetricKey {
		return s, symmetric(&s, all)
	}
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return s, err
	}
	if bits < 0 {
		return s, fault.New(fault.Invalid, "a length is not negative")
	}
	s.Algorithm, s.Bits = key.Secret, int(bits)
	return s, nil
}

// derivation reads from what, and how, the new object is derived.
func (x *exchange) derivation(payload ttlv.Item, s *vault.KeySpec) (base string, by vault.DeriveInput, err error) {
	ids, err := x.bases(payload)
	if err != nil {
		return "", by, err
	}
	from := &key.Record{Type: key.SymmetricKey}
	if r, err := x.server.vault.Key(x.ctx, x.caller, ids[0]); err == nil { // who may not read it learns from the vault
		if err := usable(r, key.Derive|key.Agree); err != nil {
			return "", by, err
		}
		if r.Type == key.SymmetricKey { // what was said of it tells the cipher
			from = r
		}
	}
	method, err := payload.Find(wire.TagDerivationMethod).Enumeration()
	if err != nil {
		return "", by, err
	}
	if wire.DerivationMethod(method) == wire.DerivationMethodAsymmetricKey {
		by, err = x.agreement(ids, s)
		return ids[0], by, err
	}
	if len(ids) != 1 {
		return "", by, unsupported("the method %v derives from one object here; send its data as Derivation Data", wire.DerivationMethod(method))
	}
	by, err = derivationBy(wire.DerivationMethod(method), payload.Find(wire.TagDerivationParameters), from, s)
	return ids[0], by, err
}

// bases are the objects that a payload names, in their order; there is at least one.
func (x *exchange) bases(payload ttlv.Item) (ids []string, err error) {
	for item := range payload.Children() {
		if item.Tag() != wire.TagUniqueIdentifier || item.Type() != ttlv.TextString {
			continue
		}
		id, err := x.objectAt(item)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		return ids, nil
	}
	id, err := x.object(payload)
	return []string{id}, err
}

// agreement is ECDH of a private key with a public one. Without a length the new object is the shared secret itself.
func (x *exchange) agreement(ids []string, s *vault.KeySpec) (by vault.DeriveInput, err error) {
	if len(ids) != 2 {
		return by, unsupported("an agreement is between a private key and a public one: two objects, not %d", len(ids))
	}
	public, err := x.server.vault.PublicKey(x.ctx, x.caller, ids[1], 0, "")
	if err != nil {
		return by, err
	}
	by.Peer, by.Raw = public.Bytes, s.Algorithm == key.Secret && s.Bits == 0
	return by, nil
}

// derivationBy reads the parameters of the methods that derive from one object's bytes; that object is from.
func derivationBy(m wire.DerivationMethod, p ttlv.Item, from *key.Record, s *vault.KeySpec) (by vault.DeriveInput, err error) {
	for t, to := range map[wire.Tag]*[]byte{wire.TagDerivationData: &by.Info, wire.TagSalt: &by.Salt, wire.TagInitializationVector: &by.IV, wire.TagIVCounterNonce: &by.IV} {
		if item := p.Find(t); item.Present() {
			if *to, err = item.Bytes(); err != nil {
				return by, err
			}
		}
	}
	if by.Iterations, err = length(p, wire.TagIterationCount); err != nil {
		return by, err
	}
	choices := p.Find(wire.TagCryptographicParameters)
	if m == wire.DerivationMethodENCRYPT {
		by.Method, by.Scheme = "encrypt", &vault.BareScheme{}
		return by, encryption(choices, from, by.Scheme)
	}
	if by.Hash, err = derivationHash(choices); err != nil {
		return by, err
	}
	switch m {
	case wire.DerivationMethodPBKDF2:
		by.Method = "pbkdf2"
	case wire.DerivationMethodHASH:
		if by.Method = "hash"; len(by.Info) > 0 {
			return by, unsupported("HASH derives from the object alone; leave the Derivation Data out")
		}
	case wire.DerivationMethodNIST800_108_C:
		by.Method = "counter"
	case wire.DerivationMethodHKDF:
	case wire.DerivationMethodHMAC:
		// Two things are called so: HMAC in the OASIS cases, HKDF in the reference implementation, which has salts and longer keys.
		if len(by.Salt) == 0 && derivedBytes(s) <= digestBytes[by.Hash] {
			by.Method = "hmac"
		}
	default:
		return by, unsupported("the derivation method %v is not offered", m)
	}
	return by, nil
}

// derivationHash is the hash of a derivation, named as such or by its HMAC.
func derivationHash(p ttlv.Item) (string, error) {
	name, err := chosen(p, wire.TagHashingAlgorithm, keyedHashNames)
	if err != nil || name != "" {
		return name, err
	}
	return chosen(p, wire.TagCryptographicAlgorithm, hmacNames)
}

// derivedBytes is how long the new object is.
func derivedBytes(s *vault.KeySpec) int {
	if s.Algorithm == key.Secret {
		if s.Bits == 0 {
			return 32
		}
		return s.Bits / 8
	}
	return s.Algorithm.Traits().Bytes
}
