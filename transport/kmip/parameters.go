package kmip

import (
	"encoding/binary"
	"errors"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// What the vault calls the protocol's choices. The others are refused by name.
var (
	modeNames = map[wire.BlockCipherMode]string{
		wire.BlockCipherModeCBC: "cbc", wire.BlockCipherModeECB: "ecb", wire.BlockCipherModeCFB: "cfb", wire.BlockCipherModeOFB: "ofb",
		wire.BlockCipherModeCTR: "ctr", wire.BlockCipherModeGCM: "gcm", wire.BlockCipherModeAEAD: "gcm",
		wire.BlockCipherModeCCM: "ccm", wire.BlockCipherModeXTS: "xts",
	}
	paddingNames = map[wire.PaddingMethod]string{
		wire.PaddingMethodNone: "none", wire.PaddingMethodPKCS5: "pkcs5", wire.PaddingMethodANSIX9_23: "x923",
		wire.PaddingMethodOAEP: "oaep", wire.PaddingMethodPKCS1V1_5: "pkcs1v15", wire.PaddingMethodPSS: "pss",
	}
	keyedHashNames = map[wire.HashingAlgorithm]string{
		wire.HashingAlgorithmSHA_1: "sha1", wire.HashingAlgorithmSHA_224: "sha224", wire.HashingAlgorithmSHA_256: "sha256",
		wire.HashingAlgorithmSHA_384: "sha384", wire.HashingAlgorithmSHA_512: "sha512", wire.HashingAlgorithmSHA_512_224: "sha512-224", wire.HashingAlgorithmSHA_512_256: "sha512-256",
		wire.HashingAlgorithmSHA3_224: "sha3-224", wire.HashingAlgorithmSHA3_256: "sha3-256", wire.HashingAlgorithmSHA3_384: "sha3-384", wire.HashingAlgorithmSHA3_512: "sha3-512",
	}
	hmacNames = map[wire.CryptographicAlgorithm]string{
		wire.CryptographicAlgorithmHMAC_SHA1: "sha1", wire.CryptographicAlgorithmHMAC_SHA224: "sha224", wire.CryptographicAlgorithmHMAC_SHA256: "sha256",
		wire.CryptographicAlgorithmHMAC_SHA384: "sha384", wire.CryptographicAlgorithmHMAC_SHA512: "sha512",
		wire.CryptographicAlgorithmHMAC_SHA3_224: "sha3-224", wire.CryptographicAlgorithmHMAC_SHA3_256: "sha3-256",
		wire.CryptographicAlgorithmHMAC_SHA3_384: "sha3-384", wire.CryptographicAlgorithmHMAC_SHA3_512: "sha3-512",
	}
	signatureNames = map[wire.DigitalSignatureAlgorithm]struct{ padding, hash string }{
		wire.DigitalSignatureAlgorithmSHA_256WithRSAEncryption: {"pkcs1v15", "sha256"}, wire.DigitalSignatureAlgorithmSHA_384WithRSAEncryption: {"pkcs1v15", "sha384"},
		wire.DigitalSignatureAlgorithmSHA_512WithRSAEncryption: {"pkcs1v15", "sha512"}, wire.DigitalSignatureAlgorithmRSASSA_PSS: {"pss", ""},
		wire.DigitalSignatureAlgorithmECDSAWithSHA256: {"", "sha256"}, wire.DigitalSignatureAlgorithmECDSAWithSHA384: {"", "sha384"},
		wire.DigitalSignatureAlgorithmECDSAWithSHA512: {"", "sha512"},
	}
)

// parametersOf are the Cryptographic Parameters of a request, or else the first of the key's attribute. Neither: not Present.
func parametersOf(asked ttlv.Item, r *key.Record) (ttlv.Item, error) {
	kept := r.Attributes[wire.TagCryptographicParameters.Name()]
	if asked.Present() || len(kept) < 8 {
		return asked, nil
	}
	first := 8 + int(binary.BigEndian.Uint32(kept[4:]))
	m, err := ttlv.Decode(kept[:min(first, len(kept))], ttlv.Limits{})
	if err != nil {
		return asked, err
	}
	return m.Root(), nil
}

// usable refuses a key whose usage mask lacks what is asked for; who may use the key may know.
func usable(r *key.Record, need key.Usage) error {
	if r.Usage&need != 0 {
		return nil
	}
	return because(wire.ResultReasonIncompatibleCryptographicUsageMask, fault.New(fault.BadState, "the cryptographic usage mask of the key does not allow it"))
}

// chosen looks up what an enumeration of the parameters stands for; "" where it is not there.
func chosen[E ~uint32](p ttlv.Item, t wire.Tag, names map[E]string) (string, error) {
	item := p.Find(t)
	if !item.Present() {
		return "", nil
	}
	v, err := item.Enumeration()
	if err != nil {
		return "", err
	}
	name, ok := names[E(v)]
	if !ok {
		return "", unsupported("the %s %s is not offered", t.Name(), wire.ValueText(t, v))
	}
	return name, nil
}

func unsupported(format string, args ...any) error {
	return because(wire.ResultReasonUnsupportedCryptographicParameters, fault.New(fault.Invalid, format, args...))
}

// length is an Integer of the parameters; 0 where it is not there.
func length(p ttlv.Item, t wire.Tag) (int, error) {
	item := p.Find(t)
	if !item.Present() {
		return 0, nil
	}
	n, err := item.Integer()
	if err == nil && n <= 0 {
		return 0, item.Fail("it must be positive")
	}
	return int(n), err
}

// encryption reads the parameters of Encrypt and Decrypt (KMIP 1.4, section 3.6; 2.1, section 4.14).
func encryption(p ttlv.Item, r *key.Record, s *vault.BareScheme) (err error) {
	if s.Padding, err = chosen(p, wire.TagPaddingMethod, paddingNames); err != nil {
		return err
	}
	if r.Type == key.SymmetricKey {
		if s.Mode, err = chosen(p, wire.TagBlockCipherMode, modeNames); err != nil {
			return err
		}
		a, _ := cipherOf(r)
		if s.Mode == "xts" && a != wire.CryptographicAlgorithmAES { // a key of 512 bits is a secret of the vault's, as many others are
			return unsupported("the mode XTS is for AES keys of 256 or 512 bits")
		}
		if s.Mode == "" && s.Padding != "" {
			return unsupported("a padding is named, and no block cipher mode")
		}
		if err := cipherScheme(p, a, r, s); err != nil {
			return err
		}
		if n := p.Find(wire.TagTagLength); n.Present() {
			v, err := n.Integer()
			if err != nil {
				return err
			}
			if s.TagBytes = int(v); v == 0 {
				s.TagBytes = -1
			}
		}
		return nil
	}
	if s.Hash, err = chosen(p, wire.TagHashingAlgorithm, keyedHashNames); err != nil {
		return err
	}
	if s.MaskHash, err = chosen(p, wire.TagMaskGeneratorHashingAlgorithm, keyedHashNames); err != nil {
		return err
	}
	if label := p.Find(wire.TagPSource); label.Present() {
		s.Label, err = label.Bytes()
	}
	return err
}

// cipherScheme is what the scheme has of a cipher other than AES. What the vault keeps as a secret has the algorithm that was said of it.
func cipherScheme(p ttlv.Item, a wire.CryptographicAlgorithm, r *key.Record, s *vault.BareScheme) error {
	secret := r.Algorithm == key.Secret
	switch {
	case r.Algorithm == key.ChaCha20Poly1305:
		if v, _ := p.Find(wire.TagBlockCipherMode).Enumeration(); s.Mode != "" && wire.BlockCipherMode(v) != wire.BlockCipherModeAEAD {
			return unsupported("keys of ChaCha20-Poly1305 have the mode AEAD alone, or none named")
		}
		s.Mode = ""
	case secret && a == wire.CryptographicAlgorithmDES3:
		if s.Cipher = "3des"; s.Mode == "" {
			return unsupported("3DES needs a mode: CBC, ECB, CFB, OFB or CTR")
		}
	case secret && a == wire.CryptographicAlgorithmChaCha20:
		if s.Mode != "" {
			return unsupported("ChaCha20 is no block cipher and has no mode of one; leave it out")
		}
		s.Mode = "chacha20"
		if first := p.Find(wire.TagInitialCounterValue); first.Present() {
			n, err := first.Integer()
			if err != nil {
				return err
			}
			s.Counter = uint32(n)
		}
	}
	return nil
}

// signing reads the parameters of Sign and Signature Verify.
func signing(p ttlv.Item, r *key.Record, s *vault.BareScheme) (err error) {
	if s.Padding, err = chosen(p, wire.TagPaddingMethod, paddingNames); err != nil {
		return err
	}
	if s.Hash, err = chosen(p, wire.TagHashingAlgorithm, hashNames); err != nil {
		return err
	}
	if s.Salt, err = length(p, wire.TagSaltLength); err != nil {
		return err
	}
	if item := p.Find(wire.TagDigitalSignatureAlgorithm); item.Present() {
		v, err := item.Enumeration()
		if err != nil {
			return err
		}
		named, ok := signatureNames[wire.DigitalSignatureAlgorithm(v)]
		if !ok {
			return unsupported("the signature algorithm %v is not offered", wire.DigitalSignatureAlgorithm(v))
		}
		s.Padding = named.padding
		if named.hash != "" {
			s.Hash = named.hash
		}
	}
	if r.Algorithm == key.Ed25519 && !s.Prehashed { // it hashes by itself
		s.Hash = ""
	}
	if s.Padding == "none" {
		s.Padding = ""
	}
	return nil
}

// authenticating reads the parameters of MAC and MAC Verify: the algorithm of the MAC, or a hash, or the mode CMAC.
func authenticating(p ttlv.Item, r *key.Record, s *vault.BareScheme) (err error) {
	if s.Hash, err = chosen(p, wire.TagHashingAlgorithm, keyedHashNames); err != nil {
		return err
	}
	algorithm := p.Find(wire.TagCryptographicAlgorithm)
	mode, hasMode := p.Find(wire.TagBlockCipherMode), p.Find(wire.TagBlockCipherMode).Present()
	switch {
	case hasMode:
		v, err := mode.Enumeration()
		if err != nil {
			return err
		}
		if wire.BlockCipherMode(v) != wire.BlockCipherModeCMAC {
			return unsupported("the mode %v makes no MAC; use CMAC", wire.BlockCipherMode(v))
		}
		s.CMAC, s.Hash = true, ""
		return nil
	case algorithm.Present():
		v, err := algorithm.Enumeration()
		if err != nil {
			return err
		}
		if name, ok := hmacNames[wire.CryptographicAlgorithm(v)]; ok {
			s.Hash = name
			return nil
		}
		if wire.CryptographicAlgorithm(v) != wire.CryptographicAlgorithmAES {
			return unsupported("the algorithm %v makes no MAC here", wire.CryptographicAlgorithm(v))
		}
	}
	if a, _ := cipherOf(r); s.Hash == "" && r.Algorithm == key.Secret {
		s.Hash = hmacNames[a]
	}
	if c := ciphers[r.Algorithm]; s.Hash == "" && c.algorithm == wire.CryptographicAlgorithmAES {
		s.CMAC = true
	}
	return nil
}

// cryptoReason gives what a bare operation says the reason that the protocol has for it.
func cryptoReason(err error) error {
	f := fault.Of(err)
	switch {
	case errors.Is(err, vault.ErrUnopened):
		return because(wire.ResultReasonCryptographicFailure, f)
	case errors.Is(err, vault.ErrNoIV):
		return because(wire.ResultReasonInvalidMessage, f)
	case errors.Is(err, vault.ErrTagLength):
		return because(wire.ResultReasonGeneralFailure, f)
	}
	return err
}
