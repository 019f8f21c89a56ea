package kmip

import (
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// createPair is Create Key Pair (KMIP 1.4, section 4.2; 2.1, section 6.1.11): two linked objects, both or none.
func createPair(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	common, err := x.template(payload, wire.TagCommonTemplateAttribute, wire.TagCommonAttributes)
	if err != nil {
		return err
	}
	half := func(t key.ObjectType, tags ...wire.Tag) (vault.KeySpec, template, error) {
		own, err := x.template(payload, tags...)
		if err != nil {
			return vault.KeySpec{}, nil, err
		}
		all := append(own, slices.DeleteFunc(slices.Clone(common), func(c given) bool { // what is said of one half counts more than what is said of both
			return slices.ContainsFunc(own, func(o given) bool { return o.name == c.name })
		})...)
		s, err := x.spec(all, t)
		return s, all, err
	}
	private, all, err := half(key.PrivateKey, wire.TagPrivateKeyTemplateAttribute, wire.TagPrivateKeyAttributes)
	if err != nil {
		return err
	}
	public, _, err := half(key.PublicKey, wire.TagPublicKeyTemplateAttribute, wire.TagPublicKeyAttributes)
	if err != nil {
		return err
	}
	if private.Algorithm, err = pairAlgorithm(all); err != nil {
		return err
	}
	p, err := x.server.vault.CreatePair(x.ctx, x.caller, vault.PairSpec{Private: private, Public: public})
	if err != nil {
		return err
	}
	x.made(p.Public.ID)
	x.made(p.Private.ID)
	out.Text(wire.TagPrivateKeyUniqueIdentifier, x.id)
	out.Text(wire.TagPublicKeyUniqueIdentifier, p.Public.ID.String())
	return nil
}
