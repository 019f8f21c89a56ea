// Package envelope knows the formats in which keys travel: PEM, PKCS #8, PKCS #1, SEC 1, JWK, raw bytes and OpenSSH lines,
// check values by which two sides see that they hold the same key, the schemes in which a key is wrapped to somebody, and the
// container of a backup. It knows no vault, no store and no protocol; it imports only primitive, key and fault.
package envelope

import (
	"bytes"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// Format is how a key is written.
type Format string

// Formats. Not every algorithm has each of them.
const (
	PEM   Format = "pem"   // text around PKCS #8, SPKI or a certificate (RFC 7468)
	DER   Format = "der"   // PKCS #8, SPKI or a certificate
	PKCS8 Format = "pkcs8" // private key, DER (RFC 5208, RFC 5958)
	SPKI  Format = "spki"  // public key, DER (RFC 5280)
	PKCS1 Format = "pkcs1" // RSA, DER (RFC 8017)
	SEC1  Format = "sec1"  // elliptic curves, DER (RFC 5915)
	JWK   Format = "jwk"   // JSON (RFC 7517, RFC 7518, RFC 8037)
	Raw   Format = "raw"   // bytes of a symmetric key, scalar, seed or point
	SSH   Format = "ssh"   // public key, a line of authorized_keys
)

// MaxInput bounds what Parse looks at, in bytes: the largest material that a version may have.
const MaxInput = key.MaxMaterial

// ParseFormat reads a format's name; "" stays "". fault.Invalid for one there is not.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case "", PEM, DER, PKCS8, SPKI, PKCS1, SEC1, JWK, Raw, SSH:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "there is no format %q", clip(name)).WithHint("Formats are pem, der, pkcs8, spki, pkcs1, sec1, jwk, raw and, for public keys, ssh.")
}

// Parse reads the private or symmetric key, or the certificate, that data holds, and returns it as material of algorithm a,
// which the caller clears, with its public half (nil where there is none). The format is seen from the data itself; want, unless "", is the only one accepted. What is no key of
// a is refused with what it is instead: fault.Invalid. Secrets and opaque objects are taken as they stand. data is lent.
func Parse(a key.Algorithm, data []byte, want Format) (material, public []byte, err error) {
	switch {
	case len(data) == 0:
		return nil, nil, fault.New(fault.Invalid, "there is no key in it: it is empty")
	case len(data) > MaxInput:
		return nil, nil, fault.New(fault.TooLarge, "it has %d bytes, a key has at most %d", len(data), MaxInput)
	}
	if material, err = parse(a, data, want); err != nil {
		return nil, nil, err
	}
	if public, err = check(a, material); err != nil {
		clear(material)
		return nil, nil, err
	}
	return material, public, nil
}

func parse(a key.Algorithm, data []byte, want Format) ([]byte, error) {
	switch t := a.Traits().Type; {
	case t == key.Certificate:
		return parseCertificate(data, want)
	case t == key.SecretData && want != JWK, t == key.OpaqueObject:
		if want != "" && want != Raw {
			return nil, fault.New(fault.Invalid, "an object of algorithm %s has no format %s", a, want).WithHint("Leave the format away: it is kept as it stands.")
		}
		return bytes.Clone(data), nil
	case want == Raw:
		return parseRaw(a, data)
	}
	found, err := detect(data)
	if err != nil {
		return nil, err
	}
	if found == nil {
		if want != "" {
			return nil, fault.New(fault.Invalid, "this is not a key in the format %s", want).WithHint("Leave the format away to have it recognised.")
		}
		return parseRaw(a, data)
	}
	defer found.clear()
	if !found.is(want) {
		return nil, fault.New(fault.Invalid, "this is %s, not %s", found.format, want).WithHint("Leave the format away to have it recognised.")
	}
	return found.material(a)
}

// check refuses material that is no good key of a, and what a program that forgot to draw a key would leave.
func check(a key.Algorithm, material []byte) (public []byte, err error) {
	if a.Traits().Type == key.SymmetricKey && len(material) > 0 && bytes.Count(material, material[:1]) == len(material) {
		return nil, fault.New(fault.Invalid, "every byte of the key is the same: nobody drew this at random").WithHint("Look at what made it, and draw a new key.")
	}
	return primitive.Check(a, material)
}

func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
