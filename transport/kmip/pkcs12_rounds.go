package kmip

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"unicode/utf16"

	"github.com/quorate/quorate/vault/fault"
)

// The rounds that a PKCS #12 file asks for are done before anything in it is known to be good, so they are counted first. What a file says of them is read
// with the types by which it is opened later (RFC 7292), so that both see the same. What its encrypted contents say is not seen: so the key has to be in one
// that is not encrypted itself, as every program writes it, and a second key is refused before its rounds.

const (
	mostPKCS12Rounds = 1_000_000
	mostPKCS12Depth  = 32 // of the parameters of an algorithm
)

var (
	oidPlain     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncrypted = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidKeyBag    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidShrouded  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidSHA256    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

type (
	pfx struct {
		Version int
		Safe    pfxContent
		MAC     pfxMAC `asn1:"optional"`
	}
	pfxContent struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	pfxMAC struct {
		Digest struct {
			Algorithm pkix.AlgorithmIdentifier
			Sum       []byte
		}
		Salt   []byte
		Rounds int `asn1:"optional,default:1"`
	}
	pfxEncrypted struct {
		Version int
		Content struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Sealed    []byte `asn1:"tag:0,optional"`
		}
	}
	pfxBag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue   `asn1:"tag:0,explicit"`
		Attributes []asn1.RawValue `asn1:"set,optional"`
	}
	pfxShrouded struct {
		Algorithm pkix.AlgorithmIdentifier
		Sealed    []byte
	}
)

// oneValue reads DER that is one value.
func oneValue(der []byte, to any) error {
	rest, err := asn1.Unmarshal(der, to)
	if err == nil && len(rest) > 0 {
		err = fault.New(fault.Invalid, "there is more behind it")
	}
	return err
}

// unpack is what a PKCS #12 file has: its contents, and which of them are encrypted and which have a key. tooMany tells whether one of the rounds that are
// seen is beyond the bound, or cannot be found.
func unpack(file []byte) (contents []pfxContent, encrypted, keyed []bool, tooMany bool, err error) {
	var p pfx
	if err := oneValue(file, &p); err != nil {
		return nil, nil, nil, false, err
	}
	var safe []byte
	if err := oneValue(p.Safe.Value.Bytes, &safe); err != nil {
		return nil, nil, nil, false, err
	}
	if err := oneValue(safe, &contents); err != nil {
		return nil, nil, nil, false, err
	}
	tooMany = p.MAC.Rounds > mostPKCS12Rounds || tooManyRounds(p.MAC.Digest.Algorithm.Parameters.FullBytes, 0)
	for _, c := range contents {
		sealed, key := c.Type.Equal(oidEncrypted), false
		if sealed {
			var e pfxEncrypted
			if err := oneValue(c.Value.Bytes, &e); err != nil {
				return nil, nil, nil, false, err
			}
			tooMany = tooMany || tooManyRounds(e.Content.Algorithm.Parameters.FullBytes, 0)
		} else {
			var beyond bool
			if key, beyond, err = bagsIn(c); err != nil {
				return nil, nil, nil, false, err
			}
			tooMany = tooMany || beyond
		}
		encrypted, keyed = append(encrypted, sealed), append(keyed, key)
	}
	return contents, encrypted, keyed, tooMany, nil
}

// bagsIn looks at the bags of a content that is not encrypted.
func bagsIn(c pfxContent) (keyed, tooMany bool, err error) {
	var data []byte
	var bags []pfxBag
	if err := oneValue(c.Value.Bytes, &data); err != nil {
		return false, false, err
	}
	if err := oneValue(data, &bags); err != nil {
		return false, false, err
	}
	for _, b := range bags {
		switch {
		case b.ID.Equal(oidShrouded):
			var s pfxShrouded
			if err := oneValue(b.Value.Bytes, &s); err != nil {
				return false, false, err
			}
			keyed, tooMany = true, tooMany || tooManyRounds(s.Algorithm.Parameters.FullBytes, 0)
		case b.ID.Equal(oidKeyBag):
			keyed = true
		}
	}
	return keyed, tooMany, nil
}

// tooManyRounds tells whether the parameters of an algorithm have a number beyond the bound, of as many bytes as rounds can have, or are too deep to tell.
func tooManyRounds(der []byte, depth int) bool {
	if len(der) > 0 && depth >= mostPKCS12Depth {
		return true
	}
	for len(der) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return false // nor is it opened
		}
		der = rest
		switch {
		case v.IsCompound:
			if tooManyRounds(v.Bytes, depth+1) {
				return true
			}
		case v.Class == asn1.ClassUniversal && v.Tag == asn1.TagInteger && len(v.Bytes) <= 8:
			n := int64(0)
			for _, b := range v.Bytes {
				n = n<<8 | int64(b)
			}
			if n > mostPKCS12Rounds {
				return true
			}
		}
	}
	return false
}

// keyFirst is a file with the contents of another, those with a key before all that are encrypted: so who opens it, and takes one key only, does no rounds that
// an encrypted content asks for. Its MAC is by the password, and says nothing of the other's.
func keyFirst(contents []pfxContent, keyed []bool, password string) ([]byte, error) {
	var first, then []pfxContent
	for i, c := range contents {
		if keyed[i] {
			first = append(first, c)
		} else {
			then = append(then, c)
		}
	}
	safe, err := asn1.Marshal(slices.Concat(first, then))
	if err != nil {
		return nil, err
	}
	octets, err := asn1.Marshal(safe)
	if err != nil {
		return nil, err
	}
	p := pfx{Version: 3, Safe: pfxContent{Type: oidPlain, Value: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: octets}}}
	p.MAC.Digest.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidSHA256, Parameters: asn1.NullRawValue}
	p.MAC.Salt, p.MAC.Rounds = make([]byte, 8), 1
	k := macKey(p.MAC.Salt, password)
	defer clear(k)
	m := hmac.New(sha256.New, k)
	m.Write(safe)
	p.MAC.Digest.Sum = m.Sum(nil)
	return asn1.Marshal(p)
}

// macKey derives the key of a MAC in one round of SHA-256 (RFC 7292, appendix B.2): one block is as long as the key.
func macKey(salt []byte, password string) []byte {
	var secret []byte
	for _, u := range append(utf16.Encode([]rune(password)), 0) {
		secret = append(secret, byte(u>>8), byte(u))
	}
	defer func() { clear(secret) }()
	h := sha256.New()
	fill := func(with []byte) {
		for n := range (len(with) + 63) / 64 * 64 {
			h.Write(with[n%len(with):][:1])
		}
	}
	h.Write(slices.Repeat([]byte{3}, 64))
	fill(salt)
	fill(secret)
	return h.Sum(nil)
}
