package seal

import (
	"crypto/ed25519"

	"github.com/quorate/quorate/vault/fault"
)

// A share also derives a signing key, its custodian key. The configuration holds the public half: so a wrong share is known
// the moment it is handed in, and a custodian can prove possession, or approve something, without showing the share.

// withCustodianKey lends the share's private key, which is wiped afterwards.
func (s *Share) withCustodianKey(cluster [16]byte, use func(ed25519.PrivateKey)) error {
	return s.scalar.Lend(func(scalar []byte) error {
		seed, err := deriveFromScalar(scalar, labelCustodian, labelCustodianSeed, cluster[:], be16(s.epoch), []byte{byte(s.index)})
		if err != nil {
			return err
		}
		defer seed.Destroy()
		return seed.Lend(func(seed []byte) error {
			key := ed25519.NewKeyFromSeed(seed)
			defer clear(key)
			use(key)
			return nil
		})
	})
}

// Public returns the share's custodian public key in that cluster (Ed25519, 32 bytes).
func (s *Share) Public(cluster [16]byte) ([]byte, error) {
	public := make([]byte, ed25519.PublicKeySize)
	err := s.withCustodianKey(cluster, func(key ed25519.PrivateKey) { copy(public, key[ed25519.SeedSize:]) })
	return public, err
}

// Sign signs message with the share's custodian key for one purpose ("roll-call", "approval"): a signature for one purpose, cluster,
// epoch or index is none for another.
func (s *Share) Sign(cluster [16]byte, purpose string, message []byte) ([]byte, error) {
	var signature []byte
	err := s.withCustodianKey(cluster, func(key ed25519.PrivateKey) {
		signature = ed25519.Sign(key, custodianMessage(cluster, s.epoch, s.index, purpose, message))
	})
	return signature, err
}

// VerifyCustodian checks a signature by the holder of share index. It gives fault.Denied when the signature is not his, and
// fault.Invalid for an index that does not exist.
func (c *Config) VerifyCustodian(index int, purpose string, message, signature []byte) error {
	slot := c.shamir()
	if index < 1 || index > slot.Shares {
		return fault.New(fault.Invalid, "there is no share %d: this cluster has %d shares", index, slot.Shares)
	}
	if !ed25519.Verify(slot.Custodians[index-1], custodianMessage(c.Cluster, c.Epoch, index, purpose, message), signature) {
		return fault.New(fault.Denied, "the signature is not by the holder of share %d of epoch %d", index, c.Epoch)
	}
	return nil
}

func custodianMessage(cluster [16]byte, epoch uint16, index int, purpose string, message []byte) []byte {
	return bind("quorate/v1/custodian/signature", cluster[:], be16(epoch), []byte{byte(index)}, []byte(purpose), message)
}
