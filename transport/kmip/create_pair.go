package kmip

import (
	"errors"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// createPair is Create Key Pair (KMIP 1.4, section 4.2; 2.1, section 6.1.11): two linked objects, both or none.
func createPair(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	ofPrivate, ofPublic, err := x.halves(payload)
	if err != nil {
		return err
	}
	private, err := x.spec(ofPrivate, key.PrivateKey)
	if err != nil {
		return err
	}
	public, err := x.spec(ofPublic, key.PublicKey)
	if err != nil {
		return err
	}
	var kept vault.KeptPair
	if private.Algorithm, kept, err = pairAlgorithm(ofPrivate); err != nil {
		return err
	}
	if kept != (vault.KeptPair{}) {
		if err := saidOfBoth(&private, &public, ofPrivate, kept); err != nil {
			return err
		}
	}
	for s, all := range map[*vault.KeySpec]template{&private: ofPrivate, &public: ofPublic} {
		if err := x.pairAs(s, all, private.Algorithm, kept); err != nil {
			return err
		}
	}
	p, err := x.server.vault.CreatePair(x.ctx, x.caller, vault.PairSpec{Private: private, Public: public, Kept: kept})
	if err != nil {
		return err
	}
	x.id = p.Private.ID.String()
	x.half(wire.TagPrivateKeyUniqueIdentifier, p.Private.ID, out)
	x.half(wire.TagPublicKeyUniqueIdentifier, p.Public.ID, out)
	return nil
}

// pairAs says of one half of a pair in which format it is given out, and refuses what it is not.
func (x *exchange) pairAs(s *vault.KeySpec, all template, made key.Algorithm, kept vault.KeptPair) error {
	a := ciphers[made].algorithm
	switch {
	case kept.RSABits > 0:
		a = wire.CryptographicAlgorithmRSA
	case kept.Curve != "":
		a = wire.CryptographicAlgorithmEC
	}
	if err := withstands(all.find(wire.TagQuantumSafe).value, a); err != nil {
		return err
	}
	return formatted(s, all, a, kept != (vault.KeptPair{}))
}

// saidOfBoth keeps the algorithm and the length of a pair that the vault's own algorithms do not tell.
func saidOfBoth(private, public *vault.KeySpec, all template, kept vault.KeptPair) error {
	a, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return err
	}
	algorithm, bits := wire.CryptographicAlgorithm(a), int32(kept.RSABits)
	if kept.Curve != "" {
		bits = 224
		if algorithm == 0 {
			algorithm = wire.CryptographicAlgorithmEC
		}
	}
	return errors.Join(said(private, algorithm, bits), said(public, algorithm, bits))
}

// halves are the attributes that a payload gives the halves of a pair: each its own, and what is said of both. What is said of one half counts more.
func (x *exchange) halves(payload ttlv.Item) (private, public template, err error) {
	common, err := x.template(payload, wire.TagCommonTemplateAttribute, wire.TagCommonAttributes)
	if err != nil {
		return nil, nil, err
	}
	half := func(tags ...wire.Tag) (template, error) {
		own, err := x.template(payload, tags...)
		return append(own, slices.DeleteFunc(slices.Clone(common), func(c given) bool {
			return slices.ContainsFunc(own, func(o given) bool { return o.name == c.name })
		})...), err
	}
	if private, err = half(wire.TagPrivateKeyTemplateAttribute, wire.TagPrivateKeyAttributes); err != nil {
		return nil, nil, err
	}
	public, err = half(wire.TagPublicKeyTemplateAttribute, wire.TagPublicKeyAttributes)
	return private, public, err
}
