package key

import (
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// ObjectType is KMIP's Object Type, with its numbers.
type ObjectType uint8

// Object types (KMIP 2.1, section 11.32).
const (
	Certificate  ObjectType = 1
	SymmetricKey ObjectType = 2
	PublicKey    ObjectType = 3
	PrivateKey   ObjectType = 4
	SplitKey     ObjectType = 5
	Template     ObjectType = 6 // attributes for objects to be made (KMIP 1.4, section 2.2.6)
	SecretData   ObjectType = 7
	OpaqueObject ObjectType = 8
	PGPKey       ObjectType = 9
	Request      ObjectType = 10 // a certificate request
)

// Usage is KMIP's Cryptographic Usage Mask (KMIP 2.1, section 11.17), with its bits.
type Usage uint32

// Usages.
const (
	Sign      Usage = 0x1
	Verify    Usage = 0x2
	Encrypt   Usage = 0x4
	Decrypt   Usage = 0x8
	Wrap      Usage = 0x10
	Unwrap    Usage = 0x20
	Export    Usage = 0x40
	MAC       Usage = 0x80
	VerifyMAC Usage = 0x100
	Derive    Usage = 0x200
	Agree     Usage = 0x800
)

var usageNames = []struct {
	bit  Usage
	name string
}{
	{Sign, "sign"},
	{Verify, "verify"},
	{Encrypt, "encrypt"},
	{Decrypt, "decrypt"},
	{Wrap, "wrap"},
	{Unwrap, "unwrap"},
	{Export, "export"},
	{MAC, "mac"},
	{VerifyMAC, "verify-mac"},
	{Derive, "derive"},
	{Agree, "agree"},
}

// Names lists the usages in u by name, in the order of their bits.
func (u Usage) Names() []string {
	names := []string{}
	for _, n := range usageNames {
		if u&n.bit != 0 {
			names = append(names, n.name)
		}
	}
	return names
}

// ParseUsage reads a list of usage names. fault.Invalid names the one it does not know.
func ParseUsage(names []string) (Usage, error) {
	var u Usage
next:
	for _, name := range names {
		for _, n := range usageNames {
			if n.name == name {
				u |= n.bit
				continue next
			}
		}
		return 0, fault.New(fault.Invalid, "there is no usage %q", clip(name)).
			WithHint("Usages are sign, verify, encrypt, decrypt, wrap, unwrap, export, mac, verify-mac, derive, agree.")
	}
	return u, nil
}

// Algorithm says what a key is for. Numbers are kept in the log and in snapshots: they are for ever.
type Algorithm uint8

// Algorithms. AES256GCM is what a key gets when nothing else is asked for.
const (
	AES128GCM        Algorithm = 1
	AES256GCM        Algorithm = 2
	ChaCha20Poly1305 Algorithm = 3
	HMACSHA256       Algorithm = 4
	HMACSHA384       Algorithm = 5
	HMACSHA512       Algorithm = 6
	RSA2048          Algorithm = 7
	RSA3072          Algorithm = 8
	RSA4096          Algorithm = 9
	ECDSAP256        Algorithm = 10
	ECDSAP384        Algorithm = 11
	ECDSAP521        Algorithm = 12
	Ed25519          Algorithm = 13
	X25519           Algorithm = 14
	MLKEM768         Algorithm = 15
	MLKEM1024        Algorithm = 16
	Secret           Algorithm = 17
	Opaque           Algorithm = 18
	X509             Algorithm = 19 // a certificate: its material is DER, and is no secret
	MLKEM768X25519   Algorithm = 20 // hybrids of ML-KEM and a curve (draft-ietf-hpke-pq)
	MLKEM768P256     Algorithm = 21
	MLKEM1024P384    Algorithm = 22
	AES192GCM        Algorithm = 23
)

// Traits is what is fixed about an algorithm.
type Traits struct {
	Name  string
	Type  ObjectType
	Bytes int   // length of the material for symmetric algorithms; 0 where the algorithm decides otherwise
	Usage Usage // everything that a key of this algorithm can ever be used for
	Extra Usage // of these, what it gets only when asked for; the rest is the default
	AEAD  bool  // an authenticated cipher: bound by the number of its uses
}

// Default is what a key is for when nothing else is asked.
func (t Traits) Default() Usage { return t.Usage &^ t.Extra }

const (
	wrapping = Wrap | Unwrap
	sealing  = Encrypt | Decrypt | wrapping
	signing  = Sign | Verify
	macs     = MAC | VerifyMAC | Derive
	agreeing = Derive | Agree
)

var traits = [...]Traits{
	AES128GCM:        {"aes-128-gcm", SymmetricKey, 16, sealing | Derive, Derive, true},
	AES256GCM:        {"aes-256-gcm", SymmetricKey, 32, sealing | Derive, Derive, true},
	ChaCha20Poly1305: {"chacha20-poly1305", SymmetricKey, 32, sealing | Derive, Derive, true},
	HMACSHA256:       {"hmac-sha256", SymmetricKey, 32, macs, 0, false},
	HMACSHA384:       {"hmac-sha384", SymmetricKey, 48, macs, 0, false},
	HMACSHA512:       {"hmac-sha512", SymmetricKey, 64, macs, 0, false},
	RSA2048:          {"rsa-2048", PrivateKey, 0, signing | sealing, 0, false},
	RSA3072:          {"rsa-3072", PrivateKey, 0, signing | sealing, 0, false},
	RSA4096:          {"rsa-4096", PrivateKey, 0, signing | sealing, 0, false},
	ECDSAP256:        {"ecdsa-p256", PrivateKey, 0, signing | agreeing, 0, false},
	ECDSAP384:        {"ecdsa-p384", PrivateKey, 0, signing | agreeing, 0, false},
	ECDSAP521:        {"ecdsa-p521", PrivateKey, 0, signing | agreeing, 0, false},
	Ed25519:          {"ed25519", PrivateKey, 0, signing, 0, false},
	X25519:           {"x25519", PrivateKey, 0, agreeing | wrapping, 0, false},
	MLKEM768:         {"ml-kem-768", PrivateKey, 0, wrapping, 0, false},
	MLKEM1024:        {"ml-kem-1024", PrivateKey, 0, wrapping, 0, false},
	Secret:           {"secret", SecretData, 0, Derive, 0, false},
	Opaque:           {"opaque", OpaqueObject, 0, 0, 0, false},
	X509:             {"x509", Certificate, 0, Verify, 0, false},
	MLKEM768X25519:   {"ml-kem-768-x25519", PrivateKey, 0, wrapping, 0, false},
	MLKEM768P256:     {"ml-kem-768-p256", PrivateKey, 0, wrapping, 0, false},
	MLKEM1024P384:    {"ml-kem-1024-p384", PrivateKey, 0, wrapping, 0, false},
	AES192GCM:        {"aes-192-gcm", SymmetricKey, 24, sealing | Derive, Derive, true},
}

// Traits returns what is fixed about a; the zero Traits for an unknown number.
func (a Algorithm) Traits() Traits {
	if int(a) < len(traits) {
		return traits[a]
	}
	return Traits{}
}

// String is the algorithm's name, such as "aes-256-gcm".
func (a Algorithm) String() string {
	if n := a.Traits().Name; n != "" {
		return n
	}
	return "unknown"
}

// ParseAlgorithm reads an algorithm's name; the empty name is AES256GCM. fault.Invalid for one there is not.
func ParseAlgorithm(name string) (Algorithm, error) {
	if name == "" {
		return AES256GCM, nil
	}
	for i, t := range traits {
		if t.Name == name && i > 0 {
			return Algorithm(i), nil
		}
	}
	return 0, fault.New(fault.Invalid, "there is no algorithm %q", clip(name)).
		WithHint("Algorithms to choose from: %s. The default is %s.", strings.Join(AlgorithmNames(), ", "), AES256GCM)
}

// AlgorithmNames lists every algorithm by name, in the order of their numbers.
func AlgorithmNames() []string {
	names := make([]string, 0, len(traits)-1)
	for _, t := range traits[1:] {
		names = append(names, t.Name)
	}
	return names
}
