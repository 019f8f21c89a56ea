package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// finding is a key that was recognised.
type finding struct {
	key    any    // *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey, *ecdh.PrivateKey (X25519), seed or octets
	format Format // PKCS8, PKCS1, SEC1 or JWK
	armour bool   // in PEM
}

// seed is what an ML-KEM key is made from (FIPS 203, d ‖ z).
type seed struct {
	algorithm key.Algorithm
	bytes     []byte
}

// octets is a symmetric key that says what it is.
type octets struct {
	bytes []byte
	alg   string // of a JWK; "" if it does not say
}

func (f *finding) clear() {
	switch k := f.key.(type) {
	case seed:
		clear(k.bytes)
	case octets:
		clear(k.bytes)
	case ed25519.PrivateKey:
		clear(k)
	}
}

// is tells whether the finding has the format that was asked for; "" is any.
func (f *finding) is(want Format) bool {
	switch want {
	case "":
		return true
	case PEM:
		return f.armour
	case DER:
		return !f.armour && f.format != JWK
	default:
		return f.format == want
	}
}

// String says what was found, without any of it.
func (f *finding) String() string {
	switch k := f.key.(type) {
	case *rsa.PrivateKey:
		return fmt.Sprintf("an RSA key of %d bits", k.N.BitLen())
	case *ecdsa.PrivateKey:
		return fmt.Sprintf("an ECDSA %s key", k.Curve.Params().Name)
	case ed25519.PrivateKey:
		return "an Ed25519 key"
	case *ecdh.PrivateKey:
		return "an X25519 key"
	case seed:
		return fmt.Sprintf("an %s key", k.algorithm)
	case octets:
		if k.alg != "" {
			return fmt.Sprintf("a symmetric key of %d bytes for %s", len(k.bytes), clip(k.alg))
		}
		return fmt.Sprintf("a symmetric key of %d bytes", len(k.bytes))
	}
	return "a key of another kind"
}

// detect recognises PEM, JWK and DER; nil for anything else, which may be raw bytes.
func detect(data []byte) (*finding, error) {
	text := bytes.TrimSpace(data)
	switch {
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return detectPEM(text)
	case len(text) > 0 && text[0] == '{' && text[len(text)-1] == '}' && bytes.Contains(text, []byte(`"kty"`)):
		k, err := parseJWK(text)
		if err != nil {
			return nil, err
		}
		return &finding{key: k, format: JWK}, nil
	case wholeSequence(data):
		return detectDER(data)
	}
	return nil, nil //nolint:nilnil // nothing that describes itself is no error
}

// wholeSequence tells whether data is one ASN.1 sequence and nothing after it.
func wholeSequence(data []byte) bool {
	s, body := cryptobyte.String(data), cryptobyte.String(nil)
	return s.ReadASN1(&body, asn1.SEQUENCE) && s.Empty()
}

// detectPEM reads text that holds one private key and nothing else. "EC PARAMETERS", which OpenSSL writes before an EC key, may be there.
func detectPEM(text []byte) (*finding, error) {
	var block *pem.Block
	for rest := text; len(rest) > 0; {
		if !bytes.HasPrefix(rest, []byte("-----BEGIN ")) {
			return nil, fault.New(fault.Invalid, "there is more in it than one PEM block").WithHint("Leave only the lines from -----BEGIN to -----END.")
		}
		b, after := pem.Decode(rest)
		if b == nil || bytes.Count(rest[:len(rest)-len(after)], []byte("-----BEGIN ")) != 1 {
			return nil, fault.New(fault.Invalid, "the PEM block is damaged")
		}
		rest = bytes.TrimSpace(after)
		if b.Type == "EC PARAMETERS" {
			continue
		}
		defer clear(b.Bytes)
		if block != nil {
			return nil, fault.New(fault.Invalid, "there is more than one PEM block in it").WithHint("Import one key at a time.")
		}
		block = b
	}
	if block == nil {
		return nil, fault.New(fault.Invalid, "there is no key in the PEM, only parameters")
	}
	return detectBlock(block)
}

