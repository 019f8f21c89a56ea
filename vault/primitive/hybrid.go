package primitive

import (
	"crypto"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha3"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// The hybrids are the KEMs of draft-ietf-hpke-pq (draft-irtf-cfrg-concrete-hybrid-kems). Package hpke has them but lends no
// encapsulation, so the seed's expansion and the combiner stand here again, proved against hpke and X-Wing's vectors.

type hybridPublic struct {
	hpkePublic
	kem   *kem
	mlkem crypto.Encapsulator
	point *ecdh.PublicKey
}

type hybridPrivate struct {
	hybridPublic
	hpkePrivate
	private crypto.Decapsulator
	scalar  *ecdh.PrivateKey
}

func openHybrid(a key.Algorithm, material []byte) (any, error) {
	k := kems[a]
	if len(material) != k.seed {
		return nil, badMaterial(a, "it has %d bytes, not %d", len(material), k.seed)
	}
	pq, scalar, err := k.expand(material)
	if err != nil {
		return nil, badMaterial(a, "it is no seed")
	}
	public, err := newHybridPublic(k, pq.Encapsulator(), scalar.PublicKey())
	if err != nil {
		return nil, err
	}
	h, err := hpke.NewHybridPrivateKey(pq, scalar)
	return &hybridPrivate{public, hpkePrivate{h, k.ciphertext + k.point}, pq, scalar}, err
}

// expand makes both private keys of the seed: SHAKE256 gives ML-KEM's seed, then scalars until one lies in range.
func (k *kem) expand(seed []byte) (crypto.Decapsulator, *ecdh.PrivateKey, error) {
	stream := sha3.NewSHAKE256()
	_, _ = stream.Write(seed)
	buf := make([]byte, 64+k.scalar) // d ‖ z, and a scalar
	defer clear(buf)
	_, _ = stream.Read(buf)
	pq, err := k.newPrivate(buf[:64])
	if err != nil {
		return nil, nil, err
	}
	for {
		scalar, err := k.curve.NewPrivateKey(buf[64:])
		if err == nil {
			return pq, scalar, nil
		}
		_, _ = stream.Read(buf[64:])
	}
}

func openHybridPublic(a key.Algorithm, der []byte) (any, error) {
	k := kems[a]
	b := k.unmarshal(der)
	if b == nil {
		return nil, badPublic(a)
	}
	pq, err := k.newPublic(b[:k.public])
	if err != nil {
		return nil, badPublic(a)
	}
	point, err := k.curve.NewPublicKey(b[k.public:])
	if err != nil {
		return nil, badPublic(a)
	}
	return newHybridPublic(k, pq, point)
}

func newHybridPublic(k *kem, pq crypto.Encapsulator, point *ecdh.PublicKey) (hybridPublic, error) {
	h, err := hpke.NewHybridPublicKey(pq, point)
	return hybridPublic{hpkePublic{h}, k, pq, point}, err
}

func (k hybridPublic) spki() ([]byte, error) { return k.kem.marshal(k.hpkePublic.hpke.Bytes()) }

func (k hybridPublic) encapsulate() (shared, ciphertext []byte, err error) {
	ephemeral, err := k.kem.curve.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	agreed, err := ephemeral.ECDH(k.point)
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "this public key gives no secret").WithHint("It is not a proper key: ask its owner for another.")
	}
	defer clear(agreed)
	secret, ciphertext := k.mlkem.Encapsulate()
	defer clear(secret)
	sent := ephemeral.PublicKey().Bytes()
	return k.combine(secret, agreed, sent), append(ciphertext, sent...), nil
}

func (k *hybridPrivate) decapsulate(ciphertext []byte) ([]byte, error) {
	if err := checkLength(ciphertext, k.hpkePrivate.bytes); err != nil {
		return nil, err
	}
	pq, sent := ciphertext[:k.kem.ciphertext], ciphertext[k.kem.ciphertext:]
	point, err := k.kem.curve.NewPublicKey(sent)
	if err != nil {
		return nil, ErrUnopened
	}
	agreed, err := k.scalar.ECDH(point)
	if err != nil {
		return nil, ErrUnopened
	}
	defer clear(agreed)
	secret, err := k.private.Decapsulate(pq)
	if err != nil {
		return nil, ErrUnopened
	}
	defer clear(secret)
	return k.combine(secret, agreed, sent), nil
}

// combine is SHA3-256 over both secrets, what the curve's half sent, its public key and the label.
func (k hybridPublic) combine(secret, agreed, sent []byte) []byte {
	h := sha3.New256()
	for _, part := range [][]byte{secret, agreed, sent, k.point.Bytes(), []byte(k.kem.label)} {
		_, _ = h.Write(part)
	}
	return h.Sum(nil)
}
