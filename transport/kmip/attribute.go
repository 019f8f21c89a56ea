package kmip

import (
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

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
