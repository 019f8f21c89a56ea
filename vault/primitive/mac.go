package primitive

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/subtle"
	"crypto/x509"
	"hash"
	"sync"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

var hmacHashes = map[key.Algorithm]crypto.Hash{
	key.HMACSHA256: crypto.SHA256,
	key.HMACSHA384: crypto.SHA384,
	key.HMACSHA512: crypto.SHA512,
}

// hmacKey computes MACs. States that have taken in the key are kept for the next use: making one costs more than most MACs.
type hmacKey struct {
	secretKey
	hash   crypto.Hash
	states sync.Pool // of hash.Hash
}

func openHMAC(a key.Algorithm, material []byte) (any, error) {
	if want := a.Traits().Bytes; len(material) != want {
		return nil, badMaterial(a, "it has %d bytes, not %d", len(material), want)
	}
	if _, err := x509.ParsePKCS8PrivateKey(material); err == nil { // Ed25519 and X25519 have 48 bytes too
		return nil, badMaterial(a, "it is a private key in PKCS #8")
	}
	k := &hmacKey{secretKey: secretKey{bytes.Clone(material)}, hash: hmacHashes[a]}
	k.states.New = func() any { return hmac.New(k.hash.New, k.material) }
	return k, nil
}

func (k *hmacKey) mac(input []byte, h crypto.Hash) ([]byte, error) {
	if h != 0 && h != k.hash {
		return nil, fault.New(fault.Invalid, "this key computes MACs with %s, not with %s", k.hash, h).
			WithHint("Leave the hash out.")
	}
	state := k.states.Get().(hash.Hash)
	state.Reset()
	state.Write(input)
	sum := state.Sum(make([]byte, 0, k.hash.Size()))
	k.states.Put(state)
	return sum, nil
}

func (k *hmacKey) derive(d Derivation) ([]byte, error) {
	if d.Hash == 0 {
		d.Hash = k.hash
	}
	return k.secretKey.derive(d)
}

func compareMAC(want, got []byte) error {
	if subtle.ConstantTimeCompare(want, got) == 1 {
		return nil
	}
	return fault.Wrap(fault.Invalid, ErrMismatch, "the MAC does not verify").
		WithHint("It is over other input, by another key or version, or truncated; send it whole.")
}
