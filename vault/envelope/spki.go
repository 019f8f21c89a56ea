package envelope

import (
	"crypto/ecdh"
	"crypto/x509"
	encodingasn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// kemOIDs identify the public keys of KEMs in a SubjectPublicKeyInfo; package primitive says where they come from.
var kemOIDs = map[key.Algorithm]encodingasn1.ObjectIdentifier{
	key.MLKEM768: oidMLKEM768, key.MLKEM1024: oidMLKEM1024,
	key.MLKEM768X25519: {1, 3, 6, 1, 4, 1, 62253, 25722},
	key.MLKEM768P256:   {1, 3, 6, 1, 5, 5, 7, 6, 59},
	key.MLKEM1024P384:  {1, 3, 6, 1, 5, 5, 7, 6, 63},
}

// spkiOf is the SubjectPublicKeyInfo of the raw public key of an X25519 key or a KEM.
func spkiOf(a key.Algorithm, raw []byte) ([]byte, error) {
	if a == key.X25519 {
		k, err := ecdh.X25519().NewPublicKey(raw)
		if err != nil {
			return nil, fault.New(fault.Invalid, "a raw public key of algorithm %s has 32 bytes, not %d", a, len(raw))
		}
		return x509.MarshalPKIXPublicKey(k)
	}
	oid := kemOIDs[a]
	if oid == nil {
		return nil, fault.New(fault.Invalid, "public keys of algorithm %s are not given raw", a).WithHint("Give it as PEM: openssl pkey -in FILE -pubout writes it.")
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
		b.AddASN1BitString(raw)
	})
	return b.Bytes()
}
