package kmip

import (
	"slices"

	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// What 2.x lets a request ask of a new object beside what the object is: in which format it is given out, where it may lie, and that it
// withstands quantum computers. What is not so is refused by name.

// formats are those in which a key that is made here can be given out.
func formats(t key.ObjectType, a wire.CryptographicAlgorithm) []wire.KeyFormatType {
	rsa := a == wire.CryptographicAlgorithmRSA
	curve := a == wire.CryptographicAlgorithmEC || a == wire.CryptographicAlgorithmECDSA || a == wire.CryptographicAlgorithmECDH
	switch {
	case t == key.SymmetricKey:
		return []wire.KeyFormatType{wire.KeyFormatTypeRaw, wire.KeyFormatTypeOpaque, wire.KeyFormatTypeTransparentSymmetricKey}
	case t == key.PrivateKey && rsa:
		return []wire.KeyFormatType{wire.KeyFormatTypePKCS_1, wire.KeyFormatTypePKCS_8, wire.KeyFormatTypeTransparentRSAPrivateKey}
	case t == key.PrivateKey && curve:
		return []wire.KeyFormatType{wire.KeyFormatTypePKCS_8, wire.KeyFormatTypeECPrivateKey, wire.KeyFormatTypeTransparentECPrivateKey}
	case t == key.PublicKey && rsa:
		return []wire.KeyFormatType{wire.KeyFormatTypePKCS_1, wire.KeyFormatTypeX_509, wire.KeyFormatTypeTransparentRSAPublicKey}
	case t == key.PublicKey && curve:
		return []wire.KeyFormatType{wire.KeyFormatTypeX_509, wire.KeyFormatTypeTransparentECPublicKey}
	}
	return []wire.KeyFormatType{block.Default(t, a)}
}

// formatted has a key that is to be made given out in the format that a template asks for, where a request for it names none.
func formatted(s *vault.KeySpec, all template, a wire.CryptographicAlgorithm, kept bool) error {
	v, err := all.enum(wire.TagKeyFormatType)
	f := wire.KeyFormatType(v)
	switch {
	case err != nil || v == 0 || f == block.Default(s.Type, a):
		return err
	case kept && s.Type != key.SymmetricKey || !slices.Contains(formats(s.Type, a), f):
		return because(wire.ResultReasonKeyFormatTypeNotSupported, fault.New(fault.Invalid, "a key of this type and algorithm is not given out as %v; leave Key Format Type out, or name another", f))
	}
	var e ttlv.Encoder
	e.Enumeration(wire.TagKeyFormatType, v)
	return attach(s, keptFormat, &e)
}

// unavailable are what the protocol calls it where nothing here is what Protection Storage Masks ask for.
var unavailable = map[wire.Tag]wire.ResultReason{
	wire.TagProtectionStorageMasks:        wire.ResultReasonProtectionStorageUnavailable,
	wire.TagCommonProtectionStorageMasks:  wire.ResultReasonProtectionStorageUnavailable,
	wire.TagPrivateProtectionStorageMasks: wire.ResultReasonPrivateProtectionStorageUnavailable,
	wire.TagPublicProtectionStorageMasks:  wire.ResultReasonPublicProtectionStorageUnavailable,
}

// storable refuses a payload that permits no storage as it is here. Each mask is one that would do; none permits any.
func storable(payload ttlv.Item) error {
	for item := range payload.Children() {
		reason, ok := unavailable[item.Tag()]
		if !ok {
			continue
		}
		met, some := false, false
		for m := range item.Children() {
			if m.Tag() != wire.TagProtectionStorageMask {
				return m.Fail("a Protection Storage Mask is expected here")
			}
			v, err := m.Integer()
			if err != nil {
				return err
			}
			met, some = met || v&^int32(storage) == 0, true
		}
		if some && !met {
			return because(reason, fault.New(fault.Invalid, "%s: keys lie in software here; permit Software, or leave the masks out", item.Tag().Name()))
		}
	}
	return nil
}

// isStored refuses a Protection Storage Mask of an object that is another than that of all objects here.
func isStored(item ttlv.Item) error {
	v, err := item.Integer()
	if err == nil && v&^int32(storage) != 0 {
		err = because(wire.ResultReasonProtectionStorageUnavailable, fault.New(fault.Invalid, "keys lie in software here: the Protection Storage Mask of an object is Software"))
	}
	return err
}

// classical are the algorithms that a quantum computer breaks.
var classical = []wire.CryptographicAlgorithm{
	wire.CryptographicAlgorithmRSA, wire.CryptographicAlgorithmDSA, wire.CryptographicAlgorithmECDSA, wire.CryptographicAlgorithmDH, wire.CryptographicAlgorithmECDH,
	wire.CryptographicAlgorithmECMQV, wire.CryptographicAlgorithmEC, wire.CryptographicAlgorithmEd25519, wire.CryptographicAlgorithmEd448,
}

// withstands refuses Quantum Safe of a key of such an algorithm.
func withstands(safe ttlv.Item, a wire.CryptographicAlgorithm) error {
	if !safe.Present() {
		return nil
	}
	v, err := safe.Boolean()
	if err == nil && v && slices.Contains(classical, a) {
		err = because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "a key of %v is not Quantum Safe; ask for it without that", a))
	}
	return err
}