func detectBlock(b *pem.Block) (*finding, error) {
	if b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != "" {
		return nil, fault.New(fault.Invalid, "the PEM is encrypted with a passphrase").
			WithHint("Decrypt it first, into memory if you can: openssl pkcs8 -in FILE -passin … | quorate key import NAME --in -")
	}
	switch b.Type {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
	case "CERTIFICATE":
		return nil, fault.New(fault.Invalid, "this is a certificate, not a private key").WithHint("Import certificates with the algorithm x509.")
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, fault.New(fault.Invalid, "this is a public key; there is no secret in it to import")
	case "OPENSSH PRIVATE KEY":
		return nil, fault.New(fault.Invalid, "this is a key in OpenSSH's own format").WithHint("Convert a copy of it with: ssh-keygen -p -m PKCS8 -f COPY")
	default:
		return nil, fault.New(fault.Invalid, "the PEM block is a %q, not a private key", clip(b.Type))
	}
	if !wholeSequence(b.Bytes) {
		return nil, fault.New(fault.Invalid, "what is in the PEM block is not one whole ASN.1 structure")
	}
	f, err := detectDER(b.Bytes)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, fault.New(fault.Invalid, "what is in the PEM block is no private key that is known here")
	}
	f.armour = true
	return f, nil
}

// detectDER tells PKCS #8, PKCS #1 and SEC 1 apart by their structure; nil for another sequence.
func detectDER(der []byte) (*finding, error) {
	switch shape(der) {
	case PKCS8:
		return detectPKCS8(der)
	case PKCS1:
		k, err := x509.ParsePKCS1PrivateKey(der)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the PKCS #1 key is not valid")
		}
		return &finding{key: k, format: PKCS1}, nil
	case SEC1:
		k, err := x509.ParseECPrivateKey(der)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the SEC 1 key is not valid, or of a curve other than P-256, P-384 and P-521")
		}
		return &finding{key: k, format: SEC1}, nil
	}
	return nil, nil //nolint:nilnil // another sequence is no error here
}

// shape tells what a sequence is by its second element: PKCS #8 has an algorithm there, PKCS #1 a number, SEC 1 a string.
func shape(der []byte) Format {
	s, body := cryptobyte.String(der), cryptobyte.String(nil)
	var version int
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) {
		return ""
	}
	switch {
	case body.PeekASN1Tag(asn1.SEQUENCE):
		return PKCS8
	case body.PeekASN1Tag(asn1.INTEGER):
		return PKCS1
	case body.PeekASN1Tag(asn1.OCTET_STRING) && version == 1:
		return SEC1
	}
	return ""
}

func detectPKCS8(der []byte) (*finding, error) {
	if s, ok, err := parseSeed(der); ok || err != nil {
		return &finding{key: s, format: PKCS8}, err
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the PKCS #8 structure holds a key that is not valid, or of a kind that is not known here")
	}
	return &finding{key: k, format: PKCS8}, nil
}

func parseCertificate(data []byte, want Format) ([]byte, error) {
	der := data
	if text := bytes.TrimSpace(data); bytes.HasPrefix(text, []byte("-----BEGIN ")) {
		b, after := pem.Decode(text)
		switch {
		case b == nil || len(bytes.TrimSpace(after)) > 0:
			return nil, fault.New(fault.Invalid, "there is more, or less, in it than one PEM block").WithHint("Import each certificate of a chain by itself.")
		case b.Type != "CERTIFICATE":
			return nil, fault.New(fault.Invalid, "the PEM block is a %q, not a CERTIFICATE", clip(b.Type))
		case want != "" && want != PEM:
			return nil, fault.New(fault.Invalid, "this is pem, not %s", want)
		}
		der = b.Bytes
	} else if want != "" && want != DER {
		return nil, fault.New(fault.Invalid, "this is not a certificate in the format %s", want)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "this is no certificate that can be read").WithHint("Give it as PEM or DER (X.509).")
	}
	return bytes.Clone(c.Raw), nil
}
