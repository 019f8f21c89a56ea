package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// base64URL is a member of a JWK: base64url without padding (RFC 7515, section 2), in bytes, so that it can be cleared.
type base64URL []byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (b *base64URL) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return err
	}
	defer clear(text)
	*b = make([]byte, base64.RawURLEncoding.DecodedLen(len(text)))
	n, err := base64.RawURLEncoding.Strict().Decode(*b, text)
	*b = (*b)[:n]
	return err
}

// jwk has the members that make a key; others (kid, use, x5c, …) mean nothing here.
type jwk struct {
	Kty string    `json:"kty"`
	Crv string    `json:"crv"`
	Alg string    `json:"alg"`
	K   base64URL `json:"k"`
	N   base64URL `json:"n"`
	E   base64URL `json:"e"`
	D   base64URL `json:"d"`
	P   base64URL `json:"p"`
	Q   base64URL `json:"q"`
	DP  base64URL `json:"dp"`
	DQ  base64URL `json:"dq"`
	QI  base64URL `json:"qi"`
	X   base64URL `json:"x"`
	Y   base64URL `json:"y"`

	Other jsontext.Value `json:"oth"` // further primes
}

// jwkAlgorithms are names that say for what a symmetric key is (RFC 7518, sections 3.1 and 5.1).
var jwkAlgorithms = map[string]key.Algorithm{
	"A128GCM": key.AES128GCM, "A192GCM": key.AES192GCM, "A256GCM": key.AES256GCM, "HS256": key.HMACSHA256, "HS384": key.HMACSHA384, "HS512": key.HMACSHA512,
}

// parseJWK reads a private or symmetric key. A member that occurs twice, or that contradicts another, is refused.
func parseJWK(text []byte) (any, error) {
	var j jwk
	defer func() {
		for _, b := range []base64URL{j.K, j.D, j.P, j.Q, j.DP, j.DQ, j.QI} {
			clear(b)
		}
	}()
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, fault.New(fault.Invalid, "the JWK cannot be read").WithHint("It is one JSON object whose numbers are base64url without padding (RFC 7517).")
	}
	if j.Kty != "oct" && len(j.D) == 0 {
		return nil, fault.New(fault.Invalid, "the JWK has no private part; there is no secret in it to import")
	}
	switch j.Kty {
	case "oct":
		if len(j.K) == 0 {
			return nil, fault.New(fault.Invalid, "the JWK has no k")
		}
		return octets{bytes: bytes.Clone(j.K), alg: j.Alg}, nil
	case "RSA":
		return j.rsa()
	case "EC":
		return j.ec()
	case "OKP":
		return j.okp()
	}
	return nil, fault.New(fault.Invalid, "the JWK has a kty %q, which is not known here", clip(j.Kty)).WithHint("Known are oct, RSA, EC and OKP.")
}

func (j *jwk) rsa() (any, error) {
	if len(j.N) == 0 || len(j.E) == 0 || len(j.E) > 4 || len(j.P) == 0 || len(j.Q) == 0 || len(j.Other) > 0 {
		return nil, fault.New(fault.Invalid, "the JWK lacks n, e, p or q, has an e of more than 32 bits, or has more than two primes")
	}
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number(j.N), E: int(number(j.E).Int64())},
		D:         number(j.D), Primes: []*big.Int{number(j.P), number(j.Q)},
	}
	if k.N.BitLen() > 8*2048 {
		return nil, fault.New(fault.TooLarge, "the JWK has a modulus of %d bits", k.N.BitLen())
	}
	if err := k.Validate(); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the numbers of the JWK are no valid RSA key")
	}
	k.Precompute()
	for _, pair := range []struct {
		given base64URL
		is    *big.Int
	}{{j.DP, k.Precomputed.Dp}, {j.DQ, k.Precomputed.Dq}, {j.QI, k.Precomputed.Qinv}} {
		if len(pair.given) > 0 && number(pair.given).Cmp(pair.is) != 0 {
			return nil, fault.New(fault.Invalid, "dp, dq or qi of the JWK do not belong to its primes")
		}
	}
	return k, nil
}

func (j *jwk) ec() (any, error) {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[j.Crv]
	if curve == nil {
		return nil, fault.New(fault.Invalid, "the JWK has a curve %q, which is not known here", clip(j.Crv)).WithHint("Known are P-256, P-384 and P-521.")
	}
	width := (curve.Params().BitSize + 7) / 8
	if len(j.D) != width || len(j.X) != width || len(j.Y) != width {
		return nil, fault.New(fault.Invalid, "d, x and y of a JWK of curve %s have %d bytes each (RFC 7518, section 6.2)", j.Crv, width)
	}
	k, err := ecdsa.ParseRawPrivateKey(curve, j.D)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "d of the JWK is no private key of curve %s", j.Crv)
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(point[1:1+width], j.X) || !bytes.Equal(point[1+width:], j.Y) {
		return nil, fault.New(fault.Invalid, "x and y of the JWK do not belong to its d")
	}
	return k, nil
}

func (j *jwk) okp() (any, error) {
	if len(j.D) != 32 || len(j.X) != 32 {
		return nil, fault.New(fault.Invalid, "d and x of a JWK of type OKP have 32 bytes each here (RFC 8037)")
	}
	differ := fault.New(fault.Invalid, "x of the JWK does not belong to its d")
	switch j.Crv {
	case "Ed25519":
		k := ed25519.NewKeyFromSeed(j.D)
		if !bytes.Equal(k[32:], j.X) {
			return nil, differ
		}
		return k, nil
	case "X25519":
		k, err := ecdh.X25519().NewPrivateKey(j.D)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "d of the JWK is no X25519 key")
		}
		if !bytes.Equal(k.PublicKey().Bytes(), j.X) {
			return nil, differ
		}
		return k, nil
	}
	return nil, fault.New(fault.Invalid, "the JWK has a curve %q, which is not known here", clip(j.Crv)).WithHint("Known are Ed25519 and X25519.")
}

// member is one member of a JWK that is written.
type member struct {
	name  string
	value []byte // written as base64url
}

// writeJWK is a JWK of type kty, and of curve crv unless "". The caller clears it.
func writeJWK(kty, crv string, members ...member) []byte {
	size := 64
	for _, m := range members {
		size += 8 + base64.RawURLEncoding.EncodedLen(len(m.value))
	}
	out := append(make([]byte, 0, size), `{"kty":"`+kty+`"`...)
	if crv != "" {
		out = append(out, `,"crv":"`+crv+`"`...)
	}
	for _, m := range members {
		out = append(out, `,"`+m.name+`":"`...)
		out = base64.RawURLEncoding.AppendEncode(out, m.value)
		out = append(out, '"')
	}
	return append(out, '}')
}
