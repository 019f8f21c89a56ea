package kmip

import (
	"maps"

	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// rekey is Re-key (KMIP 1.4, section 4.4; 2.1, section 6.1.47): a new object takes over the names of a symmetric key.
func rekey(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	all, err := x.template(payload, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return err
	}
	r, err := x.replace(payload, wire.TagUniqueIdentifier, vault.ReplaceSpec{}, func(r *key.Record, s *vault.ReplaceSpec) (err error) {
		s.Key, err = x.unlike(r, all)
		return err
	})
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// rekeyPair is Re-key Key Pair (KMIP 1.4, section 4.5; 2.1, section 6.1.48): likewise of both halves, named by the private one.
func rekeyPair(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	private, public, err := x.halves(payload)
	if err != nil {
		return err
	}
	r, err := x.replace(payload, wire.TagPrivateKeyUniqueIdentifier, vault.ReplaceSpec{Pair: true}, func(r *key.Record, s *vault.ReplaceSpec) (err error) {
		if s.Key, err = x.unlike(r, private); err != nil {
			return err
		}
		for _, l := range r.Links {
			if l.Kind != key.LinkPublic || len(public) == 0 {
				continue
			}
			half, err := x.server.vault.Key(x.ctx, x.caller, l.To.String())
			if err != nil {
				return err
			}
			if s.Public, err = x.unlike(half, public); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	x.id = r.ID.String()
	x.half(wire.TagPrivateKeyUniqueIdentifier, r.ID, out)
	for _, l := range r.Links {
		if l.Kind == key.LinkPublic {
			x.half(wire.TagPublicKeyUniqueIdentifier, l.To, out)
		}
	}
	return nil
}

// replace replaces the object that a payload names under a tag; unlike says of its record what the new one has unlike it.
func (x *exchange) replace(payload ttlv.Item, named wire.Tag, s vault.ReplaceSpec, unlike func(*key.Record, *vault.ReplaceSpec) error) (*key.Record, error) {
	id, err := x.objectAt(payload.Find(named))
	if err != nil {
		return nil, err
	}
	if offset := payload.Find(wire.TagOffset); offset.Present() {
		d, err := offset.Interval()
		if err != nil {
			return nil, err
		}
		s.Offset = &d
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, id)
	if err != nil {
		return nil, err
	}
	if err := unlike(r, &s); err != nil {
		return nil, err
	}
	return x.server.vault.ReplaceKey(x.ctx, x.caller, id, s)
}

// unlike is what attributes that a request gives make of a replacement unlike the object that it replaces. What the object is it stays.
func (x *exchange) unlike(old *key.Record, all template) (s vault.Successor, err error) {
	base := old.Clone()
	base.ActivateAt, base.DeactivAt, base.ProcessStart, base.ProtectStop, base.Links = 0, 0, 0, 0, nil // none of them is taken over as it is
	next := base.Clone()
	if err := all.same(old); err != nil {
		return s, err
	}
	if err := x.assignAll(next, all); err != nil {
		return s, err
	}
	if next.LimitBytes != base.LimitBytes && (next.UsageLimit != 0 || base.UsageLimit != 0) {
		return s, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "whether the usage limits of an object count bytes or uses is not changed by replacing it"))
	}
	s.Patch = patch(base, next)
	s.Patch.IfMatch = 0
	if next.Usage != base.Usage {
		s.Usage = next.Usage
	}
	if name, ok := next.Tags[policy.Tag]; ok && name != old.Tags[policy.Tag] {
		tags := maps.Clone(old.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		tags[policy.Tag] = name
		s.Patch.Tags = &tags
	}
	s.Patch.Attributes[keptWrapping] = nil // the new one never came from anywhere
	return s, nil
}

// same refuses attributes that say that a replacement is something else than what it replaces.
func (all template) same(r *key.Record) error {
	algorithm, bits := cipherOf(r)
	for t, is := range map[wire.Tag]uint32{wire.TagCryptographicAlgorithm: uint32(algorithm), wire.TagObjectType: uint32(r.Type), wire.TagKeyFormatType: uint32(formatOf(r, algorithm))} {
		v, err := all.enum(t)
		if err != nil {
			return err
		}
		if v != 0 && v != is {
			return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a key is replaced by one of its own kind: %s is another", t.Name()))
		}
	}
	v, err := all.integer(wire.TagCryptographicLength)
	if err == nil && v != 0 && v != bits {
		err = because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a key is replaced by one of its own kind: it has %d bits", bits))
	}
	return err
}
