package envelope

import (
	"bytes"
	"crypto/mlkem"
	encodingasn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Object identifiers of ML-KEM (NIST, CSOR): joint-iso-itu-t country us organization gov csor nistAlgorithm kems.
var (
	oidMLKEM768  = encodingasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}
	oidMLKEM1024 = encodingasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 3}
)

// seedTag is the implicit [0] before a seed (RFC 9935, section 6).
var seedTag = asn1.Tag(0).ContextSpecific()

// parseSeed reads the PKCS #8 of an ML-KEM key (RFC 9935): the seed alone, or the seed with the expanded key, which must be
// that seed's. ok is false for keys of other kinds.
func parseSeed(der []byte) (s seed, ok bool, err error) {
	in, body, id, private := cryptobyte.String(der), cryptobyte.String(nil), cryptobyte.String(nil), cryptobyte.String(nil)
	var version int
	var oid encodingasn1.ObjectIdentifier
	if !in.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) || !body.ReadASN1(&id, asn1.SEQUENCE) || !id.ReadASN1ObjectIdentifier(&oid) {
		return s, false, nil
	}
	switch {
	case oid.Equal(oidMLKEM768):
		s.algorithm = key.MLKEM768
	case oid.Equal(oidMLKEM1024):
		s.algorithm = key.MLKEM1024
	default:
		return s, false, nil
	}
	bad := fault.New(fault.Invalid, "the PKCS #8 structure of the %s key is not valid", s.algorithm)
	if !id.Empty() || !body.ReadASN1(&private, asn1.OCTET_STRING) {
		return s, false, bad
	}
	var sd, expanded cryptobyte.String
	both := cryptobyte.String(nil)
	switch {
	case private.PeekASN1Tag(asn1.OCTET_STRING):
		return s, false, fault.New(fault.Invalid, "this %s key is in its expanded form, without the seed", s.algorithm).
			WithHint("Export it with its seed (RFC 9935), from which everything else follows.")
	case private.ReadASN1(&sd, seedTag):
	case private.ReadASN1(&both, asn1.SEQUENCE):
		if !both.ReadASN1(&sd, asn1.OCTET_STRING) || !both.ReadASN1(&expanded, asn1.OCTET_STRING) || !both.Empty() {
			return s, false, bad
		}
	}
	if !private.Empty() || len(sd) != mlkem.SeedSize {
		return s, false, bad
	}
	if len(expanded) > 0 && !endsIn(s.algorithm, sd, expanded) {
		return s, false, fault.New(fault.Invalid, "the seed of the %s key and its expanded form are of two keys", s.algorithm)
	}
	s.bytes = bytes.Clone(sd)
	return s, true, nil
}

// endsIn tells whether an expanded key (FIPS 203: dk_PKE ‖ ek ‖ H(ek) ‖ z) holds the public key that the seed gives.
func endsIn(a key.Algorithm, sd, expanded []byte) bool {
	var public []byte
	if a == key.MLKEM768 {
		if k, err := mlkem.NewDecapsulationKey768(sd); err == nil {
			public = k.EncapsulationKey().Bytes()
		}
	} else if k, err := mlkem.NewDecapsulationKey1024(sd); err == nil {
		public = k.EncapsulationKey().Bytes()
	}
	tail := 64 // H(ek) and z
	return len(public) > 0 && len(expanded) > len(public)+tail && bytes.Equal(expanded[len(expanded)-tail-len(public):len(expanded)-tail], public)
}

// writeSeed is the PKCS #8 of an ML-KEM key, with its seed alone.
func writeSeed(a key.Algorithm, sd []byte) ([]byte, error) {
	oid := oidMLKEM768
	if a == key.MLKEM1024 {
		oid = oidMLKEM1024
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
		b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			b.AddASN1(seedTag, func(b *cryptobyte.Builder) { b.AddBytes(sd) })
		})
	})
	return b.Bytes()
}
