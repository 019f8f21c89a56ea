package envelope

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// checkLabel is what other symmetric keys than AES authenticate for their check value.
const checkLabel = "quorate check value"

// CheckValue is what two sides compare to see that they hold the same key. AES: the first three bytes of an encrypted block of
// zeros (ANSI X9.24-1, the KCV of HSMs). Other symmetric keys and secrets: the first three bytes of HMAC-SHA256 over a fixed label. Key
// pairs and certificates: SHA-256 of the SubjectPublicKeyInfo, public. All in lower-case hex. Secrets and opaque objects shorter than
// 16 bytes have none (""): they may be guessable, and it would tell who guessed right.
func CheckValue(a key.Algorithm, material, public []byte) (string, error) {
	switch {
	case a == key.X509:
		c, err := x509.ParseCertificate(material)
		if err != nil {
			return "", fmt.Errorf("reading a certificate: %w", err)
		}
		return Fingerprint(c.RawSubjectPublicKeyInfo), nil
	case a.Traits().Type == key.PrivateKey:
		return Fingerprint(public), nil
	case a == key.AES128GCM || a == key.AES192GCM || a == key.AES256GCM:
		block, err := aes.NewCipher(material)
		if err != nil {
			return "", err
		}
		out := make([]byte, aes.BlockSize)
		block.Encrypt(out, out)
		return hex.EncodeToString(out[:3]), nil
	}
	if t := a.Traits().Type; (t == key.SecretData || t == key.OpaqueObject) && len(material) < 16 {
		return "", nil
	}
	mac := hmac.New(sha256.New, material)
	mac.Write([]byte(checkLabel))
	return hex.EncodeToString(mac.Sum(nil)[:3]), nil
}

// Fingerprint is the SHA-256 of a SubjectPublicKeyInfo in hex.
func Fingerprint(spki []byte) string {
	sum := sha256.Sum256(spki)
	return hex.EncodeToString(sum[:])
}

// SameCheck compares a check value that somebody gave with ours: case, colons and spaces do not count, and HSMs that show more than
// three bytes or fewer digits of a fingerprint are not guessed at. fault.Invalid if they differ.
func SameCheck(given, ours string) error {
	plain := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(given))
	if plain == ours {
		return nil
	}
	return fault.New(fault.Invalid, "the key that came has the check value %s, not %s: it is another key", ours, clip(given)).
		WithHint("Compare both with where the key came from. Nothing was imported.")
}
