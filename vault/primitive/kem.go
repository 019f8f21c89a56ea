package primitive

import (
	"crypto"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/mlkem"
	"encoding/asn1"
	"io"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// kem is what is fixed about ML-KEM or a hybrid of it.
//
// Public halves are SubjectPublicKeyInfo without parameters around the bytes of the public key: for ML-KEM as RFC 9935 has it;
// for the hybrids the ML-KEM key and then the curve's, which is the public key of their HPKE KEM. The identifiers are X-Wing's
// (draft-connolly-cfrg-xwing-kem) and, for the NIST curves, those of draft-ietf-lamps-pq-composite-kem, which writes the same
// public keys and ciphertexts and combines to the same secret; only private keys are written differently there.
type kem struct {
	oid        asn1.ObjectIdentifier
	seed       int // bytes of material
	public     int // bytes of ML-KEM's encapsulation key
	ciphertext int // bytes of ML-KEM's ciphertext
	newPublic  func([]byte) (crypto.Encapsulator, error)
	newPrivate func(seed []byte) (crypto.Decapsulator, error)

	curve  ecdh.Curve // of a hybrid, else nil
	scalar int        // bytes of the curve's private key
	point  int        // bytes of the curve's public key
	label  string     // ends what is hashed to the shared secret
}

// hybridSeed is the length of a hybrid's private key.
const hybridSeed = 32

var kems = map[key.Algorithm]*kem{
	key.MLKEM768: {
		oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 2}, seed: mlkem.SeedSize,
		public: mlkem.EncapsulationKeySize768, ciphertext: mlkem.CiphertextSize768, newPublic: newPublic768, newPrivate: newPrivate768,
	},
	key.MLKEM1024: {
		oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 4, 3}, seed: mlkem.SeedSize,
		public: mlkem.EncapsulationKeySize1024, ciphertext: mlkem.CiphertextSize1024, newPublic: newPublic1024, newPrivate: newPrivate1024,
	},
	key.MLKEM768X25519: {
		oid: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 62253, 25722}, seed: hybridSeed,
		public: mlkem.EncapsulationKeySize768, ciphertext: mlkem.CiphertextSize768, newPublic: newPublic768, newPrivate: newPrivate768,
		curve: ecdh.X25519(), scalar: 32, point: 32, label: `\./` + `/^\`,
	},
	key.MLKEM768P256: {
		oid: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 6, 59}, seed: hybridSeed,
		public: mlkem.EncapsulationKeySize768, ciphertext: mlkem.CiphertextSize768, newPublic: newPublic768, newPrivate: newPrivate768,
		curve: ecdh.P256(), scalar: 32, point: 65, label: "MLKEM768-P256",
	},
	key.MLKEM1024P384: {
		oid: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 6, 63}, seed: hybridSeed,
		public: mlkem.EncapsulationKeySize1024, ciphertext: mlkem.CiphertextSize1024, newPublic: newPublic1024, newPrivate: newPrivate1024,
		curve: ecdh.P384(), scalar: 48, point: 97, label: "MLKEM1024-P384",
	},
}

func newPublic768(b []byte) (crypto.Encapsulator, error) { return mlkem.NewEncapsulationKey768(b) }

func newPublic1024(b []byte) (crypto.Encapsulator, error) { return mlkem.NewEncapsulationKey1024(b) }

func newPrivate768(b []byte) (crypto.Decapsulator, error) { return mlkem.NewDecapsulationKey768(b) }

func newPrivate1024(b []byte) (crypto.Decapsulator, error) { return mlkem.NewDecapsulationKey1024(b) }

func drawSeed(a key.Algorithm, _ int, rnd io.Reader) ([]byte, error) { return draw(kems[a].seed, rnd) }

// spki is SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) with an algorithm that has no parameters.
type spki struct {
	Algorithm struct{ OID asn1.ObjectIdentifier }
	PublicKey asn1.BitString
}

func (k *kem) marshal(public []byte) ([]byte, error) {
	var s spki
	s.Algorithm.OID = k.oid
	s.PublicKey = asn1.BitString{Bytes: public, BitLength: 8 * len(public)}
	return asn1.Marshal(s)
}

// unmarshal undoes marshal; nil for anything that marshal would not have written.
func (k *kem) unmarshal(der []byte) []byte {
	var s spki
	if len(der) > maxSPKI {
		return nil
	}
	if _, err := asn1.Unmarshal(der, &s); err != nil {
		return nil
	}
	again, err := k.marshal(s.PublicKey.Bytes)
	if err != nil || string(again) != string(der) || len(s.PublicKey.Bytes) != k.public+k.point {
		return nil
	}
	return s.PublicKey.Bytes
}

type mlkemPublic struct {
	hpkePublic
	kem *kem
	key crypto.Encapsulator
}

type mlkemPrivate struct {
	mlkemPublic
	hpkePrivate
	private crypto.Decapsulator
}

func openMLKEM(a key.Algorithm, material []byte) (any, error) {
	k := kems[a]
	if len(material) != k.seed {
		return nil, badMaterial(a, "it has %d bytes, not %d", len(material), k.seed)
	}
	private, err := k.newPrivate(material)
	if err != nil {
		return nil, badMaterial(a, "it is no seed")
	}
	public, err := newMLKEMPublic(k, private.Encapsulator())
	if err != nil {
		return nil, err
	}
	h, err := hpke.NewMLKEMPrivateKey(private)
	return &mlkemPrivate{public, hpkePrivate{h, k.ciphertext}, private}, err
}

func openMLKEMPublic(a key.Algorithm, der []byte) (any, error) {
	k := kems[a]
	public, err := k.newPublic(k.unmarshal(der))
	if err != nil {
		return nil, badPublic(a)
	}
	return newMLKEMPublic(k, public)
}

func newMLKEMPublic(k *kem, public crypto.Encapsulator) (mlkemPublic, error) {
	h, err := hpke.NewMLKEMPublicKey(public)
	return mlkemPublic{hpkePublic{h}, k, public}, err
}

func (k mlkemPublic) spki() ([]byte, error) { return k.kem.marshal(k.key.Bytes()) }

func (k mlkemPublic) encapsulate() (shared, ciphertext []byte, err error) {
	shared, ciphertext = k.key.Encapsulate()
	return shared, ciphertext, nil
}

func (k *mlkemPrivate) decapsulate(ciphertext []byte) ([]byte, error) {
	if err := checkLength(ciphertext, k.kem.ciphertext); err != nil {
		return nil, err
	}
	return k.private.Decapsulate(ciphertext)
}

func checkLength(ciphertext []byte, want int) error {
	if len(ciphertext) == want {
		return nil
	}
	return fault.New(fault.Invalid, "an encapsulated key of this algorithm has %d bytes, not %d", want, len(ciphertext)).
		WithHint("Send it as encapsulate gave it, whole.")
}
