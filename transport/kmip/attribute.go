package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// attribute is one attribute of an object, as it is written.
type attribute struct {
	tag   wire.Tag
	write func(out *ttlv.Encoder, t wire.Tag) // under that tag: its own in 2.x, Attribute Value in 1.x
}

// ciphers is what the protocol calls the vault's algorithms, and their length in bits.
var ciphers = map[key.Algorithm]struct {
	algorithm wire.CryptographicAlgorithm
	bits      int32
}{
	key.AES128GCM:        {wire.CryptographicAlgorithmAES, 128},
	key.AES256GCM:        {wire.CryptographicAlgorithmAES, 256},
	key.ChaCha20Poly1305: {wire.CryptographicAlgorithmChaCha20Poly1305, 256},
	key.HMACSHA256:       {wire.CryptographicAlgorithmHMAC_SHA256, 256},
	key.HMACSHA384:       {wire.CryptographicAlgorithmHMAC_SHA384, 384},
	key.HMACSHA512:       {wire.CryptographicAlgorithmHMAC_SHA512, 512},
	key.RSA2048:          {wire.CryptographicAlgorithmRSA, 2048},
	key.RSA3072:          {wire.CryptographicAlgorithmRSA, 3072},
	key.RSA4096:          {wire.CryptographicAlgorithmRSA, 4096},
	key.ECDSAP256:        {wire.CryptographicAlgorithmEC, 256},
	key.ECDSAP384:        {wire.CryptographicAlgorithmEC, 384},
	key.ECDSAP521:        {wire.CryptographicAlgorithmEC, 521},
	key.Ed25519:          {wire.CryptographicAlgorithmEd25519, 256},
}

// attributes are those of a record that a version knows, in the order of the specification (KMIP 1.4, section 3).
func attributes(r *key.Record, v wire.Version) []attribute {
	var all []attribute
	add := func(t wire.Tag, write func(*ttlv.Encoder, wire.Tag)) {
		if t.In(v) {
			all = append(all, attribute{t, write})
		}
	}
	add(wire.TagUniqueIdentifier, func(e *ttlv.Encoder, t wire.Tag) { e.Text(t, r.ID.String()) })
	if r.Name != "" {
		add(wire.TagName, func(e *ttlv.Encoder, t wire.Tag) {
			e.Structure(t, func() {
				e.Text(wire.TagNameValue, r.Name)
				e.Enumeration(wire.TagNameType, uint32(wire.NameTypeUninterpretedTextString))
			})
		})
	}
	add(wire.TagObjectType, func(e *ttlv.Encoder, t wire.Tag) { e.Enumeration(t, uint32(r.Type)) })
	if c, ok := ciphers[r.Algorithm]; ok {
		if wire.ValueIn(wire.TagCryptographicAlgorithm, uint32(c.algorithm), v) {
			add(wire.TagCryptographicAlgorithm, func(e *ttlv.Encoder, t wire.Tag) { e.Enumeration(t, uint32(c.algorithm)) })
		}
		add(wire.TagCryptographicLength, func(e *ttlv.Encoder, t wire.Tag) { e.Integer(t, c.bits) })
	}
	add(wire.TagCryptographicUsageMask, func(e *ttlv.Encoder, t wire.Tag) { e.Integer(t, int32(r.Usage)) })
	add(wire.TagState, func(e *ttlv.Encoder, t wire.Tag) { e.Enumeration(t, uint32(state(r.State))) })
	date := func(t wire.Tag, at key.Time) {
		if at != 0 {
			add(t, func(e *ttlv.Encoder, t wire.Tag) { e.DateTime(t, at.Time()) })
		}
	}
	latest := r.Latest()
	date(wire.TagInitialDate, r.Created)
	date(wire.TagActivationDate, firstOf(latest.Activated, r.ActivateAt))
	date(wire.TagDeactivationDate, firstOf(latest.Deactivated, r.DeactivAt))
	date(wire.TagDestroyDate, latest.Destroyed)
	date(wire.TagCompromiseDate, latest.Compromised)
	date(wire.TagLastChangeDate, r.Updated)
	if r.Exportable {
		add(wire.TagExtractable, func(e *ttlv.Encoder, t wire.Tag) { e.Boolean(t, true) })
	} else {
		add(wire.TagExtractable, func(e *ttlv.Encoder, t wire.Tag) { e.Boolean(t, false) })
	}
	return all
}

func firstOf(a, b key.Time) key.Time {
	if a != 0 {
		return a
	}
	return b
}

// state is what the protocol calls a state. It has none for a suspended key, which protects nothing and may come
// back: that is nearest to deactivated.
func state(s key.State) wire.State {
	if s == key.Suspended {
		return wire.StateDeactivated
	}
	return wire.State(s) // the numbers are the same
}
